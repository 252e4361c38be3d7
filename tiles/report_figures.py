"""The figures of a report: read once, in one snapshot, all by way of `geo.counts`."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
import orjson
from numpy.typing import NDArray
from sqlalchemy import (
    ColumnElement,
    Connection,
    Double,
    Integer,
    Numeric,
    Row,
    Select,
    and_,
    func,
    select,
    union_all,
)

from geo import asof, cells, counts, series
from geo.bbox import BBox
from geo.catalogue import catalogue
from geo.errors import BadFilterError, NotFoundError
from geo.filters import Filter
from geo.matching import is_any
from geo.rollup import AREA
from geo.schema import area, area_set, area_shape, city, complaint, source

# Beyond this many a phone takes long to draw, and clusters say no more than cells.
MOST_PINS: Final = 2000
# A resolution that nobody asked for stays below the first, one that was asked for below the second.
EASY_CELLS, MOST_CELLS = 12_000, 30_000
FINEST: Final = 10


class Area(NamedTuple):
    """An area with its count; the shape is a GeoJSON geometry in degrees."""

    set_code: str
    code: str
    name: str
    name_en: str
    kind: str | None
    n: int
    population: int | None
    area_km2: float
    lon: float
    lat: float
    shape: dict[str, Any]


class Step(NamedTuple):
    """A step of time: which cells have complaints, as positions in `Figures.cells`, and how many.

    `n` has the shape of `cells`.
    """

    key: str
    cells: NDArray[np.int64]
    n: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ground:
    """What every report and picture says; the sum over areas and `outside` is `total`."""

    question: Filter
    made: datetime
    extent: BBox
    total: int
    days: tuple[int, int] | None
    """The first and last local day with a complaint, since 1970-01-01."""
    areas: tuple[Area, ...]
    outside: int
    cities: tuple[Row[Any], ...]
    sets: tuple[Row[Any], ...]
    sources: tuple[Row[Any], ...]
    chosen: tuple[Row[Any], ...]
    """The areas the question asks for, each with its `shape` as GeoJSON."""
    kinds: tuple[Row[Any], ...]
    """The rows of `geo.catalogue.catalogue`."""


@dataclass(frozen=True, slots=True)
class Figures(Ground):
    """All a report shows. Sums over cells, over steps, and over areas and `outside` are `total`."""

    resolution: int
    cells: NDArray[np.int64]
    n: NDArray[np.int64]
    steps: tuple[Step, ...]
    pins: tuple[Row[Any], ...] | None
    """Rows (code, lon, lat, category_id, status, day); None where they are too many."""


def _sets(connection: Connection, question: Filter, code: str | None, made: datetime) -> list[Any]:
    """The set asked for, or for each city the newest in force on the day of the report."""
    rows = connection.execute(
        select(area_set)
        .where(area_set.c.ready)
        .order_by(area_set.c.city_id, area_set.c.since.desc().nulls_last(), area_set.c.code)
    ).all()
    if code is not None:
        found = [row for row in rows if row.code == code]
        if not found:
            raise NotFoundError(f"no boundary set {code!r}; /api/v1/boundaries lists them")
        return found
    found = []
    for one in question.cities:
        today = made.astimezone(one.zone).date()
        own = [row for row in rows if row.city_id == one.id]
        in_force = [
            row
            for row in own
            if (row.since is None or row.since <= today)
            and (row.until is None or today < row.until)
        ]
        found += (in_force or own)[:1]
    return found


def _extent(connection: Connection, question: Filter, set_ids: Sequence[int]) -> BBox:
    """What the map shows first: the box asked for, the areas asked for, or the whole cities."""
    limits = [one.limits for one in question.cities]
    whole = BBox(
        min(box.west for box in limits),
        min(box.south for box in limits),
        max(box.east for box in limits),
        max(box.north for box in limits),
    )
    if question.bbox is not None:
        return question.bbox.intersection(whole) or question.bbox
    asked = [one.id for one in question.areas]
    condition = is_any(area.c.id, asked) if asked else area.c.set_id.in_(set_ids)
    hull = func.ST_Extent(area.c.geom).label("hull")
    held = select(hull).where(condition).subquery()
    corners = (func.ST_XMin, func.ST_YMin, func.ST_XMax, func.ST_YMax)
    found = connection.execute(select(*(corner(held.c.hull) for corner in corners))).one()
    return whole if found[0] is None else BBox(*map(float, found))


def read_cells(
    connection: Connection, question: Filter, extent: BBox, asked: int | None
) -> tuple[int, NDArray[np.int64], NDArray[np.int64]]:
    """The resolution, asked for or fit for the extent, and the cells with their counts, ascending.

    Raises `BadFilterError` for a resolution with too many cells.
    """
    resolution = asked or cells.COARSEST
    if asked is None:
        for finer in range(cells.COARSEST, FINEST + 1):
            if cells.estimated(extent, finer) <= EASY_CELLS:
                resolution = finer
    while True:
        statement = counts.by_place(question, resolution).limit(MOST_CELLS + 1)
        rows = connection.execute(statement).all()
        if len(rows) <= MOST_CELLS:
            places = np.array([row.place for row in rows], dtype=np.int64)
            return resolution, places, np.array([int(row.n) for row in rows], dtype=np.int64)
        if asked is not None or resolution == cells.COARSEST:
            raise BadFilterError(
                "resolution",
                f"more than {MOST_CELLS} cells: use a coarser resolution, a bbox or an area",
            )
        resolution -= 1


def _steps(
    connection: Connection,
    question: Filter,
    days: tuple[int, int] | None,
    resolution: int,
    places: NDArray[np.int64],
) -> list[Step]:
    """The counts of each step; `places` ascend."""
    if days is None:
        return []
    shown = series.steps(question.since, question.until, *days, question.cities[0].zone)
    found = []
    for step, statement in zip(shown, series.by_step(question, shown, resolution), strict=True):
        rows = connection.execute(statement).all()
        held = np.array([row.place for row in rows], dtype=np.int64)
        n = np.array([int(row.n) for row in rows], dtype=np.int64)
        found.append(Step(step.key, np.searchsorted(places, held), n))
    return found


def _drawn(extent: BBox, condition: ColumnElement[bool]) -> Select[Any]:
    """Areas with their shapes as GeoJSON, simplified as far as the extent allows."""
    # Shapes drawn up to zoom 10 are right to 25 m: enough for a city on a screen.
    closest = 12 if extent.east - extent.west < 0.25 else 10
    zoom = select(
        func.coalesce(
            func.min(area_shape.c.zoom).filter(area_shape.c.zoom >= closest),
            func.max(area_shape.c.zoom),
        )
    ).scalar_subquery()
    shape = func.coalesce(func.ST_Transform(area_shape.c.geom, 4326), area.c.geom)
    return (
        select(
            area.c.id,
            area.c.code,
            area.c.name,
            area.c.name_en,
            area.c.kind,
            area.c.population,
            area.c.area_km2,
            area_set.c.code.label("set_code"),
            func.ST_X(area.c.label).label("lon"),
            func.ST_Y(area.c.label).label("lat"),
            func.ST_AsGeoJSON(shape, 5).label("shape"),
        )
        .join_from(area, area_set, area_set.c.id == area.c.set_id)
        .outerjoin(area_shape, and_(area_shape.c.area_id == area.c.id, area_shape.c.zoom == zoom))
        .where(condition)
        .order_by(area.c.id)
    )


def _areas(
    connection: Connection, question: Filter, sets: Sequence[Any], extent: BBox
) -> list[Area]:
    wanted = select(area.c.id).where(area.c.set_id.in_([row.id for row in sets]))
    ids = connection.execute(wanted.order_by(area.c.id)).scalars().all()
    if not ids:
        return []
    counted = connection.execute(counts.by_place(question, AREA, ids))
    held = {int(row.place): int(row.n) for row in counted}
    rows = connection.execute(_drawn(extent, is_any(area.c.id, ids)))
    return [
        Area(
            row.set_code,
            row.code,
            row.name,
            row.name_en,
            row.kind,
            held.get(row.id, 0),
            row.population,
            float(row.area_km2),
            round(row.lon, 5),
            round(row.lat, 5),
            orjson.loads(row.shape),
        )
        for row in rows
    ]


def select_pins(question: Filter) -> Select[Any]:
    """Single complaints without words, address or source: what everyone may see of each."""
    pins = []
    for columns, condition in asof.parts(question):
        day = func.local_day(columns.reported_at, city.c.timezone, type_=Integer)
        pins.append(
            select(
                columns.code,
                func.round(func.ST_X(columns.geom).cast(Numeric), 5).cast(Double).label("lon"),
                func.round(func.ST_Y(columns.geom).cast(Numeric), 5).cast(Double).label("lat"),
                columns.category_id,
                columns.status,
                day.label("day"),
            )
            .join(city, city.c.id == columns.city_id)
            .where(condition)
        )
    all_ = union_all(*pins).subquery("pins")
    return select(all_).order_by(all_.c.code)


def _sources(connection: Connection, question: Filter) -> list[Any]:
    """The sources of the asked cities' complaints."""
    ids = [one.id for one in question.cities]
    own = select(complaint.c.id).where(
        complaint.c.source_id == source.c.id, complaint.c.city_id.in_(ids)
    )
    return list(connection.execute(select(source).where(own.exists()).order_by(source.c.id)).all())


def read_ground(
    connection: Connection, question: Filter, made: datetime, set_code: str | None = None
) -> Ground:
    """The ground of a question; raises `NotFoundError` without a city or for an unknown set."""
    if not question.cities:
        raise NotFoundError("no city is set up yet")
    sets = _sets(connection, question, set_code, made)
    extent = _extent(connection, question, [row.id for row in sets])
    by_day = connection.execute(counts.by_day(question)).all()
    numbers = [int(row.place) for row in by_day]
    total = int(connection.execute(counts.total(question)).scalar_one())
    areas = _areas(connection, question, sets, extent)
    asked = [one.id for one in question.areas]
    ids = [one.id for one in question.cities]
    return Ground(
        question=question,
        made=made,
        extent=extent,
        total=total,
        days=(min(numbers), max(numbers)) if numbers else None,
        areas=tuple(areas),
        outside=total - sum(one.n for one in areas),
        cities=tuple(
            connection.execute(select(city).where(city.c.id.in_(ids)).order_by(city.c.id))
        ),
        sets=tuple(sets),
        sources=tuple(_sources(connection, question)),
        chosen=tuple(connection.execute(_drawn(extent, is_any(area.c.id, asked)))),
        kinds=tuple(connection.execute(catalogue())),
    )


def read(
    connection: Connection,
    question: Filter,
    made: datetime,
    set_code: str | None = None,
    resolution: int | None = None,
) -> Figures:
    """The figures of a question; the caller's transaction makes them one snapshot.

    Raises `BadFilterError` for a resolution with too many cells, `NotFoundError` without a city or
    for an unknown set.
    """
    ground = read_ground(connection, question, made, set_code)
    chosen_resolution, places, n = read_cells(connection, question, ground.extent, resolution)
    pins = None
    if ground.total <= MOST_PINS:
        pins = tuple(connection.execute(select_pins(question)).all())
    return Figures(
        **{one.name: getattr(ground, one.name) for one in fields(ground)},
        resolution=chosen_resolution,
        cells=places,
        n=n,
        steps=tuple(_steps(connection, question, ground.days, chosen_resolution, places)),
        pins=pins,
    )
