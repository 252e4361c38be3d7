"""Working time against a slow count of minutes, and the days of Vietnam."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.errors import MappingError
from geo.public_holidays import Year, public_holidays
from geo.working_time import (
    OFFICE_WEEK,
    Calendar,
    WorkingTime,
    add_working,
    end_of_working_day,
    working_between,
)

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
ZONES = [
    "Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe",
    "Asia/Kathmandu",
]  # fmt: skip
MINUTE = timedelta(minutes=1)


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    # Clocks change at night, where the slow count and the calendar may mean another hour.
    ends = draw(st.lists(st.integers(5 * 60, 24 * 60), max_size=6, unique=True))
    ends = sorted(ends)[: len(ends) // 2 * 2]
    return tuple(zip(ends[::2], ends[1::2], strict=True))


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = tuple(draw(spans()) for _ in range(7))
    assume(any(week))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    free = draw(st.frozensets(days, max_size=40))
    return Calendar(zone, week, free, draw(st.frozensets(days, max_size=10)))


# Whole minutes of the months in which Berlin and New York change their clocks, and others.
instants = st.integers(0, 300 * 24 * 60).map(
    lambda m: datetime(2026, 2, 1, tzinfo=UTC) + m * MINUTE
)


def at_work(at: datetime, calendar: Calendar) -> bool:
    """What a clock on the wall and a calendar beside it say."""
    local = at.astimezone(calendar.zone)
    day, minute = local.date(), local.hour * 60 + local.minute
    own = calendar.week[day.weekday()]
    if day in calendar.extra:
        own = own or next(one for one in calendar.week if one)
    elif day in calendar.free:
        own = ()
    return any(first <= minute < end for first, end in own)


def slowly(begin: datetime, end: datetime, calendar: Calendar) -> timedelta:
    minutes = int((end - begin) / MINUTE)
    return MINUTE * sum(at_work(begin + n * MINUTE, calendar) for n in range(minutes))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(calendars(), instants, st.integers(0, 12 * 24 * 60))
def test_working_time_is_that_of_a_count_minute_by_minute(
    calendar: Calendar, begin: datetime, minutes: int
) -> None:
    end = begin + minutes * MINUTE
    assert working_between(begin, end, calendar) == slowly(begin, end, calendar)


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(calendars(), instants, st.integers(1, 60 * 60))
def test_a_deadline_has_its_working_time_before_it_and_no_less_before_that(
    calendar: Calendar, start: datetime, minutes: int
) -> None:
    wanted = minutes * MINUTE
    due = add_working(start, wanted, calendar)
    assert working_between(start, due, calendar) == wanted
    # It is reached at work, not by waiting for the next hours.
    assert at_work(due - MINUTE, calendar)
    assert working_between(start, due - MINUTE, calendar) == wanted - MINUTE


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(calendars(), instants, instants, instants)
def test_stretches_of_time_add_up(
    calendar: Calendar, one: datetime, two: datetime, three: datetime
) -> None:
    a, b, c = sorted((one, two, three))
    both = working_between(a, b, calendar) + working_between(b, c, calendar)
    assert both == working_between(a, c, calendar)
    assert working_between(c, a, calendar) == timedelta()


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(calendars(), instants, st.integers(1, 30))
def test_the_end_of_a_working_day_has_so_many_of_them_before_it(
    calendar: Calendar, start: datetime, n: int
) -> None:
    end = end_of_working_day(start, n, calendar)
    # The last minute that is counted may end at midnight.
    last = (end - MINUTE).astimezone(calendar.zone).date()
    first = start.astimezone(calendar.zone).date()
    between = [first + timedelta(days=i) for i in range(1, (last - first).days + 1)]
    assert sum(calendar.works(day) for day in between) == n
    assert calendar.works(last)
    assert working_between(end, datetime.combine(last, time(23, 59), calendar.zone), calendar) == (
        timedelta()
    )


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=HANOI)  # type: ignore[arg-type,misc]


def of_vietnam(*years: int) -> Calendar:
    found = [public_holidays("VN", year) for year in years]
    free = frozenset(day for one in found for day in one.holidays)
    made_up = frozenset(day for one in found for day in one.made_up)
    return WorkingTime.parse({}, "Asia/Ho_Chi_Minh").calendar(HANOI, free, made_up)


def test_eight_working_hours_go_over_night_noon_and_weekend() -> None:
    office = Calendar(HANOI)
    wanted = timedelta(hours=8)
    assert add_working(local(2026, 11, 25, 8, 0), wanted, office) == local(2026, 11, 25, 17, 0)
    assert add_working(local(2026, 11, 25, 23, 0), wanted, office) == local(2026, 11, 26, 17, 0)
    assert add_working(local(2026, 11, 27, 11, 30), wanted, office) == local(2026, 11, 30, 11, 30)
    assert add_working(local(2026, 11, 28, 3, 0), timedelta(hours=4), office) == local(
        2026, 11, 30, 12, 0
    )


def test_tet_is_free_and_a_saturday_is_worked_for_a_day_off() -> None:
    calendar = of_vietnam(2026, 2027)
    # The last working day before Tết of 2026 is Friday, 13 February; it goes on on the 23rd.
    due = add_working(local(2026, 2, 13, 16, 0), timedelta(hours=8), calendar)
    assert due == local(2026, 2, 23, 16, 0)
    # Monday, 31 August 2026 is free for Saturday, the 22nd.
    assert calendar.works(date(2026, 8, 22))
    assert not calendar.works(date(2026, 8, 31))
    hours = working_between(local(2026, 8, 22, 0, 0), local(2026, 8, 23, 0, 0), calendar)
    assert hours == timedelta(hours=8)


def test_days_that_an_operator_adds_or_takes_win_over_the_holidays() -> None:
    given_days = {"extra": ["2026-01-01", "2026-01-03"], "less": ["2026-08-22", "2026-01-05"]}
    hours = WorkingTime.parse(given_days, "Asia/Ho_Chi_Minh")
    of = public_holidays("VN", 2026)
    calendar = hours.calendar(HANOI, of.holidays, of.made_up)
    assert calendar.works(date(2026, 1, 1))
    assert calendar.works(date(2026, 1, 3))
    assert not calendar.works(date(2026, 1, 5))
    assert not calendar.works(date(2026, 8, 22))


def test_hours_of_a_city_are_read_and_what_is_wrong_with_them_is_said() -> None:
    hours = WorkingTime.parse({"hours": {"sat": ["07:30-11:30"]}, "holidays": None}, "UTC")
    assert hours.week == ((),) * 5 + (((450, 690),), ())
    assert WorkingTime.parse({}, "Asia/Ho_Chi_Minh").holidays == "VN"
    assert WorkingTime.parse({}, "Europe/Berlin").holidays is None
    assert WorkingTime.parse({}, "UTC").week == OFFICE_WEEK
    for wrong, named in [
        ({"hours": {"mon": ["8-12"]}}, "hours"),
        ({"hours": {"mon": ["12:00-08:00"]}}, "hours"),
        ({"hours": {"mo": []}}, "hours"),
        ({"hours": {}}, "hours"),
        ({"hours": {"mon": [7]}}, "hours"),
        ({"extra": ["26/12/2026"]}, "extra"),
        ({"extra": ["2026-12-26"], "less": ["2026-12-26"]}, "2026-12-26"),
        ({"holidays": "Vietnam"}, "holidays"),
        ({"hollidays": "VN"}, "hollidays"),
    ]:
        with pytest.raises(MappingError, match=named):
            WorkingTime.parse(wrong, "UTC")


def test_a_calendar_that_never_works_has_no_deadline() -> None:
    with pytest.raises(ValueError, match="hours"):
        Calendar(HANOI, ((),) * 7)
    year = frozenset(date(2026, 1, 1) + timedelta(days=n) for n in range(5_000))
    with pytest.raises(ValueError, match="no end"):
        add_working(local(2026, 1, 1), timedelta(hours=1), Calendar(HANOI, free=year))
    with pytest.raises(ValueError, match="no end"):
        end_of_working_day(local(2026, 1, 1), 1, Calendar(HANOI, free=year))


def test_a_change_of_clocks_within_the_hours_is_counted_as_it_passes() -> None:
    # Two o'clock comes twice in Berlin on 25 October 2026, and never on 29 March.
    night = Calendar(ZoneInfo("Europe/Berlin"), (((60, 240),),) * 7)
    autumn = datetime(2026, 10, 24, 22, tzinfo=UTC)
    assert working_between(autumn, autumn + timedelta(hours=12), night) == timedelta(hours=4)
    spring = datetime(2026, 3, 28, 23, tzinfo=UTC)
    assert working_between(spring, spring + timedelta(hours=12), night) == timedelta(hours=2)


def test_holidays_go_through_json_and_an_unknown_country_is_named() -> None:
    year = public_holidays("VN", 2025)
    assert date(2025, 1, 29) in year.holidays
    assert date(2025, 4, 26) in year.made_up
    assert Year.from_json(year.as_json()) == year
    with pytest.raises(KeyError, match="XX"):
        public_holidays("XX", 2025)
