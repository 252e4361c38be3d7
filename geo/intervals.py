"""Two stretches of days that a reader wants to compare, in whole weeks."""

import re
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from geo.errors import BadFilterError

WEEK: Final = timedelta(weeks=1)
# Where the filter's own years end: geo.filters.parse_time.
EARLIEST, LATEST = date(1900, 1, 1), date(2199, 12, 31)
_FORM: Final = re.compile(r"(\d{4}-\d\d-\d\d)/(\d{4}-\d\d-\d\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class DayInterval:
    """Local days, half-open; may be empty. Raises ValueError where it ends before it begins."""

    since: date
    until: date

    def __post_init__(self) -> None:
        if self.since > self.until:
            raise ValueError(f"{self.since} is later than {self.until}")

    @classmethod
    def parse(cls, field: str, text: str) -> "DayInterval":
        """From an ISO 8601 interval of days, `2025-01-01/2025-07-01`: the second is not in it.

        Raises `BadFilterError` naming the field, also where no day is in it.

        >>> DayInterval.parse("first", "2025-01-01/2025-07-01").days
        181
        """
        try:
            if (found := _FORM.fullmatch(text)) is None:
                raise ValueError
            since, until = map(date.fromisoformat, found.groups())
        except ValueError:
            raise BadFilterError(
                field, f"{field} is two days, the second not in it: 2025-01-01/2025-07-01"
            ) from None
        if not EARLIEST <= since < until <= LATEST:
            raise BadFilterError(
                field,
                f"{field} must begin before it ends, within the years 1900 to 2199: not"
                f" {since}/{until}",
            )
        return cls(since, until)

    def __str__(self) -> str:
        return f"{self.since}/{self.until}"

    @property
    def days(self) -> int:
        return (self.until - self.since).days

    @property
    def weeks(self) -> int:
        """Whole weeks, of seven days from its first day on."""
        return self.days // 7

    def overlaps(self, other: "DayInterval") -> bool:
        """Whether a day is in both; those that only touch do not overlap."""
        return max(self.since, other.since) < min(self.until, other.until)

    def whole_weeks_in(self, other: "DayInterval") -> "DayInterval":
        """Its whole weeks, counted from its own first day, that lie in another interval.

        >>> asked = DayInterval(date(2026, 3, 1), date(2026, 4, 1))
        >>> str(asked.whole_weeks_in(DayInterval(date(2026, 3, 3), date(2026, 3, 23))))
        '2026-03-08/2026-03-22'
        """
        early = -((self.since - other.since).days // 7)
        begin = min(max(0, early), self.weeks)
        end = min((other.until - self.since).days // 7, self.weeks)
        return DayInterval(self.since + begin * WEEK, self.since + max(begin, end) * WEEK)
