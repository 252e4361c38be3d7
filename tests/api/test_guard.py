"""Abuse, as it is tried: each limit is met, says when to come again, and honest people pass."""

import base64
import json
import secrets
import time
from collections.abc import Iterator
from typing import Any, get_args

import altcha
import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.testclient import TestClient
from prometheus_client import REGISTRY
from sqlalchemy import Engine, text
from structlog.testing import capture_logs

from api.app import create_app
from api.guard import Guard, Kind, guarded
from api.limit_settings import LimitSettings
from api.refusals import LimitedError
from api.settings import Settings

PLACE = {"lon": 105.85, "lat": 21.03}
WORDS = "Đèn đường trước số nhà {} hỏng từ tuần trước, tối rất nguy hiểm"


def real(**changes: Any) -> Settings:
    """The settings as an operator has them, not those of the other tests."""
    defaults = {name: field.default for name, field in LimitSettings.model_fields.items()}
    return Settings(**(defaults | changes))


def _app(engine: Engine, **changes: Any) -> FastAPI:
    return create_app(engine, real(**changes))


def _phone(app: FastAPI, address: str = "203.0.113.5") -> TestClient:
    return TestClient(app, client=(address, 50_000), raise_server_exceptions=False)


def _said(number: int = 1, *, device: str | None = "d" * 22, **more: Any) -> dict[str, Any]:
    body = PLACE | {"category": "pothole", "text": WORDS.format(number), "device": device}
    return {key: value for key, value in (body | more).items() if value is not None}


def _device() -> str:
    return secrets.token_urlsafe(24)


def _report(phone: TestClient, body: dict[str, Any], key: str | None = None) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return phone.post("/api/v1/complaints", json=body, headers=headers)


def _solved(phone: TestClient, path: str) -> str:
    """As the page does it, slower."""
    challenge = phone.get(path).json()
    solution = altcha.solve_challenge(altcha.Challenge.from_dict(challenge))
    assert solution is not None
    said = {"challenge": challenge, "solution": solution.to_dict()}
    return base64.b64encode(json.dumps(said).encode()).decode()


def _refused(reason: str) -> float:
    return REGISTRY.get_sample_value("phananh_refused_total", {"reason": reason}) or 0


@pytest.fixture(autouse=True)
def quick_challenges(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("api.challenges.STEPS", 4)
    monkeypatch.setattr("api.challenges.COST", 10)


def _bilingual(answer: httpx.Response, title: str, status: int) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["title"] == title
    english, vietnamese = said["detail"].split(" / ")
    assert english.isascii()
    assert not vietnamese.isascii()
    return said


def test_a_device_that_reports_without_end_is_told_when_to_come_again(module_hanoi: Engine) -> None:
    app = _app(module_hanoi, limit_reports_device="3 per hour")
    phone, device, before = _phone(app), _device(), _refused("limit_reports_device")
    for number in range(3):
        assert _report(phone, _said(number, device=device)).status_code == 201
    answer = _report(phone, _said(9, device=device))
    said = _bilingual(answer, "Limited", 429)
    assert 0 < int(answer.headers["retry-after"]) <= 7200
    assert said["wait_s"] == int(answer.headers["retry-after"])
    assert "from this device" in said["detail"]
    assert _refused("limit_reports_device") == before + 1
    # Another one behind the same address, and the same one elsewhere, are two things.
    assert _report(phone, _said(10, device=_device())).status_code == 201
    assert _report(_phone(app, "198.51.100.1"), _said(11, device=device)).status_code == 429


def test_an_address_that_reports_without_end_is_told_so(module_hanoi: Engine) -> None:
    app = _app(module_hanoi, limit_reports="5 per hour")
    answers = [_report(_phone(app), _said(n, device=_device())) for n in range(6)]
    assert [one.status_code for one in answers] == [201] * 5 + [429]
    assert "from your network" in _bilingual(answers[-1], "Limited", 429)["detail"]
    assert _report(_phone(app, "203.0.113.6"), _said(7, device=_device())).status_code == 201


def test_addresses_of_one_customer_of_ipv6_are_counted_together(module_hanoi: Engine) -> None:
    app = _app(module_hanoi, limit_reports="2 per hour")
    answers = [
        _report(_phone(app, f"2001:db8:1:2::{n}"), _said(n, device=_device())) for n in range(3)
    ]
    assert [one.status_code for one in answers] == [201, 201, 429]
    other = _report(_phone(app, "2001:db8:1:3::1"), _said(5, device=_device()))
    assert other.status_code == 201


def test_after_the_time_it_said_the_same_report_is_taken(
    module_hanoi: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    app, device = _app(module_hanoi, limit_reports_device="2 per hour"), _device()
    phone = _phone(app)
    for number in range(2):
        _report(phone, _said(number, device=device))
    waits = int(_report(phone, _said(3, device=device)).headers["retry-after"])
    then = time.time() + waits + 1
    monkeypatch.setattr(time, "time", lambda: then)
    assert _report(phone, _said(3, device=device)).status_code == 201


def test_forty_honest_phones_behind_one_address_notice_nothing(module_hanoi: Engine) -> None:
    app = _app(module_hanoi)
    for number in range(40):
        device = _device()
        place = {"lon": 105.80 + (number % 8) * 0.02, "lat": 21.0 + (number // 8) * 0.01}
        said = _said(number, device=device) | place
        assert _report(_phone(app), said, f"key-{device}").status_code == 201


def test_ten_replays_make_one_complaint_and_are_never_refused_as_a_repeat(
    module_hanoi: Engine,
) -> None:
    app, body = _app(module_hanoi), _said(77, device=_device())
    answers = [_report(_phone(app), body, "one-and-the-same-key") for _ in range(10)]
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["id"] for one in answers}) == 1


def test_the_same_words_about_the_same_place_are_refused_with_the_code_to_the_same_device(
    module_hanoi: Engine,
) -> None:
    app, device = _app(module_hanoi), _device()
    first = _report(_phone(app), _said(5, device=device))
    changed = {"lon": PLACE["lon"] + 0.001, "text": WORDS.format(5).upper() + "!!!"}
    again = _report(_phone(app), _said(5, device=device) | changed)
    said = _bilingual(again, "SaidBefore", 409)
    assert said["code"] == first.json()["id"]
    assert first.json()["id"] in said["detail"]
    # From elsewhere in the same network the code is not told.
    other = _report(_phone(app), _said(5, device=_device()))
    assert "code" not in _bilingual(other, "SaidBefore", 409)
    # What else is said, or elsewhere, is another report.
    assert _report(_phone(app), _said(6, device=device)).status_code == 201
    elsewhere = _said(5, device=device) | {"lon": PLACE["lon"] + 0.01}
    assert _report(_phone(app), elsewhere).status_code == 201


def test_neighbours_behind_one_address_may_say_the_same_few_words(module_hanoi: Engine) -> None:
    app = _app(module_hanoi)
    for _ in range(2):
        said = _said(device=_device(), text="Ngập nước quá")
        assert _report(_phone(app), said).status_code == 201


def test_the_same_words_sent_all_over_the_city_want_a_proof(module_hanoi: Engine) -> None:
    app = _app(module_hanoi)
    answers = [
        _report(_phone(app), _said(1, device=_device(), lon=105.70 + number * 0.02))
        for number in range(4)
    ]
    assert [one.status_code for one in answers] == [201] * 3 + [403]
    assert _bilingual(answers[-1], "ChallengeWanted", 403)["level"] == 2


def test_a_filled_trap_is_refused_without_saying_which_field(module_hanoi: Engine) -> None:
    answer = _report(_phone(_app(module_hanoi)), _said(website="https://spam.example"))
    said = _bilingual(answer, "NotTaken", 422)
    assert "website" not in answer.text
    assert "errors" not in said


@pytest.mark.parametrize("words", ["https://spam.example/x", "mua ngay " * 60, "x" * 200])
def test_words_that_are_no_report_are_refused_and_stored_nowhere(
    module_hanoi: Engine, words: str
) -> None:
    app = _app(module_hanoi)
    count = "/api/v1/counts?category=pothole"
    before = _phone(app).get(count).json()["total"]
    said = _bilingual(_report(_phone(app), _said(text=words)), "WordsRefused", 422)
    assert said["errors"][0]["field"] == "text"
    assert _phone(app).get(count).json()["total"] == before


def test_many_links_want_a_proof_and_pass_with_it(module_hanoi: Engine) -> None:
    phone = _phone(_app(module_hanoi))
    words = "Xem hai ảnh này: https://a.example/1 và https://b.example/2, đường hỏng nặng"
    said = _bilingual(_report(phone, _said(text=words)), "ChallengeWanted", 403)
    assert said["challenge"] == "/api/v1/challenge?level=1"
    payload = _solved(phone, said["challenge"])
    assert _report(phone, _said(text=words, challenge=payload)).status_code == 201


def test_many_reports_from_one_address_want_a_proof_that_grows_with_them(
    module_hanoi: Engine,
) -> None:
    phone = _phone(_app(module_hanoi, challenge_reports="2 per hour", flood_floor=1000))
    levels = []
    for number in range(9):
        body = _said(number, device=_device())
        answer = _report(phone, body)
        if answer.status_code == 403:
            levels.append(answer.json()["level"])
            body["challenge"] = _solved(phone, answer.json()["challenge"])
            answer = _report(phone, body)
        assert answer.status_code == 201
    assert levels == [1, 1, 2, 2, 2, 2, 3]
    # Who asks without a level is given what the next report will need.
    parameters = phone.get("/api/v1/challenge").json()["parameters"]
    assert parameters["data"]["level"] == 3


def test_who_has_no_device_token_is_asked_sooner(module_hanoi: Engine) -> None:
    phone = _phone(_app(module_hanoi))
    answers = [_report(phone, _said(n, device=None)) for n in range(6)]
    assert [one.status_code for one in answers] == [201] * 5 + [403]
    assert _report(phone, _said(8, device=_device())).status_code == 201


def test_a_solution_is_good_once_and_for_its_level_only(module_hanoi: Engine) -> None:
    phone = _phone(_app(module_hanoi, challenge_reports="1 per hour", flood_floor=1000))
    assert _report(phone, _said(0)).status_code == 201
    used = _solved(phone, "/api/v1/challenge?level=1")
    assert _report(phone, _said(1, challenge=used)).status_code == 201
    level = _bilingual(_report(phone, _said(2, challenge=used)), "ChallengeWanted", 403)["level"]
    assert level == 2
    easy, right = (_solved(phone, f"/api/v1/challenge?level={n}") for n in (1, 2))
    assert _report(phone, _said(2, challenge=easy)).status_code == 403
    assert _report(phone, _said(2, challenge=right)).status_code == 201
    assert _report(phone, _said(3, challenge=right)).status_code == 403


def test_a_lost_answer_is_asked_for_again_with_the_same_solution(module_hanoi: Engine) -> None:
    phone = _phone(_app(module_hanoi, challenge_reports="1 per hour", flood_floor=1000))
    assert _report(phone, _said(0)).status_code == 201
    body = _said(1, challenge=_solved(phone, "/api/v1/challenge?level=1"))
    outside = body | {"lon": 2.35, "lat": 48.85}
    assert _report(phone, outside, "key-of-this-one").status_code == 422
    for _ in range(3):
        assert _report(phone, body, "key-of-this-one").status_code == 201
    assert _report(phone, _said(2) | {"challenge": body["challenge"]}).status_code == 403


def _forged(payload: str, **changes: Any) -> str:
    said = json.loads(base64.b64decode(payload))
    said["challenge"]["parameters"] |= changes
    return base64.b64encode(json.dumps(said).encode()).decode()


def test_no_forged_or_old_solution_is_good(
    module_hanoi: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = _phone(_app(module_hanoi, challenge_links=1))
    words = "Ổ gà trước cổng trường, ảnh ở đây: https://a.example/1"
    good = _solved(phone, "/api/v1/challenge?level=1")
    said = json.loads(base64.b64decode(good))
    other = said | {"solution": {"counter": 1, "derivedKey": "00" * 32}}
    unsigned = {"challenge": {"parameters": said["challenge"]["parameters"]}} | {
        "solution": said["solution"]
    }
    elsewhere = altcha.create_challenge("PBKDF2/SHA-256", 1, counter=1, hmac_secret=b"other")
    foreign = {"challenge": elsewhere.to_dict(), "solution": said["solution"]}
    forged = [
        base64.b64encode(json.dumps(one).encode()).decode() for one in (other, unsigned, foreign)
    ]
    forged += [
        _forged(good, expiresAt=int(time.time()) + 10**6),
        _forged(good, data={"level": 4, "most": 1}),
        "",
        "no base64!",
        base64.b64encode(b"[]").decode(),
        base64.b64encode(b'{"challenge": {"parameters": 3}, "solution": []}').decode(),
        base64.b64encode(("[" * 2900).encode()).decode(),
    ]
    for payload in forged:
        assert _report(phone, _said(text=words, challenge=payload)).status_code == 403, payload
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + 1300)
        assert _report(phone, _said(text=words, challenge=good)).status_code == 403
    assert _report(phone, _said(text=words, challenge=good)).status_code == 201


def test_a_flood_of_reports_about_one_place_wants_proofs_there_and_nowhere_else(
    hanoi_engine: Engine,
) -> None:
    app, before = _app(hanoi_engine), _refused("challenge")
    with capture_logs() as logs:
        answers = [
            _report(_phone(app, f"198.51.100.{n}"), _said(n, device=_device())) for n in range(23)
        ]
    assert [one.status_code for one in answers] == [201] * 20 + [403] * 3
    assert _refused("challenge") == before + 3
    (told,) = [one for one in logs if one["event"] == "area_flood"]
    assert told["reports"] >= 20
    assert len(told["cell"]) == 15
    assert "203.0" not in str(logs)
    assert "Đèn" not in str(logs)
    # Nothing is dropped: with a proof the report is taken.
    last = _phone(app, "198.51.100.99")
    payload = _solved(last, answers[-1].json()["challenge"])
    assert _report(last, _said(99, device=_device(), challenge=payload)).status_code == 201
    elsewhere = _said(1, device=_device(), lon=105.78)
    assert _report(_phone(app, "198.51.100.88"), elsewhere).status_code == 201


def test_what_is_usual_in_a_place_is_no_flood(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        # Four busy days: 400 complaints each.
        connection.execute(
            text(
                "INSERT INTO complaint (id, code, city_id, source_id, source_key, geom, cell,"
                " category_id, status, reported_at, text)"
                " SELECT gen_random_uuid(), 'T' || n, c.city_id, c.source_id, 'flood-' || n,"
                " c.geom, c.cell, c.category_id, 1, now() - interval '5 day' * (1 + n % 4), 'x'"
                " FROM generate_series(1, 1600) n, (SELECT * FROM complaint"
                " WHERE code = :code) c"
            ),
            {"code": _report(_phone(_app(hanoi_engine)), _said()).json()["id"]},
        )
    app = _app(hanoi_engine)
    answers = [
        _report(_phone(app, f"198.51.100.{n}"), _said(n, device=_device())) for n in range(40)
    ]
    assert {one.status_code for one in answers} == {201}


@pytest.fixture
def small(module_hanoi: Engine) -> Iterator[FastAPI]:
    """An app with a route as the other parts have them."""
    app = _app(
        module_hanoi, limit_photos_device="2 per hour", limit_photo_mb="8 per hour",
        limit_mine_device="2 per hour", limit_near="2 per minute", limit_mail_to="1 per day",
    )  # fmt: skip

    @app.get("/api/v1/complaints/near-by", dependencies=[guarded("near")])
    def near() -> str:
        return "near"

    app.router.routes.sort(key=lambda route: getattr(route, "name", "") == "web")
    return app


def test_photos_are_counted_and_weighed(small: FastAPI) -> None:
    device = {"X-Device": _device()}
    ask = _phone(small)
    # What is no photo is counted all the same.
    for _ in range(2):
        assert ask.post("/api/v1/photos", content=b"x", headers=device).status_code == 415
    assert ask.post("/api/v1/photos", content=b"x", headers=device).status_code == 429
    heavy = _phone(small, "203.0.113.77")
    for _ in range(2):
        assert heavy.post("/api/v1/photos", content=b"x" * 3 * 2**20).status_code == 415
    answer = heavy.post("/api/v1/photos", content=b"x" * 100)
    assert "large photos" in _bilingual(answer, "Limited", 429)["detail"]


def test_one_private_link_is_counted_apart_from_others(small: FastAPI) -> None:
    ask = _phone(small)
    for _ in range(2):
        assert ask.get("/api/v1/mine", headers={"Authorization": "Bearer a"}).status_code == 401
    assert ask.get("/api/v1/mine", headers={"Authorization": "Bearer a"}).status_code == 429
    assert ask.get("/api/v1/mine", headers={"Authorization": "Bearer b"}).status_code == 401


def test_private_answers_are_for_no_other_page(small: FastAPI) -> None:
    ask, origin = _phone(small), {"Origin": "https://evil.example", "Authorization": "Bearer a"}
    assert "access-control-allow-origin" not in ask.get("/api/v1/mine", headers=origin).headers
    challenge = ask.get("/api/v1/challenge", headers=origin)
    assert "access-control-allow-origin" not in challenge.headers
    assert challenge.headers["cache-control"] == "no-store"
    preflight = origin | {
        "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "authorization"
    }  # fmt: skip
    asked = ask.options("/api/v1/mine", headers=preflight)
    assert "access-control-allow-origin" not in asked.headers
    public = ask.get("/api/v1/domains", headers={"Origin": "https://city.example"})
    assert public.headers["access-control-allow-origin"] == "*"


def test_every_kind_of_request_can_be_counted(module_hanoi: Engine) -> None:
    app = _app(module_hanoi)
    guard: Guard = app.state.guard
    scope = {"type": "http", "client": ("203.0.113.1", 1), "headers": [], "app": app}
    for kind in get_args(Kind):
        guard.admit(Request(scope), kind, _device())
    for _ in range(6):
        guard.mail(Request(scope), "An@example.org", _device())
    with pytest.raises(LimitedError, match="for this mailbox"):
        guard.mail(Request(scope), "an@EXAMPLE.org", _device())
    guard.mail(Request(scope), "binh@example.org")


def test_headers_say_what_a_page_may_ask_of_a_device(module_hanoi: Engine) -> None:
    plain = _phone(_app(module_hanoi)).get("/healthz").headers
    assert "geolocation=(self)" in plain["permissions-policy"]
    assert "camera=(self)" in plain["permissions-policy"]
    assert "frame-ancestors 'self'" in plain["content-security-policy"]
    assert "strict-transport-security" not in plain
    secure = _app(module_hanoi, public_url="https://map.example.org")
    told = _phone(secure).get("/healthz").headers["strict-transport-security"]
    assert int(told.removeprefix("max-age=")) >= 31_536_000


def test_a_proxy_that_nobody_named_is_noticed_once(module_hanoi: Engine) -> None:
    app = _app(module_hanoi)
    with capture_logs() as logs:
        for _ in range(3):
            _phone(app).get("/api/v1/domains", headers={"X-Forwarded-For": "203.0.113.1"})
    (told,) = [one for one in logs if one["event"] == "forwarded_header_ignored"]
    assert "PHANANH_PROXIES" in told["hint"]
    assert "203.0.113" not in str(logs)


def test_a_store_that_cannot_be_used_is_named(module_hanoi: Engine) -> None:
    with pytest.raises(Exception, match="PHANANH_LIMIT_STORE"):
        _app(module_hanoi, limit_store="nothing://here")
