"""Photos are opened in a process of their own: a hostile file ends that one, and no other."""

import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import IO, Final

import structlog

from geo.errors import OverloadedError
from geo.photo_check import UncleanError, assert_clean
from geo.photo_kinds import LARGE_SIDE, REFUSALS, Cleaned, refuse

log = structlog.get_logger()
# Each holds a thread of the server for as long as it waits, a second or less as a rule.
MOST_WAITING: Final = 8
# After that the kernel should have ended it: see `api.darkroom_process`.
MOST_S: Final = 60
# Twice as many as the largest JPEG of these dimensions has ever taken.
MOST_ANSWER_BYTES: Final = 16 * 2**20
COMMAND: Final = (sys.executable, "-m", "api.darkroom_process")
_HERE: Final = Path(__file__).resolve().parent.parent


class _EndedError(Exception):
    """The process ended without an answer."""


class Darkroom:
    """One process, started when the first photo comes, and again after a file has ended it."""

    def __init__(self, command: Sequence[str] = COMMAND) -> None:
        self._command = command
        self._turn = threading.Lock()
        self._lock = threading.Lock()
        self._waiting = 0
        self._process: subprocess.Popen[bytes] | None = None

    def develop(self, file: IO[bytes], size: int) -> Cleaned:
        """A file of `size` bytes as `geo.photo.clean` makes it; to be called in a thread.

        The files are looked through here once more: the process that made them met the decoder.
        Raises `PhotoRefusedError`, also for a file that ends the process or takes too much, and
        `OverloadedError` where too many wait.
        """
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise OverloadedError("too many photos are waiting: please try again in a moment")
            self._waiting += 1
        try:
            with self._turn:
                return self._developed(file, size)
        finally:
            with self._lock:
                self._waiting -= 1

    def _developed(self, file: IO[bytes], size: int) -> Cleaned:
        try:
            process = self._ready()
        except (_EndedError, OSError):
            log.error("darkroom_does_not_start")
            raise OverloadedError("photos cannot be taken at the moment") from None
        watch = threading.Timer(MOST_S, process.kill)
        watch.daemon = True
        watch.start()
        try:
            answer = _asked(process, file, size)
        except (_EndedError, OSError, ValueError, KeyError, TypeError, IndexError):
            log.warning("photo_ended_its_process", bytes=size)
            self._end()
            refuse("damaged")
        finally:
            watch.cancel()
        if isinstance(answer, str):
            if answer == "unclean":
                log.error("photo_not_clean")
            refuse(answer if answer in REFUSALS else "damaged")
        return _checked(answer)

    def _ready(self) -> subprocess.Popen[bytes]:
        """The process, started where it is not there."""
        if self._process is not None and self._process.poll() is None:
            return self._process
        self._end()
        self._process = subprocess.Popen(
            self._command,
            cwd=_HERE,
            # Nothing of the settings: what opens strangers' files is to know no password.
            env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            # Ctrl-C is for the server, which ends it.
            start_new_session=True,
        )
        _, answers = _pipes(self._process)
        if answers.readline(65536) != b"\n":
            raise _EndedError
        return self._process

    def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):
                        pipe.close()
            process.wait()

    def stop(self) -> None:
        """End the process, with what it is at."""
        process = self._process
        if process is not None:
            process.kill()
        with self._turn:
            self._end()


def _pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    if process.stdin is None or process.stdout is None:
        raise _EndedError
    return process.stdin, process.stdout


def _asked(process: subprocess.Popen[bytes], file: IO[bytes], size: int) -> Cleaned | str:
    """What the process made of a file, or the reason why it is refused."""
    orders, answers = _pipes(process)
    file.seek(0)
    orders.write(b"%d\n" % size)
    shutil.copyfileobj(file, orders)
    orders.flush()
    told = json.loads(answers.readline(65536) or b"null")
    if not isinstance(told, dict):
        raise _EndedError
    if "refused" in told:
        return str(told["refused"])
    lengths = int(told["large"]), int(told["small"])
    if min(lengths) < 1 or sum(lengths) > MOST_ANSWER_BYTES:
        raise _EndedError
    large, small = (answers.read(length) for length in lengths)
    if (len(large), len(small)) != lengths:
        raise _EndedError
    at, position = told["taken_at"], told["position"]
    return Cleaned(
        large,
        small,
        int(told["width"]),
        int(told["height"]),
        int(told["likeness"]),
        datetime.fromisoformat(at) if at else None,
        (float(position[0]), float(position[1])) if position else None,
    )


def _checked(photo: Cleaned) -> Cleaned:
    try:
        assert_clean(photo.large)
        assert_clean(photo.small)
    except UncleanError as error:
        log.error("photo_not_clean", where=str(error))
        refuse("unclean")
    if not (0 < photo.width <= LARGE_SIDE and 0 < photo.height <= LARGE_SIDE):
        refuse("damaged")
    return photo
