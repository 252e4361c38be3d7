"""What a city types before its officials have accounts."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PIL import Image
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from api.cli import app
from geo import reporting
from geo.errors import BadFilterError, BadMoveError, MappingError, NotFoundError

SECRET = b"s" * 32


@pytest.fixture
def code(hanoi_engine: Engine) -> Iterator[str]:
    """Of a fresh report, in the database that the commands use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
        said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn")
        with hanoi_engine.begin() as connection:
            taken = reporting.take(connection, said, datetime.now(UTC), None, SECRET)
        yield taken.code


def run(*words: str, input: str | None = None) -> Result:
    return CliRunner().invoke(app, list(words), input=input)


def facts(engine: Engine, code: str) -> tuple[int, int, str | None]:
    with engine.begin() as connection:
        row = connection.execute(
            text(
                "SELECT c.status, (SELECT count(*) FROM answer a WHERE a.complaint_id = c.id),"
                " (SELECT max(actor) FROM event e WHERE e.complaint_id = c.id)"
                " FROM complaint c WHERE code = :code"
            ),
            {"code": code},
        ).one()
    return tuple(row)


def test_a_complaint_is_moved_and_answered_with_a_photo(
    hanoi_engine: Engine, code: str, tmp_path: Path
) -> None:
    done = run("status", code, "accepted", "--by", "unit-7")
    assert done.exit_code == 0, done.output
    assert "received -> accepted" in done.output
    assert facts(hanoi_engine, code) == (2, 0, "unit-7")
    picture = tmp_path / "after.jpg"
    Image.effect_noise((800, 600), 60).convert("RGB").save(picture)
    done = run(
        "answer", code, "--text", "-", "--status", "resolved", "--photo", str(picture),
        "--var", str(tmp_path), input="Đã vá xong.\n",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "accepted -> resolved" in done.output
    assert facts(hanoi_engine, code)[:2] == (4, 1)
    with hanoi_engine.begin() as connection:
        row = connection.execute(
            text("SELECT p.id, a.text FROM photo p JOIN answer a ON a.id = p.answer_id")
        ).one()
    assert row.text == "Đã vá xong."
    assert sorted(one.name for one in (tmp_path / "photos").rglob("*.jpg")) == [
        f"{row.id}-small.jpg", f"{row.id}.jpg",
    ]  # fmt: skip


def test_what_cannot_be_done_is_said_and_changes_nothing(
    hanoi_engine: Engine, code: str, tmp_path: Path
) -> None:
    before = facts(hanoi_engine, code)
    for words, error, said in [
        (("status", "AAAAAAAAA", "accepted"), NotFoundError, "mistyped"),
        (("status", code, "received"), BadMoveError, "accepted"),
        (("status", code, "done"), BadFilterError, "known"),
        (("answer", code, "--text", " "), BadFilterError, "words"),
        (("answer", code, "--text", "x", "--by", "reporter"), BadFilterError, "role"),
        (("answer", code, "--text", "x", *("--photo", "x.jpg") * 6), BadFilterError, "photos"),
    ]:
        done = run(*words)
        assert isinstance(done.exception, error), done.output
        assert said in str(done.exception)
    text_file = tmp_path / "words.jpg"
    text_file.write_text("no photo at all, but long enough to be looked at by its first bytes")
    done = run("answer", code, "--text", "x", "--status", "resolved", "--photo", str(text_file))
    assert type(done.exception).__name__ == "PhotoRefusedError"
    assert facts(hanoi_engine, code) == before


def test_deadlines_are_set_and_taken_back(hanoi_engine: Engine, code: str) -> None:
    def stored() -> dict[str, float | None]:
        with hanoi_engine.begin() as connection:
            found: dict[str, float | None] = connection.execute(
                text("SELECT deadline FROM category WHERE code = 'pothole'")
            ).scalar_one()
        return found

    assert "pothole" in run("deadline").output
    run("deadline", "pothole", "--days", "10", "--accept", "4")
    assert stored() == {"accept_working_hours": 4, "handle_working_days": 10}
    run("deadline", "pothole", "--accept", "0")
    assert stored() == {"accept_working_hours": None, "handle_working_days": 10}
    refused = run("deadline", "pothole", "--handle", "8")
    assert isinstance(refused.exception, MappingError)
    run("deadline", "pothole", "--reset")
    assert stored() == {}
    assert isinstance(run("deadline", "no-such", "--days", "1").exception, NotFoundError)


def test_the_working_time_of_a_city_is_shown_and_changed(
    hanoi_engine: Engine, code: str, tmp_path: Path
) -> None:
    def stored() -> dict[str, object]:
        with hanoi_engine.begin() as connection:
            found: dict[str, object] = connection.execute(
                text("SELECT working_time FROM city WHERE code = 'hanoi'")
            ).scalar_one()
        return found

    shown = run("working-time")
    assert f"{datetime.now(UTC).year}-05-01" in shown.output
    run("working-time", "--less", "2026-12-28", "--extra", "2026-12-26")
    assert stored() == {"extra": ["2026-12-26"], "less": ["2026-12-28"]}
    # The other way round it is the other way round.
    run("working-time", "--extra", "2026-12-28")
    assert stored() == {"extra": ["2026-12-26", "2026-12-28"], "less": []}
    hours = tmp_path / "hours.json"
    hours.write_text(json.dumps({"hours": {"sat": ["08:00-11:30"]}, "holidays": None}))
    run("working-time", "hanoi", "--file", str(hours))
    assert stored() == {"hours": {"sat": ["08:00-11:30"]}, "holidays": None}
    hours.write_text(json.dumps({"holidays": "XX"}))
    refused = run("working-time", "--file", str(hours))
    assert isinstance(refused.exception, MappingError)
    assert "XX" in str(refused.exception)
    assert isinstance(run("working-time", "nowhere").exception, NotFoundError)
