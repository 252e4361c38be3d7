"""Places everyone knows, by which others are told where something is."""

from typing import Final, NamedTuple

from geoalchemy2 import Geography
from sqlalchemy import Connection, cast, delete, func, insert, select

from geo.bbox import BBox
from geo.errors import BoundaryError
from geo.filters import City
from geo.schema import landmark

# Farther away a place says nothing of where one is.
NEAR_M: Final = 3_000


class Landmark(NamedTuple):
    """A point in degrees with its names; English may be the same."""

    lon: float
    lat: float
    name: str
    name_en: str
    kind: str | None = None


class Near(NamedTuple):
    """A landmark and how far it is."""

    name: str
    name_en: str
    kind: str | None
    distance_m: int


def replace_landmarks(connection: Connection, city: City, places: list[Landmark]) -> int:
    """Make these the city's landmarks; returns how many. Part of the caller's transaction.

    Raises `BoundaryError` that names the first that lies outside the city's limits.
    """
    for number, place in enumerate(places, 1):
        if not place.name.strip():
            raise BoundaryError(f"place {number} has no name")
        if not city.limits.contains(BBox(place.lon, place.lat, place.lon, place.lat)):
            raise BoundaryError(
                f"place {number}, {place.name!r}, at {place.lon}, {place.lat} lies outside the"
                f" limits of {city.code}: lon, lat swapped?"
            )
    connection.execute(delete(landmark).where(landmark.c.city_id == city.id))
    if places:
        rows = [
            {
                "city_id": city.id,
                "name": place.name.strip(),
                "name_en": place.name_en.strip() or place.name.strip(),
                "kind": place.kind,
                "geom": f"SRID=4326;POINT({place.lon!r} {place.lat!r})",
            }
            for place in places
        ]
        connection.execute(insert(landmark), rows)
    return len(places)


def nearest(
    connection: Connection, city: City, lon: float, lat: float, most: int = 3
) -> list[Near]:
    """The landmarks nearest to a point, within `NEAR_M`, the nearest first."""
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    metres = func.ST_Distance(cast(landmark.c.geom, Geography), cast(point, Geography))
    # Degrees are not metres: some more are taken by the index, and told apart by true distance.
    some = (
        select(landmark.c.name, landmark.c.name_en, landmark.c.kind, metres.label("metres"))
        .where(landmark.c.city_id == city.id)
        .order_by(landmark.c.geom.op("<->")(point))
        .limit(4 * most)
        .subquery("some")
    )
    rows = connection.execute(
        select(some).where(some.c.metres <= NEAR_M).order_by(some.c.metres, some.c.name).limit(most)
    )
    return [Near(row.name, row.name_en, row.kind, round(row.metres)) for row in rows]
