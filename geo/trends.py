"""Which way each place is going: trends of series, and hot spots in place and time together.

Pure functions of arrays of shape (n, t): a row for each place, a column for each period, the
periods equally long, the earliest first, none missing.

`emerging` gives each place one of the patterns that Esri published for ArcGIS ("How Emerging Hot
Spot Analysis works", ArcGIS Pro 3). A period of a place is hot where its z is above 0 and
significant, cold where below and significant. As published, for hot spots:

- new: hot in the last period, and never hot before.
- consecutive: one unbroken run of at least two hot periods that ends with the last; never hot
  before that run; less than 90 percent of the periods are hot.
- intensifying: hot in at least 90 percent of the time-step intervals, the last included, and z
  rises over all, significantly.
- persistent: hot in at least 90 percent of the time-step intervals, with no significant trend.
- diminishing: hot in at least 90 percent of the time-step intervals, the last included, and z
  falls over all, significantly.
- sporadic: hot in the last period, and on and off before; less than 90 percent of the periods are
  hot, and none is cold.
- oscillating: hot in the last period, and cold in one before; less than 90 percent are hot.
- historical: not hot in the last period, but in at least 90 percent of the time-step intervals.

Cold spots mirror them: intensifying is z falling. Where the text leaves it open, this is how it is
read: the trend is the Mann-Kendall test of the z of a place; a persistent place is hot in the last
period (else it is historical); of two patterns that fit the first listed is given, so that a first
hot period after cold ones is new, not oscillating, and one that has just ceased to be a hot spot
and become a cold one is a new cold spot, not a historical hot one.
"""

from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.special import ndtr

from geo.hotspots import GetisOrd, deviations, standardised, sums

Floats = NDArray[np.float64]

# Slopes held in memory at a time: 32 MB.
SLOPES: Final = 4_000_000


class MannKendall(NamedTuple):
    """Arrays of shape (n,)."""

    s: NDArray[np.int64]
    """Pairs of periods that rise less those that fall."""
    variance: Floats
    """Of s where there is no trend, corrected for ties."""
    z: Floats
    p: Floats


class Pattern(IntEnum):
    """How a hot spot (above 0) or a cold spot (below) came to be; numbered as ArcGIS does."""

    NONE = 0
    NEW_HOT = 1
    CONSECUTIVE_HOT = 2
    INTENSIFYING_HOT = 3
    PERSISTENT_HOT = 4
    DIMINISHING_HOT = 5
    SPORADIC_HOT = 6
    OSCILLATING_HOT = 7
    HISTORICAL_HOT = 8
    NEW_COLD = -1
    CONSECUTIVE_COLD = -2
    INTENSIFYING_COLD = -3
    PERSISTENT_COLD = -4
    DIMINISHING_COLD = -5
    SPORADIC_COLD = -6
    OSCILLATING_COLD = -7
    HISTORICAL_COLD = -8

    @property
    def code(self) -> str:
        """As it is written outside.

        >>> Pattern(-3).code
        'intensifying_cold'
        """
        return self.name.lower()


def _checked(series: ArrayLike) -> Floats:
    x = np.asarray(series, dtype=np.float64)
    if x.ndim != 2 or x.shape[1] < 1:
        raise ValueError(f"a row for each place, a column for each period, not {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("a value is missing")
    return x


def mann_kendall(series: ArrayLike) -> MannKendall:
    """Does each row rise or fall over all? Any shape of trend, no distribution assumed.

    S = Σ sign(later - earlier), variance corrected for ties, z with S one nearer to 0 (M. G.
    Kendall, Rank Correlation Methods, 1975; H. B. Mann, Econometrica 13, 1945). Raises ValueError
    for a missing value.

    >>> found = mann_kendall([[1, 2, 4, 4, 7, 9], [3, 3, 3, 3, 3, 3]])
    >>> found.s.tolist(), found.p.round(4).tolist()
    ([14, 0], [0.0129, 1.0])
    """
    x = _checked(series)
    rows, t = x.shape
    s, equal = np.zeros(rows, dtype=np.int64), np.ones(x.shape, dtype=np.int64)
    for lag in range(1, t):
        change = np.sign(x[:, lag:] - x[:, :-lag])
        s += change.sum(axis=1).astype(np.int64)
        equal[:, lag:] += change == 0
        equal[:, :-lag] += change == 0
    # Over a group of m ties: m times (m - 1)(2m + 5). Without ties each is a group of one.
    ties = ((equal - 1) * (2 * equal + 5)).sum(axis=1)
    variance = (t * (t - 1) * (2 * t + 5) - ties) / 18
    z = np.divide(s - np.sign(s), np.sqrt(variance), out=np.zeros(rows), where=variance > 0)
    return MannKendall(s, variance, z, 2 * ndtr(-np.abs(z)))


def sen_slope(series: ArrayLike) -> Floats:
    """The median change a period of each row, shape (n,); 0 for a single period.

    P. K. Sen, "Estimates of the Regression Coefficient Based on Kendall's Tau", JASA 63, 1968.

    >>> sen_slope([[1, 2, 3, 100, 5]]).tolist()
    [1.0]
    """
    x = _checked(series)
    earlier, later = np.triu_indices(x.shape[1], 1)
    slope = np.zeros(len(x))
    block = max(1, SLOPES // max(len(later), 1))
    for start in range(0, len(x) if len(later) else 0, block):
        some = slice(start, start + block)
        slope[some] = np.median((x[some, later] - x[some, earlier]) / (later - earlier), axis=1)
    return slope


def _of_late(columns: Floats, steps: int) -> Floats:
    """Each column and up to `steps` before it, added up."""
    result = columns.copy()
    for back in range(1, min(steps + 1, columns.shape[1])):
        result[:, back:] += columns[:, :-back]
    return result


def space_time_getis_ord(cube: ArrayLike, weights: csr_array, *, steps: int = 1) -> GetisOrd:
    """Gi* of every place in every period, among its neighbours then and `steps` periods before.

    As in ArcGIS: the neighbours of a place (`weights`, (n, n), itself included) in the same period
    and in each of `steps` earlier ones, as far as there are any; mean and deviation are those of
    the whole cube, so that a z can be compared with that of another period. Shapes (n, t). Raises
    ValueError as `geo.hotspots.getis_ord` does, or for steps below 0.
    """
    x = _checked(cube)
    n, t = x.shape
    if weights.shape != (n, n):
        raise ValueError(f"{x.shape} counts do not go with {weights.shape} weights")
    if n and weights.diagonal().min() <= 0:
        raise ValueError("each place is one of its own neighbours here")
    if steps < 0:
        raise ValueError(f"a number of earlier periods, not {steps}")
    off, sd = deviations(x)
    local = _of_late(np.asarray(weights @ off), steps)
    layers = _of_late(np.ones((1, t)), steps)
    total, squares = sums(weights)
    return standardised(local, total[:, None] * layers, squares[:, None] * layers, x.size, sd)


def _side(
    own: NDArray[np.bool_], other: NDArray[np.bool_], way: NDArray[np.int8]
) -> NDArray[np.int64]:
    """The number of the pattern on one side, 0 for none; `way` is 1 where it grows stronger."""
    t = own.shape[1]
    last, times = own[:, -1], own.sum(axis=1)
    most = 10 * times >= 9 * t
    run = np.cumprod(own[:, ::-1], axis=1).sum(axis=1)
    crossed = other.any(axis=1)
    rules = [
        (Pattern.NEW_HOT, last & (times == 1)),
        (Pattern.CONSECUTIVE_HOT, last & (run == times) & ~most),
        (Pattern.INTENSIFYING_HOT, last & most & (way > 0)),
        (Pattern.PERSISTENT_HOT, last & most & (way == 0)),
        (Pattern.DIMINISHING_HOT, last & most & (way < 0)),
        (Pattern.SPORADIC_HOT, last & ~most & ~crossed),
        (Pattern.OSCILLATING_HOT, last & ~most & crossed),
        (Pattern.HISTORICAL_HOT, ~last & most),
    ]
    return np.select([rule for _, rule in rules], [int(pattern) for pattern, _ in rules], 0)


def emerging(z: ArrayLike, q: ArrayLike, *, alpha: float = 0.05) -> NDArray[np.int8]:
    """The pattern of each place, values of `Pattern`, shape (n,), by the rules above.

    `z` of shape (n, t) is Gi* of every period, as `space_time_getis_ord` gives it, and `q` of the
    same shape its p, best adjusted over the whole cube by `geo.hotspots.benjamini_hochberg`. At
    most `alpha` is significant, of a period and of the trend alike.

    >>> z = np.array([[0.1, 0.3, 2.9], [3.1, 3.3, 0.2]])
    >>> [Pattern(found).code for found in emerging(z, np.where(z > 2, 0.01, 0.8))]
    ['new_hot', 'none']
    """
    score, adjusted = _checked(z), _checked(q)
    if score.shape != adjusted.shape:
        raise ValueError(f"{score.shape} z do not go with {adjusted.shape} q")
    trend = mann_kendall(score)
    way = np.where(trend.p <= alpha, np.sign(trend.s), 0).astype(np.int8)
    significant = adjusted <= alpha
    hot, cold = significant & (score > 0), significant & (score < 0)
    above, below = _side(hot, cold, way), _side(cold, hot, -way)
    first = (above > 0) & ((below == 0) | (above < below))
    return np.where(first, above, -below).astype(np.int8)
