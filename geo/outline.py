"""The outline of a city for which there is only its complaints."""

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from geo.cells import leaf_cells, parents, polygons


def outline_of_points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> BaseGeometry:
    """A MultiPolygon around the cells that hold points, closed over small gaps; degrees.

    Points far outside where nearly all lie (beyond the middle 99.8% by half its width) are typing
    errors and do not count. Raises ValueError without points.
    """
    if not len(lon):
        raise ValueError("no point to draw an outline around")
    kept = np.ones(len(lon), dtype=bool)
    for values in (lon, lat):
        low, high = np.quantile(values, [0.001, 0.999])
        margin = max((high - low) / 2, 0.02)
        kept &= (values >= low - margin) & (values <= high + margin)
    lon, lat = lon[kept], lat[kept]
    wide = max(float(np.ptp(lon)), float(np.ptp(lat)))
    cells = np.unique(parents(leaf_cells(lon, lat), 7 if wide < 1.5 else 5))
    whole = shapely.union_all(polygons(cells))
    gap = 0.03 if wide < 1.5 else 0.15
    closed = whole.buffer(gap).buffer(-gap * 0.8).union(whole)
    filled = [shapely.Polygon(part.exterior) for part in shapely.get_parts(closed)]
    merged = shapely.union_all(filled).simplify(gap / 20)
    return shapely.multipolygons(list(shapely.get_parts(merged)))
