"""docs/files.md says what the files are, and nothing that they are not."""

import re
import shlex
from pathlib import Path
from typing import get_args

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.routes import exporting
from api.settings import Settings
from geo import effect_files
from geo.emergence import StepOf
from geo.figure_columns import COLUMNS, LISTED
from geo.figure_files import MEDIA, MOST_VALUES_XLSX
from geo.figures import LAYERS, MOST_CELLS
from geo.sheets import MOST_LETTERS, MOST_ROWS
from geo.significance import Measure
from geo.study import MOST_CELLS as MOST_OF_A_STUDY
from tiles import archive

DOC = (Path(__file__).resolve().parents[1] / "docs" / "files.md").read_text("utf-8")


def section(title: str) -> str:
    return DOC.split(f"\n## {title}\n", 1)[1].split("\n## ", 1)[0]


def first_columns(part: str) -> list[tuple[str, str]]:
    """The code in the first column of each row of a table, and what follows in the row."""
    rows = re.findall(r"^\| `([^`]+)`(?: \.\.\.)? \| (.*) \|$", part, re.M)
    return [(name, rest) for name, rest in rows]


def test_every_column_of_the_figures_is_in_the_table() -> None:
    told = {name for name, _ in first_columns(section("Figures").split("| column |")[1])}
    of_comparisons = {*effect_files.RESULT, *effect_files.WEEKS} - told
    assert told - {"n_2026_03_01"} == set(COLUMNS) - of_comparisons
    named = set(re.findall(r"`(\w+)`", section("Before and after")))
    assert {*effect_files.RESULT, *effect_files.WEEKS} <= named


def test_every_column_of_the_list_is_in_the_table() -> None:
    told = [name for name, _ in first_columns(section("Complaints one by one"))]
    sets = {name for name in told if name.startswith("hanoi-ward-2025")}
    assert sets == {"hanoi-ward-2025", "hanoi-ward-2025_name", "hanoi-ward-2025_name_en"}
    assert [name for name in told if name not in sets] == list(LISTED)


def test_every_form_layer_and_limit_is_told_as_it_is() -> None:
    assert {name for name, _ in first_columns(section("Forms"))} == set(MEDIA)
    assert set(MEDIA) == set(exporting.MEDIA)
    for number in (MOST_CELLS, MOST_OF_A_STUDY, MOST_VALUES_XLSX, MOST_ROWS, MOST_LETTERS):
        assert f"{number:,}" in section("Forms"), number
    parameters = dict(first_columns(section("Figures")))
    for name, known in (
        ("layer", LAYERS),
        ("step", get_args(StepOf)),
        ("measure", get_args(Measure)),
    ):
        assert all(f"`{one}`" in parameters[name] for one in known), name
    assert f"layer={'|'.join(archive.LAYERS)}" in section("Tiles as one archive")
    assert f"zooms {archive.FIRST_ZOOM} to" in section("Tiles as one archive")
    assert f"at most {archive.DEEPEST}" in section("Tiles as one archive")


def test_every_parameter_is_one_of_the_api(module_hanoi: Engine) -> None:
    described = create_app(module_hanoi, Settings()).openapi()["paths"]
    names = {one["name"] for one in described["/api/v1/figures.{form}"]["get"]["parameters"]}
    table = section("Figures").split("| column |")[0]
    told = {name for row in re.findall(r"^\| (`.*?) \|", table, re.M)
            for name in re.findall(r"`(\w+)`", row)}  # fmt: skip
    filters = {
        "city",
        "domain",
        "category",
        "status",
        "since",
        "until",
        "area",
        "bbox",
        "cell",
        "q",
    }
    # Another way to ask, such as a polygon, may come to every read.
    assert told <= names
    assert {"layer", "resolution", "set", "k", "step", "measure", "permutations", "seed"} <= told
    assert names - told - {"form"} >= filters


def test_the_addresses_answer(module_hanoi: Engine) -> None:
    with TestClient(create_app(module_hanoi, Settings())) as client:
        addresses = re.findall(r"`(/api/v1/[^`{|]+\?[^`|]*)` \|", DOC)
        assert len(addresses) == 3
        for address in addresses:
            assert client.get(address).status_code == 200, address


def test_the_commands_write_their_files(
    module_hanoi: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = module_hanoi.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"`phananh ((?:figures|export|archive) [^`]+)`", DOC)
    assert len(commands) == 3
    for command in commands:
        words = shlex.split(command)
        done = CliRunner().invoke(app, words)
        assert done.exit_code == 0, done.output
        assert (tmp_path / words[1]).stat().st_size
