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
# With the one that is at work.
MOST_WAITING: Final = 4


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


class Turn:
    """Work that is done one at a time, and for which a few may wait."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._lock = threading.Lock()
        self._waiting = threading.BoundedSemaphore(MOST_WAITING)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Raises `OverloadedError` where too many wait, or the work before this one goes on."""
        # Each who waits holds a thread that others need.
        if not self._waiting.acquire(blocking=False):
            raise OverloadedError(f"{self._what} is being made at this moment")
        try:
            if not self._lock.acquire(timeout=PATIENCE_S):
                raise OverloadedError(f"{self._what} is being made at this moment")
            try:
                yield
            finally:
                self._lock.release()
        finally:
            self._waiting.release()


def address_of(request: Request) -> str:
    """Where the same can be asked again, without the host: a header could name any."""
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
