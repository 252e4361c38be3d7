"""Ordering news by mail, the page of a follow, and the public feed."""

import io
import json
import re
import xml.etree.ElementTree as ET
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api import rounds
from api.app import create_app
from api.cli import app as command
from api.settings import Settings
from geo import follows, nightly
from geo.nightly import Found

ATOM = {"a": "http://www.w3.org/2005/Atom"}
WANTED: dict[str, Any] = {
    "address": "Nguyen.An@Example.org",
    "language": "vi",
    "kind": "hotspot",
    "question": "domain=traffic&since=2026-01-01",
    "spot": {"lon": 105.8412, "lat": 21.0245},
}


@pytest.fixture
def client(hanoi_engine: Engine) -> TestClient:
    settings = Settings(public_url="https://map.city.example")
    return TestClient(create_app(hanoi_engine, settings), raise_server_exceptions=False)


@pytest.fixture
def reading(module_hanoi: Engine) -> TestClient:
    """For questions that change nothing."""
    return TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False)


def _rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).all())


def _token(engine: Engine) -> str:
    plain = _rows(engine, "SELECT plain FROM mail ORDER BY created_at DESC LIMIT 1")[0].plain
    return re.findall(r"https://map\.city\.example/follow/(\S+)", plain)[-1]


def test_an_order_is_confirmed_by_a_button_and_not_by_opening_its_link(
    client: TestClient, hanoi_engine: Engine
) -> None:
    assert client.post("/api/v1/follows", json=WANTED).status_code == 202
    (stored,) = _rows(hanoi_engine, "SELECT * FROM follow")
    assert stored.question == "domain=traffic"
    assert stored.confirmed_at is None
    token = _token(hanoi_engine)
    for _ in range(3):
        page = client.get(f"/follow/{token}")
        assert page.status_code == 200
    assert not _rows(hanoi_engine, "SELECT FROM follow WHERE confirmed_at IS NOT NULL")
    assert "<script" not in page.text
    assert "Giao thông" in page.text
    assert "example.org" not in page.text.lower()
    assert "default-src 'none'" in page.headers["content-security-policy"]
    assert page.headers["referrer-policy"] == "no-referrer"
    button = re.search(r'action="(/follow/[^"]+/confirm[^"]*)"', page.text)
    assert button
    done = client.post(button[1])
    assert "Đang theo dõi" in done.text
    assert _rows(hanoi_engine, "SELECT FROM follow WHERE confirmed_at IS NOT NULL")
    assert "This is being followed" in client.get(f"/follow/{token}?lang=en").text


def test_one_click_stops_it_and_a_second_one_is_no_error(
    client: TestClient, hanoi_engine: Engine
) -> None:
    client.post("/api/v1/follows", json=WANTED)
    token = _token(hanoi_engine)
    opened = client.get(f"/follow/{token}/stop?lang=en")
    assert opened.status_code == 200
    assert f'action="/follow/{token}/stop' in opened.text
    assert _rows(hanoi_engine, "SELECT FROM follow") != []
    click = {"data": {"List-Unsubscribe": "One-Click"}}
    for _ in range(2):
        done = client.post(f"/follow/{token}/stop", **click)
        assert done.status_code == 200
    for table in ("follower", "follow", "follow_token", "mail"):
        assert _rows(hanoi_engine, f"SELECT FROM {table}") == []
    for path in ("", "/stop"):
        gone = client.get(f"/follow/{token}{path}")
        assert gone.status_code == 404
        assert gone.headers["content-type"].startswith("text/html")
    assert client.post(f"/follow/{token}/confirm").status_code == 404


def test_the_answer_does_not_tell_whether_an_address_is_known(
    client: TestClient, hanoi_engine: Engine
) -> None:
    answers = [client.post("/api/v1/follows", json=WANTED) for _ in range(2)]
    answers.append(client.post("/api/v1/follows", json=WANTED | {"address": "b@example.org"}))
    trap = WANTED | {"address": "c@example.org", "website": "https://spam.example"}
    answers.append(client.post("/api/v1/follows", json=trap))
    assert len({(one.status_code, one.content) for one in answers}) == 1
    known = {row.address for row in _rows(hanoi_engine, "SELECT address FROM follower")}
    assert known == {"Nguyen.An@example.org", "b@example.org"}


def test_too_many_orders_are_told_when_to_come_again(hanoi_engine: Engine) -> None:
    # For one address, known or not, and by one client for many.
    client = TestClient(create_app(hanoi_engine, Settings(limit_mail="20 per hour")))
    answers = [client.post("/api/v1/follows", json=WANTED) for _ in range(7)]
    assert [one.status_code for one in answers] == [202] * 6 + [429]
    assert 0 < int(answers[-1].headers["retry-after"]) <= 86_400
    others = [
        client.post("/api/v1/follows", json=WANTED | {"address": f"x{n}@example.org"})
        for n in range(20)
    ]
    assert {one.status_code for one in others[:13]} == {202}
    assert others[-1].status_code == 429


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"address": "nobody"}, "address"),
        ({"address": "a@b.example\nBcc: c@example.org"}, "address"),
        ({"question": "colour=red"}, "question"),
        ({"question": "domain=none"}, "domain"),
        ({"question": "q=%00"}, "question"),
        ({"kind": "report", "schedule": "daily"}, "schedule"),
        ({"kind": "scan"}, "set"),
        ({"spot": {"cells": ["88415cb4e5fffff"]}, "resolution": 7}, "spot"),
        ({"spot": {"cells": ["ffffffffffffffff"[:15]]}}, "spot"),
    ],
)
def test_a_wrong_order_names_what_is_wrong(
    reading: TestClient, module_hanoi: Engine, changes: dict[str, Any], field: str
) -> None:
    answer = reading.post("/api/v1/follows", json=WANTED | changes)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["errors"][0]["field"].startswith(field)
    assert _rows(module_hanoi, "SELECT FROM follow") == []


def test_an_address_is_in_no_log_and_no_answer(
    client: TestClient, hanoi_engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with structlog.testing.capture_logs() as logs:
        answer = client.post("/api/v1/follows", json=WANTED)
        rounds.send(hanoi_engine, Settings(var=tmp_path), datetime.now(UTC) + timedelta(minutes=1))
    said = answer.text + json.dumps(logs, default=str)
    assert "nguyen" not in said.lower()
    monkeypatch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
    listed = CliRunner().invoke(command, ["follows", "list"], env={"COLUMNS": "200"}).output
    assert "N***@e***.org" in listed
    assert "nguyen" not in listed.lower()


def _published(engine: Engine) -> None:
    """News of the city's own follows: one of traffic in Hoàn Kiếm, one of everything."""
    figures = {
        "before": 40, "after": 90, "ratio": 2.25, "lower": 1.5, "upper": 3.4, "p": 0.0001,
        "against_rest": 2.2, "km2": 5.2, "km2_now": 6.0,
    }  # fmt: skip
    with engine.begin() as connection:
        follows.ensure_standing(connection, datetime.now(UTC))
        for query, lon, name in (
            ("city=hanoi&domain=traffic", 105.852, "Phường <Hoàn Kiếm> & bạn"),
            ("city=hanoi", 105.60, "Xã Ba Vì"),
        ):
            number = connection.execute(
                text("SELECT id FROM follow WHERE question = :q AND kind = 'hotspot'"),
                {"q": query},
            ).scalar_one()
            found = Found("grew", lon, 21.028, (name,), (name,), None, (1,), figures)
            nightly.write(connection, number, date(2026, 11, 2), [found])


def _entries(body: bytes) -> list[ET.Element]:
    return ET.parse(io.BytesIO(body)).getroot().findall("a:entry", ATOM)


def test_the_feed_is_atom_with_all_that_it_must_have(
    client: TestClient, hanoi_engine: Engine
) -> None:
    assert _entries(client.get("/api/v1/news.atom").content) == []
    _published(hanoi_engine)
    answer = client.get("/api/v1/news.atom?lang=en")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.content)
    assert root.tag == f"{{{ATOM['a']}}}feed"
    # RFC 4287, sections 4.1.1 and 4.1.2: exactly one of each, and an author.
    for name in ("id", "title", "updated"):
        assert len(root.findall(f"a:{name}", ATOM)) == 1
    assert root.find("a:author/a:name", ATOM) is not None
    own = [one for one in root.findall("a:link", ATOM) if one.get("rel") == "self"]
    assert own[0].get("href") == "https://map.city.example/api/v1/news.atom?lang=en"
    narrow = client.get("/api/v1/news.atom?lang=en&domain=traffic&until=2026-11-01").content
    [page] = ET.fromstring(narrow).findall("a:link[@rel='alternate']", ATOM)
    assert page.get("href") == "https://map.city.example/?layer=hotspots&domain=traffic"
    entries = _entries(answer.content)
    assert len(entries) == 2
    for entry in entries:
        for name in ("id", "title", "updated"):
            assert len(entry.findall(f"a:{name}", ATOM)) == 1
        stamp = entry.findtext("a:updated", namespaces=ATOM) or ""
        assert datetime.fromisoformat(stamp).tzinfo is not None
        assert (entry.findtext("a:id", namespaces=ATOM) or "").startswith("tag:map.city.example,")
    assert len({entry.findtext("a:id", namespaces=ATOM) for entry in entries}) == 2
    titles = " ".join(str(entry.findtext("a:title", namespaces=ATOM)) for entry in entries)
    assert "<Hoàn Kiếm> & bạn" in titles
    summary = " ".join(str(entry.findtext("a:summary", namespaces=ATOM)) for entry in entries)
    assert "90 complaints in the 28 days to" in summary
    assert "+125 %" in summary


@pytest.mark.parametrize(
    ("query", "n"),
    [
        ("domain=traffic", 1),
        ("domain=environment", 0),
        ("bbox=105.8,21,105.9,21.1", 1),
        ("bbox=105.5,21,105.9,21.1", 2),
        ("area=hanoi-ward-2025:00070", 1),
        ("cell=85415cb7fffffff", None),
        ("until=2020-01-01", 0),
        ("limit=1", 1),
    ],
)
def test_the_feed_is_narrowed_by_place_kind_and_time(
    client: TestClient, hanoi_engine: Engine, query: str, n: int | None
) -> None:
    _published(hanoi_engine)
    answer = client.get(f"/api/v1/news.atom?{query}")
    assert answer.status_code == 200
    if n is not None:
        assert len(_entries(answer.content)) == n


@pytest.mark.parametrize("query", ["category=pothole", "status=open", "q=a"])
def test_what_the_feed_is_not_about_is_refused(reading: TestClient, query: str) -> None:
    answer = reading.get(f"/api/v1/news.atom?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == query.split("=", maxsplit=1)[0]


def test_private_news_is_in_no_feed(client: TestClient, hanoi_engine: Engine) -> None:
    client.post("/api/v1/follows", json=WANTED)
    with hanoi_engine.begin() as connection:
        number = connection.execute(text("SELECT id FROM follow")).scalar_one()
        found = Found("gone", 105.85, 21.03, ("X",), ("X",), None, (1,), {})
        nightly.write(connection, number, date(2026, 11, 2), [found])
    assert _entries(client.get("/api/v1/news.atom").content) == []
