"""Complaints as Atom and RSS: what the standards ask for, and what a reader of feeds relies on."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo import reporting

NS = {
    "a": "http://www.w3.org/2005/Atom",
    "g": "http://www.georss.org/georss",
}
PLACE = (105.8412, 21.0245)


@pytest.fixture
def client(hanoi_engine: Engine) -> TestClient:
    return TestClient(create_app(hanoi_engine, Settings(public_url="https://map.city.example")))


@pytest.fixture
def reading(module_hanoi: Engine) -> TestClient:
    return TestClient(create_app(module_hanoi, Settings(public_url="https://map.city.example")))


def _complain(engine: Engine, words: str = "Ổ gà <sâu> & to", category: str = "pothole") -> str:
    said = reporting.Report(*PLACE, category, words, "12 Phố Huế")
    with engine.begin() as connection:
        return reporting.take(connection, said, datetime.now(UTC), None, b"x" * 32).code


def test_the_atom_feed_has_all_that_it_must_have(reading: TestClient) -> None:
    answer = reading.get("/api/v1/complaints.atom?domain=traffic&lang=en&limit=20")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ET.fromstring(answer.content)
    assert root.tag == f"{{{NS['a']}}}feed"
    for name in ("id", "title", "updated", "author/a:name"):
        assert len(root.findall(f"a:{name}", NS)) == 1
    own = root.find("a:link[@rel='self']", NS)
    assert own is not None
    assert own.get("href") == (
        "https://map.city.example/api/v1/complaints.atom?domain=traffic&lang=en&limit=20"
    )
    entries = root.findall("a:entry", NS)
    assert len(entries) == 20
    listed = reading.get("/api/v1/complaints?domain=traffic&limit=20").json()["features"]
    numbers = [entry.findtext("a:id", namespaces=NS) for entry in entries]
    assert numbers == [f"tag:map.city.example,2026:complaint/{one['id']}" for one in listed]
    for entry, one in zip(entries, listed, strict=True):
        for name in ("title", "updated", "published", "summary", "link"):
            assert len(entry.findall(f"a:{name}", NS)) == 1
        at = datetime.fromisoformat(entry.findtext("a:published", "", NS))
        reported = datetime.fromisoformat(one["properties"]["reported_at"])
        assert abs(at - reported) < timedelta(seconds=1)
        link = entry.find("a:link", NS)
        assert link is not None
        assert link.get("href") == f"https://map.city.example/c/{one['id']}"
        lat, lon = map(float, entry.findtext("g:point", "", NS).split())
        assert [lon, lat] == pytest.approx(one["geometry"]["coordinates"], abs=1e-6)
        assert {c.get("term") for c in entry.findall("a:category", NS)} == {
            "traffic",
            one["properties"]["category"],
        }


def test_the_rss_feed_is_rss_2_and_says_the_same(reading: TestClient) -> None:
    # Before and after the other form: neither changes how the other is written.
    for _ in range(2):
        rss = reading.get("/api/v1/complaints.rss?category=pothole")
        atom = reading.get("/api/v1/complaints.atom?category=pothole")
        root = ET.fromstring(rss.content)
        assert (root.tag, root.get("version")) == ("rss", "2.0")
        assert rss.headers["content-type"].startswith("application/rss+xml")
        channel = root.find("channel")
        assert channel is not None
        for name in ("title", "link", "description"):
            assert len(channel.findall(name)) == 1
        own = channel.find("a:link", NS)
        assert own is not None
        assert own.get("rel") == "self"
        items = channel.findall("item")
        for item in items:
            guid = item.find("guid")
            assert guid is not None
            assert guid.get("isPermaLink") == "false"
            assert parsedate_to_datetime(item.findtext("pubDate", "")).tzinfo is not None
            assert item.find("g:point", NS) is not None
        entries = ET.fromstring(atom.content).findall("a:entry", NS)
        assert [item.findtext("title") for item in items] == [
            entry.findtext("a:title", namespaces=NS) for entry in entries
        ]


def test_markup_in_words_stays_text_and_control_characters_go(
    client: TestClient, hanoi_engine: Engine
) -> None:
    _complain(hanoi_engine, "Ổ gà <sâu> & \x0bto ￾ ]]>")
    for form, path in (("atom", "a:entry/a:summary"), ("rss", "channel/item/description")):
        answer = client.get(f"/api/v1/complaints.{form}?limit=1")
        said = ET.fromstring(answer.content).findtext(path, "", NS)
        assert said == "Chờ tiếp nhận. Ổ gà <sâu> & to ]]>"


def test_what_is_sensitive_is_in_no_feed(client: TestClient, hanoi_engine: Engine) -> None:
    code = _complain(hanoi_engine, category="noise")
    assert code in client.get("/api/v1/complaints.atom").text
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'noise'"))
    for form in ("atom", "rss"):
        hidden = TestClient(create_app(hanoi_engine, Settings()))
        assert code not in hidden.get(f"/api/v1/complaints.{form}").text


def test_a_reader_that_has_it_is_told_so_until_something_changes(
    client: TestClient, hanoi_engine: Engine
) -> None:
    code = _complain(hanoi_engine)
    first = client.get("/api/v1/complaints.atom")
    tag, changed = first.headers["etag"], first.headers["last-modified"]
    assert "max-age" in first.headers["cache-control"]
    for known in (
        {"If-None-Match": tag},
        {"If-None-Match": f'"other", W/{tag}'},
        {"If-Modified-Since": changed},
    ):
        again = client.get("/api/v1/complaints.atom", headers=known)
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
    # A tag that differs counts, whatever the time says.
    both = {"If-None-Match": '"other"', "If-Modified-Since": changed}
    assert client.get("/api/v1/complaints.atom", headers=both).status_code == 200
    assert (
        client.get("/api/v1/complaints.atom", headers={"If-Modified-Since": "x"}).status_code == 200
    )
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = 3, updated_at = now() + interval '2 s'"
                 " WHERE code = :code"),
            {"code": code},
        )  # fmt: skip
    for known in ({"If-None-Match": tag}, {"If-Modified-Since": changed}):
        assert client.get("/api/v1/complaints.atom", headers=known).status_code == 200


def test_a_feed_along_a_route_holds_what_lies_at_it(
    client: TestClient, hanoi_engine: Engine
) -> None:
    code = _complain(hanoi_engine)
    along = "route=105.8300,21.0245;105.8500,21.0245&width_m=50"
    assert code in client.get(f"/api/v1/complaints.rss?{along}").text
    beside = "route=105.8300,21.0260;105.8500,21.0260&width_m=50"
    assert code not in client.get(f"/api/v1/complaints.rss?{beside}").text
    both = client.get(f"/api/v1/complaints.rss?{along}&polygon=105,21;106,21;106,22")
    assert both.json()["errors"][0]["field"] == "route"
    assert client.get("/api/v1/complaints.atom?domain=none").status_code == 422


def test_a_feed_of_nothing_is_a_feed(reading: TestClient) -> None:
    for form in ("atom", "rss"):
        answer = reading.get(f"/api/v1/complaints.{form}?until=1990-01-01")
        assert answer.status_code == 200
        ET.fromstring(answer.content)
