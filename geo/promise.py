"""What is promised of a complaint: by when it is accepted or handled, and whether that was kept.

The limits that hold where a category has none of its own are Hanoi's: accepted within 8 working
hours, urgent ones handled within 4 (Decision 1207/QD-UBND of 28 February 2025). How long others are
handled differs by field and is not promised until it is set.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from geo.complaint import Status
from geo.deadlines import LONGEST, Basis, Pause, basis_of, due, limit
from geo.errors import MappingError
from geo.working_time import Days

LIMITS: Final = (
    "accept_working_hours",
    "urgent_working_hours",
    "handle_working_hours",
    "handle_working_days",
)
DEFAULT: Final[Mapping[str, float]] = {"accept_working_hours": 8, "urgent_working_hours": 4}


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
        if value is not None and limit({name: value}, name) is None:
            raise MappingError(f"{name}: more than 0 and at most {LONGEST}, or null")
    if deadline.get("handle_working_hours") and deadline.get("handle_working_days"):
        raise MappingError("handle_working_hours or handle_working_days, not both")
    return dict(deadline)


def promised(
    deadline: Mapping[str, Any],
    course: Course,
    calendar: Days,
    now: datetime,
    pauses: Sequence[Pause] = (),
) -> Promise | None:
    """The promise that holds now: of urgent handling, else of acceptance, and then of handling.

    None where nothing is promised, for what was withdrawn or reported twice, and while nobody
    knows for how long it is paused.
    """
    if course.status in (Status.WITHDRAWN, Status.DUPLICATE):
        return None
    limits, accepted = {**DEFAULT, **deadline}, course.accepted_at is not None
    basis = basis_of(limits, urgent=course.urgent, accepted=accepted)
    by = due(limits, course.reported_at, calendar, urgent=course.urgent, pauses=pauses).of(basis)
    if basis is None or by is None:
        return None
    done = course.accepted_at if basis == "accept" else course.finished_at
    return Promise(by, basis, _met(by, done, now))


def _met(due: datetime, done: datetime | None, now: datetime) -> bool | None:
    if done is not None:
        return done <= due
    return False if now > due else None
