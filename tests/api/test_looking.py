"""Looks at what is personal: shown to those who say why, and written down for good."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError
from typer.testing import CliRunner, Result

from api.cli import app
from geo import listing, looking, reporting
from geo.errors import BadFilterError, NotFoundError

SAID = "Rác của xe 29A-123.45, ông Trần Văn B nói vậy, gọi 0912345678"


@pytest.fixture
def code(hanoi_engine: Engine) -> Iterator[str]:
    with hanoi_engine.begin() as connection:
        said = reporting.Report(105.8342, 21.0278, "garbage", SAID, "Nhà ông Trần Văn B")
        at = datetime(2026, 11, 2, tzinfo=UTC)
        taken = reporting.take(connection, said, at, None, b"x" * 32)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
        yield taken.code


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def public(engine: Engine, code: str) -> tuple[str, str | None]:
    with engine.connect() as connection:
        row = listing.one(connection, code)
        assert row
    return row.text, row.address


def written(engine: Engine) -> list[tuple[str, str, str]]:
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT act, actor, reason FROM look ORDER BY id"))
        return [tuple(row) for row in rows]  # type: ignore[misc]


def test_a_look_shows_the_words_and_is_written_down(hanoi_engine: Engine, code: str) -> None:
    seen = run("look", code.lower(), "--reason", "asked by the police", "--by", "officer 7")
    assert seen.exit_code == 0, seen.output
    assert "0912345678" in seen.output
    assert "reporter" in seen.output
    assert written(hanoi_engine) == [("look", "officer 7", "asked by the police")]
    listed = run("looks")
    assert "officer 7" in listed.output
    assert code in listed.output
    assert "0912345678" not in public(hanoi_engine, code)[0]


def test_without_a_reason_or_a_complaint_nothing_is_shown_or_written(
    hanoi_engine: Engine, code: str
) -> None:
    with hanoi_engine.begin() as connection:
        with pytest.raises(BadFilterError, match="why"):
            looking.looked(connection, code, "me", "because")
        with pytest.raises(NotFoundError):
            looking.looked(connection, "3333-33333", "me", "for a good reason")
    refused = run("look", code, "--reason", "no")
    assert refused.exit_code != 0
    assert "0912345678" not in refused.output
    assert written(hanoi_engine) == []


def test_words_are_shown_again_and_names_hidden(hanoi_engine: Engine, code: str) -> None:
    assert public(hanoi_engine, code)[0] == "Rác của xe •••, ông Trần Văn B nói vậy, gọi •••"
    assert "2 places" in run("hide", code, "Trần Văn B", "--reason", "a private person").output
    assert public(hanoi_engine, code) == (
        "Rác của xe •••, ông ••• nói vậy, gọi •••",
        "Nhà ông •••",
    )
    assert "as they were written" in run("unmask", code, "--reason", "a public hotline").output
    assert public(hanoi_engine, code) == (SAID, "Nhà ông Trần Văn B")
    assert "nothing was hidden" in run("unmask", code, "--reason", "once more, please").output
    assert [act for act, *_ in written(hanoi_engine)] == ["hide", "unmask", "unmask"]
    with pytest.raises(BadFilterError, match="not in"), hanoi_engine.begin() as connection:
        looking.hide(connection, code, "Nguyễn", "me", "a private person")
    # The history tells that the words changed, not what they were.
    with hanoi_engine.connect() as connection:
        events = connection.execute(
            text("SELECT kind, actor, change::text FROM event e JOIN complaint c"
                 " ON c.id = e.complaint_id WHERE c.code = :code"), {"code": code}
        ).all()  # fmt: skip
    assert [tuple(one) for one in events] == [("text", "official", "{}")] * 2


def test_words_of_an_imported_complaint_can_be_hidden(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        row = connection.execute(text("SELECT code, text FROM complaint LIMIT 1")).one()
        word = row.text.split()[0]
        assert looking.hide(connection, row.code, word, "me", "a private person")
        assert word not in listing.one(connection, row.code).text.split()
        assert looking.unmask(connection, row.code, "me", "nothing personal in it")
        assert listing.one(connection, row.code).text == row.text


@pytest.mark.parametrize(
    "change", ["UPDATE look SET actor = 'x'", "DELETE FROM look", "TRUNCATE look"]
)
def test_the_log_cannot_be_changed(hanoi_engine: Engine, code: str, change: str) -> None:
    with hanoi_engine.begin() as connection:
        looking.looked(connection, code, "me", "for a good reason")
    with pytest.raises(DBAPIError, match="append-only"), hanoi_engine.begin() as connection:
        connection.execute(text(change))
    assert len(written(hanoi_engine)) == 1
