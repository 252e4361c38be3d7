"""What is promised of a complaint: by when it is accepted or handled, and whether that was kept.

The limits that hold where a category has none of its own are Hanoi's: accepted within 8 working
hours, urgent ones handled within 4 (Decision 1207/QD-UBND of 28 February 2025). How long others are
handled differs by field and is not promised until it is set.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from geo.complaint import Status
from geo.errors import MappingError
from geo.working_time import Calendar, add_working, end_of_working_day

Basis = Literal["accept", "handle", "urgent"]
LIMITS: Final = (
    "accept_working_hours",
    "urgent_working_hours",
    "handle_working_hours",
    "handle_working_days",
)
DEFAULT: Final[Mapping[str, float]] = {"accept_working_hours": 8, "urgent_working_hours": 4}
# A year of working hours.
LONGEST: Final = 2_000


class Course(NamedTuple):
    """What has become of a complaint so far."""

    status: Status
    reported_at: datetime
    urgent: bool
    accepted_at: datetime | None
    """When it was first more than received."""
    finished_at: datetime | None
    """When it was first resolved or rejected: reopened, it had been handled all the same."""


class Promise(NamedTuple):
    due_at: datetime
    basis: Basis
    met: bool | None
    """None while it is not due and not done."""


def checked(deadline: Mapping[str, Any]) -> dict[str, float | None]:
    """A category's own limits as they are stored; null takes a limit away.

    Raises `MappingError` that names the limit.
    """
    for name, value in deadline.items():
        if name not in LIMITS:
            raise MappingError(f"unknown limit {name!r}; there are {', '.join(LIMITS)}")
        if value is not None and _limit({name: value}, name) is None:
            raise MappingError(f"{name}: more than 0 and at most {LONGEST}, or null")
    if deadline.get("handle_working_hours") and deadline.get("handle_working_days"):
        raise MappingError("handle_working_hours or handle_working_days, not both")
    return dict(deadline)


def promised(
    deadline: Mapping[str, Any], course: Course, calendar: Calendar, now: datetime
) -> Promise | None:
    """The promise that holds now: of urgent handling, else of acceptance, and then of handling.

    None where nothing is promised, and for what was withdrawn or reported twice.
    """
    if course.status in (Status.WITHDRAWN, Status.DUPLICATE):
        return None
    limits = {**DEFAULT, **deadline}
    urgent = _limit(limits, "urgent_working_hours")
    if course.urgent and urgent is not None:
        due = add_working(course.reported_at, timedelta(hours=urgent), calendar)
        return Promise(due, "urgent", _met(due, course.finished_at, now))
    handled = _handled_by(limits, course.reported_at, calendar)
    accept = _limit(limits, "accept_working_hours")
    if handled is not None and (course.accepted_at is not None or accept is None):
        return Promise(handled, "handle", _met(handled, course.finished_at, now))
    if accept is None:
        return None
    due = add_working(course.reported_at, timedelta(hours=accept), calendar)
    return Promise(due, "accept", _met(due, course.accepted_at, now))


def _handled_by(
    limits: Mapping[str, Any], reported_at: datetime, calendar: Calendar
) -> datetime | None:
    if (days := _limit(limits, "handle_working_days")) is not None:
        return end_of_working_day(reported_at, int(days), calendar)
    if (hours := _limit(limits, "handle_working_hours")) is not None:
        return add_working(reported_at, timedelta(hours=hours), calendar)
    return None


def _limit(limits: Mapping[str, Any], name: str) -> float | None:
    """None where it is not set, or what is stored is no limit."""
    value = limits.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    least = 1 if name.endswith("days") else 0
    return value if least <= value <= LONGEST and value > 0 else None


def _met(due: datetime, done: datetime | None, now: datetime) -> bool | None:
    if done is not None:
        return done <= due
    return False if now > due else None
