"""Shares of few and of many beside each other: which differ from the whole by more than chance.

Funnel limits (D. J. Spiegelhalter, Statistics in Medicine 24, 2005), exact: those of the binomial
distribution of so many with the share of all together. Inside of them areas are not to be ranked.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr

# Two-sided, as of the funnel of rates: 95 % and 99.8 %.
LEVELS: Final = (0.95, 0.998)
MOST_POINTS: Final = 40


class Limits(NamedTuple):
    """For each number in `n`; (k, levels) shares."""

    overall: float
    n: list[int]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def beyond(done: int, n: int, overall: float, level: float = LEVELS[1]) -> int:
    """-1 where so few of n are less likely than (1 - level) / 2, 1 where so many are; else 0.

    >>> beyond(2, 40, 0.5), beyond(20, 40, 0.5), beyond(39, 40, 0.5)
    (-1, 0, 1)
    """
    tail = (1 - level) / 2
    if not n:
        return 0
    if bdtr(float(done), n, overall) < tail:
        return -1
    above = 1.0 if done == 0 else 1 - bdtr(float(done - 1), n, overall)
    return int(above < tail)


def limits(numbers: Sequence[int], overall: float) -> Limits:
    """Shares just inside of the limits, from the smallest to the largest of some numbers."""
    least, most = max(1, min(numbers)), max(1, *numbers)
    some = sorted({round(one) for one in np.geomspace(least, most, MOST_POINTS)})
    lower, upper = np.zeros((len(some), 2)), np.ones((len(some), 2))
    for row, n in enumerate(some):
        counts = np.arange(n + 1)
        at_most = bdtr(counts.astype(np.float64), n, overall)
        at_least = 1 - np.concatenate([[0.0], at_most[:-1]])
        for column, level in enumerate(LEVELS):
            tail = (1 - level) / 2
            lower[row, column] = counts[at_most >= tail][0] / n
            upper[row, column] = counts[at_least >= tail][-1] / n
    return Limits(overall, some, lower, upper)
