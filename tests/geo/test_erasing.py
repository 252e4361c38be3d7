"""What is personal is erased whole; the public fact and the others' part stay."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import Engine, text

from geo import contacts, correcting, erasing, outbox, participants, reporting, supporting
from geo.errors import NotEditableError
from geo.outbox import Letter

AT = datetime(2026, 11, 2, 3, tzinfo=UTC)
SECRET = b"s" * 32
QUESTIONS = [
    {"code": "pole", "kind": "text", "vi": "Số cột", "en": "Pole", "public": True},
    {"code": "door", "kind": "text", "vi": "Nhà", "en": "Door"},
]
SAID = reporting.Report(
    105.8342,
    21.0278,
    "street-lighting",
    "Đèn hỏng, gọi 0912345678",
    address="Nhà tôi, tel 0987654321",
    answers={"pole": "Cột 3, hỏi 0911222333", "door": "nhà số 5"},
    device="d" * 22,
    urgent=True,
)
# Each of these is personal; none may be left anywhere.
PERSONAL = ("0912345678", "0987654321", "0911222333", "nhà số 5", "an@example.org", "camera roll")


def _everything(engine: Engine) -> dict[str, list[Any]]:
    """All rows of tables that tell of persons, as JSON."""
    names = (
        "complaint", "submission", "participant", "photo", "photo_discarded", "photo_origin",
        "mail", "rating", "idempotency", "event",
    )  # fmt: skip
    with engine.connect() as connection:
        return {
            name: [
                row[0]
                for row in connection.execute(text(f"SELECT to_jsonb(t) FROM {name} t ORDER BY 1"))
            ]
            for name in names
        }


def _set_up(engine: Engine) -> tuple[reporting.Taken, UUID, str]:
    """A report with all that is personal, a supporter with an address, and a photo."""
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM complaint"))
        connection.execute(
            text("UPDATE category SET questions = :asked WHERE code = 'street-lighting'"),
            {"asked": json.dumps(QUESTIONS)},
        )
        taken = reporting.take(connection, SAID, AT, "a key of it", SECRET)
        person = participants.holder(connection, taken.link)
        contacts.ask(connection, person.id, "an@example.org", SECRET)
        contacts.confirm(connection, person.id, AT)
        letter = Letter("k", None, "an@example.org", "s", "p", "h", "https://x/stop")
        outbox.put(connection, letter._replace(participant_id=person.id))
        connection.execute(
            text(
                "INSERT INTO rating (complaint_id, participant_id, closed_at, verdict, reason)"
                " VALUES (:c, :p, :at, 'dissatisfied', 'gọi 0912345678')"
            ),
            {"c": person.complaint_id, "p": person.id, "at": AT},
        )
        number = uuid4()
        connection.execute(
            text(
                "INSERT INTO photo (id, complaint_id, width, height, bytes, digest, likeness)"
                " VALUES (:id, :c, 1, 1, 1, '', 0)"
            ),
            {"id": number, "c": person.complaint_id},
        )
        connection.execute(
            text(
                "INSERT INTO photo_origin (photo_id, digest, media_type, geom)"
                " VALUES (:id, '', 'camera roll', ST_SetSRID(ST_MakePoint(105.8, 21), 4326))"
            ),
            {"id": number},
        )
        other = supporting.support(connection, taken.code, "e" * 22, "en", SECRET)
        contacts.ask(connection, other.participant_id, "binh@example.org", SECRET)
        return taken, person.complaint_id, other.link


def test_a_reporter_is_erased_and_the_map_keeps_the_fact(hanoi_engine: Engine) -> None:
    taken, _, supporter = _set_up(hanoi_engine)
    before = _everything(hanoi_engine)
    for word in PERSONAL:
        assert word in json.dumps(before, ensure_ascii=False), word
    with hanoi_engine.begin() as connection:
        person = participants.holder(connection, taken.link)
        erasing.erase_participant(connection, person.id, AT)
    after = _everything(hanoi_engine)
    left = json.dumps(after, ensure_ascii=False)
    for word in PERSONAL:
        assert word not in left, word
    device = participants.hashed("d" * 22).hex()
    assert device in json.dumps(before)
    assert device not in left
    # The public part is untouched, and so is the supporter.
    assert after["complaint"] == before["complaint"]
    # Photos may show more than their sender: they go, and their files are on the way out.
    assert after["photo"] == []
    assert [one["photo_id"] for one in after["photo_discarded"]] == [before["photo"][0]["id"]]
    assert "binh@example.org" in left
    assert after["submission"][0]["answers"].keys() == {"pole"}
    assert after["submission"][0]["answers"]["pole"].startswith("Cột 3")
    assert after["rating"][0]["verdict"] == "dissatisfied"
    # Not even a hash is left that would confirm a guess at what is masked.
    assert [one["fingerprint"] for one in after["idempotency"]] == [""]
    with hanoi_engine.begin() as connection:
        assert participants.holder(connection, taken.link).erased_at == AT
        assert participants.holder(connection, supporter).erased_at is None
    # Again, and later: nothing changes.
    with hanoi_engine.begin() as connection:
        erasing.erase_participant(connection, person.id, AT + timedelta(days=9))
    assert _everything(hanoi_engine) == after


def test_a_report_sent_again_after_erasing_is_not_a_second_one(hanoi_engine: Engine) -> None:
    taken, complaint_id, _ = _set_up(hanoi_engine)
    with hanoi_engine.begin() as connection:
        erasing.erase_complaint(connection, complaint_id, AT)
    with hanoi_engine.begin() as connection:
        again = reporting.take(connection, SAID, AT, "a key of it", SECRET)
    assert (again.code, again.link, again.again) == (taken.code, taken.link, True)
    assert "0912345678" not in json.dumps(_everything(hanoi_engine))


def test_a_whole_complaint_is_erased_with_its_supporters(hanoi_engine: Engine) -> None:
    taken, complaint_id, supporter = _set_up(hanoi_engine)
    with hanoi_engine.begin() as connection:
        erasing.erase_complaint(connection, complaint_id, AT)
    after = _everything(hanoi_engine)
    assert "example.org" not in json.dumps(after)
    assert all(one["device"] is None for one in after["participant"])
    with hanoi_engine.begin() as connection:
        assert participants.holder(connection, supporter).erased_at == AT
        erasing.erase_complaint(connection, complaint_id, AT + timedelta(days=1))
        # An imported complaint has nothing personal.
        erasing.erase_complaint(connection, uuid4(), AT)
    assert _everything(hanoi_engine) == after
    # Who supports it again after that is not counted a second time.
    with hanoi_engine.begin() as connection:
        again = supporting.support(connection, taken.code, "e" * 22, "en", SECRET)
    assert (again.again, again.link, again.supporters) == (True, supporter, 1)


def test_a_supporter_is_erased_alone(hanoi_engine: Engine) -> None:
    taken, _, supporter = _set_up(hanoi_engine)
    with hanoi_engine.begin() as connection:
        person = participants.holder(connection, supporter)
        erasing.erase_participant(connection, person.id, AT)
        assert supporting.supporters_of(connection, person.complaint_id) == 1
    after = json.dumps(_everything(hanoi_engine), ensure_ascii=False)
    assert "binh@example.org" not in after
    for word in PERSONAL:
        assert word in after, word
    with hanoi_engine.begin() as connection:
        assert participants.holder(connection, taken.link).address == "an@example.org"


def test_a_correction_under_way_does_not_bring_back_what_is_erased(hanoi_engine: Engine) -> None:
    taken, _, _ = _set_up(hanoi_engine)
    soon = AT + timedelta(minutes=1)
    with hanoi_engine.begin() as first:
        # It has seen the person before the erasing, and comes to the report after it.
        person = participants.holder(first, taken.link)
        with hanoi_engine.begin() as second:
            erasing.erase_participant(second, person.id, soon)
        with pytest.raises(NotEditableError, match="erased"):
            correcting.correct(first, person, {"text": "gọi 0912345678"}, soon)
        with pytest.raises(NotEditableError, match="erased"):
            correcting.withdraw(first, person, soon)
    assert "0912345678" not in json.dumps(_everything(hanoi_engine))
