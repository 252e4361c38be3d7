"""What was known at an instant: the same figures later, whatever happened since."""

import random
import time
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Connection, Engine, text

from geo import cells, counts, frames, listing
from geo.arrival import Batch, ensure_source, store
from geo.filters import City, Filter
from geo.places import Places
from geo.rollup import AREA, fold


@pytest.fixture
def town(hanoi_engine: Engine) -> tuple[Engine, City]:
    from api.query import read_vocabulary

    with hanoi_engine.connect() as connection:
        city = read_vocabulary(connection).cities["hanoi"]
    return hanoi_engine, city


def _figures(connection: Connection, question: Filter, ids: list[int]) -> dict[str, Any]:
    """Everything a reader sees of a question."""
    page = connection.execute(listing.page(question, 60, None)).all()
    exported = [
        tuple(row)
        for frame in frames.frames(connection, question)
        for row in frame.drop(columns=["text", "address"]).astype(str).itertuples(index=False)
    ]
    return {
        "total": connection.execute(counts.total(question)).scalar_one(),
        "status": connection.execute(counts.by_status(question)).all(),
        "category": connection.execute(counts.by_category(question)).all(),
        "day": connection.execute(counts.by_day(question)).all(),
        "areas": connection.execute(counts.by_place(question, AREA, ids)).all(),
        "cells8": connection.execute(counts.by_place(question, 8)).all(),
        "cells11": connection.execute(counts.by_place(question, 11)).all(),
        "list": [(row.code, row.status, row.lon, row.lat, row.reported_at) for row in page],
        "export": exported,
    }


def _happens(engine: Engine, city: City, rng: random.Random) -> None:
    """Arrivals, changes of all kinds, several of one complaint, also in one transaction."""
    with engine.begin() as connection:
        source_id = ensure_source(connection, "later", "Later", "import")
        n = 150
        noise = np.random.default_rng(rng.randrange(2**31))
        batch = Batch(
            noise.uniform(105.7, 105.95, n),
            noise.uniform(20.9, 21.1, n),
            noise.choice([101, 201, 301], n).astype(np.int16),
            noise.integers(1, 8, n).astype(np.int16),
            np.datetime64("2026-03-01", "us")
            + noise.integers(0, 10**13, n).astype("timedelta64[us]"),
            np.full(n, np.datetime64("NaT", "us")),
            ["x"] * n,
            [None] * n,
            [f"{rng.random()}" for _ in range(n)],
        )
        store(connection, city.id, source_id, batch, Places.load(connection, city.id))
    lon, lat = rng.uniform(105.75, 105.9), rng.uniform(20.95, 21.05)
    cell = int(cells.leaf_cells(np.array([lon]), np.array([lat]))[0])
    some = "id IN (SELECT id FROM complaint ORDER BY random() LIMIT 120)"
    for _ in range(2):
        with engine.begin() as connection:
            for change in (
                f"status = 4, closed_at = now() WHERE {some}",
                f"status = 1, closed_at = NULL WHERE {some}",
                f"category_id = 302 WHERE {some}",
                f"reported_at = reported_at - interval '40 days' WHERE {some}",
                f"cell = {cell}, geom = ST_SetSRID(ST_MakePoint({lon}, {lat}), 4326) WHERE {some}",
            ):
                connection.execute(text(f"UPDATE complaint SET {change}"))


def _questions(city: City, ids: list[int], connection: Connection) -> list[Filter]:
    from api.query import read_vocabulary

    wards = [one for one in read_vocabulary(connection).areas.values() if one.id in set(ids)]
    base = Filter((city,))
    return [
        base,
        replace(base, domains=(1,)),
        replace(base, statuses=(1, 2, 3)),  # type: ignore[arg-type]
        replace(base, categories=(101, 302), since=datetime(2026, 3, 5, 7, tzinfo=UTC)),
        replace(base, areas=tuple(wards[:4]), until=datetime(2026, 6, 1, tzinfo=UTC)),
        replace(base, polygon=((105.8, 20.95), (105.88, 20.98), (105.83, 21.04))),
    ]


def test_figures_as_of_an_instant_are_those_of_that_instant(town: tuple[Engine, City]) -> None:
    engine, city = town
    rng = random.Random(7)
    with engine.connect() as connection:
        ids = list(
            connection.execute(
                text(
                    "SELECT a.id FROM area a JOIN area_set s ON s.id = a.set_id"
                    " WHERE s.code = 'hanoi-ward-2025' ORDER BY a.id"
                )
            ).scalars()
        )
        questions = _questions(city, ids, connection)
    seen: list[tuple[datetime, list[dict[str, Any]]]] = []
    for _ in range(3):
        with engine.connect() as connection:
            at = datetime.now(UTC)
            seen.append((at, [_figures(connection, one, ids) for one in questions]))
        time.sleep(0.005)
        _happens(engine, city, rng)
        with engine.begin() as connection:
            fold(connection)
    with engine.connect() as connection:
        for at, figures in seen:
            for question, then in zip(questions, figures, strict=True):
                again = _figures(connection, replace(question, as_of=at), ids)
                assert again.keys() == then.keys()
                for key, value in then.items():
                    assert again[key] == value, key
        # The questions are ones whose answers changed.
        now = [_figures(connection, one, ids) for one in questions]
        assert all(new["total"] != old["total"] for new, old in zip(now, seen[0][1], strict=True))


def test_before_the_first_arrival_nothing_was_known(town: tuple[Engine, City]) -> None:
    engine, city = town
    question = Filter((city,), as_of=datetime(2020, 1, 1, tzinfo=UTC))
    with engine.connect() as connection:
        assert connection.execute(counts.total(question)).scalar_one() == 0
        assert connection.execute(counts.by_place(question, 8)).all() == []
        assert connection.execute(listing.page(question, 10, None)).all() == []
