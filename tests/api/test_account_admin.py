"""Accounts as admins keep them, and as nobody else may."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, select, text, update

from api.app import create_app
from api.auth import COOKIE, HEADER
from api.settings import Settings
from geo import asking, passwords
from geo.schema import account, account_role, account_session

P = "/api/v1/admin/accounts"
A = "/api/v1/account"


@pytest.fixture(scope="module")
def app(module_hanoi: Engine) -> FastAPI:
    return create_app(module_hanoi, Settings())


@pytest.fixture(scope="module")
def served(app: FastAPI) -> Callable[[Person | None], TestClient]:
    def client(who: Person | None) -> TestClient:
        made = TestClient(app, raise_server_exceptions=False)
        made.headers["X-Phananh"] = "1"
        return who(made) if who else made

    return client


Served = Callable[[Person | None], TestClient]


@pytest.fixture(scope="module")
def admin(module_hanoi: Engine) -> Person:
    return official(module_hanoi, "admin", name="quantri")


def test_a_new_account_gets_a_password_to_be_used_once(
    module_hanoi: Engine, served: Served, admin: Person
) -> None:
    client = served(admin)
    said = {
        "name": "Lan.Ng",
        "full_name": "Nguyễn Thị Lan",
        "unit": "Phòng Quản lý đô thị",
        "role": {"role": "officer", "areas": ["hanoi-district-2014:001"], "domains": ["traffic"]},
    }
    answer = client.post(P, json=said)
    assert answer.status_code == 201, answer.text
    made, password = answer.json()["account"], answer.json()["password"]
    assert made["name"] == "lan.ng"
    assert made["roles"][0]["areas"] == ["hanoi-district-2014:001"]
    assert client.post(P, json=said).status_code == 409
    own = served(None)
    entered = own.post(f"{A}/sign-in", json={"name": "lan.ng", "password": password})
    assert entered.json() == {"state": "signed-in"}
    assert own.get(f"{A}/me").json()["must_change"] is True
    assert own.get("/api/v1/work").status_code == 403
    changed = own.post(f"{A}/password", json={"old": password, "new": "bốn con trâu đọc báo"})
    assert changed.status_code == 204
    # Another one: the sessions end, the old password is worth nothing.
    other = client.post(f"{P}/{made['id']}/password").json()["password"]
    assert own.get(f"{A}/me").status_code == 401
    old = {"name": "lan.ng", "password": "bốn con trâu đọc báo"}
    assert own.post(f"{A}/sign-in", json=old).status_code == 403
    assert own.post(f"{A}/sign-in", json=old | {"password": other}).status_code == 200
    assert client.request("DELETE", f"{P}/{made['id']}/sessions").json() == {"ended": 1}
    assert own.get(f"{A}/me").status_code == 401
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text("SELECT act, details FROM audit WHERE subject = 'lan.ng' AND actor = 'quantri'")
        ).all()
    assert [row.act for row in rows] == ["account.new", "role.given", "password", "session.ended"]
    assert password not in str(rows)
    assert other not in str(rows)


def test_accounts_are_found_by_words_without_diacritics_and_in_pages(
    served: Served, admin: Person
) -> None:
    client = served(admin)
    for n in range(3):
        said = {"name": f"tim{n}", "full_name": f"Đỗ Văn Tìm {n}", "unit": "Tổ 9"}
        # Who has no role could do nothing.
        refused = client.post(P, json=said)
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "role")
        assert client.post(P, json=said | {"role": {"role": "viewer"}}).status_code == 201
    found = client.get(P, params={"q": "do van tim"}).json()
    assert [one["name"] for one in found["accounts"]] == ["tim0", "tim1", "tim2"]
    first = client.get(P, params={"q": "to 9", "limit": 2}).json()
    rest = client.get(P, params={"q": "to 9", "limit": 2, "after": first["next"]}).json()
    names = [one["name"] for page in (first, rest) for one in page["accounts"]]
    assert names == ["tim0", "tim1", "tim2"]
    assert rest["next"] is None
    only = client.get(P, params={"role": "admin"}).json()["accounts"]
    assert "quantri" in [one["name"] for one in only]
    assert all(any(role["role"] == "admin" for role in one["roles"]) for one in only)


def test_a_person_is_changed_and_disabled_and_what_is_wrong_is_refused_in_words(
    module_hanoi: Engine, served: Served, admin: Person
) -> None:
    client, who = served(admin), official(module_hanoi, "officer")
    path = f"{P}/{who.id}"
    changed = client.patch(path, json={"unit": "Đội 3", "email": "lan@example.org"}).json()
    assert (changed["unit"], changed["email"]) == ("Đội 3", "lan@example.org")
    assert changed["full_name"] == who.name.title()
    assert client.patch(path, json={"email": "no address"}).status_code == 422
    assert client.patch(f"{P}/999999", json={"unit": "x"}).status_code == 404
    for wrong in (
        {"role": "king"},
        {"role": "officer", "areas": ["nowhere:1"]},
        {"role": "officer", "domains": ["nothing"]},
        {"role": "admin", "areas": ["hanoi-district-2014:001"]},
        {"role": "officer", "until": (datetime.now(UTC) - timedelta(1)).isoformat()},
    ):
        assert client.post(f"{path}/roles", json=wrong).status_code == 422, wrong
    given = client.post(f"{path}/roles", json={"role": "viewer"}).json()["id"]
    assert client.delete(f"{path}/roles/{given}").status_code == 204
    assert client.delete(f"{path}/roles/{given}").status_code == 404
    assert client.delete(f"{path}/totp").status_code == 404
    assert served(who).get(f"{A}/me").status_code == 200
    assert client.patch(path, json={"enabled": False}).json()["enabled"] is False
    assert served(who).get(f"{A}/me").status_code == 401


def test_nobody_but_an_admin_does_any_of_it_in_routes_or_in_the_database(
    module_hanoi: Engine, served: Served, admin: Person
) -> None:
    who = official(module_hanoi, "supervisor", "planner")
    client, path = served(who), f"{P}/{admin.id}"
    asked = [
        ("GET", P, None),
        ("POST", P, {"name": "mine"}),
        ("GET", path, None),
        ("PATCH", path, {"enabled": False}),
        ("POST", f"{path}/roles", {"role": "admin"}),
        ("DELETE", f"{path}/roles/{admin.role_ids[0]}", None),
        ("POST", f"{path}/password", None),
        ("DELETE", f"{path}/sessions", None),
        ("DELETE", f"{path}/totp", None),
    ]
    for method, at, body in asked:
        assert client.request(method, at, json=body).status_code == 403, (method, at)
        assert served(None).request(method, at, json=body).status_code == 401, (method, at)
    service = service_engine(module_hanoi)
    statements = (
        "SELECT account_made('mine', 'x', NULL, NULL, 'vi', NULL)",
        f"SELECT account_changed({admin.id}, 'x', NULL, NULL)",
        f"SELECT account_enabled({admin.id}, false)",
        f"SELECT role_given({who.id}, 'admin', NULL, NULL, NULL)",
        f"SELECT role_taken({admin.id}, {admin.role_ids[0]})",
        f"SELECT password_given({admin.id}, 'x')",
        f"SELECT sessions_ended({admin.id})",
        f"SELECT factor_taken({admin.id})",
    )
    for statement in statements:
        with service.begin() as connection:
            asking.show(connection, who.token)
            assert not connection.execute(text(statement)).scalar(), statement
    service.dispose()
    assert served(admin).get(path).json()["enabled"] is True
    assert served(admin).get(path).json()["full_name"] == "Quantri"


def test_an_admin_that_gives_a_role_to_itself_is_seen(
    module_hanoi: Engine, served: Served, admin: Person
) -> None:
    client = served(admin)
    number = client.post(f"{P}/{admin.id}/roles", json={"role": "officer"}).json()["id"]
    with module_hanoi.connect() as connection:
        details = connection.execute(
            text("SELECT details FROM audit WHERE act = 'role.given' ORDER BY id DESC LIMIT 1")
        ).scalar_one()
    assert details["to_oneself"] is True
    assert client.delete(f"{P}/{admin.id}/roles/{number}").status_code == 204


def test_the_last_admin_stays_one_even_when_two_take_each_other_away_at_once(
    module_hanoi: Engine, served: Served, admin: Person
) -> None:
    with module_hanoi.begin() as connection:
        connection.execute(update(account).where(account.c.id != admin.id).values(enabled=False))
    client = served(admin)
    assert client.patch(f"{P}/{admin.id}", json={"enabled": False}).status_code == 409
    role = f"{P}/{admin.id}/roles/{admin.role_ids[0]}"
    assert client.delete(role).status_code == 409
    # One that is an admin for some days alone does not count.
    official(module_hanoi, "admin", until=datetime.now(UTC) + timedelta(days=3))
    assert client.delete(role).status_code == 409
    other = official(module_hanoi, "admin")
    pairs = ((admin, other), (other, admin))
    answers: list[int] = []

    def disable(who: Person, whom: Person) -> None:
        path = f"{P}/{whom.id}"
        answers.append(served(who).patch(path, json={"enabled": False}).status_code)

    threads = [Thread(target=disable, args=pair) for pair in pairs]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert answers.count(200) == 1
    with module_hanoi.connect() as connection:
        left = connection.execute(
            select(account.c.name)
            .join(account_role, account_role.c.account_id == account.c.id)
            .where(
                account.c.enabled, account_role.c.role == "admin", account_role.c.until.is_(None)
            )
        ).all()
    assert len(left) == 1


def test_a_password_that_was_hashed_with_less_is_hashed_anew_at_the_next_sign_in(
    module_hanoi: Engine, served: Served
) -> None:
    who = official(module_hanoi, "viewer")
    own = account.c.id == who.id
    weak = PasswordHasher(time_cost=1, memory_cost=64).hash("cá vàng bơi ngược dòng")
    with module_hanoi.begin() as connection:
        connection.execute(update(account).where(own).values(password=weak))
    said = {"name": who.name, "password": "cá vàng bơi ngược dòng"}
    for _ in range(2):
        assert served(None).post(f"{A}/sign-in", json=said).status_code == 200
        with module_hanoi.connect() as connection:
            kept = connection.execute(select(account.c.password).where(own)).scalar_one()
        assert kept != weak
        assert not passwords.is_outdated(kept)


def test_a_session_gets_another_token_now_and_then_and_the_old_one_is_good_for_a_minute(
    hanoi_engine: Engine,
) -> None:
    app = create_app(hanoi_engine, Settings())
    who = official(hanoi_engine, "officer")

    def me(token: str) -> httpx.Response:
        client = TestClient(app, cookies={COOKIE: token}, headers={HEADER: "1"})
        return client.get(f"{A}/me")

    own = account_session.c.account_id == who.id
    assert COOKIE not in me(who.token).cookies
    with hanoi_engine.begin() as connection:
        early = datetime.now(UTC) - timedelta(minutes=16)
        connection.execute(update(account_session).where(own).values(rotated_at=early))
    renewed = me(who.token).cookies[COOKIE]
    assert renewed != who.token
    assert me(who.token).status_code == 200
    with hanoi_engine.begin() as connection:
        past = datetime.now(UTC) - timedelta(seconds=1)
        connection.execute(update(account_session).where(own).values(former_until=past))
    assert me(who.token).status_code == 401
    assert me(renewed).status_code == 200
