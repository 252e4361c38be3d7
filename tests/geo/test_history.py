"""Runs of counts without their season, and the rhythm of the week."""

import itertools
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from api.query import read_vocabulary
from geo import cells, counts, series
from geo.filters import Filter, parse
from geo.history import history, rhythm, seasonal
from geo.periods import EPOCH
from geo.rollup import AREA
from geo.story import FEW_CLOSED, story

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")


def _everything(connection: Connection) -> Filter:
    return Filter((read_vocabulary(connection).cities["hanoi"],))


def test_a_planted_season_is_taken_out_and_the_trend_is_left() -> None:
    months = np.arange(72)
    trend = 2_000 * 1.01**months
    season = 1 + 0.5 * np.sin(2 * np.pi * months / 12)
    n = np.random.default_rng(3).poisson(trend * season)
    found = seasonal(n, 12)
    assert found is not None
    error = np.abs(found.adjusted - trend) / trend
    assert np.median(error) < 0.06
    assert np.abs(found.trend / trend - 1).max() < 0.1
    # What is taken out is nearly all of what there was.
    assert np.std(found.adjusted / trend) < np.std(n / trend) / 5


def test_without_two_seasons_nothing_is_taken_out() -> None:
    assert seasonal(np.arange(23), 12) is None
    assert seasonal(np.arange(24), 12) is not None


@pytest.mark.parametrize("step", ["day", "week", "month"])
def test_every_complaint_is_in_one_step_of_its_history(hanoi_engine: Engine, step: str) -> None:
    with hanoi_engine.connect() as connection:
        question = replace(
            _everything(connection),
            since=datetime(2025, 11, 12, 3, tzinfo=UTC),
            until=datetime(2026, 9, 10, tzinfo=UTC),
        )
        found = history(connection, question, step)  # type: ignore[arg-type]
        total = connection.execute(counts.total(question)).scalar_one()
    assert found.n.sum() == total > 0
    keys = [date.fromisoformat(key) for key in found.keys]
    assert keys == sorted(set(keys))
    if step == "week":
        assert {key.weekday() for key in keys} == {0}
    if step == "month":
        assert not found.whole[0]
        assert not found.whole[-1]
        assert found.whole[1:-1].all()


def test_the_rhythm_is_that_of_the_citys_clocks(hanoi_engine: Engine) -> None:
    with hanoi_engine.connect() as connection:
        question = replace(_everything(connection), domains=(2,))
        found = rhythm(connection, question)
        rows = connection.execute(
            text(
                "SELECT reported_at FROM complaint c JOIN category k ON k.id = c.category_id"
                " WHERE k.domain_id = 2"
            )
        ).scalars()
        local = [at.astimezone(ZONE) for at in rows]
    expected = Counter((at.weekday(), at.hour) for at in local)
    assert {(d, h): found[d, h] for d in range(7) for h in range(24) if found[d, h]} == expected


@given(
    first=st.integers(15_000, 20_000),
    length=st.integers(0, 900),
    step=st.sampled_from(["day", "week", "month", "quarter"]),
    bounded=st.booleans(),
)
def test_frames_follow_each_other_and_cover_the_question(
    first: int, length: int, step: series.StepOf, bounded: bool
) -> None:
    since = datetime(2030, 1, 1, tzinfo=UTC) if bounded else None
    if since:
        first = (since.astimezone(ZONE).date() - EPOCH).days
    frames = series.frames_of(since, None, first, first + length, step, ZONE)
    assert frames[0].since == since
    assert frames[-1].until is None
    assert all(one.until == two.since for one, two in itertools.pairwise(frames))
    last = EPOCH + timedelta(days=first + length)
    assert date.fromisoformat(frames[-1].key) <= last


def test_the_frames_of_a_series_add_up_to_the_count_of_each_place(hanoi_engine: Engine) -> None:
    with hanoi_engine.connect() as connection:
        question = replace(_everything(connection), since=datetime(2025, 11, 12, 3, tzinfo=UTC))
        days = [int(row.place) for row in connection.execute(counts.by_day(question))]
        frames = series.frames_of(question.since, None, min(days), max(days), "quarter", ZONE)
        for grid in (7, AREA):
            sums: Counter[int] = Counter()
            for statement in series.by_step(question, frames, grid):
                sums.update({row.place: row.n for row in connection.execute(statement)})
            assert sums == dict(connection.execute(counts.by_place(question, grid)).all())


def test_the_story_of_a_place_is_that_of_its_complaints(hanoi_engine: Engine) -> None:
    with hanoi_engine.connect() as connection:
        words = read_vocabulary(connection)
        busiest = (
            connection.execute(
                text("SELECT cell_parent(cell, 7) FROM complaint GROUP BY 1 ORDER BY count(*) DESC")
            )
            .scalars()
            .first()
        )
        places = [
            {"cell": [cells.to_hex(int(busiest or 0))]},
            {"polygon": "105.8,20.98;105.88,20.98;105.86,21.05;105.79,21.04"},
            {"area": ["hanoi-ward-2025:00070"]},
            {"status": ["open"]},
            {},
        ]
        for given_ in places:
            question = parse(words, city=["hanoi"], **given_)  # type: ignore[arg-type]
            told = story(connection, question)
            assert told.total == connection.execute(counts.total(question)).scalar_one() > 0
            assert sum(told.categories.values()) == sum(told.statuses.values()) == told.total
            by_category = dict(connection.execute(counts.by_category(question)).all())
            assert told.categories == by_category
            days = [int(row.place) for row in connection.execute(counts.by_day(question))]
            assert told.first_day == EPOCH + timedelta(days=min(days))
            assert told.last_day == EPOCH + timedelta(days=max(days))
            known = {
                row.place: row.n for row in connection.execute(counts.by_place(question, AREA))
            }
            assert told.areas
            codes = dict(connection.execute(text("SELECT id, code FROM area")).all())
            assert {(codes[one], n) for one, n in known.items()} >= {
                (held.code, held.n) for held in told.areas
            }
            assert told.closing.few == (told.closing.n < FEW_CLOSED)
            if "status" in given_:
                assert told.closing.median_days is None
            if "area" in given_:
                residents, km2 = connection.execute(
                    text("SELECT population, area_km2 FROM area WHERE code = '00070'")
                ).one()
                assert told.residents == residents
                assert told.km2 == pytest.approx(km2, rel=1e-3)


def test_closing_times_are_those_numpy_finds(hanoi_engine: Engine) -> None:
    with hanoi_engine.connect() as connection:
        question = _everything(connection)
        told = story(connection, question).closing
        seconds = connection.execute(
            text(
                "SELECT extract(epoch FROM closed_at - reported_at)::float8 FROM complaint"
                " WHERE status > 3 AND closed_at IS NOT NULL"
            )
        ).scalars()
        days = np.array(seconds.all()) / 86_400
    assert told.n == len(days)
    assert told.median_days == pytest.approx(np.median(days), abs=0.01)
    assert told.p90_days == pytest.approx(np.quantile(days, 0.9), abs=0.01)
