"""What was known at an earlier instant: the complaints of then, each as it was.

A complaint carries the time of its arrival in its id (UUID version 7), and every later change is an
event that holds what was before. So the state of then is today's with the changes since undone;
only what changed is looked at.

Not undone are changes of the words, which events do not hold, a place that its reporter corrected,
complaints that were removed whole (sample data), and boundary sets that were replaced. What was
still on its way into the database at that instant counts as known.
"""

from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Subquery, and_, column, func, or_, select, text

from geo.filters import Filter
from geo.matching import matches
from geo.schema import complaint, event

SQL: Final = (Path(__file__).parent / "sql" / "as_of.sql").read_text()
KINDS: Final = ("status", "category", "closing", "moved", "dated")
NAMES: Final = (
    "id", "code", "city_id", "source_id", "geom", "cell", "category_id", "status", "reported_at",
    "closed_at", "text", "address",
)  # fmt: skip


class Part(NamedTuple):
    """Some of the complaints of a moment: a relation like `complaint`, and which rows of it."""

    columns: Any
    condition: ColumnElement[bool]


def arrival_floor(at: datetime) -> UUID:
    """The lowest id of what arrives after the millisecond of an instant.

    >>> from datetime import UTC
    >>> str(arrival_floor(datetime(2026, 11, 25, tzinfo=UTC)))
    '01a21000-8801-0000-0000-000000000000'
    """
    return UUID(int=(int(at.timestamp() * 1000) + 1) << 80)


def _touched(at: datetime) -> Select[Any]:
    """The ids of what changed since."""
    corrected = (event.c.kind == "moved") & (func.coalesce(event.c.actor, "") == "reporter")
    return select(event.c.complaint_id).where(event.c.at > at, event.c.kind.in_(KINDS), ~corrected)


def as_it_was(at: datetime) -> Subquery:
    """What changed since an instant and was there then, with the columns of that time."""
    values = {
        "as_of": at,
        "arrived": arrival_floor(at),
    }
    kinds = [column(name, complaint.c[name].type) for name in NAMES]
    return text(SQL).bindparams(**values).columns(*kinds).subquery("as_it_was")


def changes(at: datetime) -> tuple[tuple[Subquery, int], ...]:
    """What to take away (-1) from what is known now, and what to add (+1), to get what was."""
    columns = [complaint.c[name] for name in NAMES]
    now = select(*columns).where(
        or_(complaint.c.id >= arrival_floor(at), complaint.c.id.in_(_touched(at)))
    )
    return (now.subquery("as_it_is"), -1), (as_it_was(at), 1)


def parts(question: Filter) -> list[Part]:
    """The complaints of a question; with `as_of` in two parts that are apart from each other."""
    if question.as_of is None:
        return [Part(complaint.c, matches(question))]
    same = and_(
        matches(question),
        complaint.c.id < arrival_floor(question.as_of),
        complaint.c.id.not_in(_touched(question.as_of)),
    )
    then = as_it_was(question.as_of).c
    return [Part(complaint.c, same), Part(then, matches(question, columns=then))]
