"""Series, history, rhythm and story over HTTP: the same figures as everywhere."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import h3.api.basic_str as h3
import numpy as np
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings

POLYGON = "105.8,20.98;105.88,20.98;105.86,21.05;105.79,21.04"
TOO_LONG = ";".join(f"{105 + i / 1000},{20 + i * i / 1e5}" for i in range(201))
FILTERS = ["", "domain=construction", "status=open&since=2025-06-01", f"polygon={POLYGON}"]


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize("query", FILTERS)
def test_all_paths_count_the_same_complaints(client: TestClient, query: str) -> None:
    total = client.get(f"/api/v1/counts?{query}").json()["total"]
    assert total > 0
    series = client.get(f"/api/v1/series?resolution=8&step=quarter&{query}").json()
    counted = client.get(f"/api/v1/counts?by=cell&resolution=8&{query}").json()
    assert series["total"] == total
    sums = dict(zip(series["cells"], map(sum, series["n"]), strict=True))
    assert sums == dict(zip(counted["cells"], counted["n"], strict=True))
    wards = client.get(f"/api/v1/series?set=hanoi-ward-2025&step=month&{query}").json()
    by_area = client.get(f"/api/v1/counts?by=area&set=hanoi-ward-2025&{query}").json()["rows"]
    sums = dict(zip(wards["codes"], map(sum, wards["n"]), strict=True))
    assert sums == {row["key"]: row["n"] for row in by_area if row["n"]}
    history = client.get(f"/api/v1/history?step=month&{query}").json()
    months = client.get(f"/api/v1/counts?by=month&{query}").json()["rows"]
    counts = zip(history["periods"], history["n"], strict=True)
    assert [(key[:7], n) for key, n in counts if n] == [
        (row["key"], row["n"]) for row in months if row["n"]
    ]
    assert client.get(f"/api/v1/rhythm?{query}").json()["total"] == total
    story = client.get(f"/api/v1/story?{query}").json()
    assert story["total"] == sum(one["n"] for one in story["domains"]) == total
    page = client.get(f"/api/v1/complaints?limit=1&{query}").json()
    assert page["total"] in (None, total)
    exported = client.get(f"/api/v1/export.geojson?{query}").json()
    assert len(exported["features"]) == total


def test_outlines_are_those_of_the_cells(client: TestClient) -> None:
    found = client.get("/api/v1/series?resolution=8&outlines=1&domain=traffic").json()
    assert len(found["outlines"]) == len(found["cells"])
    for cell, flat in list(zip(found["cells"], found["outlines"], strict=True))[:20]:
        corners = sorted((lon, lat) for lat, lon in h3.cell_to_boundary(cell))
        ours = sorted(zip(flat[::2], flat[1::2], strict=True))
        np.testing.assert_allclose(ours, corners, atol=6e-6)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("polygon=105.8,21;105.9,21", "polygon"),
        ("polygon=105.8,21;105.9,21.1;105.9,21;105.8,21.1", "polygon"),
        ("polygon=a,b;c,d;e,f", "polygon"),
        ("polygon=nan,21;105.9,21;105.9,21.1", "polygon"),
        (f"polygon={TOO_LONG}", "polygon"),
        ("as_of=2099-01-01", "as_of"),
        ("as_of=yesterday", "as_of"),
    ],
)  # fmt: skip
def test_what_is_no_outline_and_no_past_is_named(
    client: TestClient, query: str, field: str
) -> None:
    answer = client.get(f"/api/v1/story?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == field


def test_too_many_frames_are_refused_with_a_way_out(client: TestClient) -> None:
    answer = client.get("/api/v1/series?step=day")
    assert answer.status_code == 422
    assert "longer step" in answer.text
    assert client.get("/api/v1/series?step=day&since=2026-09-01").status_code == 200


def test_without_any_complaint_everything_is_empty(client: TestClient) -> None:
    nothing = "since=1990-01-01&until=1990-02-01"
    assert client.get(f"/api/v1/series?{nothing}").json()["periods"] == []
    assert client.get(f"/api/v1/history?{nothing}").json()["n"] == []
    assert client.get(f"/api/v1/rhythm?{nothing}").json()["total"] == 0
    story = client.get(f"/api/v1/story?{nothing}").json()
    assert story["total"] == 0
    assert story["open_share"] is None
    assert story["since"] is None


def test_a_short_history_says_what_it_lacks(client: TestClient) -> None:
    short = client.get("/api/v1/history?step=month&since=2026-01-01").json()
    assert short["adjusted"] is None
    assert "24" in short["note"]["vi"]
    assert "24" in short["note"]["en"]
    long = client.get("/api/v1/history?step=month").json()
    assert long["note"] is None
    told = [value for value in long["adjusted"] if value is not None]
    assert len(told) == sum(long["whole"])
    # The season is taken out, not the complaints.
    whole = [n for n, there in zip(long["n"], long["whole"], strict=True) if there]
    assert sum(told) == pytest.approx(sum(whole), rel=0.1)


def test_the_series_of_a_place_goes_on_after_its_last_complaint(client: TestClient) -> None:
    whole = client.get("/api/v1/history?step=month").json()
    found = client.get("/api/v1/counts?by=area&set=hanoi-ward-2025").json()["rows"]
    few = min((row for row in found if row["n"]), key=lambda row: row["n"])
    here = client.get(f"/api/v1/history?step=month&area=hanoi-ward-2025:{few['key']}").json()
    assert here["periods"] == whole["periods"]
    assert sum(here["n"]) == few["n"] < len(whole["periods"])
    # Where there are so few, a season would be one of chance.
    assert here["adjusted"] is None
    assert "10" in here["note"]["en"]


def test_a_link_with_as_of_keeps_its_figures_and_its_tiles(
    client: TestClient, module_hanoi: Engine
) -> None:
    at = datetime.now(UTC).isoformat().replace("+", "%2B")
    paths = [
        f"/api/v1/counts?by=area&set=hanoi-ward-2025&as_of={at}",
        f"/api/v1/hotspots?resolution=7&as_of={at}",
        f"/api/v1/trends?resolution=7&as_of={at}",
        f"/api/v1/complaints?limit=30&as_of={at}",
        f"/tiles/cells/10/813/450.mvt?as_of={at}",
        f"/tiles/areas/10/813/450.mvt?set=hanoi-ward-2025&as_of={at}",
        f"/tiles/complaints/16/52041/28858.mvt?as_of={at}",
    ]
    before = [client.get(path) for path in paths]
    assert all(answer.status_code == 200 for answer in before), [a.status_code for a in before]
    sent = {
        "lon": 105.8342,
        "lat": 21.0278,
        "category": "pothole",
        "text": "Ổ gà lớn trước cổng trường",
    }
    for _ in range(5):
        assert client.post("/api/v1/complaints", json=sent).status_code == 201
    with module_hanoi.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE complaint SET status = 4, closed_at = now() WHERE status IN (1, 2)"
        )
    for path, answer in zip(paths, before, strict=True):
        assert client.get(path).content == answer.content, path
    now = client.get("/api/v1/counts").json()["total"]
    assert now == client.get(f"/api/v1/counts?as_of={at}").json()["total"] + 5
    later = (datetime.now(UTC) + timedelta(days=1)).isoformat().replace("+", "%2B")
    assert client.get(f"/api/v1/counts?as_of={later}").status_code == 422
