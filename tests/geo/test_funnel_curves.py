"""Smooth curves of a funnel plot against its exact limits."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.rates import funnel, funnel_curves

numbers = st.integers(0, 3000)
people = st.integers(1, 10**6)
levels = st.sampled_from([0.5, 0.95, 0.998])


@given(st.lists(st.tuples(numbers, people), min_size=1, max_size=20), levels)
def test_an_area_is_outside_the_curves_where_and_only_where_it_is_outside_the_limits(
    rows: list[tuple[int, int]], level: float
) -> None:
    events, population = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    found = funnel(events, population, [level])
    lower, upper = funnel_curves(found.overall, population, [level])
    # Each area with every number next to its limits, not only the number it has.
    for limit, sign in ((found.lower[0], -1), (found.upper[0], 1)):
        whole = np.round(limit * population)
        for step in (-1, 0, 1):
            n = whole + step
            rate = n / population
            beyond = sign * step > 0
            curve = lower[0] if sign < 0 else upper[0]
            near = np.isclose(rate, curve, rtol=1e-12, atol=0)
            outside = (rate < curve) & ~near if sign < 0 else (rate >= curve) | near
            assert (outside == beyond)[n >= 0].all()


def test_curves_narrow_with_the_population_and_hold_the_overall_rate() -> None:
    population = np.geomspace(200, 1e6, 400)
    lower, upper = funnel_curves(0.01, population)
    for k in range(2):
        assert (np.diff(upper[k]) < 0).all()
        assert (np.diff(lower[k]) >= 0).all()
        assert (lower[k] < 0.01).all()
        assert (upper[k] > 0.01).all()
    assert (lower[1] <= lower[0]).all()
    assert (upper[1] >= upper[0]).all()


def test_curves_have_no_jumps_as_the_limits_have() -> None:
    population = np.linspace(1000, 5000, 4001)
    _, upper = funnel_curves(0.01, population, [0.95])
    exact = funnel(np.full(4001, 0), population, [0.95])
    assert exact.overall == 0
    events = upper[0] * population
    assert np.abs(np.diff(events)).max() < 0.05


@pytest.mark.parametrize(
    ("overall", "population", "level", "named"),
    [
        (-1.0, [5.0], 0.95, "rate"),
        (np.nan, [5.0], 0.95, "rate"),
        (np.inf, [5.0], 0.95, "rate"),
        (0.1, [0.0], 0.95, "population"),
        (0.1, [np.nan], 0.95, "population"),
        (0.1, [5.0], 1.0, "between 0 and 1"),
    ],
)
def test_rates_populations_and_levels_that_are_none_are_refused(
    overall: float, population: list[float], level: float, named: str
) -> None:
    with pytest.raises(ValueError, match=named):
        funnel_curves(overall, population, [level])
