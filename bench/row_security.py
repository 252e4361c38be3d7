"""What row-level security costs the public: statements as the service's role and as the owner."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import Connection, Engine

from bench.measures import Bare, spread
from bench.questions import Asker
from boundaries.hanoi import WARDS
from geo import counts, listing
from geo.cells import resolution_at
from geo.database import SERVICE_ROLE
from geo.database import engine as make_engine
from geo.rollup import AREA
from tiles import areas, cells, points

ZOOMS = range(8, 17)


def _ratio(bound: Sequence[float], free: Sequence[float]) -> dict[str, Any]:
    """Both, and what is paid in all: single ones are too quick to be compared."""
    return {
        "bound_ms": spread(bound),
        "owner_ms": spread(free),
        "more_percent": round((sum(bound) / sum(free) - 1) * 100, 1) if sum(free) else None,
    }


def _in_turn(
    asked: Sequence[Any], bound: Callable[[Any], float], free: Callable[[Any], float]
) -> dict[str, Any]:
    """Each question to both; the first to ask pays for what the memory lacks, so they alternate."""
    paid: list[float] = []
    plain: list[float] = []
    # Of a new connection the first statement reads the catalogue.
    for own in (bound, free):
        own(asked[0])
    for number, one in enumerate(asked):
        # Once for nothing, so that neither reads from disk for both.
        free(one)
        # The quicker of two: a pause of the machine in one of a hundred decides a sum.
        for own in (bound, free) if number % 2 else (free, bound):
            (paid if own is bound else plain).append(min(own(one), own(one)))
    return _ratio(paid, plain)


def row_security(
    engine: Engine, asker: Asker, each: int, area_ids: Sequence[int]
) -> dict[str, Any]:
    """Tiles of all layers, counts by area and cell, and the public list."""
    found: dict[str, Any] = {}
    bound, free = Bare(engine, SERVICE_ROLE), Bare(engine)
    tiles = [(asker.tile(zoom), asker.question()) for zoom in list(ZOOMS) * each]
    questions = [asker.question() for _ in range(len(tiles))]
    statements = {
        "cells tiles": [cells.select(q.filter, at, resolution_at(at.z)) for at, q in tiles],
        "areas tiles": [areas.select_tile(q.filter, at, area_ids) for at, q in tiles],
        "counts by area": [counts.by_place(q.filter, AREA) for q in questions],
        "counts by cell": [counts.by_place(q.filter, 8) for q in questions],
        "list": [listing.page(q.filter, 100, None) for q in questions],
    }
    for what, asked in statements.items():
        found[what] = _in_turn(asked, bound.ms, free.ms)
    bound.close()
    free.close()
    # These take several statements each.
    url = engine.url.render_as_string(hide_password=False)
    service = make_engine(url, role=SERVICE_ROLE)
    with service.connect() as as_service, engine.connect() as as_owner:
        found["complaints tiles"] = _in_turn(
            tiles, lambda one: _drawn(as_service, *one), lambda one: _drawn(as_owner, *one)
        )
    service.dispose()
    return {"answers": found, "set": WARDS.code}


def _drawn(connection: Connection, address: Any, question: Any) -> float:
    begun = time.perf_counter()
    points.draw(connection, question.filter, address)
    return (time.perf_counter() - begun) * 1000
