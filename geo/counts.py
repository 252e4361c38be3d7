"""How many complaints, by anything: stored counts where they answer, single complaints elsewhere.

Every count is the sum of three parts that together see each complaint once:

* blocks of `rollup` for the whole local days they cover,
* `pending` for the changes of those same days not folded in yet,
* the complaints themselves for what is left: parts of days, and short stretches between blocks.

Where a question asks for what was known earlier (`as_of`), what changed since is taken away as it
is and added as it was.
"""

from collections.abc import Sequence
from enum import Enum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    Column,
    ColumnElement,
    FromClause,
    Select,
    Subquery,
    and_,
    false,
    func,
    literal,
    or_,
    select,
    true,
    union_all,
)
from sqlalchemy.dialects.postgresql import BIGINT, INTEGER, SMALLINT

from geo import asof
from geo.cells import LEAF, parents
from geo.filters import City, Filter
from geo.matching import (
    MOST_PROBES,
    Stretch,
    array_of,
    in_areas,
    in_stretches,
    is_any,
    matches,
    of_cells,
    of_kind,
)
from geo.periods import EARLIEST, LATEST, Blocks, blocks, local_midnight, whole_days
from geo.rollup import AREA, CITY, EVERY_STATUS, Kind, region_level, spans_for
from geo.schema import area, area_set, complaint, complaint_area, pending, rollup


class Key(Enum):
    """What a row of counts is for: a place, or with the whole city as place, another thing."""

    PLACE = "place"
    CATEGORY = "category"
    STATUS = "status"
    DAY = "day"


class Plan(NamedTuple):
    """How one city's part of a question is answered."""

    city: City
    blocks: tuple[tuple[Blocks, Kind], ...]
    days: tuple[tuple[int, int], ...]
    """The local days the blocks cover, half-open and apart from each other."""
    stretches: tuple[Stretch, ...]


def plan(question: Filter, city: City, grid: int, key: Key = Key.PLACE) -> Plan:
    """Divide the time of a question between stored blocks and single complaints."""
    kind = Kind.DOMAIN if question.domains else Kind.ALL
    if question.categories or question.hidden:
        kind = Kind.CATEGORY
    # The categories are the places of a whole city, so one kind of block answers for each.
    spans, kinds = spans_for(grid, Kind.ALL if grid == CITY else kind)
    if key is Key.DAY:
        spans = [1]
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


def _of_stored_kind(question: Filter, kind: Kind) -> ColumnElement[bool]:
    """Which `rollup.kind` numbers to add up in a block that is broken down by `kind`."""
    if kind is Kind.ALL:
        return rollup.c.kind == 0
    if kind is Kind.CATEGORY and question.categories:
        return rollup.c.kind.in_(question.categories)
    if kind is Kind.CATEGORY:
        return and_(rollup.c.kind > 0, of_kind(question, rollup.c.kind))
    if question.domains:
        return rollup.c.kind.in_([-number for number in question.domains])
    return rollup.c.kind < 0


def _is_open(block: Blocks) -> bool:
    return block.first <= EARLIEST or block.last + block.span >= LATEST


def _known_days(city: City, block: Blocks) -> ColumnElement[bool]:
    """The blocks without a beginning or an end that have any complaint."""
    known = rollup.alias("known")
    return rollup.c.day.in_(
        select(known.c.day).where(
            known.c.city_id == city.id,
            known.c.grid == CITY,
            known.c.span == block.span,
            known.c.kind == 0,
            known.c.status == EVERY_STATUS,
            known.c.day.between(block.first, block.last),
        )
    )


def _regions(grid: int, span: int, within: Sequence[int]) -> NDArray[np.int64]:
    return np.unique(parents(np.asarray(within, dtype=np.int64), region_level(grid, span)))


def _listed(
    grid: int, found: Sequence[Blocks], within: Sequence[int] | None
) -> tuple[FromClause, ColumnElement[bool]]:
    """Blocks one by one, and with their regions, so that an index looks up each."""
    spans, days, regions = [], [], []
    for block in found:
        days_of = np.arange(block.first, block.last + 1, block.span)
        where = np.zeros(1, np.int64) if within is None else _regions(grid, block.span, within)
        days.append(np.repeat(days_of, len(where)))
        regions.append(np.tile(where, len(days_of)))
        spans.append(np.full(len(days[-1]), block.span))
    lists = [array_of(np.concatenate(spans), "SMALLINT[]"),
             array_of(np.concatenate(days), "INTEGER[]")]  # fmt: skip
    columns = [Column("span", SMALLINT), Column("day", INTEGER)]
    if within is not None:
        lists.append(array_of(np.concatenate(regions), "BIGINT[]"))
        columns.append(Column("region", BIGINT))
    block_ = func.unnest(*lists).table_valued(*columns).render_derived(name="block")
    conditions = [rollup.c[column.name] == block_.c[column.name] for column in columns]
    return block_, and_(*conditions)


def _stored(
    question: Filter, of: Plan, grid: int, within: Sequence[int] | None, key: Key
) -> list[Select[Any]]:
    near = within if within is not None and len(within) <= MOST_PROBES else None
    parts = []
    for kind in sorted({kind for _, kind in of.blocks}):
        found = [block for block, its in of.blocks if its is kind]
        closed = [block for block in found if not _is_open(block)]
        conditions = [
            rollup.c.city_id == of.city.id,
            rollup.c.grid == grid,
            _of_stored_kind(question, kind),
        ]
        if question.statuses:
            conditions.append(rollup.c.status.in_(question.statuses))
        elif key is Key.STATUS:
            conditions.append(rollup.c.status != EVERY_STATUS)
        else:
            conditions.append(rollup.c.status == EVERY_STATUS)
        if grid == AREA and near is not None:
            sets = select(area.c.set_id).where(is_any(area.c.id, near)).distinct()
            conditions.append(rollup.c.region.in_(sets))
        cells_near = near if grid > AREA else None
        if closed:
            listed, same = _listed(grid, closed, cells_near)
            parts.append(_held(question, grid, within, key, and_(*conditions, same), listed))
        for block in found:
            if _is_open(block):
                some = [*conditions, rollup.c.span == block.span, _known_days(of.city, block)]
                if cells_near is not None:
                    regions = _regions(grid, block.span, cells_near)
                    some.append(is_any(rollup.c.region, regions))
                parts.append(_held(question, grid, within, key, and_(*some)))
    return parts


def _held(
    question: Filter,
    grid: int,
    within: Sequence[int] | None,
    key: Key,
    condition: ColumnElement[bool],
    listed: FromClause | None = None,
) -> Select[Any]:
    """Rows (place, n) of the stored blocks that meet a condition."""
    rows = select(
        rollup.c.status,
        rollup.c.day,
        func.unnest(rollup.c.places, type_=BIGINT).label("place"),
        func.unnest(rollup.c.counts, type_=INTEGER).label("n"),
    )
    if listed is not None:
        rows = rows.select_from(listed.join(rollup, condition))
    else:
        rows = rows.where(condition)
    held = rows.subquery()
    what = {Key.STATUS: held.c.status, Key.DAY: held.c.day}.get(key, held.c.place)
    statement: Select[Any] = select(what.label("place"), held.c.n)
    if grid == CITY:
        # Its places are categories.
        if key is Key.PLACE:
            statement = select(literal(0).label("place"), held.c.n)
        statement = statement.where(of_kind(question, held.c.place))
    elif within is not None:
        statement = statement.where(is_any(held.c.place, within))
    return statement


def _place(grid: int, cell: ColumnElement[int]) -> ColumnElement[int]:
    if grid == CITY:
        return literal(0)
    return cell if grid == LEAF else func.cell_parent(cell, grid, type_=complaint.c.cell.type)


def _pending(
    question: Filter, of: Plan, grid: int, within: Sequence[int] | None, key: Key
) -> Select[Any]:
    conditions = [
        pending.c.city_id == of.city.id,
        or_(false(), *(pending.c.day.between(first, end - 1) for first, end in of.days)),
        of_kind(question, pending.c.category_id),
    ]
    if question.statuses:
        conditions.append(pending.c.status.in_(question.statuses))
    if key is not Key.PLACE:
        what = {
            Key.CATEGORY: pending.c.category_id,
            Key.STATUS: pending.c.status,
            Key.DAY: pending.c.day,
        }[key]
        return select(what.label("place"), pending.c.n).where(*conditions)
    if grid == AREA:
        held = func.unnest(pending.c.area_ids).table_valued("area_id").render_derived(name="held")
        place: ColumnElement[int] = held.c.area_id
        if within is not None:
            conditions.append(is_any(place, within))
        return (
            select(place.label("place"), pending.c.n)
            .select_from(pending.join(held, true()))
            .where(*conditions)
        )
    place = _place(grid, pending.c.cell)
    if within is not None:
        conditions.append(is_any(place, within))
    return select(place.label("place"), pending.c.n).where(*conditions)


def _single(
    question: Filter, of: Plan, grid: int, within: Sequence[int] | None, key: Key
) -> Select[Any]:
    own = question.of_city(of.city)
    if grid == AREA:
        return _single_by_area(own, of, within)
    columns = complaint.c
    if own.areas_alone:
        # The covering copy answers without a look at the complaints.
        columns = complaint_area.c
        condition = in_areas(own, of.stretches, columns)
    else:
        condition = matches(own, of.stretches)
    if key is Key.CATEGORY:
        what: ColumnElement[int] = columns.category_id
    elif key is Key.STATUS:
        what = columns.status
    elif key is Key.DAY:
        what = func.local_day(columns.reported_at, of.city.zone.key, type_=INTEGER)
    else:
        what = _place(grid, columns.cell)
        if within is not None:
            condition = and_(condition, of_cells(own, grid, within, what))
    found: ColumnElement[Any] = what.label("place")
    return select(found, literal(1).label("n")).where(condition)


def _single_by_area(question: Filter, of: Plan, within: Sequence[int] | None) -> Select[Any]:
    """One row for each complaint and each area that holds it."""
    held = complaint_area.alias("held")
    conditions = [in_stretches(held.c.reported_at, of.stretches)]
    if within is not None:
        conditions.append(is_any(held.c.area_id, within))
    what = select(held.c.area_id.label("place"), literal(1).label("n"))
    if question.words or question.drawn:
        return what.join_from(complaint, held, held.c.complaint_id == complaint.c.id).where(
            matches(question, of.stretches), held.c.reported_at == complaint.c.reported_at,
            *conditions,
        )  # fmt: skip
    conditions.append(of_kind(question, held.c.category_id))
    if question.statuses:
        conditions.append(held.c.status.in_(question.statuses))
    if within is None:
        sets = select(area_set.c.id).where(area_set.c.city_id == of.city.id, area_set.c.ready)
        areas = select(area.c.id).where(area.c.set_id.in_(sets))
        conditions.append(held.c.area_id.in_(areas))
    if question.areas:
        chosen = (
            select(complaint_area.c.complaint_id)
            .where(in_areas(question, of.stretches, complaint_area.c))
            .distinct()
            .subquery("chosen")
        )
        return what.join_from(held, chosen, chosen.c.complaint_id == held.c.complaint_id).where(
            *conditions
        )
    return what.where(*conditions)


def _changed(
    question: Filter, city: City, grid: int, within: Sequence[int] | None, key: Key
) -> list[Select[Any]]:
    """Rows that turn what is known now into what was known then."""
    parts: list[Select[Any]] = []
    assert question.as_of is not None  # noqa: S101 - the caller asks for nothing else
    for relation, sign in asof.changes(question.as_of):
        columns = relation.c
        condition = matches(question, columns=columns)
        if grid == AREA and key is Key.PLACE:
            ids = func.areas_at(columns.geom, columns.city_id)
            held = func.unnest(ids).table_valued("area_id").render_derived(name="held")
            place: ColumnElement[int] = held.c.area_id
            rows: FromClause = relation.join(held, true())
        else:
            rows = relation
            place = {
                Key.PLACE: _place(grid, columns.cell),
                Key.CATEGORY: columns.category_id,
                Key.STATUS: columns.status,
                Key.DAY: func.local_day(columns.reported_at, city.zone.key, type_=INTEGER),
            }[key]
        if within is not None:
            condition = and_(condition, is_any(place, within))
        what: ColumnElement[Any] = place.label("place")
        parts.append(select(what, literal(sign).label("n")).select_from(rows).where(condition))
    return parts


def counted(
    question: Filter,
    grid: int,
    within: Sequence[int] | None = None,
    key: Key = Key.PLACE,
) -> Subquery:
    """Rows (place, n) whose sums answer the question; n may be negative in single rows.

    `grid` is CITY, AREA or an H3 resolution from 6 to 12; `within` limits the answer to some cells
    of that resolution, or to some areas by id. With CITY as grid, `key` may ask for categories,
    states or local days instead of the one place.
    """
    parts: list[Select[Any]] = []
    for city in question.cities:
        if question.areas and not any(one.city_id == city.id for one in question.areas):
            continue
        of = plan(question, city, grid, key)
        parts += _stored(question, of, grid, within, key)
        if of.blocks:
            parts.append(_pending(question, of, grid, within, key))
        # One by one: a scan of an index that covers it answers for each without the table.
        for stretch in of.stretches:
            alone = of._replace(stretches=(stretch,))
            parts.append(_single(question, alone, grid, within, key))
        if question.as_of is not None:
            parts += _changed(question.of_city(city), city, grid, within, key)
    if not parts:
        nothing = select(literal(0).label("place"), literal(0).label("n"))
        return nothing.where(false()).subquery()
    return union_all(*parts).subquery("counted")


def by_place(
    question: Filter, grid: int, within: Sequence[int] | None = None, key: Key = Key.PLACE
) -> Select[Any]:
    """Rows (place, n): cells with their counts, or areas with theirs; zeros are left out."""
    rows = counted(question, grid, within, key)
    n = func.sum(rows.c.n)
    return (
        select(rows.c.place, n.label("n"))
        .group_by(rows.c.place)
        .having(n != 0)
        .order_by(rows.c.place)
    )


def by_category(question: Filter) -> Select[Any]:
    """Rows (place, n) with category ids as places."""
    return by_place(question, CITY, None, Key.CATEGORY)


def by_day(question: Filter) -> Select[Any]:
    """Rows (place, n) with local days since 1970-01-01 as places."""
    return by_place(question, CITY, None, Key.DAY)


def total(question: Filter) -> Select[Any]:
    """One number: all complaints that match."""
    return select(func.coalesce(func.sum(counted(question, CITY).c.n), 0))


def by_status(question: Filter) -> Select[Any]:
    """Rows (place, n) with states as places."""
    return by_place(question, CITY, None, Key.STATUS)
