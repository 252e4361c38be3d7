"""The `cells` layer: hexagons with their number of complaints."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from sqlalchemy import Select

from geo import cells, counts
from geo.bbox import BBox
from geo.errors import BadFilterError
from geo.filters import Filter
from tiles.address import TileAddress
from tiles.encode import Column, polygon_layer


def reach(question: Filter, address: TileAddress, resolution: int) -> list[int] | None:
    """The cells of the asked cities that touch the tile; None stands for every cell.

    Raises `BadFilterError` for a resolution that would draw too many.
    """
    finest = cells.resolution_at(address.z) + 1
    if resolution > finest:
        raise BadFilterError(
            "resolution",
            f"resolution {resolution} is too fine for zoom {address.z}: use at most {finest}",
        )
    return reach_of(question, address.bbox(), resolution)


def reach_of(
    question: Filter, box: BBox, resolution: int, at_most: int | None = None
) -> list[int] | None:
    """The cells of the asked cities that touch a box; None stands for every cell.

    Raises `BadFilterError` where there are clearly more than `at_most`.
    """
    # Cells reach beyond the complaints they hold.
    limits = [city.limits.wider(0.2) for city in question.cities]
    if all(box.contains(wide) for wide in limits):
        return None
    wanted: set[int] = set()
    for wide in limits:
        if (common := box.intersection(wide)) is None:
            continue
        if at_most is not None and cells.estimated(common, resolution) > at_most:
            raise BadFilterError("resolution", "too many cells: use a coarser resolution")
        wanted.update(cells.touching(common, resolution).tolist())
    return sorted(wanted)


def select(question: Filter, address: TileAddress, resolution: int) -> Select[Any] | None:
    """Rows (place, n) of the cells that touch the tile; None where no city reaches."""
    wanted = reach(question, address, resolution)
    if wanted is not None and not wanted:
        return None
    return counts.by_place(question, resolution, wanted)


def encode(address: TileAddress, rows: Sequence[Any]) -> bytes:
    """The tile; empty bytes without rows."""
    if not rows:
        return b""
    places = np.array([row.place for row in rows], dtype=np.int64)
    columns: dict[str, Column] = {
        "cell": cells.hexes(places.tolist()),
        "n": [int(row.n) for row in rows],
    }
    return polygon_layer("cells", address, cells.polygons(places), columns)
