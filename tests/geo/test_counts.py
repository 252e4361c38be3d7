"""Stored counts against a recount of the rows, under random filters and random changes."""

import math
import random
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import h3
import numpy as np
import pytest
from shapely import Point, Polygon
from sqlalchemy import Engine, Select, select, text

from geo import cells, counts, listing, recount
from geo.arrival import Batch, ensure_source, store
from geo.bbox import BBox
from geo.complaint import Status
from geo.filters import City, Filter, Place
from geo.matching import matches
from geo.places import Places
from geo.rollup import AREA, CITY, fold
from geo.schema import complaint

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
LIMITS = BBox(105.0, 20.5, 106.1, 21.5)
CATEGORIES = [101, 102, 201, 202, 301, 302]
START = datetime(2023, 3, 1, tzinfo=UTC)


def _set_up(engine: Engine) -> City:
    """A city of four square areas that share edges, and a strip that belongs to none."""
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO city (code, name_vi, name_en, timezone, languages, outline_origin,"
                " west, south, east, north) VALUES ('town', 'T', 'T', 'Asia/Ho_Chi_Minh',"
                " '{vi}', 'file', 105.0, 20.5, 106.1, 21.5)"
            )
        )
        connection.execute(
            text(
                "INSERT INTO area_set (city_id, code, level, name_vi, name_en, source, checksum)"
                " VALUES (1, 'quarters', 'ward', 'Q', 'Q', 'test', 'x')"
            )
        )
        for number, (x, y) in enumerate([(0, 0), (1, 0), (0, 1), (1, 1)], 1):
            west, south = 105.7 + x * 0.1, 20.9 + y * 0.1
            box = f"ST_MakeEnvelope({west}, {south}, {west + 0.1}, {south + 0.1}, 4326)"
            connection.execute(
                text(
                    "INSERT INTO area (set_id, code, name, name_en, area_km2, geom, label)"
                    f" VALUES (1, '{number}', '{number}', '{number}', 1, ST_Multi({box}),"
                    f" ST_Centroid({box}))"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO area_part (area_id, set_id, city_id, geom)"
                    f" VALUES ({number}, 1, 1, {box})"
                )
            )
        # A second map of the same town: west and east halves, ids 5 and 6.
        connection.execute(
            text(
                "INSERT INTO area_set (city_id, code, level, name_vi, name_en, source, checksum)"
                " VALUES (1, 'halves', 'district', 'H', 'H', 'test', 'x')"
            )
        )
        for number, west in ((5, 105.7), (6, 105.8)):
            box = f"ST_MakeEnvelope({west}, 20.9, {west + 0.1}, 21.1, 4326)"
            connection.execute(
                text(
                    "INSERT INTO area (set_id, code, name, name_en, area_km2, geom, label)"
                    f" VALUES (2, '{number}', '{number}', '{number}', 1, ST_Multi({box}),"
                    f" ST_Centroid({box}))"
                )
            )
            connection.execute(
                text(
                    "INSERT INTO area_part (area_id, set_id, city_id, geom)"
                    f" VALUES ({number}, 2, 1, {box})"
                )
            )
    return City(1, "town", ZONE, LIMITS)


AREAS = [Place(n, 1, 1) for n in (1, 2, 3, 4)] + [Place(n, 1, 2) for n in (5, 6)]


def _batch(n: int, seed: int) -> Batch:
    rng = np.random.default_rng(seed)
    reported = np.datetime64(START.replace(tzinfo=None), "us") + rng.integers(
        0, 700 * 86_400_000_000, n
    ).astype("timedelta64[us]")
    lon, lat = rng.uniform(105.68, 105.92, n), rng.uniform(20.9, 21.1, n)
    lon[: n // 10] = 105.8
    return Batch(
        lon,
        lat,
        rng.choice(CATEGORIES, n).astype(np.int16),
        rng.integers(1, 8, n).astype(np.int16),
        reported,
        np.full(n, np.datetime64("NaT", "us")),
        [f"Ổ gà số {i}" for i in range(n)],
        [None] * n,
        [f"{seed}-{i}" for i in range(n)],
    )


def _random_filter(rng: random.Random, city: City) -> Filter:
    since = START + timedelta(seconds=rng.randrange(700 * 86400))
    length = timedelta(seconds=rng.choice([3600, 86400 * 3, 86400 * 90, 86400 * 500]))
    categories = tuple(rng.sample(CATEGORIES, 2)) if rng.random() < 0.3 else ()
    west, south = rng.uniform(105.68, 105.9), rng.uniform(20.9, 21.09)
    box = BBox(west, south, west + rng.choice([0.004, 0.1]), south + 0.05)
    return Filter(
        (city,),
        domains=() if categories or rng.random() < 0.5 else tuple(rng.sample([1, 2, 3], 2)),
        categories=categories,
        hidden=() if categories or rng.random() < 0.6 else tuple(rng.sample(CATEGORIES, 2)),
        statuses=tuple(rng.sample(list(Status), 3)) if rng.random() < 0.5 else (),
        since=since if rng.random() < 0.8 else None,
        until=since + length if rng.random() < 0.8 else None,
        areas=tuple(rng.sample(AREAS, rng.choice([1, 2, 3]))) if rng.random() < 0.3 else (),
        bbox=box if rng.random() < 0.2 else None,
        cells=_random_cells(rng) if rng.random() < 0.2 else (),
        polygon=_random_polygon(rng) if rng.random() < 0.2 else (),
    )


def _random_cells(rng: random.Random) -> tuple[int, ...]:
    """Some around a place, of one size or of several, one in another."""
    lon, lat = rng.uniform(105.7, 105.9), rng.uniform(20.9, 21.1)
    found = set()
    for _ in range(rng.choice([1, 2, 12])):
        near = lon + rng.uniform(-0.03, 0.03), lat + rng.uniform(-0.03, 0.03)
        found.add(int(h3.str_to_int(h3.latlng_to_cell(*near[::-1], rng.choice([6, 8, 8, 10, 11])))))
    return tuple(sorted(found))


def _random_polygon(rng: random.Random) -> tuple[tuple[float, float], ...]:
    """A star around a point, from some metres to beyond the town."""
    lon, lat = rng.uniform(105.7, 105.9), rng.uniform(20.9, 21.1)
    size = rng.choice([0.003, 0.03, 0.4])
    angles = sorted(rng.uniform(0, 2 * math.pi) for _ in range(rng.randrange(4, 12)))
    reach = [(angle, size * rng.uniform(0.3, 1)) for angle in angles]
    return tuple((lon + far * math.cos(a), lat + far * math.sin(a)) for a, far in reach)


class Row(NamedTuple):
    cell: int
    category_id: int
    status: int
    reported_at: datetime
    lon: float
    lat: float
    areas: list[int]


def _lies_in(leaf: int, cell: int) -> bool:
    outer = h3.int_to_str(cell)
    return bool(h3.cell_to_parent(h3.int_to_str(leaf), h3.get_resolution(outer)) == outer)


def _asked(question: Filter, row: Row) -> bool:
    """What a filter means, said once more without SQL."""
    box = question.bbox
    return (
        (not question.domains or row.category_id // 100 in question.domains)
        and (not question.categories or row.category_id in question.categories)
        and row.category_id not in question.hidden
        and (not question.statuses or row.status in question.statuses)
        and (question.since is None or row.reported_at >= question.since)
        and (question.until is None or row.reported_at < question.until)
        and (not question.areas or any(one.id in row.areas for one in question.areas))
        and (not question.cells or any(_lies_in(row.cell, one) for one in question.cells))
        and (not question.polygon or Polygon(question.polygon).intersects(Point(row.lon, row.lat)))
        and (box is None or (box.west <= row.lon <= box.east and box.south <= row.lat <= box.north))
    )


def _agree(engine: Engine, city: City, seed: int, rounds: int) -> None:
    rng = random.Random(seed)
    with engine.connect() as connection:
        everything = [
            Row(*row)
            for row in connection.execute(
                text(
                    "SELECT cell, category_id, status, reported_at, ST_X(geom), ST_Y(geom),"
                    " areas_at(geom, city_id) FROM complaint"
                )
            )
        ]
        for _ in range(rounds):
            question = _random_filter(rng, city)
            rows = [row for row in everything if _asked(question, row)]
            leaves = np.array([row.cell for row in rows], dtype=np.int64)

            def places(statement: Select[Any]) -> dict[int, int]:
                return {row.place: row.n for row in connection.execute(statement)}

            listed = select(complaint.c.cell).where(matches(question))
            assert sorted(connection.execute(listed).scalars()) == sorted(leaves.tolist())
            assert connection.execute(counts.total(question)).scalar_one() == len(rows)
            by_status = connection.execute(counts.by_status(question)).all()
            assert {row.place: row.n for row in by_status} == Counter(r.status for r in rows)
            assert places(counts.by_category(question)) == Counter(r.category_id for r in rows)
            days = Counter(
                (r.reported_at.astimezone(ZONE).date() - date(1970, 1, 1)).days for r in rows
            )
            assert places(counts.by_day(question)) == days
            for resolution in (6, 7, 8, 9, 10, 11, 12):
                expected = Counter(cells.parents(leaves, resolution).tolist())
                assert places(counts.by_place(question, resolution)) == expected
                few = rng.sample(sorted(expected), len(expected) // 3)
                part = {place: expected[place] for place in few}
                assert places(counts.by_place(question, resolution, few)) == part
            areas = Counter(number for row in rows for number in row.areas)
            assert places(counts.by_place(question, AREA)) == areas
            halves = {number: areas[number] for number in (5, 6) if areas[number]}
            assert places(counts.by_place(question, AREA, [5, 6])) == halves
            codes = [row.code for row in connection.execute(listing.page(question, 40, None))]
            newest = select(complaint.c.code).where(matches(question))
            newest = newest.order_by(complaint.c.reported_at.desc(), complaint.c.id.desc())
            assert codes == connection.execute(newest.limit(40)).scalars().all()


def test_counts_equal_a_recount_after_arrivals_changes_folds_and_removals(engine: Engine) -> None:
    city = _set_up(engine)
    with engine.begin() as connection:
        source_id = ensure_source(connection, "test", "Test", "import")
        places = Places.load(connection, 1)
        assert store(connection, 1, source_id, _batch(1500, 1), places) == (1500, 0, 0)
    _agree(engine, city, 1, 6)
    with engine.begin() as connection:
        assert fold(connection) > 0
    _agree(engine, city, 2, 12)
    with engine.begin() as connection:
        connection.execute(text("UPDATE complaint SET status = 4 WHERE status <= 2"))
        connection.execute(text("UPDATE complaint SET category_id = 301 WHERE category_id = 102"))
        moved = "ST_SetSRID(ST_MakePoint(105.75, 20.95), 4326)"
        leaf = cells.leaf_cells(np.array([105.75]), np.array([20.95]))[0]
        connection.execute(
            text(f"UPDATE complaint SET geom = {moved}, cell = {leaf} WHERE category_id = 201")
        )
        connection.execute(text("DELETE FROM complaint WHERE status = 6"))
        store(connection, 1, source_id, _batch(300, 2), places)
    _agree(engine, city, 3, 12)
    with engine.begin() as connection:
        fold(connection)
    _agree(engine, city, 4, 12)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM complaint"))
        fold(connection)
        left = connection.execute(
            text("SELECT count(*) FROM rollup WHERE places <> '{}'")
        ).scalar_one()
        assert left == 0
        assert connection.execute(text("SELECT count(*) FROM complaint_area")).scalar_one() == 0


def _rollup(engine: Engine) -> set[tuple[Any, ...]]:
    """Every stored count, unpacked."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT city_id, grid, span, kind, status, day, region, unnest(places),"
                " unnest(counts) FROM rollup"
            )
        )
        return {tuple(row) for row in rows}


def test_counting_blocks_anew_gives_what_merging_gives(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    city = _set_up(engine)
    with engine.begin() as connection:
        source_id = ensure_source(connection, "test", "Test", "import")
        store(connection, 1, source_id, _batch(3000, 1), Places.load(connection, 1))
        connection.execute(text("UPDATE complaint SET status = 4 WHERE status <= 2"))
        connection.execute(text("DELETE FROM complaint WHERE status = 6"))
    with engine.begin() as connection:
        fold(connection)
    merged = _rollup(engine)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM rollup"))
    for first in range(19200, 20480, 256):
        with engine.execution_options(isolation_level="REPEATABLE READ").begin() as connection:
            recount.recount(connection, 1, ZONE, first)
    assert _rollup(engine) == merged
    # And by the way a bulk load takes: much at once, then a little.
    monkeypatch.setattr(recount, "MANY", 500)
    with engine.begin() as connection:
        store(connection, 1, source_id, _batch(2500, 2), Places.load(connection, 1))
    assert recount.fold_all(engine) > 2000
    with engine.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = 5 WHERE status = 4 AND cell % 5 = 0")
        )
    assert recount.fold_all(engine) > 0
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*) FROM pending")).scalar_one() == 0
    _agree(engine, city, 5, 6)


def test_the_bulk_path_and_the_trigger_place_and_count_alike(engine: Engine) -> None:
    city = _set_up(engine)
    with engine.begin() as connection:
        source_id = ensure_source(connection, "test", "Test", "import")
        store(connection, 1, source_id, _batch(400, 5), Places.load(connection, 1))
        bulk = connection.execute(
            text("SELECT * FROM complaint_area ORDER BY area_id, reported_at, complaint_id")
        ).all()
        connection.execute(text("CREATE TEMPORARY TABLE kept AS SELECT * FROM complaint"))
        connection.execute(text("DELETE FROM complaint"))
        connection.execute(text("INSERT INTO complaint SELECT * FROM kept"))
        again = connection.execute(
            text("SELECT * FROM complaint_area ORDER BY area_id, reported_at, complaint_id")
        ).all()
    assert bulk == again
    _agree(engine, city, 6, 4)


def test_storing_the_same_rows_again_changes_nothing(engine: Engine) -> None:
    _set_up(engine)
    with engine.begin() as connection:
        source_id = ensure_source(connection, "test", "Test", "import")
        places = Places.load(connection, 1)
        store(connection, 1, source_id, _batch(100, 9), places)
        assert store(connection, 1, source_id, _batch(100, 9), places) == (0, 0, 100)
        batch = _batch(100, 9)
        batch.status[:] = Status.RESOLVED
        again = store(connection, 1, source_id, batch, places)
    assert again.added == 0
    assert again.changed > 0
    assert again.changed + again.same == 100


def test_words_match_without_diacritics_and_with_a_beginning(engine: Engine) -> None:
    city = _set_up(engine)
    with engine.begin() as connection:
        source_id = ensure_source(connection, "test", "Test", "import")
        store(connection, 1, source_id, _batch(20, 3), Places.load(connection, 1))
        for words, n in (("o ga so 1", 11), ("Ổ GÀ", 20), ("nothing", 0), ("& ! '):*", 20)):
            question = Filter((city,), words=tuple(words.split()))
            found = connection.execute(counts.total(question)).scalar_one()
            assert found == n or words.startswith("&"), words


@pytest.mark.parametrize("grid", [CITY, AREA, 8])
def test_a_narrower_filter_never_counts_more(engine: Engine, grid: int) -> None:
    city = _set_up(engine)
    with engine.begin() as connection:
        source_id = ensure_source(connection, "test", "Test", "import")
        store(connection, 1, source_id, _batch(500, 4), Places.load(connection, 1))
        wide = dict(connection.execute(counts.by_place(Filter((city,)), grid)).all())
        rng = random.Random(1)
        for _ in range(10):
            narrow = connection.execute(counts.by_place(_random_filter(rng, city), grid)).all()
            assert all(row.n <= wide[row.place] for row in narrow)
