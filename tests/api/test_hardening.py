"""What an attacker tried, and must not find again."""

import secrets
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app as commands
from api.limit_settings import LimitSettings
from api.mail import message_of
from api.query import read_vocabulary
from api.settings import Settings
from boundaries.landmarks import ensure_hanoi_landmarks
from geo import reporting
from geo.errors import BadFilterError, ConflictError
from geo.pushes import Subscription

SAID = {"lon": 105.8342, "lat": 21.0278, "category": "garbage", "text": "Rác"}
ELSEWHERE = {"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"}


@pytest.fixture
def client(hanoi_engine: Engine) -> TestClient:
    return TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/complaints",
        "/api/v1/complaints/QQQQQQQQQ/support",
        "/api/v1/follows",
        "/api/v1/suggestions",
        "/open311/v2/requests.json",
    ],
)
def test_a_page_of_another_site_may_read_and_not_send(client: TestClient, path: str) -> None:
    refused = client.post(path, json=SAID, headers=ELSEWHERE)
    assert refused.status_code == 403
    preflight = {
        **ELSEWHERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type",
    }
    assert client.options(path, headers=preflight).status_code == 400
    read = client.get("/api/v1/domains", headers=ELSEWHERE)
    assert read.headers["access-control-allow-origin"] == "*"
    own = client.post("/api/v1/complaints", json=SAID, headers={"Sec-Fetch-Site": "same-origin"})
    assert own.status_code == 201


def test_the_header_of_one_click_is_written_whole(hanoi_engine: Engine) -> None:
    stop = "https://bando.hanoi.example.vn/follow/" + "t" * 43 + "/stop"
    letter = SimpleNamespace(
        id="1", recipient="a@b.vn", subject="Điểm nóng " * 9, stop_url=stop, plain="x", html="<p>x"
    )
    raw = bytes(message_of(letter, "map@b.vn", datetime(2026, 11, 2, tzinfo=UTC)))  # type: ignore[arg-type]
    assert f"List-Unsubscribe: <{stop}>\r\n".encode() in raw
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in raw
    assert max(map(len, raw.split(b"\r\n"))) <= 998


def test_mail_goes_to_addresses_that_can_be_written(client: TestClient) -> None:
    for address in ("ă@vidu.vn", "a b@vidu.vn", "a@"):
        answer = client.post("/api/v1/complaints", json=SAID | {"email": address})
        assert answer.status_code == 422


def test_a_corrected_pin_is_nowhere_public(client: TestClient) -> None:
    taken = client.post("/api/v1/complaints", json=SAID).json()
    between = datetime.now(UTC).isoformat()
    moved = client.patch(
        "/api/v1/mine",
        json={"lon": 105.8400, "lat": 21.0200},
        headers={"Authorization": f"Bearer {taken['properties']['link']}"},
    )
    assert moved.status_code == 200, moved.text
    there = {"bbox": "105.8399,21.0199,105.8401,21.0201", "limit": 500}
    for asked in ({"as_of": between}, {}):
        found = client.get("/api/v1/complaints", params=there | asked).json()["features"]
        [own] = [one for one in found if one["id"] == taken["id"]]
        assert own["geometry"]["coordinates"] == pytest.approx([105.84, 21.02])
    here = {"bbox": "105.8340,21.0276,105.8344,21.0280", "as_of": between}
    listed = client.get("/api/v1/complaints", params=here).json()["features"]
    assert taken["id"] not in [one["id"] for one in listed]


def test_the_key_of_a_report_opens_it_from_its_own_device_alone(hanoi_engine: Engine) -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    own = reporting.Report(105.8342, 21.0278, "garbage", "Rác", device=secrets.token_urlsafe(24))
    with hanoi_engine.begin() as connection:
        first = reporting.take(connection, own, at, "report-000123", b"x" * 32)
        assert reporting.take(connection, own, at, "report-000123", b"x" * 32).link == first.link
    copied = reporting.Report(105.8342, 21.0278, "garbage", "Rác")
    with pytest.raises(ConflictError), hanoi_engine.begin() as connection:
        reporting.take(connection, copied, at, "report-000123", b"x" * 32)


def test_unseen_signs_are_no_words(client: TestClient) -> None:
    said = SAID | {"text": "Ổ\x1b[31m gà\u202e\nto", "address": "Số 5\nPhố Huế\x01"}
    shown = client.post("/api/v1/complaints", json=said).json()["properties"]
    assert (shown["text"], shown["address"]) == ("Ổ[31m gà\nto", "Số 5 Phố Huế")


def test_many_supports_from_one_address_are_asked_for_a_proof(hanoi_engine: Engine) -> None:
    real = {name: field.default for name, field in LimitSettings.model_fields.items()}
    client = TestClient(create_app(hanoi_engine, Settings(**real)), raise_server_exceptions=False)
    said = SAID | {"device": secrets.token_urlsafe(24)}
    code = client.post("/api/v1/complaints", json=said).json()["id"]

    def support(of: str) -> int:
        device = {"device": secrets.token_urlsafe(24)}
        return client.post(f"/api/v1/complaints/{of}/support", json=device).status_code

    assert [support(code) for _ in range(6)] == [201] * 5 + [403]


def test_a_confirmation_carries_no_words_of_a_stranger(
    client: TestClient, hanoi_engine: Engine
) -> None:
    order = {
        "address": "victim@example.org", "question": "q=TRUNG THUONG https://evil.example",
        "kind": "hotspot", "schedule": "daily", "language": "vi", "resolution": 8,
    }  # fmt: skip
    assert client.post("/api/v1/follows", json=order).status_code == 202
    with hanoi_engine.connect() as connection:
        letter = connection.execute(text("SELECT subject, plain, html FROM mail")).one()
    assert not any("evil" in part or "TRUNG THUONG" in part for part in letter)


BASE = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def _subscribed(point: tuple[int, int], endpoint: str = "https://push.example.org/a") -> None:
    import base64

    def encoded(raw: bytes) -> str:
        return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()

    key = b"\x04" + point[0].to_bytes(32, "big") + point[1].to_bytes(32, "big")
    Subscription.of(endpoint, encoded(key), encoded(bytes(16)))


@given(st.integers(1, 2**255))
def test_a_push_key_is_a_point_of_the_curve(off: int) -> None:
    _subscribed(BASE)
    with pytest.raises(BadFilterError, match="P-256"):
        _subscribed((BASE[0], BASE[1] ^ off))


@pytest.mark.parametrize("host", ["a..b", "x" * 64 + ".org", ".org", "a." * 130 + "org"])
def test_a_push_service_has_a_name_of_the_net(host: str) -> None:
    with pytest.raises(BadFilterError, match="endpoint"):
        _subscribed(BASE, f"https://{host}/a")


def test_publishing_what_was_sensitive_is_asked_for(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", hanoi_engine.url.render_as_string(hide_password=False))
    run = CliRunner()
    assert run.invoke(commands, ["categories", "noise", "--sensitive"]).exit_code == 0
    asked = run.invoke(commands, ["categories", "noise", "--no-sensitive"], input="n\n")
    assert asked.exit_code != 0

    def sensitive() -> bool:
        with hanoi_engine.connect() as connection:
            query = "SELECT sensitive FROM category WHERE code = 'noise'"
            return bool(connection.execute(text(query)).scalar_one())

    assert sensitive()
    done = run.invoke(commands, ["categories", "noise", "--no-sensitive", "--yes"])
    assert done.exit_code == 0
    assert not sensitive()


def test_known_places_are_found_and_say_where_one_is(
    client: TestClient, hanoi_engine: Engine
) -> None:
    with hanoi_engine.begin() as connection:
        city = read_vocabulary(connection).cities["hanoi"]
        assert ensure_hanoi_landmarks(connection, city) > 40
        assert ensure_hanoi_landmarks(connection, city) == 0
    for said in ("ho guom", "Hồ Gươm", "bach mai hospital", "ben xe my dinh"):
        found = client.get("/api/v1/search", params={"q": said}).json()["results"]
        assert "landmark" in {one["type"] for one in found}, said
    near = client.get("/api/v1/locate", params={"lon": 105.8523, "lat": 21.0290}).json()
    assert near["landmarks"][0]["name"].startswith("Hồ Hoàn Kiếm")
    assert near["landmarks"][0]["distance_m"] < 100


def test_open311_counts_ninety_days_from_a_start(client: TestClient) -> None:
    start = datetime(2026, 2, 1, tzinfo=UTC)
    found = client.get(
        "/open311/v2/requests.json", params={"start_date": "2026-02-01", "page_size": 200}
    ).json()
    days = [datetime.fromisoformat(one["requested_datetime"]) for one in found]
    assert days
    assert all(start - timedelta(days=1) <= day < start + timedelta(days=91) for day in days)
