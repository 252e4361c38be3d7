"""Calendars and policies by command."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine, func, select
from typer.testing import CliRunner, Result

from api.cli import app
from geo.errors import BadFilterError, NotFoundError
from geo.schema import audit, work


@pytest.fixture
def told(hanoi_engine: Engine) -> Iterator[Engine]:
    """The database that the commands use."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
        yield hanoi_engine


def run(*words: str) -> Result:
    return CliRunner().invoke(app, list(words))


def test_a_policy_and_a_calendar_are_made_by_command_and_all_is_counted(
    told: Engine, tmp_path: Path
) -> None:
    made = run("policy", "--category", "pothole", "--days", "7", "--from", "2020-01-01",
               "--reason", "decision 5")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "decision 5" in made.output
    hours = tmp_path / "hours.json"
    hours.write_text(json.dumps({"extra": ["2026-12-26"]}))
    made = run("calendar", "--file", str(hours), "--from", "2026-12-01", "--year", "2026",
               "--reason", "busy")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "2026-12-26" in made.output
    assert "2026-02-17" in made.output
    with told.connect() as connection:
        stale = select(func.count()).select_from(work).where(work.c.due_stale)
        assert connection.execute(stale).scalar_one() == 0
        acts = connection.execute(
            select(audit.c.act, audit.c.actor)
            .where(audit.c.act.in_(("policy", "calendar")))
            .order_by(audit.c.id)
        ).all()
    assert [tuple(one) for one in acts[-2:]] == [("policy", "command"), ("calendar", "command")]


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (("policy", "--days", "7"), BadFilterError),
        (("policy", "--days", "7", "--from", "2027-01-01"), BadFilterError),
        (("policy", "--category", "x", "--days", "7", "--from", "2027-01-01", "--reason", "why"),
         NotFoundError),
        (("calendar", "nowhere"), NotFoundError),
    ],
)  # fmt: skip
def test_what_cannot_be_done_by_command_is_said(
    told: Engine, words: tuple[str, ...], error: type[Exception]
) -> None:
    assert isinstance(run(*words).exception, error)
