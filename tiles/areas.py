"""The `areas` layer: the areas of a set with their number of complaints."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, Text, func, literal, select, true

from geo import counts
from geo.filters import Filter
from geo.matching import is_any
from geo.rollup import AREA
from geo.schema import area, area_shape
from tiles.address import TileAddress


def select_tile(question: Filter, address: TileAddress, ids: Sequence[int]) -> Select[Any]:
    """One row, one column: the tile's bytes; `ids` are all areas of a set."""
    counted = counts.by_place(question, AREA, ids).subquery("n")
    bounds = func.ST_TileEnvelope(address.z, address.x, address.y)
    zoom = (
        select(func.min(area_shape.c.zoom)).where(area_shape.c.zoom >= address.z).scalar_subquery()
    )
    n = func.coalesce(counted.c.n, 0).cast(area.c.id.type)
    rows = (
        select(
            area.c.code,
            area.c.name,
            n.label("n"),
            (n * 1000.0 / func.nullif(area.c.population, 0)).label("rate"),
            func.ST_AsMVTGeom(area_shape.c.geom, bounds, 4096, 64, True).label("geom"),
        )
        .join_from(area, area_shape, area_shape.c.area_id == area.c.id)
        .outerjoin(counted, counted.c.place == area.c.id)
        .where(
            is_any(area.c.id, ids),
            area_shape.c.zoom == zoom,
            area_shape.c.geom.op("&&")(bounds),
        )
        .order_by(area.c.code)
        .subquery("areas")
    )
    return select(func.ST_AsMVT(rows.table_valued(), literal("areas", Text), 4096, "geom")).where(
        true()
    )
