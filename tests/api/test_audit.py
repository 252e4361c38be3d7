"""The audit log as admins use it, its anchors, alerts and settings; as the service's own role."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, text, update
from typer.testing import CliRunner

from api import anchors, audit_rounds
from api.app import create_app
from api.cli import app
from api.settings import Settings
from geo import audit
from geo.database import SERVICE_ROLE
from geo.schema import account

LOG = "/api/v1/audit"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(var=tmp_path)


@pytest.fixture
def client(engine: Engine, settings: Settings) -> Iterator[TestClient]:
    with TestClient(create_app(engine, settings)) as made:
        yield official(engine, "admin", name="root")(made)


def write(engine: Engine, n: int, act: str = "test", **details: Any) -> None:
    with engine.begin() as connection:
        for number in range(n):
            audit.append(connection, act, f"s{number}", actor="lan", **details)


def events(body: str) -> list[tuple[str, Any]]:
    """Server-sent events: names and what they hold."""
    found = []
    for block in body.strip().split("\n\n"):
        fields = dict(line.split(": ", 1) for line in block.splitlines())
        found.append((fields.get("event", ""), json.loads(fields["data"])))
    return found


def test_the_log_is_filtered_paged_followed_and_taken_away(
    engine: Engine, client: TestClient
) -> None:
    write(engine, 7)
    write(engine, 3, "work.accept")
    first = client.get(f"{LOG}?actor=LAN&act=test&limit=4").json()
    second = client.get(f"{LOG}?actor=lan&act=test&limit=4&before={first['next']}").json()
    both = [one["subject"] for one in first["entries"] + second["entries"]]
    assert both == [f"s{n}" for n in range(6, -1, -1)]
    assert second["next"] is None
    ahead = (datetime.now(UTC) + timedelta(hours=1)).isoformat().replace("+", "%2B")
    assert client.get(f"{LOG}?since={ahead}").json()["entries"] == []
    assert len(client.get(f"{LOG}?actor=lan&until={ahead}").json()["entries"]) == 10
    [newest] = client.get(f"{LOG}?limit=1").json()["entries"]
    assert events(client.get(f"{LOG}/live").text)[0] == ("", {})
    write(engine, 2, "look")
    told = events(client.get(f"{LOG}/live?after={newest['id']}&act=look").text)
    assert [name for name, _ in told] == ["", "audit", "alerts"]
    assert [one["subject"] for one in told[1][1]["entries"]] == ["s1", "s0"]
    write(engine, 1, "=cmd", note="ổ gà")
    file = client.get(f"{LOG}/export.csv?actor=lan")
    lines = file.content.decode("utf-8-sig").splitlines()
    assert lines[0] == "id,at,actor,act,subject,details"
    assert len(lines) == 1 + 13
    assert ",'=cmd,s0," in lines[-1]
    assert "ổ gà" in lines[-1]
    [entry] = client.get(f"{LOG}?act=export").json()["entries"]
    assert (entry["actor"], entry["details"]["rows"]) == ("root", 13)


def test_entries_say_in_words_who_and_what_was_concerned(
    hanoi_engine: Engine, settings: Settings
) -> None:
    lan = official(hanoi_engine, "officer", name="lan")
    with hanoi_engine.begin() as connection:
        connection.execute(
            update(account).where(account.c.id == lan.id).values(full_name="Nguyễn Thị Lan")
        )
        given = {"role": "officer", "areas": ["hanoi-ward-2025:00070"], "domains": ["environment"]}
        audit.append(connection, "role.given", "lan", actor="root", **given)
        audit.append(connection, "work.recategorise", "HN7K3M9Q2X", actor="lan", to="pothole")
        audit.append(connection, "work.answered-by-reporter", "HN7K3M9Q2X", actor="reporter")
    with TestClient(create_app(hanoi_engine, settings)) as made:
        client = official(hanoi_engine, "admin", name="root")(made)
        names = client.get(LOG).json()["names"]
        assert names["people"]["lan"] == "Nguyễn Thị Lan"
        assert names["areas"]["hanoi-ward-2025:00070"].startswith("Phường")
        assert {names["vi"]["pothole"], names["en"]["environment"]} == {
            "Ổ gà, mặt đường hư hỏng",
            "Environment",
        }

        def found(query: str) -> list[str]:
            return [one["act"] for one in client.get(f"{LOG}?{query}").json()["entries"]]

        # An act is that one, a group is all of its acts, and a code is found as people write it.
        assert found("act=work.answer") == []
        assert found("act=work") == ["work.answered-by-reporter", "work.recategorise"]
        assert found("act=work&subject=hn7k-3m9q-2x") == found("act=work")
        # What the database wrote of the same account is of it too.
        assert set(found("subject=lan")) == {"role.given", "row.account"}


def test_nobody_else_reads_it_and_the_service_cannot_write_it(
    engine: Engine, client: TestClient
) -> None:
    write(engine, 3)
    for role in ("supervisor", "planner"):
        other = official(engine, role)(client)
        for path in ("", "/live", "/export.csv", "/verify", "/alerts"):
            assert other.get(f"{LOG}{path}").status_code == 403, path
    person = official(engine, "admin")
    for statement in (
        "UPDATE audit SET actor = 'x'",
        "DELETE FROM audit",
        "TRUNCATE audit",
        "INSERT INTO audit SELECT 99, now(), NULL, 'x', 'x', 'x', '{}', ''",
        "UPDATE audit_head SET id = 0",
        "ALTER TABLE audit DISABLE TRIGGER ALL",
        "DELETE FROM audit_alert",
        "UPDATE audit_watched SET entry = 1000000",
    ):
        with engine.connect() as connection:
            connection.execute(text(f"SET ROLE {SERVICE_ROLE}"))
            show = text("SELECT set_config('phananh.session', :token, false)")
            connection.execute(show, {"token": person.token})
            with pytest.raises(Exception, match=r"denied|must be owner"):
                connection.execute(text(statement))
    with engine.connect() as connection:
        assert audit.verify(connection).broken is None


def test_what_is_refused_is_in_the_log_and_nothing_else_of_it(
    engine: Engine, client: TestClient
) -> None:
    write(engine, 1)
    other = official(engine, "officer", areas=["hanoi-ward-2025:00004"], name="lan")(client)
    answer = other.get("/api/v1/work/HN-7K3M-9Q2X")
    assert answer.status_code == 404, answer.text
    body = {"reason": "không thuộc thẩm quyền"}
    assert other.post("/api/v1/work/XYZ/accept", json=body).status_code == 422
    version = {"If-Match": '"1"'}
    assert other.post("/api/v1/work/abc/accept", json=body, headers=version).status_code == 404
    assert other.get(f"{LOG}/verify").status_code == 403
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT actor, subject, details FROM audit WHERE act = 'denied' ORDER BY id")
        )
        assert [tuple(row) for row in rows] == [
            ("lan", "/api/v1/work/{code}", {"why": "not-yours", "method": "GET"}),
            ("lan", "/api/v1/work/{code}/accept", {"why": "not-yours", "method": "POST"}),
            ("lan", "/api/v1/audit/verify", {"why": "no-role", "method": "GET"}),
        ]
        assert audit.verify(connection).broken is None


def test_anchors_find_a_chain_that_was_made_anew(
    engine: Engine, client: TestClient, settings: Settings
) -> None:
    write(engine, 6)
    now = datetime(2026, 11, 26, 3, tzinfo=UTC)
    assert audit_rounds.anchor(engine, settings, now)
    assert not audit_rounds.anchor(engine, settings, now)
    write(engine, 6)
    assert audit_rounds.anchor(engine, settings, now + timedelta(days=1))
    found = client.get(f"{LOG}/verify").json()
    assert (found["broken"], found["anchors"]) == (None, 2)
    with engine.begin() as connection:
        noted = [one.id for _, one in anchors.written(settings)]
        connection.execute(text("ALTER TABLE audit DISABLE TRIGGER audit_is_append_only"))
        gone = {"id": noted[1] - 2}
        connection.execute(text("DELETE FROM audit WHERE id > :id"), gone)
        connection.execute(
            text("UPDATE audit_head SET id = :id, hash = (SELECT hash FROM audit WHERE id = :id)"),
            gone,
        )
    write(engine, 20)
    with engine.connect() as connection:
        # Whole by itself; but not what was noted.
        assert audit.verify(connection).broken is None
    found = client.get(f"{LOG}/verify").json()
    assert (found["broken"], "2026-11-27" in found["why"]) == (noted[1], True)
    file = settings.var / anchors.FILE
    file.write_text(file.read_text().replace("2026-11-27 ", "2026-11-28 "))
    with pytest.raises(anchors.AnchorError, match="line 2"):
        anchors.written(settings)


def test_an_alert_is_stored_mailed_shown_and_seen_to_once(
    engine: Engine, client: TestClient, settings: Settings
) -> None:
    with engine.begin() as connection:
        named = update(account).where(account.c.name == "root")
        connection.execute(named.values(email="root@example.org", language="en"))
    changed = client.put("/api/v1/admin/settings/alerts", json={"values": {"export_rows": 5}})
    assert changed.json()["before"] == {"export_rows": None}
    lan = official(engine, "officer", name="lan")
    with engine.begin() as connection:
        connection.execute(
            text("SELECT set_config('phananh.session', :token, true)"), {"token": lan.token}
        )
        audit.append(connection, "export", "work", rows=5)
    assert audit_rounds.look(engine, settings) == 1
    assert audit_rounds.look(engine, settings) == 0
    with engine.connect() as connection:
        [letter] = connection.execute(text("SELECT * FROM mail WHERE account_id IS NOT NULL")).all()
    assert letter.recipient == "root@example.org"
    assert "a large export: lan" in letter.plain
    [alert] = client.get(f"{LOG}/alerts").json()["alerts"]
    assert (alert["kind"], alert["actor"]) == ("export", "lan")
    assert events(client.get(f"{LOG}/live").text)[-1] == ("alerts", {"open": 1})
    path = f"{LOG}/alerts/{alert['id']}"
    assert client.post(path, json={"note": "asked her: a report"}).status_code == 204
    assert client.post(path, json={"note": "again"}).status_code == 409
    assert client.get(f"{LOG}/alerts").json()["alerts"] == []
    [seen] = client.get(f"{LOG}/alerts?every=true").json()["alerts"]
    assert (seen["note"], seen["seen_name"]) == ("asked her: a report", "Root")


def test_failed_sign_ins_are_counted_by_where_they_came_from(
    engine: Engine, client: TestClient, settings: Settings
) -> None:
    given = {"values": {"failed_per_address": 5, "failed_per_name": 5}}
    assert client.put("/api/v1/admin/settings/alerts", json=given).status_code == 200
    for n in range(5):
        body = {"name": f"n{n}", "password": "wrong for all of them"}
        assert client.post("/api/v1/account/sign-in", json=body).status_code == 403
    assert audit_rounds.look(engine, settings) == 2
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT kind, actor FROM audit_alert ORDER BY kind")).all()
    assert [row.kind for row in rows] == ["failed-address", "failed-name"]
    # A word by which to count, not an address.
    assert len(rows[0].actor) == 12
    assert rows[1].actor == "unknown"


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("alerts", {"export_rows": 0}, "export_rows"),
        ("alerts", {"export_rows": 10, "export_rows_a_day": 5}, "at least export_rows"),
        ("alerts", {"nothing": 1}, "nothing"),
        ("alerts", {"mail": "maybe"}, "mail"),
        ("nowhere", {"x": 1}, "nowhere"),
    ],
)
def test_settings_that_are_wrong_change_nothing(
    client: TestClient, name: str, values: dict[str, Any], says: str
) -> None:
    before = client.get("/api/v1/admin/settings").json()
    refused = client.put(f"/api/v1/admin/settings/{name}", json={"values": values})
    assert 400 <= refused.status_code < 500
    assert says in refused.text
    assert client.get("/api/v1/admin/settings").json() == before


def test_the_same_by_command(
    engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))
    monkeypatch.setenv("PHANANH_VAR", str(settings.var))

    def run(*words: str) -> str:
        done = CliRunner().invoke(app, list(words))
        assert done.exit_code == 0, (done.output, done.exception)
        return done.output

    write(engine, 3)
    assert "500" in run("settings", "set", "alerts.export_rows", "500")
    assert "500" in run("settings", "list")
    assert run("audit", "head", "--note").split()[0].isdigit()
    assert "1 days noted" in run("audit", "verify")
    file = settings.var / "log.csv"
    run("audit", "export", str(file))
    assert "alerts" in file.read_text("utf-8")
    with engine.connect() as connection:
        actors = text("SELECT DISTINCT actor FROM audit WHERE act IN ('setting', 'row.setting')")
        [actor] = connection.execute(actors).scalars().all()
    assert actor.startswith("command:")


def test_what_is_secret_or_personal_of_an_account_is_not_in_the_log(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(
            text("INSERT INTO account (name, full_name, email, password)"
                 " VALUES ('mai', 'Nguyễn Thị Mai', 'mai@example.org', '$argon2id$old')")
        )  # fmt: skip
        connection.execute(
            text("UPDATE account SET password = '$argon2id$new', enabled = false"
                 " WHERE name = 'mai'")
        )  # fmt: skip
        connection.execute(text("UPDATE account SET failures = 3 WHERE name = 'mai'"))
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM audit WHERE act = 'row.account'")).all()
    assert len(rows) == 2
    said = str([tuple(row) for row in rows])
    for word in ("Nguyễn", "example.org", "argon2id"):
        assert word not in said
    assert rows[1].details == {
        "op": "update", "old": {"enabled": True}, "new": {"enabled": False}, "hidden": ["password"],
    }  # fmt: skip
