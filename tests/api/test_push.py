"""Web push end to end: a push service of our own that decrypts what comes and checks who signed."""

import base64
import json
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import http_ece
import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from fastapi.testclient import TestClient
from officials import official
from sqlalchemy import Engine, text

from api import watch_rounds
from api.app import create_app
from api.push import Pusher, PushError
from api.settings import Settings
from api.vapid import VapidError, public_key, vapid
from geo import participants, pushes, reporting
from geo.errors import BadFilterError
from geo.pushes import Subscription

PLACE = (105.8412, 21.0245)
SECRET = b"x" * 32


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def unb64(said: str) -> bytes:
    return base64.urlsafe_b64decode(said + "=" * (-len(said) % 4))


class Browser:
    """The keys of one subscription, and what it makes of a body."""

    def __init__(self, endpoint: str) -> None:
        self.endpoint = endpoint
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.auth = os.urandom(16)

    def said(self) -> dict[str, Any]:
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return {
            "endpoint": self.endpoint,
            "expirationTime": None,
            "keys": {"p256dh": b64(point), "auth": b64(self.auth)},
        }

    def read(self, body: bytes) -> dict[str, Any]:
        plain = http_ece.decrypt(
            body, private_key=self.key, auth_secret=self.auth, version="aes128gcm"
        )
        found: dict[str, Any] = json.loads(plain)
        return found


class Service:
    """A push service: what came, and what it answers by the path of an endpoint."""

    def __init__(self) -> None:
        self.came: list[tuple[str, dict[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, dict[str, str]]] = {}
        self.port = 0

    def browser(self, name: str = "a") -> Browser:
        return Browser(f"http://127.0.0.1:{self.port}/{name}")


@contextmanager
def open_service() -> Iterator[Service]:
    service = Service()

    class Talk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            named = {name.lower(): value for name, value in self.headers.items()}
            service.came.append((self.path, named, body))
            status, headers = service.answers.get(self.path, (201, {}))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Talk)
    service.port = server.server_address[1]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield service
    server.shutdown()
    thread.join(10)


@pytest.fixture
def service() -> Iterator[Service]:
    with open_service() as made:
        yield made


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        var=tmp_path,
        push_private=True,
        public_url="https://map.city.example",
        mail_from="a@b.example",
    )


@pytest.fixture
def client(hanoi_engine: Engine, settings: Settings) -> TestClient:
    return TestClient(create_app(hanoi_engine, settings), raise_server_exceptions=False)


def complain(engine: Engine, words: str = "Ổ gà ở số 12, gọi 0912345678") -> reporting.Taken:
    said = reporting.Report(*PLACE, "pothole", words, "12 Phố Huế")
    with engine.begin() as connection:
        return reporting.take(connection, said, datetime.now(UTC), None, SECRET)


def rows(engine: Engine, query: str) -> list[Any]:
    with engine.connect() as connection:
        return list(connection.execute(text(query)).all())


def begin(client: TestClient, browser: Browser, **order: Any) -> int:
    wanted = {"schedule": "instant", "language": "en", "question": "domain=traffic"} | order
    answer = client.post("/api/v1/push", json={"subscription": browser.said(), "order": wanted})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def rounds(engine: Engine, settings: Settings, later: timedelta = timedelta()) -> int:
    watch_rounds.watch(engine, settings, datetime.now(UTC))
    return watch_rounds.push(engine, settings, datetime.now(UTC) + timedelta(seconds=5) + later)


def test_a_push_is_encrypted_for_one_browser_and_signed_by_the_instance(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    key = client.get("/api/v1/push/key").json()["key"]
    assert len(unb64(key)) == 65
    browser = service.browser()
    number = begin(client, browser)
    taken = complain(hanoi_engine)
    assert rounds(hanoi_engine, settings) == 1
    assert rounds(hanoi_engine, settings) == 0
    ((path, headers, body),) = service.came
    assert path == "/a"
    said = browser.read(body)
    assert said["t"] == "New complaint"
    assert said["u"] == f"/c/{taken.code}"
    assert said["f"] == number
    assert len(body) < 1500
    # Nobody's words are in it, though it is encrypted.
    assert "0912345678" not in json.dumps(said, ensure_ascii=False)
    assert "Phố Huế" not in json.dumps(said, ensure_ascii=False)
    assert b"pothole" not in body.lower()
    assert headers["content-encoding"] == "aes128gcm"
    assert int(headers["ttl"]) > 3600
    # RFC 8292: a JWT of ES256 for the origin of the service, and the key that signed it.
    scheme, _, rest = headers["authorization"].partition(" ")
    assert scheme == "vapid"
    parts = dict(part.strip().split("=", 1) for part in rest.split(","))
    assert parts["k"] == key
    head, claims, signature = parts["t"].split(".")
    raw = unb64(signature)
    whole = utils.encode_dss_signature(
        int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
    )
    public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), unb64(key))
    public.verify(whole, f"{head}.{claims}".encode(), ec.ECDSA(SHA256()))
    claimed = json.loads(unb64(claims))
    assert claimed["aud"] == f"http://127.0.0.1:{service.port}"
    assert claimed["sub"] == "https://map.city.example"
    left = claimed["exp"] - datetime.now(UTC).timestamp()
    assert 0 < left <= 86_400


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_known_no_more_is_forgotten_with_all_it_watched(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service, status: int
) -> None:
    service.answers["/a"] = (status, {})
    begin(client, service.browser())
    complain(hanoi_engine)
    assert rounds(hanoi_engine, settings) == 0
    for table in ("push_subscription", "follow", "watch", "push_message", "sighting"):
        assert rows(hanoi_engine, f"SELECT FROM {table}") == [], table
    complain(hanoi_engine)
    rounds(hanoi_engine, settings)
    assert len(service.came) == 1


def test_a_service_that_is_busy_is_asked_again_later_and_the_push_comes_once(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    service.answers["/a"] = (429, {"Retry-After": "600"})
    begin(client, service.browser())
    complain(hanoi_engine)
    assert rounds(hanoi_engine, settings) == 0
    assert rounds(hanoi_engine, settings, timedelta(minutes=9)) == 0
    assert len(service.came) == 1
    service.answers["/a"] = (503, {})
    assert rounds(hanoi_engine, settings, timedelta(minutes=11)) == 0
    service.answers.clear()
    assert rounds(hanoi_engine, settings, timedelta(hours=1)) == 1
    assert rounds(hanoi_engine, settings, timedelta(hours=2)) == 0
    assert len(service.came) == 3
    # Sent again it would take its own place at the service.
    assert len({headers["topic"] for _, headers, _ in service.came}) == 1
    (left,) = rows(hanoi_engine, "SELECT payload, sent_at FROM push_message")
    assert left.payload is None
    assert left.sent_at is not None


def test_a_worker_that_is_killed_while_it_pushes_leaves_the_message(
    client: TestClient,
    hanoi_engine: Engine,
    settings: Settings,
    service: Service,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    begin(client, service.browser())
    complain(hanoi_engine)

    def ended(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as own:
        own.setattr(Pusher, "deliver", ended)
        with pytest.raises(KeyboardInterrupt):
            rounds(hanoi_engine, settings)
    assert service.came == []
    assert rounds(hanoi_engine, settings) == 1
    assert len(service.came) == 1


def test_a_message_that_is_too_large_ends_and_the_browser_stays(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    service.answers["/a"] = (413, {})
    begin(client, service.browser())
    complain(hanoi_engine)
    rounds(hanoi_engine, settings)
    assert rounds(hanoi_engine, settings, timedelta(days=1)) == 0
    assert len(service.came) == 1
    assert len(rows(hanoi_engine, "SELECT FROM push_subscription")) == 1


def test_two_workers_push_each_message_once(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    for n in range(12):
        begin(client, service.browser(str(n)))
    complain(hanoi_engine)
    watch_rounds.watch(hanoi_engine, settings, datetime.now(UTC))
    threads = [threading.Thread(target=rounds, args=(hanoi_engine, settings)) for _ in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert sorted(path for path, _, _ in service.came) == sorted(f"/{n}" for n in range(12))


def test_one_click_stops_one_watch_and_another_one_goes_on(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    browser, stranger = service.browser("a"), service.browser("b")
    first, second = begin(client, browser), begin(client, browser, question="")
    assert begin(client, browser) == first
    gone = {"endpoint": stranger.endpoint, "id": first}
    assert client.request("DELETE", "/api/v1/push", json=gone).status_code == 204
    assert len(rows(hanoi_engine, "SELECT FROM follow")) == 2
    for _ in range(2):
        own = {"endpoint": browser.endpoint, "id": first}
        assert client.request("DELETE", "/api/v1/push", json=own).status_code == 204
    assert [row.id for row in rows(hanoi_engine, "SELECT id FROM follow")] == [second]
    client.request("DELETE", "/api/v1/push", json={"endpoint": browser.endpoint})
    for table in ("follow", "watch", "push_subscription"):
        assert rows(hanoi_engine, f"SELECT FROM {table}") == []


def test_who_has_the_private_link_is_told_how_it_goes_on(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    taken, browser = complain(hanoi_engine), service.browser()
    asked = {"subscription": browser.said(), "link": taken.link}
    for _ in range(2):
        answer = client.post("/api/v1/push", json=asked)
        assert (answer.status_code, answer.json()) == (201, {"id": None})
    assert rounds(hanoi_engine, settings) == 0
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET status = 3 WHERE code = :code"), {"code": taken.code}
        )
    assert rounds(hanoi_engine, settings) == 1
    assert rounds(hanoi_engine, settings) == 0
    said = browser.read(service.came[0][2])
    assert said["b"] == "Đang xử lý"
    assert said["u"] == f"/c/{taken.code}"
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO answer (complaint_id, text, status) SELECT id, 'Đã vá', 4"
                 " FROM complaint WHERE code = :code"),
            {"code": taken.code},
        )  # fmt: skip
        connection.execute(
            text("UPDATE complaint SET status = 4, closed_at = now() WHERE code = :code"),
            {"code": taken.code},
        )
    # The answer and the new state are one piece of news.
    assert rounds(hanoi_engine, settings) == 1
    assert browser.read(service.came[1][2])["b"] == "Đã giải quyết; có trả lời mới"
    who = official(hanoi_engine, "officer")
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("INSERT INTO work_question (complaint_id, account_id, text)"
                 " SELECT id, :who, 'Chiều nào?' FROM complaint WHERE code = :code"),
            {"who": who.id, "code": taken.code},
        )  # fmt: skip
    assert rounds(hanoi_engine, settings) == 1
    # What is asked, is read where nobody else sees it.
    asks = browser.read(service.came[2][2])["b"]
    assert "hỏi bạn" in asks
    assert "Chiều" not in asks
    stopped = {"endpoint": browser.endpoint, "link": taken.link}
    assert client.request("DELETE", "/api/v1/push", json=stopped).status_code == 204
    assert rows(hanoi_engine, "SELECT FROM push_subscription") == []


def test_a_participant_that_was_erased_is_told_nothing(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    taken, browser = complain(hanoi_engine), service.browser()
    client.post("/api/v1/push", json={"subscription": browser.said(), "link": taken.link})
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE participant SET erased_at = now()"))
        connection.execute(
            text("UPDATE complaint SET status = 3 WHERE code = :code"), {"code": taken.code}
        )
    assert rounds(hanoi_engine, settings) == 0
    again = client.post("/api/v1/push", json={"subscription": browser.said(), "link": taken.link})
    assert again.status_code == 404
    nobody = participants.new_link()
    unknown = client.post("/api/v1/push", json={"subscription": browser.said(), "link": nobody})
    assert unknown.status_code == 404
    assert nobody not in unknown.text


def test_the_same_browser_at_another_address_goes_on(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    before, now = service.browser("old"), service.browser("new")
    begin(client, before)
    body = {"endpoint": before.endpoint, "subscription": now.said()}
    assert client.post("/api/v1/push/renew", json=body).status_code == 204
    complain(hanoi_engine)
    assert rounds(hanoi_engine, settings) == 1
    assert service.came[0][0] == "/new"
    now.read(service.came[0][2])


GOOD = "https://updates.push.example.org/wpush/v2/abc"


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://push.example.org/x",
        "https://127.0.0.1/x",
        "https://10.0.0.1/x",
        "https://[::1]/x",
        "https://[::ffff:10.0.0.1]/x",
        "https://2130706433/x",
        "https://0x7f.0.0.1/x",
        "https://127.1/x",
        "https://localhost/x",
        "https://db.internal/x",
        "https://printer.local./x",
        "https://push.example.org:8443/x",
        "https://user:pw@push.example.org/x",
        "https://push.example.org\n.evil/x",
        "ftp://push.example.org/x",
        "file:///etc/passwd",
        "x",
        "https://[bad/x",
        f"https://push.example.org/{'x' * 1000}",
    ],
)
def test_the_server_is_led_to_no_address_inside(
    module_hanoi: Engine, tmp_path: Path, endpoint: str
) -> None:
    client = TestClient(create_app(module_hanoi, Settings(var=tmp_path)))
    said = Browser(endpoint).said()
    answer = client.post("/api/v1/push", json={"subscription": said, "order": {}})
    assert answer.status_code == 422, endpoint
    assert answer.json()["errors"][0]["field"] == "subscription.endpoint"
    good = Browser(GOOD).said()
    renewed = {"endpoint": GOOD, "subscription": said}
    assert client.post("/api/v1/push/renew", json=renewed).status_code == 422
    assert client.post("/api/v1/push", json={"subscription": good, "order": {}}).status_code == 201
    client.request("DELETE", "/api/v1/push", json={"endpoint": GOOD})


def test_a_public_name_of_a_private_address_is_not_spoken_to(
    hanoi_engine: Engine, tmp_path: Path, service: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However its name is resolved at the moment of sending."""
    import socket

    resolved = socket.getaddrinfo

    def inside(host: Any, port: Any, *more: Any, **named: Any) -> Any:
        assert host == "updates.push.example.org"
        return resolved("127.0.0.1", service.port, *more, **named)

    browser = Browser(GOOD)
    client = TestClient(create_app(hanoi_engine, Settings(var=tmp_path)))
    begin(client, browser)
    complain(hanoi_engine)
    settings = Settings(var=tmp_path)
    watch_rounds.watch(hanoi_engine, settings, datetime.now(UTC))
    with hanoi_engine.begin() as connection:
        message = pushes.claim(connection, datetime.now(UTC) + timedelta(seconds=5))
        assert message is not None
        monkeypatch.setattr(socket, "getaddrinfo", inside)
        with Pusher(settings) as pusher, pytest.raises(PushError) as refused:
            pusher.deliver(message)
        monkeypatch.undo()
    assert not refused.value.gone
    assert service.came == []


def test_a_redirect_is_not_followed(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    service.answers["/a"] = (307, {"Location": f"http://127.0.0.1:{service.port}/inside"})
    begin(client, service.browser())
    complain(hanoi_engine)
    assert rounds(hanoi_engine, settings) == 0
    assert [path for path, _, _ in service.came] == ["/a"]


@pytest.mark.parametrize(
    ("p256dh", "auth", "field"),
    [
        ("x", "x", "p256dh"),
        ("=", b64(b"x" * 16), "p256dh"),
        (b64(b"\x03" + b"x" * 64), b64(b"x" * 16), "p256dh"),
        (b64(b"\x04" + b"x" * 64), b64(b"x" * 15), "auth"),
    ],
)
def test_keys_that_are_none_are_named(p256dh: str, auth: str, field: str) -> None:
    with pytest.raises(BadFilterError) as refused:
        Subscription.of(GOOD, p256dh, auth)
    assert refused.value.field.endswith(field)


def test_a_point_that_is_not_on_the_curve_is_refused(client: TestClient, service: Service) -> None:
    bad = service.browser("bad")
    wrong = bad.said() | {"keys": {"p256dh": b64(b"\x04" + b"\x01" * 64), "auth": b64(bad.auth)}}
    order = {"schedule": "instant"}
    answer = client.post("/api/v1/push", json={"subscription": wrong, "order": order})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["field"] == "subscription.keys.p256dh"


def test_an_order_and_a_link_exclude_each_other(client: TestClient, service: Service) -> None:
    said = service.browser().said()
    for more in ({}, {"order": {}, "link": "x" * 43}):
        answer = client.post("/api/v1/push", json={"subscription": said} | more)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "order"


def test_too_many_orders_of_one_browser_or_one_client_are_told_to_wait(
    hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    few = settings.model_copy(
        update={"limit_pushes": "5 per hour", "limit_pushes_device": "2 per hour"}
    )
    client = TestClient(create_app(hanoi_engine, few))
    answers = [
        client.post(
            "/api/v1/push", json={"subscription": service.browser(name).said(), "order": {}}
        )
        for name in ("a", "a", "a", "b", "b", "c")
    ]
    assert [one.status_code for one in answers] == [201, 201, 429, 201, 201, 429]
    for refused in (answers[2], answers[5]):
        assert refused.json()["title"] == "Limited"
        assert int(refused.headers["retry-after"]) > 0


def test_neither_endpoint_nor_link_is_in_a_log_or_an_answer(
    client: TestClient, hanoi_engine: Engine, settings: Settings, service: Service
) -> None:
    service.answers["/very-private"] = (410, {})
    taken, browser = complain(hanoi_engine), service.browser("very-private")
    with structlog.testing.capture_logs() as logs:
        answers = [
            client.post("/api/v1/push", json={"subscription": browser.said(), "order": {}}).text,
            client.post(
                "/api/v1/push", json={"subscription": browser.said(), "link": taken.link}
            ).text,
        ]
        with hanoi_engine.begin() as connection:
            connection.execute(text("UPDATE complaint SET status = 3 WHERE status = 1"))
        rounds(hanoi_engine, settings)
    assert any(one["event"] == "push_refused" for one in logs)
    said = json.dumps([logs, answers], default=str)
    assert "very-private" not in said
    assert taken.link not in said


def test_the_key_is_made_once_and_for_nobody_else(tmp_path: Path) -> None:
    made = Settings(var=tmp_path)
    first = public_key(vapid(made))
    assert public_key(vapid(made)) == first
    path = tmp_path / "vapid.pem"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [one.name for one in tmp_path.iterdir()] == ["vapid.pem"]
    pem = path.read_text()
    for given in (pem, pem.replace("\n", "\\n"), str(path)):
        assert public_key(vapid(Settings(var=tmp_path / "other", vapid_key=given))) == first
    for wrong in ("-----BEGIN NONSENSE-----", "/nowhere.pem"):
        with pytest.raises(VapidError):
            vapid(Settings(var=tmp_path, vapid_key=wrong))
