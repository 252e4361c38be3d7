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
from boundaries.sources.hanoi import (
    approximate_districts,
    approximate_wards,
    former_names,
)
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


BUILT_IN: Final[dict[str, tuple[SetSpec, Callable[[], tuple[gpd.GeoDataFrame, Report]]]]] = {
    "hanoi-wards-approximate": (_approximate(WARDS), approximate_wards),
    "hanoi-districts-approximate": (_approximate(DISTRICTS), approximate_districts),
}


def with_former_names(set_code: str, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Hanoi's present wards with the names of the former ones each took in, for search."""
    if set_code != WARDS.code:
        return areas
    names = former_names()
    return areas.assign(formerly=[names.get(code, []) for code in areas.code])


def ensure_hanoi(connection: Connection, folder: Path | None = None) -> list[Loaded]:
    """Hanoi and its two sets, from the files in `folder` or, without, approximately.

    A set that is loaded already is replaced only when `folder` is given.
    """
    there = set(connection.execute(select(area_set.c.code)).scalars())
    done = []
    for spec, built_in in zip((WARDS, DISTRICTS), BUILT_IN.values(), strict=True):
        if folder is None and spec.code in there:
            continue
        if folder is not None:
            chosen = replace(spec, source=_FILES[spec.code])
            areas, report = read_areas(folder / _FILES[spec.code])
        else:
            chosen, build = built_in
            areas, report = build()
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
        done.append(
            load_set(connection, city_id, chosen, with_former_names(spec.code, areas), report)
        )
    return done
