"""The public paths over a real database, with figures that must agree."""

import io
import json
import time
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import mapbox_vector_tile
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from morecantile import tms
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings
from boundaries.hanoi import WARDS, ensure_hanoi
from geo import reporting
from geo.cells import resolution_at
from geo.sample import SampleOrder, sample
from tiles.address import TileAddress

FORMS = ("csv", "geojson", "parquet", "gpkg")
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
def client(hanoi_engine: Engine) -> TestClient:
    return TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)


@pytest.fixture(scope="module")
def reader(module_hanoi: Engine) -> TestClient:
    """For what only reads: one copy of Hanoi for all of it."""
    return TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False)


@pytest.mark.parametrize("query", FILTERS)
def test_list_status_cells_areas_and_tiles_agree(
    reader: TestClient, query: str, tmp_path: Path
) -> None:
    listed, following = 0, f"/api/v1/complaints?{query}&limit=500&total=true"
    while following:
        page = reader.get(following).json()
        listed, following = listed + len(page["features"]), page["next"]
        assert page["total"] is not None
    assert page["total"] == listed
    assert reader.get(f"/api/v1/counts?by=status&{query}").json()["total"] == listed
    assert reader.get(f"/api/v1/counts?by=cell&resolution=9&{query}").json()["total"] == listed
    for code in ("hanoi-ward-2025", "hanoi-district-2014"):
        areas = reader.get(f"/api/v1/counts?by=area&set={code}&{query}").json()
        assert sum(row["n"] for row in areas["rows"]) + areas["outside"] == listed
        assert areas["outside"] >= 0
    for by in ("domain", "category", "day", "week", "month"):
        counted = reader.get(f"/api/v1/counts?by={by}&{query}").json()
        assert counted["total"] == sum(row["n"] for row in counted["rows"]) == listed, by
    exports = {form: reader.get(f"/api/v1/export.{form}?{query}").content for form in FORMS}
    assert len(pd.read_csv(io.BytesIO(exports["csv"]))) == listed
    assert len(json.loads(exports["geojson"])["features"]) == listed
    assert len(gpd.read_parquet(io.BytesIO(exports["parquet"]))) == listed
    package = tmp_path / "complaints.gpkg"
    package.write_bytes(exports["gpkg"])
    assert len(gpd.read_file(package)) == listed
    for z in (7, 12):
        shown = 0
        for tile in tms.get("WebMercatorQuad").tiles(105.2, 20.5, 106.1, 21.5, [z]):
            answer = reader.get(f"/tiles/complaints/{z}/{tile.x}/{tile.y}.mvt?{query}")
            if answer.status_code == 200:
                layer = mapbox_vector_tile.decode(answer.content)["complaints"]
                shown += sum(one["properties"].get("n", 1) for one in layer["features"])
        assert shown == listed, z
    for z in (5, 10):
        cells: dict[str, int] = {}
        for tile in tms.get("WebMercatorQuad").tiles(105.2, 20.5, 106.1, 21.5, [z]):
            answer = reader.get(f"/tiles/cells/{z}/{tile.x}/{tile.y}.mvt?{query}")
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
    reader: TestClient, path: str, status: int, field: str | None
) -> None:
    answer = reader.get(path)
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    if field:
        assert answer.json()["errors"][0]["field"] == field


def test_search_finds_wards_old_districts_streets_and_codes(client: TestClient) -> None:
    found = client.get("/api/v1/search?q=dong da").json()["results"]
    assert [one["set"] for one in found if one["label"] == "Phường Đống Đa"] == ["hanoi-ward-2025"]
    assert any(one["set"] == "hanoi-district-2014" for one in found)
    code = client.get("/api/v1/complaints?limit=1").json()["features"][0]["id"]
    found = client.get(f"/api/v1/search?q={code[:4]}-{code[4:].lower()}").json()["results"]
    assert found[0]["code"] == code
    body = {"lon": 105.85, "lat": 21.03, "category": "noise", "text": "x", "address": "9 Hàng Bạc"}
    client.post("/api/v1/complaints", json=body)
    # Written as people write it, or with a number nobody named yet.
    for asked in ("hang bac", "số 9 phố Hàng Bạc", "ngõ 7 hang bac", "12A/3 Hàng Bạc"):
        found = client.get("/api/v1/search", params={"q": asked}).json()["results"]
        assert [one["label"] for one in found if one["type"] == "address"] == ["9 Hàng Bạc"], asked


@pytest.mark.parametrize("method", ["quantile", "natural"])
def test_class_breaks_ascend_within_what_is_shown(reader: TestClient, method: str) -> None:
    for layer in ("cells", "areas&set=hanoi-ward-2025"):
        found = reader.get(f"/api/v1/classes?layer={layer}&method={method}&k=5").json()
        breaks = found["breaks"]
        assert breaks == sorted(set(breaks))
        assert 1 <= len(breaks) <= 4
        assert found["min"] < breaks[0] <= breaks[-1] <= found["max"]


def test_an_export_holds_no_formula_and_all_diacritics(client: TestClient) -> None:
    for words in ("=1+1", "Đường Nguyễn Huệ, ngập úng"):
        body = {"lon": 105.85, "lat": 21.03, "category": "noise", "text": words}
        assert client.post("/api/v1/complaints", json=body).status_code == 201
    content = client.get("/api/v1/export.csv?category=noise").content
    assert content.startswith(b"\xef\xbb\xbf")
    texts = set(pd.read_csv(io.BytesIO(content)).text)
    assert {"'=1+1", "Đường Nguyễn Huệ, ngập úng"} <= texts
    assert client.get("/api/v1/export.exe").status_code == 404


def test_a_kept_tile_is_sent_without_a_query_until_its_data_changes(engine: Engine) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection)
        until = datetime(2026, 11, 1, tzinfo=UTC)
        sample(connection, SampleOrder(1, WARDS.code, 500, 5, until))
    with TestClient(create_app(engine, Settings())) as client:
        clock = client.app.state.clock  # type: ignore[attr-defined]
        for _ in range(100):
            if clock.trusted:
                break
            time.sleep(0.05)
        path = "/tiles/cells/12/3251/1803.mvt"
        assert client.get(path).headers["x-cache"] == "miss"
        kept = client.get(path)
        assert kept.headers["x-cache"] == "hit"
        same = {"If-None-Match": kept.headers["etag"]}
        again = client.get(path, headers=same)
        assert (again.status_code, again.headers["x-cache"]) == (304, "hit")
        # A change elsewhere leaves it; one here, made by another, does not.
        for lon, lat, cache in ((105.35, 21.2, "hit"), (105.8, 21.03, "miss")):
            with engine.begin() as connection:
                said = reporting.Report(lon, lat, "pothole", "x")
                reporting.take(connection, said, datetime(2026, 11, 2, tzinfo=UTC), None, b"x" * 32)
            before = clock.now
            for _ in range(100):
                if clock.now != before:
                    break
                time.sleep(0.02)
            assert client.get(path).headers["x-cache"] == cache
        assert client.get(path, headers=same).status_code == 200
        assert b"phananh_tiles_total" in client.get("/metrics").content


def test_a_place_outside_every_city_is_refused(client: TestClient) -> None:
    body = {"lon": 2.35, "lat": 48.85, "category": "pothole", "text": "x"}
    answer = client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 422
    assert "outside" in answer.json()["detail"]


def test_the_search_knows_how_kinds_are_written_short(reader: TestClient) -> None:
    for asked, label in (
        ("P. Hoàn Kiếm", "Phường Hoàn Kiếm"),
        ("p.hoan kiem", "Phường Hoàn Kiếm"),
        ("phuong ngoc ha", "Phường Ngọc Hà"),
        ("Q. Ba Đình", "Quận Ba Đình"),
    ):
        first = reader.get("/api/v1/search", params={"q": asked}).json()["results"][0]
        assert first["label"] == label, asked
        assert first["formerly"] is None
