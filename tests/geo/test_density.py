"""Density against the sum over all points, and what must add up."""

import doctest
import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from geo import density as module
from geo.density import Correction, Density, Kernel, density

EARTH_M = 6_371_008.8
BLOCK = shapely.box(105.80, 21.00, 105.86, 21.05)
# An L with a hole in it.
BENT = shapely.Polygon(
    [(105.8, 21.0), (105.86, 21.0), (105.86, 21.02), (105.82, 21.02), (105.82, 21.05),
     (105.8, 21.05)],
    [[(105.805, 21.005), (105.815, 21.005), (105.815, 21.015), (105.805, 21.015)]],
)  # fmt: skip


def _within(region: shapely.Geometry, n: int, seed: int) -> np.ndarray:
    west, south, east, north = region.bounds
    drawn = np.random.default_rng(seed).uniform((west, south), (east, north), (n * 8, 2))
    return drawn[shapely.contains_xy(region, drawn)][:n]


def _centres(found: Density) -> np.ndarray:
    """Lon and lat of the middle of each cell, shape (rows, columns, 2)."""
    rows, columns = found.per_km2.shape
    box = found.bounds
    lon = box.west + (np.arange(columns) + 0.5) * (box.east - box.west) / columns
    lat = box.north - (np.arange(rows) + 0.5) * (box.north - box.south) / rows
    return np.stack(np.meshgrid(lon, lat), axis=-1)


def _metres(points: np.ndarray, found: Density) -> np.ndarray:
    middle = math.cos(math.radians((found.bounds.south + found.bounds.north) / 2))
    return np.radians(points) * EARTH_M * (middle, 1)


def _kernel(apart_m: np.ndarray, bandwidth_m: float, kernel: Kernel) -> np.ndarray:
    """Per km²."""
    u = apart_m / bandwidth_m
    if kernel is Kernel.GAUSSIAN:
        return np.exp(-(u**2) / 2) / (2 * math.pi * (bandwidth_m / 1000) ** 2)
    return 3 / (math.pi * (bandwidth_m / 1000) ** 2) * np.maximum(1 - u**2, 0) ** 2


def _summed(
    found: Density, points: np.ndarray, weights: np.ndarray, bandwidth_m: float, kernel: Kernel,
    correction: Correction,
) -> np.ndarray:  # fmt: skip
    """The density of every cell inside, by the sum over all points."""
    inside = ~np.isnan(found.per_km2)
    cells, at = (_metres(some, found) for some in (_centres(found)[inside], points))
    area_km2 = found.cell_m**2 / 1e6

    def of(here: np.ndarray, there: np.ndarray) -> np.ndarray:
        apart = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
        return _kernel(apart, bandwidth_m, kernel)

    every = of(cells, at) * weights
    if correction is Correction.MASS:
        every = every / (of(at, cells).sum(axis=1) * area_km2)
    summed = every.sum(axis=1)
    if correction is Correction.UNIFORM:
        summed = summed / (of(cells, cells).sum(axis=1) * area_km2)
    return summed


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(module).failed == 0


@pytest.mark.parametrize("region", [BLOCK, BENT])
@pytest.mark.parametrize("kernel", list(Kernel))
@pytest.mark.parametrize("correction", list(Correction))
def test_in_the_middle_of_cells_it_is_the_sum_over_all_points(
    region: shapely.Geometry, kernel: Kernel, correction: Correction
) -> None:
    asked = {"bandwidth_m": 900.0, "cell_m": 110.0, "kernel": kernel, "correction": correction}
    empty = density(np.empty((0, 2)), None, region, **asked)  # type: ignore[arg-type]
    inside = _centres(empty)[~np.isnan(empty.per_km2)]
    rng = np.random.default_rng(1)
    points, weights = inside[rng.integers(0, len(inside), 40)], rng.integers(1, 9, 40)
    found = density(points, weights, region, **asked)  # type: ignore[arg-type]
    expected = _summed(found, points, weights, 900, kernel, correction)
    # The kernel adds up to 1 over the cells, and the Gaussian ends at five deviations.
    assert found.per_km2[~np.isnan(found.per_km2)] == pytest.approx(expected, rel=2e-4, abs=2e-4)


@pytest.mark.parametrize("kernel", list(Kernel))
@pytest.mark.parametrize("correction", list(Correction))
def test_of_points_anywhere_it_is_the_sum_over_all_but_for_the_size_of_a_cell(
    kernel: Kernel, correction: Correction
) -> None:
    points = _within(BENT, 60, 2)
    weights = np.random.default_rng(2).integers(1, 9, 60)
    errors = []
    for cell_m in (180.0, 90.0, 60.0):
        found = density(
            points, weights, BENT, bandwidth_m=900, cell_m=cell_m, kernel=kernel,
            correction=correction,
        )  # fmt: skip
        expected = _summed(found, points, weights, 900, kernel, correction)
        seen = found.per_km2[~np.isnan(found.per_km2)]
        errors.append(np.abs(seen - expected).max() / expected.max())
    assert errors[0] < 0.03
    assert errors[1] < 0.01
    assert errors[2] < 0.004


@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 2**32),
    st.integers(1, 60),
    st.sampled_from([BLOCK, BENT]),
    st.sampled_from(list(Kernel)),
    st.sampled_from([(300.0, 100.0), (800.0, 400.0), (2500.0, 300.0)]),
)
def test_corrected_by_mass_it_adds_up_to_the_events(
    seed: int, n: int, region: shapely.Geometry, kernel: Kernel, sizes: tuple[float, float]
) -> None:
    points = _within(region, n, seed)
    weights = np.random.default_rng(seed).integers(0, 50, len(points))
    found = density(
        points, weights, region, bandwidth_m=sizes[0], cell_m=sizes[1], kernel=kernel
    )  # fmt: skip
    assert found.outside == 0
    assert found.events == pytest.approx(weights.sum(), rel=1e-9, abs=1e-9)
    assert np.nanmin(found.per_km2) >= 0


def test_what_lies_over_the_edge_is_lost_without_correction_and_about_made_up_by_place() -> None:
    points = _within(BLOCK, 4000, 3)
    lost, about = (
        density(points, None, BLOCK, bandwidth_m=600, cell_m=100, correction=correction)
        for correction in (Correction.NONE, Correction.UNIFORM)
    )
    assert lost.events < 0.87 * 4000
    assert about.events == pytest.approx(4000, rel=0.02)
    assert about.events != pytest.approx(4000, rel=1e-6)


def test_an_even_carpet_of_points_is_even_where_the_correction_is_uniform() -> None:
    empty = density(np.empty((0, 2)), None, BENT, bandwidth_m=600, cell_m=100)
    inside = ~np.isnan(empty.per_km2)
    found = density(
        _centres(empty)[inside], None, BENT, bandwidth_m=600, cell_m=100,
        correction=Correction.UNIFORM,
    )  # fmt: skip
    assert found.per_km2[inside] == pytest.approx(100.0, rel=1e-9)  # one in each hectare


def test_at_a_straight_edge_an_even_density_sinks_as_the_integral_says() -> None:
    wide = shapely.box(105.7, 21.0, 105.9, 21.2)
    empty = density(np.empty((0, 2)), None, wide, bandwidth_m=1000, cell_m=100)
    carpet = _centres(empty).reshape(-1, 2)
    corrected, plain = (
        density(carpet, None, wide, bandwidth_m=1000, cell_m=100, correction=correction).per_km2
        for correction in (Correction.MASS, Correction.NONE)
    )
    norm = scipy.stats.norm

    def spread(u: float, x: float) -> float:
        return float(norm.pdf(x - u) / norm.cdf(u))

    middle = corrected.shape[1] // 2
    for row in (0, 4, 12, 30):
        x = (row + 0.5) / 10
        expected = scipy.integrate.quad(spread, 0, x + 9, args=(x,))[0]
        assert corrected[row, middle] == pytest.approx(100 * expected, rel=2e-3)
        assert plain[row, middle] == pytest.approx(100 * norm.cdf(x), rel=2e-3)


def test_the_first_row_is_the_north_and_the_first_column_the_west() -> None:
    found = density([(105.805, 21.045)], None, BLOCK, bandwidth_m=300, cell_m=100)
    row, column = np.unravel_index(np.nanargmax(found.per_km2), found.per_km2.shape)
    assert _centres(found)[row, column] == pytest.approx([105.805, 21.045], abs=0.0008)
    assert row < found.per_km2.shape[0] / 4
    assert column < found.per_km2.shape[1] / 4


def test_the_bounds_hold_the_region_and_less_than_a_cell_more() -> None:
    found = density(np.empty((0, 2)), None, BENT, bandwidth_m=300, cell_m=130)
    west, south, east, north = BENT.bounds
    box = found.bounds
    assert west - 0.0013 < box.west <= west + 1e-9
    assert east - 1e-9 <= box.east < east + 0.0013
    assert south - 0.0013 < box.south <= south + 1e-9
    assert north - 1e-9 <= box.north < north + 0.0013
    rows, columns = found.per_km2.shape
    assert (box.north - box.south) * math.radians(1) * EARTH_M == pytest.approx(rows * 130)
    wide = (box.east - box.west) * math.radians(1) * EARTH_M * math.cos(math.radians(21.025))
    assert wide == pytest.approx(columns * 130, rel=1e-6)
    assert found.events == 0


def test_nothing_is_said_of_a_hole_in_the_region() -> None:
    found = density(_within(BENT, 50, 1), None, BENT, bandwidth_m=300, cell_m=100)
    assert (
        np.isnan(found.per_km2) != shapely.contains_xy(BENT, *_centres(found).transpose(2, 0, 1))
    ).all()


def test_weights_are_points_many_times_over_and_twice_the_weight_is_twice_the_density() -> None:
    points, weights = _within(BENT, 30, 5), np.random.default_rng(5).integers(0, 5, 30)
    at_once = density(points, weights, BENT, bandwidth_m=500, cell_m=100)
    repeated = density(np.repeat(points, weights, axis=0), None, BENT, bandwidth_m=500, cell_m=100)
    twice = density(points, 2 * weights, BENT, bandwidth_m=500, cell_m=100)
    assert at_once.per_km2 == pytest.approx(repeated.per_km2, abs=1e-9, nan_ok=True)
    assert twice.per_km2 == pytest.approx(2 * at_once.per_km2, abs=1e-9, nan_ok=True)


def test_the_order_of_the_points_does_not_matter() -> None:
    points, weights = _within(BENT, 30, 5), np.arange(30)
    one, other = (
        density(points[some], weights[some], BENT, bandwidth_m=500, cell_m=100)
        for some in (np.arange(30), np.random.default_rng(1).permutation(30))
    )
    assert one.per_km2 == pytest.approx(other.per_km2, abs=1e-9, nan_ok=True)


def test_points_just_over_the_edge_count_as_inside_and_farther_ones_are_told() -> None:
    near, far, hidden = (105.7995, 21.02), (105.78, 21.02), (90.0, 0.0)
    found = density([near, far, hidden], [5, 7, 11], BLOCK, bandwidth_m=500, cell_m=100)
    assert found.events == pytest.approx(5)
    assert found.outside == 18


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"points": [[105.8, math.nan]]}, "missing"),
        ({"points": [[21.0, 105.8]]}, "degrees"),
        ({"points": [105.8, 21.0]}, "lon and lat"),
        ({"weights": [1, 2]}, "do not go with"),
        ({"weights": [-1]}, "negative or missing"),
        ({"weights": [math.nan]}, "negative or missing"),
        ({"region": shapely.Polygon()}, "no area"),
        ({"region": shapely.LineString([(105, 21), (106, 21)])}, "no area"),
        ({"region": shapely.box(105.8, 21, 105.8001, 21.1).boundary.buffer(1e-6)}, "middle"),
        ({"cell_m": 300.0}, "half of"),
        ({"cell_m": 0.0}, "half of"),
        ({"bandwidth_m": math.nan}, "half of"),
        ({"bandwidth_m": math.inf}, "half of"),
        ({"bandwidth_m": -5.0}, "half of"),
        ({"cell_m": 1.0}, "too large"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    changed: dict[str, object], message: str
) -> None:
    asked: dict[str, object] = {
        "points": [[105.82, 21.02]], "weights": [1], "region": BLOCK, "bandwidth_m": 500.0,
        "cell_m": 250.0,
    }  # fmt: skip
    with pytest.raises(ValueError, match=message):
        density(**(asked | changed))  # type: ignore[arg-type]
