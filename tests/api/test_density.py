"""The density grid through the API: what it says of itself is what is in it."""

import base64
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.query import read_vocabulary
from api.settings import Settings
from geo.filters import parse
from geo.surface import surface

CENTRE = "area=hanoi-district-2014:001"


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def _grid(client: TestClient, query: str) -> tuple[dict[str, Any], np.ndarray]:
    answer = client.get(f"/api/v1/density?{query}")
    assert answer.status_code == 200, answer.text
    found = answer.json()
    values = np.frombuffer(base64.b64decode(found["values"]), "<f4")
    return found, values.reshape(found["rows"], found["columns"])


@pytest.mark.parametrize("crs", ["3857", "4326"])
def test_the_answer_is_the_surface_of_the_same_question(
    client: TestClient, module_hanoi: Engine, crs: Any
) -> None:
    found, values = _grid(client, f"bandwidth_m=300&domain=traffic&crs={crs}&{CENTRE}")
    with module_hanoi.connect() as connection:
        asked = {"domain": ["traffic"], "area": ["hanoi-district-2014:001"]}
        question = parse(read_vocabulary(connection), **asked)
        expected = surface(connection, question, bandwidth_m=300, crs=crs)
    np.testing.assert_allclose(values, expected.per_km2, rtol=1e-6, equal_nan=True)
    assert found["bounds"] == pytest.approx(list(expected.bounds), abs=1e-7)
    assert found["max"] == pytest.approx(np.nanmax(values), rel=1e-3)
    assert found["crs"] == f"EPSG:{crs}"
    counted = client.get(f"/api/v1/counts?domain=traffic&{CENTRE}").json()
    assert found["total"] == counted["total"]
    assert found["outside"] == 0
    assert np.isnan(values).any()
    assert not np.isinf(values).any()


def test_what_a_region_cannot_have_is_refused_by_name(client: TestClient) -> None:
    for query, field, words in (
        ("bandwidth_m=150", "bandwidth_m", "at least"),
        ("cell_m=20", "cell_m", "at least"),
        (f"cell_m=400&{CENTRE}", "cell_m", "half"),
        ("bbox=105.85,21.03,105.85,21.04", "bbox", "area"),
        ("bandwidth_m=nan", "bandwidth_m", ""),
        ("kernel=round", "kernel", ""),
    ):
        answer = client.get(f"/api/v1/density?{query}")
        assert answer.status_code == 422, query
        (error,) = answer.json()["errors"]
        assert error["field"] == field
        assert words in error["message"]


def test_a_report_raises_the_surface_where_it_is(client: TestClient) -> None:
    query = f"bandwidth_m=200&{CENTRE}&crs=4326"
    before, low = _grid(client, query)
    lon, lat = 105.8342, 21.0357
    said = {"lon": lon, "lat": lat, "category": "pothole", "text": "Ổ gà"}
    assert client.post("/api/v1/complaints", json=said).status_code == 201
    after, high = _grid(client, query)
    assert after["total"] == before["total"] + 1
    west, south, east, north = after["bounds"]
    row, column = np.unravel_index(np.nanargmax(high - low), high.shape)
    assert west + (column + 0.5) / after["columns"] * (east - west) == pytest.approx(lon, abs=1e-3)
    assert north - (row + 0.5) / after["rows"] * (north - south) == pytest.approx(lat, abs=1e-3)
