"""Where and when there are more cases than expected: Kulldorff's space-time scan statistic.

A cylinder is a circle around the centre of a place, with all places whose centres lie in it, and
an unbroken run of periods. Each is compared with all that is outside it, and the one least likely
by chance is the most likely cluster (M. Kulldorff, "A Spatial Scan Statistic", Communications in
Statistics: Theory and Methods 26, 1997; cylinders: Kulldorff and others, American Journal of
Public Health 88, 1998; those still going on: Kulldorff, JRSS A 164, 2001). Discrete Poisson model,
high clusters only.

Pure functions of arrays: `cases` of shape (n, t), n places and t periods equally long, the earliest
first; or (n,), a single period, for the purely spatial scan.
"""

from collections.abc import Callable, Iterator
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import xlogy

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# The mean radius of the Earth (IUGG).
EARTH_M: Final = 6_371_008.8
# Numbers worked on at a time, over all windows and replications of one circle: they fit the cache.
WORKED: Final = 16_384
# Numbers held for all places, windows and replications of a block: 64 MB.
HELD: Final = 16_000_000
# Cylinders times replications in one call: some five seconds of one core.
MOST: Final = 3_000_000_000
# Centres nearer together than this (metres) are at one distance: sums round otherwise each way.
SAME_M: Final = 1e-6


class Cluster(NamedTuple):
    """A cylinder with more cases than expected."""

    places: Ints
    """Indices of the places in the circle, the nearest to its centre first."""
    centre: int
    """Index of the place in the middle; of several with the same circle, of the smallest one."""
    radius_m: float
    """To the centre of the farthest place in it; 0 for a single place."""
    first: int
    """Index of its first period."""
    last: int
    """Index of its last period, which is in it."""
    observed: int
    expected: float
    """Cases, the expected ones of all places and periods adding up to the observed ones."""
    relative_risk: float
    """Observed per expected inside, divided by the same outside; inf where all cases are inside."""
    log_likelihood_ratio: float
    p: float
    """That the most likely cluster of all would be as unlikely, if there were none."""


class _Circles(NamedTuple):
    """For each centre, the circles around it: circle k holds the first k + 1 of its places."""

    order: list[NDArray[np.int32]]
    radius_m: list[Floats]
    whole: list[NDArray[np.bool_]]
    """False where the next place is just as far away: that circle holds more."""


class _Windows(NamedTuple):
    """Runs of periods, half-open; shape (w,)."""

    start: Ints
    stop: Ints

    def sums(self, series: Floats) -> Floats:
        """Over each window, of arrays whose second axis is the periods; shape (n, w, ...)."""
        shape = (series.shape[0], series.shape[1] + 1, *series.shape[2:])
        running = np.zeros(shape, dtype=series.dtype)
        np.cumsum(series, axis=1, out=running[:, 1:])
        return np.asarray(running[:, self.stop] - running[:, self.start])


class _Sought(NamedTuple):
    circles: _Circles
    windows: _Windows
    min_cases: int
    margins: bool
    """Replications keep the sums of places and periods."""


class _Best(NamedTuple):
    """The best window of each circle, with cases above expectation; shape (c,)."""

    ratio: Floats
    centre: Ints
    size: Ints
    window: Ints
    observed: Floats
    expected: Floats
    radius_m: Floats


def on_plane(lon_lat: ArrayLike) -> Floats:
    """Metres east and north of the mean of the points, shape (n, 2); degrees given, lon first.

    Equirectangular around the mean latitude: over a city distances are true to 0.5 %. Raises
    ValueError for points that are none.

    >>> on_plane([[105.8, 21.0], [105.9, 21.0]]).round().tolist()
    [[-5190.0, 0.0], [5190.0, 0.0]]
    """
    points = np.asarray(lon_lat, dtype=np.float64)
    if points.ndim != 2 or points.shape[1] != 2:
        raise ValueError(f"points are lon and lat, shape (n, 2), not {points.shape}")
    if not (np.isfinite(points).all() and (np.abs(points) <= (180, 90)).all()):
        raise ValueError("a point is missing or not in degrees of longitude and latitude")
    if not len(points):
        return points
    middle = points.mean(axis=0)
    scale = np.array([np.cos(np.radians(middle[1])), 1.0])
    return np.asarray(np.radians(points - middle) * scale * EARTH_M)


def expected_from_population(population: ArrayLike, weights: ArrayLike = (1.0,)) -> Floats:
    """Expected cases in proportion to those at risk and, if given, the weight of each period.

    `population` (n,), `weights` (t,), each a length or a season; result (n, t), of any scale.
    Raises ValueError for a negative or missing number.
    """
    people, of_period = (np.asarray(given, dtype=np.float64) for given in (population, weights))
    if people.ndim != 1 or of_period.ndim != 1:
        raise ValueError("a population for each place and a weight for each period")
    for given, name in ((people, "a population"), (of_period, "the weight of a period")):
        if not (np.isfinite(given) & (given >= 0)).all():
            raise ValueError(f"{name} is negative or missing")
    return np.outer(people, of_period)


def expected_from_margins(cases: ArrayLike) -> Floats:
    """What each place and period has if neither depends on the other; shape (n, t).

    The sum of the place times that of the period by that of all (Kulldorff and others, "A
    Space-Time Permutation Scan Statistic for Disease Outbreak Detection", PLoS Medicine 2, 2005).
    To test against it, leave `expected` out of `scan`: given there, p would be too large, for
    the cases themselves have exactly these sums and random ones would not.

    >>> expected_from_margins([[3, 1], [3, 5]]).tolist()
    [[2.0, 2.0], [4.0, 4.0]]
    """
    x = _counts(cases).astype(np.float64)
    total = x.sum()
    if total == 0:
        return x
    return np.asarray(x.sum(axis=1, keepdims=True) * x.sum(axis=0) / total)


def log_likelihood_ratio(observed: ArrayLike, expected: ArrayLike, total: float) -> Floats:
    """How much likelier a higher risk inside than outside makes the cases; any shape.

    c log(c / e) + (C - c) log((C - c) / (C - e)) for c of C cases where e were expected, 0 where c
    is at most e (Kulldorff 1997, equation 9; all expected ones add up to C).

    >>> float(log_likelihood_ratio(106, 119_050 / 1_057_673 * 552, 552).round(6))
    14.780276
    """
    c, e = np.asarray(observed, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    high = (c > e) & (e > 0) & (e < total)
    inside = np.divide(c, e, out=np.ones(high.shape), where=high)
    outside = np.divide(total - c, total - e, out=np.ones(high.shape), where=high)
    return np.where(high, xlogy(c, inside) + xlogy(total - c, outside), 0.0)


def scan(
    cases: ArrayLike,
    expected: ArrayLike | None,
    centres: ArrayLike,
    *,
    max_share: float = 0.5,
    max_radius_m: float | None = None,
    max_periods: int | None = None,
    prospective: bool = False,
    min_cases: int = 2,
    limit: int = 10,
    replications: int = 999,
    seed: int,
    progress: Callable[[float], None] | None = None,
) -> list[Cluster]:
    """The most likely cluster, then those next likely that share no place with one before.

    `expected` (n, t) or, the same in all periods, (n,): as many cases as there would be without
    clusters, of any scale (a population will do). None for the space-time permutation model: what
    the sums of places and periods give, so that only what both together do is found. `centres`
    (n, 2): lon, lat in degrees.

    Circles hold at most `max_share` of all expected cases and reach no farther than `max_radius_m`;
    windows are no longer than `max_periods`, half of all periods unless given; with `prospective`
    they end with the last one. A cluster has at least `min_cases`. At most `limit` are given, most
    of them usually with p near 1: no clusters.

    p is the rank of the ratio among the highest of each of so many `replications`, by their number
    and one; for a cluster after the first too, as in SaTScan, so that it is too large rather than
    too small. Cases of a replication are dealt by the expected ones, as many as there are
    (multinomial); without `expected` so that the sums of all places and periods stay. The same seed
    gives the same p. `progress` is told the share of the replications that are done.

    Raises ValueError for input that does not go together, for cases where none are expected, and
    where more than `MOST` cylinders times replications were to be compared.
    """
    x = _counts(cases)
    e = _expectation(x, expected)
    plane = on_plane(centres)
    if len(plane) != len(x):
        raise ValueError(f"{len(plane)} centres do not go with {len(x)} places")
    if not 0 < max_share <= 1:
        raise ValueError(f"the most of a circle is a share above 0 and at most 1, not {max_share}")
    if max_radius_m is not None and not max_radius_m > 0:
        raise ValueError(f"a radius is above 0 metres, not {max_radius_m}")
    if min(replications, min_cases, limit) < 1:
        raise ValueError("replications, cases and clusters are 1 or more")
    windows = _windows(x.shape[1], max_periods, prospective)
    if not x.sum():
        return []
    circles = _circles(plane, e.sum(axis=1), max_share, max_radius_m)
    compared = sum(int(whole.sum()) for whole in circles.whole) * len(windows.start) * replications
    if compared > MOST:
        raise ValueError(
            f"{compared:.1g} cylinders to compare, more than {MOST:.1g}: "
            "fewer places, periods or replications, or a smaller radius or share"
        )
    sought = _Sought(circles, windows, min_cases, expected is None)
    best = _observed(x, windows.sums(e), sought)
    chosen = _apart(best, circles, limit)
    if not chosen:
        return []
    rng = np.random.default_rng(seed)
    highest = np.sort(_replicated(x, e, sought, replications, rng, progress))
    return [_cluster(best, at, circles, windows, highest, int(x.sum())) for at in chosen]


def _counts(cases: ArrayLike) -> Ints:
    given = np.asarray(cases)
    if given.ndim not in (1, 2) or (given.ndim == 2 and given.shape[1] < 1):
        raise ValueError(f"cases are of shape (places,) or (places, periods), not {given.shape}")
    x = given.astype(np.float64)
    if not (np.isfinite(x) & (x >= 0) & (x == np.floor(x))).all():
        raise ValueError("a number of cases is negative, missing or not whole")
    return (x[:, None] if x.ndim == 1 else x).astype(np.int64)


def _expectation(cases: Ints, expected: ArrayLike | None) -> Floats:
    """Of the shape of the cases, and adding up to them."""
    if expected is None:
        if cases.shape[1] < 2:
            raise ValueError("without expected cases at least two periods are needed")
        return expected_from_margins(cases)
    given = np.asarray(expected, dtype=np.float64)
    if given.ndim == 1:
        given = np.repeat(given[:, None], cases.shape[1], axis=1)
    if given.shape != cases.shape:
        raise ValueError(f"{given.shape} expected cases do not go with {cases.shape} cases")
    if not (np.isfinite(given) & (given >= 0)).all():
        raise ValueError("a number of expected cases is negative or missing")
    if (cases[given == 0] > 0).any():
        raise ValueError("there are cases where none are expected: leave that place out")
    total = max(float(given.sum()), float(np.finfo(np.float64).tiny))
    return np.asarray(given * (float(cases.sum()) / total))


def _windows(periods: int, longest: int | None, prospective: bool) -> _Windows:
    most = max(1, periods // 2) if longest is None else longest
    if not 1 <= most <= periods:
        raise ValueError(f"a cluster lasts from 1 to {periods} periods, not {most}")
    start, stop = np.nonzero(np.tri(periods, dtype=np.bool_).T)
    stop = stop + 1
    kept = (stop - start <= most) & ((stop == periods) | (not prospective))
    return _Windows(start[kept].astype(np.int64), stop[kept].astype(np.int64))


def _circles(plane: Floats, share: Floats, max_share: float, radius_m: float | None) -> _Circles:
    found = _Circles([], [], [])
    most = max_share * float(share.sum()) * (1 + 1e-12)
    for here in plane:
        apart = np.hypot(*(plane - here).T)
        order = np.argsort(apart, kind="stable").astype(np.int32)
        distance = apart[order]
        size = int(np.searchsorted(np.cumsum(share[order]), most, side="right"))
        if radius_m is not None:
            size = min(size, int(np.searchsorted(distance, radius_m + SAME_M, side="right")))
        whole = np.append(np.diff(distance) > SAME_M, True)
        found.order.append(order[:size])
        found.radius_m.append(distance[:size])
        found.whole.append(whole[:size])
    return found


def _observed(cases: Ints, expected: Floats, sought: _Sought) -> _Best:
    """Of every whole circle; `expected` over each window."""
    total = float(cases.sum())
    counted = sought.windows.sums(cases.astype(np.float64))
    parts: list[_Best] = []
    for centre, (order, radius_m, whole) in enumerate(zip(*sought.circles, strict=True)):
        size = np.flatnonzero(whole)
        c = np.cumsum(counted[order], axis=0)[size]
        e = np.cumsum(expected[order], axis=0)[size]
        ratio = np.where(c >= sought.min_cases, log_likelihood_ratio(c, e, total), 0.0)
        # Rounded, so that sums in another order do not decide between equals.
        ratio = ratio.round(9)
        row, window = np.arange(len(size)), ratio.argmax(axis=1)
        at = (row, window)
        same = np.full(len(size), centre)
        parts.append(_Best(ratio[at], same, size + 1, window, c[at], e[at], radius_m[size]))
    return _Best(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _apart(best: _Best, circles: _Circles, limit: int) -> list[int]:
    """The highest ratio, then the highest of a circle without a place of those before."""
    ranked = np.lexsort((best.centre, best.radius_m, -best.ratio))
    ranked = ranked[best.ratio[ranked] > 0]
    # Of the places around each centre so many, the nearest, are in no cluster yet.
    free = np.array([len(order) for order in circles.order], dtype=np.int64)
    chosen: list[int] = []
    while len(ranked) and len(chosen) < limit:
        at = int(ranked[0])
        chosen.append(at)
        taken = np.zeros(len(free), dtype=np.bool_)
        taken[circles.order[best.centre[at]][: best.size[at]]] = True
        for centre, order in enumerate(circles.order):
            within = taken[order[: free[centre]]]
            if within.any():
                free[centre] = within.argmax()
        ranked = ranked[best.size[ranked] <= free[best.centre[ranked]]]
    return chosen


def _drawn(
    cases: Ints, expected: Floats, margins: bool, sizes: list[int], rng: np.random.Generator
) -> Iterator[Ints]:
    """Replications in blocks of the sizes asked for, shape (size, n, t)."""
    total = int(cases.sum())
    if margins:
        from scipy.stats import random_table  # takes half a second

        table = random_table(cases.sum(axis=1), cases.sum(axis=0))
        for size in sizes:  # one by one: many at once would depend on how many
            tables = [table.rvs(random_state=rng) for _ in range(size)]
            yield np.asarray(tables, dtype=np.int64).reshape(size, *cases.shape)
        return
    chance = expected.ravel() / expected.sum()
    for size in sizes:
        yield rng.multinomial(total, chance, size).reshape(size, *cases.shape)


def _replicated(
    cases: Ints,
    expected: Floats,
    sought: _Sought,
    replications: int,
    rng: np.random.Generator,
    progress: Callable[[float], None] | None,
) -> Floats:
    """The highest ratio of each replication, shape (replications,)."""
    windows, total = sought.windows, int(cases.sum())
    count = len(windows.start)
    block = max(1, min(WORKED // count, HELD // (count * len(cases)), replications))
    sizes = [min(block, replications - at) for at in range(0, replications, block)]
    # Counts up to 2^24 are exact in 32 bits, and twice as fast.
    kind = np.float32 if total < 2**24 else np.float64
    over_windows = windows.sums(expected)
    found = []
    for drawn in _drawn(cases, expected, sought.margins, sizes, rng):
        counts = windows.sums(np.ascontiguousarray(drawn.transpose(1, 2, 0), dtype=kind))
        found.append(_highest(counts, over_windows, sought.circles, sought.min_cases, float(total)))
        if progress is not None:
            progress(sum(map(len, found)) / replications)
    return np.concatenate(found)


def _highest(
    counts: Floats, expected: Floats, circles: _Circles, min_cases: int, total: float
) -> Floats:
    """The highest ratio of each column of counts (n, w, size), expected (n, w); shape (size,).

    The logarithms are taken only where they may decide. With d = c - e > 0, a ratio is at most
    d² (1 / 2e + 1 / (C - e)): the terms are e h(d / e) and (C - e) h(-d / (C - e)), where h(v) =
    (1 + v) log(1 + v) - v is at most v² / 2 above 0 and at most v² below. Where that is no more
    than the highest ratio so far, there is nothing to find.
    """
    best = np.zeros(counts.shape[2])
    root = np.zeros(counts.shape[2], dtype=counts.dtype)
    running, score = np.empty_like(counts[0]), np.empty_like(counts[0])
    for order, whole in zip(circles.order, circles.whole, strict=True):
        e = np.cumsum(expected[order], axis=0)
        told = (e > 0) & (e < total * (1 - 1e-12))
        slope = np.zeros(e.shape)
        # One in a thousand more than the bound, for what 32 bits round away.
        slope[told] = np.sqrt(1.001 * (0.5 / e[told] + 1 / (total - e[told])))
        narrow_e, narrow_slope = (array.astype(counts.dtype)[:, :, None] for array in (e, slope))
        running[:] = 0
        for k, place in enumerate(order):
            running += counts[place]
            if not whole[k]:
                continue
            np.subtract(running, narrow_e[k], out=score)
            score *= narrow_slope[k]
            hit = np.flatnonzero(score.max(axis=0) > root)
            if len(hit):
                window, column = np.nonzero(score[:, hit] > root[hit])
                column = hit[column]
                c = running[window, column].astype(np.float64)
                ratio = log_likelihood_ratio(c, e[k, window], total)
                np.maximum.at(best, column, np.where(c >= min_cases, ratio, 0.0))
                root[hit] = np.sqrt(best[hit])
    return best


def _cluster(
    best: _Best, at: int, circles: _Circles, windows: _Windows, highest: Floats, total: int
) -> Cluster:
    """`highest` of the replications, ascending."""
    centre, window = int(best.centre[at]), best.window[at]
    c, e, ratio = int(best.observed[at]), float(best.expected[at]), float(best.ratio[at])
    # As high but for rounding is as high.
    rank = 1 + len(highest) - int(np.searchsorted(highest, ratio - 1e-8 * max(1.0, ratio)))
    return Cluster(
        places=circles.order[centre][: best.size[at]].astype(np.int64),
        centre=centre,
        radius_m=float(best.radius_m[at]),
        first=int(windows.start[window]),
        last=int(windows.stop[window]) - 1,
        observed=c,
        expected=e,
        relative_risk=(c / e) / ((total - c) / (total - e)) if c < total else float("inf"),
        log_likelihood_ratio=ratio,
        p=rank / (len(highest) + 1),
    )
