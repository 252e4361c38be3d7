"""Figures as files: the numbers of the API to the digit, and what they are beside them."""

import csv
import io
import json
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import h3.api.basic_str as h3
import openpyxl
import pyarrow.parquet as pq
import pytest
import shapely
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo import effect_files
from geo.figure_columns import COLUMNS
from geo.figures import LAYERS

FORMS = ("csv", "xlsx", "geojson", "gpkg", "parquet")
FILTERS = ["", "domain=construction", "status=open&since=2025-06-01&area=hanoi-district-2014:005"]
Rows = list[dict[str, Any]]


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    with module_hanoi.begin() as connection:
        # Some areas with residents, one without.
        connection.execute(
            text(
                "UPDATE area SET population = CASE WHEN area.code = '001' THEN NULL ELSE 98765 END"
                " FROM area_set s WHERE s.id = set_id AND s.code = 'hanoi-district-2014'"
            )
        )
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def content(client: TestClient, form: str, query: str) -> bytes:
    answer = client.get(f"/api/v1/figures.{form}?{query}")
    assert answer.status_code == 200, answer.text
    assert f".{form}" in answer.headers["content-disposition"]
    return answer.content


def _plain(value: Any) -> Any:
    """A value of a CSV as what it says."""
    if value in ("", "true", "false"):
        return {"": None, "true": True, "false": False}[value]
    return value


def read(form: str, body: bytes, folder: Path) -> Rows:
    """The rows of a file as its own kind of program reads them; numbers as numbers."""
    path = folder / f"figures.{form}"
    path.write_bytes(body)
    if form == "csv":
        with path.open(encoding="utf-8-sig", newline="") as file:
            return [{k: _plain(v) for k, v in row.items()} for row in csv.DictReader(file)]
    if form == "xlsx":
        head, *rows = openpyxl.load_workbook(path)["Số liệu - Figures"].values
        return [dict(zip(head, row, strict=True)) for row in rows]
    if form == "geojson":
        return [one["properties"] for one in json.loads(body)["features"]]
    frame = gpd.read_file(path) if form == "gpkg" else gpd.read_parquet(path)
    assert "WGS 84" in frame.crs.name
    assert frame.geometry.is_valid.all()
    clean = frame.drop(columns="geometry").astype(object)
    return list(clean.where(frame.drop(columns="geometry").notna(), None).to_dict("records"))


def same(there: Any, here: Any) -> bool:
    """Whether two values are equal, to the last digit of a number."""
    if there is None or isinstance(there, str):
        return bool(here == there)
    return here is not None and float(here) == float(there)


def compare(rows: Rows, expected: dict[str, list[Any]]) -> None:
    for name, values in expected.items():
        assert len(rows) == len(values)
        for row, value in zip(rows, values, strict=True):
            assert same(value, row[name]), (name, value, row[name])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", FILTERS)
def test_cells_are_those_of_the_counts(
    client: TestClient, tmp_path: Path, form: str, query: str
) -> None:
    counted = client.get(f"/api/v1/counts?by=cell&resolution=7&{query}").json()
    rows = read(form, content(client, form, f"layer=cells&resolution=7&{query}"), tmp_path)
    compare(rows, {"cell": counted["cells"], "n": counted["n"]})
    for row in rows[:20]:
        lat, lon = h3.cell_to_latlng(row["cell"])
        assert float(row["lat"]) == pytest.approx(lat, abs=1e-6)
        assert float(row["lon"]) == pytest.approx(lon, abs=1e-6)
        assert float(row["area_km2"]) == pytest.approx(h3.cell_area(row["cell"], "km^2"), rel=1e-4)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", FILTERS)
def test_areas_are_those_of_the_counts(
    client: TestClient, tmp_path: Path, form: str, query: str
) -> None:
    counted = client.get(f"/api/v1/counts?by=area&set=hanoi-district-2014&{query}").json()
    asked = f"layer=areas&set=hanoi-district-2014&{query}"
    rows = read(form, content(client, form, asked), tmp_path)
    named = {
        "code": "key", "name": "name", "name_en": "name_en", "kind": "kind", "n": "n",
        "population": "population", "area_km2": "area_km2", "n_per_km2": "per_km2",
        "rate_per_1000": "rate", "rate_low_per_1000": "rate_low",
        "rate_high_per_1000": "rate_high", "rate_smoothed_per_1000": "rate_smoothed",
        "rate_smoothed_local_per_1000": "rate_smoothed_local",
        "unusual": "unusual", "few": "few",
    }  # fmt: skip
    expected = {ours: [row[theirs] for row in counted["rows"]] for ours, theirs in named.items()}
    assert None in expected["population"]
    assert any(expected["rate_per_1000"])
    compare(rows, expected)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "query",
    [
        "resolution=7&domain=construction",
        "resolution=7&k=2&permutations=99&seed=3",
        "set=hanoi-district-2014",
        "set=hanoi-district-2014&measure=rate",
        "set=hanoi-district-2014&measure=per_km2&status=open",
    ],
)
def test_hot_spots_are_those_of_the_map(
    client: TestClient, tmp_path: Path, form: str, query: str
) -> None:
    found = client.get(f"/api/v1/hotspots?{query}").json()["columns"]
    rows = read(form, content(client, form, f"layer=hotspots&{query}"), tmp_path)
    named = {"n": "n", "gi_z": "z", "p": "p", "q": "q", "class": "class"}
    for place in ("cell", "code", "name", "name_en"):
        if place in found:
            named[place] = place
    for measure, column in (("rate", "rate_per_1000"), ("per_km2", "n_per_km2")):
        if f"measure={measure}" in query:
            named[column] = "value"
    expected = {ours: found[theirs] for ours, theirs in named.items()}
    # On the list a rank begins with 1.
    expected["spot_rank"] = [None if one is None else one + 1 for one in found["spot"]]
    compare(rows, expected)
    assert {row["class_vi"] for row in rows if row["class"] == "none"} <= {"Không khác ngẫu nhiên"}


@pytest.mark.parametrize("form", FORMS)
def test_trends_are_those_of_the_map(client: TestClient, tmp_path: Path, form: str) -> None:
    query = "resolution=6&domain=traffic&step=quarter"
    answer = client.get(f"/api/v1/trends?{query}")
    if answer.status_code == 422:
        query = query.replace("quarter", "month")
        answer = client.get(f"/api/v1/trends?{query}")
    found = answer.json()
    rows = read(form, content(client, form, f"layer=trends&{query}"), tmp_path)
    columns = found["columns"]
    expected = {
        "cell": columns["cell"], "pattern": columns["category"], "trend_z": columns["z"],
        "trend_p": columns["p"], "n": [sum(series) for series in columns["series"]],
    }  # fmt: skip
    for number, period in enumerate(found["periods"]):
        name = f"n_{period.replace('-', '_')}"
        expected[name] = [series[number] for series in columns["series"]]
    compare(rows, expected)


def test_a_cell_is_named_by_the_area_that_holds_its_centre(
    client: TestClient, module_hanoi: Engine
) -> None:
    body = content(client, "csv", "layer=cells&resolution=8").decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(body)))
    inside = [row for row in rows if row["area_code"]]
    assert len(inside) > len(rows) / 2
    located = client.get(
        f"/api/v1/locate?lon={inside[7]['lon']}&lat={inside[7]['lat']}&at=2026-06-01"
    ).json()["areas"]
    assert [one["code"] for one in located] == [inside[7]["area_code"]]
    assert located[0]["name"] in inside[7]["area_name"]
    assert located[0]["name_en"] == inside[7]["area_name_en"]


def test_shapes_are_those_of_the_places(client: TestClient, tmp_path: Path) -> None:
    for form in ("geojson", "gpkg", "parquet"):
        path = tmp_path / f"cells.{form}"
        path.write_bytes(content(client, form, "layer=cells&resolution=6"))
        frame = gpd.read_parquet(path) if form == "parquet" else gpd.read_file(path)
        for row in frame.itertuples():
            boundary = shapely.Polygon([at[::-1] for at in h3.cell_to_boundary(row.cell)])
            assert row.geometry.normalize().equals_exact(boundary.normalize(), 1e-6)
    path.write_bytes(content(client, "parquet", "layer=areas&set=hanoi-district-2014"))
    frame = gpd.read_parquet(path)
    km2 = frame.to_crs(32648).area / 1e6
    assert km2.to_numpy() == pytest.approx(frame.area_km2.to_numpy(), rel=0.01)


WARNED = ("Dữ liệu mẫu", "Ranh giới gần đúng")


def _told(notes: dict[str, dict[str, str]]) -> None:
    assert notes["filter"] == {
        "vi": "Lĩnh vực: Trật tự xây dựng", "en": "Domain: Construction order"
    }  # fmt: skip
    assert "UTC+07:00" in notes["made"]["vi"]
    assert all(word in notes["warning"]["vi"] for word in WARNED)
    assert "MIT" in notes["boundaries"]["en"]
    assert notes["source"]["vi"]
    assert "Getis" in notes["method"]["en"]
    assert notes["address"]["en"].startswith("/api/v1/figures.")


def test_every_form_says_what_its_figures_are(client: TestClient, tmp_path: Path) -> None:
    query = "layer=hotspots&resolution=6&domain=construction"
    member = json.loads(content(client, "geojson", query))
    _told(member["figures"])
    assert set(member["columns"]) == set(member["features"][0]["properties"])
    path = tmp_path / "figures"
    path.write_bytes(content(client, "parquet", query))
    _told(json.loads(json.loads(pq.read_schema(path).metadata[b"phananh"])["figures"]))
    path.write_bytes(content(client, "gpkg", query))
    with sqlite3.connect(path) as package:
        (told,) = package.execute("SELECT metadata FROM gpkg_metadata").fetchone()
        assert package.execute("SELECT table_name FROM gpkg_contents").fetchall() == [("hotspots",)]
    assert "Lĩnh vực: Trật tự xây dựng" in told.replace("&quot;", '"')
    assert all(word in told for word in WARNED)
    book = openpyxl.load_workbook(io.BytesIO(content(client, "xlsx", query)))
    sheet = {row[0]: row[1:] for row in book["Ghi chú - Notes"].values if row[0]}
    assert sheet["Bộ lọc"] == ("Lĩnh vực: Trật tự xây dựng", "Filter", "Domain: Construction order")
    assert all(word in sheet["Lưu ý"][0] for word in WARNED)
    assert sheet["spot_rank"][0] == COLUMNS["spot_rank"].vi


def test_a_sheet_is_made_to_be_read(client: TestClient) -> None:
    query = "layer=areas&set=hanoi-district-2014"
    book = openpyxl.load_workbook(io.BytesIO(content(client, "xlsx", query)))
    sheet = book.worksheets[0]
    assert sheet.freeze_panes == "A2"
    assert sheet.auto_filter.ref == "A1:P31"
    head = {cell.value: cell.column_letter for cell in sheet[1]}
    assert sheet[f"{head['n']}2"].number_format == "#,##0"
    assert sheet[f"{head['rate_per_1000']}3"].number_format == "#,##0.000"
    assert sheet.column_dimensions[head["name"]].width > 8
    assert not any(cell.data_type == "f" for row in sheet for cell in row)


def test_a_csv_is_a_clean_table_unless_its_notes_are_asked_for(client: TestClient) -> None:
    query = "layer=areas&set=hanoi-district-2014"
    plain = content(client, "csv", query)
    assert plain.startswith(b"\xef\xbb\xbfset,code,name,name_en,kind,n,")
    told = content(client, "csv", f"{query}&notes=1").decode("utf-8-sig")
    comments = [line for line in told.splitlines() if line.startswith("#")]
    assert len(comments) > 10
    assert "".join(line for line in told.splitlines(True) if not line.startswith("#")) == (
        plain.decode("utf-8-sig")
    )


def test_a_csv_for_a_vietnamese_excel_has_the_same_numbers(client: TestClient) -> None:
    query = "layer=areas&set=hanoi-district-2014"
    plain = list(csv.reader(io.StringIO(content(client, "csv", query).decode("utf-8-sig"))))
    local = content(client, "csv", f"{query}&delimiter=semicolon&decimal=comma")
    rows = list(csv.reader(io.StringIO(local.decode("utf-8-sig")), delimiter=";"))
    at = plain[0].index("area_km2")
    assert "," in rows[1][at]
    for ours, theirs in zip(rows, plain, strict=True):
        assert ours[at].replace(",", ".") == theirs[at]
        assert ours[:5] == theirs[:5]


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("layer=nothing", 422, "cells, areas, hotspots, trends, outliers"),
        ("layer=areas", 422, "set=<boundary set>"),
        ("layer=areas&set=nowhere", 404, "boundaries"),
        ("layer=hotspots&resolution=11", 422, "6 to 10"),
        ("layer=trends&resolution=10", 422, "6 to 9"),
        ("layer=trends&since=2026-06-01", 422, "longer time"),
        ("layer=cells&measure=rate", 422, "one measure"),
        ("decimal=comma", 422, "semicolon"),
        ("delimiter=tab", 422, "delimiter"),
        ("bbox=1,2,3", 422, "west,south,east,north"),
    ],
)
def test_what_cannot_be_a_file_is_said(
    client: TestClient, query: str, status: int, word: str
) -> None:
    answer = client.get(f"/api/v1/figures.csv?{query}")
    assert answer.status_code == status
    assert word in json.dumps(answer.json(), ensure_ascii=False)


def test_no_such_form_is_not_found(client: TestClient) -> None:
    answer = client.get("/api/v1/figures.exe")
    assert answer.status_code == 404
    assert "xlsx" in answer.json()["detail"]


def test_more_cells_than_can_be_shown_are_refused(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.figures.MOST_CELLS", 10)
    answer = client.get("/api/v1/figures.csv?layer=cells")
    assert answer.status_code == 422
    assert "coarser" in answer.json()["detail"]


def test_an_empty_view_is_an_empty_table(client: TestClient, tmp_path: Path) -> None:
    for form in FORMS:
        rows = read(form, content(client, form, "layer=cells&q=khongcochunay"), tmp_path)
        assert rows == [], form


def test_every_column_is_described_and_every_description_is_of_a_column(
    client: TestClient,
) -> None:
    seen: set[str] = set()
    for query in (
        "layer=cells", "layer=areas&set=hanoi-district-2014", "layer=hotspots&resolution=6",
        "layer=hotspots&set=hanoi-district-2014&measure=rate",
        "layer=trends&resolution=6&domain=traffic", "layer=outliers&resolution=6",
    ):  # fmt: skip
        seen |= set(json.loads(content(client, "geojson", query))["columns"])
    seen |= {*effect_files.RESULT, *effect_files.WEEKS}
    assert {name for name in seen if not name.startswith("n_20")} == set(COLUMNS)
    assert set(LAYERS) == {"cells", "areas", "hotspots", "trends", "outliers"}
