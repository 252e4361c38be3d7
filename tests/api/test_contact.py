"""News of one's own complaint by mail: asked for, confirmed, stopped, forgotten."""

import email
import email.policy
import re
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api import rounds
from api.app import create_app
from api.settings import Settings
from geo import contacts, outbox, participants
from geo.outbox import Letter

SAID: dict[str, Any] = {
    "lon": 105.8342,
    "lat": 21.0278,
    "category": "pothole",
    "text": "Trước nhà tôi",
}
CONTACT = "/api/v1/mine/contact"
AN = "Nguyen.An@example.org"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(public_url="https://map.city.example", var=tmp_path)


@pytest.fixture
def client(module_hanoi: Engine, settings: Settings) -> TestClient:
    with module_hanoi.begin() as connection:
        connection.execute(text("DELETE FROM participant"))
        connection.execute(text("DELETE FROM mail"))
    return TestClient(create_app(module_hanoi, settings), raise_server_exceptions=False)


def _report(client: TestClient, **more: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/complaints", json=SAID | more)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["properties"]
    return made | {"headers": {"Authorization": f"Bearer {made['link']}"}}


def _state(client: TestClient, made: dict[str, Any]) -> Any:
    mine = client.get("/api/v1/mine", headers=made["headers"])
    return mine.json()["properties"]["contact"]


def _sent(engine: Engine, settings: Settings) -> list[EmailMessage]:
    """What goes out now."""
    for old in settings.var.glob("outbox/*.eml"):
        old.unlink()
    rounds.send(engine, settings, datetime.now(UTC) + timedelta(seconds=5))
    return [
        email.message_from_bytes(one.read_bytes(), policy=email.policy.default)  # type: ignore[arg-type]
        for one in settings.var.glob("outbox/*.eml")
    ]


def _page_of(letter: EmailMessage) -> str:
    plain = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    [page] = set(re.findall(r"https://map\.city\.example(/contact/\S+)", plain))
    return str(page)


def test_an_address_is_confirmed_by_a_button_and_stopped_with_one_click(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    made = _report(client, email=AN)
    assert made["contact"] == "unconfirmed"
    hint = {"state": "unconfirmed", "address": "N…@example.org"}
    assert _state(client, made) == hint
    [letter] = _sent(module_hanoi, settings)
    assert letter["to"] == "Nguyen.An@example.org"
    assert made["code"] in letter["subject"]
    page = _page_of(letter)
    assert letter["list-unsubscribe"] == f"<https://map.city.example{page}/stop>"
    assert letter["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
    # The letter may lie in a stranger's box: the private link and the words are not in it.
    whole = letter.as_string()
    html = letter.get_body(("html",)).get_content()  # type: ignore[union-attr]
    for private in (made["link"], SAID["text"]):
        assert private not in whole
        assert private not in html
    # Opening the page changes nothing; programs that read mail open links.
    for _ in range(2):
        shown = client.get(page)
        assert shown.status_code == 200
        assert made["code"] in shown.text
        assert "<script" not in shown.text
        assert "example.org" not in shown.text.lower()
        assert shown.headers["referrer-policy"] == "no-referrer"
        assert shown.headers["cache-control"] == "no-store"
    assert _state(client, made) == hint
    button = re.search(r'action="(/contact/[^"]+/confirm[^"]*)"', shown.text)
    assert button
    done = client.post(button[1])
    assert "Bạn đang nhận tin" in done.text
    assert f"/c/{made['code']}" in done.text
    assert _state(client, made)["state"] == "confirmed"
    assert "You get news" in client.get(f"{page}?lang=en").text
    # A letter that waits is not sent to who has stopped.
    _put_news(module_hanoi, made["link"])
    click = {"data": {"List-Unsubscribe": "One-Click"}}
    opened = client.get(f"{page}/stop")
    assert opened.status_code == 200
    assert f'action="{page}/stop' in opened.text
    assert _state(client, made)["state"] == "confirmed"
    stopped = client.post(f"{page}/stop", **click)
    assert "địa chỉ đã được xóa" in stopped.text
    assert client.post(f"{page}/stop", **click).status_code == 200
    assert _state(client, made) == {"state": "none", "address": None}
    assert _sent(module_hanoi, settings) == []
    assert client.get(page).status_code == 404
    assert client.post(f"{page}/confirm").status_code == 404
    with module_hanoi.connect() as connection:
        rows = connection.execute(text("SELECT jsonb_agg(p)::text FROM participant p")).scalar()
    assert "example.org" not in str(rows)


def _put_news(engine: Engine, link: str) -> None:
    with engine.begin() as connection:
        person = participants.holder(connection, link)
        letter = Letter(f"news:{person.id}", None, person.address, "s", "p", "h", "https://x/stop")
        outbox.put(connection, letter._replace(participant_id=person.id))


def test_another_address_replaces_the_first_and_has_its_own_link(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    made = _report(client, language="en")
    asked = client.put(CONTACT, json={"email": AN}, headers=made["headers"])
    assert asked.status_code == 202
    assert asked.json() == {"contact": {"state": "unconfirmed", "address": "N…@example.org"}}
    [first] = _sent(module_hanoi, settings)
    assert "Please confirm" in first["subject"]
    client.post(f"{_page_of(first)}/confirm")
    _put_news(module_hanoi, made["link"])
    # Confirmed already: no second letter, and nothing is lost.
    again = client.put(CONTACT, json={"email": AN}, headers=made["headers"])
    assert again.json()["contact"]["state"] == "confirmed"
    other = client.put(CONTACT, json={"email": "binh@example.org"}, headers=made["headers"])
    assert other.json()["contact"] == {"state": "unconfirmed", "address": "b…@example.org"}
    [second] = _sent(module_hanoi, settings)
    assert second["to"] == "binh@example.org"
    assert client.get(_page_of(first)).status_code == 404
    assert client.get(_page_of(second)).status_code == 200
    for _ in range(2):
        assert client.delete(CONTACT, headers=made["headers"]).status_code == 204
    assert _state(client, made)["state"] == "none"
    assert client.get(_page_of(second)).status_code == 404


def test_the_link_in_mail_opens_neither_the_report_nor_anothers_mail(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    made, other = _report(client, email=AN), _report(client, email=AN)
    pages = [_page_of(one) for one in _sent(module_hanoi, settings)]
    assert len(set(pages)) == 2
    for page in pages:
        token = page.rsplit("/", maxsplit=1)[1]
        answer = client.get("/api/v1/mine", headers={"Authorization": f"Bearer {token}"})
        assert answer.status_code == 401
    for link in (made["link"], other["link"]):
        assert client.get(f"/contact/{link}").status_code == 404
    client.post(f"{pages[0]}/confirm")
    states = sorted(_state(client, one)["state"] for one in (made, other))
    assert states == ["confirmed", "unconfirmed"]


def test_an_address_nobody_confirmed_is_forgotten_after_seven_days(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    early, confirmed, unsent = _report(client, email=AN), _report(client), _report(client)
    client.put(CONTACT, json={"email": AN}, headers=confirmed["headers"])
    letters = _sent(module_hanoi, settings)
    for one in letters:
        if confirmed["code"] in one["subject"]:
            client.post(f"{_page_of(one)}/confirm")
    client.put(CONTACT, json={"email": "c@example.org"}, headers=unsent["headers"])
    now = datetime.now(UTC)

    def states() -> list[str]:
        return [_state(client, one)["state"] for one in (early, confirmed, unsent)]

    rounds.forget(module_hanoi, now + timedelta(days=6, hours=23))
    assert states() == ["unconfirmed", "confirmed", "unconfirmed"]
    # Asked again since: the seven days begin anew.
    with module_hanoi.begin() as connection:
        connection.execute(text("UPDATE mail SET created_at = created_at - interval '3 days'"))
    client.put(CONTACT, json={"email": AN}, headers=early["headers"])
    rounds.forget(module_hanoi, now + timedelta(days=6))
    assert states() == ["unconfirmed", "confirmed", "none"]
    rounds.forget(module_hanoi, now + timedelta(days=8))
    assert states() == ["none", "confirmed", "none"]
    rounds.forget(module_hanoi, now + timedelta(days=60))
    assert states() == ["none", "confirmed", "none"]
    assert _sent(module_hanoi, settings) == []
    with module_hanoi.connect() as connection:
        left = connection.execute(text("SELECT count(*) FROM participant WHERE address ~ '@'"))
        assert left.scalar_one() == 1


def test_too_many_letters_are_told_when_to_come_again_and_no_report_is_lost(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    made = [_report(client, email=AN) for _ in range(7)]
    # Six for one address in a day; the seventh report is taken all the same.
    assert [one["contact"] for one in made] == ["unconfirmed"] * 6 + [None]
    refused = client.put(CONTACT, json={"email": AN}, headers=made[-1]["headers"])
    assert (refused.status_code, refused.json()["title"]) == (429, "Limited")
    assert 0 < int(refused.headers["retry-after"]) <= 86_400
    english, vietnamese = refused.json()["detail"].split(" / ")
    assert "this mailbox" in english
    assert "hộp thư này" in vietnamese
    assert _state(client, made[-1])["state"] == "none"
    assert len(_sent(module_hanoi, settings)) == 6


def test_a_report_sent_again_mails_nobody_again(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    body, key = SAID | {"email": AN}, {"Idempotency-Key": "sent again"}
    answers = [client.post("/api/v1/complaints", json=body, headers=key) for _ in range(10)]
    assert {one.json()["properties"]["contact"] for one in answers} == {"unconfirmed"}
    [letter] = _sent(module_hanoi, settings)
    client.post(f"{_page_of(letter)}/confirm")
    late = client.post("/api/v1/complaints", json=body, headers=key).json()["properties"]
    assert late["contact"] == "confirmed"
    assert _sent(module_hanoi, settings) == []


@pytest.mark.parametrize("address", ["nobody", "a@b@c.example", "a@b.example\nBcc: c@x.example"])
def test_what_is_no_address_is_refused_before_anything_is_stored(
    client: TestClient, module_hanoi: Engine, address: str
) -> None:
    made = _report(client)

    def stored() -> Any:
        with module_hanoi.connect() as connection:
            return connection.execute(
                text("SELECT (SELECT count(*) FROM complaint), (SELECT count(*) FROM participant)")
            ).one()

    before = stored()
    path = f"/api/v1/complaints/{made['code']}/support"
    for answer in (
        client.post("/api/v1/complaints", json=SAID | {"email": address}),
        client.put(CONTACT, json={"email": address}, headers=made["headers"]),
        client.post(path, json={"email": address}),
    ):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "email"
    assert stored() == before


def test_a_supporter_is_asked_too_and_neither_hears_of_the_other(
    client: TestClient, module_hanoi: Engine, settings: Settings
) -> None:
    made = _report(client, email=AN)
    body = {"email": "binh@example.org", "language": "en", "device": "e" * 22}
    supported = client.post(f"/api/v1/complaints/{made['code']}/support", json=body)
    assert supported.json()["contact"] == "unconfirmed"
    letters = {str(one["to"]): one for one in _sent(module_hanoi, settings)}
    assert set(letters) == {AN, "binh@example.org"}
    assert "Please confirm" in letters["binh@example.org"]["subject"]
    assert AN not in letters["binh@example.org"].as_string()
    client.post(f"{_page_of(letters['binh@example.org'])}/confirm")
    assert _state(client, made)["state"] == "unconfirmed"


def test_with_a_new_secret_the_next_letter_has_links_that_work(
    client: TestClient, module_hanoi: Engine
) -> None:
    made = _report(client, email=AN)
    with module_hanoi.begin() as connection:
        person = participants.holder(connection, made["link"])
        old = contacts.token_of(connection, person, client.app.state.secret)  # type: ignore[attr-defined]
        found = contacts.by_token(connection, old)
        assert found is not None
        assert found.id == person.id
        new = contacts.token_of(connection, person, b"another secret, as long as needed")
        assert new != old
        found = contacts.by_token(connection, new)
        assert found is not None
        assert found.id == person.id


def test_of_a_sensitive_complaint_mail_tells_the_code_alone(
    hanoi_engine: Engine, settings: Settings
) -> None:
    client = TestClient(create_app(hanoi_engine, settings))
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'noise'"))
    made = _report(client, category="noise", email=AN)
    [letter] = _sent(hanoi_engine, settings)
    plain = letter.get_body(("plain",)).get_content()  # type: ignore[union-attr]
    assert made["code"] in plain
    assert "ồn" not in plain
    assert "ồn" not in client.get(_page_of(letter)).text
