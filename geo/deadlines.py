"""By when a complaint is to be accepted and handled: the one arithmetic of the public promise and
of officials' deadlines, for one complaint. `geo.duelines` counts many at once, and the same.

A pause moves what is due by its working time. A reason stops the clock for at most so many working
hours in all; without such a limit, what is paused now is due at no known time.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from geo.working_time import Days, add_working, end_of_working_day, working_between

Basis = Literal["accept", "handle", "urgent"]
# A year of working hours.
LONGEST: Final = 2_000


class Pause(NamedTuple):
    since: datetime
    until: datetime | None
    """None: it still stands still."""
    reason: str


class Due(NamedTuple):
    """None: not limited, or paused for nobody knows how long."""

    accept: datetime | None
    handle: datetime | None

    def of(self, basis: Basis | None) -> datetime | None:
        return None if basis is None else self.accept if basis == "accept" else self.handle


def limit(limits: Mapping[str, Any], name: str) -> float | None:
    """None where it is not set, or what is stored is no limit."""
    value = limits.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    least = 1 if name.endswith("days") else 0
    return value if least <= value <= LONGEST and value > 0 else None


def handling(limits: Mapping[str, Any], *, urgent: bool) -> tuple[float, bool] | None:
    """How long handling may take, and whether in days."""
    if urgent and (hours := limit(limits, "urgent_working_hours")) is not None:
        return hours, False
    if (days := limit(limits, "handle_working_days")) is not None:
        return int(days), True
    if (hours := limit(limits, "handle_working_hours")) is not None:
        return hours, False
    return None


def basis_of(limits: Mapping[str, Any], *, urgent: bool, accepted: bool) -> Basis | None:
    """What is promised: urgent handling, else acceptance, and then handling."""
    if urgent and limit(limits, "urgent_working_hours") is not None:
        return "urgent"
    accept = limit(limits, "accept_working_hours")
    if handling(limits, urgent=False) is not None and (accepted or accept is None):
        return "handle"
    return None if accept is None else "accept"


def next_of(limits: Mapping[str, Any], *, urgent: bool, accepted: bool) -> Basis | None:
    """As `basis_of`, but nothing where all that is limited has been done."""
    found = basis_of(limits, urgent=urgent, accepted=accepted)
    return None if found == "accept" and accepted else found


def due(
    limits: Mapping[str, Any],
    reported_at: datetime,
    calendar: Days,
    *,
    urgent: bool,
    pauses: Sequence[Pause] = (),
) -> Due:
    """Raises ValueError where the calendar never has so much working time."""
    still = stopped(limits, pauses, calendar)
    accept, longest = limit(limits, "accept_working_hours"), handling(limits, urgent=urgent)
    first = None if accept is None else add_working(reported_at, timedelta(hours=accept), calendar)
    last = None
    if longest is not None:
        length, in_days = longest
        last = (
            end_of_working_day(reported_at, int(length), calendar)
            if in_days
            else add_working(reported_at, timedelta(hours=length), calendar)
        )
    return Due(*(one and moved(one, reported_at, still, calendar) for one in (first, last)))


def stopped(
    limits: Mapping[str, Any], pauses: Sequence[Pause], calendar: Days
) -> list[tuple[datetime, datetime | None]]:
    """When the clock stood still, in order and apart; a reason that the policy lacks stops none."""
    stops = limits.get("stops")
    most: dict[str, float | None] = dict(stops) if isinstance(stops, Mapping) else {}
    left = {
        reason: None if hours is None else timedelta(hours=hours) for reason, hours in most.items()
    }
    found: list[tuple[datetime, datetime | None]] = []
    for one in sorted(pauses, key=lambda pause: pause.since):
        if one.reason not in left:
            continue
        begin = max(one.since, found[-1][1] or one.since) if found else one.since
        end, rest = one.until, left[one.reason]
        if rest is not None:
            last = add_working(begin, rest, calendar)
            end = last if end is None else min(end, last)
            left[one.reason] = rest - working_between(begin, end, calendar)
        if end is None:
            return [*found, (begin, None)]
        if begin < end:
            found.append((begin, end))
    return found


def moved(
    at: datetime,
    start: datetime,
    still: Sequence[tuple[datetime, datetime | None]],
    calendar: Days,
) -> datetime | None:
    """What was due `at`, after the pauses that began before it."""
    for begin, end in still:
        if begin >= at:
            break
        if end is None:
            return None
        at = add_working(at, working_between(max(begin, start), end, calendar), calendar)
    return at
