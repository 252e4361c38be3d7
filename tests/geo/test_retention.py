"""What is personal goes some time after the closing; the map keeps the fact."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, text

from api import rounds
from api.settings import Settings
from geo import listing, looking, reporting
from geo.retention import erase_closed

AT = datetime(2026, 11, 2, tzinfo=UTC)
YEAR = timedelta(days=365)


def reported(connection: Connection, closed: datetime | None, status: int = 4) -> str:
    said = reporting.Report(105.8342, 21.0278, "garbage", "Gọi 0912345678", device="d" * 22)
    code = reporting.take(connection, said, AT - 2 * YEAR, None, b"x" * 32).code
    if closed is not None:
        connection.execute(
            text("UPDATE complaint SET status = :s, closed_at = :at WHERE code = :code"),
            {"s": status, "at": closed, "code": code},
        )
    return code


def personal(connection: Connection, code: str) -> tuple[str | None, bytes | None]:
    row = connection.execute(
        text(
            "SELECT s.words, p.device FROM complaint c"
            " JOIN submission s ON s.complaint_id = c.id"
            " JOIN participant p ON p.complaint_id = c.id"
            " WHERE c.code = :code"
        ),
        {"code": code},
    ).one()
    return row.words, row.device


def test_only_what_was_closed_long_enough_ago_is_erased(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        old = reported(connection, AT - YEAR - timedelta(seconds=1))
        withdrawn = reported(connection, AT - YEAR - timedelta(days=9), 7)
        fresh = reported(connection, AT - YEAR + timedelta(seconds=1))
        still = reported(connection, None)
        before = listing.one(connection, old)
        assert erase_closed(connection, AT, YEAR) == 2
        assert erase_closed(connection, AT, YEAR) == 0
        assert personal(connection, old) == personal(connection, withdrawn) == (None, None)
        for kept in (fresh, still):
            words, device = personal(connection, kept)
            assert words == "Gọi 0912345678"
            assert device is not None
        assert listing.one(connection, old) == before


def test_the_round_follows_the_setting_and_goes_on_until_all_is_done(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("geo.retention.AT_ONCE", 2)
    with hanoi_engine.begin() as connection:
        codes = [reported(connection, AT - timedelta(days=40)) for _ in range(5)]
    assert rounds.erase(hanoi_engine, Settings(personal_days=0), AT) == 0
    assert rounds.erase(hanoi_engine, Settings(personal_days=60), AT) == 0
    assert rounds.erase(hanoi_engine, Settings(personal_days=30), AT) == 5
    with hanoi_engine.begin() as connection:
        assert {personal(connection, code) for code in codes} == {(None, None)}


def test_an_official_erases_with_a_reason_that_is_written_down(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        code = reported(connection, None)
        looking.erase(connection, code, "officer 7", "asked by the reporter", AT)
        assert personal(connection, code) == (None, None)
        log = connection.execute(text("SELECT act, actor FROM look")).one()
    assert tuple(log) == ("erase", "officer 7")
