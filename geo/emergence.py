"""Hot spots in place and time together: is each new, growing, lasting, fading or gone?"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtrc
from sqlalchemy import Connection

from geo import counts
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.hotspots import benjamini_hochberg
from geo.periods import EPOCH, local_midnight
from geo.study import CellStudy, filled
from geo.trends import emerging, mann_kendall, space_time_getis_ord

StepOf = Literal["week", "month", "quarter"]
# Below ten periods ArcGIS warns that no trend can be told; above sixty a slider is no slider.
FEWEST: Final = 10
MOST: Final = 60
# As for the patterns: the false discoveries that are allowed.
HOT_AT: Final = 0.05


class Period(NamedTuple):
    """A whole local week, month or quarter; instants, half-open."""

    key: str
    """Its first day."""
    since: datetime
    until: datetime


class Emergence(NamedTuple):
    """A row for each cell of the study, a column for each period, the earliest first."""

    periods: tuple[Period, ...]
    cells: NDArray[np.int64]
    n: NDArray[np.int64]
    """Complaints, shape (cells, periods)."""
    z: NDArray[np.float64]
    """Gi* among the neighbours then and one period before, shape (cells, periods)."""
    hot: NDArray[np.bool_]
    """Whether each is hot after correction, shape (cells, periods)."""
    pattern: NDArray[np.int8]
    """`geo.trends.Pattern` of each cell."""
    trend_z: NDArray[np.float64]
    """Mann-Kendall of the counts of each cell, shape (cells,)."""
    trend_p: NDArray[np.float64]


def _next(day: date, step: StepOf) -> date:
    if step == "week":
        return day + timedelta(days=7)
    month = day.month - 1 + (1 if step == "month" else 3)
    return date(day.year + month // 12, month % 12 + 1, 1)


def _first(day: date, step: StepOf) -> date:
    """The first whole step that begins on the day or after it."""
    begin = day - timedelta(days=day.weekday()) if step == "week" else day.replace(day=1)
    if step == "quarter":
        begin = date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
    return begin if begin == day else _next(begin, step)


def whole_periods(first: date, end: date, step: StepOf, zone: ZoneInfo) -> tuple[Period, ...]:
    """The whole weeks (from Monday), months or quarters in [first, end), on local clocks.

    >>> zone = ZoneInfo("Asia/Ho_Chi_Minh")
    >>> [one.key for one in whole_periods(date(2026, 1, 15), date(2026, 4, 9), "month", zone)]
    ['2026-02-01', '2026-03-01']
    """
    found = []
    day = _first(first, step)
    while (following := _next(day, step)) <= end:
        found.append(
            Period(
                day.isoformat(),
                local_midnight((day - EPOCH).days, zone),
                local_midnight((following - EPOCH).days, zone),
            )
        )
        day = following
    return tuple(found)


def periods_of(connection: Connection, question: Filter, step: StepOf) -> tuple[Period, ...]:
    """The whole periods a question covers, or its complaints do; at most the last `MOST`.

    Raises `BadFilterError` where there are too few to tell a trend.
    """
    zone = question.cities[0].zone
    first = question.since.astimezone(zone) if question.since else None
    end = question.until.astimezone(zone).date() if question.until else None
    days = [int(row.place) for row in connection.execute(counts.by_day(question)).all()]
    if days:
        # Before the first complaint and after the last there was nobody to complain to.
        known, last = EPOCH + timedelta(days=min(days)), EPOCH + timedelta(days=max(days) + 1)
        begin = known if first is None else max(known, _day_from(first))
        found = whole_periods(begin, last if end is None else min(last, end), step, zone)
        if len(found) >= FEWEST:
            return found[-MOST:]
    else:
        found = ()
    raise BadFilterError(
        "since",
        f"a trend needs complaints over at least {FEWEST} whole {step}s, there are {len(found)}:"
        " choose a longer time or a shorter step",
    )


def _day_from(at: datetime) -> date:
    """The day an instant begins, or the next where it is within one."""
    whole = at.hour == at.minute == at.second == at.microsecond == 0
    return at.date() if whole else at.date() + timedelta(days=1)


TREND_AT: Final = 0.05
# Complaints come in heaps: a jump is believed only where chance alone is out of the question.
JUMP_AT: Final = 1e-4


class SpotHistory(NamedTuple):
    """What became of some cells together."""

    n: NDArray[np.int64]
    """Complaints in each period."""
    since: str | None
    """The first day of the run of periods up to the last in each of which one of them was hot."""
    trend_z: float
    """Mann-Kendall of the sums."""
    trend_p: float
    since_ratio: float | None
    """Complaints of a period since then, by those of one before; None where either has none."""
    since_p: float
    """How likely chance alone brings as many since then: one-sided, exact for Poisson."""

    @property
    def direction(self) -> int:
        """1: rising, -1: falling, 0: neither is shown.

        X Mann-Kendall's ranks over all its months do not say so
            yet: a jump in the last two of 36 months is hardly a trend to them.
        """
        if self.trend_p <= TREND_AT:
            return 1 if self.trend_z > 0 else -1
        return 1 if self.since_p <= JUMP_AT else 0


def since_then(n: NDArray[np.int64], run: int) -> tuple[float | None, float]:
    """Whether more come in the last `run` periods than before: the ratio of means, and its p.

    Given how many there are in all, those of the run are binomial where nothing changed
    (Przyborowski and Wilenski 1940).
    """
    late, before = int(n[-run:].sum()) if run else 0, int(n[: len(n) - run].sum())
    if not run or run == len(n) or not late:
        return None, 1.0
    p = float(bdtrc(late - 1, late + before, run / len(n)))
    return (late / run) / (before / (len(n) - run)) if before else None, p


def spot_history(found: Emergence, places: NDArray[np.int64]) -> SpotHistory:
    """Since when some cells of a study are hot without a break, and whether they grow.

    Raises ValueError for cells that are not of the study.
    """
    at = np.searchsorted(found.cells, places)
    if (at >= len(found.cells)).any() or (found.cells[at] != places).any():
        raise ValueError("cells that are not of this study")
    n = found.n[at].sum(axis=0)
    hot: NDArray[np.bool_] = np.any(found.hot[at], axis=0)
    run = len(hot) - 1 - int(np.flatnonzero(~hot).max(initial=-1))
    trend = mann_kendall(n[None, :].astype(np.float64))
    since = found.periods[len(hot) - run].key if run else None
    ratio, p = since_then(n, run)
    return SpotHistory(n, since, float(trend.z[0]), float(trend.p[0]), ratio, p)


def emergence(
    connection: Connection,
    question: Filter,
    study: CellStudy,
    resolution: int,
    periods: Sequence[Period],
) -> Emergence:
    """Counts, Gi* in place and time, pattern and trend of every cell; one count for each period."""
    n = np.zeros((len(study.cells), len(periods)))
    for number, period in enumerate(periods):
        asked = replace(question, since=period.since, until=period.until)
        rows = connection.execute(counts.by_place(asked, resolution)).all()
        n[:, number] = filled(study.cells, [(row.place, row.n) for row in rows])
    found = space_time_getis_ord(n, study.weights)
    q = benjamini_hochberg(found.p.ravel()).reshape(found.p.shape)
    trend = mann_kendall(n)
    return Emergence(
        tuple(periods),
        study.cells,
        n.astype(np.int64),
        found.z,
        (found.z > 0) & (q <= HOT_AT),
        emerging(found.z, q),
        trend.z,
        trend.p,
    )
