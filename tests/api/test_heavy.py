"""Long work: told how far it is, ended when nobody waits, and not lost to others."""

import asyncio
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from starlette.requests import Request

from api.heavy import MOST_WAITING, Heavy, LeftError
from geo.errors import BadFilterError, OverloadedError


class Asker:
    """Stands in for a request whose sender may leave."""

    def __init__(self) -> None:
        self.gone = False

    async def is_disconnected(self) -> bool:
        return self.gone


def steps(n: int, progress: Callable[[float], None]) -> int:
    """Takes n tenths of a second, and returns the process that did it."""
    for done in range(n):
        time.sleep(0.1)
        progress((done + 1) / n)
    return os.getpid()


def fails() -> None:
    raise ValueError("that does not go together")


@pytest.fixture
def heavy() -> Iterator[Heavy]:
    made = Heavy()
    yield made
    made.stop()


def _asked(asker: Asker) -> Request:
    return cast(Request, asker)


async def _until(found: Callable[[], Any], seconds: float = 20) -> Any:
    for _ in range(int(seconds / 0.05)):
        if (value := found()) is not None:
            return value
        await asyncio.sleep(0.05)
    raise AssertionError("did not happen")


async def test_how_far_it_is_can_be_asked_by_name(heavy: Heavy) -> None:
    task = asyncio.create_task(heavy.run_for(_asked(Asker()), "my-scan-1", steps, 10))
    half = await _until(lambda: ((s := heavy.progress("my-scan-1")) and s >= 0.3 and s) or None)
    assert 0.3 <= half <= 1
    assert await task != os.getpid()
    assert heavy.progress("my-scan-1") is None


async def test_work_that_nobody_waits_for_is_ended_and_others_are_done_all_the_same(
    heavy: Heavy,
) -> None:
    leaving, staying = Asker(), Asker()
    long = asyncio.create_task(heavy.run_for(_asked(leaving), "long-long", steps, 600))
    await _until(lambda: heavy.progress("long-long") or None)
    waiting = asyncio.create_task(heavy.run_for(_asked(staying), "short-one", steps, 2))
    by_thread: list[int] = []
    thread = threading.Thread(target=lambda: by_thread.append(heavy.run(steps, 2)))
    thread.start()
    await asyncio.sleep(0.2)
    assert heavy.progress("short-one") == 0.0
    leaving.gone = True
    with pytest.raises(LeftError):
        await asyncio.wait_for(long, 5)
    assert await asyncio.wait_for(waiting, 30) > 0
    await asyncio.to_thread(thread.join, 30)
    assert len(by_thread) == 1


async def test_what_has_not_begun_is_taken_back(heavy: Heavy) -> None:
    first = asyncio.create_task(heavy.run_for(_asked(Asker()), "the-first", steps, 12))
    await _until(lambda: heavy.progress("the-first") or None)
    second = Asker()
    later = asyncio.create_task(heavy.run_for(_asked(second), "the-second", steps, 600))
    third = asyncio.create_task(heavy.run_for(_asked(second), "the-third", steps, 600))
    await asyncio.sleep(0.1)
    second.gone = True
    for one in (later, third):
        with pytest.raises(LeftError):
            await asyncio.wait_for(one, 15)
    assert await asyncio.wait_for(first, 15) > 0


async def test_too_many_are_told_to_come_again(heavy: Heavy) -> None:
    askers = [Asker() for _ in range(MOST_WAITING)]
    tasks = [asyncio.create_task(heavy.run_for(_asked(one), None, steps, 600)) for one in askers]
    await asyncio.sleep(0.1)
    with pytest.raises(OverloadedError):
        await heavy.run_for(_asked(Asker()), None, steps, 1)
    for one in askers:
        one.gone = True
    results = await asyncio.wait_for(asyncio.gather(*tasks, return_exceptions=True), 20)
    assert all(isinstance(one, LeftError) for one in results)


async def test_errors_of_the_work_are_the_askers(heavy: Heavy) -> None:
    with pytest.raises(ValueError, match="go together"):
        await heavy.run_for(_asked(Asker()), None, fails)
    with pytest.raises(BadFilterError):
        await heavy.run_for(_asked(Asker()), "../etc", steps, 1)


def test_the_process_for_long_work_loads_nothing_of_the_service() -> None:
    program = (
        "import sys, api.serving_process, api.heavy_process, geo.scan\n"
        "loaded = {name.partition('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'fastapi', 'starlette', 'sqlalchemy', 'pandas', 'pydantic'}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


async def test_a_process_with_nothing_to_do_ends_and_another_one_takes_up_new_work() -> None:
    heavy = Heavy(idle_s=0.5)
    try:
        first = await asyncio.to_thread(heavy.run, os.getpid)
        # Work goes on beyond the time of rest; the time counts from its end.
        assert await heavy.run_for(_asked(Asker()), None, steps, 8) == first
        await _until(lambda: None if _alive(first) else True)
        second = await asyncio.to_thread(heavy.run, os.getpid)
        assert second != first
    finally:
        heavy.stop()


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True
