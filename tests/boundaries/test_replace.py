"""A set replaced while people report and move complaints: nothing is lost, nobody sees half."""

import itertools
import random
import threading
from dataclasses import replace
from datetime import UTC, datetime

import geopandas as gpd
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.query import read_vocabulary
from api.settings import Settings
from boundaries import replace as replacing
from boundaries.load import SetSpec
from boundaries.read import Report
from boundaries.replace import replace_set
from geo import counts
from geo.errors import ConflictError
from geo.filters import Filter
from geo.reporting import Report as Said
from geo.reporting import take
from geo.rollup import AREA

# Where a set that is not shown might show.
READS = (
    "/api/v1/boundaries",
    "/api/v1/locate?lon=105.7&lat=21",
    "/api/v1/search?q=dai",
    "/api/v1/counts?by=area&set=nowhere",
    "/api/v1/export.csv?since=2026-10-30",
    "/api/v1/complaints?area=nowhere:001",
)
SPEC = SetSpec("stripes", "stripe", "Dải", "Stripes", "test")


def _stripes(n: int) -> gpd.GeoDataFrame:
    """The region around Hanoi in n vertical stripes; the last third of it in none."""
    edges = [105.2 + i * 0.6 / n for i in range(n + 1)]
    shapes = [shapely.box(a, 20.5, b, 21.5) for a, b in itertools.pairwise(edges)]
    frame = gpd.GeoDataFrame(
        {
            "code": [f"{i:03}" for i in range(n)],
            "name": [f"Dải {i}" for i in range(n)],
            "name_en": [f"Stripe {i}" for i in range(n)],
            "kind": None,
            "parent": None,
            "population": None,
            "area_km2": 100.0,
        },
        geometry=shapes,
        crs=4326,
    )
    return frame


def _load(engine: Engine, n: int, **more: object) -> object:
    return replace_set(engine, 1, replace(SPEC, **more), _stripes(n), Report())


def _shown(engine: Engine) -> dict[int, int]:
    """Counts by area as a reader gets them."""
    with engine.connect() as connection:
        words = read_vocabulary(connection)
        assert not any("~" in code for code in words.sets)
        question = Filter(tuple(words.cities.values()))
        rows = connection.execute(counts.by_place(question, AREA, words.sets["stripes"])).all()
        return {row.place: int(row.n) for row in rows}


def _true(engine: Engine) -> dict[int, int]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT held.id AS place, count(*) AS n FROM complaint c CROSS JOIN LATERAL ("
                " SELECT min(a.id) AS id FROM area a JOIN area_set s ON s.id = a.set_id"
                " WHERE s.code = 'stripes' AND ST_Intersects(a.geom, c.geom)) AS held"
                " WHERE held.id IS NOT NULL GROUP BY 1"
            )
        )
        return {row.place: row.n for row in rows}


def _orphans(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(
            connection.execute(
                text(
                    "SELECT (SELECT count(*) FROM complaint_area ca WHERE NOT EXISTS"
                    " (SELECT FROM area a WHERE a.id = ca.area_id))"
                    " + (SELECT count(*) FROM rollup r WHERE grid = 1 AND NOT EXISTS"
                    " (SELECT FROM area_set s WHERE s.id = r.region))"
                    " + (SELECT count(*) FROM area_set WHERE NOT ready)"
                )
            ).scalar_one()
        )


def _changes(engine: Engine, stop: threading.Event, errors: list[BaseException]) -> None:
    rng = random.Random(3)
    with engine.connect() as connection:
        codes = list(connection.execute(text("SELECT code FROM complaint LIMIT 300")).scalars())
        kind = connection.execute(text("SELECT code FROM category LIMIT 1")).scalar_one()
    try:
        while not stop.is_set():
            lon, lat = rng.uniform(105.5, 105.85), rng.uniform(20.95, 21.05)
            with engine.begin() as connection:
                connection.execute(
                    text(
                        "UPDATE complaint SET geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"
                        " WHERE code = :code"
                    ),
                    {"lon": lon, "lat": lat, "code": rng.choice(codes)},
                )
                if rng.random() < 0.3:
                    connection.execute(
                        text("DELETE FROM complaint WHERE code = :code"),
                        {"code": rng.choice(codes)},
                    )
            with engine.begin() as connection:
                report = Said(lon=lon, lat=lat, category=kind, text="x", address=None)
                take(connection, report, datetime.now(UTC), None, b"x" * 32)
    except BaseException as error:
        errors.append(error)


def test_counts_are_exact_after_a_replacement_among_changes(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(replacing, "BATCH", 150)
    stop, errors = threading.Event(), []
    writer = threading.Thread(target=_changes, args=(hanoi_engine, stop, errors))
    writer.start()
    try:
        first = _load(hanoi_engine, 5)
        second = _load(hanoi_engine, 7)
    finally:
        stop.set()
        writer.join()
    assert errors == []
    assert first.changed
    assert second.areas == 7
    assert len(_shown(hanoi_engine)) > 3
    assert _shown(hanoi_engine) == _true(hanoi_engine)
    assert _orphans(hanoi_engine) == 0
    assert not _load(hanoi_engine, 7).changed


def test_readers_see_the_old_set_whole_until_the_new_one_is_whole(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(hanoi_engine, 5)
    old = _shown(hanoi_engine)
    monkeypatch.setattr(replacing, "BATCH", 500)
    seen = []
    client = TestClient(create_app(hanoi_engine, Settings()))

    def look(done: int, of: int) -> None:
        assert 0 < done <= of
        seen.append(_shown(hanoi_engine))
        for path in READS:
            assert "~" not in client.get(path).text, path

    replace_set(hanoi_engine, 1, SPEC, _stripes(7), Report(), look)
    assert len(seen) >= 6
    assert all(one == old for one in seen)
    assert _shown(hanoi_engine) == _true(hanoi_engine) != old


def test_a_load_that_was_stopped_leaves_the_old_set_and_the_next_clears_up(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    _load(hanoi_engine, 5)
    old = _shown(hanoi_engine)
    monkeypatch.setattr(replacing, "BATCH", 500)

    def stop(done: int, of: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        replace_set(hanoi_engine, 1, SPEC, _stripes(7), Report(), stop)
    assert _orphans(hanoi_engine) == 1
    assert _shown(hanoi_engine) == old == _true(hanoi_engine)
    assert _load(hanoi_engine, 6).areas == 6
    assert _shown(hanoi_engine) == _true(hanoi_engine)
    assert _orphans(hanoi_engine) == 0


def test_two_loads_at_once_are_told_apart(hanoi_engine: Engine) -> None:
    with replacing._alone(hanoi_engine), pytest.raises(ConflictError, match="already"):
        _load(hanoi_engine, 5)
