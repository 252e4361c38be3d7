"""What admins see and change of deadlines, as the service's own role."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.testclient import TestClient
from officials import official, service_engine
from sqlalchemy import Engine, func, select, text

from api.app import create_app
from api.due_rounds import count_due
from api.settings import Settings
from geo import reporting
from geo.schema import audit, calendar_version, policy_version, work

AT = datetime(2026, 11, 5, 2, tzinfo=UTC)


@pytest.fixture
def client(hanoi_engine: Engine) -> Iterator[TestClient]:
    """Of an admin."""
    count_due(hanoi_engine)
    service = service_engine(hanoi_engine)
    with TestClient(create_app(service, Settings())) as made:
        yield official(hanoi_engine, "admin")(made)
    service.dispose()


def stored(engine: Engine) -> tuple[int, int]:
    with engine.connect() as connection:
        n = (select(func.count()).select_from(one) for one in (calendar_version, policy_version))
        return tuple(connection.execute(one).scalar_one() for one in n)  # type: ignore[return-value]


def test_a_year_shows_which_days_are_free_and_why(client: TestClient) -> None:
    found = client.get("/api/v1/admin/calendar?year=2026").json()
    days = {one["day"]: one for one in found["days"]}
    assert len(days) == 365
    assert (days["2026-02-17"]["why"], days["2026-02-17"]["hours"]) == ("holiday", [])
    assert days["2026-11-26"]["hours"] == ["08:00-12:00", "13:00-17:00"]
    [first] = found["versions"]
    assert first["valid_from"] is None
    # What the page begins with, though nothing was ever set.
    assert first["week"]["fri"] == ["08:00-12:00", "13:00-17:00"]
    assert first["week"]["sun"] == []


def test_limits_name_all_domains_also_those_that_citizens_are_not_offered(
    client: TestClient,
) -> None:
    found = client.get("/api/v1/admin/policies").json()["policies"]
    names = {one["domain"]: (one["domain_vi"], one["domain_en"]) for one in found}
    assert names["environment"] == ("Môi trường", "Environment")
    offered = {one["code"] for one in client.get("/api/v1/domains").json()["domains"]}
    assert set(names) - offered
    assert all(vi and en for vi, en in names.values())


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("policies", {"valid_from": "2020-01-01", "limits": {"accept_working_hours": 2}}),
        ("calendar", {"valid_from": "2020-01-01", "working_time": {
            "hours": {"mon": ["08:00-12:00"]}}}),
    ],
)  # fmt: skip
def test_what_a_preview_says_is_what_the_change_moves(
    hanoi_engine: Engine, client: TestClient, kind: str, body: dict[str, Any]
) -> None:
    def dues() -> dict[Any, Any]:
        with hanoi_engine.connect() as connection:
            rows = connection.execute(
                select(work.c.complaint_id, work.c.due_at).where(work.c.status <= 3)
            )
            return {row.complaint_id: row.due_at for row in rows}

    before = dues()
    said = client.post(f"/api/v1/admin/{kind}/preview", json=body)
    assert said.status_code == 200, said.text
    assert stored(hanoi_engine) == (0, 0)
    assert dues() == before
    send = client.post if kind == "policies" else client.put
    done = send(f"/api/v1/admin/{kind}", json=body | {"reason": "a trial"})
    assert done.status_code in (200, 201), done.text
    count_due(hanoi_engine)
    after = dues()
    moved = [one for one in before if before[one] != after[one]]
    assert len(before) == said.json()["open"]
    assert 0 < len(moved) == said.json()["moved"]
    assert len(said.json()["first"]) == 10
    with hanoi_engine.connect() as connection:
        last = connection.execute(select(audit).order_by(audit.c.id.desc()).limit(1)).one()
    assert last.act == {"policies": "policy", "calendar": "calendar"}[kind]
    assert last.details["reason"] == "a trial"


def test_the_public_promise_and_the_officials_deadline_are_the_same(
    hanoi_engine: Engine, client: TestClient
) -> None:
    with hanoi_engine.begin() as connection:
        said = reporting.Report(105.8342, 21.0278, "pothole", "Ổ gà lớn")
        taken = reporting.take(connection, said, AT, None, b"s" * 32)

    def both() -> tuple[Any, Any]:
        count_due(hanoi_engine)
        page = client.get(f"/api/v1/complaints/{taken.code}").json()["properties"]["promise"]
        with hanoi_engine.connect() as connection:
            due = connection.execute(
                text(
                    "SELECT w.due_at FROM work w JOIN complaint c ON c.id = w.complaint_id"
                    " WHERE c.code = :code"
                ),
                {"code": taken.code},
            ).scalar_one()
        return page and datetime.fromisoformat(page["due_at"]), due

    seen = set()
    public, inside = both()
    assert public == inside
    seen.add(public)
    for path, body in (
        ("policies", {"category": "pothole", "limits": {"accept_working_hours": 3}}),
        ("policies", {"limits": {"accept_working_hours": 5}}),
        ("policies", {"category": "pothole", "limits": {"accept_working_hours": None,
                                                         "handle_working_days": 4}}),
        ("calendar", {"working_time": {"less": ["2026-11-06", "2026-11-09"]}}),
    ):  # fmt: skip
        send = client.post if path == "policies" else client.put
        whole = body | {"valid_from": "2026-11-01", "reason": "a trial"}
        assert send(f"/api/v1/admin/{path}", json=whole).status_code in (200, 201)
        public, inside = both()
        assert public == inside
        seen.add(public)
    assert len(seen) == 4
    with hanoi_engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE work SET paused_at = reported_at + interval '1 hour', pause_reason = :r"
                " WHERE complaint_id = (SELECT id FROM complaint WHERE code = :code)"
            ),
            {"r": "weather", "code": taken.code},
        )
    public, inside = both()
    assert public == inside
    assert public not in seen


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("put", "calendar", {"working_time": {"holidays": "XX"}}, 400),
        ("put", "calendar", {"working_time": {"hours": {"mon": ["9-8"]}}}, 400),
        ("put", "calendar", {"city": "nowhere", "working_time": {}}, 404),
        ("put", "calendar", {"valid_from": "0900-01-01", "working_time": {}}, 422),
        ("post", "policies", {"limits": {"x": 1}}, 400),
        ("post", "policies", {"limits": {"stops": {"rain": 1}}}, 400),
        ("post", "policies", {"category": "none", "limits": {}}, 404),
        ("post", "policies", {"category": "pothole", "domain": "traffic", "limits": {}}, 422),
        ("post", "policies", {"limits": {}, "reason": " "}, 422),
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(
    hanoi_engine: Engine, client: TestClient, method: str, path: str, body: Any, status: int
) -> None:
    whole = {"valid_from": "2027-01-01", "reason": "a trial"} | body
    answer = client.request(method, f"/api/v1/admin/{path}", json=whole)
    assert answer.status_code == status, answer.text
    assert stored(hanoi_engine) == (0, 0)


def test_reminders_are_changed_and_shown(client: TestClient) -> None:
    assert client.get("/api/v1/admin/reminders").json()["before"] == 2
    changed = client.put("/api/v1/admin/reminders", json={"before": None, "after": [1, 2]})
    assert changed.json() == {"before": None, "after": [1, 2], "quiet": True}
    assert client.get("/api/v1/admin/reminders").json() == changed.json()
    assert client.put("/api/v1/admin/reminders", json={"after": [3, 2]}).status_code == 400


def test_nobody_but_an_admin_sees_or_changes_rules(
    hanoi_engine: Engine, client: TestClient
) -> None:
    rule = {"valid_from": "2027-01-01", "reason": "a trial"}
    asked = [
        ("get", "calendar", None), ("get", "policies", None), ("get", "policies/history", None),
        ("get", "reminders", None), ("put", "reminders", {}),
        ("put", "calendar", rule | {"working_time": {}}),
        ("post", "policies", rule | {"limits": {}}),
    ]  # fmt: skip
    for role in ("viewer", "officer", "supervisor", "planner"):
        official(hanoi_engine, role)(client)
        for method, path, body in asked:
            answer = client.request(method, f"/api/v1/admin/{path}", json=body)
            assert answer.status_code == 403, (role, path)
    client.cookies.clear()
    for method, path, body in asked:
        assert client.request(method, f"/api/v1/admin/{path}", json=body).status_code == 401
    assert stored(hanoi_engine) == (0, 0)
