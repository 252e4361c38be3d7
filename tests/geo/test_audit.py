"""The audit log: chained, append-only, and each kind of tampering found."""

import hashlib
import json
import threading

import pytest
from sqlalchemy import Engine, text

from geo import audit


def _write(engine: Engine, n: int) -> None:
    for number in range(n):
        with engine.begin() as connection:
            audit.append(
                connection, "test", f"subject {number}", actor="hà", words=["ổ gà", number]
            )


def test_a_chain_that_nobody_touched_is_whole(engine: Engine) -> None:
    _write(engine, 20)
    with engine.connect() as connection:
        found = audit.verify(connection)
        assert (found.n, found.broken) == (20, None)
        assert audit.verify(connection, found.head).broken is None


def test_an_independent_computation_gives_the_same_hashes(engine: Engine) -> None:
    _write(engine, 5)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM audit ORDER BY id")).all()
    before = hashlib.sha256(b"phananh").digest()
    for row in rows:
        # jsonb as text: keys by length, then by bytes; ", " and ": " between.
        keys = sorted(row.details, key=lambda key: (len(key), key))
        details = {key: row.details[key] for key in keys}
        at = f"{row.at:%Y-%m-%dT%H:%M:%S.%f}"
        said = [row.id, at, row.account_id, row.actor, row.act, row.subject, details]
        made = hashlib.sha256(before + json.dumps(said, ensure_ascii=False).encode()).digest()
        assert made == bytes(row.hash)
        before = made


@pytest.mark.parametrize(
    ("tampering", "first"),
    [
        ("UPDATE audit SET actor = 'another' WHERE id = 7", 7),
        ("UPDATE audit SET details = '{}' WHERE id = 7", 7),
        ("UPDATE audit SET at = at + interval '1 second' WHERE id = 7", 7),
        ("DELETE FROM audit WHERE id = 7", 7),
        ("DELETE FROM audit WHERE id = 1", 1),
        ("DELETE FROM audit WHERE id > 9", 10),
        (
            "UPDATE audit SET subject = 'x', hash = audit_hash("
            "(SELECT hash FROM audit WHERE id = 6), id, at, account_id, actor, act, 'x', details)"
            " WHERE id = 7",
            8,
        ),
    ],
)
def test_tampering_by_the_owner_is_found_and_named(
    engine: Engine, tampering: str, first: int
) -> None:
    _write(engine, 12)
    with engine.begin() as connection:
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only"))
        connection.execute(text(tampering))
    with engine.connect() as connection:
        assert audit.verify(connection).broken == first


def test_a_chain_made_anew_is_found_by_a_head_that_was_noted(engine: Engine) -> None:
    _write(engine, 12)
    with engine.begin() as connection:
        noted = audit.verify(connection).head
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only"))
        connection.execute(text("DELETE FROM audit WHERE id > 9"))
        connection.execute(
            text("UPDATE audit_head SET id = 9, hash = (SELECT hash FROM audit WHERE id = 9)")
        )
        assert audit.verify(connection).broken is None
        assert audit.verify(connection, noted).broken == 10


def test_even_the_owner_changes_nothing_by_accident(engine: Engine) -> None:
    _write(engine, 1)
    for statement in ("UPDATE audit SET act = 'x'", "DELETE FROM audit", "TRUNCATE audit"):
        with engine.connect() as connection, pytest.raises(Exception, match="append-only"):
            connection.execute(text(statement))


def test_many_at_once_make_one_chain(engine: Engine) -> None:
    threads = [threading.Thread(target=_write, args=(engine, 15)) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with engine.connect() as connection:
        assert audit.verify(connection)[::2] == (90, None)
