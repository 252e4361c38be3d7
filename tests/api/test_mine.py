"""What a private link opens over HTTP, and who is refused what."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import pytest
import structlog
from fastapi.testclient import TestClient
from httpx import Response
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo import erasing, looking, participants
from geo.errors import BadFilterError

SAID: dict[str, Any] = {
    "lon": 105.8342,
    "lat": 21.0278,
    "category": "pothole",
    "text": "Ổ gà lớn, gọi 0912345678",
    "address": "12 Hàng Bạc",
    "device": "d" * 32,
}
MINE = "/api/v1/mine"


def _client(engine: Engine) -> TestClient:
    settings = Settings(public_url="https://map.city.example")
    return TestClient(create_app(engine, settings), raise_server_exceptions=False)


@pytest.fixture
def client(module_hanoi: Engine) -> TestClient:
    """A new service over the city these tests share."""
    return _client(module_hanoi)


@pytest.fixture
def own_client(hanoi_engine: Engine) -> TestClient:
    """Over a city of the test's own, whose categories it may change."""
    return _client(hanoi_engine)


def bearer(link: str | None) -> dict[str, str]:
    return {"Authorization": f"Bearer {link}"} if link is not None else {}


def _report(client: TestClient, **changes: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/complaints", json=SAID | changes)
    assert answer.status_code == 201, answer.text
    properties: dict[str, Any] = answer.json()["properties"]
    return properties


def _support(client: TestClient, code: str, device: str = "e" * 32) -> str:
    answer = client.post(f"/api/v1/complaints/{code}/support", json={"device": device})
    assert answer.status_code in (200, 201), answer.text
    link: str = answer.json()["link"]
    return link


def _run(engine: Engine, statement: str, **given: Any) -> None:
    with engine.begin() as connection:
        connection.execute(text(statement), given)


def test_the_reporter_sees_what_was_written_and_everyone_what_is_public(
    client: TestClient,
) -> None:
    made = _report(client)
    assert made["masked"] is True
    assert made["contact"] is None
    answer = client.get(MINE, headers=bearer(made["link"]))
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/geo+json"
    own = answer.json()["properties"]
    assert own["text"] == SAID["text"]
    assert "0912345678" not in own["public"]["text"]
    assert own["role"] == "reporter"
    assert own["contact"] == {"state": "none", "address": None}
    assert own["may"] == ["correct", "withdraw", "contact", "erase"]
    assert own["editable_until"] == made["editable_until"]
    assert (own["answers"], own["urgent"], own["photos"], own["rating"]) == ({}, False, [], None)
    public = client.get(f"/api/v1/complaints/{made['code']}").text
    for hidden in ("0912345678", made["link"], "d" * 32, "editable_until", "reporter"):
        assert hidden not in public


def test_a_sensitive_report_is_whole_for_its_reporter_alone(
    own_client: TestClient, hanoi_engine: Engine
) -> None:
    made = _report(own_client)
    supporter = _support(own_client, made["code"])
    _run(hanoi_engine, "UPDATE category SET sensitive = true WHERE code = 'pothole'")
    own = own_client.get(MINE, headers=bearer(made["link"])).json()
    assert own["geometry"]["coordinates"] == [SAID["lon"], SAID["lat"]]
    assert own["properties"]["text"] == SAID["text"]
    theirs = own_client.get(MINE, headers=bearer(supporter)).json()
    assert theirs["geometry"]["coordinates"] != [SAID["lon"], SAID["lat"]]
    assert theirs["properties"]["text"] == ""


class Role(NamedTuple):
    name: str
    link: Callable[[dict[str, Any]], str | None]


ROLES = [
    Role("nobody", lambda links: None),
    Role("a wrong link", lambda links: str(links["reporter"])[:-1] + "."),
    Role("a code", lambda links: str(links["code"])),
    Role("other reporter", lambda links: str(links["other"])),
    Role("supporter", lambda links: str(links["supporter"])),
    Role("reporter", lambda links: str(links["reporter"])),
]
# Statuses in the order of the roles.
WALK: list[tuple[str, str, dict[str, Any] | None, list[int]]] = [
    ("GET", "", None, [401, 401, 401, 200, 200, 200]),
    ("PATCH", "", {"text": "khác"}, [401, 401, 401, 200, 403, 200]),
    ("PUT", "/contact", {"email": "an@example.org"}, [401, 401, 401, 202, 202, 202]),
    ("DELETE", "/contact", None, [401, 401, 401, 204, 204, 204]),
    ("POST", "/withdraw", {}, [401, 401, 401, 200, 403, 200]),
    ("POST", "/erase", None, [401, 401, 401, 200, 200, 200]),
]


@pytest.mark.parametrize("number", range(len(ROLES)), ids=[one.name for one in ROLES])
@pytest.mark.parametrize("step", WALK, ids=[f"{one[0]} {one[1]}" for one in WALK])
def test_each_role_may_do_its_own_and_changes_no_other_complaint(
    client: TestClient,
    module_hanoi: Engine,
    number: int,
    step: tuple[str, str, dict[str, Any] | None, list[int]],
) -> None:
    made, elsewhere = _report(client), _report(client, device="f" * 32)
    links = {
        "code": made["code"],
        "reporter": made["link"],
        "other": elsewhere["link"],
        "supporter": _support(client, made["code"]),
    }
    method, path, body, statuses = step
    headers = bearer(ROLES[number].link(links))

    def state(code: str) -> Any:
        with module_hanoi.connect() as connection:
            return connection.execute(
                text(
                    "SELECT c.text, c.status, s.words, jsonb_agg(p ORDER BY p.id) FROM complaint c"
                    " JOIN submission s ON s.complaint_id = c.id"
                    " JOIN participant p ON p.complaint_id = c.id WHERE c.code = :code"
                    " GROUP BY 1, 2, 3"
                ),
                {"code": code},
            ).one()

    before = {one: state(one) for one in (made["code"], elsewhere["code"])}
    answer = client.request(method, MINE + path, json=body, headers=headers)
    assert answer.status_code == statuses[number], answer.text
    if answer.status_code == 401:
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.json()["title"] == "UnknownLink"
    if answer.status_code == 403:
        assert answer.json()["title"] == "NotAllowed"
    touched = elsewhere["code"] if ROLES[number].name == "other reporter" else made["code"]
    for code, was in before.items():
        if code != touched or answer.status_code >= 400:
            assert state(code) == was
    # The reporter's link still opens it.
    assert client.get(MINE, headers=bearer(made["link"])).status_code == 200


def test_links_are_known_by_the_bearer_scheme_alone(client: TestClient) -> None:
    link = _report(client)["link"]
    for wrong in (f"Basic {link}", link, "Bearer", f"Bearer {'x' * 300}", f"Bearer {link} {link}"):
        answer = client.get(MINE, headers={"Authorization": wrong})
        assert answer.status_code == 401, wrong
    assert client.get(f"{MINE}?token={link}").status_code == 401
    assert client.get(MINE, headers={"Authorization": f"bearer {link}"}).status_code == 200


def test_a_correction_shows_at_once_and_the_list_and_counts_agree(client: TestClient) -> None:
    made = _report(client)

    def counted(category: str) -> int:
        return int(client.get(f"/api/v1/counts?category={category}").json()["total"])

    before = counted("pothole"), counted("garbage")
    changes = {
        "lon": 105.78,
        "lat": 21.04,
        "category": "garbage",
        "text": "Rác, gọi 0987654321",
        "address": None,
    }
    answer = client.patch(MINE, json=changes, headers=bearer(made["link"]))
    assert answer.status_code == 200, answer.text
    whole = answer.json()
    assert whole["geometry"]["coordinates"] == [105.78, 21.04]
    assert whole["properties"]["text"] == changes["text"]
    assert whole["properties"]["address"] is None
    assert (counted("pothole"), counted("garbage")) == (before[0] - 1, before[1] + 1)
    public = client.get(f"/api/v1/complaints/{made['code']}")
    assert public.json()["properties"]["category"] == "garbage"
    assert "0987654321" not in public.text
    kinds = {one["kind"] for one in public.json()["properties"]["timeline"]}
    assert {"received", "moved", "category", "text"} <= kinds


def test_a_correction_of_what_somebody_changed_meanwhile_is_refused(
    client: TestClient, module_hanoi: Engine
) -> None:
    made = _report(client)
    headers = bearer(made["link"])
    etag = client.get(MINE, headers=headers).headers["etag"]
    matching = headers | {"If-Match": f'"other", {etag}'}
    done = client.patch(MINE, json={"text": "một"}, headers=matching)
    assert done.status_code == 200
    stale = client.patch(MINE, json={"text": "hai"}, headers=headers | {"If-Match": etag})
    assert stale.status_code == 412
    assert stale.json()["title"] == "ChangedMeanwhile"
    fresh = done.headers["etag"]
    assert fresh == client.get(MINE, headers=headers).headers["etag"]
    weak = headers | {"If-Match": f"W/{fresh}"}
    assert client.patch(MINE, json={"text": "ba"}, headers=weak).status_code == 412
    # Others who support it meanwhile change nothing of it.
    _support(client, made["code"])
    for match in (fresh, "*"):
        good = headers | {"If-Match": match}
        assert client.patch(MINE, json={"text": "bốn"}, headers=good).status_code == 200
    _run(
        module_hanoi,
        "UPDATE complaint SET status = 2 WHERE code = :code",
        code=made["code"],
    )
    late = client.patch(MINE, json={"text": "năm"}, headers=headers)
    assert (late.status_code, late.json()["title"]) == (409, "NotEditable")
    own = client.get(MINE, headers=headers).json()["properties"]
    assert own["may"] == ["withdraw", "contact", "erase"]
    assert own["text"] == "bốn"


def test_after_thirty_minutes_only_withdrawing_is_left(
    client: TestClient, module_hanoi: Engine
) -> None:
    made = _report(client)
    past = datetime.now(UTC) - timedelta(seconds=1)
    _run(module_hanoi, "UPDATE submission SET editable_until = :at", at=past)
    late = client.patch(MINE, json={"text": "muộn"}, headers=bearer(made["link"]))
    assert (late.status_code, late.json()["title"]) == (409, "NotEditable")
    english, vietnamese = late.json()["detail"].split(" / ")
    assert "30 minutes" in english
    assert "30 phút" in vietnamese
    asked = client.put(
        f"{MINE}/contact", json={"email": "an@example.org"}, headers=bearer(made["link"])
    )
    assert asked.status_code == 202
    done = client.post(f"{MINE}/withdraw", json={}, headers=bearer(made["link"]))
    assert done.status_code == 200
    # No news is to come, so the address goes too.
    assert done.json()["properties"]["contact"] == {"state": "none", "address": None}
    assert done.json()["properties"]["status"] == "withdrawn"
    assert done.json()["properties"]["may"] == ["erase"]
    again = client.post(f"{MINE}/withdraw", json={}, headers=bearer(made["link"]))
    assert again.status_code == 200
    assert again.json() == done.json()
    contact = {"email": "an@example.org"}
    refused = client.put(f"{MINE}/contact", json=contact, headers=bearer(made["link"]))
    assert refused.status_code == 409
    public = client.get(f"/api/v1/complaints/{made['code']}").json()["properties"]
    assert public["status"] == "withdrawn"
    assert public["closed_at"] is not None
    support = client.post(f"/api/v1/complaints/{made['code']}/support", json={})
    assert (support.status_code, support.json()["title"]) == (409, "NotSupportable")
    assert "withdrawn" in support.json()["detail"]


def test_the_words_of_what_was_withdrawn_are_for_entitled_officials_alone(
    own_client: TestClient, hanoi_engine: Engine
) -> None:
    asked = '[{"code": "pole", "kind": "text", "vi": "Số cột", "en": "Pole", "public": true}]'
    _run(hanoi_engine, "UPDATE category SET questions = :asked WHERE code = 'pothole'", asked=asked)
    made = _report(own_client, text="Hố sâu trước quán zzxy", answers={"pole": "cột qqwv"})
    kept = _report(own_client)
    path = f"/api/v1/complaints/{made['code']}"
    before = own_client.get("/api/v1/counts?by=category").json()
    assert "zzxy" in own_client.get(path).text
    done = own_client.post(f"{MINE}/withdraw", json={}, headers=bearer(made["link"]))
    # Who wrote them reads them still, and is not told that others read less.
    assert done.json()["properties"]["text"] == "Hố sâu trước quán zzxy"
    assert done.json()["properties"]["masked"] is False
    public = own_client.get(path).json()
    assert (public["properties"]["text"], public["properties"]["address"]) == ("", None)
    assert public["properties"]["questions"] == []
    assert [one["kind"] for one in public["properties"]["timeline"]] == ["received", "status"]
    everywhere = (path, f"/c/{made['code']}", "/api/v1/complaints?status=withdrawn",
                  "/api/v1/export.csv?status=withdrawn",
                  f"/open311/v2/requests/{made['code']}.json")  # fmt: skip
    for one in everywhere:
        answer = own_client.get(one)
        for word in ("zzxy", "qqwv", "Hàng Bạc"):
            assert word not in answer.text, one
    assert own_client.get("/api/v1/complaints?q=zzxy").json()["features"] == []
    # The fact stays: kind, place and day are counted as they were.
    assert own_client.get("/api/v1/counts?by=category").json() == before
    assert public["geometry"]["coordinates"] == [SAID["lon"], SAID["lat"]]
    with hanoi_engine.begin() as connection:
        seen = looking.looked(connection, made["code"], "official", "asked by a court")
        assert (seen.words, seen.address) == ("Hố sâu trước quán zzxy", "12 Hàng Bạc")
    with hanoi_engine.begin() as connection, pytest.raises(BadFilterError, match="withdrawn"):
        looking.unmask(connection, made["code"], "official", "to be public again")
    assert own_client.get(f"/api/v1/complaints/{kept['code']}").json()["properties"]["text"]
    own_client.post(f"{MINE}/erase", headers=bearer(made["link"]))
    with hanoi_engine.begin() as connection:
        assert looking.looked(connection, made["code"], "official", "once more").words == ""


def test_what_others_support_stays_open_when_its_reporter_withdraws(client: TestClient) -> None:
    made = _report(client, text="Hố sâu trước quán zzxy", email="an@example.org")
    supporter = _support(client, made["code"])
    done = client.post(f"{MINE}/withdraw", json={}, headers=bearer(made["link"]))
    own = done.json()["properties"]
    assert (own["status"], own["may"], own["contact"]["state"]) == ("received", ["erase"], "none")
    again = client.post(f"{MINE}/withdraw", json={}, headers=bearer(made["link"]))
    assert again.json() == done.json()
    for method, path, body in (
        ("PATCH", "", {"text": "khác"}),
        ("PUT", "/contact", {"email": "an@example.org"}),
    ):
        refused = client.request(method, MINE + path, json=body, headers=bearer(made["link"]))
        assert refused.status_code == 409, refused.text
    answer = client.get(f"/api/v1/complaints/{made['code']}")
    public = answer.json()["properties"]
    assert (public["status"], public["supporters"], public["first_left"]) == (
        "received",
        1,
        True,
    )
    assert [one["kind"] for one in public["timeline"]] == ["received", "left"]
    assert public["may_be_supported"] is True
    assert "zzxy" not in answer.text + client.get(f"/c/{made['code']}").text
    theirs = client.get(MINE, headers=bearer(supporter)).json()["properties"]
    assert theirs["may"] == ["contact", "erase"]
    # Whoever left may come back as one of the others.
    assert _support(client, made["code"], SAID["device"]) not in (made["link"], supporter)


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({}, 422, ""),
        ({"lon": 105.8}, 422, ""),
        ({"lon": "east", "lat": 21}, 422, "lon"),
        ({"text": "..."}, 422, "text"),
        ({"text": None}, 422, "text"),
        ({"colour": "red"}, 422, "colour"),
        ({"category": "nothing"}, 422, "category"),
        ({"answers": {"x": 1}}, 422, "answers.x"),
        ({"photos": ["gone"]}, 422, "photos"),
        ({"photos": ["a"] * 6}, 422, "photos"),
        ({"lon": 2.35, "lat": 48.85}, 422, None),
    ],
)
def test_a_wrong_correction_says_what_is_wrong_and_does_nothing(
    client: TestClient, body: dict[str, Any], status: int, field: str | None
) -> None:
    link = _report(client)["link"]
    before = client.get(MINE, headers=bearer(link))
    answer = client.patch(MINE, json=body, headers=bearer(link))
    assert answer.status_code == status, answer.text
    if field is not None:
        assert answer.json()["errors"][0]["field"] == field
    else:
        assert answer.json()["title"] == "OutsideCity"
    after = client.get(MINE, headers=bearer(link))
    assert (after.json(), after.headers["etag"]) == (before.json(), before.headers["etag"])


def test_after_erasing_the_link_opens_what_is_public_and_no_more(
    client: TestClient, module_hanoi: Engine
) -> None:
    made = _report(client, email="an@example.org")
    assert made["contact"] == "unconfirmed"
    headers = bearer(made["link"])
    for _ in range(2):
        done = client.post(f"{MINE}/erase", headers=headers)
        assert done.status_code == 200
        own = done.json()["properties"]
        assert own["erased"] is True
        assert own["may"] == []
        for private in ("answers", "urgent", "photos", "editable_until", "public", "masked"):
            assert private not in own
        assert "0912345678" not in done.text
        assert "example.org" not in done.text
        assert own["contact"] == {"state": "none", "address": None}
    assert client.get(MINE, headers=headers).json() == done.json()
    public = client.get(f"/api/v1/complaints/{made['code']}").json()
    assert public["properties"]["text"] == own["text"]
    for method, path, body in (
        ("PATCH", "", {"text": "x"}),
        ("PUT", "/contact", {"email": "an@example.org"}),
    ):
        refused = client.request(method, MINE + path, json=body, headers=headers)
        assert (refused.status_code, refused.json()["title"]) == (409, "NotEditable")
    with module_hanoi.connect() as connection:
        person = participants.holder(connection, made["link"])
        letters = text("SELECT count(*) FROM mail WHERE participant_id = :id")
        assert connection.execute(letters, {"id": person.id}).scalar_one() == 0


def test_an_erased_reporter_cannot_take_the_complaint_back(
    client: TestClient, module_hanoi: Engine
) -> None:
    """By retention: the city has erased what is personal, the fact is no longer theirs."""
    made = _report(client)
    with module_hanoi.begin() as connection:
        person = participants.holder(connection, made["link"])
        erasing.erase_complaint(connection, person.complaint_id, datetime.now(UTC))
    answer = client.post(f"{MINE}/withdraw", json={}, headers=bearer(made["link"]))
    assert (answer.status_code, answer.json()["title"]) == (409, "NotEditable")


def test_extra_questions_and_notices_are_answered_in_words(
    own_client: TestClient, hanoi_engine: Engine
) -> None:
    asked = '[{"code": "pole", "kind": "text", "vi": "Số cột", "en": "Pole", "required": true}]'
    _run(
        hanoi_engine,
        "UPDATE category SET questions = :asked, asks_urgency = true WHERE code = 'pothole'",
        asked=asked,
    )
    notice = '{"vi": "Hãy gọi 114", "en": "Please call 114", "phone": "114", "stops": true}'
    _run(hanoi_engine, "UPDATE category SET notice = :n WHERE code = 'garbage'", n=notice)
    _run(
        hanoi_engine,
        "UPDATE category SET notice = CAST(:n AS jsonb) - 'stops' WHERE code = 'noise'",
        n=notice,
    )
    missing = own_client.post("/api/v1/complaints", json=SAID)
    assert (missing.status_code, missing.json()["title"]) == (422, "BadAnswers")
    assert [one["field"] for one in missing.json()["errors"]] == ["answers.pole"]
    made = _report(own_client, answers={"pole": " 12 "}, urgent=True)
    own = own_client.get(MINE, headers=bearer(made["link"])).json()["properties"]
    assert (own["answers"], own["urgent"]) == ({"pole": "12"}, True)
    assert "pole" not in own_client.get(f"/api/v1/complaints/{made['code']}").text
    elsewhere = own_client.post("/api/v1/complaints", json=SAID | {"category": "garbage"})
    assert (elsewhere.status_code, elsewhere.json()["title"]) == (422, "NotTakenHere")
    assert elsewhere.json()["notice"] == {
        "vi": "Hãy gọi 114",
        "en": "Please call 114",
        "phone": "114",
    }
    # A notice alone stops nobody; and what is not asked is not urgent.
    quiet = _report(own_client, category="noise", urgent=True)
    own = own_client.get(MINE, headers=bearer(quiet["link"])).json()["properties"]
    assert own["urgent"] is False


def test_a_supporter_learns_nothing_of_the_reporter(client: TestClient) -> None:
    made = _report(client, email="an@example.org")
    answer = client.post(f"/api/v1/complaints/{made['code'].lower()}/support", json={})
    assert answer.status_code == 201
    assert answer.json() == {"link": answer.json()["link"], "supporters": 1, "contact": None}
    whole = client.get(MINE, headers=bearer(answer.json()["link"]))
    own = whole.json()["properties"]
    assert own["role"] == "supporter"
    assert own["supporters"] == 1
    assert own["may"] == ["contact", "erase"]
    for private in ("0912345678", "example.org", made["link"], "editable_until", "answers"):
        assert private not in whole.text
    device = {"device": "g" * 32}
    path = f"/api/v1/complaints/{made['code']}/support"
    first, again = (client.post(path, json=device) for _ in range(2))
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert first.json()["supporters"] == 2
    own_device = client.post(path, json={"device": SAID["device"]})
    assert (own_device.status_code, own_device.json()["title"]) == (409, "NotSupportable")
    assert client.post("/api/v1/complaints/AAAAAAAAA/support", json={}).status_code == 404


@pytest.mark.parametrize("device", ["short", "d" * 65, "d" * 22 + " ", "d" * 21 + "/", "ế" * 22])
def test_a_device_is_a_random_token_or_nothing(client: TestClient, device: str) -> None:
    answer = client.post("/api/v1/complaints", json=SAID | {"device": device.ljust(22)})
    if device == "d" * 22 + " ":
        assert answer.status_code == 201  # spaces around are no part of it
    else:
        assert answer.status_code == 422


def test_neither_links_nor_addresses_are_logged(
    own_client: TestClient, hanoi_engine: Engine
) -> None:
    answers: list[Response] = []
    with structlog.testing.capture_logs() as logs:
        made = _report(own_client, email="an@example.org")
        headers = bearer(made["link"])
        for method, path, body in (
            ("GET", "", None),
            ("PATCH", "", {"text": "khác"}),
            ("PUT", "/contact", {"email": "binh@example.org"}),
            ("POST", "/withdraw", {}),
        ):
            answers.append(own_client.request(method, MINE + path, json=body, headers=headers))
        # An error that nobody foresaw, with the link in the request.
        _run(hanoi_engine, "ALTER TABLE submission RENAME COLUMN urgent TO lost")
        answers.append(own_client.get(MINE, headers=headers))
        _run(hanoi_engine, "ALTER TABLE submission RENAME COLUMN lost TO urgent")
    assert [one.status_code for one in answers] == [200, 200, 202, 200, 500]
    assert logs
    for word in (made["link"], "example.org", "0912345678", "khác"):
        assert word not in str(logs)
        assert word not in answers[-1].text
