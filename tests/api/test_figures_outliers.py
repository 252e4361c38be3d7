"""Files of outliers: the numbers of /api/v1/outliers to the digit, by cell and by area."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import geopandas as gpd
import mapbox_vector_tile
import openpyxl
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from pmtiles.reader import MemorySource, all_tiles
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.settings import Settings
from geo.hotspots import Quadrant
from geo.names import QUADRANTS
from geo.outliers import CLASSES

FORMS = ("csv", "xlsx", "geojson", "gpkg", "parquet")
CELLS = "resolution=7&domain=construction"
NAMED = {"n": "n", "moran_i": "i", "moran_z": "z", "p": "p", "q": "q", "class": "class"}


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    with module_hanoi.begin() as connection:
        # Some areas with residents, one without.
        connection.execute(
            text(
                "UPDATE area SET population = CASE WHEN area.code = '001' THEN NULL"
                " ELSE 20000 + 3 * area.id END"
                " FROM area_set s WHERE s.id = set_id AND s.code = 'hanoi-district-2014'"
            )
        )
    made = create_app(module_hanoi, Settings())
    with TestClient(made, raise_server_exceptions=False) as opened:
        yield opened


def content(client: TestClient, form: str, query: str) -> bytes:
    answer = client.get(f"/api/v1/figures.{form}?layer=outliers&{query}")
    assert answer.status_code == 200, answer.text
    return answer.content


def read(form: str, path: Path) -> pd.DataFrame:
    """The table of a file; a code keeps its leading zeros."""
    if form == "csv":
        return pd.read_csv(path, dtype={"code": str}, keep_default_na=False, na_values=[""])
    if form == "xlsx":
        head, *rows = openpyxl.load_workbook(path)["Số liệu - Figures"].values
        return pd.DataFrame(rows, columns=list(head))
    return gpd.read_parquet(path) if form == "parquet" else gpd.read_file(path)


def column(frame: pd.DataFrame, name: str) -> list[Any]:
    return [None if pd.isna(value) else value for value in frame[name].tolist()]


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    "query",
    [
        CELLS,
        "resolution=7&k=2&permutations=99&seed=3",
        "set=hanoi-district-2014",
        "set=hanoi-district-2014&measure=rate&seed=5",
        "set=hanoi-district-2014&measure=per_km2&status=open",
    ],
)
def test_outliers_of_a_file_are_those_of_the_api(
    client: TestClient, tmp_path: Path, form: str, query: str
) -> None:
    found = client.get(f"/api/v1/outliers?{query}").json()
    path = tmp_path / f"figures.{form}"
    path.write_bytes(content(client, form, query))
    frame = read(form, path)
    columns = found["columns"]
    named = dict(NAMED)
    named |= {place: place for place in ("cell", "code", "name", "name_en") if place in columns}
    for measure, name in (("rate", "rate_per_1000"), ("per_km2", "n_per_km2")):
        if f"measure={measure}" in query:
            named[name] = "value"
    for ours, theirs in named.items():
        assert column(frame, ours) == columns[theirs], ours
    assert len(frame) == found["places"]
    if "measure=rate" in query:
        # The area whose residents are not known takes no part, and says nothing.
        (row,) = frame[frame["code"] == "001"].to_dict("records")
        assert row["n"] > 0
        assert all(pd.isna(row[name]) for name in ("rate_per_1000", "moran_i", "p", "q"))
        assert row["class"] == "none"


def test_each_class_has_its_name_in_both_languages(client: TestClient) -> None:
    features = json.loads(content(client, "geojson", "k=2"))["features"]
    told = {(p["class"], p["class_vi"], p["class_en"]) for p in (f["properties"] for f in features)}
    known = {(CLASSES[one], *QUADRANTS[one]) for one in Quadrant}
    assert ("high-high", "cao giữa nơi cao", "high among high") in told
    assert told <= known


def test_a_file_of_outliers_says_how_it_was_made(client: TestClient) -> None:
    found = client.get(f"/api/v1/outliers?{CELLS}&format=summary").json()
    told = json.loads(content(client, "geojson", CELLS))
    notes = told["figures"]
    assert "Cụm và ngoại lệ, H3 cấp 7" in notes["title"]["vi"]
    assert "Clusters and outliers, H3 resolution 7" in notes["title"]["en"]
    assert "Anselin" in notes["method"]["en"]
    assert notes["total"]["en"] == f"{found['total']:,}"
    assert notes["outside"]["en"] == f"{found['outside']:,}"
    assert notes["permutations"]["en"] == f"{found['permutations']:,}"
    assert ("Too few complaints" in notes["warning"]["en"]) == found["few"]
    assert set(told["columns"]) == set(told["features"][0]["properties"])


@pytest.mark.parametrize(
    ("query", "status", "word"),
    [
        ("resolution=11", 422, "6 to 10"),
        ("measure=rate", 422, "one measure"),
        ("permutations=0", 422, "at least 99"),
        ("permutations=98&set=hanoi-district-2014", 422, "at least 99"),
        ("set=nowhere", 404, "boundaries"),
    ],
)
def test_outliers_that_cannot_be_a_file_are_refused_with_a_reason(
    client: TestClient, query: str, status: int, word: str
) -> None:
    answer = client.get(f"/api/v1/figures.csv?layer=outliers&{query}")
    assert answer.status_code == status, answer.text
    assert word in json.dumps(answer.json(), ensure_ascii=False)


@pytest.mark.parametrize("words", [["--resolution", "7"], ["--set", "hanoi-district-2014"]])
def test_the_command_writes_the_outliers_of_the_api(
    client: TestClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: list[str]
) -> None:
    engine: Engine = client.app.state.engine  # type: ignore[attr-defined]
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    path = tmp_path / "outliers.xlsx"
    done = CliRunner().invoke(app, ["figures", str(path), "--layer", "outliers", *words])
    assert done.exit_code == 0, done.output
    query = "&".join(f"{a.removeprefix('--')}={b}" for a, b in [words])
    columns = client.get(f"/api/v1/outliers?{query}").json()["columns"]
    frame = read("xlsx", path)
    for ours, theirs in NAMED.items():
        assert column(frame, ours) == columns[theirs], ours


def test_an_archive_of_outliers_holds_the_tiles_that_are_served(client: TestClient) -> None:
    answer = client.get(f"/api/v1/layer.pmtiles?layer=outliers&{CELLS}&maxzoom=10")
    assert answer.status_code == 200, answer.text
    held = {at: gzip.decompress(body) for at, body in all_tiles(MemorySource(answer.content))}
    columns = client.get(f"/api/v1/outliers?{CELLS}").json()["columns"]
    expected = dict(zip(columns["cell"], columns["class"], strict=True))
    for z in (8, 10):
        seen: dict[str, str] = {}
        for (at, x, y), body in held.items():
            if at != z:
                continue
            assert body == client.get(f"/tiles/outliers/{z}/{x}/{y}.mvt?{CELLS}").content
            for one in mapbox_vector_tile.decode(body)["outliers"]["features"]:
                seen[one["properties"]["cell"]] = one["properties"]["class"]
        assert seen == expected, z
