"""Who may see and change work, as the database itself decides it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from officials import Person, official, service_engine
from sqlalchemy import Engine, func, select, text, update
from sqlalchemy.exc import ProgrammingError

from geo import asking, audit
from geo.asking import MAY, ROLES
from geo.errors import NotSignedInError
from geo.schema import account, account_role, account_session, area, area_set, work


@pytest.fixture(scope="module")
def service(module_hanoi: Engine) -> Iterator[Engine]:
    made = service_engine(module_hanoi)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def ward(module_hanoi: Engine) -> str:
    """The ward with the most open complaints, as `set:code`."""
    with module_hanoi.connect() as connection:
        row = connection.execute(
            select(area_set.c.code.label("in_set"), area.c.code)
            .join(area, area.c.set_id == area_set.c.id)
            .join(work, work.c.area_id == area.c.id)
            .group_by(area_set.c.code, area.c.code)
            .order_by(func.count().desc())
            .limit(1)
        ).one()
    return f"{row.in_set}:{row.code}"


def _seen(service: Engine, who: Person | None) -> set[str]:
    with service.begin() as connection:
        if who is not None:
            asking.show(connection, who.token)
        return {str(one) for one in connection.execute(select(work.c.complaint_id)).scalars()}


def _all(engine: Engine, ward: str | None = None) -> set[str]:
    with engine.connect() as connection:
        statement = select(work.c.complaint_id)
        if ward is not None:
            code = ward.partition(":")[2]
            statement = statement.join(area, area.c.id == work.c.area_id).where(area.c.code == code)
        return {str(one) for one in connection.execute(statement).scalars()}


def test_every_open_complaint_has_work_and_no_closed_one_of_an_import(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        n = connection.execute(
            text(
                "SELECT count(*) FROM complaint c FULL JOIN work w ON w.complaint_id = c.id"
                " WHERE (c.status <= 3) IS DISTINCT FROM (w.complaint_id IS NOT NULL)"
            )
        ).scalar_one()
    assert n == 0
    assert len(_all(module_hanoi)) > 100


def test_nobody_and_a_wrong_token_see_no_work(module_hanoi: Engine, service: Engine) -> None:
    assert _seen(service, None) == set()
    assert _seen(service, Person(1, "x", "wrong", ())) == set()


def test_an_officer_sees_the_ward_and_nothing_else(
    module_hanoi: Engine, service: Engine, ward: str
) -> None:
    officer = official(module_hanoi, "officer", areas=[ward])
    own = _all(module_hanoi, ward)
    assert _seen(service, officer) == own
    assert own < _all(module_hanoi)


def test_a_role_everywhere_sees_all(module_hanoi: Engine, service: Engine) -> None:
    assert _seen(service, official(module_hanoi, "viewer")) == _all(module_hanoi)


def test_an_admin_sees_no_work(module_hanoi: Engine, service: Engine) -> None:
    assert _seen(service, official(module_hanoi, "admin")) == set()


def test_a_domain_limits_a_role(module_hanoi: Engine, service: Engine, ward: str) -> None:
    seen = _seen(service, official(module_hanoi, "officer", areas=[ward], domains=["traffic"]))
    with module_hanoi.connect() as connection:
        domains = connection.execute(
            text(
                "SELECT DISTINCT d.code FROM work w JOIN domain d ON d.id = w.domain_id"
                " WHERE w.complaint_id = ANY(CAST(:ids AS uuid[]))"
            ),
            {"ids": list(seen)},
        ).scalars()
        assert list(domains) == ["traffic"]


@pytest.mark.parametrize("how", ["ended", "expired", "disabled", "not whole", "role over"])
def test_what_has_ended_opens_nothing(module_hanoi: Engine, service: Engine, how: str) -> None:
    who = official(module_hanoi, "officer")
    past = datetime.now(UTC) - timedelta(minutes=1)
    with module_hanoi.begin() as connection:
        own = account_session.c.account_id == who.id
        change = {
            "ended": update(account_session).where(own).values(ended_at=past),
            "expired": update(account_session).where(own).values(expires_at=past),
            "not whole": update(account_session).where(own).values(whole=False),
            "disabled": update(account).where(account.c.id == who.id).values(enabled=False),
            "role over": update(account_role)
            .where(account_role.c.account_id == who.id)
            .values(until=past),
        }[how]
        connection.execute(change)
    assert _seen(service, who) == set()


def test_a_delegation_ends_with_the_role_it_stands_for(
    module_hanoi: Engine, service: Engine, ward: str
) -> None:
    giver = official(module_hanoi, "supervisor", areas=[ward])
    deputy = official(module_hanoi)
    with module_hanoi.begin() as connection:
        connection.execute(
            account_role.insert().values(
                account_id=deputy.id,
                role="supervisor",
                areas=[ward],
                until=datetime.now(UTC) + timedelta(days=3),
                delegated_by=giver.id,
                stands_for=giver.role_ids[0],
            )
        )
    assert _seen(service, deputy) == _all(module_hanoi, ward)
    with module_hanoi.begin() as connection:
        connection.execute(update(account).where(account.c.id == giver.id).values(enabled=False))
    assert _seen(service, deputy) == set()


def test_python_and_the_database_agree_on_what_roles_may(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        for need, roles in MAY.items():
            for role in ROLES:
                found = connection.execute(
                    text("SELECT role_may(:role, :need)"), {"role": role, "need": need}
                ).scalar_one()
                assert found == (role in roles), (role, need)


def test_an_asker_is_told_its_roles(module_hanoi: Engine, service: Engine, ward: str) -> None:
    who = official(module_hanoi, "officer", "viewer", areas=[ward], name="lan")
    with service.begin() as connection:
        asking.show(connection, who.token)
        found = asking.asker(connection)
    assert found.name == "lan"
    assert [one.role for one in found.roles] == ["officer", "viewer"]
    assert found.may("act")
    assert not found.may("admin")
    with service.begin() as connection, pytest.raises(NotSignedInError):
        asking.asker(connection)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT password FROM account",
        "SELECT hash FROM account_session",
        "UPDATE account SET enabled = true",
        "INSERT INTO audit SELECT * FROM audit",
        "UPDATE audit SET act = 'x'",
        "DELETE FROM work",
        "DELETE FROM work_event",
        "UPDATE audit_head SET id = 0",
        "ALTER TABLE work DISABLE ROW LEVEL SECURITY",
    ],
)
def test_the_service_has_no_right_to(module_hanoi: Engine, service: Engine, statement: str) -> None:
    who = official(module_hanoi, "admin", "supervisor")
    with service.connect() as connection:
        asking.show(connection, who.token)
        with pytest.raises(ProgrammingError):
            connection.execute(text(statement))


def test_an_entry_says_who_it_was_whatever_the_caller_says(
    module_hanoi: Engine, service: Engine
) -> None:
    who = official(module_hanoi, "admin", name="hoa")
    with service.begin() as connection:
        asking.show(connection, who.token)
        number = audit.append(connection, "test", "subject", actor="somebody else", n=1)
    with module_hanoi.connect() as connection:
        row = connection.execute(
            text("SELECT actor, account_id FROM audit WHERE id = :id"), {"id": number}
        ).one()
    assert row == ("hoa", who.id)


def test_without_its_policy_work_is_open_to_all(hanoi_engine: Engine) -> None:
    """Shows that it is the policy which keeps work from others."""
    service = service_engine(hanoi_engine)
    assert _seen(service, None) == set()
    with hanoi_engine.begin() as connection:
        connection.execute(text("ALTER TABLE work DISABLE ROW LEVEL SECURITY"))
    assert _seen(service, None) == _all(hanoi_engine)
    service.dispose()
