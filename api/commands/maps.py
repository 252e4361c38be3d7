"""Boundary sets and cities."""

import re
from dataclasses import fields, replace
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import available_timezones

import shapely
import typer
from sqlalchemy import Connection, select, text

from api.commands.progress import steps
from api.commands.session import Var, actor, out, prepared
from api.query import read_vocabulary
from api.settings import Settings
from boundaries.download import download, is_address
from boundaries.hanoi import BUILT_IN, DISTRICTS, WARDS, ensure_hanoi, with_former_names
from boundaries.landmarks import read_landmarks
from boundaries.load import SetSpec, put_city
from boundaries.population import read_population, set_population
from boundaries.read import read_areas
from boundaries.replace import replace_set
from geo import audit
from geo.errors import BoundaryError, NotFoundError
from geo.landmarks import replace_landmarks
from geo.outline import outline_of_points
from geo.schema import area_set, city

CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def load_boundaries(
    source: Annotated[
        str,
        typer.Argument(
            help="GeoJSON, GeoPackage, Shapefile, FlatGeobuf; https://...; or a built-in name"
        ),
    ],
    set_code: Annotated[
        str | None, typer.Option("--set", help="The set it is, or replaces.")
    ] = None,
    city_code: Annotated[str | None, typer.Option("--city", help="For a new set.")] = None,
    level: Annotated[str | None, typer.Option(help="ward, district ...")] = None,
    name_vi: str | None = None,
    name_en: str | None = None,
    since: Annotated[str | None, typer.Option(help="First day in force, YYYY-MM-DD.")] = None,
    until: Annotated[str | None, typer.Option(help="First day no longer in force.")] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(help="OURS=THEIRS for code, name, name_en, population, parent"),
    ] = None,
    crs: Annotated[str | None, typer.Option(help="Where the file does not say: EPSG:...")] = None,
    layer: Annotated[str | None, typer.Option(help="Of a file with several.")] = None,
    origin: Annotated[str | None, typer.Option(help="Whose map it is.")] = None,
    licence: str | None = None,
    sha256: Annotated[str | None, typer.Option(help="Of what an https:// source holds.")] = None,
    var: Var = None,
) -> None:
    """Load a boundary set, or replace it; stored complaints are assigned anew."""
    given: dict[str, Any] = {
        "level": level,
        "name_vi": name_vi,
        "name_en": name_en,
        "licence": licence,
        "since": _day("--since", since),
        "until": _day("--until", until),
    }
    if source in BUILT_IN:
        spec, build = BUILT_IN[source]
        areas, report = build()
    else:
        if set_code is None:
            names = ", ".join(BUILT_IN)
            raise BoundaryError(
                f"say which set this is with --set CODE (built-in sources: {names})"
            )
        spec = SetSpec(_code("--set", set_code), "", "", "", origin or Path(source).name)
        pairs = dict(_pair(one) for one in columns or [])
        path = Path(source)
        if is_address(source):
            path = download(source, sha256, (var or Settings().var) / "downloads")
        areas, report = read_areas(path, columns=pairs, crs=crs, layer=layer)
    with prepared(var) as engine:
        with engine.begin() as connection:
            if source in BUILT_IN or spec.code in (WARDS.code, DISTRICTS.code):
                ensure_hanoi(connection)
                city_code = city_code or "hanoi"
            if source not in BUILT_IN:
                spec = _described(connection, spec)
                changes = {name: value for name, value in given.items() if value is not None}
                spec = replace(spec, **changes)
            for option in ("level", "name_vi", "name_en"):
                if not getattr(spec, option):
                    name = option.replace("_", "-")
                    raise BoundaryError(f"{spec.code} is a new set: give --{name} ...")
            if spec.since and spec.until and spec.since >= spec.until:
                raise BoundaryError(f"--since {spec.since} is not before --until {spec.until}")
            city_id = _city_of(connection, spec.code, city_code)
        with steps(f"{spec.code}: complaints assigned") as progress:
            whole = with_former_names(spec.code, areas)
            loaded = replace_set(engine, city_id, spec, whole, report, progress)
    for line in [*report.repairs, *report.overlaps]:
        out.print(f"  {line}", markup=False)
    out.print(f"  overlaps {report.overlap_m2:.1f} m², gaps {report.gap_m2:.1f} m²")
    done = f"{loaded.assigned:,} complaints assigned" if loaded.changed else "nothing changed"
    out.print(f"{spec.code}: {loaded.areas} areas, {done}")


def _code(option: str, given: str) -> str:
    if not CODE.fullmatch(given):
        raise BoundaryError(f"{option} {given!r}: use lower-case letters, digits and hyphens")
    return given


def _pair(given: str) -> tuple[str, str]:
    ours, equals, theirs = given.partition("=")
    if not equals or ours not in ("code", "name", "name_en", "population", "parent"):
        raise BoundaryError(f"--columns {given!r}: write it as code=COLUMN, name=COLUMN ...")
    return ours, theirs


def _day(option: str, given: str | None) -> date | None:
    if given is None:
        return None
    try:
        return date.fromisoformat(given)
    except ValueError:
        raise BoundaryError(f"{option} {given!r} is not a date like 2025-07-01") from None


def _described(connection: Connection, spec: SetSpec) -> SetSpec:
    """What is known of the set: Hanoi's own, or the one that is loaded already."""
    for known in (WARDS, DISTRICTS):
        if known.code == spec.code:
            return replace(known, source=spec.source)
    row = connection.execute(select(area_set).where(area_set.c.code == spec.code)).one_or_none()
    if row is None:
        return spec
    kept = {one.name: getattr(row, one.name) for one in fields(SetSpec)}
    fresh = {"source": spec.source, "approximate": False, "note_vi": None, "note_en": None}
    return SetSpec(**(kept | fresh))


def _city_of(connection: Connection, set_code: str, city_code: str | None) -> int:
    statement = select(city.c.id, city.c.code).join(area_set, area_set.c.city_id == city.c.id)
    row = connection.execute(statement.where(area_set.c.code == set_code)).one_or_none()
    if row is not None:
        if city_code not in (None, row.code):
            raise BoundaryError(f"{set_code} is a set of {row.code}, not of {city_code}")
        return int(row.id)
    cities = dict(connection.execute(select(city.c.code, city.c.id)).all())
    if city_code is None:
        raise BoundaryError(f"{set_code} is a new set: give --city ({', '.join(sorted(cities))})")
    if city_code not in cities:
        raise NotFoundError(f"no city {city_code!r}: make it with phananh add-city {city_code}")
    return int(cities[city_code])


def add_city(
    code: str,
    name_vi: Annotated[str, typer.Option()],
    name_en: Annotated[str, typer.Option()],
    timezone: Annotated[str, typer.Option(help="Asia/Ho_Chi_Minh ...")],
    languages: Annotated[str, typer.Option(help="vi,en")] = "vi,en",
    outline: Annotated[
        Path | None, typer.Option(help="A map file; without one, from the city's complaints.")
    ] = None,
    crs: str | None = None,
    var: Var = None,
) -> None:
    """Make a city, or change what it is called and where it ends."""
    _code("CODE", code)
    if timezone not in available_timezones():
        raise BoundaryError(f"unknown time zone {timezone!r}; write it like Asia/Ho_Chi_Minh")
    spoken = [one.strip() for one in languages.split(",") if one.strip()]
    if not spoken or not all(re.fullmatch("[a-z]{2,3}", one) for one in spoken):
        raise BoundaryError(f"--languages {languages!r}: write them like vi,en")
    shape = None
    if outline is not None:
        areas, _ = read_areas(outline, crs=crs, only_shapes=True)
        shape = shapely.union_all(areas.geometry.to_numpy())
    with prepared(var) as engine, engine.begin() as connection:
        found = "file"
        if shape is None:
            found = "complaints"
            rows = connection.execute(
                text(
                    "SELECT ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat FROM complaint c"
                    " JOIN city t ON t.id = c.city_id WHERE t.code = :code LIMIT 500000"
                ),
                {"code": code},
            ).all()
            if not rows:
                raise BoundaryError(f"{code} has no complaints to outline it: give --outline FILE")
            lon, lat = shapely.get_coordinates(shapely.points(rows)).T
            shape = outline_of_points(lon, lat)
        new = put_city(
            connection, code, name_vi=name_vi, name_en=name_en, timezone=timezone,
            languages=spoken, outline=shape, origin=found,
        )  # fmt: skip
    out.print(f"{code}: {'made' if new else 'changed'}")


def load_landmarks(
    file: Annotated[Path, typer.Argument(help="CSV with lon, lat, name; or what GDAL reads.")],
    city_code: Annotated[str, typer.Option("--city", help="Whose places they are.")] = "hanoi",
    var: Var = None,
) -> None:
    """Load the places everyone knows of a city; they replace those there were."""
    places = read_landmarks(file)
    with prepared(var) as engine, engine.begin() as connection:
        cities = read_vocabulary(connection).cities
        if city_code not in cities:
            known = ", ".join(sorted(cities)) or "none"
            raise NotFoundError(f"no city {city_code!r}; there are {known}")
        n = replace_landmarks(connection, cities[city_code], places)
    out.print(f"  {n} places of {city_code}")


def load_population(
    file: Annotated[Path, typer.Argument(help="CSV with the areas' codes and residents.")],
    set_code: Annotated[str, typer.Option("--set", help="The boundary set.")] = WARDS.code,
    code: Annotated[str | None, typer.Option(help="The column with codes.")] = None,
    column: Annotated[str | None, typer.Option(help="The column with residents.")] = None,
    var: Var = None,
) -> None:
    """Load how many people live in the areas of a set: rates per 1,000 residents need it."""
    lines = read_population(file, code=code, column=column)
    with prepared(var) as engine, engine.begin() as connection:
        changed = set_population(connection, set_code, lines)
        if changed.areas:
            audit.append(
                connection, "boundaries.population", set_code, actor=actor(),
                areas=changed.areas, residents=changed.total,
            )  # fmt: skip
    done = f"{changed.areas} areas changed" if changed.areas else "nothing changed"
    out.print(f"{set_code}: {len(lines)} areas with {changed.total:,} residents, {done}")
    if changed.left_out:
        out.print(f"  not in the file: {', '.join(changed.left_out)}", markup=False)
