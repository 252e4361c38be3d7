"""Accounts at the command line: the first admin, and who is locked out."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from api import rounds
from api.cli import app
from geo import audit
from geo.errors import BadFilterError, ConflictError, NotFoundError

WORDS = "cá vàng bơi ngược dòng\n"


def run(*words: str, given: str = WORDS) -> Result:
    return CliRunner().invoke(app, ["account", *words], input=given)


def test_an_account_is_made_locked_unlocked_and_loses_its_second_factor(
    module_hanoi: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = module_hanoi.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", address)
    # Other tests of this database have admins of their own.
    assert run("add", "goc", "--role", "admin", "--password-stdin").exit_code == 0
    assert "one-time password" in run("add", "minh", "--role", "officer").output
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE account SET failures = 7, locked_until = now() + interval '1 hour',"
                " totp = 'x' WHERE name = 'minh'"
            )
        )
        connection.execute(
            text(
                "INSERT INTO account_session (account_id, hash, expires_at)"
                " SELECT id, 'x', now() + interval '1 hour' FROM account WHERE name = 'minh'"
            )
        )
    assert run("unlock", "minh").exit_code == 0
    assert "second factor" in run("list").output
    assert run("totp-off", "minh").exit_code == 0
    with module_hanoi.connect() as connection:
        row = connection.execute(
            text(
                "SELECT a.failures, a.locked_until, a.second_factor, s.ended_at IS NOT NULL"
                " FROM account a JOIN account_session s ON s.account_id = a.id"
                " WHERE a.name = 'minh'"
            )
        ).one()
        assert row == (0, None, False, True)
        acts = connection.execute(
            text("SELECT act FROM audit WHERE subject = 'minh' ORDER BY id")
        ).scalars()
        assert list(acts) == ["account.new", "account.unlocked", "totp"]
        assert audit.verify(connection).broken is None
    for words, kind in (
        (("totp-off", "minh"), NotFoundError),
        (("unlock", "nobody"), NotFoundError),
        (("disable", "goc"), ConflictError),
        (("add", "a b"), BadFilterError),
    ):
        assert isinstance(run(*words).exception, kind), words
    weak = run("add", "yeu", "--password-stdin", given="password1234\n")
    assert isinstance(weak.exception, BadFilterError)


def test_sessions_that_are_over_for_long_are_forgotten_and_no_others(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = hanoi_engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", address)
    assert run("add", "goc", "--role", "admin", "--password-stdin").exit_code == 0
    now = datetime(2026, 11, 27, 8, tzinfo=UTC)
    cases = {  # days from now it runs out, and was ended
        b"here": (1, None), b"ran out": (-29, None), b"ran out long ago": (-31, None),
        b"ended": (1, -29), b"ended long ago": (1, -31), b"ended and ran out": (-31, -40),
    }  # fmt: skip
    with hanoi_engine.begin() as connection:
        for name, (out, ended) in cases.items():
            connection.execute(
                text(
                    "INSERT INTO account_session (account_id, hash, expires_at, ended_at)"
                    " SELECT id, :hash, :out, :ended FROM account WHERE name = 'goc'"
                ),
                {
                    "hash": name,
                    "out": now + timedelta(days=out),
                    "ended": ended and now + timedelta(days=ended),
                },
            )
    rounds.forget(hanoi_engine, now)
    with hanoi_engine.connect() as connection:
        left = connection.execute(text("SELECT hash FROM account_session")).scalars()
        assert {bytes(one) for one in left} == {b"here", b"ran out", b"ended"}
