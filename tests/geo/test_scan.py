"""The scan statistic against every cylinder counted one by one, SaTScan's figures, and chance."""

import doctest
import itertools
import math
from pathlib import Path

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo import scan as module
from geo.scan import (
    Cluster,
    expected_from_margins,
    expected_from_population,
    log_likelihood_ratio,
    on_plane,
    scan,
)

HANOI = np.array([105.85, 21.03])


def _scattered(rng: np.random.Generator, n: int, degrees: float = 0.1) -> np.ndarray:
    return HANOI + rng.uniform(-degrees, degrees, (n, 2))


GRID = HANOI + 0.01 * np.array([(x, y) for x in range(3) for y in range(3)])


def test_the_examples_in_the_docstrings_are_true() -> None:
    assert doctest.testmod(module).failed == 0


# Every cylinder one by one.


def _ratio(c: float, e: float, total: float) -> float:
    if c <= e or e <= 0:
        return 0.0
    outside = (total - c) * math.log((total - c) / (total - e)) if c < total else 0.0
    return c * math.log(c / e) + outside


Cylinder = tuple[int, frozenset[int], float, int, int]
# Places, radius, first and last period, ratio and p of a cluster.
Expected = tuple[set[int], float, int, int, float, float]


def _cylinders(
    plane: np.ndarray,
    expected: np.ndarray,
    max_share: float,
    max_radius_m: float,
    max_periods: int,
    prospective: bool,
) -> list[Cylinder]:
    """Centre, places, radius, first and last period of all."""
    found, (n, t) = [], expected.shape
    for centre in range(n):
        apart = [math.dist(plane[centre], there) for there in plane]
        for radius in sorted({round(far, 5) for far in apart}):
            places = frozenset(i for i in range(n) if apart[i] <= radius + 1e-5)
            share = sum(expected[i].sum() for i in places) / expected.sum()
            if share > max_share + 1e-9 or radius > max_radius_m:
                continue
            found += [
                (centre, places, radius, first, last)
                for first in range(t)
                for last in range(first, t)
                if last - first < max_periods and (last == t - 1 or not prospective)
            ]
    return found


def _highest(cylinders: list[Cylinder], x: np.ndarray, e: np.ndarray, least: int) -> float:
    return max((_of(one, x, e, least) for one in cylinders), default=0.0)


def _of(one: Cylinder, x: np.ndarray, e: np.ndarray, least: int) -> float:
    _, places, _, first, last = one
    c = int(sum(x[i, first : last + 1].sum() for i in places))
    return _ratio(c, sum(e[i, first : last + 1].sum() for i in places), x.sum()) * (c >= least)


def _one_by_one(
    x: np.ndarray,
    e: np.ndarray,
    drawn: np.ndarray,
    cylinders: list[Cylinder],
    least: int,
    limit: int,
) -> list[Expected]:
    highest = [_highest(cylinders, one, e, least) for one in drawn]
    ranked = sorted(
        ((round(_of(one, x, e, least), 9), one) for one in cylinders),
        key=lambda pair: (-pair[0], round(pair[1][2], 5), pair[1][0], pair[1][3], pair[1][4]),
    )
    taken: set[int] = set()
    found = []
    for ratio, (_, places, radius, first, last) in ranked:
        if ratio > 0 and not taken & places and len(found) < limit:
            taken |= places
            rank = 1 + sum(other >= ratio - 1e-7 for other in highest)
            found.append((set(places), radius, first, last, ratio, rank / (len(drawn) + 1)))
    return found


def _same(found: list[Cluster], expected: list[Expected]) -> None:
    assert [set(one.places.tolist()) for one in found] == [one[0] for one in expected]
    assert [(one.first, one.last) for one in found] == [one[2:4] for one in expected]
    assert [one.radius_m for one in found] == pytest.approx([one[1] for one in expected], abs=1e-4)
    assert [one.log_likelihood_ratio for one in found] == pytest.approx(
        [one[4] for one in expected], abs=1e-7
    )
    assert [one.p for one in found] == [one[5] for one in expected]


CASES = [
    (7, 4, {}),
    (6, 5, {"max_periods": 5}),
    (6, 5, {"prospective": True, "max_periods": 4}),
    (9, 3, {"max_share": 0.25, "min_cases": 1}),
    (9, 3, {"max_radius_m": 1_200.0, "max_share": 1.0, "max_periods": 3, "limit": 2}),
    (9, 2, {"min_cases": 4, "max_share": 0.9}),
]
ASKED = [(*case, margins) for case in CASES for margins in (False, True)] + [(7, 1, {}, False)]


@pytest.mark.parametrize(("n", "t", "asked", "margins"), ASKED)
@pytest.mark.parametrize("mean", [0.4, 5, 3000, 400_000, 1_000_000])
@pytest.mark.parametrize("block", [module.WORKED, 24])
def test_clusters_and_p_are_those_of_every_cylinder_counted_one_by_one(
    n: int,
    t: int,
    asked: dict[str, float],
    margins: bool,
    mean: float,
    block: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rng = np.random.default_rng(n * 100 + t + int(mean))
    centres = GRID if n == 9 else _scattered(rng, n)
    given_e = rng.uniform(0.3, 2, (n, t))
    x = rng.poisson(mean * given_e)
    x[0, -1] += round(2 * math.sqrt(mean)) + 1
    if margins:
        e = x.sum(axis=1)[:, None] * x.sum(axis=0) / x.sum()
        table = scipy.stats.random_table(x.sum(axis=1), x.sum(axis=0))
        draws = np.random.default_rng(5)
        drawn = np.array([table.rvs(random_state=draws) for _ in range(19)])
    else:
        e = given_e * (x.sum() / given_e.sum())
        drawn = np.random.default_rng(5).multinomial(x.sum(), e.ravel() / e.sum(), 19)
    monkeypatch.setattr(module, "WORKED", block)
    found = scan(
        x, None if margins else given_e, centres, replications=19, seed=5, **asked  # type: ignore[arg-type]
    )  # fmt: skip
    cylinders = _cylinders(
        on_plane(centres), e, asked.get("max_share", 0.5), asked.get("max_radius_m", math.inf),
        int(asked.get("max_periods", max(1, t // 2))), bool(asked.get("prospective", False)),
    )  # fmt: skip
    _same(
        found,
        _one_by_one(
            x, e, drawn.reshape(19, n, t), cylinders, int(asked.get("min_cases", 2)),
            int(asked.get("limit", 10)),
        ),
    )  # fmt: skip


def test_a_cluster_says_what_is_in_it() -> None:
    rng = np.random.default_rng(3)
    centres, population = _scattered(rng, 20), rng.integers(500, 5000, 20)
    x = rng.poisson(population[:, None] / 500 * np.ones(8))
    for one in scan(x, population, centres, replications=9, seed=1):
        e = population[:, None] * np.ones(8) * x.sum() / population.sum() / 8
        inside = np.ix_(one.places, range(one.first, one.last + 1))
        c = x[inside].sum()
        assert one.observed == c
        assert one.expected == pytest.approx(e[inside].sum())
        outside = (x.sum() - c) / (x.sum() - e[inside].sum())
        assert one.relative_risk == pytest.approx(c / e[inside].sum() / outside)
        assert one.places[0] == one.centre
        apart = np.hypot(*(on_plane(centres) - on_plane(centres)[one.centre]).T)
        assert one.radius_m == pytest.approx(apart[one.places].max())
        assert sorted(one.places) == np.flatnonzero(apart <= one.radius_m + 1e-6).tolist()


# Published: SaTScan 9.3.1 and 9.6 on leukemia in upstate New York (552 cases among 1,057,673 in 281
# tracts; Waller and others 1994), as kept with the tests of the R package smerc, where these print
# population, cases, relative risk and log likelihood ratio of the clusters.
SATSCAN = [
    (119_050, 106, 1.87, 14.780276),
    (111_674, 100, 1.87, 14.083511),
    (95_249, 85, 1.84, 11.577255),
    (34_083, 38, 2.22, 9.019716),
    (40_696, 42, 2.06, 8.287056),
    (45_667, 44, 1.92, 7.199672),
    (78_280, 64, 1.64, 6.114140),
    (24_571, 25, 1.99, 4.651839),
    (29_782, 28, 1.84, 4.169203),
    (6_985, 10, 2.78, 3.773422),
    (9_840, 12, 2.37, 3.363518),
    (8_839, 11, 2.41, 3.209485),
]


@pytest.mark.parametrize(("population", "cases", "risk", "ratio"), SATSCAN)
def test_ratio_and_relative_risk_are_as_satscan_prints_them(
    population: int, cases: int, risk: float, ratio: float
) -> None:
    (found,) = scan(
        [cases, 552 - cases], [population, 1_057_673 - population], GRID[:2], replications=9, seed=1
    )
    assert found.log_likelihood_ratio == pytest.approx(ratio, abs=6e-7)
    assert found.relative_risk == pytest.approx(risk, abs=0.005)


def _tracts(text: str) -> set[int]:
    return {int(part) - 1 for part in text.split()}


@pytest.mark.real_data
def test_the_clusters_of_leukemia_in_new_york_are_those_of_satscan(shared: Path) -> None:
    file = shared / "reference" / "ny-leukemia.csv"
    if not file.exists():
        pytest.skip("reference/ny-leukemia.csv: lon, lat, population, cases of 281 tracts")
    lon, lat, population, cases = np.loadtxt(file, delimiter=",", skiprows=1, unpack=True)
    # SaTScan took degrees for a plane here: near the equator a small map is one.
    flat = np.column_stack([lon - lon.mean(), lat - lat.mean()]) / 1000
    wide = scan(cases, population, flat, seed=1)
    assert [one.log_likelihood_ratio for one in wide[:6]] == pytest.approx(
        [14.083511, 9.019716, 6.114140, 4.651839, 3.363518, 3.209485], abs=6e-7
    )
    assert set(wide[1].places.tolist()) == _tracts("89 88 87 84 90 86 92 85")
    narrow = scan(cases, population, flat, max_share=0.1, seed=1)
    assert [one.log_likelihood_ratio for one in narrow[:7]] == pytest.approx(
        [11.577255, 9.019716, 6.114140, 4.651839, 4.169203, 3.363518, 3.209485], abs=6e-7
    )
    published = [0.001, 0.013, 0.216, 0.609, 0.755, 0.961, 0.976]
    assert [one.p for one in narrow[:7]] == pytest.approx(published, abs=0.06)
    # And here for longitude and latitude.
    globe = scan(cases, population, np.column_stack([lon, lat]), seed=1)
    assert [one.log_likelihood_ratio for one in globe[:4]] == pytest.approx(
        [14.780276, 8.287056, 7.199672, 4.651839], abs=6e-7
    )
    assert set(globe[0].places.tolist()) == _tracts(
        "52 50 53 38 49 48 15 39 37 1 16 44 47 40 14 2 51 13 43 45 17 55 11 3 12 46 36 35 54 10 5"
    )
    assert globe[0].radius_m == pytest.approx(7700, rel=0.01)


# What must not matter.

tables = st.lists(st.integers(0, 30), min_size=24, max_size=24).map(
    lambda flat: np.array(flat).reshape(8, 3)
)


@settings(max_examples=40, deadline=None)
@given(tables, st.permutations(range(8)), st.booleans())
def test_the_order_of_the_places_does_not_matter(
    x: np.ndarray, order: list[int], prospective: bool
) -> None:
    rng = np.random.default_rng(1)
    centres, e = _scattered(rng, 8), rng.uniform(1, 2, (8, 3))
    before, after = (
        scan(x[some], e[some], centres[some], prospective=prospective, replications=1, seed=1)
        for some in (list(range(8)), order)
    )
    named = [(sorted(one.places.tolist()), *one[3:6]) for one in before]
    assert [(sorted(order[i] for i in one.places), *one[3:6]) for one in after] == named
    for name in ("radius_m", "expected", "relative_risk", "log_likelihood_ratio"):
        assert [getattr(one, name) for one in after] == pytest.approx(
            [getattr(one, name) for one in before]
        )


@settings(max_examples=40, deadline=None)
@given(tables, st.sampled_from([1e-6, 0.125, 3.0, 1e9]))
def test_the_scale_of_the_expected_cases_does_not_matter(x: np.ndarray, scale: float) -> None:
    rng = np.random.default_rng(1)
    centres, e = _scattered(rng, 8), rng.uniform(1, 2, (8, 3))
    before, after = (
        scan(x, given_e, centres, replications=19, seed=1) for given_e in (e, e * scale)
    )
    assert [(one.places.tolist(), one.first, one.last, one.p) for one in after] == [
        (one.places.tolist(), one.first, one.last, one.p) for one in before
    ]
    assert [one.expected for one in after] == pytest.approx([one.expected for one in before])


def test_the_same_seed_gives_the_same_p_and_another_seed_another() -> None:
    rng = np.random.default_rng(2)
    x, centres = rng.poisson(3, (12, 4)), _scattered(rng, 12)
    first, again, other = (
        [one.p for one in scan(x, np.ones(12), centres, seed=seed)] for seed in (7, 7, 8)
    )
    assert first == again
    assert first != other


def test_places_at_one_point_are_in_a_circle_together() -> None:
    centres = np.concatenate([GRID, GRID[:1]])
    x = np.array([1, 1, 1, 1, 1, 1, 1, 1, 1, 20])
    (found, *_) = scan(x, np.ones(10), centres, replications=9, seed=1)
    assert sorted(found.places) == [0, 9]
    assert found.radius_m == 0


# What chance does.


@pytest.mark.parametrize(
    ("t", "asked"), [(1, {}), (6, {}), (6, {"prospective": True}), (6, {"margins": True})]
)
def test_without_a_cluster_p_is_as_often_small_as_it_says(t: int, asked: dict[str, bool]) -> None:
    rng = np.random.default_rng(20)
    population = rng.uniform(1, 3, 10)
    centres = _scattered(rng, 10)
    found = []
    for seed in range(300):
        x = rng.poisson(4 * population[:, None] * np.ones(t))
        e = None if asked.get("margins") else population
        prospective = asked.get("prospective", False)
        found.append(
            scan(x, e, centres, prospective=prospective, replications=99, limit=1, seed=seed)[0].p
        )
    for level in (0.05, 0.2, 0.5, 0.8):
        low, high = scipy.stats.binom.ppf([0.0005, 0.9995], 300, level)
        assert low <= (np.array(found) <= level + 1e-9).sum() <= high


def test_margins_given_as_expected_cases_make_p_too_large() -> None:
    rng = np.random.default_rng(20)
    centres = _scattered(rng, 10)
    told, kept = [], []
    for seed in range(60):
        x = rng.poisson(4, (10, 6))
        for found, e in ((told, expected_from_margins(x)), (kept, None)):
            found.append(scan(x, e, centres, replications=49, limit=1, seed=seed)[0].p)
    assert np.mean(told) > 0.7
    assert np.mean(kept) == pytest.approx(0.5, abs=0.12)


def test_a_planted_cluster_is_found_where_and_when_it_is() -> None:
    rng = np.random.default_rng(4)
    centres, population = _scattered(rng, 60), rng.integers(5_000, 20_000, 60)
    apart = np.hypot(*(on_plane(centres) - on_plane(centres)[30]).T)
    planted = np.argsort(apart)[:6]
    mean = population[:, None] / 1500 * np.ones(12)
    mean[np.ix_(planted, range(7, 10))] *= 2
    x = rng.poisson(mean)
    (found, second, *_) = scan(x, population, centres, replications=199, seed=1)
    assert set(found.places.tolist()) == set(planted.tolist())
    assert (found.first, found.last) == (7, 9)
    assert found.p == 1 / 200
    assert found.relative_risk == pytest.approx(2, abs=0.35)
    assert second.p > 0.05
    assert not set(second.places.tolist()) & set(found.places.tolist())
    ended, going_on = (
        scan(some, population, centres, prospective=True, max_periods=2, replications=199, seed=1)[
            0
        ]
        for some in (x, x[:, :10])
    )
    assert ended.p > 0.05
    assert set(going_on.places.tolist()) == set(planted.tolist())
    assert going_on.p == 1 / 200


def test_what_a_place_or_a_period_has_at_all_times_is_no_cluster_of_the_permutation_model() -> None:
    rng = np.random.default_rng(4)
    centres = _scattered(rng, 30)
    mean = np.where(np.arange(30) < 3, 40, 10)[:, None] * np.linspace(1, 3, 8)
    x = rng.poisson(mean)
    assert scan(x, np.ones(30), centres, max_periods=8, replications=99, seed=1)[0].p == 0.01
    assert scan(x, None, centres, replications=99, seed=1)[0].p > 0.05


# Expected cases and the plane.


def test_expected_cases_of_a_population_are_its_share_in_each_period() -> None:
    e = expected_from_population([100, 300], [1, 2])
    assert (e / e.sum()).tolist() == pytest.approx(np.array([[1, 2], [3, 6]]) / 12)
    assert expected_from_population([100, 300]).tolist() == [[100], [300]]


@given(tables)
def test_expected_cases_of_margins_have_these_margins(x: np.ndarray) -> None:
    e = expected_from_margins(x)
    assert e.sum(axis=0) == pytest.approx(x.sum(axis=0))
    assert e.sum(axis=1) == pytest.approx(x.sum(axis=1))


def test_distances_on_the_plane_are_those_on_the_ellipsoid_to_half_a_percent() -> None:
    rng = np.random.default_rng(1)
    points = HANOI + rng.uniform(-0.4, 0.4, (40, 2))
    plane, geod = on_plane(points), Geod(ellps="WGS84")
    for i, j in itertools.combinations(range(40), 2):
        true = geod.inv(*points[i], *points[j])[2]
        assert math.dist(plane[i], plane[j]) == pytest.approx(true, rel=0.005)


def test_a_ratio_without_excess_is_zero() -> None:
    found = log_likelihood_ratio([0, 3, 5, 10, 0], [2, 3, 6, 10, 0], 10)
    assert found.tolist() == [0, 0, 0, 0, 0]


# Nothing to find, and what is wrong.


def test_without_cases_or_places_there_is_no_cluster() -> None:
    assert scan(np.zeros((9, 3)), np.ones(9), GRID, seed=1) == []
    assert scan(np.empty((0, 3)), np.empty(0), np.empty((0, 2)), seed=1) == []


def test_a_place_that_holds_more_than_the_share_is_in_no_circle() -> None:
    assert scan([90, 1, 1], [50, 25, 24], GRID[:3], max_share=0.2, replications=9, seed=1) == []
    found = scan([90, 12, 1], [60, 20, 20], GRID[:3], replications=9, seed=1)
    assert all(0 not in one.places for one in found)


def test_where_all_cases_are_inside_the_relative_risk_is_infinite() -> None:
    (found,) = scan([5, 0, 0], np.ones(3), GRID[:3], replications=9, seed=1)
    assert found.relative_risk == math.inf


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"cases": np.full((9, 3), 0.5)}, "not whole"),
        ({"cases": -np.ones((9, 3))}, "negative"),
        ({"cases": np.full((9, 3), np.nan)}, "missing"),
        ({"cases": np.ones((9, 3, 1))}, "shape"),
        ({"cases": np.ones((9, 0))}, "shape"),
        ({"expected": np.ones((3, 9))}, "do not go with"),
        ({"expected": np.full(9, np.nan)}, "expected cases is negative or missing"),
        ({"expected": -np.ones(9)}, "expected cases is negative or missing"),
        ({"expected": np.arange(9)}, "where none are expected"),
        ({"cases": np.ones(9), "expected": None}, "two periods"),
        ({"centres": GRID[:8]}, "8 centres do not go with 9 places"),
        ({"centres": GRID * 5}, "degrees"),
        ({"centres": GRID * np.nan}, "missing"),
        ({"centres": GRID.ravel()}, "lon and lat"),
        ({"max_share": 0}, "share"),
        ({"max_share": 1.1}, "share"),
        ({"max_radius_m": 0}, "radius"),
        ({"max_radius_m": math.nan}, "radius"),
        ({"max_periods": 0}, "from 1 to 3 periods"),
        ({"max_periods": 4}, "from 1 to 3 periods"),
        ({"replications": 0}, "1 or more"),
        ({"min_cases": 0}, "1 or more"),
        ({"limit": 0}, "1 or more"),
        ({"replications": 10**9}, "cylinders to compare"),
    ],
)
def test_what_does_not_go_together_is_refused_by_name(
    changed: dict[str, object], message: str
) -> None:
    asked: dict[str, object] = {"cases": np.ones((9, 3)), "expected": np.ones(9), "centres": GRID}
    with pytest.raises(ValueError, match=message):
        scan(**(asked | {"seed": 1} | changed))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("population", "weights"), [([-1], [1]), ([1], [np.nan]), ([[1]], [1]), ([1], [np.inf])]
)
def test_a_population_that_is_none_is_refused(
    population: list[float], weights: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"negative or missing|a population for each place"):
        expected_from_population(population, weights)
