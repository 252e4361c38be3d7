"""Whole weeks of a period, against a look at every day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.errors import BadFilterError
from geo.intervals import DayInterval

DAYS = st.dates(date(2025, 1, 1), date(2025, 3, 31))
INTERVALS = st.tuples(DAYS, DAYS).map(lambda two: DayInterval(min(two), max(two)))


def _days(of: DayInterval) -> set[date]:
    return {of.since + timedelta(days=number) for number in range(of.days)}


@given(INTERVALS, INTERVALS)
def test_the_weeks_taken_are_all_that_lie_whole_in_both(
    asked: DayInterval, known: DayInterval
) -> None:
    weeks = [
        {asked.since + timedelta(days=7 * number + day) for day in range(7)}
        for number in range(asked.days // 7)
    ]
    both = _days(asked) & _days(known)
    taken = asked.whole_weeks_in(known)
    assert _days(taken) == {day for week in weeks if week <= both for day in week}
    assert taken.weeks * 7 == taken.days


@given(INTERVALS, INTERVALS)
def test_periods_overlap_where_they_have_a_common_day(one: DayInterval, other: DayInterval) -> None:
    assert one.overlaps(other) == other.overlaps(one) == bool(_days(one) & _days(other))


@given(INTERVALS.filter(lambda one: one.days > 0))
def test_a_period_written_out_is_read_back(period: DayInterval) -> None:
    assert DayInterval.parse("first", str(period)) == period


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/",
        "2025-01-01",
        "2025-01-01/",
        "2025-01-01/2025-02-30",
        "2025-01-01/2025-07-01/2025-08-01",
        "20250101/20250701",
        "2025-01-01T00:00:00/2025-07-01T00:00:00",
        "2025-01-01 / 2025-07-01",
        "2025-07-01/2025-01-01",
        "2025-01-01/2025-01-01",
        "1899-12-31/2025-01-01",
        "2025-01-01/2200-01-01",
        "٢٠٢٥-٠١-٠١/٢٠٢٥-٠٧-٠١",
        "2025-01-01/2025-07-01\n",
    ],
)
def test_what_is_no_interval_of_days_is_refused_by_name(text: str) -> None:
    with pytest.raises(BadFilterError, match=r"^second ") as refused:
        DayInterval.parse("second", text)
    assert refused.value.field == "second"


def test_an_interval_does_not_end_before_it_begins() -> None:
    with pytest.raises(ValueError, match="later than"):
        DayInterval(date(2026, 1, 2), date(2026, 1, 1))
