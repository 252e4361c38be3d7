"""Hanoi with both of its maps: made at first start, true where the files are at hand."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

import geopandas as gpd
import shapely
from sqlalchemy import Connection, select

from boundaries.load import Loaded, SetSpec, ensure_city, load_set
from boundaries.read import Report, read_areas
from boundaries.sources.hanoi import approximate_districts, approximate_wards
from geo.schema import area_set

WARDS: Final = SetSpec(
    "hanoi-ward-2025", "ward", "Phường, xã (từ 1/7/2025)", "Wards and communes (since 1 July 2025)",
    "file", since=date(2025, 7, 1),
)  # fmt: skip
DISTRICTS: Final = SetSpec(
    "hanoi-district-2014", "district", "Quận, huyện (đến 30/6/2025)", "Districts (to 30 June 2025)",
    "file", since=date(2014, 4, 1), until=date(2025, 7, 1),
)  # fmt: skip
_FILES: Final = {
    WARDS.code: "hanoi-wards-2025.geojson",
    DISTRICTS.code: "hanoi-districts-2014.geojson",
}


def _approximate(spec: SetSpec) -> SetSpec:
    command = f"phananh load-boundaries FILE --set {spec.code}"
    return replace(
        spec,
        approximate=True,
        source="PyPI vietnamadminunits 1.0.4",
        licence="MIT",
        note_vi=f"Ranh giới gần đúng, dựng từ điểm trung tâm. Nạp ranh giới thật: {command}",
        note_en=f"Approximate boundaries, built from centre points. Load the true ones: {command}",
    )


def ensure_hanoi(connection: Connection, folder: Path | None = None) -> list[Loaded]:
    """Hanoi and its two sets, from the files in `folder` or, without, approximately.

    A set that is loaded already is replaced only when `folder` is given.
    """
    derive: dict[str, Callable[[], tuple[gpd.GeoDataFrame, Report]]] = {
        WARDS.code: approximate_wards,
        DISTRICTS.code: approximate_districts,
    }
    there = set(connection.execute(select(area_set.c.code)).scalars())
    done = []
    for spec in (WARDS, DISTRICTS):
        if folder is None and spec.code in there:
            continue
        if folder is not None:
            chosen = replace(spec, source=_FILES[spec.code])
            areas, report = read_areas(folder / _FILES[spec.code])
        else:
            chosen = _approximate(spec)
            areas, report = derive[spec.code]()
        city_id = ensure_city(
            connection,
            "hanoi",
            name_vi="Hà Nội",
            name_en="Hanoi",
            timezone="Asia/Ho_Chi_Minh",
            languages=["vi", "en"],
            outline=shapely.union_all(areas.geometry.to_numpy()),
            origin="boundaries",
        )
        done.append(load_set(connection, city_id, chosen, areas, report))
    return done
