"""Asking the reporter, and the pauses of the clock: each with a reason, in words or by its code."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final, NamedTuple

from sqlalchemy import Connection, func, insert, select, update

from geo import participants
from geo.asking import Asker
from geo.errors import BadFilterError, BadMoveError, ConflictError, NotFoundError
from geo.held import Held, write
from geo.policies import STOPS
from geo.schema import participant, work, work_question

LONGEST: Final = 1_000
LONGEST_REPLY: Final = 2_000
MOST_OPEN: Final = 5


class Words(NamedTuple):
    vi: str
    en: str


# The reasons that policies know; how long each stops the clock, a policy says.
PAUSES: Final[Mapping[str, Words]] = {
    "reporter": Words("Chờ người gửi trả lời", "Waiting for the reporter"),
    "weather": Words("Thời tiết", "Weather"),
    "other-unit": Words("Chờ đơn vị khác phối hợp", "Waiting for another unit"),
    "court": Words("Chờ cơ quan tố tụng, tòa án", "Waiting for a court"),
}
assert PAUSES.keys() == STOPS.keys()  # noqa: S101


def ask(connection: Connection, who: Asker, held: Held, question: str, at: datetime) -> None:
    """Ask the reporter, who alone sees it; until the reply the clock stands still."""
    said = _words("question", question, LONGEST)
    there = connection.execute(
        select(participant.c.id).where(
            participant.c.complaint_id == held.id,
            participant.c.role == "reporter",
            participant.c.erased_at.is_(None),
        )
    ).first()
    if there is None or participants.reporter_left(connection, held.id):
        raise BadMoveError(
            "nobody can be asked: it came without a reporter, or the reporter's part was"
            " withdrawn or erased"
            " / không có ai để hỏi: phản ánh không có người gửi, hoặc người gửi đã rút hay xóa"
            " phần của mình"
        )
    waiting = connection.execute(
        select(func.count())
        .select_from(work_question)
        .where(work_question.c.complaint_id == held.id, work_question.c.replied_at.is_(None))
    ).scalar_one()
    if waiting >= MOST_OPEN:
        raise BadMoveError(
            f"{waiting} questions wait for the reporter already"
            f" / đã có {waiting} câu hỏi đang chờ người gửi trả lời"
        )
    number = connection.execute(
        insert(work_question)
        .values(complaint_id=held.id, account_id=who.id, text=said, at=at)
        .returning(work_question.c.id)
    ).scalar_one()
    _clock(connection, held, "reporter", at)
    write(connection, who, held, "ask", None, question=number)


def pause(
    connection: Connection, who: Asker, held: Held, reason: str, words: str | None, at: datetime
) -> None:
    """Stop the clock for one of the reasons that policies know."""
    if reason not in PAUSES:
        known = ", ".join(f"{code} ({one.vi})" for code, one in PAUSES.items())
        raise BadFilterError("reason", f"one of {known} / hãy chọn một lý do: {known}")
    _clock(connection, held, reason, at)
    write(connection, who, held, "pause", (words or "").strip() or None, why=reason)


def resume(connection: Connection, who: Asker, held: Held, at: datetime) -> None:
    """Let the clock go on; a question that waits can be answered all the same."""
    _clock(connection, held, None, at)
    write(connection, who, held, "resume", None)


def _clock(connection: Connection, held: Held, reason: str | None, at: datetime) -> None:
    connection.execute(
        update(work)
        .where(work.c.complaint_id == held.id)
        .values(
            paused_at=at if reason is not None else None,
            pause_reason=reason,
            version=held.version + 1,
            updated_at=at,
        )
    )


def reply(connection: Connection, question: int, words: str, at: datetime) -> None:
    """Take the reply of the reporter whose private link is shown; the same twice is taken once.

    Raises `NotFoundError` for what was not asked of them, `ConflictError` for a second reply and
    `BadMoveError` once the complaint is closed.
    """
    said = _words("text", words, LONGEST_REPLY)
    found = connection.execute(select(func.work_replied(question, said, at))).scalar()
    if found is None:
        raise NotFoundError("you were not asked this / không có câu hỏi này cho bạn")
    if found == "answered":
        raise ConflictError("it is answered already / câu hỏi này đã được trả lời")
    if found == "closed":
        raise BadMoveError(
            "it was closed meanwhile: nobody waits for the reply any more"
            " / phản ánh đã đóng: không còn ai chờ câu trả lời này"
        )


def _words(field: str, given: str, longest: int) -> str:
    said = given.strip()
    if not any(letter.isalnum() for letter in said) or len(said) > longest or "\0" in said:
        raise BadFilterError(
            field, f"words, at most {longest} characters / cần có lời, tối đa {longest} ký tự"
        )
    return said
