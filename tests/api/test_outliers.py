"""Local Moran through the API: figures that agree with the counts and with an independent one."""

import re
from collections.abc import Iterator
from typing import Any

import h3.api.basic_str as h3
import mapbox_vector_tile
import numpy as np
import pytest
from esda.moran import Moran_Local
from fastapi.testclient import TestClient
from libpysal.weights import W
from morecantile import tms
from scipy.stats import false_discovery_control
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo.outliers import enough

CODES = np.array(["none", "high-high", "low-high", "low-low", "high-low"])


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def _ask(client: TestClient, query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/outliers?{query}")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


@pytest.mark.parametrize("query", ["", "domain=construction", "status=open&since=2025-06-01"])
def test_cells_agree_with_the_counts_and_with_esda(client: TestClient, query: str) -> None:
    found = _ask(client, f"resolution=7&permutations=4999&{query}")
    columns = found["columns"]
    counted = client.get(f"/api/v1/counts?by=cell&resolution=7&{query}").json()
    assert found["total"] == counted["total"] == found["inside"] + found["outside"]
    n = dict(zip(counted["cells"], counted["n"], strict=True))
    assert columns["n"] == [n.get(cell, 0) for cell in columns["cell"]]
    every = set(columns["cell"])
    near = {
        cell: [one for one in h3.grid_disk(cell, 1) if one in every and one != cell]
        for cell in columns["cell"]
    }
    weights = W(near, id_order=columns["cell"], silence_warnings=True)
    theirs = Moran_Local(
        np.array(columns["n"], float), weights, transformation="r", permutations=4999, seed=3,
        n_jobs=1,
    )  # fmt: skip
    np.testing.assert_allclose(columns["i"], theirs.Is, atol=1e-4)
    # Their permutations; a tie counts for both sides (theirs forgets it on the lower one).
    above = (theirs.sim >= theirs.Is - 1e-9).sum(axis=0)
    below = (theirs.sim <= theirs.Is + 1e-9).sum(axis=0)
    p = np.minimum(1, 2 * (np.minimum(above, below) + 1) / 5000)
    np.testing.assert_allclose(columns["p"], p, atol=0.06)
    # Sokal's I has n where PySAL's has n - 1.
    share = len(every) / (len(every) - 1)
    met = np.array([len(near[cell]) > 0 for cell in columns["cell"]])
    expected = (theirs.Is * share - theirs.EIc) / np.sqrt(theirs.VIc)
    np.testing.assert_allclose(np.array(columns["z"])[met], expected[met], atol=1e-3)
    # Of the p as they are: SciPy's correction of p rounded to six digits.
    np.testing.assert_allclose(columns["q"], false_discovery_control(columns["p"]), atol=2e-6)
    told = np.array(columns["q"]) <= 0.05
    assert (np.array(columns["class"])[told & met] == CODES[theirs.q[told & met]]).all()
    assert (np.array(columns["class"])[~told] == "none").all()
    assert sum(found["classes"].values()) == found["places"] == len(every)


def test_as_many_permutations_are_made_as_the_correction_needs(client: TestClient) -> None:
    found = _ask(client, "k=2")
    assert (found["resolution"], found["permutations"]) == (8, enough(found["places"]))
    assert found["classes"]["high-high"] > 5
    # With 99 no place passes: the smallest p is 0.02, over hundreds of places.
    assert min(_ask(client, "resolution=7&permutations=99")["columns"]["q"]) > 0.05


def test_a_busy_area_among_quiet_ones_stands_out(client: TestClient, module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        lon, lat, code = connection.execute(
            text(
                "SELECT ST_X(label), ST_Y(label), a.code FROM area a JOIN area_set s"
                " ON s.id = a.set_id WHERE s.code = 'hanoi-ward-2025'"
                " ORDER BY area_km2 DESC LIMIT 1"
            )
        ).one()
    asked = "set=hanoi-ward-2025&category=noise"
    before = _ask(client, asked)["columns"]
    at = before["code"].index(code)
    for number in range(100):
        said = {"lon": lon, "lat": lat, "category": "noise", "text": f"Ồn quá {number}"}
        assert client.post("/api/v1/complaints", json=said).status_code == 201
    after = _ask(client, asked)["columns"]
    assert after["n"][at] == before["n"][at] + 100
    assert after["i"][at] < before["i"][at]
    assert (after["i"][at] < 0) == (after["z"][at] < 0) == True  # noqa: E712


def test_areas_take_a_measure_and_cells_do_not(client: TestClient) -> None:
    for measure in ("n", "per_km2", "rate"):
        found = _ask(client, f"set=hanoi-district-2014&measure={measure}")
        assert len(found["columns"]["code"]) == 30
        known = [value is not None for value in found["columns"]["value"]]
        assert [i is not None for i in found["columns"]["i"]] == known
    refused = client.get("/api/v1/outliers?measure=rate")
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "measure"
    shapes = client.get("/api/v1/outliers?set=hanoi-district-2014&format=geojson").json()
    assert [one["properties"]["code"] for one in shapes["features"]] == found["columns"]["code"]
    assert {one["geometry"]["type"] for one in shapes["features"]} <= {"Polygon", "MultiPolygon"}


def test_cells_as_geojson_are_those_of_the_columns(client: TestClient) -> None:
    found = _ask(client, "resolution=6&permutations=999")["columns"]
    shapes = client.get("/api/v1/outliers?resolution=6&permutations=999&format=geojson").json()
    for name in ("cell", "n", "i", "p", "class"):
        assert [one["properties"][name] for one in shapes["features"]] == found[name]
    refused = client.get("/api/v1/outliers?resolution=9&permutations=99&format=geojson")
    assert refused.status_code == 422


def test_p_is_the_same_for_the_same_seed(client: TestClient) -> None:
    first, again, other = (
        _ask(client, f"resolution=6&permutations=199&seed={seed}")["columns"]["p"] for seed in "112"
    )
    assert first == again != other
    assert min(first) >= 2 / 200


def test_tiles_show_every_cell_with_its_class(client: TestClient) -> None:
    query = "resolution=7&domain=construction"
    found = _ask(client, query)["columns"]
    expected = dict(zip(found["cell"], zip(found["n"], found["class"], strict=True), strict=True))
    for z in (8, 11):
        shown = {}
        for tile in tms.get("WebMercatorQuad").tiles(105.2, 20.5, 106.1, 21.5, [z]):
            answer = client.get(f"/tiles/outliers/{z}/{tile.x}/{tile.y}.mvt?{query}")
            if answer.status_code == 204:
                continue
            for feature in mapbox_vector_tile.decode(answer.content)["outliers"]["features"]:
                p = feature["properties"]
                shown[p["cell"]] = (p["n"], p["class"])
        assert shown == expected, z
    described = client.get(f"/tiles/outliers.json?{query}").json()
    assert set(described["vector_layers"][0]["fields"]) == {"cell", "n", "class", "i"}
    assert re.search(r"/tiles/outliers/\{z\}.*domain=construction", described["tiles"][0])
