"""The `cells` layer: hexagons with their number of complaints."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Select

from geo import cells, counts
from geo.bbox import BBox
from geo.filters import Filter
from tiles.address import TileAddress
from tiles.encode import polygon_layer


def select(question: Filter, address: TileAddress, resolution: int) -> Select[Any] | None:
    """Rows (place, n) of the cells that touch the tile; None where no city reaches."""
    box = address.bbox()
    ranges: tuple[list[int], list[int]] = ([], [])
    for city in question.cities:
        limits = city.limits
        # Cells reach beyond the complaints they hold.
        wide = BBox(limits.west - 0.2, limits.south - 0.2, limits.east + 0.2, limits.north + 0.2)
        if (common := box.intersection(wide)) is not None:
            for mine, theirs in zip(
                ranges, cells.runs(cells.touching(common, resolution)), strict=True
            ):
                mine.extend(theirs)
    if not ranges[0]:
        return None
    return counts.by_place(question, resolution, ranges)


def encode(address: TileAddress, rows: Sequence[Any]) -> bytes:
    """The tile; empty bytes without rows."""
    if not rows:
        return b""
    places = np.array([row.place for row in rows], dtype=np.int64)
    properties: dict[str, Sequence[str] | Sequence[int]] = {
        "cell": cells.hexes(places.tolist()),
        "n": [int(row.n) for row in rows],
    }
    return polygon_layer("cells", address, cells.polygons(places), properties)
