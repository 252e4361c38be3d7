"""The order of visits: against all orders where they can be tried, and against its own rule."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod

from geo.way import EXACT, MOST_STOPS, distances_m, length_m, ordered

# Around a city; some at the same place.
PLACES = st.tuples(st.floats(105.2, 106.1), st.floats(20.5, 21.4))


def _shortest(between: np.ndarray) -> float:
    rest = range(1, len(between))
    return min(length_m(between, [0, *order]) for order in itertools.permutations(rest))


@given(st.lists(PLACES, min_size=1, max_size=EXACT - 1))
def test_few_stops_are_visited_by_the_shortest_of_all_ways(
    places: list[tuple[float, float]],
) -> None:
    between = distances_m(places)
    way = ordered(between)
    assert way[0] == 0
    assert sorted(way) == list(range(len(places)))
    assert length_m(between, way) == pytest.approx(_shortest(between), abs=1e-6)


def test_eight_stops_after_the_start_are_visited_by_the_shortest_of_all_40320_ways() -> None:
    rng = np.random.default_rng(5)
    between = distances_m(rng.uniform((105.7, 20.9), (105.9, 21.1), (EXACT + 1, 2)).tolist())
    assert length_m(between, ordered(between)) == pytest.approx(_shortest(between))


@given(st.lists(PLACES, min_size=EXACT + 2, max_size=MOST_STOPS))
def test_many_stops_are_each_visited_once_and_no_stretch_is_better_turned_around(
    places: list[tuple[float, float]],
) -> None:
    between = distances_m(places)
    way = ordered(between)
    assert way[0] == 0
    assert sorted(way) == list(range(len(places)))
    total = length_m(between, way)
    for i, j in itertools.combinations(range(1, len(way)), 2):
        turned = way[:i] + way[i : j + 1][::-1] + way[j + 1 :]
        assert length_m(between, turned) >= total - 1e-3


def test_distances_are_those_of_the_ellipsoid_but_for_half_a_percent() -> None:
    rng = np.random.default_rng(1)
    places = rng.uniform((105.2, 20.5), (106.1, 21.4), (20, 2)).tolist()
    between, geod = distances_m(places), Geod(ellps="WGS84")
    for (n, one), (m, other) in itertools.combinations(enumerate(places), 2):
        assert between[n, m] == pytest.approx(geod.inv(*one, *other)[2], rel=0.006)
