"""The list of complaints as files a planner can open: local times, names, sheets."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import geopandas as gpd
import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings
from geo import sheets
from geo.figure_columns import listed

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
BEFORE = [
    *("code", "city", "domain", "category", "category_vi", "category_en", "status"),
    *("reported_at", "closed_at", "lon", "lat", "cell", "hanoi-district-2014", "hanoi-ward-2025"),
    *("address", "text", "source", "sample"),
]
QUERY = "domain=construction&status=closed"


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def table(client: TestClient, query: str = QUERY, separator: str = ",") -> list[dict[str, str]]:
    body = client.get(f"/api/v1/export.csv?{query}").content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(body), delimiter=separator))


def sheet(client: TestClient, query: str = QUERY) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    answer = client.get(f"/api/v1/export.xlsx?{query}")
    assert answer.status_code == 200, answer.text
    book = openpyxl.load_workbook(io.BytesIO(answer.content))
    first, second = book.worksheets
    head, *rows = first.values
    assert first.freeze_panes == "A2"
    notes = {row[0]: row[1:] for row in second.values if row[0]}
    return [dict(zip(head, row, strict=True)) for row in rows], notes


def test_columns_that_were_there_before_are_where_they_were(client: TestClient) -> None:
    assert list(table(client)[0])[: len(BEFORE)] == BEFORE


def test_times_are_there_on_the_citys_clocks(client: TestClient) -> None:
    rows = table(client)
    for row in rows:
        for at, local in (("reported_at", "reported_local"), ("closed_at", "closed_local")):
            if not row[at]:
                assert not row[local]
                continue
            true = datetime.fromisoformat(row[at]).astimezone(ZONE)
            assert datetime.fromisoformat(row[local]).replace(tzinfo=ZONE) == true
    assert any(row["closed_local"] for row in rows)


def test_every_code_has_its_names(client: TestClient) -> None:
    rows = table(client)
    domains = client.get("/api/v1/domains").json()["domains"]
    named = {one["code"]: one["name"] for one in domains}
    for row in rows:
        assert row["domain_vi"] == named[row["domain"]]["vi"]
        assert row["domain_en"] == named[row["domain"]]["en"]
        assert row["status_vi"]
        assert row["status_en"].lower().replace(" ", "_") == row["status"]
    for code in ("hanoi-ward-2025", "hanoi-district-2014"):
        areas = client.get(f"/api/v1/counts?by=area&set={code}").json()["rows"]
        known = {one["key"]: one for one in areas}
        held = [row for row in rows if row[code]]
        assert held
        for row in held:
            area = known[row[code]]
            assert row[f"{code}_name"] == f"{area['kind'] or ''} {area['name']}".strip()
            assert row[f"{code}_name_en"] == area["name_en"]
        assert all(not row[f"{code}_name"] for row in rows if not row[code])


def test_a_sheet_has_the_rows_of_the_csv_with_times_as_times(client: TestClient) -> None:
    rows, notes = sheet(client)
    expected = table(client)
    assert len(rows) == len(expected) > 20
    for ours, theirs in zip(rows, expected, strict=True):
        assert list(ours) == list(theirs)
        for name, value in theirs.items():
            if name.endswith(("_at", "_local")):
                text = value.replace("T", " ").removesuffix("Z")
                seconds = 0 if not value else (ours[name] - datetime.fromisoformat(text))
                assert not value or abs(seconds.total_seconds()) < 1
            elif name in ("lon", "lat"):
                assert ours[name] == pytest.approx(float(value), abs=1e-9)
            elif name == "sample":
                assert ours[name] is (value == "True")
            else:
                assert (ours[name] or "") == value
    assert notes["Tổng số phản ánh"][0] == str(len(rows))
    assert "Trật tự xây dựng" in notes["Bộ lọc"][0]
    assert notes["reported_local"][0] == "Gửi lúc, giờ địa phương"


def test_a_csv_for_a_vietnamese_excel_has_the_same_rows(client: TestClient) -> None:
    local = table(client, f"{QUERY}&delimiter=semicolon&decimal=comma", ";")
    for ours, theirs in zip(local, table(client), strict=True):
        assert ours.pop("lon").replace(",", ".") == theirs.pop("lon")
        assert ours.pop("lat").replace(",", ".") == theirs.pop("lat")
        assert ours == theirs
    assert client.get("/api/v1/export.csv?decimal=comma").status_code == 422


def test_other_forms_have_the_same_columns(client: TestClient, tmp_path: Path) -> None:
    names = set(table(client)[0]) - {"lon", "lat"}
    features = json.loads(client.get(f"/api/v1/export.geojson?{QUERY}").content)["features"]
    assert set(features[0]["properties"]) == names
    rows = table(client)
    assert (
        features[0]["properties"]["reported_local"].replace("T", " ") == rows[0]["reported_local"]
    )
    for form in ("parquet", "gpkg"):
        path = tmp_path / f"a.{form}"
        path.write_bytes(client.get(f"/api/v1/export.{form}?{QUERY}").content)
        frame = gpd.read_file(path) if form == "gpkg" else gpd.read_parquet(path)
        assert names <= set(frame.columns)
        assert str(frame.reported_local[0])[:19].replace("T", " ") == rows[0]["reported_local"]
        assert frame.status_vi[0] == rows[0]["status_vi"]


def test_more_complaints_than_a_sheet_has_rows_are_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sheets, "MOST_ROWS", 10)
    answer = client.get(f"/api/v1/export.xlsx?{QUERY}")
    assert answer.status_code == 422
    assert "parquet" in answer.json()["detail"]
    assert client.get("/api/v1/export.xlsx?q=khongcochunay").status_code == 200


def test_an_empty_list_is_an_empty_table(client: TestClient) -> None:
    query = "q=khongcochunay"
    assert table(client, query) == []
    assert sheet(client, query)[0] == []
    for form in ("geojson", "gpkg", "parquet"):
        assert client.get(f"/api/v1/export.{form}?{query}").status_code == 200


def test_no_cell_of_a_sheet_is_a_formula(client: TestClient) -> None:
    said = {"lon": 105.85, "lat": 21.03, "category": "noise", "text": "=HYPERLINK(1)"}
    assert client.post("/api/v1/complaints", json=said).status_code == 201
    answer = client.get("/api/v1/export.xlsx?category=noise")
    first = openpyxl.load_workbook(io.BytesIO(answer.content)).worksheets[0]
    cells = [cell for row in first for cell in row]
    assert {cell.data_type for cell in cells} <= {"s", "n", "b", "d"}
    (formula,) = [cell for cell in cells if cell.value == "=HYPERLINK(1)"]
    assert formula.quotePrefix


def test_every_column_is_described(client: TestClient) -> None:
    for name in table(client)[0]:
        assert listed(name).vi
        assert listed(name).en
