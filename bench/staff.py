"""Officials who are at work, and the open work they share: what the measurements need of it."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from api.due_rounds import known_holidays
from bench.filled import say, tidy
from boundaries.hanoi import WARDS
from geo.due_pass import count_stale
from geo.participants import hashed

NAME = "bench-"


class Person(NamedTuple):
    """An official of one ward, signed in."""

    id: int
    ward: str
    token: str


def open_work(engine: Engine, most: int) -> dict[str, int]:
    """At most so many open ones, the newest, each with its deadlines.

    A sample of ten million has more open ones than a city would: the oldest are no longer worked
    on here. Their complaints are as they were.
    """
    with engine.begin() as connection:
        # What an earlier measurement put aside is open again, so that another number can be asked.
        connection.execute(
            text(
                "SELECT work_begun(array(SELECT c.id FROM complaint c LEFT JOIN work w"
                " ON w.complaint_id = c.id WHERE c.status <= 3 AND w.complaint_id IS NULL"
                " ORDER BY c.reported_at DESC LIMIT greatest(0, :most -"
                " (SELECT count(*) FROM work WHERE status <= 3))))"
            ),
            {"most": most},
        )
        removed = connection.execute(
            text(
                "DELETE FROM work WHERE complaint_id IN (SELECT complaint_id FROM work"
                " WHERE status <= 3 ORDER BY reported_at DESC, complaint_id OFFSET :most)"
            ),
            {"most": most},
        ).rowcount
    counted = count_stale(engine, known_holidays)
    if removed or counted:
        say(f"  {removed:,} open ones put aside, deadlines of {counted:,} counted")
        tidy(engine)
        # What was put aside leaves holes that no city's table has: it had never so much open.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM (FULL, ANALYZE) work"))
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT count(*) FILTER (WHERE status <= 3) AS open,"
                " count(*) FILTER (WHERE status <= 3 AND due_at IS NOT NULL) AS with_deadline,"
                " count(DISTINCT area_id) FILTER (WHERE status <= 3) AS areas FROM work"
            )
        ).one()
    return {name: int(n) for name, n in row._mapping.items()}


def staff(engine: Engine, n: int) -> list[Person]:
    """Officers of the wards with the most open work, one each, with a session of now.

    Accounts of an earlier run are used again: what they did names them for ever.
    """
    with engine.begin() as connection:
        wards = connection.execute(
            text(
                "SELECT a.code FROM work w JOIN area a ON a.id = w.area_id"
                " JOIN area_set s ON s.id = a.set_id AND s.code = :set WHERE w.status <= 3"
                " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT :n"
            ),
            {"set": WARDS.code, "n": n},
        ).scalars()
        people = [_person(connection, number, ward) for number, ward in enumerate(wards)]
        _assign(connection, people)
    # A third of the work was changed in a moment, which autovacuum would have tidied up day by day.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE) work"))
    return people


def _person(connection: Connection, number: int, ward: str) -> Person:
    token, now = secrets.token_urlsafe(32), datetime.now(UTC)
    given: dict[str, Any] = {"name": f"{NAME}{number}", "ward": [f"{WARDS.code}:{ward}"]}
    found = connection.execute(
        text(
            "INSERT INTO account (name, full_name) VALUES (:name, :name)"
            " ON CONFLICT (name) DO UPDATE SET enabled = true RETURNING id"
        ),
        given,
    ).scalar_one()
    given |= {"id": found, "hash": hashed(token), "since": now - timedelta(days=1)}
    for statement in (
        "DELETE FROM account_role WHERE account_id = :id",
        "DELETE FROM account_session WHERE account_id = :id",
        "INSERT INTO account_role (account_id, role, areas, since)"
        " VALUES (:id, 'officer', :ward, :since)",
        "INSERT INTO account_session (account_id, hash, expires_at)"
        " VALUES (:id, :hash, now() + interval '12 hours')",
    ):
        connection.execute(text(statement), given)
    return Person(int(found), ward, token)


def _assign(connection: Connection, people: list[Person]) -> None:
    """A third of a ward's open work is its officer's."""
    connection.execute(
        text(
            "UPDATE work w SET assignee_id = p.account"
            "  FROM unnest(CAST(:ids AS bigint[]), CAST(:wards AS text[])) AS p (account, ward)"
            "  JOIN area a ON a.code = p.ward JOIN area_set s ON s.id = a.set_id AND s.code = :set"
            " WHERE w.area_id = a.id AND w.status <= 3 AND w.cell % 3 = 0"
            "   AND w.assignee_id IS DISTINCT FROM p.account"
        ),
        {
            "ids": [one.id for one in people],
            "wards": [one.ward for one in people],
            "set": WARDS.code,
        },
    )


def dismiss(engine: Engine) -> None:
    """Nobody of them can sign in any more."""
    with engine.begin() as connection:
        for statement in (
            "UPDATE work SET assignee_id = NULL WHERE assignee_id IN"
            " (SELECT id FROM account WHERE name LIKE :names)",
            "DELETE FROM account_session WHERE account_id IN"
            " (SELECT id FROM account WHERE name LIKE :names)",
            "UPDATE account SET enabled = false WHERE name LIKE :names",
        ):
            connection.execute(text(statement), {"names": f"{NAME}%"})
