"""A run of counts with its season taken out, and the rhythm of the week."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sqlalchemy import Connection, Select, func, literal_column, select, union_all

from geo import asof, counts
from geo.errors import BadFilterError
from geo.filters import City, Filter
from geo.periods import EPOCH, EPOCH_AT

StepOf = Literal["day", "week", "month"]
# How many steps a season has: the week for days, the year for weeks and months.
SEASONS: Final[dict[StepOf, int]] = {"day": 7, "week": 52, "month": 12}
# Two whole seasons are the least from which one can be told from a trend.
FEWEST_SEASONS: Final = 2
CHANGING: Final = 7
# Days of ten years: more is no chart.
MOST_STEPS: Final = 3_700
QUARTER: Final = timedelta(minutes=15)


class History(NamedTuple):
    """Steps in order without gaps; the first and the last may be part of one."""

    keys: tuple[str, ...]
    """First days, like 2026-03-02."""
    n: NDArray[np.int64]
    whole: NDArray[np.bool_]
    """Whether the question and the data cover the whole step."""


class Seasonal(NamedTuple):
    """What is left of counts without their season; shapes as the counts."""

    trend: NDArray[np.float64]
    adjusted: NDArray[np.float64]


def seasonal(n: ArrayLike, period: int) -> Seasonal | None:
    """Counts with the season of `period` steps taken out, or None where there are too few steps.

    STL (Cleveland and others 1990, "STL: A Seasonal-Trend Decomposition Procedure Based on Loess"),
    robust, of log(1 + n): a season is a share of what there is, not a number of complaints. The
    first and last step are taken as they are: leave out parts of steps.
    """
    values = np.asarray(n, dtype=np.float64)
    if values.ndim != 1 or (values < 0).any():
        raise ValueError("counts are one row of numbers that are not negative")
    if len(values) < FEWEST_SEASONS * period:
        return None
    # Loads pandas and much of SciPy: for the process that does heavy work.
    from statsmodels.tsa.seasonal import STL

    # Of few seasons one that changes would take in all the noise: it stays the same then.
    window = 13 if len(values) >= CHANGING * period else 10 * len(values) + 1
    degree = 1 if window == 13 else 0
    smoothed = STL(np.log1p(values), period, seasonal=window, seasonal_deg=degree, robust=True)
    found = smoothed.fit()
    # Factors of a season are one on average; logarithms that are zero on average are not that.
    level = float(np.log(np.mean(np.exp(found.seasonal))))
    adjusted = np.expm1(np.log1p(values) - found.seasonal + level)
    return Seasonal(np.maximum(np.expm1(found.trend + level), 0.0), np.maximum(adjusted, 0.0))


def _begin(day: date, step: StepOf) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if step == "month" else day


def _end(begin: date, step: StepOf) -> date:
    if step == "month":
        return date(begin.year + begin.month // 12, begin.month % 12 + 1, 1)
    return begin + timedelta(days=7 if step == "week" else 1)


def _extent(connection: Connection, question: Filter, days: dict[int, int]) -> tuple[date, date]:
    """The first and the last day of which the city knows anything in the time that was asked.

    A place without complaints lately has none: its series does not end with its last one.
    """
    whole = replace(
        question, domains=(), categories=(), statuses=(), areas=(), bbox=None, polygon=(),
        cells=(), words=(),
    )  # fmt: skip
    known = {*days, *(int(row.place) for row in connection.execute(counts.by_day(whole)))}
    return EPOCH + timedelta(days=min(known)), EPOCH + timedelta(days=max(known))


def history(connection: Connection, question: Filter, step: StepOf) -> History:
    """How many complaints there were in each local day, week (from Monday) or month.

    Raises `BadFilterError` for more than ten years of days.
    """
    days = {int(row.place): int(row.n) for row in connection.execute(counts.by_day(question))}
    if not days:
        return History((), np.zeros(0, np.int64), np.zeros(0, np.bool_))
    first, last = _extent(connection, question, days)
    if (last - first).days > MOST_STEPS and step == "day":
        raise BadFilterError("step", "more than ten years of days: choose weeks or months")
    zone = question.cities[0].zone
    # A question that ends (begins) within a step makes it a part, and so do the data.
    since = question.since.astimezone(zone).date() if question.since else first
    until = question.until.astimezone(zone).date() if question.until else last + timedelta(days=1)
    since, until = max(since, first), min(until, last + timedelta(days=1))
    sums: dict[date, int] = {}
    begin = _begin(first, step)
    while begin <= last:
        sums[begin] = 0
        begin = _end(begin, step)
    for day, n in days.items():
        sums[_begin(EPOCH + timedelta(days=day), step)] += n
    whole = [begin >= since and _end(begin, step) <= until for begin in sums]
    return History(
        tuple(begin.isoformat() for begin in sums),
        np.array(list(sums.values()), dtype=np.int64),
        np.array(whole, dtype=np.bool_),
    )


def _hours(question: Filter, city: City) -> Select[Any]:
    """Rows (slot, n): 24 x weekday (Monday 0) + hour, on local clocks."""
    parts = []
    for columns, condition in asof.parts(question.of_city(city)):
        # Quarters of an hour first, in which every zone begins its hours: the zone is asked once
        # for each, and not for each complaint.
        hour = func.date_bin(QUARTER, columns.reported_at, EPOCH_AT)
        parts.append(
            select(hour.label("hour"), func.count().label("n")).where(condition).group_by(hour)
        )
    hours = union_all(*parts).subquery("hours")
    local = func.timezone(city.zone.key, hours.c.hour)
    slot = (func.extract("isodow", local) - 1) * 24 + func.extract("hour", local)
    what: list[Any] = [slot.label("slot"), func.sum(hours.c.n).label("n")]
    rows: Select[Any] = select(*what)
    return rows.group_by(literal_column("1"))


def rhythm(connection: Connection, question: Filter) -> NDArray[np.int64]:
    """How many complaints were reported in each hour of each weekday; shape (7, 24), Monday first.

    Hours are those of each city's clocks.
    """
    found = np.zeros(7 * 24, dtype=np.int64)
    for city in question.cities:
        if question.areas and not any(one.city_id == city.id for one in question.areas):
            continue
        for row in connection.execute(_hours(question, city)):
            found[int(row.slot)] += int(row.n)
    return found.reshape(7, 24)
