"""Where values gather more than chance would have it: local statistics of places and neighbours.

Pure functions of arrays. `values` has shape (n,): a number for each place, none missing.
`weights` has shape (n, n), sparse: what each place counts for in the sum around another, itself
included, as `geo.cells.neighbours` and `contiguity` make them.
"""

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtr

Floats = NDArray[np.float64]

# Random draws held in memory at a time: 16 MB of places, and as much again for their sums.
DRAWN: Final = 2_000_000


class GetisOrd(NamedTuple):
    """Arrays of one shape: the standard deviate, above 0 where high, and its two-sided p."""

    z: Floats
    p: Floats


class Quadrant(IntEnum):
    """A place and the mean of its neighbours, each above (high) or at most (low) the mean."""

    NONE = 0
    HIGH_HIGH = 1
    LOW_HIGH = 2
    LOW_LOW = 3
    HIGH_LOW = 4


class LocalMoran(NamedTuple):
    """Arrays of shape (n,)."""

    i: Floats
    """Above 0 where a place is like its neighbours, below where it stands out from them."""
    quadrant: NDArray[np.int8]
    """Values of `Quadrant`; NONE without neighbours, or where all values are the same."""
    p: Floats
    z: Floats
    """How far I lies from what the permutations of `p` would give on average, in deviations."""


def contiguity(
    shapes: Sequence[shapely.Geometry] | NDArray[Any], *, tolerance_deg: float = 0.0
) -> csr_array:
    """1.0 where two polygons share a point (queen contiguity), itself included; shape (n, n).

    With a tolerance, also where they come that close: borders drawn twice seldom meet exactly.

    >>> row = [shapely.box(0, 0, 1, 1), shapely.box(1, 1, 2, 2), shapely.box(2.1, 1, 3, 2)]
    >>> contiguity(row).toarray().tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    every = np.asarray(shapes, dtype=object)
    if tolerance_deg > 0:
        found = shapely.STRtree(every).query(every, predicate="dwithin", distance=tolerance_deg)
    else:
        found = shapely.STRtree(every).query(every, predicate="intersects")
    # Both ways: a predicate that rounds might hold in one direction only. And itself, though empty.
    own = np.arange(len(every))
    rows, columns = np.concatenate([found, found[::-1], [own, own]], axis=1)
    weights = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(every),) * 2)
    weights.data[:] = 1.0  # csr_array has added up what was said more than once
    return weights


def _checked(values: ArrayLike, weights: csr_array) -> Floats:
    x = np.asarray(values, dtype=np.float64)
    if x.ndim != 1 or weights.shape != (len(x), len(x)):
        raise ValueError(f"{x.shape} values do not go with {weights.shape} weights")
    if not np.isfinite(x).all():
        raise ValueError("a value is missing: leave its place out")
    if len(x) and weights.diagonal().min() <= 0:
        raise ValueError("each place is one of its own neighbours here")
    return x


def deviations(values: Floats) -> tuple[Floats, float]:
    """Each value less the mean of all, and their standard deviation (of a population).

    Exactly zero where all are the same: the mean of equal numbers may be off by a rounding.
    """
    if values.size == 0 or values.max() == values.min():
        return np.zeros(values.shape), 0.0
    off = values - values.mean()
    return off, float(np.sqrt(np.mean(off**2)))


def standardised(local: Floats, total: Floats, squares: Floats, n: int, sd: float) -> GetisOrd:
    """Gi* from sums over each neighbourhood, any shape (Ord and Getis 1995, equation 14).

    `local` is the sum of weight times deviation from the mean of all n values, whose standard
    deviation is `sd`; `total` is the sum of the weights and `squares` that of their squares.
    0 where nothing can be said: all values the same, or all n of them in one neighbourhood.
    """
    spread = n * squares - total**2
    scale = sd * np.sqrt(np.maximum(spread, 0) / max(n - 1, 1))
    told = (scale > 0) & (spread > 1e-12 * n * squares)
    z = np.divide(local, scale, out=np.zeros(np.shape(local)), where=told)
    return GetisOrd(z, 2 * ndtr(-np.abs(z)))


def getis_ord(values: ArrayLike, weights: csr_array) -> GetisOrd:
    """Getis and Ord's Gi*: is the sum around each place, itself included, unusually high or low?

    z = (Σ w x - W x̄) / (s √((n Σ w² - W²) / (n - 1))), p of the normal distribution (J. K. Ord
    and A. Getis, "Local Spatial Autocorrelation Statistics: Distributional Issues and an
    Application", Geographical Analysis 27, 1995). Where fewer than some 100 are counted in a
    neighbourhood p is too small, the more so the fewer: see `permutation_p`. Raises ValueError for
    a missing value, weights of another shape, or a place not among its own neighbours.

    >>> row = csr_array([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]])
    >>> getis_ord([9, 8, 1, 0], row).z.round(2).tolist()
    [1.72, 1.12, -1.12, -1.72]
    """
    x = _checked(values, weights)
    off, sd = deviations(x)
    return standardised(weights @ off, *sums(weights), len(x), sd)


def sums(weights: csr_array) -> tuple[Floats, Floats]:
    """Of each row, the sum of the weights and that of their squares."""
    squared = csr_array((weights.data**2, weights.indices, weights.indptr), shape=weights.shape)
    return np.asarray(weights.sum(axis=1)), np.asarray(squared.sum(axis=1))


def _neighbours_only(weights: csr_array) -> csr_array:
    """1.0 for each neighbour, itself left out; raises ValueError where a row's weights differ."""
    rows = np.repeat(np.arange(weights.shape[0]), np.diff(weights.indptr))
    kept = (rows != weights.indices) & (weights.data != 0)
    rows, columns, data = rows[kept], weights.indices[kept], weights.data[kept]
    if (data[1:] != data[:-1])[rows[1:] == rows[:-1]].any():
        raise ValueError("permutations need weights that are equal within a row")
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=weights.shape)


def _conditional(off: Floats, others: csr_array, permutations: int, seed: int) -> Floats:
    """Two-sided pseudo-p of the sum of the neighbours' values, the place itself held still.

    Every permutation draws one row of distinct places at random. Its first c, the place itself
    skipped, are the neighbours of each place that has c of them: a row serves all places, so
    sorted running sums answer for all at once, but for the few places met in their own row.
    """
    if permutations < 1:
        raise ValueError("at least one permutation")
    n, card = len(off), np.diff(others.indptr)
    most = int(card.max(initial=0)) + 1
    margin = 1e-9 * float(np.abs(off).max(initial=0.0))  # sums added in another order
    seen = others @ off
    above, below = np.zeros(n, np.int64), np.zeros(n, np.int64)
    rng = np.random.default_rng(seed)
    block = max(1, DRAWN // max(most, 1))
    groups = [(int(c), np.flatnonzero(card == c)) for c in np.unique(card)]
    for start in range(0, permutations if n > 1 else 0, block):
        size = min(block, permutations - start)
        drawn = _distinct(rng, n, most, size)
        running = np.zeros((size, most + 1))
        np.cumsum(off[drawn], axis=1, out=running[:, 1:])
        for c, members in groups:
            ranked, obs = np.sort(running[:, c]), seen[members]
            above[members] += size - np.searchsorted(ranked, obs - margin, "left")
            below[members] += np.searchsorted(ranked, obs + margin, "right")
        row, at = np.nonzero(np.arange(most) < card[drawn])
        place = drawn[row, at]
        wrong = running[row, card[place]]
        right = running[row, card[place] + 1] - off[place]
        for count, sign in ((above, 1), (below, -1)):
            bound = sign * seen[place] - margin
            change = (sign * right >= bound).astype(np.int64) - (sign * wrong >= bound)
            np.add.at(count, place, change)
    p = np.minimum(1.0, 2 * (np.minimum(above, below) + 1) / (permutations + 1))
    return np.where(card > 0, p, 1.0)


def _distinct(rng: np.random.Generator, n: int, most: int, size: int) -> NDArray[np.int64]:
    """Rows of distinct places drawn at random, shape (size, most)."""
    if most**2 > n:
        return np.array([rng.choice(n, most, replace=False) for _ in range(size)], np.int64)
    # Few rows have a place twice: whole rows drawn anew leave all distinct ones equally likely, at
    # a fortieth of the time of one choice after the other.
    drawn = rng.integers(n, size=(size, most))
    again = np.arange(size)
    while len(again):
        ordered = np.sort(drawn[again], axis=1)
        again = again[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        drawn[again] = rng.integers(n, size=(len(again), most))
    return drawn


def permutation_p(
    values: ArrayLike, weights: csr_array, *, permutations: int = 999, seed: int
) -> Floats:
    """Two-sided pseudo-p of Gi* by conditional permutation: no distribution is assumed.

    Each place keeps its value while the others are dealt anew around it (Anselin 1995, section 4):
    twice the share of deals, the real one among them, whose sum is as far out or farther on the
    side where it is rarer; at most 1, at least 2 / (permutations + 1). The same seed gives the
    same p. Places share their deals, so their p are not independent. Weights must be equal within
    a row, else ValueError; the other errors are those of `getis_ord`.
    """
    off, _ = deviations(_checked(values, weights))
    return _conditional(off, _neighbours_only(weights), permutations, seed)


def benjamini_hochberg(p: ArrayLike) -> Floats:
    """Adjusted p of any shape: q <= a keeps the expected share of false discoveries below a.

    Y. Benjamini and Y. Hochberg, "Controlling the False Discovery Rate", JRSS B 57, 1995; all of
    the array is one family of tests. Raises ValueError unless every p lies in 0..1.

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).tolist()
    [0.02, 0.04, 0.04, 0.02]
    """
    given = np.asarray(p, dtype=np.float64)
    if not ((given >= 0) & (given <= 1)).all():
        raise ValueError("p must lie between 0 and 1")
    flat = given.ravel()
    order = np.argsort(-flat, kind="stable")
    m = len(flat)
    q = np.empty(m)
    q[order] = np.minimum.accumulate(flat[order] * m / np.arange(m, 0, -1))
    return np.minimum(q, 1.0).reshape(given.shape)


def significance_class(z: Floats, q: Floats) -> NDArray[np.int8]:
    """3, 2, 1 where hot at 99, 95, 90 % by the adjusted p, negative where cold, else 0.

    >>> significance_class(np.array([4.0, -2.9, 1.1]), np.array([0.001, 0.04, 0.3])).tolist()
    [3, -2, 0]
    """
    level = (q <= 0.01).astype(np.int8) + (q <= 0.05) + (q <= 0.10)
    return np.asarray(level * np.sign(z), dtype=np.int8)


def joined(classes: NDArray[np.int8], weights: csr_array) -> NDArray[np.int64]:
    """Which hot spot each place belongs to, numbered from 0 by first place; -1 for none, (n,).

    A hot spot is every significantly hot place (class above 0) that can be reached from another
    over direct neighbours that are hot too.

    >>> row = csr_array([[1.0, 1, 0, 0], [1, 1, 1, 0], [0, 1, 1, 1], [0, 0, 1, 1]])
    >>> joined(np.array([1, 3, 0, 2], dtype=np.int8), row).tolist()
    [0, 0, -1, 1]
    """
    hot = np.flatnonzero(np.asarray(classes) > 0)
    labels = np.full(len(classes), -1, dtype=np.int64)
    if len(hot):
        labels[hot] = connected_components(weights[hot][:, hot], directed=False)[1]
    return labels


def local_moran(
    values: ArrayLike, weights: csr_array, *, permutations: int = 999, seed: int
) -> LocalMoran:
    """Local Moran's I: is each place like its neighbours, or an outlier among them?

    I = (n - 1) d Σ w d' / Σ d², d the deviation from the mean, w the share of each neighbour, the
    place itself left out (L. Anselin, "Local Indicators of Spatial Association - LISA",
    Geographical Analysis 27, 1995, with n - 1 as in PySAL and GeoDa). p as in `permutation_p`,
    and the same errors. z from the exact mean and variance over all permutations (R. R. Sokal, N.
    L. Oden and B. A. Thomson, "Local Spatial Autocorrelation in a Biological Model", Geographical
    Analysis 30, 1998, A7 and A8). A place without neighbours has I = 0, p = 1 and z = 0.
    """
    x = _checked(values, weights)
    off, sd = deviations(x)
    others = _neighbours_only(weights)
    card = np.diff(others.indptr)
    lag = (others @ off) / np.maximum(card, 1)
    i = (len(x) - 1) * off * lag / (len(x) * sd**2) if sd > 0 else np.zeros(len(x))
    high, around = off > 0, lag > 0
    quadrant = np.where(high, np.where(around, 1, 4), np.where(around, 2, 3)).astype(np.int8)
    quadrant[(card == 0) | (sd == 0)] = Quadrant.NONE
    z = _conditional_z(off, lag, card)
    return LocalMoran(i, quadrant, _conditional(off, others, permutations, seed), z)


def _conditional_z(off: Floats, lag: Floats, card: NDArray[Any]) -> Floats:
    """The deviate of the mean of `card` others, drawn from all but the place itself.

    Its sign is that of I less its mean: with the place's own sign, above 0 like its neighbours.
    """
    n = len(off)
    others = n - 1
    if others < 2:
        return np.zeros(n)
    spread = np.maximum(np.sum(off**2) - off**2 * n / others, 0.0) / (others - 1)
    scale = np.sqrt(spread * (others - card) / (np.maximum(card, 1) * others))
    away = np.sign(off) * (lag + off / others)
    told = (card > 0) & (scale > 1e-12 * np.abs(off).max(initial=0.0))
    return np.asarray(np.divide(away, scale, out=np.zeros(n), where=told))
