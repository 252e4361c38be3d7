"""`phananh figures`, `archive` and `export`: the files the API gives, whole or not there."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pytest
from fastapi.testclient import TestClient
from pmtiles.reader import MmapSource, Reader, all_tiles
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from api.app import create_app
from api.cli import app
from api.settings import Settings


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", module_hanoi.url.render_as_string(hide_password=False))
        made = create_app(module_hanoi, Settings())
        with TestClient(made, raise_server_exceptions=False) as opened:
            yield opened


def test_figures_of_a_command_are_those_of_the_api(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "hot.xlsx"
    options = ["--layer", "hotspots", "--resolution", "7", "--domain", "construction"]
    done = run("figures", str(path), *options)
    assert done.exit_code == 0, done.output
    found = client.get("/api/v1/hotspots?resolution=7&domain=construction").json()
    frame = pd.read_excel(path)
    assert frame["n"].tolist() == found["columns"]["n"]
    assert frame["gi_z"].tolist() == found["columns"]["z"]
    assert frame["class"].tolist() == found["columns"]["class"]
    assert f"{found['places']:,} rows" in done.output
    assert [one.name for one in tmp_path.iterdir()] == ["hot.xlsx"]


@pytest.mark.parametrize("form", ["csv", "geojson", "gpkg", "parquet"])
def test_areas_of_a_command_are_those_of_the_api(
    client: TestClient, tmp_path: Path, form: str
) -> None:
    path = tmp_path / f"areas.{form}"
    done = run("figures", str(path), "--layer", "areas", "--set", "hanoi-ward-2025")
    assert done.exit_code == 0, done.output
    rows = client.get("/api/v1/counts?by=area&set=hanoi-ward-2025").json()["rows"]
    read = {"csv": pd.read_csv, "parquet": gpd.read_parquet}.get(form, gpd.read_file)
    frame = read(path)
    assert frame["n"].tolist() == [row["n"] for row in rows]


def test_an_archive_of_a_command_is_that_of_the_api(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "cells.pmtiles"
    done = run("archive", str(path), "--maxzoom", "9", "--status", "open")
    assert done.exit_code == 0, done.output
    answer = client.get("/api/v1/layer.pmtiles?maxzoom=9&status=open")
    with path.open("rb") as file:
        ours = dict(all_tiles(MmapSource(file)))
        assert Reader(MmapSource(file)).metadata()["filter"] == "status=open"
    theirs = dict(all_tiles(lambda offset, length: answer.content[offset : offset + length]))
    assert ours == theirs
    assert [one.name for one in tmp_path.iterdir()] == ["cells.pmtiles"]


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (["--cell", "87415cb4effffff,88415cb4e5fffff"], "cell=87415cb4effffff,88415cb4e5fffff"),
        (["--polygon", "105.8,21;105.9,21;105.85,21.08"], "polygon=105.8,21;105.9,21;105.85,21.08"),
        (["--as-of", "NOW"], "as_of=NOW"),
    ],
)
def test_a_place_and_an_instant_are_options_too(
    client: TestClient, tmp_path: Path, words: list[str], asked: str
) -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    words, asked = [one.replace("NOW", now) for one in words], asked.replace("NOW", now)
    done = run("figures", str(tmp_path / "a.csv"), *words)
    assert done.exit_code == 0, done.output
    counted = client.get(f"/api/v1/counts?by=cell&resolution=8&{asked}").json()
    assert pd.read_csv(tmp_path / "a.csv")["n"].sum() == counted["total"] > 0
    archived = run("archive", str(tmp_path / "a.pmtiles"), "--maxzoom", "8", *words)
    assert archived.exit_code == 0, archived.output
    with (tmp_path / "a.pmtiles").open("rb") as file:
        assert Reader(MmapSource(file)).metadata()["filter"]
    report = run("report", str(tmp_path / "a.svg"), *words)
    assert report.exit_code == 0, report.output


def test_a_sheet_of_the_list_has_every_complaint(client: TestClient, tmp_path: Path) -> None:
    path = tmp_path / "list.xlsx"
    done = run("export", str(path), "--domain", "traffic")
    assert done.exit_code == 0, done.output
    total = client.get("/api/v1/counts?domain=traffic").json()["total"]
    book = openpyxl.load_workbook(path, read_only=True)
    assert sum(1 for _ in book.worksheets[0].rows) == total + 1


def test_a_csv_of_a_command_takes_the_marks_of_the_country(
    client: TestClient, tmp_path: Path
) -> None:
    path = tmp_path / "list.csv"
    done = run("export", str(path), "--delimiter", "semicolon", "--decimal", "comma")
    assert done.exit_code == 0, done.output
    frame = pd.read_csv(path, sep=";", decimal=",")
    assert len(frame) == client.get("/api/v1/counts").json()["total"]
    assert frame.lon.between(105, 107).all()


@pytest.mark.parametrize(
    "words",
    [
        ["figures", "a.exe"],
        ["figures", "a.csv", "--layer", "nothing"],
        ["figures", "a.csv", "--layer", "areas"],
        ["figures", "a.csv", "--layer", "areas", "--set", "nowhere"],
        ["figures", "a.csv", "--decimal", "comma"],
        ["archive", "a.mbtiles"],
        ["archive", "a.pmtiles", "--q", "khongcochunay", "--maxzoom", "8"],
        ["export", "a.xlsx", "--domain", "none"],
        ["figures", "a.csv", "--cell", "x"],
        ["figures", "a.csv", "--as-of", "2199-01-01"],
    ],
)
def test_a_file_that_cannot_be_made_leaves_nothing(
    client: TestClient, tmp_path: Path, words: list[str]
) -> None:
    done = run(words[0], str(tmp_path / words[1]), *words[2:])
    assert done.exit_code == 1
    assert done.exception is not None
    assert list(tmp_path.iterdir()) == []
