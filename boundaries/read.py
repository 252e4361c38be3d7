"""Area files to a checked table: any format and reference system that GDAL reads."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import pandas as pd
import pyproj
import shapely
from shapely.geometry.base import BaseGeometry

from boundaries.names import divide, plain
from geo.errors import BoundaryError, FileError

_GUESSES: Final[dict[str, tuple[str, ...]]] = {
    "code": ("code", "ma", "id", "geoid", "gso_code"),
    "name": ("full_name", "fullname", "name", "ten", "name_vi"),
    "name_en": ("name_en", "english_name"),
    "population": ("population", "population_osm", "population_2019", "pop", "dan_so"),
    "parent": ("parent", "parent_code"),
}
LARGEST_LOSS: Final = 0.01


@dataclass(slots=True)
class Report:
    """What was taken, mended and found while reading; sentences for the person who loads."""

    columns: dict[str, str] = field(default_factory=dict)
    repairs: list[str] = field(default_factory=list)
    overlap_m2: float = 0.0
    gap_m2: float = 0.0
    overlaps: list[str] = field(default_factory=list)


def _columns(frame: gpd.GeoDataFrame, given: dict[str, str] | None) -> dict[str, str]:
    by_lower = {str(name).lower(): str(name) for name in frame.columns}
    chosen = {
        ours: by_lower[guess]
        for ours, guesses in _GUESSES.items()
        for guess in reversed(guesses)
        if guess in by_lower
    }
    for ours, theirs in (given or {}).items():
        if theirs not in frame.columns:
            raise BoundaryError(f"the file has no column {theirs!r}; it has {list(frame.columns)}")
        chosen[ours] = theirs
    for needed in ("code", "name"):
        if needed not in chosen:
            raise BoundaryError(
                f"no column for {needed!r} found; say which with --columns {needed}=COLUMN"
                f" (the file has {[str(c) for c in frame.columns if c != 'geometry']})"
            )
    return chosen


def _polygonal(shape: BaseGeometry | None, label: str, report: Report) -> BaseGeometry:
    if shape is None or shape.is_empty:
        raise BoundaryError(f"{label}: no geometry")
    before = shape.area
    if not shape.is_valid:
        shape = shapely.make_valid(shape)
        report.repairs.append(f"{label}: invalid geometry mended")
    parts = [part for part in shapely.get_parts(shape) if part.geom_type.endswith("Polygon")]
    if not parts:
        raise BoundaryError(f"{label}: a {shape.geom_type}, not an area")
    mended = shapely.multipolygons(
        [polygon for part in parts for polygon in shapely.get_parts(part)]
    )
    # Rings that cross themselves may have no area at all: parts with opposite sense cancel.
    if abs(mended.area - before) > LARGEST_LOSS * max(before, mended.area):
        raise BoundaryError(f"{label}: crosses itself; mending would change more than 1% of it")
    return shapely.force_2d(mended)


def read_areas(
    path: Path,
    columns: dict[str, str] | None = None,
    crs: str | None = None,
    layer: str | None = None,
    only_shapes: bool = False,
) -> tuple[gpd.GeoDataFrame, Report]:
    """Areas in EPSG:4326 with code, name, name_en, kind, population, parent and area_km2.

    With `only_shapes` codes and names are the features' numbers.

    Raises `FileError` for what is not a map file, `BoundaryError` naming the feature that cannot
    be mended.
    """
    try:
        frame = gpd.read_file(path, layer=layer)
    except Exception as problem:  # GDAL's errors share no useful base class
        raise FileError(f"{path} cannot be read as a map file: {problem}") from None
    if not isinstance(frame, gpd.GeoDataFrame) or frame.empty:
        raise FileError(f"{path} holds no features with geometry")
    if crs:
        try:
            frame = frame.set_crs(crs, allow_override=True)
        except pyproj.exceptions.CRSError:
            raise BoundaryError(f"--crs {crs!r} is not a known reference system") from None
    if frame.crs is None:
        raise BoundaryError(f"{path} does not say its reference system; give --crs EPSG:...")
    if only_shapes:
        frame = frame[["geometry"]].assign(code=[str(n) for n in range(1, len(frame) + 1)])
        frame["name"] = frame.code
    report = Report(columns=_columns(frame, columns))
    frame = frame.to_crs(4326)
    take = report.columns
    rows: list[dict[str, Any]] = []
    for number, (_, row) in enumerate(frame.iterrows(), 1):
        name = str(row[take["name"]] or "").strip()
        code = str(row[take["code"]] or "").strip()
        label = f"feature {number} (code {code or '?'}, {name or 'no name'})"
        if not code or not name:
            raise BoundaryError(f"{label}: code or name is missing")
        kind, bare = divide(name)
        population: Any = row[take["population"]] if "population" in take else None
        known = bool(pd.notna(population)) and float(population) >= 0
        rows.append(
            {
                "code": code,
                "name": bare,
                "name_en": str(row[take["name_en"]]) if "name_en" in take else plain(bare),
                "kind": kind,
                "population": int(float(population)) if known else None,
                "parent": str(row[take["parent"]]) if "parent" in take else None,
                "geometry": _polygonal(
                    row.geometry if pd.notna(row.geometry) else None, label, report
                ),
            }
        )
    areas = gpd.GeoDataFrame(rows, crs=4326).sort_values("code", ignore_index=True)
    repeated = areas.code[areas.code.duplicated()].tolist()
    if repeated:
        raise BoundaryError(f"codes stand for more than one feature: {', '.join(repeated)}")
    west, south, east, north = areas.total_bounds
    if not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        raise BoundaryError("coordinates lie outside the earth; is the reference system right?")
    measure(areas, report)
    return areas, report


def measure(areas: gpd.GeoDataFrame, report: Report) -> None:
    """Adds geodesic `area_km2`, and to the report overlaps and gaps in m² (local UTM zone)."""
    ellipsoid = pyproj.Geod(ellps="WGS84")
    areas["area_km2"] = [
        abs(ellipsoid.geometry_area_perimeter(shapely.orient_polygons(shape))[0]) / 1e6
        for shape in areas.geometry
    ]
    flat = areas.geometry.to_crs(areas.estimate_utm_crs())
    left, right = flat.sindex.query(flat, predicate="intersects")
    shapes = flat.to_numpy()
    for a, b in zip(left, right, strict=True):
        if a < b and (common := shapely.intersection(shapes[a], shapes[b]).area) > 0.01:
            report.overlap_m2 += common
            report.overlaps.append(f"{areas.name[a]} and {areas.name[b]}: {common:.1f} m²")
    union = shapely.union_all(shapes)
    holes = [shapely.Polygon(ring) for part in shapely.get_parts(union) for ring in part.interiors]
    report.gap_m2 = sum(hole.area for hole in holes)
