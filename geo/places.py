"""Points to areas in bulk, with the same parts and the same rule as the SQL function areas_at."""

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from geo.schema import area_part


@dataclass(frozen=True, slots=True)
class Places:
    """The parts of all areas of one city, in a tree."""

    tree: shapely.STRtree
    area_ids: NDArray[np.int32]
    set_ids: NDArray[np.int32]

    @classmethod
    def load(cls, connection: Connection, city_id: int) -> "Places":
        statement = select(
            area_part.c.area_id, area_part.c.set_id, area_part.c.geom.ST_AsBinary().label("wkb")
        ).where(area_part.c.city_id == city_id)
        rows = connection.execute(statement).all()
        parts = shapely.from_wkb([bytes(row.wkb) for row in rows])
        return cls(
            shapely.STRtree(parts),
            np.array([row.area_id for row in rows], dtype=np.int32),
            np.array([row.set_id for row in rows], dtype=np.int32),
        )

    def areas(
        self, lon: NDArray[np.float64], lat: NDArray[np.float64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int32]]:
        """Index pairs (point, area id), sorted by point; one area of each set, the lowest id."""
        points, parts = self.tree.query(shapely.points(lon, lat), predicate="intersects")
        order = np.lexsort((self.area_ids[parts], self.set_ids[parts], points))
        points, parts = points[order], parts[order]
        sets, areas = self.set_ids[parts], self.area_ids[parts]
        first = np.ones(len(points), dtype=bool)
        first[1:] = (np.diff(points) != 0) | (np.diff(sets) != 0)
        points, areas = points[first], areas[first]
        order = np.lexsort((areas, points))
        return points[order].astype(np.int64), areas[order]
