"""Hot spots against PySAL, SciPy, R's published figures, and chance itself."""

import doctest
import itertools
from collections.abc import Iterable
from pathlib import Path

import geopandas as gpd
import h3.api.basic_int as h3
import numpy as np
import pytest
import scipy.stats
import shapely
from esda.getisord import G_Local
from esda.moran import Moran_Local
from hypothesis import given
from hypothesis import strategies as st
from libpysal.weights import WSP, Queen, W, fill_diagonal
from scipy.sparse import csr_array, diags_array

from geo import cells, hotspots
from geo.hotspots import (
    Quadrant,
    benjamini_hochberg,
    contiguity,
    getis_ord,
    joined,
    local_moran,
    permutation_p,
    significance_class,
)

# esda announces that its p will be two-sided one day; ours are compared with twice its own.
pytestmark = [
    pytest.mark.filterwarnings("ignore:The alternative hypothesis:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The weights matrix is not fully connected:UserWarning"),
]

CENTRE = h3.latlng_to_cell(21.03, 105.85, 9)


def _disk(radius: int, centre: int = CENTRE) -> np.ndarray:
    return np.array(sorted(h3.grid_disk(centre, radius)), dtype=np.int64)


def _near(points: np.ndarray, distance: float) -> csr_array:
    apart = np.hypot(*(points[:, None] - points[None]).transpose(2, 0, 1))
    return csr_array((apart <= distance + 1e-9).astype(np.float64))


def _others(weights: csr_array) -> W:
    """The same neighbours without the place itself, as PySAL has them."""
    alone = csr_array(weights - diags_array(weights.diagonal()))
    alone.eliminate_zeros()
    return WSP(alone).to_W(silence_warnings=True)


def _binary(rng: np.random.Generator, n: int, share: float) -> csr_array:
    drawn = np.triu(rng.random((n, n)) < share, 1)
    return csr_array((drawn | drawn.T | np.eye(n, dtype=bool)).astype(np.float64))


@pytest.mark.parametrize("module", [hotspots, cells])
def test_the_examples_in_the_docstrings_are_true(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


# Neighbours.


@pytest.mark.parametrize("k", [0, 1, 2, 5])
def test_neighbours_are_the_given_cells_that_h3_finds_within_k_steps(k: int) -> None:
    given_cells = np.random.default_rng(k).permutation(_disk(12))[:300]
    pentagon = h3.get_pentagons(9)[5]
    every = np.concatenate([given_cells, _disk(4, pentagon)[::2], [pentagon]])
    every = np.random.default_rng(k).permutation(np.unique(every))
    found = cells.neighbours(every, k)
    place = {int(cell): i for i, cell in enumerate(every)}
    for i, cell in enumerate(every):
        expected = {place[one] for one in h3.grid_disk(int(cell), k) if one in place}
        row = found.indices[found.indptr[i] : found.indptr[i + 1]]
        assert row.tolist() == sorted(expected)
    assert set(found.data.tolist()) == {1.0}


def test_around_a_pentagon_are_five_cells_and_around_others_six() -> None:
    pentagon = h3.get_pentagons(7)[0]
    ring = _disk(3, pentagon)
    counted = cells.neighbours(ring, 1).sum(axis=1)
    assert counted[ring == pentagon] == [6]
    assert counted[np.isin(ring, h3.grid_ring(pentagon, 1))].tolist() == [7] * 5


def test_neighbours_of_no_cells_are_none() -> None:
    assert cells.neighbours(np.empty(0, dtype=np.int64), 2).shape == (0, 0)


@pytest.mark.parametrize(("bad", "k"), [([CENTRE, CENTRE], 1), ([CENTRE], -1), ([5], 1)])
def test_neighbours_refuse_a_cell_given_twice_a_number_that_is_none_and_negative_steps(
    bad: list[int], k: int
) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        cells.neighbours(np.array(bad, dtype=np.int64), k)


def test_contiguity_is_pysals_queen_with_each_polygon_its_own_neighbour() -> None:
    rng = np.random.default_rng(2)
    points = shapely.MultiPoint(rng.random((200, 2)))
    mesh = shapely.get_parts(shapely.voronoi_polygons(points))
    squares = [shapely.box(x, y, x + 1, y + 1) for x in range(10, 16) for y in range(6)]
    alone = shapely.box(30, 30, 31, 31)
    shapes = [*mesh, *squares, alone]
    expected = Queen.from_iterable(shapes, silence_warnings=True).sparse.toarray()
    assert (contiguity(shapes).toarray() == expected + np.eye(len(shapes))).all()


def test_with_a_tolerance_borders_need_not_meet_exactly() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.box(1.0004, 0, 2, 1), shapely.box(2.002, 0, 3, 1)]
    assert contiguity(shapes).nnz == 3
    assert contiguity(shapes, tolerance_deg=0.001).toarray().tolist() == [
        [1, 1, 0], [1, 1, 0], [0, 0, 1],
    ]  # fmt: skip


def test_a_place_without_a_shape_is_its_own_only_neighbour() -> None:
    shapes = [shapely.box(0, 0, 1, 1), shapely.Polygon(), shapely.box(1, 0, 2, 1)]
    assert contiguity(shapes).toarray().tolist() == [[1, 0, 1], [0, 1, 0], [1, 0, 1]]


@pytest.mark.real_data
def test_hanois_wards_touch_as_pysal_says(shared: Path) -> None:
    shapes = gpd.read_file(shared / "boundaries" / "hanoi-wards-2025.geojson").geometry
    shapes = shapely.make_valid(shapes.to_numpy())
    expected = Queen.from_iterable(list(shapes), silence_warnings=True).sparse.toarray()
    exact, tolerant = contiguity(shapes), contiguity(shapes, tolerance_deg=1e-4)
    assert (exact.toarray() - np.eye(len(shapes)) == expected).all()
    assert (tolerant.toarray() >= exact.toarray()).all()


# Gi*.


@pytest.mark.parametrize("seed", range(6))
def test_gi_star_is_that_of_esda(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights = _binary(rng, 120, 0.05)
    values = rng.poisson(3, 120) if seed % 2 else rng.normal(10, 3, 120)
    oracle = fill_diagonal(_others(weights), 1.0)
    expected = G_Local(values, oracle, transform="B", permutations=0, star=None)
    found = getis_ord(values, weights)
    assert found.z == pytest.approx(expected.Zs, abs=1e-9)
    assert found.p == pytest.approx(2 * expected.p_norm, abs=1e-9)  # esda's is one-sided
    # By row the statistic is esda's too, and so are its mean and, by Ord and Getis, the same z.
    # esda's own z by row is not: its variance takes the weights for ones.
    by_row = csr_array(diags_array(1 / weights.sum(axis=1)) @ weights)
    rows = G_Local(values, oracle, transform="R", permutations=0, star=None)
    assert (by_row @ values) / values.sum() == pytest.approx(rows.Gs, abs=1e-9)
    assert getis_ord(values, by_row).z == pytest.approx(expected.Zs, abs=1e-9)


def test_gi_star_of_unequal_weights_is_the_formula_of_ord_and_getis() -> None:
    rng = np.random.default_rng(3)
    weights = _binary(rng, 50, 0.1).toarray() * rng.uniform(0.1, 2, (50, 50))
    values = rng.poisson(3, 50)
    found = getis_ord(values, csr_array(weights)).z
    for i, w in enumerate(weights):
        spread = np.sqrt((50 * (w**2).sum() - w.sum() ** 2) / 49)
        expected = (w @ values - w.sum() * values.mean()) / (values.std() * spread)
        assert found[i] == pytest.approx(expected, abs=1e-12)


PUBLISHED = {30: 1.450779807, 60: 1.900558883, 90: 2.096938746, 120: 1.981906852, 150: 1.306698444}


@pytest.mark.real_data
@pytest.mark.parametrize(("distance", "expected"), PUBLISHED.items())
def test_gi_star_of_getis_and_ords_example_is_as_published(
    shared: Path, distance: int, expected: float
) -> None:
    x, y, value = np.loadtxt(
        shared / "reference" / "getisord.csv", delimiter=",", skiprows=1, unpack=True
    )
    weights = _near(np.column_stack([x, y]), distance)
    assert getis_ord(value, weights).z[119] == pytest.approx(expected, abs=5e-10)
    by_row = csr_array(diags_array(1 / weights.sum(axis=1)) @ weights)
    assert getis_ord(value, by_row).z[119] == pytest.approx(expected, abs=5e-10)


SIX = np.array([(10, 10), (20, 10), (40, 10), (15, 20), (30, 20), (30, 30)])


def test_gi_star_of_six_points_is_as_published_for_spdep() -> None:
    found = getis_ord([2, 3, 3.2, 5, 8, 7], _near(SIX, 15)).z
    expected = [-1.397276262, -0.289177616, 0.650649635, -0.289177616, 1.234520884, 2.024243309]
    assert found == pytest.approx(expected, abs=5e-10)


@pytest.mark.parametrize("value", [0.0, 7.0, 0.1, 1e-300, 3e15])
def test_where_all_values_are_the_same_nothing_is_hot_or_cold(value: float) -> None:
    found = getis_ord(np.full(91, value), cells.neighbours(_disk(5), 1))
    assert (found.z == 0).all()
    assert (found.p == 1).all()


@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_where_all_places_are_one_neighbourhood_nothing_is_hot_or_cold(n: int) -> None:
    for weight in (1.0, 1 / 7):
        found = getis_ord(np.arange(n), csr_array(np.full((n, n), weight)))
        assert (found.z == 0).all()
        assert (found.p == 1).all()


@pytest.mark.parametrize(
    ("values", "weights"),
    [
        ([1, np.nan], np.eye(2)),
        ([1, np.inf], np.eye(2)),
        ([1, 2, 3], np.eye(2)),
        ([[1, 2]], np.eye(2)),
        ([1, 2], np.array([[0, 1], [1, 0]])),
    ],
)
def test_missing_values_wrong_shapes_and_places_outside_their_own_neighbourhood_are_refused(
    values: list[float], weights: np.ndarray
) -> None:
    for statistic in (
        getis_ord,
        lambda v, w: permutation_p(v, w, permutations=9, seed=1),
        lambda v, w: local_moran(v, w, permutations=9, seed=1),
    ):
        with pytest.raises(ValueError, match=r"go with|missing|neighbours"):
            statistic(values, csr_array(weights))


counts = st.lists(st.integers(0, 60), min_size=61, max_size=61).map(np.array)


@given(counts, st.floats(0.01, 1000), st.floats(-50, 50))
def test_scaling_and_shifting_values_leaves_z_alone(
    values: np.ndarray, scale: float, shift: float
) -> None:
    weights = cells.neighbours(_disk(4), 1)
    before, after = getis_ord(values, weights), getis_ord(values * scale + shift, weights)
    assert after.z == pytest.approx(before.z, abs=1e-6)


@given(counts, st.randoms(use_true_random=False))
def test_the_order_of_the_places_does_not_matter(values: np.ndarray, random: object) -> None:
    order = np.arange(61)
    random.shuffle(order)  # type: ignore[attr-defined]
    ring = _disk(4)
    before = getis_ord(values, cells.neighbours(ring, 2))
    after = getis_ord(values[order], cells.neighbours(ring[order], 2))
    assert after.z == pytest.approx(before.z[order], abs=1e-9)


@given(counts)
def test_hot_turned_upside_down_is_cold(values: np.ndarray) -> None:
    weights = cells.neighbours(_disk(4), 1)
    up, down = getis_ord(values, weights), getis_ord(-values, weights)
    assert up.z == pytest.approx(-down.z, abs=1e-9)
    assert up.p == pytest.approx(down.p, abs=1e-9)


# Permutations.


def _dealt_one_by_one(values: np.ndarray, weights: csr_array, deals: int, seed: int) -> np.ndarray:
    """What `permutation_p` does, place by place and deal by deal."""
    off, n = values - values.mean(), len(values)
    dense = weights.toarray() > 0
    np.fill_diagonal(dense, False)
    most = dense.sum(axis=1).max() + 1
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(n, most, replace=False).tolist() for _ in range(deals)]
    p = np.ones(n)
    for i in np.flatnonzero(dense.any(axis=1)):
        size, seen = int(dense[i].sum()), off[dense[i]].sum()
        dealt = np.array([off[[j for j in row if j != i][:size]].sum() for row in drawn])
        rarer = min((dealt >= seen - 1e-9).sum(), (dealt <= seen + 1e-9).sum())
        p[i] = min(1.0, 2 * (rarer + 1) / (deals + 1))
    return p


@pytest.mark.parametrize("seed", range(4))
def test_permutations_dealt_all_at_once_are_those_dealt_one_by_one(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(seed)
    weights = _binary(rng, 40, 0.12)
    values = rng.poisson(2, 40) if seed % 2 else rng.normal(size=40)
    expected = _dealt_one_by_one(values, weights, 99, seed)
    assert permutation_p(values, weights, permutations=99, seed=seed).tolist() == expected.tolist()
    monkeypatch.setattr(hotspots, "DRAWN", 60)  # a few deals in memory at a time
    assert permutation_p(values, weights, permutations=99, seed=seed).tolist() == expected.tolist()


def test_permutation_p_comes_near_that_of_every_possible_deal() -> None:
    rng = np.random.default_rng(5)
    weights, values = _binary(rng, 12, 0.25), rng.poisson(4, 12)
    found = permutation_p(values, weights, permutations=9999, seed=1)
    dense = weights.toarray() > 0
    for i in range(12):
        near = [j for j in range(12) if dense[i, j] and j != i]
        rest = [int(values[j]) for j in range(12) if j != i]
        dealt = np.array([sum(deal) for deal in itertools.combinations(rest, len(near))])
        seen = values[near].sum()
        exact = min(1.0, 2 * min((dealt >= seen).mean(), (dealt <= seen).mean()))
        assert found[i] == pytest.approx(exact, abs=0.025)


def test_permutation_p_agrees_with_esdas_as_far_as_chance_lets_it() -> None:
    rng = np.random.default_rng(8)
    ring = _disk(7)
    weights, values = cells.neighbours(ring, 1), rng.gamma(2, 3, len(ring))
    esda = G_Local(
        values, _others(weights), transform="B", star=True, permutations=4999, seed=3, n_jobs=1
    )
    found = permutation_p(values, weights, permutations=4999, seed=3)
    assert found == pytest.approx(np.minimum(1, 2 * esda.p_sim), abs=0.06)


def test_the_same_seed_deals_the_same_and_another_seed_otherwise() -> None:
    weights = cells.neighbours(_disk(5), 1)
    values = np.random.default_rng(1).poisson(2, 91)
    first, again, other = (
        permutation_p(values, weights, permutations=199, seed=seed) for seed in (7, 7, 8)
    )
    assert (first == again).all()
    assert (first != other).any()


def test_permutation_p_is_one_where_all_values_are_the_same_or_a_place_has_no_neighbours() -> None:
    weights = cells.neighbours(_disk(3), 1)
    assert (permutation_p(np.full(37, 0.1), weights, permutations=99, seed=1) == 1).all()
    alone = csr_array(np.eye(5))
    assert (permutation_p(np.arange(5), alone, permutations=99, seed=1) == 1).all()
    assert permutation_p([], csr_array((0, 0)), permutations=99, seed=1).shape == (0,)


def test_permutations_refuse_weights_that_differ_within_a_row() -> None:
    weights = csr_array([[1, 1, 0.5], [1, 1, 1], [0.5, 1, 1]])
    with pytest.raises(ValueError, match="equal within a row"):
        permutation_p([1, 2, 3], weights, permutations=9, seed=1)


# False discoveries and classes.


@given(st.lists(st.floats(0, 1), max_size=60))
def test_benjamini_hochberg_is_scipys(p: list[float]) -> None:
    expected = scipy.stats.false_discovery_control(p) if p else []
    assert benjamini_hochberg(p) == pytest.approx(expected, abs=1e-12)


def test_benjamini_hochberg_is_as_published_for_r() -> None:
    found = benjamini_hochberg([0.01, 0.04, 0.03, 0.005, 0.2, 0.5, 0.001])
    expected = [0.023333333, 0.056, 0.0525, 0.0175, 0.233333333, 0.5, 0.007]
    assert found == pytest.approx(expected, abs=5e-10)


def test_a_cube_of_p_is_one_family_of_tests() -> None:
    p = np.random.default_rng(1).random((5, 4)) ** 3
    assert (benjamini_hochberg(p).ravel() == benjamini_hochberg(p.ravel())).all()


@pytest.mark.parametrize("bad", [np.nan, -0.1, 1.1])
def test_a_p_that_is_none_is_refused(bad: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        benjamini_hochberg([0.2, bad])


def test_classes_are_hot_or_cold_at_99_95_and_90_percent() -> None:
    q = np.array([0.01, 0.0101, 0.05, 0.051, 0.1, 0.11])
    found = significance_class(np.full(6, 2.5), q)
    assert found.dtype == np.int8
    assert found.tolist() == [3, 2, 2, 1, 1, 0]
    assert significance_class(np.full(6, -2.5), q).tolist() == [-3, -2, -2, -1, -1, 0]
    assert significance_class(np.zeros(1), np.array([0.001])).tolist() == [0]


def test_hot_cells_that_touch_are_one_hot_spot_and_cold_ones_none() -> None:
    ring = _disk(6)
    weights = cells.neighbours(ring, 1)
    far = h3.grid_ring(CENTRE, 5)[0]
    classes = np.zeros(len(ring), dtype=np.int8)
    classes[np.isin(ring, h3.grid_disk(CENTRE, 1))] = 2
    classes[np.isin(ring, h3.grid_ring(CENTRE, 3))] = -3
    classes[ring == far] = 1
    found = joined(classes, weights)
    assert (found[classes <= 0] == -1).all()
    assert len(set(found[classes == 2].tolist())) == 1
    assert set(found[classes > 0].tolist()) == {0, 1}
    assert found[classes > 0][0] == 0  # numbered by the first place
    assert joined(np.zeros(5, dtype=np.int8), csr_array(np.eye(5))).tolist() == [-1] * 5


# Local Moran.


@pytest.mark.parametrize("seed", range(4))
def test_local_moran_is_that_of_esda(seed: int) -> None:
    rng = np.random.default_rng(seed)
    weights, values = _binary(rng, 100, 0.06), rng.gamma(2, 3, 100)
    expected = Moran_Local(values, _others(weights), transformation="r", permutations=0)
    found = local_moran(values, weights, permutations=99, seed=seed)
    assert found.i == pytest.approx(expected.Is, abs=1e-9)
    met = weights.sum(axis=1) > 1
    assert (found.quadrant[met] == expected.q[met]).all()
    assert (found.quadrant[~met] == Quadrant.NONE).all()


def test_local_moran_p_agrees_with_esdas_as_far_as_chance_lets_it() -> None:
    rng = np.random.default_rng(4)
    ring = _disk(7)
    weights, values = cells.neighbours(ring, 1), rng.gamma(2, 3, len(ring))
    esda = Moran_Local(values, _others(weights), permutations=4999, seed=2, n_jobs=1)
    found = local_moran(values, weights, permutations=4999, seed=2)
    assert found.p == pytest.approx(np.minimum(1, 2 * esda.p_sim), abs=0.06)


def test_a_high_cell_among_low_ones_is_an_outlier_and_one_among_high_ones_is_not() -> None:
    ring = _disk(8)
    values = np.random.default_rng(1).normal(0, 0.1, len(ring))
    near, far = h3.grid_disk(CENTRE, 2), h3.grid_ring(CENTRE, 6)[0]
    values[np.isin(ring, [*near, far])] += 10
    found = local_moran(values, cells.neighbours(ring, 1), permutations=999, seed=1)
    assert found.quadrant[ring == CENTRE] == Quadrant.HIGH_HIGH
    assert found.p[ring == CENTRE] < 0.01
    assert found.quadrant[ring == far] == Quadrant.HIGH_LOW
    assert found.i[ring == far] < 0
    assert found.quadrant[ring == h3.grid_ring(far, 1)[0]] == Quadrant.LOW_HIGH


def test_local_moran_is_zero_where_all_values_are_the_same() -> None:
    found = local_moran(np.full(37, 0.1), cells.neighbours(_disk(3), 1), permutations=99, seed=1)
    assert (found.i == 0).all()
    assert (found.quadrant == Quadrant.NONE).all()
    assert (found.p == 1).all()


# What chance does.


DISK = _disk(17)
CORE, PLANTED = (np.isin(DISK, h3.grid_disk(CENTRE, k)) for k in (1, 2))


def _found(draws: Iterable[np.ndarray]) -> np.ndarray:
    """Which of 919 cells are hot or cold at 5 % after correction, a row for each draw."""
    weights = cells.neighbours(DISK, 1)
    return np.array([benjamini_hochberg(getis_ord(values, weights).p) <= 0.05 for values in draws])


def test_with_no_hot_spot_no_more_maps_show_one_than_stated() -> None:
    rng = np.random.default_rng(20)
    found = _found(rng.normal(size=len(DISK)) for _ in range(1000))
    # Every discovery is false here: 5 % of maps may have any; three standard errors are 2 points.
    assert found.any(axis=1).mean() < 0.07
    assert found.mean() < 0.0003


def test_where_few_are_counted_more_maps_show_a_hot_spot_than_stated() -> None:
    rng = np.random.default_rng(20)
    shares = [
        _found(rng.poisson(mean, len(DISK)) for _ in range(400)).any(axis=1).mean()
        for mean in (20, 6, 1, 0.2)
    ]
    assert shares == sorted(shares)  # 6, 7, 20 and 64 %: p is of a normal distribution
    assert shares[1] < 0.12
    assert shares[3] > 0.5


def test_permutations_keep_to_what_is_stated_where_few_are_counted() -> None:
    rng, weights = np.random.default_rng(20), cells.neighbours(DISK, 1)
    found = [
        benjamini_hochberg(
            permutation_p(rng.poisson(0.2, len(DISK)), weights, permutations=49_999, seed=seed)
        ).min() <= 0.05
        for seed in range(20)
    ]  # fmt: skip
    assert sum(found) <= 3  # at most 1 expected; 4 or more have a chance of 1.6 %


def test_a_hot_spot_of_twice_the_complaints_is_found() -> None:
    rng = np.random.default_rng(20)
    found = _found(rng.poisson(np.where(PLANTED, 12, 6)) for _ in range(200))
    assert found.any(axis=1).all()
    assert found[:, CORE].mean() > 0.95  # all of whose neighbours are in it
    assert found[:, PLANTED].mean() > 0.7
    assert found.mean() < 37 / 919  # 19 are planted, and 18 more border on them
