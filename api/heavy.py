"""Work of seconds in a process of its own: tiles and reports go on meanwhile.

What nobody waits for any more is ended, and how far something is can be asked.
"""

import asyncio
import multiprocessing
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager, suppress
from multiprocessing.sharedctypes import Synchronized
from typing import Any, Final, TypeVar

from starlette.requests import Request

from api import heavy_process
from api.client import CURRENT
from api.refusals import LimitedError, refuse
from geo.errors import BadFilterError, OverloadedError

T = TypeVar("T")
# What waits beyond this would be looked at by nobody any more.
MOST_WAITING: Final = 3
# One place is always left for others.
MOST_OF_ONE: Final = 2
OF_ONE: Final = (
    "two long calculations of your network are under way",
    "hai phép tính dài từ mạng của bạn đang chạy",
)
AGAIN_S: Final = 10
# How often is looked whether the asker is still there.
WATCHED_S: Final = 0.25
IDLE_S: Final = 60.0
TURN_S: Final = 0.05
NAME: Final = re.compile(r"[A-Za-z0-9-]{8,64}")


def _event_of(task: Future[Any]) -> asyncio.Event:
    """Set when a task ends in whatever way; for the running loop."""
    done, loop = asyncio.Event(), asyncio.get_running_loop()

    def told(_: Future[Any]) -> None:
        with suppress(RuntimeError):  # The loop may be closed by then.
            loop.call_soon_threadsafe(done.set)

    task.add_done_callback(told)
    return done


class LeftError(Exception):
    """The asker is gone; nobody reads an answer."""


class Heavy:
    """One process, started when it is first needed and renewed from time to time.

    It is given one piece of work at a time, so that what waits can be taken back and what runs can
    be ended without harm to others. After `idle_s` with nothing to do it ends, and its memory is
    free.
    """

    def __init__(self, *, idle_s: float = IDLE_S) -> None:
        self._idle_s = idle_s
        self._rest: threading.Timer | None = None
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._waiting = 0
        self._clients: Counter[str] = Counter()
        """How many places each client has."""
        self._pool: ProcessPoolExecutor | None = None
        self._context = multiprocessing.get_context("spawn")
        self._share: Synchronized[float] = self._context.Value("d", 0.0)
        self._named: dict[str, bool] = {}
        """Whether each named piece of work has begun."""

    @contextmanager
    def _place(self, name: str | None) -> Iterator[None]:
        """One of the places to wait at."""
        client = CURRENT.get()
        with self._lock:
            if client is not None and self._clients[client] >= MOST_OF_ONE:
                refuse("heavy", LimitedError(*OF_ONE, wait_s=AGAIN_S))
            if self._waiting >= MOST_WAITING:
                raise OverloadedError("too many long calculations are waiting at this moment")
            self._waiting += 1
            if client is not None:
                self._clients[client] += 1
            if name is not None:
                self._named[name] = False
        try:
            yield
        finally:
            with self._lock:
                self._waiting -= 1
                if client is not None:
                    self._clients[client] -= 1
                    self._clients += Counter()  # Forgets those who have none any more.
                self._named.pop(name or "", None)

    def _begun(
        self, work: Callable[..., T], given: tuple[Any, ...], options: dict[str, Any]
    ) -> Future[T]:
        """Called by whose turn it is."""
        self._share.value = 0.0
        for again in (True, False):
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1,
                    mp_context=self._context,
                    initializer=heavy_process.begin,
                    initargs=(self._share,),
                    max_tasks_per_child=200,
                )
            try:
                return self._pool.submit(heavy_process.work, work, given, options)
            except BrokenProcessPool:
                # It was ended from outside while it had nothing to do.
                self._pool = None
                if not again:
                    raise
        raise AssertionError

    def _over(self) -> None:
        """Give the turn back, and see to it that an idle process ends."""
        with self._lock:
            if self._rest is not None:
                self._rest.cancel()
            self._rest = threading.Timer(self._idle_s, self._end_idle)
            self._rest.daemon = True
            self._rest.start()
        self._turn.release()

    def _end_idle(self) -> None:
        # Whose turn it is sets another time when done.
        if self._turn.acquire(blocking=False):
            try:
                self._end()
            finally:
                self._turn.release()

    def _ended(self) -> OverloadedError:
        self._pool = None
        return OverloadedError("the calculation was interrupted")

    def run(self, work: Callable[..., T], *given: Any, **options: Any) -> T:
        """The result of a pure function of a module; its own errors are raised here.

        Raises `OverloadedError` when too many wait already, or the process was ended from outside.
        """
        with self._place(None):
            self._turn.acquire()
            try:
                return self._begun(work, given, options).result()
            except BrokenProcessPool:
                raise self._ended() from None
            finally:
                self._over()

    async def run_for(
        self,
        request: Request,
        name: str | None,
        work: Callable[..., T],
        *given: Any,
        **options: Any,
    ) -> T:
        """As `run`, for as long as the asker is there; under `name` its progress can be asked.

        A function that takes `progress` is given one, to call with shares from 0 to 1. Raises
        `LeftError` when the asker has left: the work is ended then, so that others need not wait.
        """
        if name is not None and not NAME.fullmatch(name):
            raise BadFilterError("task", "task is 8 to 64 letters, digits or hyphens of your own")
        with self._place(name):
            while not self._turn.acquire(blocking=False):
                await asyncio.sleep(TURN_S)
                if await request.is_disconnected():
                    raise LeftError
            try:
                if name is not None:
                    self._named[name] = True
                task = self._begun(work, given, options)
                done = _event_of(task)
                while not task.done():
                    with suppress(TimeoutError):
                        await asyncio.wait_for(done.wait(), WATCHED_S)
                    if not task.done() and await request.is_disconnected():
                        raise LeftError
                return task.result()
            except BrokenProcessPool:
                raise self._ended() from None
            except (LeftError, asyncio.CancelledError):
                self._end()
                raise
            finally:
                self._over()

    def progress(self, name: str) -> float | None:
        """The share that is done, 0 while it waits for others; None for what is not at work."""
        begun = self._named.get(name)
        if begun is None:
            return None
        return min(1.0, self._share.value) if begun else 0.0

    def _end(self) -> None:
        """End the process with what it is at; the next work starts another."""
        pool, self._pool = self._pool, None
        if pool is not None:
            for process in list((pool._processes or {}).values()):
                process.terminate()
            pool.shutdown(wait=False)

    def stop(self) -> None:
        """End the process, with what it is at."""
        with self._lock:
            if self._rest is not None:
                self._rest.cancel()
        pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
