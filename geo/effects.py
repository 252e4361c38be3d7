"""Did it help? A place before and after a day, and against the rest of its city."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

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
from geo.filters import City, Filter
from geo.periods import EPOCH, local_midnight
from geo.study import one_city

MOST_WEEKS: Final = 104
FEWEST: Final = 2


class Effect(NamedTuple):
    """Weeks before and after a day, of an area and of the rest of the city."""

    since: date
    at: date
    until: date
    before: int
    """How many of the weeks are before the day."""
    area: NDArray[np.int64]
    """Complaints in each week, before and after."""
    rest: NDArray[np.int64]
    area_ratio: RateRatio
    rest_ratio: RateRatio
    dispersion: Overdispersion
    difference: DifferenceInDifferences


def effect(connection: Connection, question: Filter, at: date, weeks: int) -> Effect:
    """The place of a question, up to `weeks` before and after the beginning of a local day.

    Only whole weeks in which the city had complaints at all are taken: those before its first one
    and after its last say nothing. The question's own time is left aside. Raises `BadFilterError`
    where no place is chosen, or there are fewer than two such weeks on a side.
    """
    if not (question.areas or question.drawn):
        raise BadFilterError(
            "area", "say which place to look at: area=<set>:<code>, a cell, a polygon or a bbox"
        )
    city = one_city(question)
    before, after = (min(weeks, known) for known in _known(connection, city, at))
    if min(before, after) < FEWEST:
        raise BadFilterError(
            "at",
            f"{city.code} has complaints of {max(before, 0)} whole weeks before {at} and of"
            f" {max(after, 0)} after: choose a day with at least {FEWEST} on each side",
        )
    first, end = at - timedelta(weeks=before), at + timedelta(weeks=after)
    days = [(day - EPOCH).days for day in (first, end)]
    since, until = (local_midnight(day, city.zone) for day in days)
    asked = replace(question.of_city(city), since=since, until=until)
    area = _by_week(connection, asked, days[0], before + after)
    everywhere = replace(asked, areas=(), cell=None, polygon=(), bbox=None)
    rest = _by_week(connection, everywhere, days[0], before + after) - area
    later = np.arange(before + after) >= before
    four = [int(side[half].sum()) for side in (area, rest) for half in (~later, later)]
    dispersion = overdispersion(area, rest, later)
    return Effect(
        first,
        at,
        end,
        before,
        area,
        rest,
        rate_ratio(four[0], four[1], before, after),
        rate_ratio(four[2], four[3], before, after),
        dispersion,
        difference_in_differences(*four, dispersion=dispersion),
    )


def _known(connection: Connection, city: City, at: date) -> tuple[int, int]:
    """Whole weeks with complaints of the city before a day and from it on."""
    row = connection.execute(
        text(
            "SELECT local_day(min(reported_at), :zone) AS first,"
            " local_day(max(reported_at), :zone) AS last"
            " FROM complaint WHERE city_id = :city"
        ),
        {"zone": city.zone.key, "city": city.id},
    ).one()
    if row.first is None:
        return 0, 0
    day = (at - EPOCH).days
    return (day - row.first) // 7, (row.last + 1 - day) // 7


def _by_week(connection: Connection, question: Filter, first: int, weeks: int) -> NDArray[np.int64]:
    n = np.zeros(weeks, dtype=np.int64)
    for row in connection.execute(counts.by_day(question)):
        n[(int(row.place) - first) // 7] += int(row.n)
    return n
