"""Cells of a chosen size and areas by a chosen measure, as the map asks for them."""

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from morecantile import tms
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo.cells import resolution_at, touching
from tiles.address import TileAddress

GRID = tms.get("WebMercatorQuad")
# What one step finer than the zoom's own resolution comes to at Hanoi's latitude, at zoom 9.
MOST_CELLS = 7000


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> TestClient:
    return TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False)


@pytest.mark.parametrize("resolution", [6, 7, 8, 9, 10])
def test_cells_of_one_size_have_the_same_numbers_at_every_zoom_that_may_ask_for_them(
    client: TestClient, resolution: int
) -> None:
    query = "domain=traffic"
    counted = client.get(f"/api/v1/counts?by=cell&resolution={resolution}&{query}").json()
    true = dict(zip(counted["cells"], counted["n"], strict=True))
    zooms = [z for z in (8, 10, 12, 14) if resolution <= resolution_at(z) + 1]
    assert zooms
    for z in zooms:
        tile = GRID.tile(105.85, 21.03, z)
        answer = client.get(
            f"/tiles/cells/{z}/{tile.x}/{tile.y}.mvt?resolution={resolution}&{query}"
        )
        drawn = mapbox_vector_tile.decode(answer.content)["cells"]["features"]
        shown = {one["properties"]["cell"]: one["properties"]["n"] for one in drawn}
        assert shown
        assert shown.items() <= true.items()


@pytest.mark.parametrize("z", range(6, 18))
def test_no_tile_may_be_asked_for_more_cells_than_a_phone_draws(client: TestClient, z: int) -> None:
    tile = GRID.tile(105.85, 21.03, z)
    finest = resolution_at(z) + 1
    # Further out a tile is larger than the city, whose limits then bound the cells.
    if z >= 9:
        box = TileAddress.of(z, tile.x, tile.y).bbox()
        assert len(touching(box, finest)) < MOST_CELLS
    finer = client.get(f"/tiles/cells/{z}/{tile.x}/{tile.y}.mvt?resolution={finest + 1}")
    assert finer.status_code == 422
    if finest < 12:
        problem = finer.json()
        assert problem["errors"][0]["field"] == "resolution"
        assert f"use at most {finest}" in problem["errors"][0]["message"]


def test_classes_of_smoothed_rates_are_of_what_the_table_has(
    hanoi_engine: Engine,
) -> None:
    client = TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)
    asked = "/api/v1/classes?layer=areas&set=hanoi-ward-2025&measure=rate_smoothed"
    assert client.get(asked).json()["breaks"] == []
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE area SET population = 1000 + id * 700"))
    rows = client.get("/api/v1/counts?by=area&set=hanoi-ward-2025").json()["rows"]
    smoothed = [row["rate_smoothed"] for row in rows if row["n"]]
    found = client.get(asked).json()
    assert (found["min"], found["max"]) == (min(smoothed), max(smoothed))
    assert set(found["breaks"]) <= set(smoothed)
    assert len(found["breaks"]) == 5
