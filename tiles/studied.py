"""The layers `hotspots`, `outliers` and `trends`: every cell of a study, what was found about it.

The resolution is fixed by the question and not by the zoom: what is significant must not change
with a turn of the wheel.
"""

from typing import Any

import numpy as np

from geo import cells
from geo import outliers as local
from geo.emergence import Emergence
from geo.hotspots import Quadrant
from geo.significance import CLASSES, Hot
from geo.trends import Pattern
from tiles.address import TileAddress
from tiles.encode import Column, polygon_layer

Index = np.ndarray[Any, np.dtype[np.int64]]


def hotspots(address: TileAddress, hot: Hot, resolution: int) -> bytes:
    """Cells that touch the tile, with `cell`, `n`, `class` and `z`; empty bytes without."""
    at = _near(address, hot.places, resolution)
    columns: dict[str, Column] = {
        "n": hot.n[at].tolist(),
        "class": [CLASSES[int(level)] for level in hot.level[at]],
        "z": [f"{value:.2f}" for value in hot.z[at].tolist()],
    }
    return _layer("hotspots", address, hot.places[at], columns)


def outliers(address: TileAddress, found: local.Outliers, resolution: int) -> bytes:
    """Cells that touch the tile, with `cell`, `n`, `class` (the quadrant) and `i` (Moran's I)."""
    at = _near(address, found.places, resolution)
    columns: dict[str, Column] = {
        "n": found.n[at].tolist(),
        "class": [local.CLASSES[Quadrant(number)] for number in found.quadrant[at].tolist()],
        "i": [f"{value:.2f}" for value in found.i[at].tolist()],
    }
    return _layer("outliers", address, found.places[at], columns)


def trends(address: TileAddress, found: Emergence, resolution: int) -> bytes:
    """Cells that touch the tile, with `cell`, `n`, `class` (the pattern) and `z` of the trend."""
    at = _near(address, found.cells, resolution)
    columns: dict[str, Column] = {
        "n": found.n[at].sum(axis=1).tolist(),
        "class": [Pattern(int(number)).code for number in found.pattern[at]],
        "z": [f"{value:.2f}" for value in found.trend_z[at].tolist()],
    }
    return _layer("trends", address, found.cells[at], columns)


def _layer(
    name: str, address: TileAddress, places: cells.Cells, columns: dict[str, Column]
) -> bytes:
    if not len(places):
        return b""
    named: dict[str, Column] = {"cell": cells.hexes(places.tolist())}
    return polygon_layer(name, address, cells.polygons(places), named | columns)


def _near(address: TileAddress, places: cells.Cells, resolution: int) -> Index:
    """The indexes of the cells that touch a tile, and on a coarse tile some beside it."""
    box = address.bbox()
    if cells.estimated(box, resolution) < len(places):
        touching = cells.touching(box, resolution)
        at = np.searchsorted(places, touching)
        at[at == len(places)] = 0
        return np.asarray(at[places[at] == touching], dtype=np.int64)
    # Centres tell well enough, with a cell's width to spare.
    centres = cells.centres(places)
    lat = np.radians(min(80.0, max(abs(box.south), abs(box.north))))
    y = float(np.sqrt(cells.average_area_km2(resolution))) / 111
    wide = box.wider(y / float(np.cos(lat)))
    inside = (
        (centres[:, 0] >= wide.west) & (centres[:, 0] <= wide.east)
        & (centres[:, 1] >= wide.south) & (centres[:, 1] <= wide.north)
    )  # fmt: skip
    return np.flatnonzero(inside)
