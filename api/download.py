"""Answers that are files: written whole before the first byte is sent, and gone when it is."""

import tempfile
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from fastapi import Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from geo.errors import OverloadedError

PATIENCE_S: Final = 20.0


def as_file(name: str, media: str, write: Callable[[Path], object]) -> Response:
    """The file that `write` makes at a path, as a download."""
    folder = tempfile.TemporaryDirectory(prefix="phananh-file-")
    path = Path(folder.name) / name
    try:
        write(path)
    except BaseException:
        folder.cleanup()
        raise
    return FileResponse(
        path, media_type=media, filename=name, background=BackgroundTask(folder.cleanup)
    )


@contextmanager
def one_at_a_time(lock: threading.Lock, what: str) -> Iterator[None]:
    """Waits a while for the work before this one; raises `OverloadedError` where it goes on."""
    if not lock.acquire(timeout=PATIENCE_S):
        raise OverloadedError(f"{what} is being made at this moment")
    try:
        yield
    finally:
        lock.release()


def address_of(request: Request) -> str:
    """Where the same can be asked again, without the host: a header could name any."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
