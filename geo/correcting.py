"""What a reporter can still do with a report: correct it for a while, or withdraw it.

Both are plain updates, so that the database's own triggers keep areas, counts and history.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple, TypedDict
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Row, text

from geo import audit, contacts, participants, questions, supporting
from geo.cells import COARSEST, leaf_cells, parent
from geo.complaint import TRANSITIONS, Status
from geo.database import sql
from geo.errors import (
    BadFilterError,
    ChangedMeanwhileError,
    NotAllowedError,
    NotEditableError,
    NotFoundError,
    OutsideCityError,
)
from geo.reporting import MOST_PHOTOS, Spoken, attach, spoken

ACTOR: Final = "reporter"
# In the history: that the words went with what was withdrawn is no correction of them.
WITHDRAWING: Final = "withdrawing"
_ERASED: Final = "its personal part was erased / phần cá nhân của phản ánh đã được xóa"


class Correction(TypedDict, total=False):
    """What is to be another way; what is not in it stays."""

    lon: float
    lat: float
    category: str
    text: str
    address: str | None
    answers: Mapping[str, Any]
    photos: Sequence[str]
    """All of them in their order: tokens of uploads, or ids of those that are there."""


class Changed(NamedTuple):
    code: str
    cells: tuple[int, ...]
    """The places it was and is at, at the coarsest resolution, for those who keep tiles."""


def _locked(connection: Connection, person: Row[Any]) -> Row[Any]:
    """The reporter's own report, which nobody else changes until the transaction ends."""
    if person.role != "reporter":
        raise NotAllowedError(
            "only who reported it may do this / chỉ người gửi phản ánh mới làm được việc này"
        )
    # Locked first and read then: a row that waited for its lock is joined to what it was before.
    connection.execute(
        text("SELECT FROM complaint WHERE id = :id FOR UPDATE"), {"id": person.complaint_id}
    )
    row: Row[Any] | None = connection.execute(
        text(
            """
            SELECT c.id, c.code, c.status, c.cell, c.category_id, ST_X(c.geom) AS lon,
                   ST_Y(c.geom) AS lat, k.code AS category, c.text, c.address, s.words,
                   s.address AS private_address, s.answers, s.urgent, s.editable_until,
                   p.erased_at, EXISTS (SELECT FROM look l
                            WHERE l.complaint_id = c.id AND l.act = 'hide') AS hidden,
                   EXISTS (SELECT FROM event e
                            WHERE e.complaint_id = c.id AND e.kind = 'left') AS gone,
                   CAST(c.xmin AS text) || '.' || CAST(s.xmin AS text) AS version
              FROM complaint c JOIN submission s ON s.complaint_id = c.id
              JOIN category k ON k.id = c.category_id JOIN participant p ON p.id = :person
             WHERE c.id = :id
            """
        ),
        {"id": person.complaint_id, "person": person.id},
    ).one_or_none()
    if row is None:
        raise NotFoundError("this complaint is no longer stored / phản ánh này không còn được lưu")
    connection.execute(text("SELECT set_config('phananh.actor', :actor, true)"), {"actor": ACTOR})
    return row


def why_not_editable(status: int, editable_until: datetime, at: datetime) -> str | None:
    """Why a report cannot be corrected at an instant, in words; None where it can."""
    if status != Status.RECEIVED:
        return (
            "it is being handled already, so it can no longer be corrected"
            " / phản ánh đã được xử lý nên không sửa được nữa"
        )
    if at >= editable_until:
        return (
            "a report can be corrected for 30 minutes; withdraw it and report anew"
            " / chỉ sửa được trong 30 phút; hãy rút lại và gửi phản ánh mới"
        )
    return None


def correct(
    connection: Connection,
    person: Row[Any],
    wanted: Correction,
    at: datetime,
    versions: Sequence[str] | None = None,
) -> Changed:
    """Correct a report; `person` is its reporter's row of `participant`.

    `versions`: it must still be one of these. Raises `NotAllowedError`, `NotEditableError`,
    `ChangedMeanwhileError`, `OutsideCityError`, `BadFilterError`, `NotTakenHereError` and
    `BadAnswersError`. Part of the caller's transaction.
    """
    row = _locked(connection, person)
    reason = why_not_editable(row.status, row.editable_until, at)
    if row.erased_at is not None:
        reason = _ERASED
    if row.gone:
        reason = "you have withdrawn your part of it / bạn đã rút phần của mình trong phản ánh này"
    if reason is not None:
        raise NotEditableError(reason)
    if versions is not None and row.version not in versions:
        raise ChangedMeanwhileError(
            "it was changed meanwhile: read it again / phản ánh đã được thay đổi, hãy xem lại"
        )
    kind = questions.asked(connection, wanted.get("category", row.category))
    answers = row.answers
    if kind.id != row.category_id:
        kind.check_taken()
    if kind.id != row.category_id or "answers" in wanted:
        # Those of the former category have to fit the new one, or be given anew.
        answers = questions.cleaned(kind.questions, wanted.get("answers", row.answers))
    lon, lat = wanted.get("lon", row.lon), wanted.get("lat", row.lat)
    leaf = int(leaf_cells(np.array([lon]), np.array([lat]))[0])
    values = _spoken(row, wanted)._asdict() | {
        "id": row.id,
        "lon": lon,
        "lat": lat,
        "cell": leaf,
        "category_id": kind.id,
        "answers": json.dumps(answers),
        "urgent": row.urgent and kind.asks_urgency,
        "at": at,
    }
    if connection.execute(sql("geo", "correct"), values).one().city_id is None:
        raise OutsideCityError(
            "this place lies outside the cities that are served here"
            " / địa điểm này nằm ngoài các thành phố được phục vụ"
        )
    if "photos" in wanted:
        _replace_photos(connection, row.id, wanted["photos"])
    audit.append(connection, "citizen.corrected", row.code, actor=ACTOR, fields=sorted(wanted))
    return Changed(row.code, (parent(row.cell, COARSEST), parent(leaf, COARSEST)))


def _spoken(row: Row[Any], wanted: Correction) -> Spoken:
    """Words and address as they are to be; what is not new stays as it is shown now."""
    before = Spoken(row.text, row.address, row.words, row.private_address)
    words = row.words if row.words is not None else row.text
    address = row.private_address if row.private_address is not None else row.address
    said = wanted.get("text", words), wanted.get("address", address) or None
    if said == (words, address):
        return before
    if row.hidden:
        # New words could say again what an official has hidden.
        raise NotEditableError(
            "the city has hidden part of the words, so they can no longer be changed"
            " / thành phố đã ẩn một phần nội dung nên không sửa nội dung được nữa"
        )
    return spoken(*said)


def _replace_photos(connection: Connection, complaint_id: UUID, given: Sequence[str]) -> None:
    """The photos given, in their order, and no others; those left out are swept as unsent."""
    if len(set(given)) != len(given) or len(given) > MOST_PHOTOS:
        raise BadFilterError(
            "photos",
            f"at most {MOST_PHOTOS} photos, each of them once"
            f" / nhiều nhất {MOST_PHOTOS} ảnh, mỗi ảnh một lần",
        )
    there = connection.execute(
        text("SELECT id, upload FROM photo WHERE complaint_id = :id AND answer_id IS NULL"),
        {"id": complaint_id},
    ).all()
    known = {str(row.id): row.id for row in there}
    by_upload = {bytes(row.upload): row.id for row in there if row.upload is not None}
    hashed = {one: participants.hashed(one) for one in given}
    stays = {one: known.get(one) or by_upload.get(hashed[one]) for one in given}
    kept = [number for number in stays.values() if number is not None]
    connection.execute(
        text(
            "UPDATE photo SET complaint_id = NULL"
            " WHERE complaint_id = :id AND answer_id IS NULL AND id <> ALL(:kept)"
        ),
        {"id": complaint_id, "kept": kept},
    )
    if new := [one for one in given if stays[one] is None]:
        attach(connection, complaint_id, new)
    connection.execute(
        text(
            """
            UPDATE photo p SET position = ordered.number
              FROM unnest(CAST(:ids AS uuid[]), CAST(:uploads AS bytea[]))
                   WITH ORDINALITY AS ordered(id, upload, number)
             WHERE p.complaint_id = :complaint
               AND (p.id = ordered.id OR (ordered.id IS NULL AND p.upload = ordered.upload))
            """
        ),
        {
            "complaint": complaint_id,
            "ids": [stays[one] for one in given],
            "uploads": [hashed[one] for one in given],
        },
    )


def withdraw(connection: Connection, person: Row[Any], at: datetime) -> Changed:
    """Take a report back with its words; a second time changes nothing.

    The reporter's mail address is forgotten, and what was written is for entitled officials alone.
    What others support stays open for them; the reporter alone leaves it.

    Raises `NotAllowedError`, and `NotEditableError` for one that is closed. Part of the caller's
    transaction.
    """
    row = _locked(connection, person)
    cells = (parent(row.cell, COARSEST),)
    if row.status == Status.WITHDRAWN or row.gone:
        return Changed(row.code, cells)
    if row.erased_at is not None:
        raise NotEditableError(_ERASED)
    if Status.WITHDRAWN not in TRANSITIONS[Status(row.status)]:
        raise NotEditableError(
            "it is closed already, so it cannot be withdrawn"
            " / phản ánh đã kết thúc nên không rút lại được"
        )
    # Nobody begins to support it while it is locked.
    if others := supporting.supporters_of(connection, row.id):
        _leave(connection, row.id, person.id)
    else:
        connection.execute(
            text(
                "UPDATE complaint SET status = :withdrawn, closed_at = :at, updated_at = :at"
                " WHERE id = :id"
            ),
            {"withdrawn": int(Status.WITHDRAWN), "at": at, "id": row.id},
        )
    _take_words_back(connection, row.id)
    # There will be no news of it for who withdrew it.
    contacts.remove(connection, person.id)
    audit.append(connection, "citizen.withdrew", row.code, actor=ACTOR, supporters=others)
    return Changed(row.code, cells)


def _leave(connection: Connection, complaint_id: UUID, person_id: int) -> None:
    given = {"id": complaint_id, "person": person_id}
    for statement in (
        "INSERT INTO event (complaint_id, kind, actor, change)"
        " VALUES (:id, 'left', 'reporter', '{}')",
        # As the trigger does where all of it is withdrawn.
        "DELETE FROM photo WHERE complaint_id = :id AND answer_id IS NULL",
        "DELETE FROM participant_push WHERE participant_id = :person",
        # From now on the device may support it, as any other.
        "UPDATE participant SET device = NULL WHERE id = :person",
    ):
        connection.execute(text(statement), given)


def _take_words_back(connection: Connection, complaint_id: UUID) -> None:
    given = {"id": complaint_id, "actor": WITHDRAWING}
    connection.execute(text("SELECT set_config('phananh.actor', :actor, true)"), given)
    connection.execute(
        text(
            """
            UPDATE submission s SET words = coalesce(s.words, c.text),
                                    address = coalesce(s.address, c.address)
              FROM complaint c WHERE c.id = :id AND s.complaint_id = c.id
            """
        ),
        given,
    )
    connection.execute(text("UPDATE complaint SET text = '', address = NULL WHERE id = :id"), given)
