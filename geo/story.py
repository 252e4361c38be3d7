"""The story of a place: what a planner wants to know of a cell, an area or a drawn outline."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from sqlalchemy import Connection, extract, func, select, text, union_all

from geo import asof, cells, counts
from geo.complaint import CLOSED, OPEN, Status
from geo.errors import BadFilterError, NotFoundError
from geo.filters import Filter
from geo.landmarks import Near, nearest
from geo.periods import EPOCH
from geo.rollup import AREA
from geo.schema import area, area_set
from geo.study import one_city, region

# The newest so many tell of closing times and streets; reading all would take seconds.
MOST_READ: Final = 20_000
# Below this many a percentile says little.
FEW_CLOSED: Final = 20
MOST_PLACES: Final = 8
HOUSE: Final = r"^[^[:alpha:]]*[0-9]+[[:alpha:]]?(/[0-9]+)*[ ,]+"


class Closing(NamedTuple):
    """Days from report to end, of the newest closed complaints."""

    n: int
    median_days: float | None
    p90_days: float | None

    @property
    def few(self) -> bool:
        return self.n < FEW_CLOSED


class Held(NamedTuple):
    """An area and how many of the complaints lie in it."""

    set: str
    code: str
    name: str
    name_en: str
    kind: str | None
    n: int


class Story(NamedTuple):
    """All of the same complaints."""

    total: int
    open: int
    km2: float | None
    """Of the place, within the city's outline; None where the city has none."""
    residents: int | None
    """Of the chosen areas, where they are all known and nothing else limits the place."""
    statuses: dict[Status, int]
    categories: dict[int, int]
    """By category id, the most first."""
    closing: Closing
    areas: tuple[Held, ...]
    """Of the sets in force, the most first."""
    streets: tuple[tuple[str, int], ...]
    landmarks: tuple[Near, ...]
    """Near the middle of the place, where it is a part of the city."""
    first_day: date | None
    last_day: date | None


def area_km2(shape: shapely.Geometry) -> float:
    """On the ellipsoid WGS 84, of a shape in degrees.

    >>> round(area_km2(shapely.box(105.8, 21.0, 105.9, 21.1)), 1)
    115.1
    """
    from pyproj import Geod  # 9 MiB that a server has no other use for

    return abs(float(Geod(ellps="WGS84").geometry_area_perimeter(shape)[0])) / 1e6


def _closing(connection: Connection, question: Filter) -> Closing:
    closed = tuple(set(question.statuses or CLOSED) & CLOSED)
    if not closed:
        return Closing(0, None, None)
    parts = []
    for columns, condition in asof.parts(replace(question, statuses=closed)):
        seconds = extract("epoch", columns.closed_at - columns.reported_at)
        rows = select(seconds.label("seconds"), columns.reported_at)
        rows = rows.where(condition, columns.closed_at.is_not(None))
        parts.append(select(rows.order_by(columns.reported_at.desc()).limit(MOST_READ).subquery()))
    found = union_all(*parts).subquery("closed")
    newest = select(found.c.seconds).order_by(found.c.reported_at.desc()).limit(MOST_READ)
    days = np.array(connection.execute(newest).scalars().all(), dtype=np.float64) / 86_400
    # Some imported complaints end before they begin.
    days = days[days >= 0]
    if not len(days):
        return Closing(0, None, None)
    median, p90 = np.quantile(days, [0.5, 0.9]).tolist()
    return Closing(len(days), round(median, 2), round(p90, 2))


def _streets(connection: Connection, question: Filter) -> tuple[tuple[str, int], ...]:
    parts = []
    for columns, condition in asof.parts(question):
        rows = select(columns.address, columns.reported_at)
        rows = rows.where(condition, columns.address != "")
        parts.append(select(rows.order_by(columns.reported_at.desc()).limit(2_000).subquery()))
    found = union_all(*parts).subquery("named")
    street = func.regexp_replace(found.c.address, HOUSE, "")
    n = func.count()
    statement = (
        select(street.label("street"), n.label("n"))
        .where(street != "")
        .group_by(street)
        .order_by(n.desc(), street)
        .limit(MOST_PLACES)
    )
    return tuple((str(row.street), int(row.n)) for row in connection.execute(statement))


def _areas(
    connection: Connection, question: Filter, shape: shapely.Geometry | None
) -> tuple[Held, ...]:
    statement = (
        select(
            area.c.id,
            area_set.c.code.label("set"),
            area.c.code,
            area.c.name,
            area.c.name_en,
            area.c.kind,
        )
        .join(area_set, area_set.c.id == area.c.set_id)
        .where(
            area_set.c.city_id.in_([city.id for city in question.cities]),
            area_set.c.ready,
            area_set.c.until.is_(None),
        )
    )
    if shape is not None:
        # Few areas are few probes of an index for each complaint.
        wkb = func.ST_GeomFromWKB(shapely.to_wkb(shape), 4326)
        statement = statement.where(func.ST_Intersects(area.c.geom, wkb))
    names = connection.execute(statement).all()
    known = {row.id: row for row in names}
    if not known:
        return ()
    rows = connection.execute(counts.by_place(question, AREA, sorted(known))).all()
    rows = sorted(rows, key=lambda row: (-row.n, row.place))[:MOST_PLACES]
    found = [(known[row.place], int(row.n)) for row in rows if row.n > 0]
    return tuple(Held(one.set, one.code, one.name, one.name_en, one.kind, n) for one, n in found)


def _shape(connection: Connection, question: Filter) -> shapely.Geometry | None:
    try:
        return region(connection, question)
    except NotFoundError:
        return None
    except BadFilterError as error:
        # Outside of the outline there may be complaints all the same; of several cities there is
        # no one place.
        if error.field in ("bbox", "city"):
            return None
        raise


def _drawn_on(question: Filter) -> shapely.Geometry | None:
    """What is drawn, with what lies a little beyond a cell's outline and is counted with it."""
    shapes = [shapely.box(*question.bbox)] if question.bbox else []
    if question.polygon:
        shapes.append(shapely.Polygon(question.polygon))
    if question.cells:
        shapes.append(cells.shape_of(question.cells, reach=1 / 4))
    return shapely.intersection_all(shapes) if shapes else None


def _residents(connection: Connection, question: Filter) -> int | None:
    if not question.areas_alone:
        return None
    statement = text(
        "SELECT CASE WHEN count(population) = count(*) THEN sum(population) END FROM area"
        " WHERE id = ANY(:ids)"
    )
    ids = [one.id for one in question.areas]
    found = connection.execute(statement, {"ids": ids}).scalar_one()
    return None if found is None else int(found)


class _Sums(NamedTuple):
    statuses: dict[Status, int]
    categories: dict[int, int]
    first_day: date | None
    last_day: date | None


def _stored_sums(connection: Connection, question: Filter) -> _Sums:
    """From stored counts, or the covering copy of areas."""
    statuses = connection.execute(counts.by_status(question)).all()
    kinds = connection.execute(counts.by_category(question)).all()
    days = [int(row.place) for row in connection.execute(counts.by_day(question))]
    return _Sums(
        {Status(row.place): int(row.n) for row in statuses},
        {int(row.place): int(row.n) for row in kinds},
        EPOCH + timedelta(days=min(days)) if days else None,
        EPOCH + timedelta(days=max(days)) if days else None,
    )


def _single_sums(connection: Connection, question: Filter) -> _Sums:
    """In one pass over the complaints."""
    rows: list[Any] = []
    for columns, condition in asof.parts(question):
        statement = select(
            columns.status,
            columns.category_id,
            func.count().label("n"),
            func.min(columns.reported_at).label("first"),
            func.max(columns.reported_at).label("last"),
        )
        statement = statement.where(condition).group_by(columns.status, columns.category_id)
        rows += connection.execute(statement).all()
    statuses: dict[Status, int] = {}
    categories: dict[int, int] = {}
    for row in rows:
        status = Status(row.status)
        statuses[status] = statuses.get(status, 0) + row.n
        categories[row.category_id] = categories.get(row.category_id, 0) + row.n
    zone = question.cities[0].zone
    first = min((row.first for row in rows), default=None)
    last = max((row.last for row in rows), default=None)
    return _Sums(
        statuses,
        categories,
        first.astimezone(zone).date() if first else None,
        last.astimezone(zone).date() if last else None,
    )


def _landmarks(
    connection: Connection, question: Filter, shape: shapely.Geometry | None
) -> tuple[Near, ...]:
    if shape is None or shape.is_empty or not (question.areas or question.drawn):
        return ()
    middle = shapely.point_on_surface(shape)
    return tuple(nearest(connection, one_city(question), middle.x, middle.y))


def story(connection: Connection, question: Filter) -> Story:
    """What there is to say of the complaints of a question, and of their place."""
    shape = _shape(connection, question)
    stored = question.counted or question.areas_alone
    sums = (_stored_sums if stored else _single_sums)(connection, question)
    ranked = sorted(sums.categories.items(), key=lambda one: (-one[1], one[0]))
    return Story(
        total=sum(sums.statuses.values()),
        open=sum(n for status, n in sums.statuses.items() if status in OPEN),
        km2=None if shape is None else round(area_km2(shape), 4),
        residents=_residents(connection, question),
        statuses=sums.statuses,
        categories=dict(ranked),
        closing=_closing(connection, question),
        areas=_areas(connection, question, _drawn_on(question)),
        streets=_streets(connection, question),
        landmarks=_landmarks(connection, question, shape),
        first_day=sums.first_day,
        last_day=sums.last_day,
    )
