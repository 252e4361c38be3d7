"""Saved views of the queue: whose they are, and which colleagues see them."""

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo import asking

VIEWS = "/api/v1/work/views"
HERE, THERE = "hanoi-ward-2025:1", "hanoi-ward-2025:2"


@pytest.fixture
def service(hanoi_engine: Engine) -> Iterator[Engine]:
    engine = service_engine(hanoi_engine)
    yield engine
    engine.dispose()


def _client(service: Engine, who: Person) -> TestClient:
    return who(TestClient(create_app(service, Settings())))


def test_a_view_is_kept_renamed_shared_and_deleted(hanoi_engine: Engine, service: Engine) -> None:
    own = _client(service, official(hanoi_engine, "officer", areas=[HERE]))
    made = own.post(VIEWS, json={"name": " Quá hạn ", "query": "overdue=true&open=ABC"})
    assert made.status_code == 201
    assert (made.json()["name"], made.json()["query"]) == ("Quá hạn", "overdue=true")
    number = made.json()["id"]
    changed = own.patch(f"{VIEWS}/{number}", json={"name": "Trễ", "shared": True})
    assert changed.json() == made.json() | {"name": "Trễ", "shared": True}
    assert own.post(VIEWS, json={"name": "Trễ", "query": ""}).status_code == 409
    assert own.delete(f"{VIEWS}/{number}").status_code == 204
    assert own.get(VIEWS).json() == []


def test_only_shared_views_of_colleagues_of_the_area_are_seen_and_none_is_changed(
    hanoi_engine: Engine, service: Engine
) -> None:
    owner, near, far = (
        official(hanoi_engine, "officer", areas=[area]) for area in (HERE, HERE, THERE)
    )
    everywhere = official(hanoi_engine, "supervisor")
    numbers = {
        name: _client(service, owner)
        .post(VIEWS, json={"name": name, "query": "mine=true", "shared": name == "shared"})
        .json()["id"]
        for name in ("own", "shared")
    }
    seen = {
        who: [one["name"] for one in _client(service, who).get(VIEWS).json()]
        for who in (owner, near, far, everywhere)
    }
    assert seen == {owner: ["own", "shared"], near: ["shared"], far: [], everywhere: ["shared"]}
    other = _client(service, near)
    address = f"{VIEWS}/{numbers['shared']}"
    assert other.patch(address, json={"name": "x"}).status_code == 404
    assert other.delete(address).status_code == 404
    with service.begin() as connection:
        asking.show(connection, near.token)
        assert connection.execute(text("UPDATE work_view SET name = 'x'")).rowcount == 0
        assert connection.execute(text("DELETE FROM work_view")).rowcount == 0


def test_what_cannot_be_a_view_is_refused_in_words_and_nothing_is_kept(
    hanoi_engine: Engine, service: Engine
) -> None:
    own = _client(service, official(hanoi_engine, "officer", areas=[HERE]))
    for wrong in (
        {"name": "  ", "query": ""},
        {"name": "x" * 81, "query": ""},
        {"name": "x\0", "query": ""},
        {"name": "x", "query": "q=" + "ạ" * 2_000},
        {"name": "x"},
        {"name": "x", "query": "", "owner": 1},
    ):
        refused = own.post(VIEWS, json=wrong)
        assert refused.status_code == 422, wrong
        assert refused.json()["detail"]
    assert own.get(VIEWS).json() == []
    number = own.post(VIEWS, json={"name": "a", "query": "?q=r%C3%A1c+th%E1%BA%A3i&mine="}).json()
    assert number["query"] == "q=r%C3%A1c+th%E1%BA%A3i"
    own.post(VIEWS, json={"name": "b", "query": ""})
    address = f"{VIEWS}/{number['id']}"
    assert own.patch(address, json={"name": "b"}).status_code == 409
    assert own.patch(address, json={"name": " "}).status_code == 422
    assert own.patch(address, json={}).json() == number
    for nothing in (0, 2**63, number["id"] + 1_000):
        assert own.delete(f"{VIEWS}/{nothing}").status_code in (404, 422)


def test_views_are_of_officials_with_work_alone(hanoi_engine: Engine, service: Engine) -> None:
    app = create_app(service, Settings())
    assert TestClient(app).get(VIEWS).status_code == 401
    for role in ("planner", "admin"):
        other = official(hanoi_engine, role)(TestClient(app))
        assert other.get(VIEWS).status_code == 403
        assert other.post(VIEWS, json={"name": "x", "query": ""}).status_code == 403
