"""Before and after against SciPy's exact tests, a fitted Poisson model, and chance itself."""

import doctest
import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from geo import compare
from geo.compare import difference_in_differences, overdispersion, rate_ratio

counts = st.integers(0, 400)
exposures = st.floats(0.05, 50)


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(compare).failed == 0


# Before and after.


@given(counts, counts, exposures, exposures, st.sampled_from([0.8, 0.95, 0.998]))
def test_ratio_interval_and_p_are_those_of_scipys_binomial_test(
    before: int, after: int, t0: float, t1: float, level: float
) -> None:
    found = rate_ratio(before, after, t0, t1, level)
    if before + after == 0:
        assert math.isnan(found.ratio)
        assert [float(x) for x in found[1:4]] == [0, math.inf, 1]
        return
    oracle = scipy.stats.binomtest(after, before + after, t1 / (t0 + t1))
    low, high = oracle.proportion_ci(level, method="exact")
    assert found.p == pytest.approx(oracle.pvalue, rel=1e-8, abs=1e-14)
    assert found.lower == pytest.approx(low / (1 - low) * t0 / t1, rel=1e-7)
    assert found.upper == pytest.approx(
        high / (1 - high) * t0 / t1 if before else math.inf, rel=1e-7
    )
    assert found.ratio == pytest.approx(
        (after / t1) / (before / t0) if before else math.inf, rel=1e-12
    )


@pytest.mark.parametrize("chance", [0.5, 1 / 3, 0.1, 0.9, 0.01])
def test_p_is_that_of_scipy_for_every_outcome(chance: float) -> None:
    for n in (1, 2, 7, 20, 101):
        k = np.arange(n + 1)
        found = rate_ratio(n - k, k, 1 - chance, chance).p
        expected = [scipy.stats.binomtest(int(one), n, chance).pvalue for one in k]
        assert found == pytest.approx(expected, abs=1e-12)


def test_a_hundred_thousand_events_are_counted_as_exactly_as_ten() -> None:
    found = rate_ratio([50_000, 500_000], [50_700, 501_500])
    expected = [
        scipy.stats.binomtest(after, before + after).pvalue
        for before, after in ((50_000, 50_700), (500_000, 501_500))
    ]
    assert found.p == pytest.approx(expected, rel=1e-6)


@given(counts, counts, exposures, exposures)
def test_turned_around_in_time_the_ratio_is_turned_upside_down(
    before: int, after: int, t0: float, t1: float
) -> None:
    there, back = rate_ratio(before, after, t0, t1), rate_ratio(after, before, t1, t0)
    assert there.p == pytest.approx(back.p, rel=1e-7)
    if before and after:
        assert there.ratio * back.ratio == pytest.approx(1)
        assert there.lower * back.upper == pytest.approx(1)


@given(counts, counts, exposures)
def test_the_same_exposure_before_and_after_does_not_matter(
    before: int, after: int, t: float
) -> None:
    alike, plain = rate_ratio(before, after, t, t), rate_ratio(before, after)
    for one, other in zip(alike, plain, strict=True):
        assert one == pytest.approx(other, nan_ok=True, rel=1e-9)


def test_areas_are_compared_all_at_once() -> None:
    before, after = np.array([20, 0, 0, 300]), np.array([8, 5, 0, 310])
    found = rate_ratio(before, after, [1, 1, 1, 2])
    for i in range(4):
        alone = rate_ratio(before[i], after[i], [1, 1, 1, 2][i])
        for every, one in zip(found, alone, strict=True):
            assert every[i] == pytest.approx(one, nan_ok=True)
    assert found.few.tolist() == [True, True, True, False]


def test_the_interval_holds_the_true_ratio_as_often_as_stated_or_more() -> None:
    rng = np.random.default_rng(20)
    for mean in (2, 15, 200):
        before, after = rng.poisson(mean, 4000), rng.poisson(mean * 1.5, 4000)
        found = rate_ratio(before, after)
        assert ((found.lower <= 1.5) & (found.upper >= 1.5)).mean() >= 0.945
        level = rate_ratio(rng.poisson(mean, 4000), rng.poisson(mean, 4000)).p <= 0.05
        assert level.mean() <= 0.06


# Difference in differences.


def _fitted(design: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
    """Coefficients, covariance and Pearson's χ² of a log-linear Poisson model."""
    beta = np.linalg.lstsq(design, np.log(y + 0.5), rcond=None)[0]
    for _ in range(60):
        mu = np.exp(design @ beta)
        working = design @ beta + (y - mu) / mu
        information = design.T @ (mu[:, None] * design)
        beta = np.linalg.solve(information, design.T @ (mu * working))
    mu = np.exp(design @ beta)
    covariance = np.linalg.inv(design.T @ (mu[:, None] * design))
    return beta, covariance, float(((y - mu) ** 2 / mu).sum())


def _design(after: np.ndarray) -> np.ndarray:
    """Area, each period, and area after; the area's periods first."""
    t = len(after)
    area = np.repeat([1.0, 0.0], t)
    return np.column_stack([area, np.tile(np.eye(t), (2, 1)), area * np.tile(after, 2)])


@given(st.lists(st.integers(1, 500), min_size=4, max_size=4))
def test_the_ratio_and_its_interval_are_those_of_a_poisson_model(four: list[int]) -> None:
    a0, a1, r0, r1 = four
    beta, covariance, _ = _fitted(_design(np.array([0, 1])), np.array([a0, a1, r0, r1], float))
    found = difference_in_differences(a0, a1, r0, r1, level=0.9)
    sd = math.sqrt(covariance[-1, -1])
    assert found.ratio == pytest.approx(math.exp(beta[-1]), rel=1e-6)
    low, high = scipy.stats.norm.interval(0.9, beta[-1], sd)
    assert (found.lower, found.upper) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-5)
    assert found.p == pytest.approx(2 * scipy.stats.norm.sf(abs(beta[-1]) / sd), abs=1e-6)
    assert not found.corrected
    assert found.few == (min(four) < 20)


@pytest.mark.parametrize("seed", range(4))
def test_with_overdispersion_they_are_those_of_a_quasi_poisson_model(seed: int) -> None:
    rng = np.random.default_rng(seed)
    after = np.arange(14) >= 8
    season = rng.uniform(0.5, 2, 14)
    area = rng.negative_binomial(4, 1 / (1 + 10 * season))
    rest = rng.poisson(300 * season)
    beta, covariance, chi2 = _fitted(_design(after), np.concatenate([area, rest]).astype(float))
    measured = overdispersion(area, rest, after)
    assert measured.degrees == 12
    assert measured.factor == pytest.approx(max(1.0, chi2 / 12), rel=1e-7)
    found = difference_in_differences(
        area[~after].sum(), area[after].sum(), rest[~after].sum(), rest[after].sum(),
        dispersion=measured,
    )  # fmt: skip
    sd = math.sqrt(covariance[-1, -1] * measured.factor)
    low, high = scipy.stats.t.interval(0.95, 12, beta[-1], sd)
    assert found.ratio == pytest.approx(math.exp(beta[-1]), rel=1e-7)
    assert (found.lower, found.upper) == pytest.approx((math.exp(low), math.exp(high)), rel=1e-6)
    assert found.p == pytest.approx(2 * scipy.stats.t.sf(abs(beta[-1]) / sd, 12), abs=1e-9)


def test_what_the_area_and_the_rest_have_in_common_is_no_overdispersion() -> None:
    rng = np.random.default_rng(3)
    season = rng.uniform(0.1, 5, 60)
    after = np.arange(60) >= 30
    area, rest = rng.poisson(30 * season, (200, 60)), rng.poisson(500 * season, (200, 60))
    assert overdispersion(area, rest, after).factor.mean() == pytest.approx(1.07, abs=0.05)
    bunched = rng.negative_binomial(10, 1 / 4, (200, 60))  # a variance of four times the mean
    even = rng.poisson(5000, (200, 60))
    assert overdispersion(bunched, even, after).factor.mean() == pytest.approx(4, abs=0.2)


def test_overdispersed_counts_are_held_to_their_level_by_the_factor_only() -> None:
    rng = np.random.default_rng(20)
    area = rng.negative_binomial(10, 1 / 4, (4000, 24))
    rest, after = rng.poisson(3000, (4000, 24)), np.arange(24) >= 12
    sums = [x[:, side].sum(axis=1) for x in (area, rest) for side in (~after, after)]
    plain = difference_in_differences(*sums)
    fair = difference_in_differences(*sums, dispersion=overdispersion(area, rest, after))
    assert (plain.p <= 0.05).mean() > 0.25
    assert (fair.p <= 0.05).mean() == pytest.approx(0.05, abs=0.012)
    assert ((fair.lower <= 1) & (fair.upper >= 1)).mean() == pytest.approx(0.95, abs=0.012)


def test_a_change_as_in_the_rest_is_none_and_one_against_it_is_found() -> None:
    same = difference_in_differences(200, 100, 4000, 2000)
    assert same.ratio == 1
    assert same.p == 1
    against = difference_in_differences(200, 100, 2000, 4000)
    assert against.ratio == 0.25
    assert against.upper < 0.35
    assert against.p < 1e-9


@given(*[counts] * 4)
def test_area_and_rest_changed_over_turn_the_ratio_upside_down(
    a0: int, a1: int, r0: int, r1: int
) -> None:
    one = difference_in_differences(a0, a1, r0, r1)
    other = difference_in_differences(r0, r1, a0, a1)
    assert one.ratio * other.ratio == pytest.approx(1)
    assert one.lower * other.upper == pytest.approx(1)
    assert one.p == pytest.approx(other.p)


def test_where_a_number_is_zero_a_half_is_added_to_all_four_and_said_so() -> None:
    found = difference_in_differences([10, 10], [0, 5], 100, 90)
    assert found.corrected.tolist() == [True, False]
    assert found.few.tolist() == [True, True]
    assert found.ratio[0] == pytest.approx((0.5 / 10.5) / (90.5 / 100.5))
    variance = 1 / 0.5 + 1 / 10.5 + 1 / 90.5 + 1 / 100.5
    assert np.log(found.upper[0] / found.ratio[0]) == pytest.approx(
        1.959963984540054 * math.sqrt(variance)
    )
    assert difference_in_differences(0, 0, 0, 0).ratio == 1
    assert difference_in_differences(0, 0, 0, 0).p == 1


def test_periods_that_do_not_tell_give_no_factor_and_no_answer() -> None:
    measured = overdispersion([[3, 4], [0, 9]], [[30, 40], [0, 90]], [False, True])
    assert np.isnan(measured.factor).all()
    assert measured.degrees.tolist() == [0, 0]
    found = difference_in_differences(3, 4, 30, 40, dispersion=measured)
    assert np.isnan(found.p).all()
    empty = overdispersion([3, 0, 4, 5], [30, 0, 40, 45], [False, False, True, True])
    assert empty.degrees == 1
    assert empty.factor == 1


@pytest.mark.parametrize("bad", [-1, 0.5, math.nan, math.inf])
def test_a_number_of_events_that_is_none_is_refused(bad: float) -> None:
    for call in (
        lambda: rate_ratio(bad, 3),
        lambda: rate_ratio(3, [3, bad]),
        lambda: difference_in_differences(1, 2, bad, 4),
        lambda: overdispersion([1, bad, 3], [1, 2, 3], [0, 0, 1]),
    ):
        with pytest.raises(ValueError, match="number of events"):
            call()


@pytest.mark.parametrize("level", [0, 1, 95])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    for call in (
        lambda: rate_ratio(1, 2, level=level),
        lambda: difference_in_differences(1, 2, 3, 4, level=level),
    ):
        with pytest.raises(ValueError, match="level"):
            call()


@pytest.mark.parametrize("bad", [0, -1, math.nan, math.inf])
def test_an_exposure_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="exposure"):
        rate_ratio(1, 2, bad)
    with pytest.raises(ValueError, match="exposure"):
        rate_ratio(1, 2, 1, [1, bad])


def test_marks_that_do_not_go_with_the_periods_are_refused() -> None:
    with pytest.raises(ValueError, match="do not go with"):
        overdispersion([1, 2, 3], [1, 2, 3], [False, True])
