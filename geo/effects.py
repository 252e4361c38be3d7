"""Did it help? An area before and after a day, and against the rest of its city."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import counts
from geo.compare import (
    DifferenceInDifferences,
    Overdispersion,
    RateRatio,
    difference_in_differences,
    overdispersion,
    rate_ratio,
)
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.periods import EPOCH, local_midnight
from geo.study import one_city

MOST_WEEKS: Final = 104


class Effect(NamedTuple):
    """Weeks before and after a day, of an area and of the rest of the city."""

    since: date
    at: date
    until: date
    area: NDArray[np.int64]
    """Complaints in each week, shape (2 x weeks,)."""
    rest: NDArray[np.int64]
    area_ratio: RateRatio
    rest_ratio: RateRatio
    dispersion: Overdispersion
    difference: DifferenceInDifferences


def effect(connection: Connection, question: Filter, at: date, weeks: int) -> Effect:
    """The areas of a question `weeks` before and after the beginning of a local day.

    The question's own time is left aside. Raises `BadFilterError` where no area is chosen.
    """
    if not question.areas:
        raise BadFilterError("area", "say which area to look at: area=<set>:<code>")
    city = one_city(question)
    first, end = at - timedelta(weeks=weeks), at + timedelta(weeks=weeks)
    days = [(day - EPOCH).days for day in (first, end)]
    since, until = (local_midnight(day, city.zone) for day in days)
    asked = replace(question.of_city(city), since=since, until=until)
    area = _by_week(connection, asked, days[0], 2 * weeks)
    rest = _by_week(connection, replace(asked, areas=()), days[0], 2 * weeks) - area
    after = np.arange(2 * weeks) >= weeks
    four = [int(side[half].sum()) for side in (area, rest) for half in (~after, after)]
    dispersion = overdispersion(area, rest, after)
    return Effect(
        first,
        at,
        end,
        area,
        rest,
        rate_ratio(four[0], four[1]),
        rate_ratio(four[2], four[3]),
        dispersion,
        difference_in_differences(*four, dispersion=dispersion),
    )


def _by_week(connection: Connection, question: Filter, first: int, weeks: int) -> NDArray[np.int64]:
    n = np.zeros(weeks, dtype=np.int64)
    for row in connection.execute(counts.by_day(question)):
        n[(int(row.place) - first) // 7] += int(row.n)
    return n
