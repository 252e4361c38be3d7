"""Row-level security of every table: what it keeps from whom, and that the policy does it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import pytest
from officials import official, service_engine
from planted import Planted, plant, wards
from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import ProgrammingError

from geo import asking, participants
from geo.row_security import bypassed, ensure_quick, slow_functions

# Which rows of a table are private to a planted complaint, and whose they are: "reporter" who holds
# its link, or officials of its area alone.
OF_COMPLAINT: Final = {
    "complaint": ("id = :id", "reporter"),
    "complaint_area": ("complaint_id = :id", "reporter"),
    "answer": ("complaint_id = :id", "reporter"),
    "submission": ("complaint_id = :id", "reporter"),
    "participant": ("complaint_id = :id", "reporter"),
    "look": ("complaint_id = :id", "reporter"),
    "photo": ("complaint_id = :id", "reporter"),
    "photo_origin": ("photo_id IN (SELECT id FROM photo WHERE complaint_id = :id)", "reporter"),
    "photo_alike": ("photo_id IN (SELECT id FROM photo WHERE complaint_id = :id)", "officials"),
    "idempotency": ("key = :mark || ' key'", "reporter alone"),
    "work": ("complaint_id = :id", "officials"),
    "work_event": ("complaint_id = :id", "officials"),
    "work_note": ("complaint_id = :id", "officials"),
    "work_pause": ("complaint_id = :id", "officials"),
    "work_reminder": ("complaint_id = :id", "officials"),
    "due_history": ("complaint_id = :id", "officials"),
    "work_question": ("complaint_id = :id", "reporter"),
    "work_closing": ("complaint_id = :id", "officials"),
}
# Of officials and of the whole: tests of their own say who sees them.
OF_OTHERS: Final = frozenset(
    {
        "account", "account_recovery", "account_role", "account_session", "answer_template",
        "audit", "audit_alert", "audit_watched", "boundary_day", "boundary_draft",
        "boundary_draft_area", "boundary_draft_part", "calendar_version", "category", "domain",
        "policy_version", "refusal_ground", "reminder_setting", "setting", "weekly_subscription",
        "work_bulk", "work_bulk_item", "work_view",
    }
)  # fmt: skip


@pytest.fixture(scope="module")
def there(module_hanoi: Engine) -> Planted:
    return plant(module_hanoi, wards(module_hanoi)[0])


@pytest.fixture(scope="module")
def service(module_hanoi: Engine) -> Iterator[Engine]:
    made = service_engine(module_hanoi)
    yield made
    made.dispose()


@contextmanager
def asked(service: Engine, *, token: str = "", link: str = "") -> Iterator[Connection]:
    with service.begin() as connection:
        if token:
            asking.show(connection, token)
        if link:
            participants.show(connection, link)
        yield connection


def seen(connection: Connection, table: str, of: Planted) -> int:
    """How many of the planted rows of a table somebody sees; 0 too where the table is closed."""
    condition, _ = OF_COMPLAINT[table]
    values = {name: getattr(of, name) for name in ("id", "mark") if f":{name}" in condition}
    return int(
        connection.execute(
            text(f"SELECT count(*) FROM {table} WHERE {condition}"), values
        ).scalar_one()
    )


def test_each_table_with_policies_is_tried_here(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        tables = connection.execute(
            text(
                "SELECT relname FROM pg_class WHERE relrowsecurity"
                " AND relnamespace = 'public'::regnamespace"
            )
        )
        found = set(tables.scalars())
    assert found <= OF_COMPLAINT.keys() | OF_OTHERS
    assert OF_COMPLAINT.keys() <= found


@pytest.mark.parametrize("table", sorted(OF_COMPLAINT))
def test_what_is_private_is_seen_by_its_reporter_and_its_officials_alone(
    module_hanoi: Engine, service: Engine, there: Planted, table: str
) -> None:
    _, whose = OF_COMPLAINT[table]
    elsewhere = [ward for ward in wards(module_hanoi) if ward != there.ward][:3]
    with module_hanoi.connect() as connection:
        all_of_it = seen(connection, table, there)
    assert all_of_it > 0
    strangers = {
        "nobody": "",
        "an officer of other wards": official(module_hanoi, "officer", areas=elsewhere).token,
        "an officer of another domain": official(
            module_hanoi, "officer", areas=[there.ward], domains=["traffic"]
        ).token,
        "an admin": official(module_hanoi, "admin").token,
    }
    for who, token in strangers.items():
        # That somebody looked at personal data is what admins look for.
        if (who, table) == ("an admin", "look"):
            continue
        with asked(service, token=token) as connection:
            assert seen(connection, table, there) == 0, who
    with asked(service, link=participants.new_link()) as connection:
        assert seen(connection, table, there) == 0, "somebody with a link of another complaint"
    with asked(service, link=there.link) as connection:
        assert (seen(connection, table, there) > 0) == whose.startswith("reporter")
    officer = official(module_hanoi, "officer", areas=[there.ward])
    with asked(service, token=officer.token) as connection:
        expected = 0 if whose == "reporter alone" else all_of_it
        assert seen(connection, table, there) == expected


@pytest.mark.parametrize("table", sorted(OF_COMPLAINT))
def test_without_its_policies_each_table_would_be_open(
    module_hanoi: Engine, service: Engine, there: Planted, table: str
) -> None:
    """It is the policy that keeps the rows: taken away in a transaction that is undone."""
    with module_hanoi.connect() as owner:
        # What a policy reads of other tables is kept by theirs.
        for one in {table, "photo", "complaint"}:
            owner.execute(text(f"ALTER TABLE {one} DISABLE ROW LEVEL SECURITY"))
        owner.execute(text("SET LOCAL ROLE phananh_app"))
        assert seen(owner, table, there) > 0
        owner.rollback()
    with asked(service) as connection:
        assert seen(connection, table, there) == 0


@pytest.mark.parametrize(
    ("change", "needs"),
    [
        ("UPDATE complaint SET text = 'mine' WHERE id = :id", "act"),
        ("UPDATE submission SET words = 'mine' WHERE complaint_id = :id", "act"),
        ("UPDATE work SET urgent = NOT urgent WHERE complaint_id = :id", "act"),
        ("UPDATE photo SET hidden = NOT hidden WHERE complaint_id = :id", "act"),
    ],
)
@pytest.mark.parametrize("role", ["nobody", "viewer", "planner", "admin", "stranger", "officer"])
def test_only_who_handles_it_changes_it(
    module_hanoi: Engine, service: Engine, there: Planted, change: str, needs: str, role: str
) -> None:
    other = next(ward for ward in wards(module_hanoi) if ward != there.ward)
    token = {
        "nobody": lambda: "",
        "stranger": lambda: official(module_hanoi, "officer", "supervisor", areas=[other]).token,
    }.get(role, lambda: official(module_hanoi, role, areas=[there.ward]).token)()
    with service.connect() as connection:
        if token:
            asking.show(connection, token)
        changed = connection.execute(text(change), {"id": there.id}).rowcount
        connection.rollback()
    assert (changed > 0) == (role == "officer")


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM complaint",
        "DELETE FROM answer",
        "INSERT INTO complaint_area SELECT * FROM complaint_area",
        "INSERT INTO complaint SELECT * FROM complaint LIMIT 1",
        "INSERT INTO work_note (complaint_id, account_id, text) SELECT id, 1, 'x'"
        " FROM complaint LIMIT 1",
        "INSERT INTO answer (complaint_id, text) SELECT id, 'x' FROM complaint LIMIT 1",
        "UPDATE look SET reason = 'x'",
        "ALTER TABLE complaint DISABLE ROW LEVEL SECURITY",
        "ALTER ROLE phananh_app BYPASSRLS",
    ],
)
def test_what_serves_the_public_may_not(service: Engine, there: Planted, statement: str) -> None:
    with service.connect() as connection, pytest.raises(ProgrammingError):
        connection.execute(text(statement))


def test_by_its_code_a_sensitive_complaint_tells_how_it_stands_and_no_more(
    service: Engine, there: Planted
) -> None:
    with asked(service) as connection:
        row = connection.execute(
            text("SELECT * FROM complaint_told(:code)"), {"code": there.code}
        ).one()
    assert (row.id, row.code, row.geom, row.text, row.address, row.source_key) == (
        there.id, there.code, None, "", None, None,
    )  # fmt: skip
    assert (row.cell >> 52) & 15 == 7
    assert there.mark not in str(row)


def test_counts_of_the_public_read_no_table_for_their_policy(
    module_hanoi: Engine, service: Engine
) -> None:
    """The indexes that answer counts alone still do: a policy that needs more costs every count."""
    with module_hanoi.begin() as connection:
        ensure_quick(connection)
        assert slow_functions(connection) == []
        # Pages that are known to be visible to all, as autovacuum leaves them.
    with module_hanoi.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE complaint"))
        connection.execute(text("VACUUM ANALYZE complaint_area"))
    with service.connect() as connection:
        connection.execute(text("SET enable_seqscan = off"))
        connection.execute(text("SET enable_bitmapscan = off"))
        for statement in (
            "SELECT count(*) FROM complaint WHERE city_id = 1 AND category_id = 3"
            " AND reported_at > now() - interval '1 year'",
            "SELECT count(*) FROM complaint WHERE (cell >> 18) = 1234 AND city_id = 1"
            " AND reported_at > now() - interval '1 year'",
            "SELECT count(*) FROM complaint_area WHERE area_id = 3"
            " AND reported_at > now() - interval '1 year'",
        ):
            plan = "\n".join(connection.execute(text(f"EXPLAIN {statement}")).scalars())
            assert "Index Only Scan" in plan, plan
            assert "Index Cond: ((" in plan, plan


def test_what_connects_is_bound(module_hanoi: Engine, service: Engine) -> None:
    with service.connect() as connection:
        assert bypassed(connection) is None
    with module_hanoi.connect() as connection:
        assert bypassed(connection) is not None
