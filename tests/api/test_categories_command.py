"""Operators set what categories ask, tell and count as near."""

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner, Result

from api.cli import app
from geo.category_settings import Settings, present
from geo.errors import NotFoundError, SettingsError

FILE = """
near_m = 45
[notice]
vi = "Đèn nhà ai nấy rạng"
en = "Not the lights of houses"
[[questions]]
code = "pole"
kind = "text"
vi = "Số cột?"
en = "Which pole?"
"""


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["categories", *words], catch_exceptions=False)


@pytest.fixture
def there(engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch) -> Engine:
    monkeypatch.setenv("DATABASE_URL", database_url)
    return engine


def _of(engine: Engine, code: str) -> Settings:
    with engine.connect() as connection:
        return present(connection)[code]


def test_options_change_what_they_name_and_nothing_else(there: Engine) -> None:
    before = _of(there, "noise")
    done = run("noise", "--near-m", "150", "--near-days", "10", "--meaning", "", "--urgency")
    assert done.exit_code == 0
    changed = {"near_m": 150, "near_days": 10, "meaning": None, "asks_urgency": True}
    assert _of(there, "noise") == before.model_copy(update=changed)
    assert run("noise", "--no-urgency", "--meaning", "loud").exit_code == 0
    assert (_of(there, "noise").asks_urgency, _of(there, "noise").meaning) == (False, "loud")


def test_a_file_sets_questions_and_notice(there: Engine, tmp_path: Path) -> None:
    file = tmp_path / "lights.toml"
    file.write_text(FILE, "utf-8")
    run("street-lighting", "--set", str(file))
    lights = _of(there, "street-lighting")
    assert (lights.near_m, lights.near_days) == (45, 60)
    assert lights.notice is not None
    assert not lights.notice.stops
    assert [one.code for one in lights.questions] == ["pole"]


def test_what_is_exported_can_be_set_again(there: Engine, tmp_path: Path) -> None:
    every, one = tmp_path / "all.toml", tmp_path / "one.toml"
    run("--export", str(every))
    run("flooding", "--export", str(one))
    assert run("flooding", "--export", "-").stdout == one.read_text("utf-8")
    before = _of(there, "flooding")
    run("flooding", "--near-m", "20")
    run("flooding", "--set", str(one))
    assert _of(there, "flooding") == before
    run("flooding", "--near-m", "20")
    run("--set", str(every))
    assert _of(there, "flooding") == before


def test_what_is_wrong_is_named_and_changes_nothing(there: Engine, tmp_path: Path) -> None:
    file = tmp_path / "wrong.toml"
    before = _of(there, "noise")
    with pytest.raises(SettingsError, match="near_m"):
        run("noise", "--near-m", "0")
    with pytest.raises(SettingsError, match="which category"):
        run("--near-m", "10")
    file.write_text(FILE, "utf-8")
    with pytest.raises(SettingsError, match="which category"):
        run("--set", str(file))
    file.write_text("[noise]\nnear_m = 30\n[nowhere]\nnear_m = 3\n", "utf-8")
    with pytest.raises(NotFoundError, match="nowhere"):
        run("--set", str(file))
    file.write_text("near_m = ", "utf-8")
    with pytest.raises(SettingsError, match="TOML"):
        run("noise", "--set", str(file))
    for words in (["nowhere", "--sensitive"], ["nowhere"], ["nowhere", "--export", "-"]):
        with pytest.raises(NotFoundError, match="no category 'nowhere'"):
            run(*words)
    assert _of(there, "noise") == before
