"""Before and after: has the number of events changed, and more than elsewhere?

Pure functions of counts, single numbers or arrays of any shapes that go together (one for each
area); results are arrays of that shape. A negative, missing or broken number of events raises
ValueError, and so does a level not between 0 and 1.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, betaincinv, gammaln, ndtr, ndtri, stdtr, stdtrit, xlog1py, xlogy

from geo.rates import FEW

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


class RateRatio(NamedTuple):
    ratio: Floats
    """Events after per exposure, by those before; inf where there was none before, NaN if never."""
    lower: Floats
    upper: Floats
    """inf where there was none before."""
    p: Floats
    """Two-sided, of no change; 1 where there was none at all."""
    few: Flags
    """Fewer than 20 events before or after: the ratio says little, whatever p is."""


class Overdispersion(NamedTuple):
    factor: Floats
    """How many times a Poisson variance; at least 1, NaN where the periods do not tell."""
    degrees: NDArray[np.int64]
    """Of freedom, that the factor rests on."""


class DifferenceInDifferences(NamedTuple):
    ratio: Floats
    """How the area has changed by how the rest has: 1 is as the rest, 0.5 half as many as then."""
    lower: Floats
    upper: Floats
    p: Floats
    """Two-sided, of a change as in the rest."""
    corrected: Flags
    """There was a number of 0, and 0.5 was added to all four: hardly more than a direction."""
    few: Flags
    """One of the four numbers is below 20: the interval is rough."""


def rate_ratio(
    before: ArrayLike,
    after: ArrayLike,
    exposure_before: ArrayLike = 1.0,
    exposure_after: ArrayLike = 1.0,
    level: float = 0.95,
) -> RateRatio:
    """The rate after by the rate before, with exact interval and p of two Poisson numbers.

    An exposure is the length of the period, or persons times that; above 0, else ValueError. Of so
    many events in all, those after are binomial (J. Przyborowski and H. Wilenski, Biometrika 31,
    1940). Interval of C. J. Clopper and E. S. Pearson, Biometrika 26, 1934; p adds up all outcomes
    that are no likelier than this one, as R's poisson.test and SciPy's binomtest do, so that near
    the level it may lie on the other side than the interval. Events that come in bunches vary more
    than this allows for.

    >>> found = rate_ratio(20, 8)
    >>> [round(float(number), 3) for number in found[:4]]
    [0.4, 0.152, 0.948, 0.036]
    """
    _check_level(level)
    x0, x1 = _counts(before, after)
    t0, t1 = (np.asarray(given, dtype=np.float64) for given in (exposure_before, exposure_after))
    if not all((np.isfinite(t) & (t > 0)).all() for t in (t0, t1)):
        raise ValueError("an exposure is 0, negative or missing")
    x0, x1, t0, t1 = np.broadcast_arrays(x0, x1, t0, t1)
    tail = (1 - level) / 2
    low = np.where(x1 > 0, betaincinv(np.maximum(x1, 1), x0 + 1, tail), 0.0)
    high = np.where(x0 > 0, betaincinv(x1 + 1, np.maximum(x0, 1), 1 - tail), 1.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        odds = (x1 / x0, low / (1 - low), high / (1 - high))
    ratio, lower, upper = (np.asarray(one * (t0 / t1)) for one in odds)
    p = _binomial_p(x1, x0 + x1, t1 / (t0 + t1))
    return RateRatio(ratio, lower, upper, p, np.asarray(np.minimum(x0, x1) < FEW))


def overdispersion(area: ArrayLike, rest: ArrayLike, after: ArrayLike) -> Overdispersion:
    """How much more the share of the area in each period varies than chance would have it vary.

    `area` and `rest` (..., t), events in each period; `after` (t,), true for the periods after.
    What both have in common in a period (season, rain, a campaign) does not count. Pearson's χ² by
    its degrees of freedom of the Poisson model with an effect for each area, each period, and the
    area after: Σ (a - m π)² / (m π (1 - π)), m of both, π the area's share before or after, of
    t - 2 (P. McCullagh and J. A. Nelder, Generalized Linear Models, 1989, section 4.5). Below 1 is
    taken for 1. Periods without any event do not count; fewer than three that do say nothing.

    >>> overdispersion([9, 2, 7, 1], [50, 50, 50, 50], [0, 0, 1, 1]).factor.round(2).item()
    4.1
    """
    a, b = _counts(area, rest)
    a, b = np.broadcast_arrays(np.atleast_1d(a), np.atleast_1d(b))
    later = np.asarray(after, dtype=np.bool_)
    if later.shape != a.shape[-1:]:
        raise ValueError(f"{later.shape} marks of periods do not go with {a.shape} counts")
    chi2, degrees = np.zeros(a.shape[:-1]), np.zeros(a.shape[:-1], dtype=np.int64)
    for side in (later, ~later):
        both = (a + b)[..., side]
        whole = both.sum(axis=-1, keepdims=True)
        mine = a[..., side].sum(axis=-1, keepdims=True)
        share = np.divide(mine, whole, out=np.zeros(whole.shape), where=whole > 0)
        variance = both * share * (1 - share)
        off = (a[..., side] - both * share) ** 2
        chi2 += np.divide(off, variance, out=np.zeros(off.shape), where=variance > 0).sum(axis=-1)
        degrees += np.maximum((both > 0).sum(axis=-1) - 1, 0)
    factor = np.divide(chi2, degrees, out=np.full(chi2.shape, np.nan), where=degrees > 0)
    return Overdispersion(np.asarray(np.maximum(factor, 1.0)), np.asarray(degrees))


def difference_in_differences(
    area_before: ArrayLike,
    area_after: ArrayLike,
    rest_before: ArrayLike,
    rest_after: ArrayLike,
    *,
    dispersion: Overdispersion | None = None,
    level: float = 0.95,
) -> DifferenceInDifferences:
    """Has an area changed otherwise than the rest did? The ratio of two ratios.

    (area after / area before) / (rest after / rest before), log-normal, of variance 1 / a + 1 / b
    + 1 / c + 1 / d (B. Woolf, Annals of Human Genetics 19, 1955). The lengths of the periods cancel
    out. With a `dispersion` the variance is that many times as large and the distribution Student's
    t of its degrees. Where one of the four is 0, 0.5 is added to all four (J. B. S. Haldane, Annals
    of Human Genetics 20, 1956; F. J. Anscombe, Biometrika 43, 1956) and `corrected` says so. NaN
    where the dispersion is.

    It says what the area did, not why; and it supposes that without the cause looked for the area
    would have gone the way of the rest.

    >>> found = difference_in_differences(100, 60, 1000, 1100)
    >>> [round(float(number), 3) for number in found[:4]]
    [0.545, 0.392, 0.76, 0.0]
    """
    _check_level(level)
    given = np.broadcast_arrays(*_counts(area_before, area_after, rest_before, rest_after))
    corrected = np.minimum.reduce(given) == 0
    a0, a1, r0, r1 = (x + 0.5 * corrected for x in given)
    ratio = (a1 / a0) / (r1 / r0)
    variance = 1 / a0 + 1 / a1 + 1 / r0 + 1 / r1
    if dispersion is None:
        sd = np.sqrt(variance)
        p, reach = 2 * ndtr(-np.abs(np.log(ratio)) / sd), ndtri((1 + level) / 2) * sd
    else:
        sd = np.sqrt(variance * dispersion.factor)
        degrees = np.maximum(dispersion.degrees, 1)
        p = 2 * stdtr(degrees, -np.abs(np.log(ratio)) / sd)
        reach = stdtrit(degrees, (1 + level) / 2) * sd
    return DifferenceInDifferences(
        ratio=np.asarray(ratio),
        lower=np.asarray(ratio * np.exp(-reach)),
        upper=np.asarray(ratio * np.exp(reach)),
        p=np.asarray(p),
        corrected=np.asarray(corrected),
        few=np.asarray(np.minimum.reduce(given) < FEW),
    )


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError("a level lies between 0 and 1")


def _counts(*given: ArrayLike) -> list[Floats]:
    found = [np.asarray(one, dtype=np.float64) for one in given]
    for x in found:
        if not (np.isfinite(x) & (x >= 0) & (x == np.floor(x))).all():
            raise ValueError("a number of events is negative, missing or not whole")
    return found


def _log_pmf(k: Floats, n: Floats, chance: Floats) -> Floats:
    ways = gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1)
    return np.asarray(ways + xlogy(k, chance) + xlog1py(n - k, -chance))


def _binomial_p(k: Floats, n: Floats, chance: Floats) -> Floats:
    """Two-sided: the chance of all outcomes of n no likelier than k."""
    # Away from the mean the chances only fall: the first beyond it that is low enough, by halving.
    below, mean = k < n * chance, n * chance
    seen = _log_pmf(k, n, chance) + 1e-7  # equal but for rounding is equal
    near = np.where(below, np.ceil(mean) - 1, np.floor(mean) + 1)
    far = np.where(below, n + 1, -1.0)
    while (np.abs(far - near) > 1).any():
        middle = np.where(below, np.ceil((near + far) / 2), np.floor((near + far) / 2))
        within = np.clip(middle, 0, n)
        low = (middle != within) | (_log_pmf(within, n, chance) <= seen)
        near, far = np.where(low, near, middle), np.where(low, middle, far)
    under, over = np.where(below, k, far), np.where(below, far, k)
    # Of at most `under` and of at least `over`; the incomplete beta function has no 0 in it.
    inside = (under >= 0) & (under < n)
    lower = betainc(np.where(inside, n - under, 1), np.where(inside, under + 1, 1), 1 - chance)
    lower = np.where(inside, lower, (under >= n).astype(np.float64))
    inside = (over >= 1) & (over <= n)
    upper = betainc(np.where(inside, over, 1), np.where(inside, n - over + 1, 1), chance)
    upper = np.where(inside, upper, (over < 1).astype(np.float64))
    return np.where(k == mean, 1.0, np.minimum(lower + upper, 1.0))
