"""What a filter means: the conditions a single complaint meets."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import lru_cache
from itertools import groupby
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
from geo.cells import (
    PROBED,
    children,
    estimated,
    holding,
    leaf_range,
    parents,
    probes,
    resolution_of,
)
from geo.filters import Filter
from geo.schema import category, complaint, complaint_area

# Above this many cells of resolution 9, one pass over a stretch of time is cheaper than a probe
# of `ix_complaint_place` for each.
MOST_PROBES: Final = 2500
# A polygon over more cells than this (some 6,000 km²) is compared with each complaint instead.
MOST_LISTED: Final = 60_000
# No leaf of a cell of resolution 9 lies farther from its middle: its corners are at most 230 m off,
# leaves reach beyond its outline by less than 50 m. In degrees of latitude.
REACH_DEGREES: Final = 0.0026


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
    question: Filter,
    stretches: Sequence[Stretch] | None = None,
    columns: Any = complaint.c,
    *,
    few: bool = False,
) -> ColumnElement[bool]:
    """The condition a single complaint meets: the one definition of what a filter means.

    `columns` may be those of another relation like `complaint`, as `geo.asof` has; its areas are
    then looked up by its points. `few` says that other conditions leave few complaints: a shape is
    compared with each of them then, and its cells are not listed. The answer is the same.
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
    if question.cells:
        conditions.append(_in_cells(question.cells, columns))
    if question.bbox and not _holds_all(question.bbox, question):
        box = question.bbox
        inside = and_(
            func.ST_X(columns.geom).between(box.west, box.east),
            func.ST_Y(columns.geom).between(box.south, box.north),
        )
        corners = ((box.west, box.south), (box.east, box.south), (box.east, box.north),
                   (box.west, box.north))  # fmt: skip
        if box.west == box.east or box.south == box.north:
            conditions.append(inside)
        else:
            conditions.append(inside if few else _within(question, corners, inside, columns))
    if question.polygon:
        wkb = func.ST_GeomFromWKB(shapely.to_wkb(shapely.Polygon(question.polygon)), 4326)
        exactly = func.ST_Intersects(wkb, columns.geom)
        conditions.append(exactly if few else _within(question, question.polygon, exactly, columns))
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


def _in_cells(given: Sequence[int], columns: Any) -> ColumnElement[bool]:
    """The place index holds `cell >> 18`, which is resolution 9; parents settle what is finer."""
    if len(given) == 1:
        low, high = leaf_range(given[0])
        return and_(
            _probe(columns).between(literal(low >> 18), literal(high >> 18)),
            columns.cell.between(literal(low), literal(high)),
        )
    found, around, exactly = [], [], []
    for resolution, those in groupby(sorted(given, key=resolution_of), key=resolution_of):
        alike = np.fromiter(those, np.int64)
        of_parents = is_any(func.cell_parent(columns.cell, resolution), alike.tolist())
        if resolution > PROBED:
            around.append(parents(alike, PROBED))
            exactly.append(of_parents)
        elif len(alike) * 7 ** (PROBED - resolution) <= MOST_LISTED:
            found.append(is_any(_probe(columns), probes(children(alike, PROBED))))
        else:
            found.append(of_parents)
    if around:
        near = probes(np.unique(np.concatenate(around)))
        found.append(and_(is_any(_probe(columns), near), or_(*exactly)))
    return or_(*found)


def _holds_all(box: BBox, question: Filter) -> bool:
    """Whether no complaint of the asked cities can lie outside of a box."""
    return all(box.contains(city.limits) for city in question.cities)


class _Cover(NamedTuple):
    """Cells of resolution 9 that hold what lies in a shape."""

    inside: NDArray[np.int64]
    """Whose every leaf lies in it."""
    around: NDArray[np.int64]
    """These and those on its outline."""


@lru_cache(maxsize=256)
def _cover(corners: tuple[tuple[float, float], ...], limits: BBox) -> _Cover | None:
    """None where there are too many to be listed."""
    shape = shapely.Polygon(corners)
    common = BBox(*shape.bounds).intersection(limits.wider(0.01))
    if common is None:
        nothing = np.empty(0, np.int64)
        return _Cover(nothing, nothing)
    if estimated(common, PROBED) > MOST_LISTED:
        return None
    near = holding(common, PROBED)
    centres = shapely.points(cells.centres(near))
    reach = REACH_DEGREES / float(np.cos(np.radians(max(abs(common.south), abs(common.north)))))
    shapely.prepare(shape)
    outline = shape.boundary
    shapely.prepare(outline)
    crossed = shapely.dwithin(centres, outline, reach)
    held = shapely.contains_properly(shape, centres)
    return _Cover(near[held & ~crossed], near[held | crossed])


def _within(
    question: Filter,
    corners: tuple[tuple[float, float], ...],
    exactly: ColumnElement[bool],
    columns: Any,
) -> ColumnElement[bool]:
    """Cells that lie inside hold whole complaints; only those on the outline need a closer look."""
    covers = [_cover(corners, city.limits) for city in question.cities]
    known = [cover for cover in covers if cover is not None]
    if len(known) < len(covers) or not known:
        return exactly
    inside = np.unique(np.concatenate([cover.inside for cover in known]))
    around = np.unique(np.concatenate([cover.around for cover in known]))
    if not len(around):
        return false()
    probe = _probe(columns)
    return and_(is_any(probe, probes(around)), or_(is_any(probe, probes(inside)), exactly))


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
