"""The second factor, as people meet it over HTTP and as the database enforces it."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, select, text, update

from api.app import create_app
from api.auth import COOKIE, HEADER
from api.settings import Settings
from geo import asking, passwords, sealing
from geo.schema import account, account_recovery, account_session, work

A = "/api/v1/account"
WORDS = "cá vàng bơi ngược dòng"
HASHED = passwords.hashed(WORDS)


@pytest.fixture(scope="module")
def engine_of_service(module_hanoi: Engine) -> Iterator[Engine]:
    made = service_engine(module_hanoi)
    yield made
    made.dispose()


@pytest.fixture(scope="module")
def app(module_hanoi: Engine) -> FastAPI:
    return create_app(module_hanoi, Settings(secret="x" * 40))


@pytest.fixture(scope="module")
def strict(module_hanoi: Engine) -> FastAPI:
    """Where supervisors and admins need a second factor."""
    return create_app(module_hanoi, Settings(secret="x" * 40, second_factor="supervisor,admin"))


def _client(app: FastAPI) -> TestClient:
    made = TestClient(app, raise_server_exceptions=False)
    made.headers[HEADER] = "1"
    return made


@pytest.fixture
def person(module_hanoi: Engine) -> Callable[..., Person]:
    """An official with a password."""

    def made(*roles: str) -> Person:
        who = official(module_hanoi, *roles)
        with module_hanoi.begin() as connection:
            connection.execute(
                update(account).where(account.c.id == who.id).values(password=HASHED)
            )
        return who

    return made


def _enter(client: TestClient, who: Person) -> str:
    answer = client.post(f"{A}/sign-in", json={"name": who.name, "password": WORDS})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["state"])


def _set_up(client: TestClient, **proof: str) -> tuple[pyotp.TOTP, list[str]]:
    wanted = client.post(f"{A}/totp", json=proof).json()
    code = pyotp.TOTP(wanted["secret"])
    answer = client.put(f"{A}/totp", json={"code": code.now()})
    assert answer.status_code == 200, answer.text
    return code, answer.json()["recovery"]


def _later(code: pyotp.TOTP) -> str:
    """The code of the next step: that of this one was used when it was set up."""
    return code.at(datetime.now(UTC) + timedelta(seconds=30))


def _token(client: TestClient) -> str:
    return str(client.cookies[COOKIE])


def _sees(service: Engine, token: str) -> bool:
    with service.begin() as connection:
        asking.show(connection, token)
        return connection.execute(select(work.c.complaint_id).limit(1)).scalar() is not None


def test_a_session_that_waits_opens_nothing_until_the_code_was_given(
    app: FastAPI, engine_of_service: Engine, person: Callable[..., Person]
) -> None:
    who, client = person("officer"), _client(app)
    assert _enter(client, who) == "signed-in"
    picture = client.post(f"{A}/totp", json={"password": WORDS}).json()
    assert picture["svg"].startswith("<svg")
    assert pyotp.parse_uri(picture["uri"]).secret == picture["secret"]
    code, _ = _set_up(client, password=WORDS)
    assert client.get(f"{A}/me").json()["second_factor"] is True
    assert client.get(f"{A}/me").json()["recovery_left"] == 8

    other = _client(app)
    assert _enter(other, who) == "second-factor"
    waiting = _token(other)
    # The database itself, whatever the routes say.
    assert not _sees(engine_of_service, waiting)
    for path in (f"{A}/me", f"{A}/sessions", "/api/v1/work", "/api/v1/work/counts"):
        assert other.get(path).status_code == 401
    # Who has the password alone must not choose another second factor.
    assert other.post(f"{A}/totp", json={}).status_code == 401
    assert other.put(f"{A}/totp", json={"code": _later(code)}).status_code in (401, 409)
    assert other.request("DELETE", f"{A}/totp", json={"password": WORDS}).status_code == 401
    assert other.post(f"{A}/second-factor", json={"code": "000000"}).status_code == 403
    assert not _sees(engine_of_service, waiting)
    # Whoever is signed in sees that somebody has the password.
    listed = client.get(f"{A}/sessions").json()
    assert [one["waiting"] for one in listed] == [True, False]
    answer = other.post(f"{A}/second-factor", json={"code": _later(code)})
    assert answer.json() == {"state": "signed-in"}
    assert _token(other) != waiting
    assert _sees(engine_of_service, _token(other))
    assert not _sees(engine_of_service, waiting)


def test_without_its_condition_a_session_that_waits_would_be_open(
    hanoi_engine: Engine,
) -> None:
    """Shows that it is `asker()` which keeps it shut."""
    who, service = official(hanoi_engine, "officer"), service_engine(hanoi_engine)
    with hanoi_engine.begin() as connection:
        connection.execute(update(account_session).values(whole=False))
    assert not _sees(service, who.token)
    with hanoi_engine.begin() as connection:
        made = connection.execute(
            text("SELECT pg_get_functiondef('asker()'::regprocedure)")
        ).scalar_one()
        assert "s.whole AND" in made
        connection.execute(text(made.replace("s.whole AND", "").replace(":", r"\:")))
    assert _sees(service, who.token)
    service.dispose()


def test_each_code_counts_once_and_each_recovery_code_too(
    app: FastAPI, person: Callable[..., Person]
) -> None:
    who, client = person("officer"), _client(app)
    _enter(client, who)
    code, recovery = _set_up(client, password=WORDS)
    path = f"{A}/second-factor"
    used = _later(code)
    for given, status in (
        (code.now(), 403),  # used when it was set up
        (used, 200),
        (used, 403),
        (recovery[0].upper().replace("-", " "), 200),
        (recovery[0], 403),
        (recovery[1], 200),
        ("abcd-abcd-abcd-abcd", 403),
    ):
        own = _client(app)
        assert _enter(own, who) == "second-factor"
        assert own.post(path, json={"code": given}).status_code == status, given
    assert client.get(f"{A}/me").json()["recovery_left"] == 6


def test_wrong_codes_lock_the_account_and_the_password_does_not_buy_new_guesses(
    app: FastAPI, module_hanoi: Engine, person: Callable[..., Person]
) -> None:
    who, client = person("officer"), _client(app)
    _enter(client, who)
    code, _ = _set_up(client, password=WORDS)
    for _ in range(5):
        own = _client(app)
        assert _enter(own, who) == "second-factor"
        assert own.post(f"{A}/second-factor", json={"code": "123456"}).status_code == 403
    assert own.post(f"{A}/second-factor", json={"code": _later(code)}).status_code == 403
    said = {"name": who.name, "password": WORDS}
    assert _client(app).post(f"{A}/sign-in", json=said).status_code == 403
    with module_hanoi.connect() as connection:
        acts = connection.execute(
            text("SELECT act, details FROM audit WHERE subject = :name ORDER BY id"),
            {"name": who.name},
        ).all()
    tries = ["sign-in.waits", "sign-in.failed"] * 5
    assert [row.act for row in acts] == ["sign-in", "totp", *tries, *["sign-in.locked"] * 2]
    assert acts[-3].details == {"locked": True, "step": "second-factor"}
    assert "123456" not in str(acts)


def test_who_needs_one_and_has_none_is_led_to_set_it_up_and_may_do_nothing_else(
    strict: FastAPI, engine_of_service: Engine, person: Callable[..., Person]
) -> None:
    who, client = person("supervisor"), _client(strict)
    assert _enter(client, who) == "set-up"
    assert not _sees(engine_of_service, _token(client))
    assert client.get(f"{A}/me").status_code == 401
    assert client.post(f"{A}/password", json={"old": WORDS, "new": WORDS}).status_code == 401
    assert client.post(f"{A}/second-factor", json={"code": "123456"}).status_code == 401
    assert client.put(f"{A}/totp", json={"code": "123456"}).status_code == 409
    client.post(f"{A}/totp", json={})
    assert client.put(f"{A}/totp", json={"code": "12345x"}).status_code == 422
    code, recovery = _set_up(client)
    assert len(set(recovery)) == 8
    assert _sees(engine_of_service, _token(client))
    me = client.get(f"{A}/me").json()
    assert (me["second_factor"], me["second_factor_needed"]) == (True, True)
    # Not taken off where it is needed; another device takes the place of this one.
    refused = client.request("DELETE", f"{A}/totp", json={"code": _later(code)})
    assert refused.status_code == 409
    assert client.post(f"{A}/totp", json={"password": "wrong"}).status_code == 403
    another, _ = _set_up(client, password=WORDS)
    assert another.secret != code.secret
    officer = _client(strict)
    assert _enter(officer, person("officer")) == "signed-in"


def test_a_role_that_needs_one_ends_the_sessions_that_were_begun_without(
    strict: FastAPI, module_hanoi: Engine, engine_of_service: Engine, person: Callable[..., Person]
) -> None:
    who, client = person("officer"), _client(strict)
    assert _enter(client, who) == "signed-in"
    with module_hanoi.begin() as connection:
        connection.execute(
            text("INSERT INTO account_role (account_id, role) VALUES (:id, 'supervisor')"),
            {"id": who.id},
        )
    assert client.get("/api/v1/work").status_code == 401
    assert not _sees(engine_of_service, _token(client))
    assert _enter(client, who) == "set-up"


def test_it_is_taken_off_with_a_code_or_the_password_and_with_nothing_else(
    app: FastAPI, module_hanoi: Engine, person: Callable[..., Person]
) -> None:
    who, client = person("officer"), _client(app)
    _enter(client, who)
    code, _ = _set_up(client, password=WORDS)
    path = f"{A}/totp"
    for proof in ({}, {"code": "123456"}, {"password": "wrong"}, {"code": code.now()}):
        assert client.request("DELETE", path, json=proof).status_code == 403
    assert client.request("DELETE", path, json={"code": _later(code)}).status_code == 204
    assert _enter(_client(app), who) == "signed-in"
    with module_hanoi.connect() as connection:
        left = select(account_recovery).where(account_recovery.c.account_id == who.id)
        assert connection.execute(left).all() == []


def test_the_secret_is_stored_sealed_and_only_for_its_account(
    app: FastAPI, module_hanoi: Engine, person: Callable[..., Person]
) -> None:
    who, other, client = person("officer"), person("officer"), _client(app)
    _enter(client, who)
    code, recovery = _set_up(client, password=WORDS)
    with module_hanoi.begin() as connection:
        kept = connection.execute(select(account.c.totp).where(account.c.id == who.id)).scalar_one()
        stored = connection.execute(select(account_recovery.c.hash)).scalars().all()
        assert code.secret.encode() not in kept
        assert not any(one.encode() in bytes(each) for one in recovery for each in stored)
        # Put into another account's row, it opens nothing.
        connection.execute(update(account).where(account.c.id == other.id).values(totp=kept))
    assert sealing.opened(b"y" * 40, f"second factor of {who.id}", kept) is None
    thief = _client(app)
    assert _enter(thief, other) == "second-factor"
    answer = thief.post(f"{A}/second-factor", json={"code": _later(code)})
    assert answer.status_code == 409
    assert "khoá" in answer.json()["detail"]


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT totp FROM account",
        "SELECT totp_wanted FROM account",
        "SELECT * FROM account_recovery",
        "DELETE FROM account_recovery",
        "UPDATE account_session SET whole = true",
        "UPDATE account_session SET strong = true",
        "UPDATE account_session SET ended_at = NULL",
        "SELECT session_made_whole(''::bytea, now())",
        "SELECT reason FROM account_role",
        "INSERT INTO account_role (account_id, role) VALUES (1, 'admin')",
    ],
)
def test_the_service_has_no_right_to(
    module_hanoi: Engine, engine_of_service: Engine, statement: str
) -> None:
    from sqlalchemy.exc import ProgrammingError

    who = official(module_hanoi, "admin", "supervisor")
    with engine_of_service.connect() as connection:
        asking.show(connection, who.token)
        with pytest.raises(ProgrammingError, match=r"permission denied|row-level security"):
            connection.execute(text(statement))


def test_no_function_that_looks_at_more_than_its_caller_may_is_for_everyone(
    module_hanoi: Engine,
) -> None:
    with module_hanoi.connect() as connection:
        found = connection.execute(
            text(
                "SELECT p.proname FROM pg_proc p"
                " CROSS JOIN LATERAL aclexplode("
                "   coalesce(p.proacl, acldefault('f', p.proowner))) a"
                " WHERE p.prosecdef AND p.pronamespace = 'public'\\:\\:regnamespace"
                " AND a.grantee = 0"
                " AND NOT EXISTS (SELECT FROM pg_depend d WHERE d.objid = p.oid"
                "                    AND d.deptype = 'e')"
            )
        ).scalars()
        assert list(found) == []
