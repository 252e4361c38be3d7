"""Who follows what, and how it is forgotten; mail that waits; the queue's tables."""

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from procrastinate.schema import SchemaManager
from sqlalchemy import Engine, text

from geo import follows, job_schema, outbox, query_string
from geo.errors import BadFilterError
from geo.follows import MOST_FOLLOWS, Order
from geo.outbox import Letter

NOW = datetime(2026, 11, 1, 3, tzinfo=UTC)
ORDER = Order("hotspot", 1, "domain=traffic", "vi", "daily", resolution=8, spot=(1, 2, 3))


def _count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one())


def _taken(engine: Engine, address: str = "an@example.org", order: Order = ORDER) -> int:
    with engine.begin() as connection:
        found = follows.take(connection, address, order)
    assert found is not None
    return found


def letter(follow_id: int, key: str = "a") -> Letter:
    return Letter(key, follow_id, "an@example.org", "s", "p", "<p>h</p>", "https://x/stop")


def test_the_same_order_again_is_the_same_follow(hanoi_engine: Engine) -> None:
    first = _taken(hanoi_engine)
    assert _taken(hanoi_engine) == first
    assert _taken(hanoi_engine, "binh@example.org") != first
    assert _taken(hanoi_engine, order=ORDER._replace(spot=None)) != first
    assert _taken(hanoi_engine, order=ORDER._replace(schedule="weekly")) != first
    assert _count(hanoi_engine, "follower") == 2


def test_an_address_has_so_many_follows_and_no_more(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        for number in range(MOST_FOLLOWS):
            assert follows.take(connection, "an@example.org", ORDER._replace(spot=(number,)))
        assert follows.take(connection, "an@example.org", ORDER) is None


def test_the_database_knows_a_token_by_its_hash_alone(hanoi_engine: Engine) -> None:
    number = _taken(hanoi_engine)
    with hanoi_engine.begin() as connection:
        token = follows.grant(connection, number)
        assert len(token) >= 43
        stored = connection.execute(text("SELECT hash FROM follow_token")).scalar_one()
        assert bytes(stored) == hashlib.sha256(token.encode()).digest()
        found = follows.by_token(connection, token)
        assert found is not None
        assert found.id == number
        assert follows.by_token(connection, token[:-1] + "x") is None


def test_stopping_erases_the_follow_its_mail_and_with_the_last_one_the_address(
    hanoi_engine: Engine,
) -> None:
    one, other = _taken(hanoi_engine), _taken(hanoi_engine, order=ORDER._replace(spot=None))
    with hanoi_engine.begin() as connection:
        follows.grant(connection, one)
        outbox.put(connection, letter(one))
        follows.stop(connection, one)
    assert [_count(hanoi_engine, t) for t in ("follow", "follow_token", "mail")] == [1, 0, 0]
    assert _count(hanoi_engine, "follower") == 1
    with hanoi_engine.begin() as connection:
        follows.stop(connection, other)
    assert _count(hanoi_engine, "follower") == 0


def test_what_nobody_confirmed_is_erased_after_a_week(hanoi_engine: Engine) -> None:
    _taken(hanoi_engine)
    kept = _taken(hanoi_engine, "binh@example.org")
    with hanoi_engine.begin() as connection:
        follows.confirm(connection, kept, NOW)
        made = connection.execute(text("SELECT max(created_at) FROM follow")).scalar_one()
        follows.forget(connection, made + timedelta(days=6, hours=23))
    assert _count(hanoi_engine, "follow") == 2
    with hanoi_engine.begin() as connection:
        follows.forget(connection, made + timedelta(days=7, hours=1))
        left = connection.execute(text("SELECT address FROM follower")).scalars().all()
    assert left == ["binh@example.org"]


def test_the_city_follows_itself_once(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        assert follows.ensure_standing(connection, NOW) > 4
        assert follows.ensure_standing(connection, NOW) == 0
    assert _count(hanoi_engine, "follow WHERE follower_id IS NULL AND kind = 'scan'") > 1


def test_a_letter_is_taken_once_and_two_workers_never_hold_the_same(hanoi_engine: Engine) -> None:
    number = _taken(hanoi_engine)
    with hanoi_engine.begin() as connection:
        assert outbox.put(connection, letter(number))
        assert not outbox.put(connection, letter(number))
        assert outbox.put(connection, letter(number, "b"))
    later = datetime.now(UTC) + timedelta(minutes=1)
    with hanoi_engine.begin() as one, hanoi_engine.begin() as other, hanoi_engine.begin() as third:
        held = [outbox.claim(c, later) for c in (one, other)]
        assert None not in held
        assert {row.key for row in held if row} == {"a", "b"}
        assert outbox.claim(third, later) is None
    with hanoi_engine.begin() as connection:
        assert outbox.claim(connection, later) is not None


def test_of_a_sent_letter_its_key_alone_is_kept(hanoi_engine: Engine) -> None:
    number = _taken(hanoi_engine)
    with hanoi_engine.begin() as connection:
        outbox.put(connection, letter(number))
        row = outbox.claim(connection, datetime.now(UTC) + timedelta(minutes=1))
        assert row is not None
        outbox.sent(connection, row, NOW)
        stored = connection.execute(text("SELECT mail::text FROM mail")).scalar_one()
        assert "example.org" not in stored
        assert "stop" not in stored
        assert not outbox.put(connection, letter(number))
        assert outbox.waiting(connection) == 0


def test_a_refused_letter_waits_ever_longer_and_is_given_up(hanoi_engine: Engine) -> None:
    number = _taken(hanoi_engine)
    waits = []
    at = datetime.now(UTC) + timedelta(minutes=1)
    with hanoi_engine.begin() as connection:
        outbox.put(connection, letter(number))
        while True:
            row = outbox.claim(connection, at)
            assert row is not None
            assert outbox.claim(connection, row.not_before - timedelta(seconds=1)) is None
            if outbox.refused(connection, row, at, for_good=False):
                break
            due = connection.execute(text("SELECT not_before FROM mail")).scalar_one()
            waits.append(due - at)
            at = due
        assert outbox.claim(connection, at + timedelta(days=30)) is None
    assert waits == sorted(waits)
    assert waits[0] == timedelta(minutes=2)
    assert timedelta(days=1) < sum(waits, timedelta()) < timedelta(days=3)
    assert _count(hanoi_engine, "mail WHERE recipient IS NOT NULL") == 0


@pytest.mark.parametrize("query", ["colour=red", "domain", "since=1&since=2", "q=%00", "q=%ff"])
def test_a_question_that_is_none_is_named(query: str) -> None:
    with pytest.raises(BadFilterError) as caught:
        query_string.canonical(query)
    assert caught.value.field == "question"


def test_equal_questions_are_written_the_same() -> None:
    one = query_string.canonical("?status=open&area=b:2&area=a:1&q=%E1%BB%95+g%C3%A0")
    assert one == query_string.canonical("q=%E1%BB%95%20g%C3%A0&area=a:1,b:2&status=open")


def test_the_queues_tables_are_those_of_the_installed_package(engine: Engine) -> None:
    with engine.connect() as connection:
        newest = job_schema.packaged()[-1].stem
        # A newer package needs a revision that calls job_schema.bring_up.
        assert (
            job_schema.applied(connection)
            == newest
            == "03.04.00_50_post_add_retry_failed_job_procedure"
        )


def test_an_upgrade_of_the_queue_runs_what_is_new_once(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for path in job_schema.packaged():
        (tmp_path / path.name).write_text("SELECT 1 / 0")
    (tmp_path / "99.00.00_01_pre_more.sql").write_text("CREATE TABLE procrastinate_more (a text)")
    monkeypatch.setattr(SchemaManager, "get_migrations_path", staticmethod(lambda: str(tmp_path)))
    with engine.begin() as connection:
        job_schema.bring_up(connection)
        job_schema.bring_up(connection)
        assert job_schema.applied(connection) == "99.00.00_01_pre_more"
