"""Fifty officials of different wards at work at once, over HTTP, bound by row-level security.

Each waits a while, as people do, then looks at the queue, its counts or its map, opens a complaint,
or changes it; an answer that is late makes only its own official late.
"""

import asyncio
import gzip
import random
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from typing import Any, Final

import orjson
from sqlalchemy import Engine

from bench.filled import say
from bench.measures import spread
from bench.staff import Person, dismiss, open_work, staff
from bench.wire import HOST, parse_head, request

# What the page asks for.
QUEUE: Final = "/api/v1/work?limit=100"
MAP: Final = "/api/v1/work/map?zoom=14"
COUNTS: Final = "/api/v1/work/counts"
# How often each is done, of a hundred times.
SHARES: Final = {"queue": 25, "counts": 5, "map": 5, "one": 40, "change": 25}


class RefusedError(RuntimeError):
    """The service did not do what an official may do."""


class Desk:
    """The browser of one official: a connection that is kept open, and what was seen last."""

    def __init__(self, person: Person, port: int, seed: int) -> None:
        self.person, self.port, self.rng = person, port, random.Random(seed)
        self.ms: dict[str, list[float]] = defaultdict(list)
        self.statuses: Counter[str] = Counter()
        self.fresh: list[str] = []
        self.codes: list[str] = []
        self.done = 0

    async def connect(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(HOST, self.port, limit=2**24)

    async def begin(self) -> None:
        await self.connect()
        items = orjson.loads((await self.ask("", QUEUE))[2])["items"]
        self.codes = [one["code"] for one in items]
        self.fresh = [one["code"] for one in items if one["status"] == "received"]
        self.rng.shuffle(self.fresh)
        if not self.codes:
            raise RefusedError(f"nothing is open in {self.person.ward}")

    async def ask(
        self, kind: str, path: str, body: bytes | None = None, version: str = ""
    ) -> tuple[int, dict[str, str], bytes]:
        """An answer; its time is kept under its kind."""
        headers = {"Cookie": f"phananh_session={self.person.token}", "X-Phananh": "1"}
        if version:
            headers["If-Match"] = version
        sent = request("GET" if body is None else "POST", path, headers, body or b"")
        begun = time.perf_counter()
        try:
            status, told, got = await self._once(sent)
        except (ConnectionError, asyncio.IncompleteReadError):
            # The server closes what is not used for some seconds; a browser connects again.
            await self.connect()
            status, told, got = await self._once(sent)
        if kind:
            self.ms[kind].append((time.perf_counter() - begun) * 1000)
            self.statuses[str(status)] += 1
        if told.get("content-encoding") == "gzip":
            got = gzip.decompress(got)
        return status, told, got

    async def _once(self, sent: bytes) -> tuple[int, dict[str, str], bytes]:
        self.writer.write(sent)
        status, told = parse_head((await self.reader.readuntil(b"\r\n\r\n"))[:-4])
        return status, told, await self.reader.readexactly(int(told.get("content-length", 0)))

    async def one(self, code: str) -> str:
        """Look at a complaint; returns its version."""
        status, told, _ = await self.ask("one complaint", f"/api/v1/work/{code}")
        if status != 200:
            raise RefusedError(f"{code} answered {status}")
        # The page fills it in when it is there.
        await self.ask("what is around it", f"/api/v1/work/{code}/around")
        return told["etag"]

    async def change(self) -> None:
        """Note, accept and assign in turn, each after a look at it, as a person would."""
        act = ("note", "accept", "assign")[self.done % 3]
        if act == "accept" and not self.fresh:
            act = "assign"
        self.done += 1
        code = self.fresh.pop() if act == "accept" else self.rng.choice(self.codes)
        body: dict[str, Any] = {
            "note": {"text": f"Đã gọi cho tổ trưởng dân phố, lần {self.done}"},
            "accept": {},
            "assign": {"account_id": self.person.id if self.rng.random() < 0.7 else None},
        }[act]
        version = await self.one(code)
        path = f"/api/v1/work/{code}/{act}"
        status, _, got = await self.ask(act, path, orjson.dumps(body), version)
        if status != 200:
            raise RefusedError(f"{act} answered {status}: {got[:200].decode('utf-8', 'replace')}")

    async def work(self, until: float, pause_s: float) -> None:
        kinds, weights = list(SHARES), list(SHARES.values())
        # Nobody begins at the same moment.
        await asyncio.sleep(self.rng.uniform(0, pause_s))
        while time.perf_counter() < until:
            kind = self.rng.choices(kinds, weights)[0]
            if kind == "change":
                await self.change()
            elif kind == "one":
                await self.one(self.rng.choice(self.codes))
            else:
                await self.ask(kind, {"queue": QUEUE, "counts": COUNTS, "map": MAP}[kind])
            await asyncio.sleep(self.rng.expovariate(1 / pause_s))


async def _at_work(
    people: Sequence[Person], port: int, seconds: float, pause_s: float
) -> tuple[list[Desk], float]:
    desks = [Desk(person, port, number) for number, person in enumerate(people)]
    for desk in desks:
        await desk.begin()
    await _nothing_of_others(desks)
    # A first look at everything, so that plans and connections are not in the figures.
    await asyncio.gather(*(desk.work(time.perf_counter() + seconds / 2, pause_s) for desk in desks))
    for desk in desks:
        desk.ms.clear()
        desk.statuses.clear()
    begun = time.perf_counter()
    await asyncio.gather(*(desk.work(begun + seconds, pause_s) for desk in desks))
    taken = time.perf_counter() - begun
    for desk in desks:
        desk.writer.close()
    return desks, taken


async def _nothing_of_others(desks: Sequence[Desk]) -> None:
    """That row-level security is on: a complaint of another ward is none."""
    for desk, other in zip(desks, [*desks[1:], desks[0]], strict=True):
        if desk is other:
            continue
        status, _, _ = await desk.ask("", f"/api/v1/work/{other.codes[0]}")
        if status != 404:
            raise RefusedError(f"{other.codes[0]} of another ward answered {status}")


def officials(
    engine: Engine, port: int, n: int, seconds: float, pause_s: float, most_open: int
) -> dict[str, Any]:
    """Latencies by what was done, with how much work there is and how fast it was done."""
    there = open_work(engine, most_open)
    people = staff(engine, n)
    say(f"  {len(people)} officials, {there['open']:,} open complaints")
    try:
        desks, taken = asyncio.run(_at_work(people, port, seconds, pause_s))
    finally:
        dismiss(engine)
    every: dict[str, list[float]] = defaultdict(list)
    statuses: Counter[str] = Counter()
    for desk in desks:
        statuses += desk.statuses
        for kind, ms in desk.ms.items():
            every[kind] += ms
    changes = [ms for act in ("note", "accept", "assign") for ms in every.get(act, [])]
    return there | {
        "officials": len(people),
        "pause_s": pause_s,
        "seconds": round(taken, 1),
        "per_s": round(sum(map(len, every.values())) / taken, 1),
        "statuses": dict(statuses),
        "ms": {kind: spread(ms) for kind, ms in sorted(every.items())}
        | {"a change": spread(changes)},
    }
