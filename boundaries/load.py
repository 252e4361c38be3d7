"""Cities and boundary sets into the database, with every stored complaint assigned anew."""

import hashlib
import json
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry
from sqlalchemy import Connection, delete, insert, select, text, update

from boundaries.read import Report
from boundaries.route import route_part
from geo.errors import BoundaryError
from geo.rollup import rebuild_areas
from geo.schema import area, area_set, area_shape, city

SHAPE_ZOOMS: Final = (8, 10, 12, 14, 22)
MARGIN_DEGREES: Final = 0.05


@dataclass(frozen=True, slots=True)
class SetSpec:
    """A boundary set and the local days it is in force, half-open."""

    code: str
    level: str
    name_vi: str
    name_en: str
    source: str
    since: date | None = None
    until: date | None = None
    approximate: bool = False
    note_vi: str | None = None
    note_en: str | None = None
    licence: str | None = None


class Loaded(NamedTuple):
    """What a load did; nothing changed when the same data was there already."""

    set_id: int
    areas: int
    changed: bool
    assigned: int
    moved: int = 0
    """Open complaints that another area handles now."""


def ensure_city(
    connection: Connection,
    code: str,
    *,
    name_vi: str,
    name_en: str,
    timezone: str,
    languages: list[str],
    outline: BaseGeometry,
    origin: str,
) -> int:
    """The id of a city; made when it is new, left alone when it is there."""
    statement = select(city.c.id).where(city.c.code == code)
    if connection.execute(statement).scalar() is None:
        put_city(
            connection, code, name_vi=name_vi, name_en=name_en, timezone=timezone,
            languages=languages, outline=outline, origin=origin,
        )  # fmt: skip
    return int(connection.execute(statement).scalar_one())


def put_city(
    connection: Connection,
    code: str,
    *,
    name_vi: str,
    name_en: str,
    timezone: str,
    languages: list[str],
    outline: BaseGeometry,
    origin: str,
) -> bool:
    """Make or change a city, with limits a little beyond its outline; True when it is new.

    Raises `BoundaryError` for another time zone where complaints are counted by days already.
    """
    west, south, east, north = outline.bounds
    values = {
        "name_vi": name_vi,
        "name_en": name_en,
        "timezone": timezone,
        "languages": languages,
        "outline": wkt(outline),
        "outline_origin": origin,
        "west": west - MARGIN_DEGREES,
        "south": south - MARGIN_DEGREES,
        "east": east + MARGIN_DEGREES,
        "north": north + MARGIN_DEGREES,
    }
    old = connection.execute(
        select(city.c.id, city.c.timezone).where(city.c.code == code)
    ).one_or_none()
    if old is None:
        connection.execute(insert(city).values(code=code, **values))
    else:
        counted = text("SELECT EXISTS (SELECT FROM complaint WHERE city_id = :id)")
        if old.timezone != timezone and connection.execute(counted, {"id": old.id}).scalar_one():
            raise BoundaryError(
                f"{code} has complaints counted by the days of {old.timezone}; the time zone of a"
                " city with complaints cannot change"
            )
        connection.execute(update(city).where(city.c.id == old.id).values(**values))
    connection.execute(text("SELECT pg_notify('complaint', '*')"))
    return old is None


def _multi(shape: BaseGeometry) -> BaseGeometry:
    return shapely.multipolygons(list(shapely.get_parts(shape)))


def wkt(shape: BaseGeometry, srid: int = 4326) -> str:
    """A shape as PostGIS takes it, a polygon as one of several."""
    whole = _multi(shape) if shape.geom_type == "Polygon" else shape
    return f"SRID={srid};{whole.wkt}"


def checksum_of(spec: SetSpec, areas: gpd.GeoDataFrame) -> str:
    """What tells two loads of a set apart: names, codes, period and shapes."""
    digest = hashlib.sha256(json.dumps(asdict(spec), default=str, sort_keys=True).encode())
    digest.update(areas.drop(columns="geometry").to_json().encode())
    for wkb in shapely.to_wkb(areas.geometry.to_numpy()):
        digest.update(wkb)
    return digest.hexdigest()


def load_set(
    connection: Connection, city_id: int, spec: SetSpec, areas: gpd.GeoDataFrame, report: Report
) -> Loaded:
    """Load or replace a set in the caller's transaction; readers see the old one until commit.

    New complaints wait until then: for a database with few; `boundaries.replace` is for the others.
    """
    checksum = checksum_of(spec, areas)
    old = connection.execute(
        select(area_set.c.id, area_set.c.checksum).where(area_set.c.code == spec.code)
    ).one_or_none()
    if old is not None and old.checksum == checksum:
        return Loaded(old.id, len(areas), False, 0)
    connection.execute(text("SELECT pg_advisory_xact_lock(1887, 1)"))
    if old is not None:
        _remove(connection, old.id)
    set_id = put_set(connection, city_id, spec, areas, report, checksum)
    assigned = _assign(connection, set_id, city_id)
    rebuild_areas(connection, set_id)
    route_part(connection, city_id)
    connection.execute(text("SELECT pg_notify('complaint', '*')"))
    return Loaded(set_id, len(areas), True, assigned)


def put_set(
    connection: Connection,
    city_id: int,
    spec: SetSpec,
    areas: gpd.GeoDataFrame,
    report: Report,
    checksum: str,
    *,
    shown: bool = True,
) -> int:
    """Write a set and its areas, without complaints; returns its id.

    One that is not shown has a code of its own until it is.
    """
    values = {"city_id": city_id, "checksum": checksum, "report": asdict(report), **asdict(spec)}
    if not shown:
        values |= {"ready": False, "code": f"{spec.code}~new"}
    statement = insert(area_set).values(**values).returning(area_set.c.id)
    set_id = int(connection.execute(statement).scalar_one())
    _write_areas(connection, set_id, areas)
    return set_id


def _write_areas(connection: Connection, set_id: int, areas: gpd.GeoDataFrame) -> None:
    shapes = areas.geometry.to_numpy()
    rows: list[dict[str, Any]] = []
    for number, row in enumerate(areas.itertuples()):
        label = shapely.maximum_inscribed_circle(shapes[number], tolerance=1e-4)
        rows.append(
            {
                "set_id": set_id,
                "code": row.code,
                "name": row.name,
                "name_en": row.name_en,
                "kind": row.kind,
                "parent": row.parent,
                "formerly": getattr(row, "formerly", []),
                "population": int(row.population) if pd.notna(row.population) else None,
                "area_km2": row.area_km2,
                "geom": wkt(shapes[number]),
                "label": f"SRID=4326;{shapely.get_point(label, 0).wkt}",
            }
        )
    # One by one: ids must ascend with the codes, for the rule about shared edges.
    ids = [
        int(connection.execute(insert(area).values(row).returning(area.c.id)).scalar_one())
        for row in rows
    ]
    connection.execute(
        text(
            """
            INSERT INTO area_part (area_id, set_id, city_id, geom)
            SELECT a.id, s.id, s.city_id, ST_Subdivide(a.geom, 64)
              FROM area a JOIN area_set s ON s.id = a.set_id WHERE s.id = :set_id
             ORDER BY a.id
            """
        ),
        {"set_id": set_id},
    )
    flat = areas.geometry.to_crs(3857).to_numpy()
    drawn = []
    for zoom in SHAPE_ZOOMS:
        simple = simplified(flat, zoom)
        drawn += [
            {"area_id": i, "zoom": zoom, "set_id": set_id, "geom": wkt(shape, 3857)}
            for i, shape in zip(ids, simple, strict=True)
            if not shape.is_empty
        ]
    connection.execute(insert(area_shape), drawn)


def simplified(flat: Any, zoom: int) -> Any:
    """Shapes in EPSG:3857 drawn up to a zoom: neighbours keep their common edges."""
    if zoom >= SHAPE_ZOOMS[-1]:
        return flat
    # A third of a pixel of a 512 px tile; the tolerance of coverage_simplify is a length whose
    # square is the smallest triangle kept (Visvalingam-Whyatt).
    tolerance = 40_075_016.686 / 512 / 2**zoom / 3
    if shapely.coverage_is_valid(flat):
        simple = shapely.coverage_simplify(flat, tolerance)
    else:
        simple = shapely.simplify(flat, tolerance, preserve_topology=True)
    return np.where(shapely.is_valid(simple) & ~shapely.is_empty(simple), simple, flat)


def _assign(connection: Connection, set_id: int, city_id: int) -> int:
    return connection.execute(
        text(
            """
            INSERT INTO complaint_area (area_id, reported_at, complaint_id, cell, category_id,
                                        status)
            SELECT held.area_id, c.reported_at, c.id, c.cell, c.category_id, c.status
              FROM complaint c
             CROSS JOIN LATERAL (
                   SELECT min(p.area_id) AS area_id FROM area_part p
                    WHERE p.set_id = :set_id AND ST_Intersects(p.geom, c.geom)) AS held
             WHERE c.city_id = :city_id AND held.area_id IS NOT NULL
             ORDER BY held.area_id, c.reported_at
            """
        ),
        {"set_id": set_id, "city_id": city_id},
    ).rowcount


def _remove(connection: Connection, set_id: int) -> None:
    for statement in (
        "DELETE FROM complaint_area ca USING area a WHERE a.set_id = :set_id AND ca.area_id = a.id",
        "DELETE FROM rollup WHERE grid = 1 AND region = :set_id",
    ):
        connection.execute(text(statement), {"set_id": set_id})
    connection.execute(delete(area_set).where(area_set.c.id == set_id))
