"""Incidents as the reports tell them: the first report of each, and the further ones about it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import (
    ColumnElement,
    Connection,
    Select,
    and_,
    case,
    cast,
    func,
    literal,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import DOUBLE_PRECISION, INTEGER, INTERVAL, TIMESTAMP

from geo import counts
from geo.complaint import Status
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.matching import Stretch, in_stretches, is_any, matches
from geo.reporting_rate import Followed
from geo.schema import complaint, complaint_area
from geo.study import one_city

# A cell of resolution 11 is 50 m across: what neighbours would call the same place.
RESOLUTION: Final = 11
# Who reports something at a place after so long may well mean another incident.
CAP_DAYS: Final = 100
# One pass over all complaints of the time: a year is what is asked, three what there is time for.
USUAL_DAYS, MOST_DAYS = 365, 3 * 366
# Of more complaints than these, incidents are followed at one place in two, in three ...: some five
# seconds of work, and far more incidents than the intervals need.
MOST_REPORTS: Final = 500_000
NO_INCIDENT: Final = (Status.REJECTED, Status.WITHDRAWN)
SUMS: Final = Followed._fields


class Watched(NamedTuple):
    """What was followed, the areas in the order asked for, and over which time (half-open).

    Of one place in `one_in` of all, chosen as if by lot, but each time the same.
    """

    followed: Followed
    since: datetime
    until: datetime
    one_in: int


def watched(
    connection: Connection,
    question: Filter,
    ids: Sequence[int],
    *,
    resolution: int = RESOLUTION,
    cap_days: int = CAP_DAYS,
) -> Watched:
    """The incidents of some areas of one set under a filter of kinds, places and time.

    Without a time, of the 365 days before the city's last complaint, which is also where following
    ends. Raises `BadFilterError` for a filter of states or words, which would part an incident's
    reports from each other, or a time longer than three years.
    """
    as_of = question.as_of is not None
    for name, given in (("status", question.statuses), ("q", question.words), ("as_of", as_of)):
        if given:
            raise BadFilterError(name, f"incidents are found among all reports: leave {name} out")
    since, until = _time(connection, question)
    asked = replace(question, since=since, until=until)
    before = replace(asked, since=since - timedelta(days=cap_days))
    reports = int(connection.execute(counts.total(before)).scalar_one())
    one_in = max(1, -(-reports // MOST_REPORTS))
    rows = connection.execute(statement(asked, ids, resolution, cap_days, one_in)).all()
    kinds = sorted({int(row.category_id) for row in rows})
    sums = np.zeros((len(SUMS), len(ids), max(1, len(kinds))))
    place, kind = ({one: at for at, one in enumerate(some)} for some in (ids, kinds))
    for row in rows:
        sums[:, place[row.area_id], kind[row.category_id]] = row[2:]
    return Watched(Followed(*sums), since, until, one_in)


def _time(connection: Connection, question: Filter) -> tuple[datetime, datetime]:
    own = complaint.c.city_id == one_city(question).id
    last = connection.execute(select(func.max(complaint.c.reported_at)).where(own)).scalar_one()
    until = question.until
    if last is not None:
        # Beyond the last complaint nothing was seen, and no time was spent without reports.
        end = last + timedelta(microseconds=1)
        until = end if until is None else min(until, end)
    if until is None or (question.since is not None and question.since >= until):
        raise BadFilterError("since", "there are no complaints in this time: choose an earlier one")
    since = question.since or until - timedelta(days=USUAL_DAYS)
    if until - since > timedelta(days=MOST_DAYS):
        raise BadFilterError("since", f"at most {MOST_DAYS} days at once: choose a later since")
    return since, until


def statement(
    question: Filter, ids: Sequence[int], resolution: int, cap_days: int, one_in: int = 1
) -> Select[Any]:
    """Rows (area_id, category_id, sums of incidents) of a question with both its times.

    A complaint opens an incident unless an earlier one of its category, cell and area is still open
    when it comes: closed later, and not older than the cap. An incident is followed from its first
    report until that is closed, reaches the cap, or the time ends. Reports in between are its
    duplicates; those after, while a duplicate is still open, are neither. A complaint closed as a
    duplicate opens none, one rejected or withdrawn is none. Incidents begun before the time are
    found, so that their duplicates are not taken for first reports, and then left out.

    Cost: one pass over the complaints of the time (stored counts know no closing); of those in one
    place in `one_in` two sorts by kind, cell and time. A place is all of its reports or none, so
    that a part of the places gives the same rates, with wider intervals.
    """
    since, until = question.since, question.until
    assert since is not None and until is not None  # noqa: S101, PT018 - `watched` set them
    cap = timedelta(days=cap_days)
    asked = replace(question, since=since - cap)
    held, c = complaint_area.alias("held"), complaint.c
    ends = func.greatest(
        c.reported_at,
        func.least(
            c.closed_at,
            c.reported_at + cast(literal(cap), INTERVAL),
            cast(literal(until), TIMESTAMP(timezone=True)),
        ),
        type_=c.reported_at.type,
    )
    place = func.cell_parent(c.cell, resolution, type_=c.cell.type)
    seen = (
        select(
            held.c.area_id,
            c.category_id,
            place.label("place"),
            c.id,
            c.reported_at,
            ends.label("ends"),
            (c.status == Status.DUPLICATE).label("linked"),
        )
        .join_from(complaint, held, held.c.complaint_id == c.id)
        .where(
            matches(asked),
            c.status.not_in(NO_INCIDENT),
            held.c.reported_at == c.reported_at,
            is_any(held.c.area_id, ids),
            # Said of both, so that each is read and sorted no further than it must be.
            in_stretches(held.c.reported_at, [Stretch(asked.since, asked.until)]),
            _drawn(held.c.cell, resolution, one_in),
            _drawn(c.cell, resolution, one_in),
        )
        .cte("seen")
    )
    s = seen.c
    group, order = (s.category_id, s.place, s.area_id), (s.reported_at, s.id)
    before = func.max(case((~s.linked, s.ends))).over(
        partition_by=group, order_by=order, rows=(None, -1)
    )
    opens = and_(~s.linked, func.coalesce(s.reported_at >= before, True))
    marked = select(*s, opens.label("opens")).cte("marked")
    m = marked.c
    so_far: dict[str, Any] = {
        "partition_by": (m.category_id, m.place, m.area_id),
        "order_by": (m.reported_at, m.id),
        "rows": (None, 0),
    }
    # Incidents of a place follow each other, so the largest of those opened so far is the last.
    numbered = select(
        m.area_id, m.category_id, m.place, m.reported_at, m.opens,
        func.max(case((m.opens, m.reported_at))).over(**so_far).label("began"),
        func.max(case((m.opens, m.ends))).over(**so_far).label("ended"),
    ).cte("numbered")  # fmt: skip
    i = numbered.c
    again = and_(~i.opens, i.reported_at < i.ended)
    days = func.extract("epoch", func.min(i.ended) - func.min(i.began)) / 86_400
    incident = (
        select(
            i.area_id,
            i.category_id,
            cast(func.count().filter(again), DOUBLE_PRECISION).label("d"),
            cast(days, DOUBLE_PRECISION).label("t"),
        )
        .where(i.began >= since)
        .group_by(i.category_id, i.place, i.area_id, i.began)
        .cte("incident")
    )
    d, t = incident.c.d, incident.c.t
    sums = (func.count(), *(func.sum(one) for one in (d, t, d * d, d * t, t * t)))
    return select(
        incident.c.area_id,
        incident.c.category_id,
        *(one.label(name) for one, name in zip(sums, SUMS, strict=True)),
    ).group_by(incident.c.area_id, incident.c.category_id)


def _drawn(cell: ColumnElement[int], resolution: int, one_in: int) -> ColumnElement[bool]:
    """Whether a complaint's place is among those that are followed."""
    if one_in == 1:
        return true()
    lot = func.hashint8(func.cell_parent(cell, resolution), type_=INTEGER)
    return lot.bitwise_and(0x7FFFFFFF) % one_in == 0
