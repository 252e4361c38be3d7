"""Planted readiness to report is found again, where raw counts say the opposite."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from geo.reporting_rate import Followed, followed, reporting_index

AREAS, KINDS = 30, 4
RATE = np.linspace(0.004, 0.04, AREAS)  # reports per incident and day, tenfold
KIND = np.array([0.5, 1.0, 1.5, 3.0])


class City:
    """Incidents that arise, are reported or not, and end; what is seen of them."""

    def __init__(self, seed: int, shape: float | None = None) -> None:
        rng = np.random.default_rng(seed)
        # The readier to report, the fewer incidents, and of other kinds.
        arisen = rng.poisson(60 / (RATE / RATE.mean()) ** 1.5)
        area = np.repeat(np.arange(AREAS), arisen)
        lean = np.where(rng.random(len(area)) < area / AREAS, 0, 2)
        kind = lean + rng.integers(0, 2, len(area))
        rate = RATE[area] * KIND[kind]
        if shape is not None:
            rate = rate * rng.gamma(shape, 1 / shape, len(area))
        lasts = rng.exponential(60, len(area))
        waited = rng.exponential(1 / rate)
        seen = waited < lasts
        days = np.minimum(lasts - waited, 100)[seen]
        self.area, self.kind = area[seen], kind[seen]
        self.duplicates = rng.poisson(rate[seen] * days)
        self.of = followed(self.area, self.kind, self.duplicates, days, (AREAS, KINDS))
        reports = np.bincount(self.area, self.duplicates + 1, AREAS)
        self.raw = reports / reports.mean()
        expected = self.of.exposure @ KIND
        self.true = RATE / ((RATE * expected).sum() / expected.sum())


def test_planted_rates_lie_in_their_intervals_95_times_in_100_and_raw_counts_mislead() -> None:
    inside, ranked, misled = [], [], []
    for seed in range(80):
        city = City(seed)
        found = reporting_index(city.of)
        inside.append((found.low <= city.true) & (city.true <= found.high))
        ranked.append(np.corrcoef(np.argsort(np.argsort(found.ratio)), np.arange(AREAS))[0, 1])
        misled.append(np.corrcoef(np.argsort(np.argsort(city.raw)), np.arange(AREAS))[0, 1])
    # 2,400 intervals: a standard error of half a percent; exact ones cover a little more.
    assert 0.935 < np.mean(inside) < 0.985
    assert np.mean(ranked) > 0.9
    assert np.mean(misled) < -0.5


def test_where_incidents_differ_more_than_poissons_the_intervals_are_as_much_wider() -> None:
    wide, narrow, spreads = [], [], []
    for seed in range(60):
        city = City(seed, shape=2.0)
        found = reporting_index(city.of)
        spreads.append(found.overdispersion)
        exact = reporting_index(_of_poisson(city.of))
        assert exact.overdispersion == 1
        wide.append((found.high - found.low).mean())
        narrow.append((exact.high - exact.low).mean())
    assert np.mean(spreads) > 1.2
    assert np.mean(wide) == pytest.approx(np.mean(narrow) * np.sqrt(np.mean(spreads)), rel=0.1)


def _of_poisson(of: Followed) -> Followed:
    """The same sums, with the squares of incidents that do not vary at all."""
    rate = of.duplicates / np.maximum(of.exposure, 1e-12)
    return of._replace(squares=rate**2 * of.exposure_squares, products=rate * of.exposure_squares)


def test_shared_heterogeneity_is_covered_where_the_exact_interval_is_not() -> None:
    """Each incident has a rate of its own, known from the first report on."""
    rng = np.random.default_rng(1)
    held, exact = [], []
    for _ in range(150):
        area = np.repeat(np.arange(20), 40)
        days = rng.uniform(5, 60, len(area))
        duplicates = rng.poisson(0.03 * rng.gamma(0.7, 1 / 0.7, len(area)) * days)
        of = followed(area, np.zeros_like(area), duplicates, days, (20, 1))
        for one, into in ((of, held), (_of_poisson(of), exact)):
            found = reporting_index(one)
            into.append((found.low <= 1) & (found.high >= 1))
    assert np.mean(held) > 0.93
    assert np.mean(exact) < 0.9


def test_the_index_is_the_poisson_regression_of_statsmodels() -> None:
    city = City(3)
    found = reporting_index(city.of)
    area, kind = (one.ravel() for one in np.indices((AREAS, KINDS)))
    kept = city.of.exposure.ravel() > 0
    design = np.hstack([np.eye(AREAS)[area], np.eye(KINDS)[kind][:, 1:]])[kept]
    fit = sm.GLM(
        city.of.duplicates.ravel()[kept], design, family=sm.families.Poisson(),
        offset=np.log(city.of.exposure.ravel()[kept]),
    ).fit(tol=1e-12)  # fmt: skip
    theirs = np.exp(fit.params[:AREAS])
    np.testing.assert_allclose(found.ratio / found.ratio[0], theirs / theirs[0], rtol=1e-6)


counts_ = arrays(np.int64, (5, 3), elements=st.integers(0, 40))
days_ = arrays(np.float64, (5, 3), elements=st.floats(0, 5000).map(lambda one: round(one, 3)))


@settings(max_examples=150, deadline=None)
@given(counts_, days_, st.permutations(range(5)))
def test_what_is_expected_adds_up_to_what_was_seen_and_the_order_does_not_matter(
    n: np.ndarray, days: np.ndarray, order: list[int]
) -> None:
    n = np.where(days > 0, n, 0)
    of = Followed(np.ones((5, 3)), n.astype(float), days, n.astype(float) ** 2, n * days, days**2)
    found = reporting_index(of)
    assert found.expected.sum() == pytest.approx(n.sum(), rel=1e-6, abs=1e-9)
    known = np.isfinite(found.ratio)
    assert (found.low[known] <= found.ratio[known] + 1e-9).all()
    assert (found.ratio[known] <= found.high[known]).all()
    assert (found.few | (n.sum(axis=1) >= 20)).all()
    turned = reporting_index(Followed(*(one[list(order)] for one in of)))
    np.testing.assert_allclose(turned.ratio, found.ratio[list(order)], rtol=1e-6, atol=1e-9)
    between = (np.minimum(1, found.ratio) - 1e-9 <= found.smoothed) & (
        found.smoothed <= np.maximum(1, found.ratio) + 1e-9
    )
    assert between[known].all() or n.sum() == 0


def test_more_of_a_kind_that_is_often_reported_again_does_not_raise_the_index() -> None:
    # Both areas report alike; the second has ten times as many incidents of the busy kind.
    of = followed(
        [0] * 110 + [1] * 200, [0] * 100 + [1] * 10 + [0] * 100 + [1] * 100,
        [1] * 100 + [5] * 10 + [1] * 100 + [5] * 100, [10.0] * 310, (2, 2),
    )  # fmt: skip
    found = reporting_index(of)
    assert found.ratio == pytest.approx([1, 1])
    assert of.duplicates.sum(axis=1) / of.incidents.sum(axis=1) == pytest.approx([1.36, 3.0], 0.01)


def test_nothing_followed_is_nothing_known() -> None:
    found = reporting_index(followed([0], [0], [0], [0.0], (2, 1)))
    assert np.isnan(found.ratio).all()
    assert found.few.all()
    assert np.isnan(found.per_day)
    with pytest.raises(ValueError, match="level"):
        reporting_index(City(1).of, 1.5)
    with pytest.raises(ValueError, match="missing"):
        reporting_index(City(1).of._replace(exposure=np.full((AREAS, KINDS), np.nan)))
