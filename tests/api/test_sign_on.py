"""Signing on elsewhere, against a provider that speaks the protocol and can be told to lie."""

import secrets
import time
from collections.abc import Iterator

import httpx
import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from joserfc.jwk import RSAKey
from officials import Person, official
from pydantic import ValidationError
from sign_on_provider import CLIENT, SECRET, Provider, provider
from sqlalchemy import Engine, select, text, update

from api.app import create_app
from api.settings import Settings
from geo.schema import account

A = "/api/v1/account"
HERE = "http://testserver"
# What one came for is not forgotten over a refusal.
NEXT = "&next=%2Foffice%2Fc%2FHN-1"


@pytest.fixture(scope="module")
def elsewhere() -> Iterator[Provider]:
    with provider() as made:
        yield made


def _settings(elsewhere: Provider, **more: str) -> Settings:
    given = {"oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "public_url": HERE}
    return Settings(oidc_issuer=elsewhere.issuer, secret="x" * 40, **given, **more)


@pytest.fixture(scope="module")
def app(module_hanoi: Engine, elsewhere: Provider) -> FastAPI:
    return create_app(module_hanoi, _settings(elsewhere))


@pytest.fixture(autouse=True)
def honest(elsewhere: Provider) -> None:
    elsewhere.lies, elsewhere.signing = {}, elsewhere.key
    subject = secrets.token_hex(4)
    elsewhere.person = {"sub": subject, "email": f"{subject}@example.org", "email_verified": True}


def _known(engine: Engine, email: str, *roles: str) -> Person:
    """An account that an admin made for this address."""
    who = official(engine, *roles)
    with engine.begin() as connection:
        connection.execute(update(account).where(account.c.id == who.id).values(email=email))
    return who


def _client(app: FastAPI) -> TestClient:
    return TestClient(
        app, base_url=HERE, follow_redirects=False, headers={"X-Phananh": "1"},
        raise_server_exceptions=False,
    )  # fmt: skip


def _back(client: TestClient, to: str = "/office/c/HN-1") -> str:
    """The address with which the provider sends the browser back."""
    left = client.get(f"{A}/oidc", params={"next": to})
    assert left.status_code == 303
    sent = httpx.get(left.headers["Location"], follow_redirects=False)
    return sent.headers["Location"]


def _signs_on(client: TestClient, to: str = "/office/c/HN-1") -> str:
    answer = client.get(_back(client, to))
    assert answer.status_code == 303
    return answer.headers["Location"]


def test_an_account_is_bound_once_by_its_confirmed_address_and_known_by_its_subject_from_then_on(
    module_hanoi: Engine, elsewhere: Provider, app: FastAPI
) -> None:
    who = _known(module_hanoi, elsewhere.person["email"].upper(), "officer")
    client = _client(app)
    assert client.get(f"{A}/sign-in").json() == {"elsewhere": {"name": ""}}
    assert _signs_on(client) == "/office/c/HN-1"
    assert client.get(f"{A}/me").json()["name"] == who.name
    # Another address, the same person; and another person with the same address.
    elsewhere.person = elsewhere.person | {"email": "new@example.org"}
    assert _signs_on(_client(app)) == "/office/c/HN-1"
    elsewhere.person = {"sub": "thief", "email": f"{who.name}@x.org", "email_verified": True}
    with module_hanoi.begin() as connection:
        found = select(account.c.email).where(account.c.id == who.id)
        elsewhere.person["email"] = connection.execute(found).scalar_one()
    assert _signs_on(_client(app)) == f"/office/sign-in?refused=unknown{NEXT}"
    # Until an admin forgets who it was.
    admin = official(module_hanoi, "admin")(_client(app))
    path = f"/api/v1/admin/accounts/{who.id}"
    assert admin.get(path).json()["signs_on"] is True
    assert admin.patch(path, json={"signs_on": True}).status_code == 422
    assert admin.patch(path, json={"signs_on": False}).json()["signs_on"] is False
    assert _signs_on(_client(app)) == "/office/c/HN-1"
    with module_hanoi.connect() as connection:
        acts = connection.execute(
            text("SELECT act FROM audit WHERE subject = :name ORDER BY id"), {"name": who.name}
        ).scalars()
        assert list(acts) == [
            "account.bound", "sign-in", "sign-in", "account.unbound", "account.bound", "sign-in",
        ]  # fmt: skip


@pytest.mark.parametrize(
    "address", ["not confirmed", "said to be, as a word", "of nobody", "of two"]
)
def test_nobody_is_bound_by_an_address_that_is(
    module_hanoi: Engine, elsewhere: Provider, app: FastAPI, address: str
) -> None:
    email = elsewhere.person["email"]
    if address != "of nobody":
        _known(module_hanoi, email, "officer")
    if address == "of two":
        _known(module_hanoi, email, "officer")
    if address == "not confirmed":
        elsewhere.person["email_verified"] = False
    if address == "said to be, as a word":
        elsewhere.person["email_verified"] = "false"
    client = _client(app)
    assert _signs_on(client) == f"/office/sign-in?refused=unknown{NEXT}"
    assert client.get(f"{A}/me").status_code == 401


@pytest.mark.parametrize(
    "lie",
    [
        {"aud": "another"},
        {"iss": "https://another.example.org"},
        {"nonce": "another"},
        {"exp": int(time.time()) - 600},
        {"sub": ""},
        {"azp": "another", "aud": [CLIENT, "another"]},
    ],
    ids=lambda lie: next(iter(lie)),
)
def test_a_token_that_lies_opens_nothing(
    module_hanoi: Engine, elsewhere: Provider, app: FastAPI, lie: dict[str, object]
) -> None:
    _known(module_hanoi, elsewhere.person["email"], "officer")
    elsewhere.lies = lie
    client = _client(app)
    assert _signs_on(client) == f"/office/sign-in?refused=wrong{NEXT}"
    assert client.get(f"{A}/me").status_code == 401


def test_a_token_of_another_key_opens_nothing(
    module_hanoi: Engine, elsewhere: Provider, app: FastAPI
) -> None:
    _known(module_hanoi, elsewhere.person["email"], "officer")
    elsewhere.signing = RSAKey.generate_key(2048, {"kid": "1"})
    assert _signs_on(_client(app)) == f"/office/sign-in?refused=wrong{NEXT}"


def test_an_answer_is_taken_by_the_browser_that_asked_and_once(
    module_hanoi: Engine, elsewhere: Provider, app: FastAPI
) -> None:
    _known(module_hanoi, elsewhere.person["email"], "officer")
    client = _client(app)
    back = _back(client)
    stranger = _client(app)
    assert stranger.get(back).headers["Location"] == "/office/sign-in?refused=old"
    _back(stranger)
    assert stranger.get(back).headers["Location"] == "/office/sign-in?refused=old"
    assert client.get(back).headers["Location"] == "/office/c/HN-1"
    assert client.get(back).headers["Location"] == "/office/sign-in?refused=old"
    given_up = _client(app)
    state = httpx.URL(_back(given_up)).params["state"]
    answer = given_up.get(f"{A}/oidc/return", params={"error": "access_denied", "state": state})
    assert answer.headers["Location"] == f"/office/sign-in?refused=cancelled{NEXT}"


@pytest.mark.parametrize(
    "to", ["https://evil.example.org", "//evil.example.org", "/office/../x?\n", "/api/v1/mine"]
)
def test_nobody_is_led_away_afterwards(
    module_hanoi: Engine, elsewhere: Provider, app: FastAPI, to: str
) -> None:
    _known(module_hanoi, elsewhere.person["email"], "officer")
    landed = _signs_on(_client(app), to)
    assert landed == "/office"


def test_a_needed_second_factor_is_that_of_who_vouches_or_one_of_the_products_own(
    module_hanoi: Engine, elsewhere: Provider
) -> None:
    strict = create_app(module_hanoi, _settings(elsewhere, second_factor="admin"))
    _known(module_hanoi, elsewhere.person["email"], "admin")
    client = _client(strict)
    assert _signs_on(client, "/office") == "/office/sign-in?step=set-up&next=%2Foffice"
    assert client.get(f"{A}/me").status_code == 401
    elsewhere.person["amr"] = ["pwd", "mfa"]
    assert _signs_on(client, "/office") == "/office"
    assert client.get(f"{A}/me").status_code == 200


def test_without_settings_there_is_no_such_way_and_an_issuer_is_asked_over_https_alone(
    module_hanoi: Engine,
) -> None:
    client = _client(create_app(module_hanoi, Settings(secret="x" * 40)))
    assert client.get(f"{A}/sign-in").json() == {"elsewhere": None}
    assert client.get(f"{A}/oidc").status_code == 404
    assert client.get(f"{A}/oidc/return?code=x&state=y").status_code == 404
    with pytest.raises(ValidationError, match="https"):
        Settings(oidc_issuer="http://sso.example.org")
