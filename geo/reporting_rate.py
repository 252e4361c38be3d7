"""Who reports: how fast the same incident is reported again, area by area.

Pure functions of arrays of shape (areas, kinds). After Z. Liu, U. Bhandaram and N. Garg,
"Quantifying Spatial Under-reporting Disparities in Resident Crowdsourcing" (arXiv 2204.08620,
2023): how many incidents nobody reported is not known, and so neither is how many there were; but
once one was reported, the further reports about it until it is closed are a Poisson process that
is seen whole. Their rate says how ready people are to report, however many incidents there are.
"""

from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import gammainccinv, gammaincinv

from geo.rates import FEW, empirical_bayes

Floats = NDArray[np.float64]
# The fit goes in steps, each nearer by a factor; it has seldom taken more than thirty.
STEPS: Final = 500
CLOSE: Final = 1e-10


class Followed(NamedTuple):
    """Sums over incidents, each from its first report to its end; shape (areas, kinds)."""

    incidents: Floats
    duplicates: Floats
    """Further reports within the time each incident was followed."""
    exposure: Floats
    """That time, in days."""
    squares: Floats
    """Of the duplicates of each incident."""
    products: Floats
    """Of the duplicates and the days of each incident."""
    exposure_squares: Floats
    """Of the days of each incident."""


class ReportingIndex(NamedTuple):
    """Arrays of shape (areas,): how many times as readily as in the whole city."""

    ratio: Floats
    """Duplicates over `expected`; 1 is the city. NaN where no incident was followed."""
    low: Floats
    high: Floats
    """The interval of the level asked for, widened where duplicates vary more than Poisson's."""
    smoothed: Floats
    """Drawn towards 1, the more so the less was expected (empirical Bayes)."""
    expected: Floats
    """Duplicates the area's incidents would have had at the city's readiness for each kind."""
    few: NDArray[np.bool_]
    """Fewer than 20 duplicates: not to be ranked."""
    per_day: float
    """Duplicates per incident and day in the city."""
    overdispersion: float
    """Variance of the duplicates of an incident over that of a Poisson process; 1 or more."""


def followed(
    area: ArrayLike, kind: ArrayLike, duplicates: ArrayLike, days: ArrayLike, shape: tuple[int, int]
) -> Followed:
    """Sums of single incidents, arrays of one length: indexes of area and kind, and what was seen.

    >>> one = followed([0, 0, 1], [0, 0, 0], [2, 0, 1], [10.0, 5.0, 10.0], (2, 1))
    >>> one.duplicates.tolist(), one.exposure.tolist()
    ([[2.0], [1.0]], [[15.0], [10.0]])
    """
    at = np.ravel_multi_index((np.asarray(area), np.asarray(kind)), shape)
    d, t = np.asarray(duplicates, dtype=np.float64), np.asarray(days, dtype=np.float64)
    weights = (np.ones(len(d)), d, t, d * d, d * t, t * t)
    sums = [np.bincount(at, one, shape[0] * shape[1]).astype(np.float64) for one in weights]
    return Followed(*(one.reshape(shape) for one in sums))


def reporting_index(of: Followed, level: float = 0.95) -> ReportingIndex:
    """How readily each area reports, against the city, with the kinds of its incidents set aside.

    Poisson regression of the duplicates on area and kind with the exposure as offset. The interval
    is Garwood's exact one (Biometrika 28, 1936) of the area's duplicates over what is expected by
    the fitted kinds, taken as known: they rest on the whole city. Where incidents vary more than a
    Poisson process would (a busy corner, a quiet lane), both are divided by the overdispersion
    (quasi-likelihood; P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, section 6.2).
    Raises ValueError for sums that are negative or missing, or a level not between 0 and 1.

    >>> found = reporting_index(followed([0, 1], [0, 0], [30, 10], [100.0, 100.0], (2, 1)))
    >>> found.ratio.round(2).tolist(), found.expected.tolist()
    ([1.5, 0.5], [20.0, 20.0])
    """
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    if not all((np.isfinite(one) & (one >= 0)).all() for one in of):
        raise ValueError("a sum over incidents is negative or missing")
    areas, kinds = _fitted(of.duplicates, of.exposure)
    expected = of.exposure @ kinds
    seen = of.duplicates.sum(axis=1)
    known = expected > 0
    spread = _overdispersion(of, areas, kinds)
    nothing = np.full(len(seen), np.nan)
    ratio = np.divide(seen, expected, out=nothing.copy(), where=known)
    tail = (1 - level) / 2
    o = seen / spread
    least = np.where(o > 0, gammaincinv(np.where(o > 0, o, 1.0), tail), 0.0) * spread
    most = gammainccinv(o + 1, tail) * spread
    low, high = (np.divide(one, expected, out=nothing.copy(), where=known) for one in (least, most))
    smoothed = empirical_bayes(np.where(known, o, 0.0), np.where(known, expected, 0.0) / spread)
    days = float(of.exposure.sum())
    return ReportingIndex(
        ratio,
        low,
        high,
        smoothed,
        expected,
        ~known | (seen < FEW),
        float(seen.sum() / days) if days > 0 else float("nan"),
        spread,
    )


def _fitted(duplicates: Floats, exposure: Floats) -> tuple[Floats, Floats]:
    """Factors of areas and rates of kinds whose products times exposure have the sums seen.

    The maximum of the likelihood, by fitting rows and columns in turn (W. E. Deming and F. F.
    Stephan, Annals of Mathematical Statistics 11, 1940). Scaled so that the whole city is 1.
    """
    rows, columns = duplicates.sum(axis=1), duplicates.sum(axis=0)
    areas, kinds = np.ones(len(rows)), np.zeros(len(columns))
    for _ in range(STEPS):
        kinds = _over(columns, areas @ exposure)
        before, areas = areas, _over(rows, exposure @ kinds)
        if np.abs(areas - before).max(initial=0.0) <= CLOSE * areas.max(initial=0.0):
            break
    expected = float((exposure @ kinds).sum())
    scale = float(rows.sum()) / expected if expected > 0 else 1.0
    return areas / scale, kinds * scale


def _over(seen: Floats, expected: Floats) -> Floats:
    return np.asarray(np.divide(seen, expected, out=np.zeros(len(seen)), where=expected > 0))


def _overdispersion(of: Followed, areas: Floats, kinds: Floats) -> float:
    """Σ (d - rate t)² over Σ rate t of all incidents, at least 1; about 1 for Poisson's."""
    rate = np.outer(areas, kinds)
    fitted = float((rate * of.exposure).sum())
    if fitted <= 0:
        return 1.0
    squared = of.squares - 2 * rate * of.products + rate**2 * of.exposure_squares
    incidents, parameters = float(of.incidents.sum()), int((areas > 0).sum() + (kinds > 0).sum())
    free = max(1.0, incidents - parameters + 1)
    return max(1.0, float(squared.sum()) / fitted * incidents / free)
