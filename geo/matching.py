"""What a filter means: the conditions a single complaint meets."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    and_,
    any_,
    bindparam,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import INTEGER
from sqlalchemy.types import UserDefinedType

from geo import cells
from geo.bbox import BBox
from geo.cells import PROBED, children, estimated, holding, leaf_range, parents, probes
from geo.filters import Filter
from geo.schema import category, complaint, complaint_area

# Above this many cells of resolution 9, one pass over a stretch of time is cheaper than a probe
# of `ix_complaint_place` for each.
MOST_PROBES: Final = 2500
# A polygon over more cells than this (some 6,000 km²) is compared with each complaint instead.
MOST_LISTED: Final = 60_000
# Leaves reach beyond the outline of their ancestor of resolution 9 by less than 50 m.
SPILL_DEGREES: Final = 0.0006


class _Numbers(UserDefinedType[str]):
    """An array of integers sent as one text; the driver's own way takes a step for each element."""

    cache_ok = True
    render_bind_cast = True

    def __init__(self, name: str) -> None:
        self.name = name

    def get_col_spec(self, **_: Any) -> str:
        return self.name


class Stretch(NamedTuple):
    """Instants, half-open; None is open."""

    since: datetime | None
    until: datetime | None


def of_kind(question: Filter, column: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a category id is one the question asks for."""
    if question.categories:
        return column.in_(question.categories)
    shown = column.not_in(question.hidden) if question.hidden else true()
    if question.domains:
        of_domains = select(category.c.id).where(category.c.domain_id.in_(question.domains))
        return and_(column.in_(of_domains), shown)
    return shown


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


def of_words(question: Filter, columns: Any = complaint.c) -> ColumnElement[bool]:
    """Text search: every word, the last one as a prefix; diacritics do not matter."""
    if not question.words:
        return true()
    # Only letters and digits reach the query language, so nothing typed can be an operator.
    tokens = re.findall(r"[^\W_]+", " ".join(question.words))
    if not tokens:
        return false()
    asked = func.to_tsquery("simple", func.fold(" & ".join(tokens) + ":*"))
    return func.words(columns.address, columns.text).op("@@")(asked)


def array_of(values: Iterable[int], kind: str) -> ColumnElement[Any]:
    """An array as one bind, so that the statement's text does not grow with it."""
    listed = values.tolist() if isinstance(values, np.ndarray) else values
    return bindparam(None, "{" + ",".join(map(str, listed)) + "}", _Numbers(kind))


def is_any(column: ColumnElement[int], values: Iterable[int]) -> ColumnElement[bool]:
    """`column = ANY(array)`."""
    kind = "INTEGER[]" if isinstance(column.type, INTEGER) else "BIGINT[]"
    return column == any_(array_of(values, kind))


def matches(
    question: Filter, stretches: Sequence[Stretch] | None = None, columns: Any = complaint.c
) -> ColumnElement[bool]:
    """The condition a single complaint meets: the one definition of what a filter means.

    `columns` may be those of another relation like `complaint`, as `geo.asof` has; its areas are
    then looked up by its points.
    """
    whole = [Stretch(question.since, question.until)]
    conditions = [
        columns.city_id.in_([city.id for city in question.cities]),
        of_kind(question, columns.category_id),
        in_stretches(columns.reported_at, whole if stretches is None else stretches),
        of_words(question, columns),
    ]
    if question.statuses:
        conditions.append(columns.status.in_(question.statuses))
    if question.areas:
        conditions.append(_in_areas(question, columns))
    if question.cell is not None:
        low, high = leaf_range(question.cell)
        # The place index holds `cell >> 18`; the leaves themselves settle what is finer.
        conditions += [
            _probe(columns).between(literal(low >> 18), literal(high >> 18)),
            columns.cell.between(literal(low), literal(high)),
        ]
    if question.bbox:
        box = question.bbox
        conditions += [
            func.ST_X(columns.geom).between(box.west, box.east),
            func.ST_Y(columns.geom).between(box.south, box.north),
        ]
        if not (question.words or question.areas) and estimated(box, PROBED) <= MOST_PROBES:
            conditions.append(is_any(_probe(columns), probes(holding(box, PROBED))))
    if question.polygon:
        conditions.append(_in_polygon(question, columns))
    return and_(*conditions)


def _in_areas(question: Filter, columns: Any) -> ColumnElement[bool]:
    ids = [one.id for one in question.areas]
    if columns is not complaint.c:
        at: ColumnElement[bool] = func.areas_at(columns.geom, columns.city_id).op("&&")(
            array_of(ids, "INTEGER[]")
        )
        return at
    return (
        select(literal(1))
        .where(
            is_any(complaint_area.c.area_id, ids),
            complaint_area.c.reported_at == complaint.c.reported_at,
            complaint_area.c.complaint_id == complaint.c.id,
        )
        .exists()
    )


def _in_polygon(question: Filter, columns: Any) -> ColumnElement[bool]:
    """Cells that lie inside hold whole complaints; only those on the outline need a closer look."""
    shape = shapely.Polygon(question.polygon)
    wkb = func.ST_GeomFromWKB(shapely.to_wkb(shape), 4326)
    exactly: ColumnElement[bool] = func.ST_Intersects(wkb, columns.geom)
    box = BBox(*shape.bounds)
    inside: list[NDArray[np.int64]] = []
    across: list[NDArray[np.int64]] = []
    for city in question.cities:
        common = box.intersection(city.limits.wider(0.01))
        if common is None:
            continue
        if estimated(common, PROBED) > MOST_LISTED:
            return exactly
        near = holding(common, PROBED)
        hexagons = cells.polygons(near)
        # A leaf may lie a little beyond the outline of its ancestor.
        around = shapely.buffer(hexagons, SPILL_DEGREES, quad_segs=2)
        shapely.prepare(shape)
        touched = shapely.intersects(shape, around)
        whole = shapely.contains_properly(shape, around)
        inside.append(near[whole])
        across.append(near[touched & ~whole])
    if not inside:
        return false()
    within, edge = np.unique(np.concatenate(inside)), np.unique(np.concatenate(across))
    probe = _probe(columns)
    return and_(
        is_any(probe, probes(np.union1d(within, edge))),
        or_(is_any(probe, probes(within)), exactly),
    )


def _probe(columns: Any = complaint.c) -> ColumnElement[int]:
    found: ColumnElement[int] = columns.cell.op(">>")(literal_column("18"))
    return found


def of_cells(
    question: Filter,
    grid: int,
    within: Sequence[int],
    place: ColumnElement[int],
    columns: Any = complaint.c,
) -> ColumnElement[bool]:
    """Whether a complaint lies in one of the cells, by the place index where they are few."""
    inside = is_any(place, within)
    if question.words or question.areas or question.drawn or not within:
        return inside
    wanted = np.asarray(within, dtype=np.int64)
    if grid > PROBED:
        around = np.unique(parents(wanted, PROBED))
    elif len(within) * 7 ** (PROBED - grid) <= MOST_PROBES:
        around = children(wanted, PROBED)
    else:
        return inside
    found = is_any(_probe(columns), probes(around))
    return and_(found, inside) if grid > PROBED else found


def in_areas(question: Filter, stretches: Sequence[Stretch], columns: Any) -> ColumnElement[bool]:
    """The same condition over the columns of `complaint_area`, for questions of areas alone."""
    conditions = [
        is_any(columns.area_id, [one.id for one in question.areas]),
        of_kind(question, columns.category_id),
        in_stretches(columns.reported_at, stretches),
    ]
    if question.statuses:
        conditions.append(columns.status.in_(question.statuses))
    return and_(*conditions)
