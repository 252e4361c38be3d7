"""Before and after in two free periods, over real rows."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from api.query import read_vocabulary
from geo.effects import Effect, around, effect, effect_between
from geo.errors import BadFilterError
from geo.filters import Filter, parse
from geo.intervals import DayInterval

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
# One inner district; the sample has complaints of three years that end with October 2026.
PLACE = {"area": ["hanoi-district-2014:001"]}
WEEKS = st.integers(2, 30)
SEARCH = settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def _question(connection: Connection, **asked: object) -> Filter:
    return parse(read_vocabulary(connection), **asked)  # type: ignore[arg-type]


def _first_day(connection: Connection) -> date:
    """Of the first complaint of the city."""
    first: datetime = connection.execute(
        text("SELECT min(reported_at) FROM complaint")
    ).scalar_one()
    return first.astimezone(ZONE).date()


def _weekly(connection: Connection, period: DayInterval, inside: bool) -> list[int]:
    """Counted row by row, a week at a time."""
    found = []
    for week in range(period.weeks):
        since, until = (
            datetime.combine(period.since + timedelta(weeks=week + more), time(), ZONE)
            for more in (0, 1)
        )
        found.append(
            connection.execute(
                text(
                    "SELECT count(*) FROM complaint c WHERE c.reported_at >= :since"
                    " AND c.reported_at < :until AND :inside = EXISTS ("
                    "  SELECT FROM complaint_area ca JOIN area a ON a.id = ca.area_id"
                    "  JOIN area_set s ON s.id = a.set_id WHERE ca.complaint_id = c.id"
                    "  AND s.code = 'hanoi-district-2014' AND a.code = '001')"
                    " AND NOT (SELECT sensitive FROM category k WHERE k.id = c.category_id)"
                ),
                {"since": since, "until": until, "inside": inside},
            ).scalar_one()
        )
    return found


def _numbers(found: Effect) -> list[np.ndarray]:
    """Everything it says but the days left out."""
    listed = [found.area, found.rest]
    for part in (found.area_ratio, found.rest_ratio, found.dispersion, found.difference):
        listed += [np.asarray(one) for one in part]
    return listed


def test_weeks_of_both_periods_are_counted_as_the_rows_are(module_hanoi: Engine) -> None:
    first = DayInterval(date(2025, 1, 1), date(2025, 7, 1))
    second = DayInterval(date(2026, 1, 1), date(2026, 7, 1))
    with module_hanoi.connect() as connection:
        found = effect_between(connection, _question(connection, **PLACE), first, second)
        area, rest = (
            _weekly(connection, found.first, inside) + _weekly(connection, found.second, inside)
            for inside in (True, False)
        )
    assert found.area.tolist() == area
    assert found.rest.tolist() == rest
    assert str(found.first) == "2025-01-01/2025-06-25"
    assert str(found.second) == "2026-01-01/2026-06-25"
    assert found.left_out_days == (6, 6)
    assert sum(area[:25]) > 0
    ratio = (sum(area[25:]) / sum(area[:25])) / (sum(rest[25:]) / sum(rest[:25]))
    assert float(found.difference.ratio) == pytest.approx(ratio)


def test_periods_of_other_lengths_are_compared_by_the_week(module_hanoi: Engine) -> None:
    first = DayInterval(date(2025, 1, 1), date(2025, 7, 2))
    second = DayInterval(date(2026, 3, 1), date(2026, 4, 1))
    with module_hanoi.connect() as connection:
        found = effect_between(connection, _question(connection, **PLACE), first, second)
    assert (found.first.weeks, found.second.weeks, found.left_out_days) == (26, 4, (0, 3))
    for series, ratio in ((found.area, found.area_ratio), (found.rest, found.rest_ratio)):
        assert float(ratio.ratio) == pytest.approx(series[26:].mean() / series[:26].mean())


@SEARCH
@given(at=st.dates(date(2024, 8, 1), date(2026, 9, 1)), weeks=WEEKS)
def test_two_sides_of_a_day_are_the_two_periods_that_meet_there(
    module_hanoi: Engine, at: date, weeks: int
) -> None:
    with module_hanoi.connect() as connection:
        question = _question(connection, **PLACE)
        one = effect(connection, question, at, weeks)
        other = effect_between(connection, question, *around(at, weeks))
    assert (one.first, one.second, one.left_out_days) == (
        other.first,
        other.second,
        other.left_out_days,
    )
    for mine, its in zip(_numbers(one), _numbers(other), strict=True):
        np.testing.assert_array_equal(mine, its)


@SEARCH
@given(
    since=st.dates(date(2024, 1, 1), date(2025, 3, 1)),
    weeks=st.tuples(WEEKS, WEEKS),
    apart=st.integers(0, 60),
    rest=st.tuples(st.integers(0, 6), st.integers(0, 6)),
)
def test_exchanged_periods_turn_every_ratio_over(
    module_hanoi: Engine, since: date, weeks: tuple[int, int], apart: int, rest: tuple[int, int]
) -> None:
    end = since + timedelta(weeks=weeks[0], days=rest[0])
    begin = end + timedelta(days=apart)
    first = DayInterval(since, end)
    second = DayInterval(begin, begin + timedelta(weeks=weeks[1], days=rest[1]))
    with module_hanoi.connect() as connection:
        question = _question(connection, **PLACE, domain=["traffic"])
        there = effect_between(connection, question, first, second)
        back = effect_between(connection, question, second, first)
    assert back.left_out_days == there.left_out_days[::-1]
    assert int(back.dispersion.degrees) == int(there.dispersion.degrees)
    assert float(back.dispersion.factor) == pytest.approx(float(there.dispersion.factor))
    with np.errstate(divide="ignore"):
        for name in ("area_ratio", "rest_ratio", "difference"):
            one, other = getattr(there, name), getattr(back, name)
            turned = 1 / np.array([other.ratio, other.upper, other.lower])
            np.testing.assert_allclose([one.ratio, one.lower, one.upper], turned, rtol=1e-9)
            assert float(one.p) == pytest.approx(float(other.p))
            assert one.few == other.few


def test_weeks_of_a_period_the_city_knows_nothing_of_are_left_out(module_hanoi: Engine) -> None:
    # The sample ends with October 2026.
    second = DayInterval(date(2026, 10, 5), date(2026, 12, 1))
    with module_hanoi.connect() as connection:
        question = _question(connection, **PLACE)
        begin = _first_day(connection)
        # Three days before the first complaint: the week that holds it is not whole.
        first = DayInterval(begin - timedelta(days=3), begin + timedelta(days=18))
        found = effect_between(connection, question, first, second)
        assert str(found.first) == f"{begin + timedelta(days=4)}/{begin + timedelta(days=18)}"
        assert str(found.second) == "2026-10-05/2026-10-26"
        assert found.left_out_days == (7, 36)
        late = DayInterval(date(2026, 10, 26), date(2026, 12, 1))
        with pytest.raises(BadFilterError, match=r"second .*, not 0") as refused:
            effect_between(connection, question, first, late)
        assert refused.value.field == "second"


@pytest.mark.parametrize(
    ("first", "second", "field", "says"),
    [
        ("2025-01-01/2025-07-01", "2025-06-30/2025-12-01", "second", "overlaps first"),
        # A day in common is one too many, though it is in no whole week of the first.
        ("2025-01-01/2025-01-16", "2025-01-15/2025-12-01", "second", "overlaps first"),
        ("2025-01-01/2025-01-14", "2026-01-01/2026-07-01", "first", "2 to 104 whole weeks, not 1"),
        ("2025-01-01/2025-07-01", "2026-01-01/2026-01-05", "second", "whole weeks, not 0"),
        ("2023-01-01/2025-01-05", "2026-01-01/2026-07-01", "first", "whole weeks, not 105"),
        (
            "1990-01-01/1990-03-01",
            "2026-01-01/2026-07-01",
            "first",
            "hanoi has complaints",
        ),
    ],
)
def test_periods_that_cannot_be_compared_are_refused_by_name(
    module_hanoi: Engine, first: str, second: str, field: str, says: str
) -> None:
    periods = DayInterval.parse("first", first), DayInterval.parse("second", second)
    with module_hanoi.connect() as connection:
        question = _question(connection, **PLACE)
        with pytest.raises(BadFilterError, match=says) as refused:
            effect_between(connection, question, *periods)
        assert refused.value.field == field


def test_two_years_and_two_weeks_are_still_compared(module_hanoi: Engine) -> None:
    first = DayInterval(date(2024, 1, 1), date(2026, 1, 1))
    second = DayInterval(date(2026, 1, 1), date(2026, 1, 15))
    with module_hanoi.connect() as connection:
        found = effect_between(connection, _question(connection, **PLACE), first, second)
        begin = _first_day(connection)
    late = max(0, -(-(begin - first.since).days // 7))
    assert (found.first.weeks, found.second.weeks) == (104 - late, 2)


def test_two_periods_need_a_place(module_hanoi: Engine) -> None:
    periods = around(date(2026, 3, 2), 8)
    with module_hanoi.connect() as connection, pytest.raises(BadFilterError, match="which place"):
        effect_between(connection, _question(connection), *periods)
