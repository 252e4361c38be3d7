"""The sample is the same each time, lies in the city, and has the shapes it says it has."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, text
from typer.testing import CliRunner

from api.cli import app
from boundaries.hanoi import DISTRICTS, WARDS, ensure_hanoi
from geo.errors import NotFoundError
from geo.sample import SampleOrder, planted, remove_sample, sample, sample_all

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
ORDER = SampleOrder(1, WARDS.code, 500, 7, UNTIL)
LARGE = SampleOrder(1, WARDS.code, 40_000, 3, UNTIL)


@pytest.fixture(scope="module")
def large(module_hanoi: Engine) -> Engine:
    """Hanoi with 40,000 sample complaints and nothing else."""
    with module_hanoi.begin() as connection:
        remove_sample(connection, 1)
        assert sample(connection, LARGE) == LARGE.n
    return module_hanoi


def _rows(connection: Connection) -> list[Any]:
    return list(
        connection.execute(
            text(
                "SELECT source_key, cell, category_id, status, reported_at, closed_at, text,"
                " address FROM complaint ORDER BY source_key"
            )
        )
    )


def _share(engine: Engine, condition: str) -> float:
    statement = (
        f"SELECT avg(({condition})::int) FROM"
        " (SELECT *, reported_at AT TIME ZONE 'Asia/Ho_Chi_Minh' AS at FROM complaint) c"
    )
    with engine.connect() as connection:
        return float(connection.execute(text(statement)).scalar_one())


def test_the_same_order_gives_the_same_complaints_and_more_of_them_the_same_first(
    hanoi_engine: Engine,
) -> None:
    with hanoi_engine.begin() as connection:
        remove_sample(connection, 1)
        assert sample(connection, ORDER) == 500
        first = _rows(connection)
        assert sample(connection, ORDER) == 0
        remove_sample(connection, 1)
        assert _rows(connection) == []
        sample(connection, ORDER._replace(n=700))
        more = {row.source_key: row for row in _rows(connection)}
        assert [more[row.source_key] for row in first] == first
        assert sample(connection, ORDER._replace(seed=8)) == 500


def test_removing_the_sample_leaves_nothing_counted(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        assert remove_sample(connection, 1) == 3000
        for table in ("complaint", "event", "complaint_area", "pending"):
            assert not connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
        left = connection.execute(text("SELECT count(*) FROM rollup WHERE places <> '{}'"))
        assert left.scalar_one() == 0


def test_the_sample_goes_on_where_it_was_stopped(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.sample.BATCH", 100)
    with hanoi_engine.begin() as connection:
        remove_sample(connection, 1)
    asked = iter([False, False, True])
    assert sample_all(hanoi_engine, ORDER, stopping=lambda: next(asked)) == 200
    done: list[int] = []
    assert sample_all(hanoi_engine, ORDER, progress=done.append) == 300
    assert done == [100, 200, 300, 400, 500]
    with hanoi_engine.connect() as connection:
        assert len(_rows(connection)) == 500


def test_every_sample_complaint_lies_in_the_city_and_in_its_three_years(large: Engine) -> None:
    with large.connect() as connection:
        outside = connection.execute(
            text(
                "SELECT count(*) FROM complaint c WHERE NOT EXISTS"
                " (SELECT FROM complaint_area a JOIN area ON area.id = a.area_id"
                " JOIN area_set s ON s.id = area.set_id"
                " WHERE a.complaint_id = c.id AND s.code = :code)"
            ),
            {"code": WARDS.code},
        ).scalar_one()
        first, last = connection.execute(
            text("SELECT min(reported_at), max(reported_at) FROM complaint")
        ).one()
    assert outside == 0
    assert last < UNTIL
    assert timedelta(days=3 * 365 - 10) < UNTIL - first < timedelta(days=3 * 365 + 1)


def test_people_report_by_day_and_on_weekdays(large: Engine) -> None:
    by_day = _share(large, "extract(hour FROM at) = 9")
    at_night = _share(large, "extract(hour FROM at) = 3")
    assert by_day > 10 * at_night
    # Two days of seven would be 0.286.
    assert 0.15 < _share(large, "extract(isodow FROM at) > 5") < 0.23


def test_a_closed_complaint_closed_after_it_came_and_before_the_end(large: Engine) -> None:
    wrong = "closed_at IS NOT NULL AND NOT (closed_at > reported_at AND closed_at < '2026-11-01Z')"
    assert _share(large, wrong) == 0
    # Eight in ten or so are handled; those still open have no closing time.
    assert 0.8 < _share(large, "closed_at IS NOT NULL") < 0.97
    assert _share(large, "(closed_at IS NOT NULL) <> (status > 3)") == 0


def test_what_was_planted_is_there(large: Engine) -> None:
    with large.connect() as connection:
        found = planted(connection, LARGE)
        assert sorted(one.trend for one in found) == ["emerging"] * 3 + ["fading"] * 3
        for one in found:
            within, before = (
                connection.execute(
                    text(
                        "SELECT count(*) FROM complaint c JOIN category k ON k.id = c.category_id"
                        " JOIN domain d ON d.id = k.domain_id WHERE d.code = :domain"
                        " AND ST_DWithin(c.geom::geography,"
                        " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography, :radius)"
                        " AND c.reported_at >= :since AND c.reported_at < :until"
                    ),
                    {
                        "domain": one.domain,
                        "lon": one.lon,
                        "lat": one.lat,
                        "radius": one.radius_m,
                        "since": since,
                        "until": until,
                    },
                ).scalar_one()
                for since, until in _inside_and_outside(one.since, one.until)
            )
            # About 400 are planted at each; a city of 3,300 km² leaves few by chance.
            assert within > 250, one
            assert within > 3 * before, one


def _inside_and_outside(
    since: datetime, until: datetime
) -> tuple[tuple[datetime, datetime], tuple[datetime, datetime]]:
    """The planted period, and one as long as can be had next to it."""
    begin = UNTIL - timedelta(days=3 * 365)
    other = (begin, since) if until == UNTIL else (until, UNTIL)
    length = min(until - since, other[1] - other[0])
    return (since, until), (other[1] - length, other[1])


def test_any_set_can_be_filled_and_an_unknown_one_is_named(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        assert sample(connection, SampleOrder(1, DISTRICTS.code, 50, 1, UNTIL)) == 50
        with pytest.raises(NotFoundError, match="hanoi-none"):
            sample(connection, SampleOrder(1, "hanoi-none", 50, 1, UNTIL))


def test_the_command_adds_says_what_it_planted_and_removes(
    engine: Engine, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    with engine.begin() as connection:
        ensure_hanoi(connection)
    run, file = CliRunner().invoke, tmp_path / "planted.json"
    order = ["sample", "--n", "300", "--seed", "4", "--until", "2026-11-01"]
    assert run(app, [*order, "--planted", str(file)]).exit_code == 0
    listed = json.loads(file.read_text("utf-8"))
    assert len(listed) == 6
    assert {"trend", "domain", "lon", "lat", "radius_m", "since", "until"} == set(listed[0])
    with engine.connect() as connection:
        assert len(_rows(connection)) == 300
    assert run(app, ["sample", "--remove"]).exit_code == 0
    with engine.connect() as connection:
        assert _rows(connection) == []
    with pytest.raises(NotFoundError, match="there are hanoi-"):
        run(app, ["sample", "--set", "nowhere"], catch_exceptions=False)
