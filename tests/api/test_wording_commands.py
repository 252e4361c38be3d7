"""Operators set templates of answers and grounds of refusals at the command line."""

from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from api.cli import app
from geo.errors import BadFilterError, ConflictError, NotFoundError


def run(*words: str, given: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=given, catch_exceptions=False)


def test_templates_and_grounds_are_listed_added_and_taken_away_and_the_log_says_so(
    engine: Engine, database_url: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DATABASE_URL", database_url)
    file = tmp_path / "words.txt"
    file.write_text("Đã {việc} ngày {ngày}", "utf-8")
    added = run("templates", "add", "Đã vá", str(file), "--category", "pothole")
    assert "việc, ngày" in added.output
    run("templates", "add", "Chung", "-", given="Xin chào {ai}")
    listed = run("templates", "list").output
    assert listed.index("Đã vá") < listed.index("Chung")
    with pytest.raises(ConflictError):
        run("templates", "add", "Chung", str(file))
    with pytest.raises(BadFilterError, match="nowhere"):
        run("templates", "add", "Khác", str(file), "--category", "nowhere")
    run("templates", "remove", "1")
    with pytest.raises(NotFoundError):
        run("templates", "remove", "1")
    assert run("grounds", "list").output.count("shipped") == 7
    run("grounds", "put", "lawful", "--vi", "Đúng luật", "--en", "It is lawful", "--law", "Điều 1")
    run("grounds", "remove", "private-dispute")
    with pytest.raises(NotFoundError):
        run("grounds", "remove", "private-dispute")
    listed = run("grounds", "list").output
    assert (listed.count("shipped"), listed.count("not in use")) == (5, 1)
    with engine.connect() as connection:
        found = text("SELECT act FROM audit WHERE act NOT LIKE 'row.%' ORDER BY id")
        acts = connection.execute(found).scalars().all()
    assert acts == [
        "template.new", "template.new", "template.gone", "ground.changed", "ground.gone",
    ]  # fmt: skip
