"""How long something takes, where some of it is not done yet: quantiles with 95 % intervals.

What is still open has taken at least so long: leaving it out would make who closes little look
fast. The share that is still open after a time is E. L. Kaplan and P. Meier's (JASA 53, 1958), its
variance M. Greenwood's (1926), and the interval of a quantile that of R. Brookmeyer and J. Crowley
(Biometrics 38, 1982) on the scale log(-log S). Where all is done it is exact: two order statistics
(W. R. Thompson, Ann. Math. Stat. 7, 1936).

Times are numbers of any unit that are not negative; ties of both kinds: what is done at a time goes
before what is last seen open at it.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

Floats = NDArray[np.float64]
# Two-sided 95 % of the normal distribution.
Z: Final = 1.959963984540054
# Shares are products of many quotients: equal ones differ in the last digits.
NEAR: Final = 1e-9


class Curve(NamedTuple):
    """The share still open after each time at which any was done; arrays of shape (k,)."""

    times: Floats
    share: Floats
    lower: Floats
    """Of the 95 % interval."""
    upper: Floats


class Quantile(NamedTuple):
    """None: so many were not done yet that it cannot be told."""

    value: float | None
    low: float | None
    high: float | None


NOTHING: Final = Quantile(None, None, None)


def curve(times: Floats, done: NDArray[np.bool_]) -> Curve:
    """Of `times` (n,) that things took, or after which they were last seen open."""
    if not len(times):
        empty = np.zeros(0)
        return Curve(empty, empty, empty, empty)
    order = np.argsort(times, kind="stable")
    ends, first = np.unique(times[order], return_index=True)
    events = np.add.reduceat(done[order].astype(np.float64), first)
    at_risk = len(times) - first.astype(np.float64)
    some = events > 0
    ends, events, at_risk = ends[some], events[some], at_risk[some]
    share = np.cumprod(1 - events / at_risk).astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(events / (at_risk * (at_risk - events)))
        logs = np.log(share)
        reach = Z * np.sqrt(variance) / np.abs(logs)
        lower, upper = np.exp(logs * np.exp(reach)), np.exp(logs * np.exp(-reach))
    over = share <= NEAR
    return Curve(ends, share, np.where(over, 0.0, lower), np.where(over, 0.0, upper))


def quantile(times: Floats, done: NDArray[np.bool_], p: float) -> Quantile:
    """The time by which a share `p` is done, and its 95 % interval.

    >>> quantile(np.arange(1.0, 12.0), np.ones(11, bool), 0.5)
    Quantile(value=6.0, low=2.0, high=10.0)
    """
    [found] = quantiles(times, done, [p])
    return found


def quantiles(times: Floats, done: NDArray[np.bool_], shares: Sequence[float]) -> list[Quantile]:
    """As `quantile`, for several shares."""
    if done.all():
        return [ordered(times, p) for p in shares]
    found = curve(times, done)
    curves = (found.share, found.lower, found.upper)
    return [Quantile(*(_first(found.times, one, 1 - p) for one in curves)) for p in shares]


def _first(times: Floats, share: Floats, level: float) -> float | None:
    below = np.flatnonzero(share <= level + NEAR)
    return float(times[below[0]]) if len(below) else None


def ordered(times: Floats, p: float) -> Quantile:
    """As `quantile` where all are done; an end is None where so few cannot hold it."""
    n = len(times)
    if not n:
        return NOTHING
    held = np.sort(times)
    value = float(held[max(0, int(np.ceil(n * p - NEAR)) - 1)])
    # Far out of these, no number is likely.
    spread = 8 * np.sqrt(n * p * (1 - p)) + 8
    least, most = max(0, int(n * p - spread)), min(n, int(n * p + spread) + 1)
    numbers = np.arange(least, most + 1)
    # P(fewer than k are below the quantile), by which the k-th lies above it.
    below = np.where(numbers > 0, bdtr(numbers - 1.0, n, p), 0.0)
    lowest = numbers[below <= 0.025 + NEAR]
    highest = numbers[1 - below <= 0.025 + NEAR]
    low = int(lowest[-1]) if len(lowest) else 0
    high = int(highest[0]) if len(highest) else n + 1
    return Quantile(
        value,
        float(held[low - 1]) if low >= 1 else None,
        float(held[high - 1]) if high <= n else None,
    )
