"""Rates against PySAL, its published figures, SciPy, and chance itself."""

import doctest
import warnings
from collections.abc import Iterator

import libpysal
import numpy as np
import pytest
import scipy.special
import scipy.stats
from esda.smoothing import Empirical_Bayes, Spatial_Empirical_Bayes
from hypothesis import given
from hypothesis import strategies as st
from libpysal.weights import W
from scipy.sparse import csr_array, eye_array

from geo import rates
from geo.rates import empirical_bayes, funnel, rate_interval, spatial_empirical_bayes


@pytest.fixture(autouse=True)
def no_warnings() -> Iterator[None]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        yield


@pytest.fixture(scope="module")
def sids() -> tuple[np.ndarray, np.ndarray]:
    """Sudden infant deaths and births in North Carolina's 100 counties, 1974-78."""
    table = libpysal.io.open(libpysal.examples.get_path("sids2.dbf"))
    return np.array(table.by_col("SID74"), float), np.array(table.by_col("BIR74"), float)


@pytest.fixture(scope="module")
def homicides() -> tuple[np.ndarray, np.ndarray, W]:
    """Homicides, population and neighbours of 78 counties around St. Louis, 1979-84."""
    table = libpysal.io.open(libpysal.examples.get_path("stl_hom.csv"))
    neighbours = libpysal.io.open(libpysal.examples.get_path("stl.gal")).read()
    neighbours.id_order = [str(row) for row in range(1, len(table) + 1)]
    return np.array(table[:, 10], float), np.array(table[:, 13], float), neighbours


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(rates).failed == 0


# Smoothed rates.


def test_smoothed_rates_of_north_carolina_are_those_of_esda_and_of_marshalls_formula(
    sids: tuple[np.ndarray, np.ndarray],
) -> None:
    deaths, births = sids
    assert (deaths.sum(), births.sum()) == (667, 329_962)  # Cressie 1993, table 6.1
    found = empirical_bayes(deaths, births)
    assert found == pytest.approx(Empirical_Bayes(deaths, births).r.ravel(), rel=1e-12)
    gamma = 667 / 329_962
    phi = (births * (deaths / births - gamma) ** 2).sum() / 329_962 - gamma / 3299.62
    expected = gamma + phi * (deaths / births - gamma) / (phi + gamma / births)
    assert found == pytest.approx(expected, rel=1e-12)


def test_smoothed_rates_around_st_louis_are_as_published_by_pysal(
    homicides: tuple[np.ndarray, np.ndarray, W],
) -> None:
    events, population, neighbours = homicides
    found = empirical_bayes(events, population)
    assert found[:5] == pytest.approx(
        [2.36718950e-05, 4.54539167e-05, 4.78114019e-05, 2.76907146e-05, 6.58989323e-05], rel=2e-9
    )
    weights = csr_array(neighbours.sparse + eye_array(len(events)))
    local = spatial_empirical_bayes(events, population, weights)
    assert local[:5] == pytest.approx(
        [4.01485749e-05, 3.62437513e-05, 4.93034844e-05, 5.09387329e-05, 3.72735210e-05], rel=2e-9
    )
    expected = Spatial_Empirical_Bayes(events, population, neighbours).r.ravel()
    assert local == pytest.approx(expected, rel=1e-9)


def test_rates_that_vary_as_chance_has_them_vary_are_all_the_overall_rate() -> None:
    found = empirical_bayes([10, 9, 11, 10], [100, 100, 100, 100])
    assert found == pytest.approx([0.1] * 4, rel=1e-12)


def test_small_populations_are_drawn_to_the_mean_more_than_large_ones() -> None:
    found = empirical_bayes([2, 200, 0, 300], [10, 1000, 10, 10_000])
    mean = 502 / 11_020
    assert (found[0] - mean) / (0.2 - mean) < 0.4
    assert (found[1] - mean) / (0.2 - mean) > 0.95


numbers = st.integers(0, 500)
people = st.one_of(st.just(0), st.just(np.nan), st.integers(1, 10**6))
areas = st.lists(st.tuples(numbers, people), min_size=1, max_size=30)


@given(areas)
def test_a_smoothed_rate_lies_between_the_rate_and_the_mean_and_is_unknown_where_no_one_lives(
    rows: list[tuple[int, float]],
) -> None:
    events, population = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    known = population > 0
    every = csr_array(np.ones((len(rows), len(rows))))
    for found in (
        empirical_bayes(events, population),
        spatial_empirical_bayes(events, population, every),
    ):
        assert (np.isnan(found) == ~known).all()
        if known.any():
            rate = events[known] / population[known]
            mean = events[known].sum() / population[known].sum()
            low, high = np.minimum(rate, mean), np.maximum(rate, mean)
            assert (found[known] >= low * (1 - 1e-9) - 1e-15).all()
            assert (found[known] <= high * (1 + 1e-9) + 1e-15).all()
            assert found[known] == pytest.approx(
                empirical_bayes(events[known], population[known]), rel=1e-9, abs=1e-15
            )


def test_a_neighbourhood_of_all_gives_the_global_rates_and_one_of_none_the_raw_ones() -> None:
    rng = np.random.default_rng(1)
    population = rng.integers(500, 50_000, 40)
    events = rng.poisson(population * rng.gamma(4, 0.001, 40))
    everyone = csr_array(np.ones((40, 40)))
    assert spatial_empirical_bayes(events, population, everyone) == pytest.approx(
        empirical_bayes(events, population), rel=1e-9
    )
    alone = csr_array(np.eye(40))
    assert spatial_empirical_bayes(events, population, alone) == pytest.approx(events / population)


# Funnels.


@pytest.mark.parametrize("level", [0.95, 0.998])
def test_funnel_limits_are_poisson_quantiles_and_flag_by_exact_tails(level: float) -> None:
    rng = np.random.default_rng(3)
    population = rng.integers(100, 100_000, 500)
    events = rng.poisson(population * 0.002 * rng.gamma(8, 1 / 8, 500))
    found = funnel(events, population, [level])
    expected = population * events.sum() / population.sum()
    tail = (1 - level) / 2
    assert found.lower[0] * population == pytest.approx(scipy.stats.poisson.ppf(tail, expected))
    assert found.upper[0] * population == pytest.approx(scipy.stats.poisson.ppf(1 - tail, expected))
    low = scipy.stats.poisson.cdf(events, expected) < tail
    high = scipy.stats.poisson.sf(events - 1, expected) <= tail
    assert (found.outside[0] == high.astype(int) - low).all()
    assert {-1, 0, 1} == set(found.outside[0].tolist())
    assert (found.few == (events < 20)).all()


def test_a_probability_reached_exactly_has_the_number_that_reaches_it_as_its_quantile() -> None:
    k = np.arange(200)
    for expected in (0.3, 5.0, 80.0):
        reached = scipy.special.pdtr(k, expected)
        for number, p in zip(k[reached < 1], reached[reached < 1], strict=True):
            found = rates._quantile(float(p), np.array([expected]))
            assert found == scipy.stats.poisson.ppf(p, expected)
            assert found == number or reached[int(found[0])] == p


def test_by_chance_no_more_lie_outside_the_funnel_than_stated() -> None:
    rng = np.random.default_rng(7)
    population = rng.integers(1000, 1_000_000, 20_000)
    found = funnel(rng.poisson(population * 1e-4), population)
    two, three = (found.outside != 0).mean(axis=1)
    assert two <= 0.05
    assert three <= 0.002
    assert two > 0.03


def test_an_area_where_no_one_lives_has_no_limits_and_none_of_its_events_count() -> None:
    found = funnel([5, 50, 40], [0, 1000, 1000])
    assert found.overall == pytest.approx(0.045)
    assert np.isnan(found.lower[:, 0]).all()
    assert found.outside[:, 0].tolist() == [0, 0]
    assert found.few.tolist() == [True, False, False]
    assert np.isnan(funnel([1], [0]).overall)


@given(areas)
def test_a_funnel_is_the_same_for_each_area_whatever_their_order(
    rows: list[tuple[int, float]],
) -> None:
    events, population = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    one, other = funnel(events, population), funnel(events[::-1], population[::-1])
    assert (one.outside == other.outside[:, ::-1]).all()
    assert ((one.lower <= one.upper) | np.isnan(one.lower)).all()
    assert (
        one.outside[0][one.outside[1] != 0] != 0
    ).all()  # outside the wide is outside the narrow


# Intervals.


def test_intervals_are_those_of_garwoods_table() -> None:
    # 95 % limits, as printed in every table of the Poisson distribution.
    found = rate_interval([0, 1, 5, 10, 20, 100], np.ones(6))
    assert found.lower.round(3).tolist() == [0, 0.025, 1.623, 4.795, 12.217, 81.364]
    assert found.upper.round(3).tolist() == [3.689, 5.572, 11.668, 18.390, 30.888, 121.627]


@given(st.integers(0, 10_000), st.integers(1, 10**7), st.floats(0.5, 0.999))
def test_at_the_limits_the_number_seen_has_just_the_chance_of_the_tail(
    events: int, population: int, level: float
) -> None:
    found = rate_interval([events], [population], level)
    tail = (1 - level) / 2
    upper, lower = found.upper[0] * population, found.lower[0] * population
    assert scipy.stats.poisson.cdf(events, upper) == pytest.approx(tail, rel=1e-6)
    if events:
        assert scipy.stats.poisson.sf(events - 1, lower) == pytest.approx(tail, rel=1e-6)
    assert found.lower[0] <= found.rate[0] <= found.upper[0]


def test_an_interval_is_unknown_where_no_one_lives() -> None:
    found = rate_interval([0, 3, 3], [0, 0, np.nan])
    assert np.isnan(np.array(found)).all()


# Refusals.


@pytest.mark.parametrize(
    ("events", "population"),
    [([-1], [5]), ([np.nan], [5]), ([1], [-5]), ([1], [np.inf]), ([1, 2], [5]), ([[1]], [[5]])],
)
def test_negative_missing_and_unequal_numbers_are_refused(
    events: list[float], population: list[float]
) -> None:
    one = csr_array(np.eye(1))
    for function in (
        empirical_bayes, funnel, rate_interval, lambda e, n: spatial_empirical_bayes(e, n, one),
    ):  # fmt: skip
        with pytest.raises(ValueError, match=r"events|population"):
            function(events, population)


@pytest.mark.parametrize("level", [0.0, 1.0, 95.0, np.nan])
def test_a_level_that_is_none_is_refused(level: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        funnel([1], [5], [level])
    with pytest.raises(ValueError, match="between 0 and 1"):
        rate_interval([1], [5], level)


def test_weights_of_another_shape_are_refused() -> None:
    with pytest.raises(ValueError, match="weights"):
        spatial_empirical_bayes([1, 2], [5, 5], csr_array(np.eye(3)))
