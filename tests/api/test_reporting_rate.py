"""Incidents in the database against a plain loop over reports, and the index through the API."""

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.query import read_vocabulary
from api.settings import Settings
from geo import cells
from geo.arrival import Batch, ensure_source, store
from geo.filters import parse
from geo.incidents import SUMS, watched
from geo.places import Places
from geo.rollup import fold
from geo.sample import remove_sample

START = datetime(2025, 1, 1, tzinfo=UTC)
KINDS = (101, 102, 201)
SET = "hanoi-district-2014"


@pytest.fixture
def empty(hanoi_engine: Engine) -> Engine:
    """Hanoi without a complaint."""
    with hanoi_engine.begin() as connection:
        remove_sample(connection, 1)
    return hanoi_engine


def _ask(engine: Engine, query: str) -> Any:
    client = TestClient(create_app(engine, Settings()), raise_server_exceptions=False)
    return client.get(f"/api/v1/reporting?{query}")


def _put(engine: Engine, lon: Any, lat: Any, kind: Any, day: Any, closed: Any, status: Any) -> None:
    """Complaints of days since START; a closing day of NaN is open."""
    at = np.datetime64(START.replace(tzinfo=None), "us")
    lon = np.asarray(lon, float)
    done = ~np.isnan(np.asarray(closed, float))
    second = (np.where(done, closed, 0.0) * 86400).astype("timedelta64[s]")
    batch = Batch(
        lon,
        np.asarray(lat, float),
        np.asarray(kind, np.int16),
        np.asarray(status, np.int16),
        at + (np.asarray(day, float) * 86400).astype("timedelta64[s]"),
        np.where(done, at + second, np.datetime64("NaT")).astype("datetime64[us]"),
        ["x"] * len(lon),
        [None] * len(lon),
        [str(number) for number in range(len(lon))],
    )
    with engine.begin() as connection:
        source = ensure_source(connection, "told", "Told", "import")
        assert store(connection, 1, source, batch, Places.load(connection, 1)).added == len(lon)
        fold(connection)


def _by_hand(
    rows: list[Any], since: datetime, until: datetime, cap: timedelta
) -> dict[tuple[int, int], list[float]]:
    """Sums by area and category, incident by incident."""
    groups = defaultdict(list)
    for row in sorted(rows, key=lambda row: (row.reported_at, row.id)):
        if row.status not in (5, 7) and since - cap <= row.reported_at < until:
            place = int(cells.parents(np.array([row.cell]), 11)[0])
            groups[row.area_id, row.category_id, place].append(row)
    sums: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0] * 6)
    for (area, category, _), reports in groups.items():
        open_until, incidents = datetime.min.replace(tzinfo=UTC), []
        for report in reports:
            ends = min(report.closed_at or until, report.reported_at + cap, until)
            ends = max(ends, report.reported_at)
            if report.status != 6 and report.reported_at >= open_until:
                incidents.append([report.reported_at, ends, 0])
            elif incidents and report.reported_at < incidents[-1][1]:
                incidents[-1][2] += 1
            if report.status != 6:
                open_until = max(open_until, ends)
        for began, ended, d in incidents:
            if began >= since:
                t = (ended - began).total_seconds() / 86400
                for at, one in enumerate((1, d, t, d * d, d * t, t * t)):
                    sums[area, category][at] += one
    return sums


WINDOWS: list[dict[str, Any]] = [
    {},
    {"since": "2025-03-01", "until": "2025-06-01"},
    {"category": ["no-permit", "garbage"]},
    {"domain": ["construction"], "since": "2025-02-10T10:00:00Z"},
    {"bbox": "105.80,21.0,105.855,21.05"},
    {"area": [f"{SET}:001", f"{SET}:002"]},
]


@pytest.mark.parametrize("cap_days", [100, 7])
def test_incidents_are_those_of_a_plain_loop_over_the_reports(empty: Engine, cap_days: int) -> None:
    rng = np.random.default_rng(8)
    n, places = 1500, rng.uniform((105.82, 21.0), (105.88, 21.05), (25, 2))
    at = places[rng.integers(0, 25, n)] + rng.normal(0, 1e-4, (n, 2))
    day = rng.uniform(0, 500, n)
    status = rng.choice([1, 3, 4, 5, 6, 7], n, p=[0.1, 0.1, 0.6, 0.05, 0.1, 0.05])
    # Some are closed at once, and of some the closing time is not known.
    closed = day + np.where(rng.random(n) < 0.05, 0, rng.exponential(20, n))
    closed[(status <= 3) | (rng.random(n) < 0.05)] = np.nan
    _put(empty, *at.T, rng.choice(KINDS, n), day, closed, status)
    with empty.connect() as connection:
        words = read_vocabulary(connection)
        ids = list(words.sets[SET])
        every = connection.execute(
            text(
                "SELECT c.id, c.cell, c.category_id, c.status, c.reported_at, c.closed_at,"
                " h.area_id, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat FROM complaint c"
                " JOIN complaint_area h ON h.complaint_id = c.id WHERE h.area_id = ANY(:ids)"
            ),
            {"ids": ids},
        ).all()
        several = 0
        for asked in WINDOWS:
            question = parse(words, **asked)
            found = watched(connection, question, ids, cap_days=cap_days)
            chosen = [
                row for row in every
                if (not question.categories or row.category_id in question.categories)
                and (not question.domains or row.category_id // 100 in question.domains)
                and (question.bbox is None or (question.bbox.west <= row.lon <= question.bbox.east
                     and question.bbox.south <= row.lat <= question.bbox.north))
                and (not question.areas or row.area_id in [one.id for one in question.areas])
            ]  # fmt: skip
            expected = _by_hand(chosen, found.since, found.until, timedelta(days=cap_days))
            assert sum(one[0] for one in expected.values()) > 20
            kinds = sorted({kind for _, kind in expected})
            for number, name in enumerate(SUMS):
                hand = [[expected.get((area, kind), [0.0] * 6)[number] for kind in kinds]
                        for area in ids]  # fmt: skip
                np.testing.assert_allclose(getattr(found.followed, name), hand, atol=1e-6)
            several += int(found.followed.duplicates.sum())
        last = max(row.reported_at for row in every)
        whole = watched(connection, parse(words), ids)
        assert whole.until == last + timedelta(microseconds=1)
        assert whole.until - whole.since == timedelta(days=365)
        with pytest.MonkeyPatch.context() as few:
            few.setattr("geo.incidents.MOST_REPORTS", 400)
            part = watched(connection, parse(words), ids, cap_days=cap_days)
        whole = watched(connection, parse(words), ids, cap_days=cap_days)
        # A part of the places, and what is known of each is all of it.
        assert part.one_in > 1
        for name in SUMS:
            assert (getattr(part.followed, name) <= getattr(whole.followed, name) + 1e-6).all()
        share = part.followed.incidents.sum() / whole.followed.incidents.sum()
        assert 0.5 / part.one_in < share < 2 / part.one_in
    assert several > 200


def _shapes(engine: Engine) -> dict[str, Any]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.code, ST_AsBinary(a.geom) AS wkb FROM area a JOIN area_set s"
                " ON s.id = a.set_id WHERE s.code = :set ORDER BY a.code"
            ),
            {"set": SET},
        ).all()
    return {row.code: shapely.from_wkb(bytes(row.wkb)) for row in rows}


def _points_apart(shape: Any, n: int, rng: np.random.Generator) -> np.ndarray:
    """Points of a shape, each in a small cell of its own."""
    west, south, east, north = shape.bounds
    drawn = rng.uniform((west, south), (east, north), (n * 12, 2))
    drawn = drawn[shapely.contains_xy(shape.buffer(-0.001), *drawn.T)]
    place = cells.parents(cells.leaf_cells(*drawn.T), 11)
    found = drawn[np.sort(np.unique(place, return_index=True)[1])][:n]
    assert len(found) == n
    return np.asarray(found)


def test_planted_readiness_to_report_is_found_through_the_api(empty: Engine) -> None:
    rng = np.random.default_rng(2)
    shapes = _shapes(empty)
    rate = dict(zip(shapes, rng.permutation(np.geomspace(0.005, 0.05, len(shapes))), strict=True))
    lon, lat, kind, day, closed = [], [], [], [], []
    for code, shape in shapes.items():
        # The readier to report, the fewer incidents.
        for x, y in _points_apart(shape, round(1.5 / rate[code]), rng):
            category = int(rng.choice(KINDS))
            mine = rate[code] * {101: 0.6, 102: 1.0, 201: 2.0}[category]
            begins, lasts = rng.uniform(0, 400), rng.exponential(60)
            times = np.cumsum(rng.exponential(1 / mine, 60))
            times = begins + times[times < lasts]
            for at in times:
                lon.append(x), lat.append(y), kind.append(category), day.append(at)
                closed.append(begins + lasts)
    n = len(lon)
    assert n > 2000
    _put(empty, lon, lat, kind, day, closed, np.full(n, 4))
    until = (START + timedelta(days=450)).date().isoformat()
    found = _ask(empty, f"set={SET}&since=2025-01-01&until={until}").json()
    areas = {one["code"]: one for one in found["areas"]}
    assert set(areas) == set(shapes)
    expected = np.array([one["expected"] for one in areas.values()])
    planted = np.array([rate[code] for code in areas])
    true = planted / ((planted * expected).sum() / expected.sum())
    low, high, index = (
        np.array([one[name] for one in areas.values()]) for name in ("low", "high", "index")
    )
    assert ((low <= true) & (true <= high)).mean() >= 0.86  # 26 of 30; 28.5 are to be expected
    assert np.corrcoef(np.log(index), np.log(true))[0, 1] > 0.9
    counted = TestClient(create_app(empty, Settings())).get(f"/api/v1/counts?by=area&set={SET}")
    raw = {row["key"]: row["n"] for row in counted.json()["rows"]}
    assert np.corrcoef([raw.get(code, 0) for code in areas], true)[0, 1] < 0
    overall = found["overall"]
    for name in ("incidents", "duplicates"):
        assert sum(one[name] for one in areas.values()) == overall[name]
    # The rest came after a hundred days, while a duplicate was open.
    assert 0.8 * n < overall["incidents"] + overall["duplicates"] < n
    assert all(one["few"] == (one["duplicates"] < 20) for one in areas.values())
    assert set(found["caution"]) == {"vi", "en"}


def test_states_and_words_are_refused_and_so_is_too_long_a_time(hanoi_engine: Engine) -> None:
    for query, field in (
        ("status=open", "status"),
        ("q=nắp", "q"),
        ("since=2020-01-01", "since"),
        ("since=2027-05-01", "since"),
        ("until=1990-01-01&since=1989-01-01", "set"),
    ):
        answer = _ask(hanoi_engine, f"set={SET}&{query}")
        if field == "set":
            assert answer.json()["overall"]["incidents"] == 0
            assert {one["index"] for one in answer.json()["areas"]} == {None}
        else:
            assert answer.status_code == 422
            assert answer.json()["errors"][0]["field"] == field
    assert _ask(hanoi_engine, "set=nowhere").status_code == 404


def test_without_complaints_it_says_so(empty: Engine) -> None:
    answer = _ask(empty, f"set={SET}")
    assert answer.status_code == 422
    assert "no complaints" in answer.json()["detail"]


def test_a_new_report_about_an_open_incident_is_counted(hanoi_engine: Engine) -> None:
    said = {"lon": 105.8523, "lat": 21.0287, "category": "pothole"}
    seen: list[int] = []
    with TestClient(create_app(hanoi_engine, Settings())) as client:
        for number in range(3):
            answer = client.post("/api/v1/complaints", json=said | {"text": f"Ổ gà {number}"})
            assert answer.status_code == 201
            found = client.get(f"/api/v1/reporting?set={SET}&area={SET}:002").json()
            seen.append(found["overall"]["duplicates"])
    assert [one - seen[0] for one in seen] == [0, 1, 2]
