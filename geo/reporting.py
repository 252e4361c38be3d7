"""Taking a single report: the place, the kind, the code that comes back, and replays."""

import hashlib
import json
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
import uuid_utils
from sqlalchemy import Connection, text

from geo import participants, photos, questions
from geo.cells import COARSEST, leaf_cells, parent
from geo.complaint import new_code
from geo.database import sql
from geo.errors import BadFilterError, ConflictError, OutsideCityError
from geo.masking import mask

# As long as this the reporter may change place, kind and words.
# Unicode's bidirectional marks (UAX 9).
TURNING: Final = frozenset("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
EDITABLE_FOR: Final = timedelta(minutes=30)
MOST_PHOTOS: Final = 5


@dataclass(frozen=True, slots=True)
class Report:
    """What a citizen says; degrees, a category's code, and words."""

    lon: float
    lat: float
    category: str
    text: str
    address: str | None = None
    answers: Mapping[str, Any] = field(default_factory=dict)
    """To the questions of the category, by their codes."""
    urgent: bool = False
    photos: tuple[str, ...] = ()
    """Tokens of uploads, in the order in which they are shown."""
    language: str = "vi"
    device: str | None = None
    """A random token that the device keeps; only its hash is stored."""

    def fingerprint(self) -> str:
        # The device too: all else is public, and who sends it again gets the private link.
        said = (
            self.lon, self.lat, self.category, self.text, self.address, self.urgent, self.device
        )  # fmt: skip
        more = json.dumps([dict(self.answers), self.photos], sort_keys=True, default=str)
        return hashlib.sha256(f"{said!r}{more}".encode()).hexdigest()


class Taken(NamedTuple):
    code: str
    cell: int
    """The place at the coarsest resolution, for those who keep tiles."""
    again: bool
    """Whether this report was taken before."""
    link: str
    """The token of the private link: who has it is the reporter."""
    editable_until: datetime
    masked: bool
    """Whether the public words leave out what names a person."""


class Spoken(NamedTuple):
    """Words and address as everyone sees them, and as written where that is not the same."""

    text: str
    address: str | None
    words: str | None
    private_address: str | None


def legible(said: str) -> str:
    """The text without signs that are not seen: control characters, and marks that turn its order.

    >>> legible("Ổ gà\\x1b[31m\\u202e to")
    'Ổ gà[31m to'
    """
    return "".join(
        sign
        for sign in said
        if sign in "\n\t" or not (unicodedata.category(sign) == "Cc" or sign in TURNING)
    )


_TAKEN: Final = text("SELECT fingerprint, code, id, editable_until, masked FROM report_taken(:key)")
_REPORTER: Final = text(
    """
    INSERT INTO participant (complaint_id, role, link, device, language)
    VALUES (:id, 'reporter', :link, CAST(:device AS bytea), :language)
    """
)


def spoken(words: str, address: str | None) -> Spoken:
    """A citizen's words without what names a person, and as written for entitled eyes."""
    words, address = legible(words), " ".join(legible(address or "").split()) or None
    shown, place = mask(words), mask(address or "")
    return Spoken(
        shown.text,
        place.text or None,
        words if shown.kinds else None,
        address if place.kinds else None,
    )


def take(
    connection: Connection, report: Report, at: datetime, key: str | None, secret: bytes
) -> Taken:
    """Store a report and say its code; the same key with the same report makes one complaint.

    Raises `OutsideCityError`, `BadFilterError` for an unknown category or upload,
    `NotTakenHereError`, `BadAnswersError`, and `ConflictError` for a key that was used for another
    report. Part of the caller's transaction.
    """
    leaf = int(leaf_cells(np.array([report.lon]), np.array([report.lat]))[0])
    cell = parent(leaf, COARSEST)
    hashed = hashlib.sha256(key.encode()).hexdigest() if key else None
    if hashed is not None and (before := _taken_before(connection, hashed, report)):
        link = participants.reporter_link(secret, before.id)
        return Taken(before.code, cell, True, link, before.editable_until or at, before.masked)
    asked = questions.asked(connection, report.category)
    asked.check_taken()
    answers = questions.cleaned(asked.questions, report.answers)
    said = spoken(report.text, report.address)
    values = said._asdict() | {
        "lon": report.lon,
        "lat": report.lat,
        "category": report.category,
        "cell": leaf,
        "at": at,
        "key": hashed,
        "answers": json.dumps(answers),
        "urgent": report.urgent and asked.asks_urgency,
        "editable_until": at + EDITABLE_FOR,
        "device": participants.hashed(report.device) if report.device else None,
        "language": report.language,
    }
    # A code that is taken already is drawn again: one chance in 110 billion for each stored one.
    while True:
        number = UUID(str(uuid_utils.uuid7()))
        link = participants.reporter_link(secret, number)
        values |= {"id": str(number), "code": new_code(), "link": participants.hashed(link)}
        # The reporter first: the report is theirs by the link from its first moment on.
        participants.show(connection, link)
        connection.execute(_REPORTER, values)
        row = connection.execute(sql("geo", "report"), values).one()
        if row.city_id is None:
            raise OutsideCityError(
                "this place lies outside the cities that are served here"
                " / địa điểm này nằm ngoài các thành phố được phục vụ"
            )
        if row.category_id is None:
            raise BadFilterError(
                "category",
                f"unknown category {report.category!r}"
                f" / không có loại phản ánh {report.category!r}",
            )
        if row.code is not None:
            break
        connection.execute(text("DELETE FROM participant WHERE link = :link"), values)
    if report.photos:
        attach(connection, number, report.photos)
    if hashed is not None:
        connection.execute(
            text("INSERT INTO idempotency (key, fingerprint, code) VALUES (:key, :print, :code)"),
            {"key": hashed, "print": report.fingerprint(), "code": row.code},
        )
    masked = said.words is not None or said.private_address is not None
    return Taken(str(row.code), cell, False, link, at + EDITABLE_FOR, masked)


def attach(connection: Connection, complaint_id: UUID, tokens: Sequence[str]) -> None:
    """Give uploads to a complaint; each belongs to one for good."""
    if len(set(tokens)) != len(tokens) or len(tokens) > MOST_PHOTOS:
        raise BadFilterError(
            "photos",
            f"at most {MOST_PHOTOS} photos, each of them once"
            f" / nhiều nhất {MOST_PHOTOS} ảnh, mỗi ảnh một lần",
        )
    taken = connection.execute(
        text(
            """
            UPDATE photo p SET complaint_id = :id, position = given.number
              FROM unnest(CAST(:uploads AS bytea[])) WITH ORDINALITY AS given(upload, number)
             WHERE p.upload = given.upload AND p.complaint_id IS NULL
            """
        ),
        {"id": complaint_id, "uploads": [participants.hashed(token) for token in tokens]},
    )
    if taken.rowcount != len(tokens):
        raise BadFilterError(
            "photos",
            "a photo is no longer there, or was sent before: please choose it again"
            " / có ảnh không còn trên máy chủ hoặc đã được gửi: hãy chọn lại ảnh",
        )
    photos.mark_alike(connection, complaint_id)


class _Before(NamedTuple):
    id: UUID
    code: str
    editable_until: datetime | None
    masked: bool


def _taken_before(connection: Connection, hashed: str, report: Report) -> _Before | None:
    # Two replays at once: the second waits here for the first to end.
    before = connection.execute(_TAKEN, {"key": hashed}).one_or_none()
    if before is None:
        return None
    # It is erased with what is personal: then the key alone tells.
    if before.fingerprint and before.fingerprint != report.fingerprint():
        raise ConflictError(
            "this Idempotency-Key was used for another report"
            " / mã gửi này đã dùng cho một phản ánh khác"
        )
    return _Before(before.id, str(before.code), before.editable_until, before.masked)
