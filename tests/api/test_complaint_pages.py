"""The page of one complaint as the server sends it, and the files of the web app."""

import re
from collections.abc import Iterator
from zoneinfo import ZoneInfo

import brotli
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.complaint_page import Around, Kind, excerpt, filled
from api.settings import Settings
from api.web_app import STATIC

pytestmark = pytest.mark.skipif(
    not (STATIC / "complaint" / "index.html").exists(), reason="the web app is not built"
)
NASTY = '</script><img src=x onerror=alert(1)> "quoted" & more'


@pytest.fixture
def client(hanoi_engine: Engine) -> Iterator[TestClient]:
    settings = Settings(public_url="https://map.example.org", limit_reports="1000 per minute")
    with TestClient(create_app(hanoi_engine, settings)) as made:
        yield made


def sent(client: TestClient, **more: object) -> dict[str, str]:
    body = {"lon": 105.8412, "lat": 21.0245, "category": "pothole", "text": NASTY} | more
    answer = client.post("/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, str] = answer.json()["properties"]
    return found


def test_words_are_escaped_wherever_the_page_says_them(client: TestClient) -> None:
    page = client.get(f"/c/{sent(client)['code']}").text
    assert "<img src=x" not in page
    assert "&lt;/script&gt;&lt;img src=x" in page
    # The facts for the script: nothing in them ends the element.
    facts = re.search(r'<script type="application/json" id="facts">(.*?)</script>', page)
    assert facts
    assert "<" not in facts[1]
    assert "\\u003c/script>" in facts[1]


def test_a_preview_has_title_description_and_picture_with_whole_addresses(
    client: TestClient,
) -> None:
    code = sent(client, text="Ổ gà lớn")["code"]
    page = client.get(f"/c/{code}?lang=en").text
    assert f'<link rel="canonical" href="https://map.example.org/c/{code}"' in page
    assert '<meta property="og:description" content="Ổ gà lớn"' in page
    assert re.search(r'og:title" content="[^"]*pothole[^"]*Received', page, re.I)
    assert 'og:image" content="https://map.example.org/icons/icon-512.png"' in page
    assert '<html lang="en"' in page
    assert "<!--" not in page


def test_of_a_sensitive_complaint_nothing_is_said_but_its_state(
    client: TestClient, hanoi_engine: Engine
) -> None:
    code = sent(client, text="Điều riêng tư", address="Ngõ 12 Hàng Bông")["code"]
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'pothole'"))
    page = client.get(f"/c/{code}").text
    for secret in ("Điều riêng tư", "Hàng Bông", "105.8412", "21.0245"):
        assert secret not in page
    assert 'name="robots" content="noindex' in page
    title = re.search(r"<title>(.*?)</title>", page)
    assert title
    assert "Ổ gà" not in title[1]


def test_the_page_says_nothing_that_the_api_does_not_say(client: TestClient) -> None:
    told = sent(client, text="Gọi 0912345678")
    page = client.get(f"/c/{told['code']}").text
    assert "0912345678" not in page
    assert told["link"] not in page


def test_a_code_is_found_however_it_is_written(client: TestClient) -> None:
    code = sent(client)["code"]
    answer = client.get(f"/c/{code[:4].lower()}-{code[4:]}?lang=en", follow_redirects=False)
    assert answer.status_code == 308
    assert answer.headers["location"] == f"/c/{code}?lang=en"
    missing = client.get("/c/ACDEFGHJK")
    assert missing.status_code == 404
    assert missing.headers["content-type"].startswith("text/html")
    assert "Không có phản ánh này" in missing.text


def test_an_unchanged_page_is_not_sent_again(client: TestClient, hanoi_engine: Engine) -> None:
    code = sent(client)["code"]
    first = client.get(f"/c/{code}")
    again = {"If-None-Match": first.headers["etag"]}
    assert client.get(f"/c/{code}", headers=again).status_code == 304
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE complaint SET status = 2 WHERE code = :c"), {"c": code})
    assert client.get(f"/c/{code}", headers=again).status_code == 200


def test_the_private_page_leaks_no_address_and_is_in_no_index(client: TestClient) -> None:
    answer = client.get("/mine")
    assert answer.headers["referrer-policy"] == "no-referrer"
    assert "noindex" in answer.headers["x-robots-tag"]
    assert 'id="facts"' not in answer.text


def test_files_come_in_the_smallest_form_the_caller_takes(client: TestClient) -> None:
    script = re.search(r'src="(/assets/index-[^"]+\.js)"', client.get("/").text)
    assert script
    plain = client.get(script[1], headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    sizes = {}
    for encoding in ("br", "gzip"):
        asked = {"Accept-Encoding": encoding}
        found = client.get(script[1], headers=asked)
        assert found.headers["content-encoding"] == encoding
        assert found.headers["content-type"] == plain.headers["content-type"]
        assert "Accept-Encoding" in found.headers["vary"]
        assert found.content == plain.content
        sizes[encoding] = int(found.headers["content-length"])
    assert sizes["br"] < sizes["gzip"] < len(plain.content)
    refused = client.get(script[1], headers={"Accept-Encoding": "br;q=0, gzip"})
    assert refused.headers["content-encoding"] == "gzip"


def test_only_names_that_carry_their_content_are_kept_for_good(client: TestClient) -> None:
    script = re.search(r'src="(/assets/index-[^"]+\.js)"', client.get("/").text)
    assert script
    assert "immutable" in client.get(script[1]).headers["cache-control"]
    for path in ("/", "/sw.js", "/app.webmanifest", "/icon.svg"):
        answer = client.get(path)
        assert answer.headers["cache-control"] == "no-cache", path
        again = {"If-None-Match": answer.headers["etag"]}
        assert client.get(path, headers=again).status_code == 304, path


def test_every_compressed_file_holds_what_the_plain_one_does() -> None:
    packed = list(STATIC.rglob("*.br"))
    assert len(packed) > 10
    for one in packed:
        assert brotli.decompress(one.read_bytes()) == one.with_suffix("").read_bytes(), one.name


def test_the_first_load_is_small() -> None:
    """All that the first page asks for at once, on the wire: it was 552 kB."""
    html = (STATIC / "index.html").read_text("utf-8")
    named = set(re.findall(r'(?:src|href)="/(assets/[^"]+)"', html))
    files = [STATIC / name for name in named]
    total = sum(
        (one.with_name(one.name + ".br") if one.stat().st_size >= 1000 else one).stat().st_size
        for one in files
    )
    assert len(files) <= 18
    assert total < 360_000, total


def test_lists_that_did_not_change_are_not_sent_again(
    client: TestClient, hanoi_engine: Engine
) -> None:
    outlines = "/api/v1/boundaries/hanoi-ward-2025?simplify=40"
    for path in ("/api/v1/config", "/api/v1/domains", "/api/v1/boundaries", outlines):
        plain = client.get(path, headers={"Accept-Encoding": "identity"})
        packed = client.get(path, headers={"Accept-Encoding": "br"})
        assert packed.json() == plain.json()
        again = client.get(path, headers={"If-None-Match": packed.headers["etag"]})
        assert (again.status_code, again.content) == (304, b"")
    assert packed.headers["content-encoding"] == "br"
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE area SET name = name || '!' WHERE id = 1"))
    again = client.get(outlines, headers={"If-None-Match": packed.headers["etag"]})
    assert again.status_code == 200
    assert client.get("/api/v1/boundaries/nowhere").status_code == 404


def test_an_excerpt_ends_with_a_word() -> None:
    assert excerpt("một hai  ba\nbốn", 12) == "một hai ba…"
    assert excerpt("ngắn") == "ngắn"


@pytest.mark.parametrize(
    ("basis", "vi", "en"),
    [
        ("accept", "Hạn tiếp nhận: ", "To be accepted by: "),
        ("handle", "Hạn xử lý: ", "To be handled by: "),
        ("urgent", "Hạn xử lý khẩn: ", "Urgent, to be handled by: "),
    ],
)
def test_each_promise_is_called_what_it_is(
    client: TestClient, basis: str, vi: str, en: str
) -> None:
    feature = client.get(f"/api/v1/complaints/{sent(client)['code']}").json()
    feature["properties"]["promise"] = {"due_at": "2026-11-26T03:00:00Z", "basis": basis}
    around = Around(Kind("a", "a", "b", "b", "#000"), ZoneInfo("Asia/Ho_Chi_Minh"), [])
    assert f"{vi}10:00 26/11/2026" in filled(feature, around, "vi", "").body
    assert f"{en}10:00 26/11/2026" in filled(feature, around, "en", "").body
