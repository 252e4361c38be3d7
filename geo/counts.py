"""How many complaints, by anything: stored counts where they answer, single complaints elsewhere.

Every count is the sum of three parts that together see each complaint once:

* blocks of `rollup` for the whole local days they cover,
* `pending` for the changes of those same days not folded in yet,
* the complaints themselves for what is left: parts of days, and short stretches between blocks.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Subquery,
    and_,
    bindparam,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import ARRAY

from geo.cells import LEAF
from geo.filters import City, Filter
from geo.periods import Blocks, blocks, local_midnight, whole_days
from geo.rollup import AREA, CITY, Kind, spans_for
from geo.schema import category, complaint, complaint_area, pending, rollup

DAY_EPOCH: Final = "1970-01-01"


class Stretch(NamedTuple):
    """Instants, half-open; None is open."""

    since: datetime | None
    until: datetime | None


class Plan(NamedTuple):
    """How one city's part of a question is answered."""

    city: City
    blocks: tuple[tuple[Blocks, Kind], ...]
    days: tuple[tuple[int, int], ...]
    """The local days the blocks cover, half-open and apart from each other."""
    stretches: tuple[Stretch, ...]


def plan(question: Filter, city: City, grid: int) -> Plan:
    """Divide the time of a question between stored blocks and single complaints."""
    kind = Kind.CATEGORY if question.categories else Kind.DOMAIN if question.domains else Kind.ALL
    spans, kinds = spans_for(grid, kind)
    whole, rest = whole_days(question.since, question.until, city.zone)
    if not spans or whole is None or not question.counted:
        return Plan(city, (), (), (Stretch(question.since, question.until),))
    found, left = blocks(whole, spans)
    stretches = [Stretch(*pair) for pair in rest]
    stretches += [
        Stretch(local_midnight(first, city.zone), local_midnight(end, city.zone))
        for first, end in left
    ]
    read = tuple((block, kinds[block.span]) for block in found)
    days = tuple((block.first, block.last + block.span) for block in found)
    return Plan(city, read, _joined(days), tuple(stretches))


def _joined(days: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """Neighbouring stretches of days made one."""
    joined: list[tuple[int, int]] = []
    for first, end in sorted(days):
        if joined and joined[-1][1] == first:
            joined[-1] = (joined[-1][0], end)
        else:
            joined.append((first, end))
    return tuple(joined)


def of_kind(question: Filter, column: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a category id is one the question asks for."""
    if question.categories:
        return column.in_(question.categories)
    if question.domains:
        return column.in_(select(category.c.id).where(category.c.domain_id.in_(question.domains)))
    return true()


def _of_stored_kind(question: Filter, kind: Kind) -> ColumnElement[bool]:
    """Which `rollup.kind` numbers to add up in a block that is broken down by `kind`."""
    if kind is Kind.ALL:
        return rollup.c.kind == 0
    if kind is Kind.CATEGORY:
        return and_(rollup.c.kind > 0, of_kind(question, rollup.c.kind))
    if question.domains:
        return rollup.c.kind.in_([-number for number in question.domains])
    return rollup.c.kind < 0


def in_stretches(
    column: ColumnElement[datetime], stretches: Iterable[Stretch]
) -> ColumnElement[bool]:
    parts = []
    for since, until in stretches:
        bounds: list[ColumnElement[bool]] = []
        if since is not None:
            bounds.append(column >= since)
        if until is not None:
            bounds.append(column < until)
        parts.append(and_(true(), *bounds))
    return or_(false(), *parts)


def of_words(question: Filter) -> ColumnElement[bool]:
    """Text search: every word, the last one as a prefix; diacritics do not matter."""
    if not question.words:
        return true()
    # Only letters and digits reach the query language, so nothing typed can be an operator.
    tokens = re.findall(r"[^\W_]+", " ".join(question.words))
    if not tokens:
        return false()
    asked = func.to_tsquery("simple", func.fold(" & ".join(tokens) + ":*"))
    return func.words(complaint.c.address, complaint.c.text).op("@@")(asked)


def matches(question: Filter, stretches: Sequence[Stretch] | None = None) -> ColumnElement[bool]:
    """The condition a single complaint meets: the one definition of what a filter means."""
    whole = [Stretch(question.since, question.until)]
    conditions = [
        complaint.c.city_id.in_([city.id for city in question.cities]),
        of_kind(question, complaint.c.category_id),
        in_stretches(complaint.c.reported_at, whole if stretches is None else stretches),
        of_words(question),
    ]
    if question.statuses:
        conditions.append(complaint.c.status.in_(question.statuses))
    if question.areas:
        inside = select(complaint_area.c.complaint_id).where(
            complaint_area.c.area_id.in_(question.areas),
            in_stretches(complaint_area.c.reported_at, whole),
        )
        conditions.append(complaint.c.id.in_(inside))
    if question.bbox:
        box = question.bbox
        conditions += [
            func.ST_X(complaint.c.geom).between(box.west, box.east),
            func.ST_Y(complaint.c.geom).between(box.south, box.north),
        ]
    return and_(*conditions)


Ranges = tuple[Sequence[int], Sequence[int]] | None


def _within(column: ColumnElement[int], ranges: Ranges) -> ColumnElement[bool]:
    """Whether a cell lies in one of the (first, last) ranges."""
    if ranges is None:
        return true()
    pair = (
        func.unnest(
            bindparam(None, list(ranges[0]), ARRAY(complaint.c.cell.type)),
            bindparam(None, list(ranges[1]), ARRAY(complaint.c.cell.type)),
        )
        .table_valued("low", "high")
        .render_derived(name="span")
    )
    return (
        select(literal(1)).select_from(pair).where(column.between(pair.c.low, pair.c.high)).exists()
    )


def _stored(question: Filter, of: Plan, grid: int, ranges: Ranges) -> list[Select[Any]]:
    parts = []
    for block, kind in of.blocks:
        conditions = [
            rollup.c.city_id == of.city.id,
            rollup.c.grid == grid,
            rollup.c.span == block.span,
            rollup.c.day.between(block.first, block.last),
            _of_stored_kind(question, kind),
            _within(rollup.c.place, ranges),
        ]
        if question.statuses:
            conditions.append(rollup.c.status.in_(question.statuses))
        parts.append(select(rollup.c.place, rollup.c.status, rollup.c.n).where(and_(*conditions)))
    return parts


def _place(grid: int, cell: ColumnElement[int]) -> ColumnElement[int]:
    if grid == CITY:
        return literal(0)
    return cell if grid == LEAF else func.cell_parent(cell, grid, type_=complaint.c.cell.type)


def _pending(question: Filter, of: Plan, grid: int, ranges: Ranges) -> Select[Any]:
    conditions = [
        pending.c.city_id == of.city.id,
        or_(false(), *(pending.c.day.between(first, end - 1) for first, end in of.days)),
        of_kind(question, pending.c.category_id),
    ]
    if question.statuses:
        conditions.append(pending.c.status.in_(question.statuses))
    if grid == AREA:
        held = func.unnest(pending.c.area_ids).table_valued("area_id").render_derived(name="held")
        place: ColumnElement[int] = held.c.area_id
        return (
            select(place.label("place"), pending.c.status, pending.c.n)
            .select_from(pending.join(held, true()))
            .where(*conditions)
        )
    place = _place(grid, pending.c.cell)
    return select(place.label("place"), pending.c.status, pending.c.n).where(
        *conditions, _within(place, ranges)
    )


def _single(question: Filter, of: Plan, grid: int, ranges: Ranges) -> Select[Any]:
    own = Filter(
        (of.city,), question.domains, question.categories, question.statuses, question.since,
        question.until, question.areas, question.bbox, question.words,
    )  # fmt: skip
    condition = matches(own, of.stretches)
    if grid == AREA:
        return (
            select(
                complaint_area.c.area_id.label("place"), complaint.c.status, literal(1).label("n")
            )
            .join_from(
                complaint,
                complaint_area,
                and_(
                    complaint_area.c.complaint_id == complaint.c.id,
                    complaint_area.c.reported_at == complaint.c.reported_at,
                ),
            )
            .where(condition)
        )
    place = _place(grid, complaint.c.cell)
    return select(place.label("place"), complaint.c.status, literal(1).label("n")).where(
        condition, _within(place, ranges)
    )


def counted(question: Filter, grid: int, ranges: Ranges = None) -> Subquery:
    """Rows (place, status, n) whose sums answer the question; n may be negative in single rows.

    `grid` is CITY, AREA or an H3 resolution from 6 to 12; `ranges` limits cells of that
    resolution to (firsts, lasts).
    """
    parts: list[Select[Any]] = []
    for city in question.cities:
        of = plan(question, city, grid)
        parts += _stored(question, of, grid, ranges)
        if of.blocks:
            parts.append(_pending(question, of, grid, ranges))
        if of.stretches:
            parts.append(_single(question, of, grid, ranges))
    if not parts:
        nothing = select(
            literal(0).label("place"), literal(0).label("status"), literal(0).label("n")
        )
        return nothing.where(false()).subquery()
    return union_all(*parts).subquery("counted")


def by_place(question: Filter, grid: int, ranges: Ranges = None) -> Select[Any]:
    """Rows (place, n): cells with their counts, or areas with theirs; zeros are left out."""
    rows = counted(question, grid, ranges)
    n = func.sum(rows.c.n)
    return (
        select(rows.c.place, n.label("n"))
        .group_by(rows.c.place)
        .having(n != 0)
        .order_by(rows.c.place)
    )


def total(question: Filter) -> Select[Any]:
    """One number: all complaints that match."""
    return select(func.coalesce(func.sum(counted(question, CITY).c.n), 0))


def by_status(question: Filter) -> Select[Any]:
    """Rows (status, n)."""
    rows = counted(question, CITY)
    n = func.sum(rows.c.n)
    return (
        select(rows.c.status, n.label("n"))
        .group_by(rows.c.status)
        .having(n != 0)
        .order_by(rows.c.status)
    )
