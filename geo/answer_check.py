"""A supervisor's look at a closing: until it is passed nothing of it is public, or done."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text, update

from geo import answering
from geo.answer_photos import Proof
from geo.asking import Asker
from geo.complaint import Status
from geo.errors import BadMoveError, ConflictError, NotAllowedError
from geo.held import Held, reason_of, write
from geo.schema import photo, work, work_closing


def ask(
    connection: Connection,
    who: Asker,
    held: Held,
    words: str,
    proof: Sequence[Proof],
    at: datetime,
) -> None:
    """Let an answer wait for a supervisor: the complaint stays as it is, and so does its clock."""
    said = answering.checked_words(words)
    connection.execute(
        insert(work_closing).values(
            complaint_id=held.id,
            account_id=who.id,
            text=said,
            photos=[one.id for one in proof],
            proof=[one.row() for one in proof],
            at=at,
        )
    )
    if proof:
        kept = connection.execute(
            update(photo)
            .where(
                photo.c.id.in_([one.id for one in proof]),
                photo.c.complaint_id.is_(None),
                ~photo.c.held,
            )
            .values(held=True)
        )
        if kept.rowcount != len(proof):
            raise ConflictError("a photo was used at this very moment: please choose it again")
    _state(connection, held, "asked", at)
    write(connection, who, held, "check-asked", None, photos=len(proof), unsaid=unsaid(proof))


def unsaid(proof: Sequence[Proof]) -> list[str]:
    """What the files of some photos do not say, each once."""
    return sorted({name for one in proof for name in one.unsaid})


def judge(
    connection: Connection,
    who: Asker,
    held: Held,
    reason: str | None,
    at: datetime,
    *,
    passed: bool,
) -> None:
    """Let a closing through, or give it back with a reason.

    Nobody passes what they asked for themselves; they may take it back. Raises `NotAllowedError`.
    """
    waits = connection.execute(
        select(work_closing).where(work_closing.c.complaint_id == held.id)
    ).one_or_none()
    if waits is None:
        raise BadMoveError("no closing waits for a check / không có câu trả lời nào chờ kiểm tra")
    own = waits.account_id == who.id
    if passed and own:
        raise NotAllowedError(
            "somebody else has to pass what you closed"
            " / người khác phải kiểm tra câu trả lời do bạn viết"
        )
    if "supervise" not in held.rights and (passed or not own):
        raise NotAllowedError(
            "a supervisor of its area decides / do cấp trên của địa bàn quyết định"
        )
    if not passed:
        said = reason_of(reason)
        _state(connection, held, "refused", at)
        # The words are kept where officials see them: who wrote them goes on from there.
        write(connection, who, held, "check-refused", said, own=own, answer=waits.text)
        return
    given = answering.give(
        connection, held.code, waits.text, at, "official", status=Status.RESOLVED
    )
    if waits.photos and given.answer_id is not None:
        _attach(connection, held.id, given.answer_id, waits)
    # In figures it is a closing of who wrote it, not of who looked at it.
    connection.execute(
        update(work).where(work.c.complaint_id == held.id).values(closed_by=waits.account_id)
    )
    write(
        connection, who, held, "check-passed", (reason or "").strip() or None,
        **{"from": held.status.code, "to": Status.RESOLVED.code},
    )  # fmt: skip


def _attach(
    connection: Connection, number: UUID, answer_id: int, waits: Row[tuple[object]]
) -> None:
    connection.execute(
        text(
            """
            UPDATE photo p SET complaint_id = :id, answer_id = :answer, position = given.number
              FROM unnest(CAST(:photos AS uuid[])) WITH ORDINALITY AS given(id, number)
             WHERE p.id = given.id AND p.complaint_id IS NULL
            """
        ),
        {"id": number, "answer": answer_id, "photos": list(waits.photos)},
    )


def _state(connection: Connection, held: Held, state: str, at: datetime) -> None:
    connection.execute(
        update(work)
        .where(work.c.complaint_id == held.id)
        .values(check_state=state, version=held.version + 1, updated_at=at)
    )
