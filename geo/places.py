"""Points to areas in bulk, with the same parts and the same rule as the SQL function areas_at."""

from dataclasses import dataclass
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from geo.periods import local_days
from geo.schema import area_part, area_set, city


def _version(connection: Connection, city_id: int) -> tuple[int, ...]:
    statement = select(area_set.c.id).where(area_set.c.city_id == city_id).order_by(area_set.c.id)
    return tuple(connection.execute(statement).scalars())


@dataclass(frozen=True, slots=True)
class Places:
    """The parts of all areas of one city, in a tree."""

    city_id: int
    zone: str
    version: tuple[int, ...]
    """The ids of the sets: a set that is replaced gets a new one."""
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
        zone = connection.execute(select(city.c.timezone).where(city.c.id == city_id)).scalar_one()
        return cls(
            city_id,
            zone,
            _version(connection, city_id),
            shapely.STRtree(parts),
            np.array([row.area_id for row in rows], dtype=np.int32),
            np.array([row.set_id for row in rows], dtype=np.int32),
        )

    def current(self, connection: Connection) -> "Places":
        """These places, or the present ones where a set was loaded or replaced since."""
        if _version(connection, self.city_id) == self.version:
            return self
        return Places.load(connection, self.city_id)

    def local_days(self, at: NDArray[np.datetime64]) -> NDArray[np.int64]:
        """Days since 1970-01-01 on the city's clocks; `at` is UTC."""
        return local_days(at, ZoneInfo(self.zone))

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
