"""Is it already reported? Asked at random places and where most is open."""

import gzip
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import orjson
from sqlalchemy import Engine, text

from bench.filled import UNTIL
from bench.measures import spread
from bench.questions import Asker
from bench.wire import Answer, Wire

DENSEST = """
SELECT k.code, dense.lon, dense.lat, dense.n
  FROM (SELECT category_id, cell >> 15 AS place, count(*) AS n,
               avg(ST_X(geom)) AS lon, avg(ST_Y(geom)) AS lat
          FROM complaint WHERE status <= 3
         GROUP BY 1, 2 ORDER BY n DESC LIMIT 20) AS dense
  JOIN category k ON k.id = dense.category_id
 ORDER BY dense.n DESC
"""
WORDS = "Ổ gà lớn trước cổng trường tiểu học, đã có người ngã, đối diện số nhà 25 phố Láng"


def nearness(engine: Engine, wire: Wire, asker: Asker, n: int) -> dict[str, Any]:
    """POST /complaints/near over HTTP, each question asked once, with words to compare."""
    with _days_reach_the_sample(engine):
        with engine.connect() as connection:
            densest = connection.execute(text(DENSEST)).all()
        anywhere = [(asker.category(), *asker.place()) for _ in range(n)]
        # Some metres apart, so that no question is the same as the one before.
        there = [
            (one.code, one.lon + turn * 2e-5, one.lat - turn * 1e-5)
            for turn in range(max(1, n // max(1, len(densest))))
            for one in densest
        ]
        for code, lon, lat in anywhere[:4]:
            _ask(wire, code, lon, lat)
        found = {"anywhere": _asked(wire, anywhere), "at the densest places": _asked(wire, there)}
    return {"answers": found, "most_open": int(densest[0].n) if densest else 0}


@contextmanager
def _days_reach_the_sample(engine: Engine) -> Iterator[None]:
    """The sample ends on a fixed day: what is counted from today goes back as much farther."""
    days = {"days": max(0, (datetime.now(UTC) - UNTIL).days)}
    with engine.begin() as connection:
        kept = connection.execute(text("SELECT id, near_days FROM category")).all()
        connection.execute(
            text("UPDATE category SET near_days = least(3650, near_days + :days)"), days
        )
    try:
        yield
    finally:
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE category SET near_days = :near_days WHERE id = :id"),
                [row._asdict() for row in kept],
            )


def _ask(wire: Wire, code: str, lon: float, lat: float) -> Answer:
    body = {"lon": lon, "lat": lat, "category": code, "text": WORDS}
    return wire.post("/api/v1/complaints/near", orjson.dumps(body))


def _body(answer: Answer) -> Any:
    zipped = answer.headers.get("content-encoding") == "gzip"
    return orjson.loads(gzip.decompress(answer.body) if zipped else answer.body)


def _asked(wire: Wire, asked: list[tuple[str, float, float]]) -> dict[str, Any]:
    answers = [_ask(wire, *one) for one in asked]
    told = [len(_body(one)["near"]) for one in answers if one.status == 200]
    return {
        "ms": spread([one.ms for one in answers]),
        "ok": sum(one.status == 200 for one in answers),
        "told": round(sum(told) / max(1, len(told)), 1),
    }
