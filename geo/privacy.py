"""What the public may know of sensitive categories: no complaint, and no count that names one.

Every public read leaves sensitive categories out (`Filter.hidden`), so no total holds them and
nothing can be found by subtraction. What is told of them is a table of its own: for each category,
area and whole quarter the count, where it is at least `least`. Its cells never overlap (one set of
areas, one category at a time), it has no sums, and a quarter is told only once it has ended and
some time for late reports has passed: so what is held back follows from nothing that is told.
"""

from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, select, text

from geo import cells
from geo.filters import City
from geo.schema import area_set

# Reports of a quarter that arrive later than this may change a count that was told.
LATE_DAYS: Final = 30
# The public place of a sensitive complaint is the middle of its cell of this resolution: 5 km².
COARSE: Final = 7


class Released(NamedTuple):
    """A count that is large enough to be told."""

    category: str
    area: str
    quarter: str
    """Its first local day."""
    n: int


def coarse_place(cell: int) -> tuple[float, float]:
    """The middle (lon, lat) of the cell of about 5 km² that holds a cell.

    >>> near, same = cells.leaf_cells(np.array([105.8342, 105.8343]), np.array([21.0278, 21.0279]))
    >>> coarse_place(int(near)) == coarse_place(int(same)) != (105.8342, 21.0278)
    True
    """
    [[east, north]] = cells.centres(cells.parents(np.array([cell]), COARSE)).tolist()
    return round(east, 4), round(north, 4)


def in_force(connection: Connection, city: City) -> tuple[str, int] | None:
    """The set of areas counts are told by, its code and id: the newest that is in force.

    Always the same one: counts of two sets could be subtracted from each other.
    """
    row = connection.execute(
        select(area_set.c.id, area_set.c.code)
        .where(area_set.c.city_id == city.id, area_set.c.ready, area_set.c.until.is_(None))
        .order_by(area_set.c.since.desc().nulls_last(), area_set.c.id)
        .limit(1)
    ).one_or_none()
    return None if row is None else (str(row.code), int(row.id))


def released(connection: Connection, set_id: int, least: int, today: date) -> list[Released]:
    """Counts of sensitive categories by area and whole quarter that are at least `least`.

    `today` is the city's; quarters that ended less than `LATE_DAYS` before are not told yet. The
    database counts what it lets nobody see, so that only what is large enough leaves it.
    """
    rows = connection.execute(
        text(
            "SELECT k.code AS category, a.code AS area, r.quarter, r.n"
            "  FROM sensitive_released(:set, :least, :ended) r"
            "  JOIN category k ON k.id = r.category_id JOIN area a ON a.id = r.area_id"
            " ORDER BY k.id, r.quarter, a.code"
        ),
        {"set": set_id, "least": least, "ended": today - timedelta(days=LATE_DAYS)},
    )
    return [Released(row.category, row.area, row.quarter.isoformat(), row.n) for row in rows]
