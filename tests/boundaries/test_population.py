"""Residents of areas: tables as offices hand them over, and what rates make of them."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.settings import Settings
from boundaries.hanoi import WARDS
from boundaries.population import Line, read_population, set_population
from geo.errors import BoundaryError, FileError, NotFoundError


def _csv(folder: Path, words: str, encoding: str = "utf-8-sig") -> Path:
    path = folder / "residents.csv"
    path.write_text(words, encoding=encoding)
    return path


@pytest.mark.parametrize("said", ["65023", "65.023", "65,023", "65 023", "65\u00a0023", "65023.0"])
def test_numbers_are_read_however_they_are_grouped(tmp_path: Path, said: str) -> None:
    found = read_population(_csv(tmp_path, f"Ma;Ten;Dan_so\n00004;Ba Đình;{said}\n\n00008;x;\n"))
    assert found == [Line(2, "00004", 65023)]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("code,people\n1,2", "no column 'population/residents"),
        ("name,population\nA,2", "no column 'code/"),
        ("code,population\n00004,-5", "line 2: '-5' is no number"),
        ("code,population\n00004,6.5", "line 2: '6.5' is no number"),
        ("code,population\n00004,x", "line 2: 'x' is no number"),
        ("code,population\n00004,999999999999", "is no number"),
        ("code,population\n00004,5\n00004,6", "line 3: '00004' stands in line 2 too"),
        ("code,population\n00004,5\n7", "line 3: has 1 columns"),
        ("code,population\n", "no line with residents"),
        ("", "no column"),
    ],
)
def test_what_is_wrong_is_told_with_its_line(tmp_path: Path, words: str, says: str) -> None:
    with pytest.raises((BoundaryError, FileError), match=says):
        read_population(_csv(tmp_path, words))


def test_another_encoding_and_no_file_are_told(tmp_path: Path) -> None:
    with pytest.raises(FileError, match="CSV UTF-8"):
        read_population(_csv(tmp_path, "code,population,tên\n1,2,Phường\n", "utf-16"))
    with pytest.raises(FileError, match="there is no file"):
        read_population(tmp_path / "none.csv")
    named = _csv(tmp_path, "Mã,Người\n00004,5\n")
    assert read_population(named, code="mã", column="người") == [Line(2, "00004", 5)]


def test_areas_get_their_residents_and_rates_follow(hanoi_engine: Engine) -> None:
    client = TestClient(create_app(hanoi_engine, Settings()))

    def rates() -> dict[str, dict[str, float | None]]:
        asked = f"/api/v1/counts?by=area&set={WARDS.code}"
        return {row["key"]: row for row in client.get(asked).json()["rows"]}

    before = rates()
    first, second, *rest = before
    assert before[first].get("population") is None
    lines = [Line(2, first.lstrip("0"), 20_000), Line(3, second, 5_000)]
    with hanoi_engine.begin() as connection:
        changed = set_population(connection, WARDS.code, lines)
        again = set_population(connection, WARDS.code, lines)
    assert (changed.areas, changed.total, len(changed.left_out)) == (2, 25_000, len(rest))
    assert again.areas == 0
    with hanoi_engine.connect() as connection:
        stored = connection.execute(
            text("SELECT code, population FROM area WHERE population IS NOT NULL ORDER BY code")
        ).all()
    assert {row.code: row.population for row in stored} == {first: 20_000, second: 5_000}
    client = TestClient(create_app(hanoi_engine, Settings()))
    after = rates()[second]
    assert after["population"] == 5_000
    assert after["n"] == before[second]["n"]


def test_codes_and_sets_that_are_not_there_change_nothing(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        with pytest.raises(BoundaryError, match="line 3: hanoi-ward-2025 has no area '99999'"):
            set_population(connection, WARDS.code, [Line(2, "00004", 1), Line(3, "99999", 1)])
        with pytest.raises(BoundaryError, match="two lines name the same area"):
            set_population(connection, WARDS.code, [Line(2, "00004", 1), Line(3, "4", 1)])
        with pytest.raises(NotFoundError, match=r"no boundary set 'wards'; there are hanoi"):
            set_population(connection, "wards", [Line(2, "00004", 1)])
        some = text("SELECT count(*) FROM area WHERE population IS NOT NULL")
        assert connection.execute(some).scalar_one() == 0


def test_the_command_says_what_it_did_and_is_in_the_log(
    hanoi_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
    file = _csv(tmp_path, "code,population\n00004,65023\n")
    for says in ("1 areas changed", "nothing changed"):
        done = CliRunner().invoke(app, ["load-population", str(file), "--var", str(tmp_path)])
        assert done.exit_code == 0, done.output
        assert "65,023 residents" in done.output
        assert says in done.output
        assert "not in the file: " in done.output
    with hanoi_engine.connect() as connection:
        entries = connection.execute(
            text("SELECT subject, details FROM audit WHERE act = 'boundaries.population'")
        ).all()
    assert [(one.subject, one.details["residents"]) for one in entries] == [(WARDS.code, 65023)]


def test_the_real_table_of_wards_loads(shared: Path, hanoi_engine: Engine) -> None:
    lines = read_population(
        shared / "boundaries/ward-population.csv", column="population_2019_estimate"
    )
    with hanoi_engine.begin() as connection:
        changed = set_population(connection, WARDS.code, lines)
    assert changed.areas == len(lines) == 126
    assert changed.left_out == []
