"""The `complaints` layer: single complaints where few share a cell, else one point for the cell.

Every complaint is shown exactly once at every zoom. Whether a cell is shown as one point depends
on the filter's counts alone, not on the tile, so neighbouring tiles agree: a pin is in the tile it
lies in, a cell's point in the tile that holds the cell's centre.
"""

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
from sqlalchemy import Connection, Integer, Select, and_, func, select, union_all

from geo import asof, cells, counts, matching
from geo.bbox import BBox
from geo.complaint import Status
from geo.filters import Filter
from geo.periods import EPOCH
from geo.schema import category, city, complaint, domain
from tiles.address import TileAddress
from tiles.encode import EXTENT, Features, point_layer, points, to_tile

# A cell with more complaints than this is one point; at the deepest zooms more fit side by side.
PINS_PER_CELL: Final = 4
PINS_PER_LEAF: Final = 25
# Coarser cells than these are points whatever they hold, unless the whole answer is small.
FINE: Final = 9
SMALL: Final = 2000


def _pins_per_cell(connection: Connection, question: Filter, resolution: int) -> int:
    """How many complaints of a cell are drawn one by one: the same in every tile of a zoom."""
    if resolution == cells.LEAF:
        return PINS_PER_LEAF
    if resolution >= FINE:
        return PINS_PER_CELL
    return SMALL if connection.execute(counts.total(question)).scalar_one() <= SMALL else 0


def _reach(question: Filter, box: BBox, resolution: int) -> list[int] | None:
    """Cells whose centre or whose complaints may lie in the box; None stands for every cell."""
    limits = [one.limits.wider(0.2) for one in question.cities]
    if all(box.contains(wide) for wide in limits):
        return None
    wanted: set[int] = set()
    for wide in limits:
        if (common := box.intersection(wide)) is not None:
            wanted.update(cells.holding(common, resolution).tolist())
    return sorted(wanted)


def _pins(question: Filter, resolution: int, few: Sequence[int]) -> Select[Any]:
    """The complaints of some cells, one by one."""
    pins = []
    for columns, condition in asof.parts(question):
        place = func.cell_parent(columns.cell, resolution, type_=complaint.c.cell.type)
        inside = matching.of_cells(question, resolution, few, place, columns)
        day = func.local_day(columns.reported_at, city.c.timezone, type_=Integer)
        pins.append(
            select(
                columns.code,
                func.ST_X(columns.geom).label("lon"),
                func.ST_Y(columns.geom).label("lat"),
                domain.c.code.label("domain"),
                category.c.code.label("category"),
                columns.status,
                day.label("day"),
            )
            .join(category, category.c.id == columns.category_id)
            .join(domain, domain.c.id == category.c.domain_id)
            .join(city, city.c.id == columns.city_id)
            .where(and_(condition, inside))
        )
    all_ = union_all(*pins).subquery("pins")
    return select(all_).order_by(all_.c.code)


def draw(connection: Connection, question: Filter, address: TileAddress) -> bytes:
    """The tile; empty bytes where there is no complaint."""
    resolution = cells.resolution_at(address.z)
    wanted = _reach(question, address.bbox(), resolution)
    if wanted is not None and not wanted:
        return b""
    rows = connection.execute(counts.by_place(question, resolution, wanted)).all()
    limit = _pins_per_cell(connection, question, resolution)
    many = np.array([row.place for row in rows if row.n > limit], dtype=np.int64)
    n = np.array([row.n for row in rows if row.n > limit], dtype=np.int64)
    few = [int(row.place) for row in rows if row.n <= limit]
    xy = to_tile(cells.centres(many), address)
    here = _inside(xy)
    groups = []
    if here.any():
        cell = cells.hexes(many[here].tolist())
        groups.append(Features(points(xy[here]), {"n": n[here].tolist(), "cell": cell}))
    if few:
        pins = connection.execute(_pins(question, resolution, few)).all()
        places = np.array([(pin.lon, pin.lat) for pin in pins], dtype=np.float64).reshape(-1, 2)
        xy = to_tile(places, address)
        here = _inside(xy)
        pins = [pins[i] for i in np.flatnonzero(here).tolist()]
        if pins:
            columns = {
                "code": [pin.code for pin in pins],
                "domain": [pin.domain for pin in pins],
                "category": [pin.category for pin in pins],
                "status": [Status(pin.status).code for pin in pins],
                "day": [str(np.datetime64(EPOCH, "D") + int(pin.day)) for pin in pins],
            }
            groups.append(Features(points(xy[here]), columns))
    return point_layer("complaints", groups) if groups else b""


def _inside(xy: np.ndarray[Any, np.dtype[np.int64]]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Half-open, so that a point on a common edge is in one tile only."""
    return np.asarray(np.all((xy >= 0) & (xy < EXTENT), axis=1))
