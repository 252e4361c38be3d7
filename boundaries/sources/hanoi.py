"""Hanoi's wards and districts, approximated from centre points when no true file is at hand.

The PyPI package vietnamadminunits holds the centres of all former wards and which of them became
which present one. Voronoi cells of the centres, dissolved, agree with the true districts on about
93% of the area. Wards of the neighbouring provinces bound the city from outside.
"""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from importlib import resources

import geopandas as gpd
import numpy as np
import shapely

from boundaries.names import divide, plain
from boundaries.read import Report, measure

PROVINCE = "01"
_NEARBY = "wardLat BETWEEN 20.3 AND 21.6 AND wardLon BETWEEN 105.0 AND 106.3"


def _former_wards(seeds: Sequence[tuple[str, float, float]] = ()) -> gpd.GeoDataFrame:
    """Voronoi cells of the former wards; `seeds` adds (key of a present ward, lon, lat)."""
    with resources.as_file(resources.files("vietnamadminunits") / "data" / "dataset.db") as path:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        rows = database.execute(
            "SELECT provinceCode, districtCode, district, districtKey, wardKey, wardLon, wardLat,"
            " provinceKey FROM admin_units_legacy"
            f" WHERE {_NEARBY} ORDER BY wardCode"
        ).fetchall()
        database.close()
    rows += [(PROVINCE, "", "", "", key, lon, lat, "new") for key, lon, lat in seeds]
    names = ["province", "district_code", "district", "district_key", "ward_key", "lon", "lat"]
    frame = gpd.GeoDataFrame(rows, columns=[*names, "province_key"])
    frame = frame.drop_duplicates(["lon", "lat"], ignore_index=True)
    # Voronoi in a plane where a degree is as long both ways.
    stretch = np.cos(np.radians(21.0))
    points = shapely.points(frame.lon * stretch, frame.lat)
    cells = shapely.get_parts(
        shapely.voronoi_polygons(
            shapely.multipoints(points), extend_to=shapely.box(97.0, 20.0, 99.5, 22.0)
        )
    )
    index, cell = shapely.STRtree(cells).query(points, predicate="within")
    shapes = np.empty(len(frame), dtype=object)
    shapes[index] = cells[cell]
    back = shapely.transform(shapes, lambda xy: xy / [stretch, 1.0])
    return frame.set_geometry(gpd.GeoSeries(back, crs=4326))[lambda f: f.province == PROVINCE]


def _present_ward_of() -> dict[str, str]:
    """Former ward (district key and ward key) to the key of the present ward it went into."""
    text = resources.files("vietnamadminunits").joinpath("data/converter_2025.json").read_text()
    converter = json.loads(text)
    found: dict[str, str] = {}
    for key, former in converter["DICT_PROVINCE_WARD_NO_DIVIDED"]["thanhphohanoi"].items():
        found |= dict.fromkeys(former, key)
    for former, parts in converter["DICT_PROVINCE_WARD_DIVIDED"]["thanhphohanoi"].items():
        default = [part for part in parts if part["isDefaultNewWard"]] or parts
        found[former] = default[0]["newWardKey"]
    return found


def former_names() -> dict[str, list[str]]:
    """Code of each present ward to the names of the former wards it took in, whole or in part."""
    with resources.as_file(resources.files("vietnamadminunits") / "data" / "dataset.db") as path:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        rows = database.execute(
            "SELECT provinceKey || '_' || districtKey || '_' || wardKey, ward"
            " FROM admin_units_legacy WHERE provinceCode = ? ORDER BY wardCode",
            (PROVINCE,),
        ).fetchall()
        database.close()
    text = resources.files("vietnamadminunits").joinpath("data/converter_2025.json").read_text()
    converter = json.loads(text)
    into: dict[str, set[str]] = {}
    for key, former in converter["DICT_PROVINCE_WARD_NO_DIVIDED"]["thanhphohanoi"].items():
        for one in former:
            into.setdefault(one, set()).add(key)
    for former, parts in converter["DICT_PROVINCE_WARD_DIVIDED"]["thanhphohanoi"].items():
        into.setdefault(former, set()).update(part["newWardKey"] for part in parts)
    codes = {key: ward[0] for key, ward in _present_wards().items()}
    found: dict[str, list[str]] = {code: [] for code in codes.values()}
    for former, name in rows:
        for key in into.get(former, set()) & set(codes):
            if name not in found[codes[key]]:
                found[codes[key]].append(name)
    return found


def _present_wards() -> dict[str, tuple[str, str, float, float]]:
    with resources.as_file(resources.files("vietnamadminunits") / "data" / "dataset.db") as path:
        database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
        rows = database.execute(
            "SELECT wardKey, wardCode, ward, wardLon, wardLat FROM admin_units"
            " WHERE provinceCode = ?",
            (PROVINCE,),
        ).fetchall()
        database.close()
    return {row[0]: row[1:] for row in rows}


def _dissolved(
    cells: gpd.GeoDataFrame, keys: list[str | None], names: Mapping[str, tuple[str, str]]
) -> tuple[gpd.GeoDataFrame, Report]:
    grouped = cells.assign(key=keys).dropna(subset="key").dissolve("key")
    rows = []
    for key, shape in grouped.geometry.items():
        code, full = names[str(key)]
        kind, name = divide(full)
        whole = shapely.multipolygons(list(shapely.get_parts(shape)))
        rows.append({"code": code, "name": name, "kind": kind, "geometry": whole})
    areas = gpd.GeoDataFrame(rows, crs=4326).sort_values("code", ignore_index=True)
    areas["name_en"] = areas.name.map(plain)
    areas["population"] = None
    areas["parent"] = None
    report = Report()
    measure(areas, report)
    return areas, report


def approximate_districts() -> tuple[gpd.GeoDataFrame, Report]:
    """The 30 districts in force until 2025-06-30, approximately."""
    cells = _former_wards()
    names = {row.district_code: (row.district_code, row.district) for row in cells.itertuples()}
    return _dissolved(cells, cells.district_code.tolist(), names)


def approximate_wards() -> tuple[gpd.GeoDataFrame, Report]:
    """The wards and communes in force since 2025-07-01, approximately.

    A former ward that was split goes whole to the present ward that took most of it; a present
    ward that took most of none is grown from its own centre.
    """
    wards, successor = _present_wards(), _present_ward_of()
    alone = set(wards) - set(successor.values())
    cells = _former_wards([(key, *wards[key][2:]) for key in sorted(alone)])
    successor |= {f"new__{key}": key for key in alone}
    keys = [
        successor.get(f"{row.province_key}_{row.district_key}_{row.ward_key}")
        for row in cells.itertuples()
    ]
    return _dissolved(cells, keys, {key: ward[:2] for key, ward in wards.items()})
