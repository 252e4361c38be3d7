"""The surface against the exact points, against SciPy, and as a picture in Web Mercator."""

import numpy as np
import pytest
import shapely
from scipy.stats import gaussian_kde
from sqlalchemy import Engine, text

from api.query import read_vocabulary
from geo import cells
from geo.bbox import BBox
from geo.density import Density, Kernel, density
from geo.errors import BadFilterError
from geo.filters import Filter, parse
from geo.scan import EARTH_M
from geo.surface import MOST_SIDE, equal_shares, mercator_rows, surface

FILTERS = [{}, {"domain": ["construction"]}, {"status": ["open"], "since": "2025-03-01"}]


def _question(engine: Engine, **asked: object) -> Filter:
    with engine.connect() as connection:
        return parse(read_vocabulary(connection), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("asked", FILTERS)
@pytest.mark.parametrize("bandwidth_m", [100.0, 500.0])
def test_few_complaints_lie_as_good_as_where_they_are(
    module_hanoi: Engine, asked: dict[str, object], bandwidth_m: float
) -> None:
    question = _question(module_hanoi, area=["hanoi-district-2014:001"], **asked)
    with module_hanoi.connect() as connection:
        found = surface(connection, question, bandwidth_m=bandwidth_m, crs="4326")
        wkb = connection.execute(
            text(
                "SELECT ST_AsBinary(geom) FROM area a JOIN area_set s ON s.id = a.set_id"
                " WHERE s.code = 'hanoi-district-2014' AND a.code = '001'"
            )
        ).scalar_one()
        points = np.array(
            connection.execute(
                text(
                    "SELECT ST_X(c.geom), ST_Y(c.geom) FROM complaint c"
                    " JOIN complaint_area h ON h.complaint_id = c.id"
                    " JOIN area a ON a.id = h.area_id JOIN area_set s ON s.id = a.set_id"
                    " JOIN category k ON k.id = c.category_id JOIN domain d ON d.id = k.domain_id"
                    " WHERE s.code = 'hanoi-district-2014' AND a.code = '001'"
                    " AND d.code = ANY(:domains) AND (c.status <= 3 OR NOT :open)"
                    " AND c.reported_at >= :since"
                ),
                {
                    "domains": asked.get("domain", ["construction", "environment", "traffic"]),
                    "open": "status" in asked,
                    "since": f"{asked.get('since', '1990-01-01')}T00:00+07:00",
                },
            ).all()
        )
    assert (found.resolution, found.total) == (12, len(points))
    exact = density(
        points, None, shapely.from_wkb(bytes(wkb)), bandwidth_m=bandwidth_m, cell_m=found.cell_m
    )
    off = np.nanmax(np.abs(found.per_km2 - exact.per_km2))
    # A leaf's edge is 10.8 m, and no hill is steeper than 0.61 of its height in a bandwidth.
    assert off < 10.8 / bandwidth_m * np.nanmax(exact.per_km2)
    assert found.bounds == exact.bounds


@pytest.mark.parametrize(("bandwidth_m", "resolution"), [(400.0, 10), (350.0, 11), (2000.0, 10)])
def test_stored_counts_move_the_surface_of_many_by_less_than_two_percent_of_its_highest(
    module_hanoi: Engine, monkeypatch: pytest.MonkeyPatch, bandwidth_m: float, resolution: int
) -> None:
    monkeypatch.setattr("geo.surface.FEW", 2_999)
    question = _question(module_hanoi)
    with module_hanoi.connect() as connection:
        found = surface(connection, question, bandwidth_m=bandwidth_m, crs="4326")
        wkb, at = connection.execute(
            text(
                "SELECT ST_AsBinary(outline), (SELECT ST_AsBinary(ST_Collect(geom)) FROM complaint)"
                " FROM city"
            )
        ).one()
    points = shapely.get_coordinates(shapely.from_wkb(bytes(at)))
    exact = density(
        points, None, shapely.from_wkb(bytes(wkb)), bandwidth_m=bandwidth_m, cell_m=found.cell_m
    )
    assert found.resolution == resolution
    off = np.nanmax(np.abs(found.per_km2 - exact.per_km2))
    assert off < 0.02 * np.nanmax(exact.per_km2)


def test_far_from_the_edge_it_is_scipys_gaussian_kde(module_hanoi: Engine) -> None:
    question = _question(module_hanoi)
    with module_hanoi.connect() as connection:
        found = surface(connection, question, bandwidth_m=1500, crs="4326")
        points = np.array(
            connection.execute(text("SELECT ST_X(geom), ST_Y(geom) FROM complaint")).all()
        )
    box, (rows, columns) = found.bounds, found.per_km2.shape
    metre = np.radians(1) * EARTH_M
    flat = (metre * np.cos(np.radians((box.south + box.north) / 2)), metre)
    at = points * flat / 1500
    # SciPy's kernel has the covariance of the sample: the points are turned and stretched into one
    # whose covariance is the unit matrix, and its own is undone by the bandwidth.
    theirs = gaussian_kde(at.T, bw_method=1.0)
    theirs._data_cho_cov = np.eye(2)
    theirs._data_covariance = np.eye(2)
    theirs.set_bandwidth(1.0)
    lon = box.west + (np.arange(columns) + 0.5) / columns * (box.east - box.west)
    lat = box.north - (np.arange(rows) + 0.5) / rows * (box.north - box.south)
    where = np.stack(np.meshgrid(lon, lat), -1)
    hoan_kiem = np.abs(where - (105.85, 21.03)).max(axis=-1) < 0.02
    expected = theirs(where[hoan_kiem].T * np.array(flat)[:, None] / 1500) * len(points) / 1.5**2
    assert hoan_kiem.sum() > 100
    highest = expected.max()
    np.testing.assert_allclose(found.per_km2[hoan_kiem], expected, atol=0.01 * highest)


@pytest.mark.parametrize("bounds", [(105.3, 20.5, 106.0, 21.4), (10.0, 59.0, 11.5, 61.0)])
def test_a_picture_between_mercator_corners_lies_right_within_half_a_cell(
    bounds: tuple[float, float, float, float],
) -> None:
    rows = 200
    box = BBox(*bounds)
    step = (box.north - box.south) / rows
    lat = box.north - (np.arange(rows) + 0.5) * step
    # A surface that is its own latitude tells where each row came from.
    found = mercator_rows(Density(np.repeat(lat[:, None], 3, axis=1), box, 100.0, 0.0))
    y = np.linspace(1, 0, rows * 2 + 1)[1::2]
    low, high = (np.log(np.tan(np.pi / 4 + np.radians(one) / 2)) for one in (box.south, box.north))
    true = np.degrees(2 * np.arctan(np.exp(low + y * (high - low))) - np.pi / 2)
    assert np.abs(found[:, 0] - true).max() <= step / 2 + 1e-12
    # Without, the rows in the middle would lie off by more, as far from the equator as that.
    assert np.abs(lat - true).max() > (step / 2 if box.south > 50 else step / 10)


def test_the_region_of_a_picture_in_mercator_is_the_region_within_half_a_cell() -> None:
    tall = shapely.box(10.0, 59.0, 10.4, 61.0).union(shapely.box(10.4, 60.0, 10.8, 60.5))
    found = density([(10.2, 60.0)], None, tall, bandwidth_m=3000, cell_m=1000)
    there = ~np.isnan(mercator_rows(found))
    low, high = (np.arcsinh(np.tan(np.radians(one))) for one in found.bounds[1::2])
    rows, columns = there.shape
    y = high - (np.arange(rows) + 0.5) / rows * (high - low)
    lat = np.degrees(np.arctan(np.sinh(y)))
    lon = found.bounds.west + (np.arange(columns) + 0.5) / columns * (
        found.bounds.east - found.bounds.west
    )
    half = 500 / (np.radians(1) * EARTH_M)
    x, y = np.meshgrid(lon, lat)
    inside = shapely.contains_xy(tall.buffer(-half * 1.01), x, y)
    near = shapely.contains_xy(tall.buffer(half * 1.01), x, y)
    assert there[inside].all()
    assert not there[~near].any()


def test_the_whole_city_adds_up_and_is_a_picture_of_bounded_size(module_hanoi: Engine) -> None:
    question = _question(module_hanoi)
    with module_hanoi.connect() as connection:
        found = surface(connection, question, bandwidth_m=500, crs="4326")
        assert found.per_km2.shape[0] <= MOST_SIDE >= found.per_km2.shape[1]
        assert found.total == 3000
        added = np.nansum(found.per_km2) * found.cell_m**2 / 1e6
        assert added + found.outside == pytest.approx(3000)
        # Rows of equal steps in Mercator shrink towards the north.
        drawn = surface(connection, question, bandwidth_m=500)
        turned = mercator_rows(Density(found.per_km2, found.bounds, found.cell_m, 0.0))
        np.testing.assert_array_equal(drawn.per_km2, turned)
        assert not np.array_equal(drawn.per_km2, found.per_km2, equal_nan=True)
        low, high = (np.arcsinh(np.tan(np.radians(one))) for one in drawn.bounds[1::2])
        y = high - (np.arange(len(drawn.per_km2)) + 0.5) / len(drawn.per_km2) * (high - low)
        tall_m = (high - low) / len(y) * EARTH_M * np.cos(np.arctan(np.sinh(y)))
        again = (np.nansum(drawn.per_km2, axis=1) * tall_m * drawn.cell_m / 1e6).sum()
        assert again == pytest.approx(3000, rel=0.005)
        with pytest.raises(BadFilterError, match="at least") as small:
            surface(connection, question, bandwidth_m=150)
        assert small.value.field == "bandwidth_m"
        with pytest.raises(BadFilterError, match="cell_m of at least"):
            surface(connection, question, bandwidth_m=500, cell_m=50)
        with pytest.raises(BadFilterError, match="half"):
            surface(connection, question, bandwidth_m=500, cell_m=300)


def test_a_quartic_kernel_as_smooth_as_a_narrow_gaussian_takes_smaller_cells(
    module_hanoi: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.surface.FEW", 0)
    question = _question(module_hanoi, area=["hanoi-district-2014:001"])
    with module_hanoi.connect() as connection:
        narrow, wide = (
            surface(connection, question, bandwidth_m=metres, kernel=Kernel.QUARTIC)
            for metres in (1000, 1200)
        )
    assert (narrow.resolution, wide.resolution) == (11, 10)


def test_each_class_of_the_legend_holds_a_sixth_of_all(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        found = surface(connection, _question(module_hanoi), bandwidth_m=800, crs="4326")
    assert len(found.breaks) == 5
    values = found.per_km2[found.per_km2 > 0]
    held = np.histogram(values, [0, *found.breaks, np.inf], weights=values)[0] / values.sum()
    assert held == pytest.approx([1 / 6] * 6, abs=0.01)
    assert equal_shares(np.full((2, 2), np.nan), 6) == ()
    assert equal_shares(np.zeros((2, 2)), 6) == ()


def test_a_complaint_lies_off_the_middle_of_its_cell_as_the_module_says() -> None:
    for resolution, metres in ((10, 49), (11, 18), (12, 7)):
        cell = cells.parents(cells.leaf_cells(np.array([105.85]), np.array([21.03])), resolution)
        points = cells.centres(cells.children(cell, resolution + 3))
        flat = np.radians(points - cells.centres(cell)) * EARTH_M * (np.cos(np.radians(21.03)), 1)
        assert np.sqrt((flat**2).sum(axis=1).mean()) == pytest.approx(metres, rel=0.15)
