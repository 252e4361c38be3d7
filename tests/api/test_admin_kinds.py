"""Domains and categories as admins change them, by page and by command."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, select, text
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.settings import Settings
from geo import audit
from geo.schema import audit as entries

ADMIN = "/api/v1/admin"


@pytest.fixture
def client(hanoi_engine: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(hanoi_engine, Settings())) as made:
        yield official(hanoi_engine, "admin", name="root")(made)


def kind(client: TestClient, code: str) -> dict[str, Any]:
    return next(
        one
        for domain in client.get(f"{ADMIN}/domains").json()["domains"]
        for one in domain["categories"]
        if one["code"] == code
    )


def last(engine: Engine, act: str) -> Any:
    with engine.connect() as connection:
        return connection.execute(
            select(entries).where(entries.c.act == act).order_by(entries.c.id.desc()).limit(1)
        ).one()


def test_a_category_is_added_set_reported_and_then_only_switched_off(
    hanoi_engine: Engine, client: TestClient
) -> None:
    domain = {"code": "health", "name_vi": "Y tế", "name_en": "Health", "colour": "#AA0000"}
    made = client.post(f"{ADMIN}/domains", json=domain | {"code": "own-health"})
    assert made.status_code == 201, made.text
    new = {"code": "own-clinic", "domain": "own-health", "name_vi": "Phòng khám",
           "name_en": "Clinic"}  # fmt: skip
    assert client.post(f"{ADMIN}/categories", json=new).status_code == 201
    assert client.post(f"{ADMIN}/categories", json=new).status_code == 409
    assert kind(client, "own-clinic")["colour"] == "#aa0000"
    question = {"code": "open", "kind": "one", "vi": "Mở cửa?", "en": "Open?", "required": True,
                "options": [{"code": "y", "vi": "Có", "en": "Yes"},
                            {"code": "n", "vi": "Không", "en": "No"}]}  # fmt: skip
    wanted = {"settings": {"questions": [question], "near_m": 30}}
    shown = client.post(f"{ADMIN}/categories/preview", json=wanted).json()["form"]
    assert shown["en"][0] == "Open? (choose one: Yes, No; has to be answered; for officials alone)"
    done = client.put(f"{ADMIN}/categories/own-clinic/settings", json=wanted).json()
    assert done["before"] == {"near_m": 100, "questions": []}
    public = client.get("/api/v1/domains").json()
    assert "own-clinic" in str(public)
    body = {"lon": 105.83, "lat": 21.02, "category": "own-clinic", "text": "Phòng khám đóng cửa",
            "answers": {"open": "n"}}  # fmt: skip
    assert client.post("/api/v1/complaints", json=body).status_code == 201
    refused = client.delete(f"{ADMIN}/categories/own-clinic")
    assert (refused.status_code, "switch it off" in refused.json()["detail"]) == (409, True)
    moved = client.patch(f"{ADMIN}/categories/own-clinic", json={"domain": "environment"})
    assert moved.status_code == 409
    off = client.patch(f"{ADMIN}/categories/own-clinic", json={"enabled": False}).json()
    assert off["before"] == {"enabled": True}
    assert "own-clinic" not in client.get("/api/v1/domains").text
    assert client.post("/api/v1/complaints", json=body).status_code == 422
    undone = client.patch(f"{ADMIN}/categories/own-clinic", json=off["before"])
    assert undone.json()["before"] == {"enabled": False}
    assert client.delete(f"{ADMIN}/domains/own-health").status_code == 409
    # The database wrote it down by itself: who, and what it was before.
    row = last(hanoi_engine, "row.category")
    assert (row.actor, row.subject) == ("root", "category:own-clinic")
    assert (row.details["old"], row.details["new"]) == ({"enabled": False}, {"enabled": True})


@pytest.mark.parametrize(
    ("path", "body", "says"),
    [
        ("categories/preview", {"settings": {"near_m": 0}}, "near_m"),
        ("categories/preview", {"settings": {"questions": [{"code": "x"}]}}, "questions"),
        ("categories", {"code": "x", "name_vi": "X", "name_en": "X"}, "domain"),
        ("categories", {"code": "x", "domain": "nowhere", "name_vi": "X", "name_en": "X"}, "nowh"),
        ("domains", {"code": "x", "name_vi": "X", "name_en": "X", "colour": "red"}, "colour"),
        ("domains", {"code": "Bad Code", "name_vi": "X", "name_en": "X"}, "code"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_half_done(
    client: TestClient, path: str, body: dict[str, Any], says: str
) -> None:
    before = client.get(f"{ADMIN}/domains").json()
    refused = client.post(f"{ADMIN}/{path}", json=body)
    assert 400 <= refused.status_code < 500
    assert says in refused.text
    assert client.get(f"{ADMIN}/domains").json() == before


def test_what_was_sensitive_becomes_public_only_when_that_is_said(client: TestClient) -> None:
    path = f"{ADMIN}/categories/garbage"
    assert client.patch(path, json={"sensitive": True}).json()["before"] == {"sensitive": False}
    assert client.patch(path, json={"sensitive": False}).status_code == 409
    assert kind(client, "garbage")["sensitive"]
    assert client.patch(path, json={"sensitive": False, "reveal": True}).status_code == 200


def test_the_service_cannot_change_kinds_without_an_admin(
    hanoi_engine: Engine, client: TestClient
) -> None:
    with hanoi_engine.connect() as connection:
        connection.execute(text("SET ROLE phananh_app"))
        changed = connection.execute(text("UPDATE category SET sensitive = false"))
        assert changed.rowcount == 0
        with pytest.raises(Exception, match="row-level security"):
            connection.execute(
                text("INSERT INTO domain VALUES (2000, 'x', 'x', 'x', '#000000', 1, true)")
            )
    assert official(hanoi_engine, "planner")(client).get(f"{ADMIN}/domains").status_code == 403


def test_the_same_by_command_with_its_name_in_the_log(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))

    def run(*words: str) -> Any:
        return CliRunner().invoke(app, list(words))

    assert run("domain", "art", "--add", "--name-vi", "Nghệ thuật", "--name-en", "Art",
               "--colour", "#123456").exit_code == 0  # fmt: skip
    made = run("category", "mural", "--add", "--domain", "art", "--name-vi", "Tranh",
               "--name-en", "Mural")  # fmt: skip
    assert made.exit_code == 0, made.output
    assert "no" in run("category", "mural", "--disable").output
    row = last(hanoi_engine, "row.category")
    assert row.actor.startswith("command:")
    assert row.details["new"] == {"enabled": False}
    assert "deleted" in run("category", "mural", "--delete").output
    assert isinstance(run("category", "garbage", "--delete").exception, Exception)
    with hanoi_engine.connect() as connection:
        assert audit.verify(connection).broken is None
