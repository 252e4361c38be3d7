"""The city's side of a complaint: moving it from one state to the next, and answering it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, insert, select, text, update

from geo.complaint import TRANSITIONS, Status, clean_code, is_code
from geo.errors import BadFilterError, BadMoveError, ConflictError, NotFoundError
from geo.participants import hashed
from geo.schema import answer, complaint

LONGEST: Final = 10_000
MOST_PHOTOS: Final = 5


class Answered(NamedTuple):
    code: str
    before: Status
    status: Status
    answer_id: int | None
    """None where it was moved without a word."""


def move(
    connection: Connection,
    code: str,
    to: Status,
    at: datetime,
    actor: str,
    expected: Status | None = None,
) -> Answered:
    """Give a complaint another state; part of the caller's transaction.

    Raises `NotFoundError`, `BadMoveError` for a move that `TRANSITIONS` does not have, and
    `ConflictError` where it is not (or, by another's change, no longer) in the state `expected`.
    """
    number, before = _found(connection, code, expected)
    move_row(connection, number, before, to, at, actor)
    return Answered(clean_code(code), before, to, None)


def give(
    connection: Connection,
    code: str,
    words: str,
    at: datetime,
    actor: str,
    *,
    status: Status | None = None,
    photos: Sequence[str] = (),
    expected: Status | None = None,
) -> Answered:
    """Answer a complaint in public, with a new state or without; `photos` are tokens of uploads.

    Raises as `move`, and `BadFilterError` for words that say nothing or photos that are not there.
    """
    said = checked_words(words)
    number, before = _found(connection, code, expected)
    after = status if status is not None and status is not before else None
    if after is not None:
        move_row(connection, number, before, after, at, actor)
    added = insert(answer).values(
        complaint_id=number, text=said, status=int(after) if after else None, at=at
    )
    answer_id = int(connection.execute(added.returning(answer.c.id)).scalar_one())
    if photos:
        _attach(connection, number, answer_id, photos)
    return Answered(clean_code(code), before, after or before, answer_id)


def checked_words(words: str) -> str:
    """The words of an answer; raises `BadFilterError` for words that say nothing."""
    said = words.strip()
    if not any(letter.isalnum() for letter in said) or "\0" in said:
        raise BadFilterError("text", "an answer needs words / câu trả lời cần có nội dung")
    if len(said) > LONGEST:
        raise BadFilterError("text", f"an answer has at most {LONGEST} characters")
    return said


def move_row(
    connection: Connection, number: UUID, before: Status, to: Status, at: datetime, actor: str
) -> None:
    """Move a complaint that was read in the state `before`; `actor` is a role, never a name."""
    check_move(before, to)
    connection.execute(select(func.set_config("phananh.actor", actor, True)))
    moved = connection.execute(
        update(complaint)
        .where(complaint.c.id == number, complaint.c.status == int(before))
        .values(status=int(to), closed_at=None if to.is_open else at, updated_at=at)
    )
    if not moved.rowcount:
        raise ConflictError(
            "somebody changed this complaint at the same moment: look at it again, then decide"
        )


def check_move(before: Status, to: Status) -> None:
    """Raises `BadMoveError` where `TRANSITIONS` does not have the move."""
    if to in TRANSITIONS[before]:
        return
    ways = ", ".join(status.code for status in sorted(TRANSITIONS[before]))
    if before is to:
        raise BadMoveError(f"it is {to.code} already; it can become {ways or 'nothing else'}")
    if not ways:
        raise BadMoveError(f"it is {before.code}, which is for good")
    raise BadMoveError(f"what is {before.code} cannot become {to.code}, but {ways}")


def _found(connection: Connection, code: str, expected: Status | None) -> tuple[UUID, Status]:
    row = connection.execute(
        select(complaint.c.id, complaint.c.status).where(complaint.c.code == clean_code(code))
    ).one_or_none()
    if row is None:
        why = "" if is_code(code) else ": its check character is wrong, so a letter was mistyped"
        raise NotFoundError(f"no complaint has the code {code!r}{why}")
    before = Status(row.status)
    if expected is not None and before is not expected:
        raise ConflictError(f"it is {before.code} by now, no longer {expected.code}")
    return row.id, before


def _attach(
    connection: Connection, complaint_id: UUID, answer_id: int, tokens: Sequence[str]
) -> None:
    """Give uploads to an answer; each belongs to one complaint or answer for good."""
    if len(set(tokens)) != len(tokens) or len(tokens) > MOST_PHOTOS:
        raise BadFilterError("photos", f"at most {MOST_PHOTOS} photos, each of them once")
    taken = connection.execute(
        text(
            """
            UPDATE photo p SET complaint_id = :id, answer_id = :answer, position = given.number
              FROM unnest(CAST(:uploads AS bytea[])) WITH ORDINALITY AS given(upload, number)
             WHERE p.upload = given.upload AND p.complaint_id IS NULL AND NOT p.held
            """
        ),
        {"id": complaint_id, "answer": answer_id, "uploads": [hashed(one) for one in tokens]},
    )
    if taken.rowcount != len(tokens):
        raise BadFilterError(
            "photos", "a photo is no longer there, or was used before: please choose it again"
        )
