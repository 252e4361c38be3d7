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
# Told by the area that handed over, and not by the one that handles now.
HANDED_OUT: Final = "handed_out"


def conditions(c: Any, now: datetime) -> Mapping[str, ColumnElement[bool]]:
    """By name, over the columns of `work` or of the view `work_measured`."""
    is_open, closed = c.status.in_(_OPEN), c.status.in_(_CLOSED)
    late = and_(closed, c.finished_at > c.handle_due_at)
    # Of what is due already: what was closed early, of many that are not due yet, would make the
    # newest look best.
    due = c.handle_due_at < now
    missed = and_(due, or_(late, is_open))
    return {
        "received": true(),
        "open": is_open,
        "overdue": and_(is_open, c.due_at < now),
        "paused": and_(is_open, c.paused_at.is_not(None)),
        "unreacted": and_(is_open, c.reacted_at.is_(None)),
        "closed": closed,
        "refused": c.status == int(Status.REJECTED),
        "in_time": and_(closed, c.finished_at <= c.handle_due_at),
        "late": late,
        "kept": and_(due, closed, c.finished_at <= c.handle_due_at),
        "missed": missed,
        # Came by hand-over: not counted against who got it.
        "missed_handed": and_(missed, c.arrived_at.is_not(None)),
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
