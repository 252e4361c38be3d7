"""Trends against pymannkendall and PySAL, and every pattern from series made by hand."""

import doctest

import numpy as np
import pymannkendall
import pytest
import scipy.stats
from esda.getisord import G_Local
from hypothesis import given
from hypothesis import strategies as st
from libpysal.weights import WSP, fill_diagonal
from scipy.sparse import csr_array, kron

from geo import trends
from geo.emergence import SpotHistory, since_then
from geo.hotspots import benjamini_hochberg, getis_ord
from geo.trends import Pattern, emerging, mann_kendall, sen_slope, space_time_getis_ord


def _row(n: int) -> csr_array:
    """Places in a row, each a neighbour of the next and of itself."""
    at = np.arange(n)
    return csr_array((abs(at[:, None] - at) <= 1).astype(np.float64))


def _over_time(weights: csr_array, periods: int, steps: int) -> csr_array:
    """The same neighbours in the same period and `steps` before, each place and period a row."""
    at = np.arange(periods)
    back = (at[:, None] - at >= 0) & (at[:, None] - at <= steps)
    return csr_array(kron(weights, csr_array(back.astype(np.float64)), format="csr"))


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(trends).failed == 0


# Mann-Kendall.


@pytest.mark.parametrize("periods", [3, 4, 10, 37])
@pytest.mark.parametrize("most", [2, 5, 1000])
def test_mann_kendall_and_sens_slope_are_those_of_pymannkendall(periods: int, most: int) -> None:
    series = np.random.default_rng(periods * most).integers(0, most, (150, periods))
    found, slope = mann_kendall(series), sen_slope(series)
    for i, row in enumerate(series):
        expected = pymannkendall.original_test(row)
        assert (found.s[i], found.variance[i]) == pytest.approx((expected.s, expected.var_s))
        assert (found.z[i], found.p[i]) == pytest.approx((expected.z, expected.p), abs=1e-12)
        assert slope[i] == pytest.approx(expected.slope, abs=1e-12)


def test_sens_slope_is_scipys() -> None:
    series = np.random.default_rng(1).normal(size=(40, 12))
    expected = [scipy.stats.theilslopes(row).slope for row in series]
    assert sen_slope(series) == pytest.approx(expected, abs=1e-12)


def test_sens_slope_takes_a_few_rows_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    series = np.random.default_rng(2).normal(size=(23, 9))
    at_once = sen_slope(series)
    monkeypatch.setattr(trends, "SLOPES", 100)
    assert (sen_slope(series) == at_once).all()


@pytest.mark.parametrize("periods", [1, 2, 9])
def test_a_row_that_never_changes_has_no_trend(periods: int) -> None:
    found = mann_kendall(np.full((3, periods), 0.1))
    assert found.s.tolist() == [0] * 3
    assert found.p.tolist() == [1] * 3
    assert sen_slope(np.full((3, periods), 0.1)).tolist() == [0] * 3


rows = st.lists(st.lists(st.integers(0, 9), min_size=8, max_size=8), min_size=1, max_size=9)


@given(rows, st.floats(0.01, 100))
def test_scaling_a_series_leaves_its_trend_alone_and_turning_it_round_turns_the_trend(
    series: list[list[int]], scale: float
) -> None:
    x = np.array(series)
    found, scaled, back = mann_kendall(x), mann_kendall(x * scale), mann_kendall(x[:, ::-1])
    assert (scaled.s == found.s).all()
    assert (scaled.p == found.p).all()
    assert (back.s == -found.s).all()
    assert back.z == pytest.approx(-found.z)


# Gi* in place and time.


@pytest.mark.parametrize("steps", [0, 1, 2, 20])
def test_gi_star_in_place_and_time_is_gi_star_of_one_large_neighbourhood(steps: int) -> None:
    rng = np.random.default_rng(steps)
    weights = csr_array(_row(30).toarray() * rng.uniform(0.5, 2, (30, 30)))
    cube = rng.poisson(4, (30, 8))
    expected = getis_ord(cube.ravel(), _over_time(weights, 8, steps))
    found = space_time_getis_ord(cube, weights, steps=steps)
    assert found.z.ravel() == pytest.approx(expected.z, abs=1e-9)
    assert found.p.ravel() == pytest.approx(expected.p, abs=1e-9)


def test_gi_star_in_place_and_time_is_that_of_esda() -> None:
    cube = np.random.default_rng(5).poisson(4, (25, 10))
    # esda has no weights that go one way only: so every neighbour it has is one of ours.
    both_ways = _over_time(_row(25), 10, 1)
    both_ways.setdiag(0)
    both_ways.eliminate_zeros()
    oracle = fill_diagonal(WSP(both_ways).to_W(silence_warnings=True), 1.0)
    expected = G_Local(cube.ravel(), oracle, transform="B", permutations=0, star=None)
    found = space_time_getis_ord(cube, _row(25))
    assert found.z.ravel() == pytest.approx(expected.Zs, abs=1e-9)


def test_a_period_is_judged_by_itself_and_those_before_and_not_by_those_after() -> None:
    cube = np.zeros((9, 6))
    cube[4, 3] = 50
    z = space_time_getis_ord(cube, _row(9), steps=1).z
    hot = np.argwhere(z > 2).tolist()
    assert hot == [[place, period] for place in (3, 4, 5) for period in (3, 4)]


@pytest.mark.parametrize("value", [0.0, 0.1, 7.0])
def test_where_nothing_differs_nothing_is_hot_or_cold(value: float) -> None:
    found = space_time_getis_ord(np.full((9, 6), value), _row(9))
    assert (found.z == 0).all()
    assert (found.p == 1).all()
    assert (emerging(found.z, found.p) == Pattern.NONE).all()


@given(st.integers(0, 10**6), st.floats(0.01, 100), st.permutations(range(12)))
def test_scaling_counts_leaves_z_alone_and_permuting_places_permutes_results(
    seed: int, scale: float, order: list[int]
) -> None:
    cube = np.random.default_rng(seed).poisson(1, (12, 5))
    weights = _row(12)
    before = space_time_getis_ord(cube, weights).z
    assert space_time_getis_ord(cube * scale, weights).z == pytest.approx(before, abs=1e-6)
    moved = csr_array(weights[order][:, order])
    assert space_time_getis_ord(cube[order], moved).z == pytest.approx(before[order], abs=1e-9)


@pytest.mark.parametrize(
    ("cube", "weights", "steps"),
    [
        (np.ones(4), _row(4), 1),
        (np.ones((4, 2)), _row(3), 1),
        (np.full((4, 2), np.nan), _row(4), 1),
        (np.ones((4, 2)), _row(4), -1),
        (np.ones((4, 0)), _row(4), 1),
        (np.ones((2, 2)), csr_array(np.array([[0.0, 1], [1, 0]])), 1),
    ],
)
def test_cubes_with_gaps_or_of_another_shape_are_refused(
    cube: np.ndarray, weights: csr_array, steps: int
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        space_time_getis_ord(cube, weights, steps=steps)


# Patterns. Ten periods unless said; a capital is significant: H hot, C cold, . neither.

LEVEL = {"H": 3.0, "h": 1.0, ".": 0.0, "c": -1.0, "C": -3.0}


def _pattern(written: str, slope: float = 0.0) -> Pattern:
    """Of a place whose z are written, with a slope that leaves their significance alone."""
    z = np.array([[LEVEL[letter] for letter in written]])
    q = np.where(abs(z) > 2, 0.001, 0.5)
    z += slope * np.arange(len(written)) - slope * len(written) / 2
    # A wave that has no trend, so that what is flat is not all ties.
    z += 0.01 * np.array([[(-1) ** i for i in range(len(written))]])
    return Pattern(int(emerging(z, q)[0]))


HOT = [
    ("..........", 0.0, Pattern.NONE),
    (".........h", 0.0, Pattern.NONE),
    ("..HH......", 0.0, Pattern.NONE),
    (".........H", 0.0, Pattern.NEW_HOT),
    ("..C......H", 0.0, Pattern.NEW_HOT),
    ("CCCCCCCCCH", 0.0, Pattern.NEW_HOT),
    ("........HH", 0.0, Pattern.CONSECUTIVE_HOT),
    ("..HHHHHHHH", 0.0, Pattern.CONSECUTIVE_HOT),
    ("..HHHHHHHH", 0.1, Pattern.CONSECUTIVE_HOT),
    (".C...HHHHH", 0.0, Pattern.CONSECUTIVE_HOT),
    ("HHHHHHHHHH", 0.1, Pattern.INTENSIFYING_HOT),
    ("H.HHHHHHHH", 0.1, Pattern.INTENSIFYING_HOT),
    ("HHHHHHHHHH", 0.0, Pattern.PERSISTENT_HOT),
    (".HHHHHHHHH", 0.0, Pattern.PERSISTENT_HOT),
    ("HHHHCHHHHH", 0.0, Pattern.PERSISTENT_HOT),
    ("HHHHHHHHHH", -0.1, Pattern.DIMINISHING_HOT),
    ("H.HHHHHHHH", -0.1, Pattern.DIMINISHING_HOT),
    ("H........H", 0.0, Pattern.SPORADIC_HOT),
    (".H.HH..HHH", 0.0, Pattern.SPORADIC_HOT),
    (".HHHH.HHHH", 0.1, Pattern.SPORADIC_HOT),
    ("H...C....H", 0.0, Pattern.OSCILLATING_HOT),
    ("CCCCCCCH.H", 0.0, Pattern.OSCILLATING_HOT),
    ("HHHHHHHHH.", 0.0, Pattern.HISTORICAL_HOT),
    ("HHHHHHHHH.", -0.1, Pattern.HISTORICAL_HOT),
    ("HHHHHHHH..", 0.0, Pattern.NONE),
    # Ninety percent of other numbers of periods.
    ("H", 0.0, Pattern.NEW_HOT),
    ("HH", 0.0, Pattern.PERSISTENT_HOT),
    ("H.", 0.0, Pattern.NONE),
    (".HHHHHHHH", 0.0, Pattern.CONSECUTIVE_HOT),  # 8 of 9 are 88.9 %
    ("." * 2 + "H" * 18, 0.0, Pattern.PERSISTENT_HOT),  # 18 of 20
    ("." * 3 + "H" * 21, 0.0, Pattern.CONSECUTIVE_HOT),  # 21 of 24 are 87.5 %
    ("." * 2 + "H" * 22, 0.0, Pattern.PERSISTENT_HOT),  # 22 of 24 are 91.7 %
]


@pytest.mark.parametrize(("written", "slope", "expected"), HOT)
def test_each_series_has_its_published_pattern_and_the_cold_one_upside_down(
    written: str, slope: float, expected: Pattern
) -> None:
    assert _pattern(written, slope) is expected
    assert _pattern(written.translate(str.maketrans("HhcC", "CchH")), -slope) is Pattern(-expected)


def test_every_pattern_has_been_tried() -> None:
    assert {abs(pattern) for _, _, pattern in HOT} == set(range(9))


def test_patterns_are_numbered_as_arcgis_does_and_have_a_code_each() -> None:
    assert sorted(int(pattern) for pattern in Pattern) == list(range(-8, 9))
    assert len({pattern.code for pattern in Pattern}) == 17
    assert (Pattern.NEW_HOT.code, Pattern.HISTORICAL_COLD.code) == ("new_hot", "historical_cold")


def test_alpha_decides_what_is_significant_of_a_period() -> None:
    z, q = np.array([[0.1, 0.2, 2.0]]), np.array([[0.9, 0.8, 0.07]])
    assert emerging(z, q).tolist() == [Pattern.NONE]
    assert emerging(z, q, alpha=0.1).tolist() == [Pattern.NEW_HOT]


def test_z_and_q_of_different_shapes_are_refused() -> None:
    with pytest.raises(ValueError, match="do not go with"):
        emerging(np.ones((2, 3)), np.ones((3, 2)))


def test_a_planted_rise_is_found_and_a_map_without_one_has_no_patterns() -> None:
    rng = np.random.default_rng(11)
    weights = _row(400)
    mean = np.full((400, 12), 8.0)
    found = emerging(*_adjusted(rng.poisson(mean), weights))
    assert (found == 0).mean() > 0.995
    mean[200:206, -4:] = 30
    found = emerging(*_adjusted(rng.poisson(mean), weights))
    assert set(found[200:206].tolist()) <= {Pattern.CONSECUTIVE_HOT, Pattern.SPORADIC_HOT}
    assert (found[:195] == 0).mean() > 0.98


def _adjusted(cube: np.ndarray, weights: csr_array) -> tuple[np.ndarray, np.ndarray]:
    z, p = space_time_getis_ord(cube, weights)
    return z, benjamini_hochberg(p)


@given(st.lists(st.integers(0, 60), min_size=2, max_size=40), st.data())
def test_a_jump_is_judged_as_an_exact_binomial_test_does(
    months: list[int], data: st.DataObject
) -> None:
    run = data.draw(st.integers(1, len(months) - 1))
    n = np.array(months, dtype=np.int64)
    ratio, p = since_then(n, run)
    late, total = int(n[-run:].sum()), int(n.sum())
    if not late:
        assert (ratio, p) == (None, 1.0)
        return
    expected = scipy.stats.binomtest(late, total, run / len(n), alternative="greater").pvalue
    assert p == pytest.approx(expected, rel=1e-9)
    if total > late:
        assert ratio == pytest.approx((late / run) / ((total - late) / (len(n) - run)))


def test_a_new_spot_rises_though_ranks_do_not_say_so_and_a_steady_one_does_not() -> None:
    quiet = np.array([0, 1] * 16 + [0], dtype=np.int64)
    new = np.concatenate([quiet, [44, 101]])
    trend = mann_kendall(new[None, :].astype(np.float64))
    assert trend.p[0] > 0.05
    ratio, p = since_then(new, 2)
    told = SpotHistory(new, "2026-09-01", float(trend.z[0]), float(trend.p[0]), ratio, p)
    assert told.direction == 1
    rng = np.random.default_rng(5)
    for _ in range(200):
        steady = rng.poisson(20, 36)
        # The last months are looked at because they were many.
        ratio, p = since_then(steady, 1 + int(np.argmax(steady[-6:][::-1])))
        assert SpotHistory(steady, "2026-09-01", 0.0, 1.0, ratio, p).direction == 0
