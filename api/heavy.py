"""Work of seconds in a process of its own: tiles and reports go on meanwhile."""

import multiprocessing
import threading
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final, TypeVar

from geo.errors import OverloadedError

T = TypeVar("T")
# What waits beyond this would be looked at by nobody any more.
MOST_WAITING: Final = 3


class Heavy:
    """One process, started when it is first needed and renewed from time to time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None
        self._waiting = 0

    def run(self, work: Callable[..., T], *given: Any, **options: Any) -> T:
        """The result of a pure function of a module; its own errors are raised here.

        Raises `OverloadedError` when too many wait already, or the process was ended from outside.
        """
        with self._lock:
            if self._waiting >= MOST_WAITING:
                raise OverloadedError("too many long calculations are waiting at this moment")
            if self._pool is None:
                self._pool = ProcessPoolExecutor(
                    1, mp_context=multiprocessing.get_context("spawn"), max_tasks_per_child=200
                )
            task: Future[T] = self._pool.submit(work, *given, **options)
            self._waiting += 1
        try:
            return task.result()
        except BrokenProcessPool:
            with self._lock:
                self._pool = None
            raise OverloadedError("the calculation was interrupted") from None
        finally:
            with self._lock:
                self._waiting -= 1

    def stop(self) -> None:
        """End the process, with what it is at."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(wait=False, cancel_futures=True)
