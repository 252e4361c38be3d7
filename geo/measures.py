"""What is counted of the work, each as a condition on its rows.

Figures are counted by these, and the queue lists by the same: a number and its rows agree.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, and_, or_, true

from geo.complaint import Status

_OPEN: Final = [int(one) for one in Status if one.is_open]
_CLOSED: Final = [int(Status.RESOLVED), int(Status.REJECTED)]
MEASURES: Final = (
    "received", "open", "overdue", "paused", "unreacted", "closed", "refused", "in_time", "late",
    "kept", "missed", "missed_handed", "reacted_in_time", "reacted_late", "reopened", "ended",
    "handed_in", "stood",
)  # fmt: skip
# Counted by the day of closing, or of a limit that was missed; the others by that of reporting.
BY_CLOSING: Final = frozenset(
    {"closed", "refused", "in_time", "late", "kept", "missed", "missed_handed"}
)
# Told by the area that handed over, and not by the one that handles now.
HANDED_OUT: Final = "handed_out"


def within(column: Any, since: datetime | None, until: datetime | None) -> ColumnElement[bool]:
    """Whether an instant is of a time; without ends it is, also where there is none."""
    ends = [column >= since] if since is not None else []
    return and_(true(), *ends, *([column < until] if until is not None else []))


def conditions(
    c: Any, now: datetime, since: datetime | None = None, until: datetime | None = None
) -> Mapping[str, ColumnElement[bool]]:
    """By name, over the columns of `work` or of the view `work_measured`, for a time."""
    is_open, is_closed = c.status.in_(_OPEN), c.status.in_(_CLOSED)
    closed = and_(is_closed, within(c.finished_at, since, until))
    late = and_(closed, c.finished_at > c.handle_due_at)
    in_time = and_(closed, c.finished_at <= c.handle_due_at)
    # What lies beyond its limit is missed on the day of the limit: whoever leaves it open would
    # look best otherwise.
    lies = and_(is_open, c.handle_due_at < now, within(c.handle_due_at, since, until))
    missed = or_(late, lies)
    of_closing: dict[str, ColumnElement[bool]] = {
        "closed": closed,
        "refused": and_(closed, c.status == int(Status.REJECTED)),
        "in_time": in_time,
        "late": late,
        "kept": in_time,
        "missed": missed,
        # Came by hand-over: not counted against who got it.
        "missed_handed": and_(missed, c.arrived_at.is_not(None)),
    }
    of_reporting: dict[str, ColumnElement[bool]] = {
        "received": true(),
        "open": is_open,
        "overdue": and_(is_open, c.due_at < now),
        "paused": and_(is_open, c.paused_at.is_not(None)),
        "unreacted": and_(is_open, c.reacted_at.is_(None)),
        "reacted_in_time": c.reacted_at <= c.accept_due_at,
        "reacted_late": or_(
            c.reacted_at > c.accept_due_at,
            and_(is_open, c.reacted_at.is_(None), c.accept_due_at < now),
        ),
        "reopened": c.reopened > 0,
        # Called a duplicate, or withdrawn by who reported it.
        "ended": c.status.in_([int(Status.DUPLICATE), int(Status.WITHDRAWN)]),
        "handed_in": c.arrived_at.is_not(None),
        "stood": c.pauses > 0,
    }
    came = within(c.reported_at, since, until)
    return of_closing | {name: and_(one, came) for name, one in of_reporting.items()}
