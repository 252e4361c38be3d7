"""Quantiles of times of which some are not over, against SciPy and against many samples."""

import warnings

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats

from geo.survival import curve, ordered, quantile, quantiles

TIMES = st.lists(st.tuples(st.integers(0, 30), st.booleans()), min_size=1, max_size=60)


@given(TIMES)
def test_the_curve_and_its_interval_are_those_of_scipy(rows: list[tuple[int, bool]]) -> None:
    times, done = np.array([float(t) for t, _ in rows]), np.array([d for _, d in rows])
    assume(done.any())
    found = curve(times, done)
    known = stats.ecdf(stats.CensoredData(uncensored=times[done], right=times[~done])).sf
    with warnings.catch_warnings(action="ignore", category=RuntimeWarning):
        interval = known.confidence_interval(method="log-log")
    at = np.searchsorted(known.quantiles, found.times)
    np.testing.assert_allclose(found.share, known.probabilities[at], atol=1e-9)
    for mine, theirs in ((found.lower, interval.low), (found.upper, interval.high)):
        inner = found.share > 1e-9
        np.testing.assert_allclose(mine[inner], theirs.probabilities[at][inner], atol=1e-9)


@given(TIMES, st.sampled_from([0.25, 0.5, 0.9]))
def test_a_quantile_is_the_first_time_by_which_so_many_are_done(
    rows: list[tuple[int, bool]], p: float
) -> None:
    times, done = np.array([float(t) for t, _ in rows]), np.array([d for _, d in rows])
    found = quantile(times, done, p)
    if done.all():
        below = [t for t in sorted(set(times.tolist())) if (times <= t).mean() >= p - 1e-9]
        assert found.value == below[0]
    ends = (found.low, found.value, found.high)
    inner = [one for one in ends if one is not None]
    assert inner == sorted(inner)
    # What is still open can only make it longer.
    alone = quantile(times[done], done[done], p)
    if found.value is not None and alone.value is not None:
        assert found.value >= alone.value


def test_who_leaves_the_slow_ones_open_does_not_look_fast() -> None:
    times = np.array([1.0] * 10 + [100.0] * 30)
    done = np.array([True] * 10 + [False] * 30)
    found = quantile(times, done, 0.5)
    assert found.value is None
    assert quantile(times[done], done[done], 0.5).value == 1


@pytest.mark.parametrize(("n", "p"), [(11, 0.5), (25, 0.5), (60, 0.9)])
def test_the_ends_of_an_exact_interval_are_order_statistics_of_the_binomial(
    n: int, p: float
) -> None:
    found = ordered(np.arange(1.0, n + 1), p)
    number = stats.binom(n, p)
    low = max(k for k in range(1, n + 1) if number.cdf(k - 1) <= 0.025)
    assert found.low == low
    highs = [k for k in range(1, n + 1) if number.sf(k - 1) <= 0.025]
    assert found.high == (min(highs) if highs else None)


def test_intervals_hold_the_true_median_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    hits = {"censored": 0, "whole": 0}
    for _ in range(400):
        true, seen = rng.exponential(10, 80), rng.uniform(0, 40, 80)
        found = quantile(np.minimum(true, seen), true <= seen, 0.5)
        whole = quantiles(true, np.ones(80, bool), [0.5])[0]
        for name, one in (("censored", found), ("whole", whole)):
            assert one.low is not None
            hits[name] += one.low <= 10 * np.log(2) <= (one.high or np.inf)
    assert hits["censored"] > 0.91 * 400
    assert hits["whole"] > 0.93 * 400


def test_of_nothing_and_of_few_no_end_is_made_up() -> None:
    assert quantile(np.zeros(0), np.zeros(0, bool), 0.5) == (None, None, None)
    found = ordered(np.array([3.0, 1.0, 2.0]), 0.5)
    assert found == (2.0, None, None)
