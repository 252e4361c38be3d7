"""Boundary sets that are looked at before they come into force: taken, read and compared.

A draft is seen by admins alone, and nothing is assigned to it. The service takes the file; the
worker reads it, so that no request waits for it, and what a bad file does is done there.
"""

import tempfile
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from datetime import date
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import orjson
import pandas as pd
import shapely
from sqlalchemy import Connection, Engine, Row, func, insert, select, text, update

from boundaries.difference import difference
from boundaries.hanoi import with_former_names
from boundaries.load import SetSpec, wkt
from boundaries.read import Report, read_areas
from geo.errors import BoundaryError, FileError, NotFoundError, PhananhError
from geo.schema import area, area_set, boundary_draft, boundary_draft_area, city

_SQLITE: Final = b"SQLite format 3\0"
_AREA: Final = ("code", "name", "name_en", "kind", "parent", "formerly", "population", "area_km2")


def kind_of(file: bytes) -> str:
    """How the name of such a file ends; raises `FileError` for what is no map file.

    GDAL opens much more, also what only points at other files or addresses: that is for commands.
    """
    if file.startswith(_SQLITE):
        return ".gpkg"
    try:
        found = orjson.loads(file)
    except orjson.JSONDecodeError:
        found = None
    if isinstance(found, dict) and found.get("type") == "FeatureCollection":
        return ".geojson"
    raise FileError(
        "send a GeoJSON FeatureCollection or a GeoPackage"
        " / hãy gửi tệp GeoJSON (FeatureCollection) hoặc GeoPackage"
    )


def columns_of(given: str) -> dict[str, str]:
    """Which columns are meant, from `code=MA,name=TEN`; raises `BoundaryError`."""
    found = {}
    for pair in filter(None, (one.strip() for one in given.split(","))):
        ours, equals, theirs = pair.partition("=")
        if not equals or ours not in ("code", "name", "name_en", "population", "parent"):
            raise BoundaryError(
                f"columns {pair!r}: write code=COLUMN, ... / hãy viết code=CỘT, name=CỘT"
            )
        found[ours] = theirs.strip()
    return found


def put(
    connection: Connection,
    city_id: int,
    spec: SetSpec,
    reading: Mapping[str, Any],
    file: bytes,
    account_id: int | None = None,
) -> int:
    """Keep a file for the worker to read; returns the draft's number. Raises `FileError`."""
    kind_of(file)
    values = {
        "city_id": city_id,
        "code": spec.code,
        "spec": as_json(spec),
        "reading": {name: value for name, value in reading.items() if value},
        "file": file,
        "state": "uploaded",
        "account_id": account_id,
    }
    made = insert(boundary_draft).values(values).returning(boundary_draft.c.id)
    return int(connection.execute(made).scalar_one())


def as_json(spec: SetSpec) -> dict[str, Any]:
    """A set's description as it is kept."""
    return {name: str(v) if isinstance(v, date) else v for name, v in asdict(spec).items()}


def spec_of(row: Row[Any]) -> SetSpec:
    """The set a draft is to be, from its first day on."""
    given = {one.name: row.spec.get(one.name) for one in fields(SetSpec)}
    days = {
        name: date.fromisoformat(given[name]) if given[name] else None
        for name in ("since", "until")
    }
    return SetSpec(**(given | days | {"approximate": bool(given["approximate"])}))


def described(connection: Connection, spec: SetSpec) -> SetSpec:
    """With the period, level and names of the set it replaces; raises `BoundaryError`."""
    row = connection.execute(select(area_set).where(area_set.c.code == spec.code)).one_or_none()
    if row is not None:
        kept = ("level", "name_vi", "name_en", "licence")
        given = {name: getattr(spec, name) or getattr(row, name) for name in kept}
        spec = replace(spec, since=row.since, until=row.until, **given)
    for name in ("level", "name_vi", "name_en"):
        if not getattr(spec, name):
            raise BoundaryError(
                f"{spec.code} is a new set: give its {name} / bộ ranh giới mới: hãy cho biết {name}"
            )
    return spec


def of(connection: Connection, draft_id: int) -> Row[Any]:
    """The row of a draft, without its file; raises `NotFoundError`."""
    shown = [one for one in boundary_draft.c if one.name != "file"]
    found: Row[Any] | None = connection.execute(
        select(*shown).where(boundary_draft.c.id == draft_id)
    ).one_or_none()
    if found is None:
        raise NotFoundError("there is no such draft / không có bản nháp này")
    return found


def state(connection: Connection, draft_id: int, name: str, **more: Any) -> None:
    """Put a draft into another state."""
    values = {"state": name, "changed_at": func.now()} | more
    connection.execute(
        update(boundary_draft).where(boundary_draft.c.id == draft_id).values(**values)
    )


def read(engine: Engine, draft_id: int) -> bool:
    """Read the file of a draft, keep its areas and what differs; False where it is refused.

    Done again after it was broken off, it begins anew.
    """
    with engine.begin() as connection:
        row = connection.execute(
            select(boundary_draft).where(boundary_draft.c.id == draft_id)
        ).one()
        state(connection, draft_id, "reading")
    try:
        areas, report = _areas_in(row)
        with engine.begin() as connection:
            connection.execute(
                boundary_draft_area.delete().where(boundary_draft_area.c.draft_id == draft_id)
            )
            put_areas(connection, draft_id, areas)
            told = asdict(report) | {"areas": len(areas)}
            level = row.spec["level"]
            compared = compare(connection, row.city_id, row.code, areas, level)
            state(
                connection, draft_id, "ready", report=told, comparison=compared, file=None,
                problem=None,
            )  # fmt: skip
    except PhananhError as error:
        with engine.begin() as connection:
            state(connection, draft_id, "refused", problem=str(error)[:2000], file=None)
        return False
    return True


def _areas_in(row: Row[Any]) -> tuple[gpd.GeoDataFrame, Report]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{row.code}{kind_of(row.file)}"
        path.write_bytes(row.file)
        try:
            areas, report = read_areas(
                path, row.reading.get("columns"), row.reading.get("crs"), row.reading.get("layer")
            )
        except PhananhError as error:
            # The folder it was read in says nothing to whoever sent it.
            raise type(error)(str(error).replace(str(path), path.name)) from None
    return with_former_names(row.code, areas), report


def put_areas(connection: Connection, draft_id: int, areas: gpd.GeoDataFrame) -> None:
    """Keep the areas of a draft, in the order of their codes."""
    for row in areas.itertuples():
        values = {name: getattr(row, name, None) for name in _AREA}
        people: Any = values["population"]
        known = bool(pd.notna(people))
        values |= {
            "draft_id": draft_id,
            "formerly": values["formerly"] or [],
            "population": int(people) if known else None,
            "geom": wkt(row.geometry),
        }
        connection.execute(insert(boundary_draft_area).values(values))
    connection.execute(
        text(
            "INSERT INTO boundary_draft_part (area_id, draft_id, geom)"
            " SELECT id, draft_id, ST_Subdivide(geom, 64) FROM boundary_draft_area"
            " WHERE draft_id = :id"
        ),
        {"id": draft_id},
    )


def areas_of(connection: Connection, *, draft_id: int = 0, set_id: int = 0) -> gpd.GeoDataFrame:
    """The areas of a draft, or of a set."""
    table = boundary_draft_area if draft_id else area
    column = table.c.draft_id if draft_id else table.c.set_id
    found = connection.execute(
        select(*(table.c[name] for name in _AREA), func.ST_AsBinary(table.c.geom).label("wkb"))
        .where(column == (draft_id or set_id))
        .order_by(table.c.id)
    ).all()
    shapes = [shapely.from_wkb(bytes(row.wkb)) for row in found]
    rows = [{name: getattr(row, name) for name in _AREA} for row in found]
    return gpd.GeoDataFrame(rows, columns=list(_AREA), geometry=shapes, crs=4326)


def base_of(connection: Connection, city_id: int, code: str, level: str) -> Row[Any] | None:
    """What a set is compared with: the one of its code, else of its level, else that handles."""
    found: Row[Any] | None = connection.execute(
        select(area_set)
        .join(city, city.c.id == area_set.c.city_id)
        .where(area_set.c.city_id == city_id, area_set.c.ready)
        .order_by(
            (area_set.c.code == code).desc(),
            (area_set.c.until.is_(None) & (area_set.c.level == level)).desc(),
            area_set.c.until.is_(None).desc(),
            area_set.c.since.desc().nulls_last(),
            area_set.c.id,
        )
        .limit(1)
    ).one_or_none()
    return found


def compare(
    connection: Connection, city_id: int, code: str, areas: gpd.GeoDataFrame, level: str
) -> dict[str, Any] | None:
    """What differs to the set it is compared with; None where there is none."""
    base = base_of(connection, city_id, code, level)
    if base is None:
        return None
    found = difference(areas_of(connection, set_id=base.id), areas)
    told = found._asdict() | {"changes": [one._asdict() for one in found.changes]}
    return {"base": base.code, "checksum": base.checksum} | told
