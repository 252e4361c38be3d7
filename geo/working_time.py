"""Working time: the hours of a week, days off and days made up for, and deadlines counted in them.

Pure arithmetic. Time is counted as it passes, so that a change of clocks within working hours makes
them longer or shorter; days and hours are those of the calendar's zone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final, Protocol, Self
from zoneinfo import ZoneInfo

from geo.errors import MappingError

Span = tuple[int, int]
"""Minutes of a local day, half-open: (480, 720) is 8:00 to 12:00."""
Week = tuple[tuple[Span, ...], ...]
"""The spans of each weekday in order, Monday first."""

WEEKDAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MINUTES: Final = 24 * 60
# Hanoi's offices: 8:00 to 12:00 and 13:00 to 17:00, Monday to Friday.
OFFICE_WEEK: Final[Week] = (((480, 720), (780, 1020)),) * 5 + ((),) * 2
# A deadline that needs more days than these has no end.
MOST_DAYS: Final = 4_000
_DAY: Final = timedelta(days=1)


class Days(Protocol):
    """What deadlines are counted in: a `Calendar`, or one that changes (`geo.calendars`)."""

    def spans(self, day: date) -> Iterator[tuple[datetime, datetime]]: ...

    def works(self, day: date) -> bool: ...

    def day_of(self, at: datetime) -> date: ...


@dataclass(frozen=True, slots=True)
class Calendar:
    """When work is done. Raises ValueError for a week that never works, or spans out of order."""

    zone: ZoneInfo
    week: Week = OFFICE_WEEK
    free: frozenset[date] = frozenset()
    """Local days without work."""
    extra: frozenset[date] = frozenset()
    """Local days with work whatever the others say: a Saturday has the hours of the first
    weekday that has any."""

    def __post_init__(self) -> None:
        if len(self.week) != len(WEEKDAYS) or not any(self.week):
            raise ValueError("a week has seven days, and hours on one of them")
        for spans in self.week:
            ends = [end for span in spans for end in span]
            if ends != sorted(set(ends)) or not all(0 <= end <= MINUTES for end in ends):
                raise ValueError(f"hours of a day follow each other within it: not {spans}")

    def spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The hours of a local day, in UTC."""
        own = self.week[day.weekday()]
        if day in self.extra:
            own = own or next(spans for spans in self.week if spans)
        elif day in self.free:
            return
        for first, end in own:
            begin, until = (self._instant(day, minute) for minute in (first, end))
            # Hours that the clocks leap over are none.
            if begin < until:
                yield begin, until

    def works(self, day: date) -> bool:
        """Whether any work is done on a local day."""
        return any(True for _ in self.spans(day))

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def _instant(self, day: date, minute: int) -> datetime:
        local = datetime.combine(day, time()) + timedelta(minutes=minute)
        return local.replace(tzinfo=self.zone).astimezone(UTC)


def working_between(begin: datetime, end: datetime, calendar: Days) -> timedelta:
    """How much working time lies in an interval; none where it ends before it begins.

    >>> office = Calendar(ZoneInfo("Asia/Ho_Chi_Minh"))
    >>> friday = datetime(2026, 11, 27, 9, tzinfo=UTC)  # 16:00 in Hanoi
    >>> str(working_between(friday, friday + timedelta(days=3), office))
    '8:00:00'
    """
    total, day = timedelta(), calendar.day_of(begin)
    last = calendar.day_of(end)
    while day <= last:
        for first, until in calendar.spans(day):
            total += max(timedelta(), min(until, end) - max(first, begin))
        day += _DAY
    return total


def add_working(start: datetime, duration: timedelta, calendar: Days) -> datetime:
    """The first instant by which so much working time has passed; `start` itself for none.

    Raises ValueError where the calendar never has so much.

    >>> office = Calendar(ZoneInfo("Asia/Ho_Chi_Minh"))
    >>> friday = datetime(2026, 11, 27, 9, tzinfo=UTC)  # 16:00 in Hanoi
    >>> str(add_working(friday, timedelta(hours=8), office))  # Monday at 16:00
    '2026-11-30 09:00:00+00:00'
    """
    if duration <= timedelta():
        return start
    left, day = duration, calendar.day_of(start)
    for _ in range(MOST_DAYS):
        for first, until in calendar.spans(day):
            begin = max(first, start)
            if begin >= until:
                continue
            if left <= until - begin:
                return (begin + left).astimezone(UTC)
            left -= until - begin
        day += _DAY
    raise ValueError(f"no end of {duration} within {MOST_DAYS} days")


def end_of_working_day(start: datetime, days: int, calendar: Days) -> datetime:
    """When the last hours end of the so many-th working day after the local day of `start`.

    The day of the event itself is not counted (Vietnam's Civil Code of 2015, article 147).

    >>> office = Calendar(ZoneInfo("Asia/Ho_Chi_Minh"))
    >>> friday = datetime(2026, 11, 27, 9, tzinfo=UTC)
    >>> str(end_of_working_day(friday, 2, office))  # Tuesday at 17:00
    '2026-12-01 10:00:00+00:00'
    """
    day, left = calendar.day_of(start), days
    for _ in range(MOST_DAYS):
        if left <= 0:
            break
        day += _DAY
        left -= calendar.works(day)
    ends = [until for _, until in calendar.spans(day)]
    if left > 0:
        raise ValueError(f"no end of {days} working days within {MOST_DAYS} days")
    return max(ends, default=start)


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """What is set for a city: its hours, whose holidays it has, and days that differ."""

    week: Week = OFFICE_WEEK
    holidays: str | None = None
    """An ISO 3166 country, whose public holidays are free."""
    extra: frozenset[date] = field(default_factory=frozenset)
    less: frozenset[date] = field(default_factory=frozenset)

    @classmethod
    def parse(cls, given: Mapping[str, Any], timezone: str) -> Self:
        """From stored JSON; `{}` is an office in the country of the zone.

        `{"hours": {"mon": ["08:00-12:00"], ...}, "holidays": "VN", "extra": ["2026-12-26"],
        "less": ["2026-12-28"]}`. Raises `MappingError` that names the key.
        """
        if unknown := set(given) - {"hours", "holidays", "extra", "less"}:
            raise MappingError(f"working time: unknown key {min(unknown)!r}")
        country = given.get("holidays", COUNTRIES.get(timezone))
        if country is not None and not (isinstance(country, str) and len(country) == 2):
            raise MappingError(f"holidays: {country!r} is no country like VN, nor null")
        week = _week(given["hours"]) if given.get("hours") is not None else OFFICE_WEEK
        extra, less = (_days(key, given.get(key, [])) for key in ("extra", "less"))
        if both := extra & less:
            raise MappingError(f"extra and less both have {min(both)}")
        return cls(week, country, extra, less)

    def hours(self) -> dict[str, list[str]]:
        """The week as it is stored.

        >>> WorkingTime().hours()["fri"], WorkingTime().hours()["sun"]
        (['08:00-12:00', '13:00-17:00'], [])
        """
        return {
            name: ["-".join(f"{at // 60:02}:{at % 60:02}" for at in span) for span in spans]
            for name, spans in zip(WEEKDAYS, self.week, strict=True)
        }

    def calendar(
        self, zone: ZoneInfo, holidays: frozenset[date], made_up: frozenset[date]
    ) -> Calendar:
        """With the country's holidays and the weekend days worked for them."""
        free = (holidays | self.less) - self.extra
        return Calendar(zone, self.week, free, (made_up - self.less) | self.extra)


# Whose holidays are kept where nothing is set.
COUNTRIES: Final = {"Asia/Ho_Chi_Minh": "VN", "Asia/Saigon": "VN"}


def _week(given: Any) -> Week:
    if not isinstance(given, Mapping) or set(given) - set(WEEKDAYS):
        raise MappingError(f"hours: for each of {', '.join(WEEKDAYS)} a list like 08:00-12:00")
    try:
        week = tuple(tuple(_span(said) for said in given.get(name, [])) for name in WEEKDAYS)
        return Calendar(ZoneInfo("UTC"), week).week
    except (ValueError, TypeError, AttributeError) as error:
        raise MappingError(f"hours: {error}") from None


def _span(said: str) -> Span:
    first, _, end = said.partition("-")
    return _minute(first), _minute(end)


def _minute(said: str) -> int:
    hour, _, minute = said.strip().partition(":")
    if not (hour.isdecimal() and minute.isdecimal() and int(minute) < 60):
        raise ValueError(f"{said!r} is no time like 08:00")
    return int(hour) * 60 + int(minute)


def _days(key: str, given: Any) -> frozenset[date]:
    try:
        return frozenset(date.fromisoformat(one) for one in given)
    except (ValueError, TypeError):
        raise MappingError(f"{key}: a list of days like 2026-12-26") from None
