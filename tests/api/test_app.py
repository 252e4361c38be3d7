"""The public paths over a real database, with figures that must agree."""

from collections.abc import Iterator
from datetime import UTC, datetime

import mapbox_vector_tile
import pytest
from fastapi.testclient import TestClient
from morecantile import tms
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.cells import resolution_at
from geo.sample import remove_sample, sample
from tiles.address import TileAddress

FILTERS = [
    "",
    "domain=traffic",
    "category=pothole,noise&status=open",
    "since=2026-01-05T10:30:00%2B07:00&until=2026-08-01",
    "domain=environment,traffic&status=resolved&since=2025-03-01",
    "area=hanoi-district-2014:001",
    "bbox=105.8,21.0,105.9,21.05&domain=construction",
]


@pytest.fixture
def client(engine: Engine) -> Iterator[TestClient]:
    with engine.begin() as connection:
        ensure_hanoi(connection)
        sample(connection, 1, WARDS.code, 3000, 5, datetime(2026, 11, 1, tzinfo=UTC))
    return TestClient(create_app(engine, Settings()), raise_server_exceptions=False)


@pytest.mark.parametrize("query", FILTERS)
def test_list_status_cells_areas_and_tiles_agree(client: TestClient, query: str) -> None:
    listed, following = 0, f"/api/v1/complaints?{query}&limit=500&total=true"
    while following:
        page = client.get(following).json()
        listed, following = listed + len(page["features"]), page["next"]
        assert page["total"] is not None
    assert page["total"] == listed
    assert client.get(f"/api/v1/counts?by=status&{query}").json()["total"] == listed
    assert client.get(f"/api/v1/counts?by=cell&resolution=9&{query}").json()["total"] == listed
    for code in ("hanoi-ward-2025", "hanoi-district-2014"):
        areas = client.get(f"/api/v1/counts?by=area&set={code}&{query}").json()
        assert sum(row["n"] for row in areas["rows"]) + areas["outside"] == listed
        assert areas["outside"] >= 0
    for z in (5, 10):
        cells: dict[str, int] = {}
        for tile in tms.get("WebMercatorQuad").tiles(105.2, 20.5, 106.1, 21.5, [z]):
            answer = client.get(f"/tiles/cells/{z}/{tile.x}/{tile.y}.mvt?{query}")
            if answer.status_code == 200:
                layer = mapbox_vector_tile.decode(answer.content)["cells"]
                for feature in layer["features"]:
                    properties = feature["properties"]
                    assert cells.setdefault(properties["cell"], properties["n"]) == properties["n"]
        assert sum(cells.values()) == listed, (z, resolution_at(z))


def test_tile_bounds_are_those_of_morecantile() -> None:
    grid = tms.get("WebMercatorQuad")
    for z, x, y in ((0, 0, 0), (9, 406, 225), (16, 52029, 28836)):
        assert TileAddress(z, x, y).bbox() == pytest.approx(tuple(grid.bounds(x, y, z)))


def test_a_tile_is_not_sent_again_while_it_is_the_same(client: TestClient) -> None:
    path = "/tiles/cells/9/406/225.mvt"
    first = client.get(path)
    etag = first.headers["etag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    body = {"lon": 105.85, "lat": 21.03, "category": "pothole", "text": "x"}
    assert client.post("/api/v1/complaints", json=body).status_code == 201
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_ten_replays_make_one_complaint(client: TestClient) -> None:
    body = {"lon": 105.85, "lat": 21.03, "category": "pothole", "text": "Ổ gà lớn"}
    key = {"Idempotency-Key": "0123456789"}
    codes = {
        client.post("/api/v1/complaints", json=body, headers=key).json()["id"] for _ in range(10)
    }
    assert len(codes) == 1
    other = client.post("/api/v1/complaints", json={**body, "text": "khác"}, headers=key)
    assert other.status_code == 409
    code = codes.pop()
    shown = client.get(f"/api/v1/complaints/{code[:3]}-{code[3:].lower()}").json()
    assert {area["set"] for area in shown["properties"]["areas"]} == {
        "hanoi-ward-2025",
        "hanoi-district-2014",
    }
    assert client.get("/api/v1/complaints?q=o+ga+lon&total=true").json()["total"] == 1


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("/api/v1/complaints?domain=nothing", 422, "domain"),
        ("/api/v1/complaints?since=yesterday", 422, "since"),
        ("/api/v1/complaints?since=2026-02-30", 422, "since"),
        ("/api/v1/complaints?since=2026-02-02&until=2026-02-01", 422, "until"),
        ("/api/v1/complaints?bbox=1,2,3", 422, "bbox"),
        ("/api/v1/complaints?bbox=nan,2,3,4", 422, "bbox"),
        ("/api/v1/complaints?area=hanoi-ward-2025:99999", 422, "area"),
        ("/api/v1/complaints?status=lost", 422, "status"),
        ("/api/v1/complaints?after=%00", 422, "after"),
        ("/api/v1/counts?by=area", 422, "set"),
        ("/api/v1/counts?by=area&set=moon", 404, None),
        ("/api/v1/boundaries/moon", 404, None),
        ("/api/v1/complaints/AAAAAAAAA", 404, None),
        ("/tiles/cells/3/9/0.mvt", 422, "x"),
        ("/tiles/cells/-1/0/0.mvt", 422, "z"),
        ("/tiles/moon.json", 404, None),
    ],
)
def test_what_cannot_be_is_answered_with_the_field_that_is_wrong(
    client: TestClient, path: str, status: int, field: str | None
) -> None:
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field:
        assert answer.json()["errors"][0]["field"] == field


def test_a_place_outside_every_city_is_refused(client: TestClient) -> None:
    body = {"lon": 2.35, "lat": 48.85, "category": "pothole", "text": "x"}
    answer = client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 422
    assert "outside" in answer.json()["detail"]


def test_removing_the_sample_leaves_nothing_counted(engine: Engine) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection)
        until = datetime(2026, 11, 1, tzinfo=UTC)
        assert sample(connection, 1, WARDS.code, 500, 5, until) == 500
        assert sample(connection, 1, WARDS.code, 500, 5, until) == 0
        assert remove_sample(connection, 1) == 500
        left = connection.execute(
            text("SELECT count(*) FROM rollup WHERE places <> '{}'")
        ).scalar_one()
    assert left == 0
