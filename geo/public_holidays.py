"""The public holidays of a country, and the weekend days that are worked for them.

The library costs a process 20 MB: whoever answers requests asks for them in a process of its own,
`python -m geo.public_holidays VN 2026`, once for each year.
"""

import json
import sys
from datetime import date
from typing import NamedTuple


class Year(NamedTuple):
    """Local days of one calendar year."""

    holidays: frozenset[date]
    made_up: frozenset[date]
    """Saturdays or Sundays that are worked for a day off."""

    def as_json(self) -> str:
        return json.dumps([sorted(day.isoformat() for day in days) for days in self])

    @classmethod
    def from_json(cls, said: str) -> "Year":
        return cls(*(frozenset(map(date.fromisoformat, days)) for days in json.loads(said)))


def public_holidays(country: str, year: int) -> Year:
    """Raises KeyError for a country that the library does not know.

    >>> tet = date(2026, 2, 17)
    >>> tet in public_holidays("VN", 2026).holidays
    True
    """
    import holidays

    try:
        found = holidays.country_holidays(country, years=year)
    except NotImplementedError:
        raise KeyError(country) from None
    made_up = getattr(found, "weekend_workdays", None) or set()
    return Year(
        frozenset(day for day in found if day.year == year),
        frozenset(day for day in made_up if day.year == year),
    )


if __name__ == "__main__":
    sys.stdout.write(public_holidays(sys.argv[1], int(sys.argv[2])).as_json())
