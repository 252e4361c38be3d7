"""What is measured. Each function returns plain figures for the report."""

import asyncio
import math
import random
import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson
import psutil
import psycopg
from sqlalchemy import Engine, Select, text
from sqlalchemy.dialects import postgresql

from bench.questions import Asker, Question
from bench.wire import Answer, Wire, hammer, open_loop, request
from boundaries.hanoi import WARDS
from geo import counts
from geo.cells import resolution_at
from geo.rollup import AREA
from tiles import areas, cells

ZOOMS = range(6, 17)


class Effort(NamedTuple):
    """How much is measured."""

    tiles_per_zoom: int = 24
    counts: int = 120
    warm_s: float = 8
    reports: int = 3000
    report_rate: float = 100
    import_rows: int = 1_000_000
    peer_tiles: int = 4
    officials: int = 50
    officials_s: float = 120
    pause_s: float = 2
    open_work: int = 200_000


QUICK = Effort(1, 4, 0.5, 50, 100, 500, 1, 5, 3, 0.3, 100)


def spread(values: Sequence[float]) -> dict[str, Any]:
    """n, median, 95th and 99th percentile and largest, in the unit of the values."""
    ordered = sorted(values)

    def at(share: float) -> float | None:
        if not ordered:
            return None
        return round(ordered[min(len(ordered) - 1, math.ceil(share * len(ordered)) - 1)], 3)

    largest = round(ordered[-1], 3) if ordered else None
    return {"n": len(ordered), "p50": at(0.5), "p95": at(0.95), "p99": at(0.99), "max": largest}


class Bare:
    """The same statements as the service's, sent as text by psycopg with all values written in.

    As the owner of the tables, or as a `role` that row-level security binds.
    """

    def __init__(self, engine: Engine, role: str | None = None) -> None:
        self._dialect = postgresql.psycopg.dialect()  # type: ignore[attr-defined]
        url = engine.url
        self._connection = psycopg.connect(
            host=url.query["host"],  # type: ignore[arg-type]
            user=url.username,
            dbname=url.database,
            autocommit=True,
            cursor_factory=psycopg.ClientCursor,
            options="-c jit=off -c timezone=UTC" + (f" -c role={role}" if role else ""),
        )

    def ms(self, statement: Select[Any] | None) -> float:
        """How long the statement and reading all of its rows take."""
        if statement is None:
            return 0.0
        compiled = statement.compile(
            dialect=self._dialect, compile_kwargs={"render_postcompile": True}
        )
        with self._connection.cursor() as cursor:
            written = cursor.mogrify(compiled.string, compiled.params)  # type: ignore[attr-defined]
        with psycopg.Cursor(self._connection) as cursor:
            begun = time.perf_counter()
            cursor.execute(written)  # type: ignore[call-overload]
            cursor.fetchall()
            return (time.perf_counter() - begun) * 1000

    def close(self) -> None:
        self._connection.close()


def _compared(
    wire: Wire, bare: Bare, asked: Sequence[tuple[str, Select[Any] | None]]
) -> tuple[list[Answer], list[float]]:
    """Each address over HTTP and its statement bare; they take turns at being first."""
    answers, plain = [], []
    for number, (path, statement) in enumerate(asked):
        if number % 2:
            plain.append(bare.ms(statement))
        answers.append(wire.get(path))
        if not number % 2:
            plain.append(bare.ms(statement))
    return answers, plain


def _figures(answers: Sequence[Answer], plain: Sequence[float]) -> dict[str, Any]:
    http, sql = spread([answer.ms for answer in answers]), spread(plain)
    statuses = Counter(str(answer.status) for answer in answers)
    return {
        "http_ms": http,
        "sql_ms": sql,
        "p95_over_sql": round(http["p95"] / sql["p95"], 3) if sql["p95"] else None,
        "median_over_sql": round(http["p50"] / sql["p50"], 3) if sql["p50"] else None,
        "statuses": dict(statuses),
        "x_cache": dict(Counter(answer.headers.get("x-cache", "none") for answer in answers)),
        "median_bytes": spread([len(answer.body) for answer in answers])["p50"],
    }


def _warmed(wire: Wire, asker: Asker, paths: Callable[[Question], str]) -> None:
    """A first look at everything, so that imports and connections are not in the figures."""
    for _ in range(4):
        wire.get(paths(asker.question()))


def ward_ids(engine: Engine) -> list[int]:
    """The areas of the set that is measured, in the order of their ids."""
    with engine.connect() as connection:
        ids = connection.execute(
            text(
                "SELECT a.id FROM area a JOIN area_set s ON s.id = a.set_id WHERE s.code = :set"
                " ORDER BY a.id"
            ),
            {"set": WARDS.code},
        )
        return list(ids.scalars().all())


def cold_tiles(engine: Engine, wire: Wire, bare: Bare, asker: Asker, each: int) -> dict[str, Any]:
    """`cells` and `areas` tiles under filters never used before, at zooms 6 to 16."""
    held = ward_ids(engine)
    found: dict[str, Any] = {}
    order = random.Random(4)
    for layer in ("cells", "areas"):
        own = f"set={WARDS.code}&" if layer == "areas" else ""
        _warmed(
            wire,
            asker,
            lambda q, layer=layer, own=own: f"/tiles/{layer}/9/406/225.mvt?{own}{q.query}",
        )  # type: ignore[misc]
        asked = []
        for zoom in list(ZOOMS) * each:
            address, question = asker.tile(zoom), asker.question()
            statement = (
                cells.select(question.filter, address, resolution_at(zoom))
                if layer == "cells"
                else areas.select_tile(question.filter, address, held)
            )
            path = f"/tiles/{layer}/{zoom}/{address.x}/{address.y}.mvt?{own}{question.query}"
            asked.append((zoom, path, statement))
        order.shuffle(asked)
        answers, plain = _compared(wire, bare, [item[1:] for item in asked])
        figures = _figures(answers, plain)
        figures["by_zoom_ms"] = {
            zoom: spread(
                [answer.ms for item, answer in zip(asked, answers, strict=True) if item[0] == zoom]
            )
            for zoom in ZOOMS
        }
        slow = sorted(zip([a.ms for a in answers], asked, strict=True), key=lambda pair: -pair[0])
        figures["slowest"] = [{"ms": round(ms, 1), "path": item[1]} for ms, item in slow[:5]]
        found[layer] = figures
    return found


def complaint_tiles(wire: Wire, asker: Asker, each: int) -> dict[str, Any]:
    """`complaints` tiles under filters never used before; each takes two or three statements."""
    answers = [
        wire.get(f"/tiles/complaints/{t.z}/{t.x}/{t.y}.mvt?{asker.question().query}")
        for zoom in list(ZOOMS) * each
        for t in [asker.tile(zoom)]
    ]
    return {"http_ms": spread([answer.ms for answer in answers])}


def whole_city(wire: Wire, bare: Bare, asker: Asker, n: int) -> dict[str, Any]:
    """Counts of the whole city by area, and by cell at resolution 8."""
    found: dict[str, Any] = {}
    for by, path, grid in (
        ("area", f"by=area&set={WARDS.code}", AREA),
        ("cell", "by=cell&resolution=8", 8),
    ):
        _warmed(wire, asker, lambda q, path=path: f"/api/v1/counts?{path}&{q.query}")  # type: ignore[misc]
        questions = [asker.question() for _ in range(n)]
        asked = [
            (f"/api/v1/counts?{path}&{q.query}", counts.by_place(q.filter, grid)) for q in questions
        ]
        found[by] = _figures(*_compared(wire, bare, asked))
    return found


def warm_tile(port: int, wire: Wire, seconds: float) -> dict[str, Any]:
    """One cached tile again and again: whole, and not modified."""
    path = "/tiles/cells/10/813/450.mvt?resolution=8"
    for _ in range(3):
        answer = wire.get(path)
    whole = hammer(port, path, {}, seconds)
    etag = answer.headers.get("etag", "")
    same = hammer(port, path, {"If-None-Match": etag}, seconds)
    for found in (whole, same):
        found["per_s"] = round(found["per_s"])
    return {
        "client": "asyncio and uvloop in a process of its own, 16 connections",
        "bytes": len(answer.body),
        "x_cache": answer.headers.get("x-cache"),
        "whole": whole,
        "not_modified": same,
    }


def reports(port: int, asker: Asker, n: int, per_s: float) -> dict[str, Any]:
    """Citizens' reports at a fixed rate; late ones count from when they were due."""
    sent = []
    for number in range(n):
        lon, lat = asker.place()
        body = {
            "lon": lon,
            "lat": lat,
            "category": asker.category(),
            "text": f"Ổ gà lớn trước cổng trường, báo lần {number}",
        }
        key = {"Idempotency-Key": f"bench-{time.time_ns()}-{number}"}
        sent.append(request("POST", "/api/v1/complaints", key, orjson.dumps(body)))
    asyncio.run(open_loop(port, sent[:10], 20))
    taken, statuses = asyncio.run(open_loop(port, sent[10:], per_s))
    return {"ms": spread(taken), "statuses": dict(statuses), "per_s": per_s}


def memory_mib(process: psutil.Process) -> float:
    """The resident memory of the process that serves."""
    return round(process.memory_info().rss / 2**20, 1)


def beside_mib(process: psutil.Process) -> float:
    """That of the process which works out what takes seconds, while there is one."""
    return round(sum(one.memory_info().rss for one in process.children(recursive=True)) / 2**20, 1)
