"""What the public may know of sensitive categories: no complaint, and no count that names one.

Every public read leaves sensitive categories out (`Filter.hidden`), so no total holds them and
nothing can be found by subtraction. What is told of them is a table of its own: for each category,
area and whole quarter the count, where it is at least `least`. Its cells never overlap (one set of
areas, one category at a time), it has no sums, and a quarter is told only once it has ended and
some time for late reports has passed: so what is held back follows from nothing that is told.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, select

from geo import cells, counts
from geo.emergence import whole_periods
from geo.filters import City, Filter
from geo.periods import EPOCH
from geo.rollup import AREA
from geo.schema import area, area_set, category

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


def coarse_place(lon: float, lat: float) -> tuple[float, float]:
    """The middle of the cell of about 5 km² that holds a point.

    >>> coarse_place(105.8342, 21.0278) == coarse_place(105.8343, 21.0279)
    True
    """
    leaf = cells.leaf_cells(np.array([lon]), np.array([lat]))
    [[east, north]] = cells.centres(cells.parents(leaf, COARSE)).tolist()
    return round(east, 4), round(north, 4)


def in_force(connection: Connection, city: City) -> tuple[str, dict[int, str]] | None:
    """The set of areas counts are told by: the newest that is in force, with its codes by id.

    Always the same one: counts of two sets could be subtracted from each other.
    """
    row = connection.execute(
        select(area_set.c.id, area_set.c.code)
        .where(area_set.c.city_id == city.id, area_set.c.ready, area_set.c.until.is_(None))
        .order_by(area_set.c.since.desc().nulls_last(), area_set.c.id)
        .limit(1)
    ).one_or_none()
    if row is None:
        return None
    codes = connection.execute(select(area.c.id, area.c.code).where(area.c.set_id == row.id))
    return str(row.code), {int(one.id): str(one.code) for one in codes}


def released(
    connection: Connection,
    city: City,
    codes: dict[int, str],
    sensitive: Sequence[int],
    least: int,
    today: date,
) -> list[Released]:
    """Counts of sensitive categories by area and whole quarter that are at least `least`.

    `today` is the city's; quarters that ended less than `LATE_DAYS` before are not told yet.
    """
    names = {
        int(row.id): str(row.code)
        for row in connection.execute(
            select(category.c.id, category.c.code).where(category.c.id.in_(sensitive))
        )
    }
    found: list[Released] = []
    for number, code in sorted(names.items()):
        question = Filter((city,), categories=(number,))
        days = [int(row.place) for row in connection.execute(counts.by_day(question))]
        if not days:
            continue
        first = EPOCH + timedelta(days=min(days) - 100)
        for quarter in whole_periods(
            first, today - timedelta(days=LATE_DAYS), "quarter", city.zone
        ):
            asked = replace(question, since=quarter.since, until=quarter.until)
            rows = connection.execute(counts.by_place(asked, AREA, sorted(codes))).all()
            found += [
                Released(code, codes[row.place], quarter.key, int(row.n))
                for row in rows
                if row.n >= least
            ]
    return found
