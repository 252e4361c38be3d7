"""Did it help? A place in two periods, and against the rest of its city."""

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
from geo.intervals import DayInterval
from geo.periods import EPOCH, local_midnight
from geo.study import one_city

MOST_WEEKS: Final = 104
FEWEST: Final = 2
Weekly = NDArray[np.int64]


class Effect(NamedTuple):
    """Complaints a week in two periods, of a place and of the rest of its city."""

    first: DayInterval
    second: DayInterval
    """Whole weeks of what was asked for."""
    left_out_days: tuple[int, int]
    """Days of each period that was asked for which are in no week that was taken."""
    area: Weekly
    """In each week of the first period, then in each of the second."""
    rest: Weekly
    area_ratio: RateRatio
    """Complaints a week in the second period, by those in the first."""
    rest_ratio: RateRatio
    dispersion: Overdispersion
    difference: DifferenceInDifferences

    @property
    def before(self) -> int:
        """How many of the weeks are of the first period."""
        return self.first.weeks


def around(at: date, weeks: int) -> tuple[DayInterval, DayInterval]:
    """So many weeks before a day, and as many from it on."""
    apart = timedelta(weeks=weeks)
    return DayInterval(at - apart, at), DayInterval(at, at + apart)


def effect(connection: Connection, question: Filter, at: date, weeks: int) -> Effect:
    """The place of a question, up to `weeks` before and after the beginning of a local day.

    Only whole weeks in which the city had complaints at all are taken: those before its first one
    and after its last say nothing. The question's own time is left aside. Raises `BadFilterError`
    where no place is chosen, or there are fewer than two such weeks on a side.
    """
    city = _city_of(question)
    sides = around(at, weeks)
    known = _known(connection, city)
    taken = tuple(side.whole_weeks_in(known) for side in sides)
    before, after = (side.weeks for side in taken)
    if min(before, after) < FEWEST:
        raise BadFilterError(
            "at",
            f"of {weeks} weeks on each side of {at}, {city.code} has complaints of {before} whole"
            f" weeks before and of {after} after: choose a day with at least {FEWEST} on each side",
        )
    return _effect(connection, question.of_city(city), city, sides, taken)


def effect_between(
    connection: Connection, question: Filter, first: DayInterval, second: DayInterval
) -> Effect:
    """The place of a question in two periods, of which either may be the earlier.

    Each is taken in whole weeks from its own first day; days after the last whole one, and weeks
    outside of what the city has complaints of, are left out. The question's own time is left aside.
    Raises `BadFilterError` where no place is chosen, where the periods overlap, or where one has
    fewer than 2 or more than 104 weeks.
    """
    city = _city_of(question)
    asked = {"first": first, "second": second}
    for field, period in asked.items():
        if not FEWEST <= period.weeks <= MOST_WEEKS:
            raise BadFilterError(
                field,
                f"{field} ({period}) must have {FEWEST} to {MOST_WEEKS} whole weeks, not"
                f" {period.weeks}",
            )
    if first.overlaps(second):
        raise BadFilterError(
            "second",
            f"second ({second}) overlaps first ({first}): choose periods without a common day",
        )
    known = _known(connection, city)
    taken = tuple(period.whole_weeks_in(known) for period in asked.values())
    for field, left in zip(asked, taken, strict=True):
        if left.weeks < FEWEST:
            there = f"from {known.since} to before {known.until}" if known.days else "none yet"
            raise BadFilterError(
                field,
                f"{field} ({asked[field]}) must have at least {FEWEST} whole weeks in which"
                f" {city.code} has complaints ({there}), not {left.weeks}",
            )
    return _effect(connection, question.of_city(city), city, (first, second), taken)


def _city_of(question: Filter) -> City:
    if not (question.areas or question.drawn):
        raise BadFilterError(
            "area", "say which place to look at: area=<set>:<code>, a cell, a polygon or a bbox"
        )
    return one_city(question)


def _effect(
    connection: Connection,
    question: Filter,
    city: City,
    asked: tuple[DayInterval, DayInterval],
    taken: tuple[DayInterval, ...],
) -> Effect:
    everywhere = replace(question, areas=(), cells=(), polygon=(), bbox=None)
    area, every = (
        np.concatenate([_by_week(connection, of, city, period) for period in taken])
        for of in (question, everywhere)
    )
    rest = every - area
    first, second = taken
    later = np.arange(len(area)) >= first.weeks
    four = [int(side[half].sum()) for side in (area, rest) for half in (~later, later)]
    dispersion = overdispersion(area, rest, later)
    return Effect(
        first,
        second,
        (asked[0].days - first.days, asked[1].days - second.days),
        area,
        rest,
        rate_ratio(four[0], four[1], first.weeks, second.weeks),
        rate_ratio(four[2], four[3], first.weeks, second.weeks),
        dispersion,
        difference_in_differences(*four, dispersion=dispersion),
    )


def _known(connection: Connection, city: City) -> DayInterval:
    """From the day of the city's first complaint to that of its last; empty without any."""
    row = connection.execute(
        text(
            "SELECT local_day(min(reported_at), :zone) AS first,"
            " local_day(max(reported_at), :zone) AS last"
            " FROM complaint WHERE city_id = :city"
        ),
        {"zone": city.zone.key, "city": city.id},
    ).one()
    if row.first is None:
        return DayInterval(EPOCH, EPOCH)
    return DayInterval(EPOCH + timedelta(days=row.first), EPOCH + timedelta(days=row.last + 1))


def _by_week(connection: Connection, question: Filter, city: City, period: DayInterval) -> Weekly:
    """Complaints in each week of a period of whole weeks; shape (weeks,)."""
    first, end = ((day - EPOCH).days for day in (period.since, period.until))
    since, until = (local_midnight(day, city.zone) for day in (first, end))
    n = np.zeros(period.weeks, dtype=np.int64)
    asked = replace(question, since=since, until=until)
    for row in connection.execute(counts.by_day(asked)):
        n[(int(row.place) - first) // 7] += int(row.n)
    return n
