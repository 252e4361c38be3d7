"""Which limits hold for a complaint: those in force on the local day on which it was reported.

More special ones go before general ones, limit by limit: of the category, of the domain, of all,
and last of Decision 1207/QD-UBND. Of one scope the version that began last holds, and of those of
one day the one made last. `category.deadline` is a category's first version.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

from geo.deadlines import LONGEST
from geo.errors import MappingError
from geo.promise import DEFAULT, checked

# How long each reason stops the clock at most, in working hours; null: as long as it lasts.
STOPS: Final[Mapping[str, float | None]] = {
    "reporter": 40,
    "weather": 40,
    "other-unit": 80,
    "court": None,
}
_HANDLE: Final = ("handle_working_hours", "handle_working_days")


class Version(NamedTuple):
    """Limits of a scope from a local day on."""

    valid_from: date
    limits: Mapping[str, Any]
    domain_id: int | None = None
    category_id: int | None = None

    @property
    def rank(self) -> int:
        return 2 if self.category_id is not None else 1 if self.domain_id is not None else 0


def limits_on(
    versions: Sequence[Version], domain_id: int, category_id: int, day: date
) -> dict[str, Any]:
    """The limits of a category for what is reported on a local day; `versions` in their order.

    >>> limits_on([Version(date(2026, 1, 1), {"handle_working_days": 5})], 1, 1, date(2026, 2, 1))
    {'accept_working_hours': 8, 'urgent_working_hours': 4, 'handle_working_days': 5}
    """
    newest: dict[int, Version] = {}
    for one in versions:
        mine = one.category_id in (None, category_id) and one.domain_id in (None, domain_id)
        if mine and one.valid_from <= day:
            before = newest.get(one.rank)
            if before is None or before.valid_from <= one.valid_from:
                newest[one.rank] = one
    found: dict[str, Any] = dict(DEFAULT)
    for rank in sorted(newest):
        limits = newest[rank].limits
        if any(limits.get(name) for name in _HANDLE):
            # Hours of a general rule do not stay beside days of a special one.
            found = {key: value for key, value in found.items() if key not in _HANDLE}
        found |= limits
    return found


def checked_policy(given: Mapping[str, Any]) -> dict[str, Any]:
    """Limits with `stops`, as they are stored; raises `MappingError` that names what is wrong."""
    limits: dict[str, Any] = dict(checked({k: v for k, v in given.items() if k != "stops"}))
    if "stops" not in given:
        return limits
    stops = given["stops"]
    if not isinstance(stops, Mapping):
        raise MappingError("stops: for each reason at most so many working hours, or null")
    for reason, most in stops.items():
        if reason not in STOPS:
            raise MappingError(f"stops: unknown reason {reason!r}; there are {', '.join(STOPS)}")
        wrong = isinstance(most, bool) or not isinstance(most, int | float | None)
        if wrong or (most is not None and not 0 <= most <= LONGEST):
            raise MappingError(f"stops: {reason}: from 0 to {LONGEST}, or null")
    return limits | {"stops": dict(stops)}
