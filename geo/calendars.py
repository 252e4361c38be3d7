"""A city's calendar as it was and will be: versions valid from a day, and each year's holidays."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple, Self
from zoneinfo import ZoneInfo

from geo.public_holidays import Year
from geo.working_time import Calendar, WorkingTime

Holidays = Callable[[str, int], Year]
"""The public holidays of a country in a year."""


class Version(NamedTuple):
    valid_from: date
    working_time: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class CityCalendar:
    """As `Calendar`, where each day is of the version in force on it: the last that has begun.

    A year's holidays are asked for when a day of it is, and remembered.
    """

    zone: ZoneInfo
    versions: tuple[tuple[date, WorkingTime], ...]
    holidays: Holidays
    _years: dict[tuple[int, int], Calendar] = field(default_factory=dict, compare=False)

    @classmethod
    def of(
        cls,
        first: Mapping[str, Any],
        later: Sequence[Version],
        timezone: str,
        holidays: Holidays,
    ) -> Self:
        """`first` holds until a later one begins. Raises `MappingError` for one that is wrong."""
        versions = (Version(date.min, first), *sorted(later, key=lambda one: one.valid_from))
        read = tuple((one.valid_from, WorkingTime.parse(one.working_time, timezone))
                     for one in versions)  # fmt: skip
        return cls(ZoneInfo(timezone), read, holidays)

    def spans(self, day: date) -> Iterator[tuple[datetime, datetime]]:
        """The hours of a local day, in UTC."""
        return self._on(day).spans(day)

    def works(self, day: date) -> bool:
        return any(True for _ in self.spans(day))

    def day_of(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def why(self, day: date) -> str:
        """Why a day is as it is: hours, weekend, holiday, made-up, extra or less."""
        hours = self.versions[self._version(day)][1]
        year = self.holidays(hours.holidays, day.year) if hours.holidays else None
        if day in hours.extra:
            return "extra"
        if day in hours.less:
            return "less"
        if year is not None and day in year.made_up:
            return "made-up"
        if year is not None and day in year.holidays:
            return "holiday"
        return "hours" if hours.week[day.weekday()] else "weekend"

    def _version(self, day: date) -> int:
        return max(n for n, (since, _) in enumerate(self.versions) if since <= day)

    def _on(self, day: date) -> Calendar:
        number = self._version(day)
        found = self._years.get((number, day.year))
        if found is None:
            hours = self.versions[number][1]
            of = (
                self.holidays(hours.holidays, day.year)
                if hours.holidays
                else Year(frozenset[date](), frozenset[date]())
            )
            found = hours.calendar(self.zone, of.holidays, of.made_up)
            self._years[number, day.year] = found
        return found


def days_of(calendar: CityCalendar, year: int) -> list[dict[str, Any]]:
    """Each day of a year, its hours and why it has them."""
    day, found = date(year, 1, 1), []
    while day.year == year:
        hours = [
            "-".join(f"{at.astimezone(calendar.zone):%H:%M}" for at in span)
            for span in calendar.spans(day)
        ]
        found.append({"day": day, "hours": hours, "why": calendar.why(day)})
        if day == date.max:
            break
        day += timedelta(days=1)
    return found
