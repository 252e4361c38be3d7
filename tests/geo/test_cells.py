"""Cells by arithmetic against h3 itself, pentagons and every resolution included."""

import h3.api.basic_int as h3
import numpy as np
import pytest
from sqlalchemy import Engine, text

from geo import cells
from geo.bbox import BBox


def _leaves() -> np.ndarray:
    rng = np.random.default_rng(3)
    lon, lat = rng.uniform(-180, 180, 400), np.degrees(np.arcsin(rng.uniform(-1, 1, 400)))
    pentagons = [h3.cell_to_center_child(p, cells.LEAF) for p in h3.get_pentagons(0)]
    return np.concatenate([cells.leaf_cells(lon, lat), np.array(pentagons, dtype=np.int64)])


def test_leaf_cells_are_those_of_h3() -> None:
    lon, lat = np.array([105.85, -118.25, -6.26]), np.array([21.03, 34.05, 53.35])
    expected = [h3.latlng_to_cell(y, x, 12) for x, y in zip(lon, lat, strict=True)]
    assert cells.leaf_cells(lon, lat).tolist() == expected


@pytest.mark.parametrize("resolution", range(13))
def test_parents_by_arithmetic_are_those_of_h3(resolution: int) -> None:
    leaves = _leaves()
    expected = [h3.cell_to_parent(int(leaf), resolution) for leaf in leaves]
    assert cells.parents(leaves, resolution).tolist() == expected


def test_parents_in_sql_are_those_of_h3(engine: Engine) -> None:
    leaves = _leaves()[::20].tolist()
    query = text(
        "SELECT cell, r, cell_parent(cell, r) FROM unnest(CAST(:cells AS bigint[])) cell,"
        " generate_series(0, 12) r"
    )
    with engine.connect() as connection:
        for cell, resolution, parent in connection.execute(query, {"cells": leaves}):
            assert parent == h3.cell_to_parent(cell, resolution)


def test_all_leaves_of_a_cell_lie_in_its_range_and_no_others() -> None:
    parent = h3.latlng_to_cell(21.03, 105.85, 8)
    low, high = cells.leaf_range(parent)
    assert all(low <= leaf <= high for leaf in h3.cell_to_children(parent, 12))
    for ring in h3.grid_ring(parent, 1):
        assert not any(low <= leaf <= high for leaf in h3.cell_to_children(ring, 12))


@pytest.mark.parametrize("resolution", [7, 9, 11])
def test_children_hold_all_that_h3_knows_and_a_pentagons_missing_ones_besides(
    resolution: int,
) -> None:
    several = np.unique(cells.parents(_leaves(), 6))[:60]
    found = set(cells.children(several, resolution).tolist())
    expected = {c for one in several for c in h3.cell_to_children(int(one), resolution)}
    assert expected <= found
    assert all(not h3.is_valid_cell(extra) for extra in found - expected)


def test_cells_around_a_box_hold_every_point_in_it() -> None:
    rng = np.random.default_rng(8)
    box = BBox(105.8, 21.0, 105.86, 21.05)
    lon, lat = rng.uniform(box.west, box.east, 20000), rng.uniform(box.south, box.north, 20000)
    for resolution in (6, 8, 9, 10):
        held = set(cells.parents(cells.leaf_cells(lon, lat), resolution).tolist())
        assert held <= set(cells.holding(box, resolution).tolist())
