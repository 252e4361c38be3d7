"""What differs between two boundary sets: which areas, and what ground goes where."""

from typing import Any, Final, NamedTuple

import geopandas as gpd
import pandas as pd
import shapely

# An edge drawn anew in another survey moves a little everywhere: less than this is the same area.
SAME: Final = 0.001
# Of an area's ground, what is told of where it goes.
TOLD: Final = 0.01
Shares = tuple[tuple[str, float], ...]


class Change(NamedTuple):
    """An area in one of the sets, or in both."""

    code: str
    name: str
    what: str
    """new, gone, changed, renamed or same"""
    area_km2: float
    population: int | None
    moved_share: float
    """Of the ground it has or had: what is another area's on the other side."""
    other: Shares
    """Areas of the other set it came from, or went to: code and share, the largest first."""


class Difference(NamedTuple):
    """All of it; shares are of the ground the two sets have together."""

    changes: tuple[Change, ...]
    moved_km2: float
    moved_share: float
    population_before: int | None
    population_after: int | None


def difference(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> Difference:
    """Compare two sets, whose areas are the same where their codes are.

    Both need code, name, population and geometry; areas are measured in the local UTM zone.
    """
    crs = (after if len(after) else before).estimate_utm_crs()
    old, new = _flat(before, crs), _flat(after, crs)
    common = _common(old, new)
    changes = [*_of_new(old, new, common), *_gone(old, new, common)]
    ground = float(common.km2.sum())
    moved = float(common.km2[common.old != common.new].sum())
    return Difference(
        tuple(changes),
        round(moved, 3),
        round(moved / ground, 4) if ground else 0.0,
        _population(before),
        _population(after),
    )


def _flat(areas: gpd.GeoDataFrame, crs: Any) -> gpd.GeoDataFrame:
    flat = areas[["code", "name", "population", "geometry"]].to_crs(crs)
    flat["km2"] = flat.geometry.area / 1e6
    return flat.set_index("code", drop=False)


def _common(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame) -> pd.DataFrame:
    """The ground of each pair of areas that have some in common."""
    right, left = new.sindex.query(old.geometry, predicate="intersects")[::-1]
    shapes = shapely.intersection(old.geometry.to_numpy()[left], new.geometry.to_numpy()[right])
    found = pd.DataFrame(
        {
            "old": old.code.to_numpy()[left],
            "new": new.code.to_numpy()[right],
            "km2": shapely.area(shapes) / 1e6,
        }
    )
    return found[found.km2 > 0]


def _others(
    common: pd.DataFrame, side: str, code: str, km2: float
) -> tuple[tuple[str, float], ...]:
    found = common[common[side] == code].sort_values("km2", ascending=False)
    other = "new" if side == "old" else "old"
    shares = [
        (str(one), round(float(k) / km2, 4)) for one, k in zip(found[other], found.km2, strict=True)
    ]
    return tuple(pair for pair in shares if pair[1] >= TOLD)


def _kept(common: pd.DataFrame, code: str) -> float:
    return float(common.km2[(common.old == code) & (common.new == code)].sum())


def _of_new(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, common: pd.DataFrame) -> list[Change]:
    found = []
    for row in new.itertuples():
        code, here = str(row.code), float(row.km2)
        other = _others(common, "new", code, here)
        if code not in old.index:
            what, share = "new", 1.0
        else:
            was = old.loc[code]
            # Both what it got and what it lost.
            share = 1 - _kept(common, code) / max(here, float(was.km2))
            what = "changed" if share > SAME else "renamed" if was["name"] != row.name else "same"
        found.append(_change(row, what, share, other))
    return found


def _gone(old: gpd.GeoDataFrame, new: gpd.GeoDataFrame, common: pd.DataFrame) -> list[Change]:
    return [
        _change(row, "gone", 1.0, _others(common, "old", str(row.code), float(row.km2)))
        for row in old.itertuples()
        if row.code not in new.index
    ]


def _change(row: Any, what: str, share: float, other: Shares) -> Change:
    people = int(row.population) if pd.notna(row.population) else None
    return Change(
        str(row.code), str(row.name), what, round(float(row.km2), 4), people,
        round(max(share, 0.0), 4), other,
    )  # fmt: skip


def _population(areas: gpd.GeoDataFrame) -> int | None:
    known = areas.population.dropna()
    return int(known.sum()) if len(known) else None
