"""Class breaks for legends: where one colour ends and the next begins."""

from typing import Final, Literal

import jenkspy
import numpy as np
from numpy.typing import NDArray

Method = Literal["quantile", "natural"]
# Jenks' optimal classes take quadratic time; beyond this many values, their quantiles stand in.
MOST_VALUES: Final = 1500


def breaks(values: NDArray[np.float64], method: Method, k: int) -> list[float]:
    """Lower bounds of the second and later of up to `k` classes, ascending, without repeats.

    Equal values always share a class, so fewer classes than asked for may come back. `quantile`
    gives each class its equal share of what the classes below it left: where half of all cells have
    one complaint, plain quantiles would leave three classes of six. `natural` minimises the
    variance within classes (Jenks 1967; Fisher 1958).

    >>> breaks(np.array([1.0, 1, 1, 1, 1, 1, 2, 2, 3, 4, 9, 50]), "quantile", 4)
    [2.0, 3.0, 9.0]
    """
    ordered = np.sort(values)
    distinct = np.unique(ordered)
    if len(distinct) <= k:
        return [float(value) for value in distinct[1:]]
    if method == "quantile":
        return _shares(ordered, k)
    if len(ordered) > MOST_VALUES:
        ordered = np.quantile(ordered, np.linspace(0, 1, MOST_VALUES), method="nearest")
        distinct = np.unique(ordered)
    # jenkspy gives the highest value of each class.
    upper = jenkspy.jenks_breaks(ordered, n_classes=min(k, len(distinct)))[1:-1]
    lower = distinct[np.minimum(np.searchsorted(distinct, upper, side="right"), len(distinct) - 1)]
    return [float(value) for value in np.unique(lower)]


def _shares(left: NDArray[np.float64], k: int) -> list[float]:
    found: list[float] = []
    for more in range(k, 1, -1):
        last = left[max(0, round(len(left) / more) - 1)]
        left = left[left > last]
        if not len(left):
            break
        found.append(float(left[0]))
    return found
