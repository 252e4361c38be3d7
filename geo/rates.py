"""Events per head where few live: smoothed rates, and how far chance alone would carry them.

Pure functions of arrays of shape (n,), an area each: `events` counted, `population` at risk, in
persons. Rates are per person. Where the population is 0 or not known (NaN) the rate is NaN, and the
area takes no part in what is said of the others. A negative or missing number of events, or a
negative population, raises ValueError.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import gammainccinv, gammaincinv, pdtr, pdtrik

Floats = NDArray[np.float64]

# A rate of fewer events has a relative standard error above 1/√20 = 22 %: the US National Center
# for Health Statistics marks it as unreliable (CDC WONDER).
FEW: Final = 20


class Funnel(NamedTuple):
    """Control limits; k levels in the order asked for, n areas."""

    overall: float
    """All events per head of all whose number is known; NaN where no one is."""
    lower: Floats
    """Rates, shape (k, n); a rate below it is outside, one that equals it inside."""
    upper: Floats
    outside: NDArray[np.int8]
    """-1 below the lower limit, 1 above the upper, 0 between or unknown; shape (k, n)."""
    few: NDArray[np.bool_]
    """Fewer than 20 events, or no population known: not to be ranked; shape (n,)."""


class RateInterval(NamedTuple):
    """Arrays of shape (n,), per person."""

    rate: Floats
    lower: Floats
    upper: Floats


def _checked(events: ArrayLike, population: ArrayLike) -> tuple[Floats, Floats]:
    """Both as floats; population NaN where there is none."""
    e, n = np.asarray(events, dtype=np.float64), np.asarray(population, dtype=np.float64)
    if e.ndim != 1 or e.shape != n.shape:
        raise ValueError(f"{e.shape} events do not go with {n.shape} populations")
    if not (np.isfinite(e) & (e >= 0)).all():
        raise ValueError("a number of events is negative or missing")
    if (n < 0).any() or np.isinf(n).any():
        raise ValueError("a population is negative or infinite")
    return e, np.where(n > 0, n, np.nan)


def _shrunk(rate: Floats, mean: Floats, variance: Floats, people: Floats) -> Floats:
    """The rate drawn towards the mean, the more so the fewer people it is of."""
    noise = mean / people
    own = np.divide(variance, variance + noise, out=np.zeros(len(rate)), where=variance > 0)
    return mean + own * (rate - mean)


def empirical_bayes(events: ArrayLike, population: ArrayLike) -> Floats:
    """Rates drawn towards the overall rate, those of small populations most.

    R. J. Marshall, "Mapping Disease and Mortality Rates Using Empirical Bayes Estimators", Applied
    Statistics 40, 1991, the global estimator by moments. Where rates vary no more than chance
    would have them vary, all are the overall rate.

    >>> empirical_bayes([0, 30, 90, 300], [100, 1000, 1000, 10000]).round(3).tolist()
    [0.019, 0.031, 0.084, 0.03]
    """
    e, n = _checked(events, population)
    known = np.isfinite(n)
    result = np.full(len(e), np.nan)
    if not known.any():
        return result
    e, n = e[known], n[known]
    rate, mean = e / n, e.sum() / n.sum()
    variance = (n * (rate - mean) ** 2).sum() / n.sum() - mean / n.mean()
    every = np.ones(len(e))
    result[known] = _shrunk(rate, mean * every, max(variance, 0.0) * every, n)
    return result


def spatial_empirical_bayes(events: ArrayLike, population: ArrayLike, weights: csr_array) -> Floats:
    """Rates drawn towards those of the neighbourhood, itself included (Marshall 1991, section 3).

    `weights` of shape (n, n) says who is a neighbour, the place itself included, as
    `geo.hotspots.contiguity` does; all its entries but zeros count the same.
    """
    e, n = _checked(events, population)
    if weights.shape != (len(e), len(e)):
        raise ValueError(f"{e.shape} events do not go with {weights.shape} weights")
    known = np.isfinite(n)
    rows = np.repeat(np.arange(len(e)), np.diff(weights.indptr))
    kept = (weights.data != 0) & known[rows] & known[weights.indices]
    rows, columns = rows[kept], weights.indices[kept]

    def around(values: Floats) -> Floats:
        return np.asarray(np.bincount(rows, values, len(e)), dtype=np.float64)

    people, members = around(n[columns]), around(np.ones(len(rows)))
    # An area of unknown population is no one's neighbour, and nor is one left out of its own row.
    told = people > 0
    nothing = np.full(len(e), np.nan)
    mean = np.divide(around(e[columns]), people, out=nothing.copy(), where=told)
    spread = around(n[columns] * (e[columns] / n[columns] - mean[rows]) ** 2)
    variance = np.divide(spread - mean * members, people, out=nothing, where=told)
    return _shrunk(e / n, mean, np.maximum(variance, 0.0), n)


def _quantile(p: float, expected: Floats) -> Floats:
    """The smallest number that a Poisson count stays at or below with probability p or more."""
    found = np.ceil(pdtrik(p, expected))
    below = np.maximum(found - 1, 0)
    return np.asarray(np.where(pdtr(below, expected) >= p, below, found))


def funnel(
    events: ArrayLike, population: ArrayLike, levels: Sequence[float] = (0.95, 0.998)
) -> Funnel:
    """Which areas' rates lie farther from the overall rate than chance carries a share of `levels`.

    Limits are exact Poisson quantiles of the number expected at the overall rate, over the
    population (D. J. Spiegelhalter, "Funnel Plots for Comparing Institutional Performance",
    Statistics in Medicine 24, 2005; his curves run between the whole numbers, these keep to them,
    so that no more than (1 - level) / 2 lie outside by chance on either side). 0.95 and 0.998 are
    his two and three sigma. Raises ValueError for a level not between 0 and 1.

    >>> funnel([4, 30, 8], [1000, 1000, 1000]).outside[0].tolist()
    [-1, 1, 0]
    """
    if not all(0 < level < 1 for level in levels):
        raise ValueError("a level lies between 0 and 1")
    e, n = _checked(events, population)
    known = np.isfinite(n)
    overall = float(e[known].sum() / n[known].sum()) if known.any() else float("nan")
    lower, upper = (np.full((len(levels), len(e)), np.nan) for _ in range(2))
    outside = np.zeros((len(levels), len(e)), dtype=np.int8)
    expected = overall * n[known]
    for k, level in enumerate(levels):
        least, most = (_quantile(p, expected) for p in ((1 - level) / 2, (1 + level) / 2))
        lower[k, known], upper[k, known] = least / n[known], most / n[known]
        outside[k, known] = (e[known] > most).astype(np.int8) - (e[known] < least)
    return Funnel(overall, lower, upper, outside, ~known | (e < FEW))


def funnel_curves(
    overall: float, population: ArrayLike, levels: Sequence[float] = (0.95, 0.998)
) -> tuple[Floats, Floats]:
    """Smooth lower and upper limits over populations of shape (m,), rates of shape (k, m).

    They part the whole numbers as the limits of `funnel` do: what lies below the lower curve, or on
    the upper one or above it, is outside. The exact limits jump from whole number to whole number;
    these run between the jumps, along the quantiles of a Poisson distribution whose number of
    events is made continuous by the incomplete gamma function. Raises ValueError for an overall
    rate or a population that is negative or missing, none to divide by, or a level not between 0
    and 1.

    >>> low, high = funnel_curves(0.014, [1000.0], [0.95])
    >>> (low * 1000).round(2).tolist(), (high * 1000).round(2).tolist()
    ([[6.69]], [[22.27]])
    """
    if not all(0 < level < 1 for level in levels):
        raise ValueError("a level lies between 0 and 1")
    n = np.asarray(population, dtype=np.float64)
    if not (np.isfinite(n) & (n > 0)).all():
        raise ValueError("a population is missing, or no one")
    if not 0 <= overall < np.inf:
        raise ValueError("the overall rate is negative or missing")
    expected = overall * n
    lower, upper = (np.zeros((len(levels), len(n))) for _ in range(2))
    for k, level in enumerate(levels):
        least, most = (1 - level) / 2, (1 + level) / 2
        # Where a quantile is reached exactly, rounding must not carry a curve past it.
        lower[k] = np.minimum(pdtrik(least, expected), _quantile(least, expected)) / n
        upper[k] = (np.minimum(pdtrik(most, expected), _quantile(most, expected)) + 1) / n
    return lower, upper


def rate_interval(events: ArrayLike, population: ArrayLike, level: float = 0.95) -> RateInterval:
    """Each rate with the exact interval of its Poisson mean.

    F. Garwood, "Fiducial Limits for the Poisson Distribution", Biometrika 28, 1936. Raises
    ValueError for a level not between 0 and 1.

    >>> [float(limit[0].round(3)) for limit in rate_interval([10], [1])]
    [10.0, 4.795, 18.39]
    """
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")
    e, n = _checked(events, population)
    tail = (1 - level) / 2
    low = np.where(e > 0, gammaincinv(np.maximum(e, 1), tail), 0.0)
    return RateInterval(e / n, low / n, gammainccinv(e + 1, tail) / n)
