"""What those who asked think of an answer, and the one time that brings a complaint back.

The reporter and every supporter may judge an answer: satisfied, accepted or dissatisfied. Whoever
of them is dissatisfied within a week of the closing reopens it, once for a complaint whoever asks.
"""

from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, get_args
from uuid import UUID

from sqlalchemy import Connection, Row, func, insert, select, update

from geo import audit, participants
from geo.answering import move_row
from geo.complaint import Status
from geo.errors import BadFilterError, ConflictError, NotAllowedError, NotAnsweredError
from geo.schema import complaint, rating

Verdict = Literal["satisfied", "accepted", "dissatisfied"]
VERDICTS: Final[tuple[Verdict, ...]] = get_args(Verdict)
# The reason is for who judged: the database tells it to nobody else.
_PUBLIC: Final[list[Any]] = [column for column in rating.c if column.name != "reason"]
_REASON: Final = func.rating_reason(rating.c.id).label("reason")
WEEK: Final = timedelta(days=7)
LONGEST_REASON: Final = 2_000
# What an answered complaint becomes when it is reopened.
REOPENS: Final = {Status.RESOLVED: Status.IN_PROGRESS, Status.REJECTED: Status.RECEIVED}


class Rated(NamedTuple):
    verdict: Verdict
    reopened: bool
    """Whether this judgement brought the complaint back."""


def may_rate(status: Status, closed_at: datetime | None) -> bool:
    """Whether there is an answer to judge."""
    return status in REOPENS and closed_at is not None


def rate(
    connection: Connection, who: Row[Any], verdict: Verdict, reason: str | None, at: datetime
) -> Rated:
    """Take the judgement of a participant about the closing that holds now.

    Raises `NotAnsweredError` for an open complaint, `BadFilterError` for "dissatisfied" without a
    reason, `ConflictError` for a change of mind after a week, and `NotAllowedError` for who erased
    their part. The same said again, by somebody
    who did not hear that it was taken, is answered as the first time.
    """
    if who.erased_at is not None:
        raise NotAllowedError(
            "the personal part was erased, and with it the right to judge"
            " / phần cá nhân đã được xóa, nên không đánh giá được nữa"
        )
    if who.role == "reporter" and participants.reporter_left(connection, who.complaint_id):
        raise NotAllowedError(
            "you have withdrawn your part of it, and with it the right to judge"
            " / bạn đã rút phần của mình nên không đánh giá được nữa"
        )
    said = _reason(verdict, reason)
    # All who judge one complaint wait here for each other.
    of: Any = connection.execute(
        select(complaint.c.id, complaint.c.code, complaint.c.status, complaint.c.closed_at)
        .where(complaint.c.id == who.complaint_id)
        .with_for_update()
    ).one()
    status = Status(of.status)
    if not may_rate(status, of.closed_at):
        if _brought_back(connection, who.id, verdict):
            return Rated(verdict, True)
        raise NotAnsweredError(
            "there is no answer to judge: the complaint is open, or was withdrawn"
            " / chưa có kết quả để đánh giá: phản ánh đang được xử lý, hoặc đã rút"
        )
    number, reopened = _stored(connection, who, of, verdict, said, at)
    if verdict == "dissatisfied" and not reopened and at - of.closed_at < WEEK:
        reopened = _reopen(connection, number, of, status, at, who.role)
    audit.append(
        connection, "citizen.rated", of.code, actor=who.role, verdict=verdict, reopened=reopened
    )
    return Rated(verdict, reopened)


def _reason(verdict: Verdict, reason: str | None) -> str | None:
    said = (reason or "").strip()
    if verdict == "dissatisfied" and not any(letter.isalnum() for letter in said):
        raise BadFilterError(
            "reason",
            "say in a few words what is not right, so that it can be mended"
            " / hãy viết vài lời điều gì chưa được, để được xử lý lại",
        )
    if len(said) > LONGEST_REASON or "\0" in said:
        raise BadFilterError("reason", f"a reason has at most {LONGEST_REASON} characters")
    return said or None


def _brought_back(connection: Connection, participant_id: int, verdict: Verdict) -> bool:
    """Whether the last this participant said is the same, and reopened the complaint."""
    last = connection.execute(
        select(rating.c.verdict, rating.c.reopened)
        .where(rating.c.participant_id == participant_id)
        .order_by(rating.c.closed_at.desc())
        .limit(1)
    ).one_or_none()
    return last is not None and last.reopened and last.verdict == verdict


def _stored(
    connection: Connection,
    who: Row[Any],
    of: Row[Any],
    verdict: Verdict,
    reason: str | None,
    at: datetime,
) -> tuple[int, bool]:
    """The id of the row, and whether it has reopened the complaint before."""
    own = (rating.c.participant_id == who.id, rating.c.closed_at == of.closed_at)
    before = connection.execute(select(*_PUBLIC, _REASON).where(*own)).one_or_none()
    if before is None:
        added = insert(rating).values(
            complaint_id=of.id,
            participant_id=who.id,
            closed_at=of.closed_at,
            verdict=verdict,
            reason=reason,
            at=at,
        )
        return int(connection.execute(added.returning(rating.c.id)).scalar_one()), False
    same = (before.verdict, before.reason) == (verdict, reason)
    if not same and at - before.at >= WEEK:
        raise ConflictError(
            "a judgement can be changed for 7 days; these have passed"
            " / chỉ đổi đánh giá được trong 7 ngày; thời hạn đó đã qua"
        )
    connection.execute(
        update(rating).where(rating.c.id == before.id).values(verdict=verdict, reason=reason)
    )
    return int(before.id), bool(before.reopened)


def _reopen(
    connection: Connection, number: int, of: Row[Any], status: Status, at: datetime, role: str
) -> bool:
    if was_reopened(connection, of.id):
        return False
    connection.execute(update(rating).where(rating.c.id == number).values(reopened=True))
    move_row(connection, of.id, status, REOPENS[status], at, role)
    return True


def was_reopened(connection: Connection, complaint_id: UUID) -> bool:
    """Whether somebody's judgement brought the complaint back before."""
    found = select(rating.c.id).where(rating.c.complaint_id == complaint_id, rating.c.reopened)
    return connection.execute(found).first() is not None


def latest(connection: Connection, participant_id: int) -> Row[Any] | None:
    """The last judgement of a participant: rows of `rating`, the reason for nobody but them."""
    asked: Any = (
        select(*_PUBLIC, _REASON)
        .where(rating.c.participant_id == participant_id)
        .order_by(rating.c.closed_at.desc())
        .limit(1)
    )
    found: Row[Any] | None = connection.execute(asked).one_or_none()
    return found
