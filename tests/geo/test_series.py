"""Steps of time: they cover a question once, whatever its length."""

import itertools
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine

from geo import counts
from geo.bbox import BBox
from geo.filters import City, Filter
from geo.series import MOST_STEPS, by_step, steps

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
DAYS = st.integers(min_value=-20_000, max_value=80_000)


@given(DAYS, st.integers(min_value=0, max_value=30_000))
def test_steps_follow_each_other_without_gaps_and_are_never_too_many(first: int, days: int) -> None:
    since = datetime(1900, 1, 2, tzinfo=UTC)
    shown = steps(since, None, first, first + days, ZONE)
    assert shown[0].since == since
    assert shown[-1].until is None
    assert all(a.until == b.since for a, b in itertools.pairwise(shown))
    assert len({step.key for step in shown}) == len(shown)
    # Beyond 180 months a step is a year.
    assert len(shown) <= max(MOST_STEPS + 1, days // 365 + 2)
    for step in shown[1:]:
        assert step.since is not None
        local = step.since.astimezone(ZONE)
        # In April 1947 clocks there went from midnight to one: the month began then.
        assert local.day == 1
        assert datetime(local.year, local.month, 1, tzinfo=ZONE).astimezone(UTC) == step.since


def test_the_steps_of_an_empty_city_hold_nothing(engine: Engine) -> None:
    town = City(1, "town", ZONE, BBox(105.0, 20.5, 106.1, 21.5))
    question = Filter((town,), since=datetime(2026, 1, 31, 18, tzinfo=UTC))
    shown = steps(question.since, None, 20_485, 20_485, ZONE)
    assert [step.key for step in shown] == ["2026-02"]
    with engine.connect() as connection:
        for statement in by_step(question, shown, 8):
            assert connection.execute(statement).all() == []
        assert connection.execute(counts.total(question)).scalar_one() == 0
