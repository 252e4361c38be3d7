"""Roles given to a colleague for a time: at once in the database, and over by time."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, func, select, text, update

from api.app import create_app
from api.settings import Settings
from geo import asking
from geo.schema import account_role, area, area_set, work

D = "/api/v1/account/delegations"


@pytest.fixture(scope="module")
def service(module_hanoi: Engine) -> Iterator[Engine]:
    made = service_engine(module_hanoi)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def served(module_hanoi: Engine) -> Callable[[Person], TestClient]:
    app = create_app(module_hanoi, Settings())
    return lambda who: who(TestClient(app, raise_server_exceptions=False))


@pytest.fixture(scope="module")
def ward(module_hanoi: Engine) -> str:
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


def _order(who: Person, to: Person, days: float = 5, **changed: object) -> dict[str, object]:
    until = datetime.now(UTC) + timedelta(days=days)
    return {
        "role_id": who.role_ids[0],
        "to": to.name,
        "until": until.isoformat(),
        "reason": "nghỉ phép năm",
    } | changed


def _n(service: Engine, who: Person) -> int:
    with service.begin() as connection:
        asking.show(connection, who.token)
        return connection.execute(select(func.count()).select_from(work)).scalar_one()


def test_the_deputy_sees_the_ward_at_once_and_no_longer_once_either_side_ends_it(
    module_hanoi: Engine, service: Engine, served: Callable[[Person], TestClient], ward: str
) -> None:
    giver = official(module_hanoi, "supervisor", areas=[ward], domains=["traffic"])
    deputy = official(module_hanoi)
    stranger = official(module_hanoi, "officer")
    assert _n(service, deputy) == 0
    for ending in (giver, deputy):
        number = served(giver).post(D, json=_order(giver, deputy)).json()["id"]
        assert _n(service, deputy) == _n(service, giver) > 0
        shown = served(deputy).get(D).json()
        assert shown["own"] == shown["given"] == []
        assert shown["received"][0]["reason"] == "nghỉ phép năm"
        assert shown["received"][0]["domains"] == ["traffic"]
        me = served(deputy).get("/api/v1/account/me").json()
        assert me["roles"][0] | {"delegated": True} == me["roles"][0]
        assert served(stranger).get(D).json()["received"] == []
        assert served(stranger).delete(f"{D}/{number}").status_code == 404
        assert served(ending).delete(f"{D}/{number}").status_code == 204
        assert _n(service, deputy) == 0
        assert served(ending).delete(f"{D}/{number}").status_code == 404
    with module_hanoi.connect() as connection:
        entries = connection.execute(
            text("SELECT actor, act, details FROM audit WHERE subject = :name ORDER BY id"),
            {"name": deputy.name},
        ).all()
    assert [(row.actor, row.act) for row in entries] == [
        (giver.name, "role.delegated"),
        (giver.name, "role.taken"),
        (giver.name, "role.delegated"),
        (deputy.name, "role.taken"),
    ]
    assert "phép" not in str(entries)


def test_it_ends_by_time_and_with_the_role_it_stands_for(
    module_hanoi: Engine, service: Engine, served: Callable[[Person], TestClient], ward: str
) -> None:
    giver, deputy = official(module_hanoi, "officer", areas=[ward]), official(module_hanoi)
    number = served(giver).post(D, json=_order(giver, deputy)).json()["id"]
    past = datetime.now(UTC) - timedelta(seconds=1)
    own = account_role.c.id == number
    with module_hanoi.begin() as connection:
        connection.execute(
            update(account_role).where(own).values(since=past - timedelta(1), until=past)
        )
    assert _n(service, deputy) == 0
    served(giver).post(D, json=_order(giver, deputy))
    assert _n(service, deputy) > 0
    with module_hanoi.begin() as connection:
        of_giver = account_role.c.id == giver.role_ids[0]
        connection.execute(update(account_role).where(of_giver).values(until=past))
    assert _n(service, deputy) == 0


def test_only_a_role_of_ones_own_goes_on_and_not_for_long_nor_to_oneself(
    module_hanoi: Engine, served: Callable[[Person], TestClient], ward: str
) -> None:
    giver, deputy = official(module_hanoi, "officer", areas=[ward]), official(module_hanoi)
    other = official(module_hanoi, "supervisor")
    client = served(giver)
    for wrong, status in (
        ({"role_id": other.role_ids[0]}, 409),
        ({"to": giver.name}, 409),
        ({"to": "nobody-here"}, 404),
        ({"until": (datetime.now(UTC) + timedelta(days=91)).isoformat()}, 422),
        ({"until": (datetime.now(UTC) - timedelta(days=1)).isoformat()}, 422),
        ({"reason": ""}, 422),
        ({"role_id": 10**30}, 422),
    ):
        assert client.post(D, json=_order(giver, deputy) | wrong).status_code == status, wrong
    number = client.post(D, json=_order(giver, deputy)).json()["id"]
    again = served(deputy).post(D, json=_order(giver, other) | {"role_id": number})
    assert again.status_code == 409
    with module_hanoi.connect() as connection:
        n = connection.execute(
            select(func.count())
            .select_from(account_role)
            .where(account_role.c.delegated_by == giver.id)
        ).scalar_one()
    assert n == 1


def test_the_database_itself_refuses_what_the_route_would(
    module_hanoi: Engine, service: Engine, ward: str
) -> None:
    giver, deputy = official(module_hanoi, "officer", areas=[ward]), official(module_hanoi)
    for whose, days in ((deputy, 5), (giver, 91), (giver, -1)):
        with service.begin() as connection:
            asking.show(connection, whose.token)
            given = connection.execute(
                text(
                    "SELECT role_delegated(:role, :to, now() + make_interval(days => :days), 'x')"
                ),
                {"role": giver.role_ids[0], "to": deputy.id, "days": days},
            ).scalar_one()
        assert given is None
