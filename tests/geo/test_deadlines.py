"""Deadlines of one and of many, with pauses, against a slow count of minutes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from geo.calendars import CityCalendar, Version, days_of
from geo.deadlines import Pause, due, moved, stopped
from geo.due_pass import Clock, Rules, count
from geo.duelines import BEYOND, Line, instant, micros
from geo.policies import Version as PolicyVersion
from geo.policies import limits_on
from geo.public_holidays import public_holidays
from geo.working_time import Calendar, add_working, end_of_working_day, working_between

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
ZONES = ["Asia/Ho_Chi_Minh", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]
VIETNAM = CityCalendar.of({}, [], "Asia/Ho_Chi_Minh", public_holidays)


@st.composite
def spans(draw: st.DrawFn) -> tuple[tuple[int, int], ...]:
    # Clocks change at night, where the slow count and the calendar may mean another hour.
    ends = sorted(draw(st.lists(st.integers(5 * 60, 24 * 60), max_size=6, unique=True)))
    ends = ends[: len(ends) // 2 * 2]
    return tuple(zip(ends[::2], ends[1::2], strict=True))


days = st.dates(date(2026, 1, 1), date(2026, 12, 31))


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    week = tuple(draw(spans()) for _ in range(7))
    assume(any(week))
    zone = ZoneInfo(draw(st.sampled_from(ZONES)))
    free = draw(st.frozensets(days, max_size=40))
    return Calendar(zone, week, free, draw(st.frozensets(days, max_size=10)))


instants = st.integers(0, 240 * 24 * 60).map(
    lambda m: datetime(2026, 2, 1, tzinfo=UTC) + m * MINUTE
)
REASONS = st.sampled_from(["reporter", "weather", "unknown"])


@st.composite
def pauses(draw: st.DrawFn, start: datetime) -> list[Pause]:
    """One after the other, the last perhaps open, the first perhaps before the start."""
    at, found = start - timedelta(hours=draw(st.integers(0, 30))), []
    for _ in range(draw(st.integers(0, 3))):
        at += timedelta(minutes=draw(st.integers(0, 2000)))
        until = at + timedelta(minutes=draw(st.integers(0, 3000)))
        found.append(Pause(at, until, draw(REASONS)))
        at = until
    if found and draw(st.booleans()):
        found[-1] = found[-1]._replace(until=None)
    return found


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


@dataclass
class Watch:
    """A person with a stopwatch: minute by minute, at work or not, paused or not."""

    calendar: Calendar
    pauses: Sequence[Pause]
    most: dict[str, float | None]

    def paused(self, from_: datetime) -> Iterator[tuple[datetime, bool, bool]]:
        """Each minute from then on: when, whether at work, and whether the clock stands."""
        used = dict.fromkeys(self.most, 0.0)
        first = min([from_, *(one.since for one in self.pauses)])
        for n in range(60 * 24 * 90):
            at = first + n * MINUTE
            work = at_work(at, self.calendar)
            stands = False
            for one in self.pauses:
                if one.since <= at and (one.until is None or at < one.until):
                    most = self.most.get(one.reason, 0.0)
                    if most is None or used.get(one.reason, 0.0) < most * 60:
                        stands = one.reason in self.most
                        if work and stands:
                            used[one.reason] += 1
            if at >= from_:
                yield at, work, stands

    def after(self, start: datetime, minutes: int) -> datetime | None:
        """When so many minutes of work have passed while the clock ran."""
        left = minutes
        for at, work, stands in self.paused(start):
            if work and not stands:
                left -= 1
                if not left:
                    return at + MINUTE
        return None


slowly = settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))


@slowly
@given(st.data(), calendars(), instants, st.integers(1, 40))
def test_what_is_due_with_pauses_is_what_a_stopwatch_says(
    data: st.DataObject, calendar: Calendar, start: datetime, hours: int
) -> None:
    given_pauses = data.draw(pauses(start))
    most: dict[str, float | None] = data.draw(
        st.sampled_from([{"reporter": 5, "weather": None}, {"reporter": None}, {"weather": 2}, {}])
    )
    limits = {"accept_working_hours": hours, "stops": most}
    found = due(limits, start, calendar, urgent=False, pauses=given_pauses).accept
    said = Watch(calendar, given_pauses, most).after(start, hours * 60)
    last = start + timedelta(days=60)
    assume(said is not None or found is None or found < last)
    assert found == said


@slowly
@given(st.data(), calendars(), instants, st.integers(1, 6))
def test_a_pause_moves_a_due_day_by_its_working_time(
    data: st.DataObject, calendar: Calendar, start: datetime, n: int
) -> None:
    limits = {"handle_working_days": n, "stops": {"reporter": None}}
    given_pauses = data.draw(pauses(start))
    plain = end_of_working_day(start, n, calendar)
    found = due(limits, start, calendar, urgent=False, pauses=given_pauses).handle
    still = stopped(limits, given_pauses, calendar)
    assert found == moved(plain, start, still, calendar)
    if found is None:
        assert still[-1][1] is None
        return
    stood = sum(
        (working_between(max(a, start), min(b or found, found), calendar) for a, b in still),
        timedelta(),
    )
    assert working_between(start, found, calendar) - stood == working_between(
        start, plain, calendar
    )


@slowly
@given(
    calendars(),
    st.lists(instants, min_size=1, max_size=30),
    st.integers(1, 3000),
    st.integers(1, 30),
)
def test_many_at_once_are_counted_as_each_alone(
    calendar: Calendar, starts: list[datetime], minutes: int, n: int
) -> None:
    line = Line(calendar, date(2026, 1, 30), date(2027, 6, 1))
    given_starts = np.array([micros(one) for one in starts], dtype=np.int64)
    for start, after, day_end, passed in zip(
        starts,
        line.after(given_starts, minutes * MINUTE),
        line.day_ends(given_starts, n),
        line.passed(given_starts),
        strict=True,
    ):
        if after != BEYOND:
            assert instant(after) == add_working(start, minutes * MINUTE, calendar)
        if day_end != BEYOND:
            assert instant(day_end) == end_of_working_day(start, n, calendar)
        begin = datetime(2026, 1, 30, tzinfo=calendar.zone)
        assert int(passed) * timedelta(microseconds=1) == working_between(begin, start, calendar)


POLICIES: list[dict[str, Any]] = [
    {},
    {"handle_working_days": 5},
    {"accept_working_hours": None, "handle_working_hours": 30},
    {"urgent_working_hours": 2.5, "handle_working_days": 700},
    {"urgent_working_hours": None, "accept_working_hours": None},
    {"stops": {"reporter": 3}},
]


@slowly
@given(st.data(), st.lists(instants, min_size=1, max_size=12))
def test_the_pass_over_many_is_the_arithmetic_of_the_promise(
    data: st.DataObject, starts: list[datetime]
) -> None:
    policies = [
        PolicyVersion(date.min, one, None, number) for number, one in enumerate(POLICIES)
    ] + [PolicyVersion(date(2026, 5, 1), {"handle_working_hours": 12}, 1, None)]
    rules = Rules({1: VIETNAM}, policies)
    clocks = [
        Clock(
            str(n), 1, 1, data.draw(st.integers(0, len(POLICIES) - 1)), data.draw(st.booleans()),
            data.draw(st.booleans()), True, micros(start), VIETNAM.day_of(start),
            data.draw(pauses(start)),
        )
        for n, start in enumerate(starts)
    ]  # fmt: skip
    found = {one.key: one for one in count(clocks, rules)}
    for clock in clocks:
        limits = rules.limits(1, clock.category_id, clock.day)
        alone = due(
            limits, instant(clock.reported), VIETNAM, urgent=clock.urgent, pauses=clock.pauses
        )
        got = found[clock.key]
        assert (got.accept, got.handle) == tuple(x and micros(x) for x in alone)


@slowly
@given(st.data(), st.lists(instants, min_size=1, max_size=20), days)
def test_a_change_from_a_day_on_never_touches_what_was_due_before_it(
    data: st.DataObject, starts: list[datetime], day: date
) -> None:
    later = {"hours": {"mon": ["09:00-10:00"], "sat": ["07:00-19:00"]}, "holidays": None}
    changed = CityCalendar.of({}, [Version(day, later)], "Asia/Ho_Chi_Minh", public_holidays)
    begin = datetime.combine(day, datetime.min.time(), HANOI)
    hours = data.draw(st.integers(1, 100))
    for start in starts:
        before = add_working(start, hours * HOUR, VIETNAM)
        after = add_working(start, hours * HOUR, changed)
        if before < begin or after < begin:
            assert before == after


def local(*of: int) -> datetime:
    return datetime(*of, tzinfo=HANOI)  # type: ignore[misc,arg-type]


def test_tet_of_three_years_as_it_was_counted_by_hand() -> None:
    """Free as the government announced: 25 January to 2 February 2025, 14 to 22 February 2026."""
    # Friday 24 January 2025, 16:00: one hour that day, seven on Monday, 3 February.
    assert add_working(local(2025, 1, 24, 16), 8 * HOUR, VIETNAM) == local(2025, 2, 3, 16)
    # Friday 13 February 2026, 15:00: two hours, and six on Monday the 23rd.
    assert add_working(local(2026, 2, 13, 15), 8 * HOUR, VIETNAM) == local(2026, 2, 23, 15)
    assert end_of_working_day(local(2026, 2, 13, 9), 1, VIETNAM) == local(2026, 2, 23, 17)
    # New Year's Day of 2027's Tet is 6 February, a Saturday. Whatever is decided in lieu, its eve
    # and the three days after it are free by the Labour Code (article 112: five days).
    assert not any(VIETNAM.works(date(2027, 2, day)) for day in (5, 6, 7, 8, 9))
    assert VIETNAM.works(date(2027, 2, 3))
    assert VIETNAM.works(date(2027, 2, 12))


def test_days_made_up_for_are_worked_and_named() -> None:
    year = {one["day"]: one for one in days_of(VIETNAM, 2025)}
    # 2 May 2025 was free, and Saturday 26 April worked for it (announcement of December 2024).
    assert year[date(2025, 5, 2)]["hours"] == []
    assert year[date(2025, 4, 26)]["why"] == "made-up"
    assert year[date(2025, 4, 26)]["hours"] == ["08:00-12:00", "13:00-17:00"]
    assert year[date(2025, 9, 2)]["why"] == "holiday"
    assert year[date(2025, 9, 6)]["why"] == "weekend"
    assert len(year) == 365


def test_limits_are_those_of_the_day_of_reporting_and_the_special_go_first() -> None:
    versions = [
        PolicyVersion(date.min, {"handle_working_hours": 10}, None, 7),
        PolicyVersion(date(2026, 1, 1), {"accept_working_hours": 6}),
        PolicyVersion(date(2026, 2, 1), {"handle_working_days": 3}, 2, None),
        PolicyVersion(date(2026, 3, 1), {"handle_working_days": 9}, None, 7),
        PolicyVersion(date(2026, 3, 1), {"handle_working_days": 8}, None, 7),
    ]
    of = [limits_on(versions, 2, 7, date(2026, month, 2)) for month in (1, 2, 3)]
    assert [one["accept_working_hours"] for one in of] == [6, 6, 6]
    assert [one.get("handle_working_hours") for one in of] == [10, 10, None]
    assert [one.get("handle_working_days") for one in of] == [None, None, 8]
    assert limits_on(versions, 2, 9, date(2026, 2, 2))["handle_working_days"] == 3
    assert limits_on(versions, 3, 9, date(2025, 2, 2)) == {
        "accept_working_hours": 8, "urgent_working_hours": 4,
    }  # fmt: skip
