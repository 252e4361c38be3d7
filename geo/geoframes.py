"""The figures of a view as GeoDataFrames, for notebooks and analysts; EPSG:4326.

Each function takes a connection and a `Filter`, and gives a row for each cell or area with the
columns that `docs/files.md` describes, `geometry` last. What is said of the whole (`total`,
`outside` ...) is in `attrs`.
"""

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import pandas as pd
from sqlalchemy import Connection, select

from geo.emergence import StepOf
from geo.errors import NotFoundError
from geo.figures import table
from geo.filters import Filter
from geo.schema import area, area_set
from geo.significance import Measure
from geo.view import Column, Table, View


def _series(column: Column) -> "pd.Series[Any]":
    values = column.plain()
    if column.digits is None:
        words = any(isinstance(one, str) for one in values) or not values
        return pd.Series(values, dtype="str" if words or None in values else "bool")
    if column.digits:
        return pd.Series(values, dtype="float64")
    return pd.Series(values, dtype="Int64" if None in values else "int64")


def geoframe(of: Table) -> gpd.GeoDataFrame:
    """A table of figures with its outlines; whole numbers that may be unknown are `Int64`."""
    frame = pd.DataFrame({name: _series(column) for name, column in of.columns.items()})
    made = gpd.GeoDataFrame(frame, geometry=of.geometry(), crs=4326)
    made.attrs = {"layer": of.view.layer, "total": of.total, **of.facts}
    return made


def _ids(connection: Connection, set_code: str) -> Sequence[int]:
    ids = connection.execute(
        select(area.c.id)
        .join(area_set, area_set.c.id == area.c.set_id)
        .where(area_set.c.code == set_code, area_set.c.ready)
        .order_by(area.c.id)
    )
    found = ids.scalars().all()
    if not found:
        raise NotFoundError(f"no boundary set {set_code!r}")
    return found


def cells(connection: Connection, question: Filter, resolution: int = 8) -> gpd.GeoDataFrame:
    """The H3 cells that have complaints, with `n`; resolutions 6 to 12."""
    return geoframe(table(connection, question, View("cells", resolution)))


def areas(connection: Connection, question: Filter, set_code: str) -> gpd.GeoDataFrame:
    """All areas of a set with `n`, and where their residents are known rates per 1,000 of them."""
    view = View("areas", set_code=set_code, set_ids=tuple(_ids(connection, set_code)))
    return geoframe(table(connection, question, view))


def hot_cells(
    connection: Connection,
    question: Filter,
    resolution: int = 8,
    *,
    k: int = 1,
    permutations: int | None = None,
    seed: int = 0,
) -> gpd.GeoDataFrame:
    """Gi* of every cell of the region, empty ones too; `geo.significance.hot_cells` computes it."""
    view = View("hotspots", resolution, k=k, permutations=permutations, seed=seed)
    return geoframe(table(connection, question, view))


def hot_areas(
    connection: Connection,
    question: Filter,
    set_code: str,
    measure: Measure = "n",
    *,
    permutations: int | None = None,
    seed: int = 0,
) -> gpd.GeoDataFrame:
    """Gi* of every area: of `n`, of `n_per_km2` or of `rate_per_1000`."""
    view = View(
        "hotspots", set_code=set_code, set_ids=tuple(_ids(connection, set_code)), measure=measure,
        permutations=permutations, seed=seed,
    )  # fmt: skip
    return geoframe(table(connection, question, view))


def trends(
    connection: Connection,
    question: Filter,
    resolution: int = 8,
    *,
    step: StepOf = "month",
    k: int = 1,
) -> gpd.GeoDataFrame:
    """Emerging hot spots: pattern, trend and series of every cell; a column for each period."""
    return geoframe(table(connection, question, View("trends", resolution, k=k, step=step)))
