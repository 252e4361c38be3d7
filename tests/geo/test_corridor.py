"""The strip along a route, against geodesics."""

from itertools import pairwise

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod

from geo.corridor import MOST_CORNERS, corridor
from geo.errors import BadFilterError
from geo.filters import parse_polygon

GEOD = Geod(ellps="WGS84")
POINT = st.tuples(st.floats(105.3, 106.0), st.floats(20.6, 21.4))


def written(points: list[tuple[float, float]]) -> str:
    return ";".join(f"{lon:.6f},{lat:.6f}" for lon, lat in points)


@settings(max_examples=60, deadline=None)
@given(st.lists(POINT, min_size=2, max_size=12, unique=True), st.floats(20, 2000))
def test_every_point_so_near_to_the_route_is_inside(
    points: list[tuple[float, float]], width_m: float
) -> None:
    try:
        text = corridor(written(points), width_m)
    except BadFilterError as error:
        assert error.field == "route"  # noqa: PT017 - too long, or two points are one when rounded
        return
    corners = parse_polygon(text)
    assert len(corners) <= MOST_CORNERS
    shape = shapely.Polygon(corners)
    random = np.random.default_rng(1)
    for (lon, lat), (lon2, lat2) in pairwise(points):
        part = random.uniform(0, 1, 8)
        at = np.column_stack([lon + part * (lon2 - lon), lat + part * (lat2 - lat)])
        reach = np.full(8, width_m / 2)
        x, y, _ = GEOD.fwd(at[:, 0], at[:, 1], random.uniform(0, 360, 8), reach)
        assert shapely.contains_xy(shape, x, y).all()


def test_the_strip_is_hardly_wider_than_asked_for() -> None:
    shape = shapely.Polygon(parse_polygon(corridor("105.80,21.02;105.86,21.02", 100)))
    area_m2 = abs(GEOD.geometry_area_perimeter(shape)[0])
    length_m = GEOD.inv(105.80, 21.02, 105.86, 21.02)[2]
    assert length_m * 100 < area_m2 < length_m * 105 + 50**2 * 4


@pytest.mark.parametrize(
    ("route", "width_m", "field"),
    [
        ("105.8,21", 100, "route"),
        ("105.8,21;105.8,21", 100, "route"),
        ("105.8;21", 100, "route"),
        ("105.8,nan;105.9,21", 100, "route"),
        ("105.8,21;115.8,21", 100, "route"),
        ("105.8,21;105.9,21", 5, "width_m"),
        ("105.8,21;105.9,21", float("nan"), "width_m"),
    ],
)
def test_what_is_no_route_is_named(route: str, width_m: float, field: str) -> None:
    with pytest.raises(BadFilterError) as refused:
        corridor(route, width_m)
    assert refused.value.field == field
