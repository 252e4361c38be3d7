"""What an official is told of a spot: how often it was reported, how that ended, what is near."""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, func, select

from geo.cells import around, centres, probes
from geo.complaint import Status
from geo.database import sql
from geo.schema import complaint
from geo.way import distances_m

SPOT_M: Final = 60.0
NEAR_M: Final = 250.0
ALL_TIME: Final = timedelta(days=3 * 365)
YEAR: Final = timedelta(days=365)
# Of a cell of some 350 m: more than all but a few real places have in three years; a millisecond.
EXAMINED: Final = 1_000
# Closed ones of which the last three to be closed are told.
RECENT: Final = 30
# Open ones that are measured, of a cell of some 130 m and of all around.
OF_EACH, OF_ALL = 50, 400
_LEAF, _OPEN = 12, 10


def spot(connection: Connection, number: UUID, now: datetime) -> dict[str, Any]:
    """`spot` and `near` of a complaint; one statement, bounded however much lies there.

    A spot is the leaves (cells of some 20 m) whose middle lies within `SPOT_M`. Where there is more
    than is looked at, `more` says that the numbers are the least there are.
    """
    of = connection.execute(
        select(
            complaint.c.code, complaint.c.city_id, complaint.c.cell, complaint.c.reported_at,
            complaint.c.category_id, func.ST_X(complaint.c.geom).label("lon"),
            func.ST_Y(complaint.c.geom).label("lat"),
        ).where(complaint.c.id == number)
    ).one()  # fmt: skip
    leaves = around(of.lon, of.lat, SPOT_M, _LEAF)
    away_m = distances_m([(of.lon, of.lat), *centres(leaves).tolist()])[0, 1:]
    leaves = leaves[away_m <= SPOT_M]
    found = connection.execute(
        sql("geo", "spot"),
        {
            "code": of.code, "city": of.city_id, "cell": of.cell, "category": of.category_id,
            "reported_at": of.reported_at, "lon": of.lon, "lat": of.lat,
            "leaves": leaves.tolist(), "places": sorted({int(one) >> 18 for one in leaves}),
            "around": probes(around(of.lon, of.lat, NEAR_M, _OPEN), _OPEN).tolist(),
            "since": now - ALL_TIME, "year": now - YEAR, "near_m": NEAR_M,
            "examined": EXAMINED, "recent": RECENT, "of_each": OF_EACH, "of_all": OF_ALL,
        },
    ).one()  # fmt: skip
    return {
        "near": [one | {"status": Status(one["status"]).code} for one in found.near],
        "spot": {
            "n_year": found.n_year,
            "n_all": found.n_all,
            "more": found.more,
            "last": found.last,
        },
    }
