"""One complaint, by officials: what they do with it.

Every act is a transaction that locks the work, compares its version, changes it, and writes an
event that says who, when and why; the database refuses what is not the asker's.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, or_, select, text, update

from geo import answer_check, answer_photos, answer_words, answering, grounds
from geo.asking import Asker
from geo.complaint import Status, clean_code
from geo.errors import BadFilterError
from geo.held import Held, StaleError, hold, reason_of, write
from geo.rerouting import hand_over, place, recategorise
from geo.schema import complaint, work, work_note
from geo.work_facts import facts, seen
from geo.work_moves import MOVES

__all__ = [
    "Held", "StaleError", "answer", "assign", "facts", "hand_over", "hold", "merge", "move", "note",
    "place", "recategorise", "refuse", "seen",
]  # fmt: skip
LONGEST_NOTE: Final = 4_000


def move(
    connection: Connection, who: Asker, held: Held, act: str, reason: str | None, at: datetime
) -> None:
    """Accept, start, reopen or take up again: a move without an answer."""
    of = MOVES[act]
    if of.reason:
        reason = reason_of(reason)
    answering.move_row(connection, held.id, held.status, of.to, at, "official")
    write(connection, who, held, act, reason, **{"from": held.status.code, "to": of.to.code})


def assign(connection: Connection, who: Asker, held: Held, to: int | None, at: datetime) -> None:
    """Give it to an officer of its area and domain, or to nobody."""
    name = None
    if to is not None:
        name = connection.execute(
            text(
                "SELECT full_name FROM account WHERE id = :id AND enabled"
                " AND account_may_act(id, CAST(:keys AS bigint[]), CAST(:domain AS smallint))"
            ),
            {"id": to, "keys": list(held.acts), "domain": held.domain_id},
        ).scalar()
        if name is None:
            raise BadFilterError(
                "account_id",
                "this person may not handle it / người này không được xử lý phản ánh này",
            )
    connection.execute(
        update(work)
        .where(work.c.complaint_id == held.id)
        .values(
            assignee_id=to, assigned_at=at if to else None, version=held.version + 1, updated_at=at
        )
    )
    write(connection, who, held, "assign" if to else "unassign", None, to=name)


def note(connection: Connection, who: Asker, held: Held, words: str, key: str | None) -> None:
    """An internal note; the same `key` sent twice is kept once."""
    said = words.strip()
    if not any(letter.isalnum() for letter in said) or len(said) > LONGEST_NOTE:
        raise BadFilterError("text", f"a note has words, at most {LONGEST_NOTE} characters")
    if (
        key is not None
        and connection.execute(
            select(work_note.c.id).where(work_note.c.key == f"{who.id}:{key}")
        ).scalar()
    ):
        return
    stored = f"{who.id}:{key}" if key else None
    connection.execute(
        insert(work_note).values(complaint_id=held.id, account_id=who.id, text=said, key=stored)
    )
    write(connection, who, held, "note", None)


def merge(
    connection: Connection, who: Asker, held: Held, into: str, reason: str | None, at: datetime
) -> None:
    """Call it a duplicate of another open one that is the asker's to see."""
    other = connection.execute(
        select(complaint.c.id, complaint.c.code, complaint.c.status)
        .join(work, work.c.complaint_id == complaint.c.id)
        .where(complaint.c.code == clean_code(into))
    ).one_or_none()
    if other is None or other.id == held.id or not Status(other.status).is_open:
        raise BadFilterError(
            "into",
            "name another open complaint of yours / hãy chọn một phản ánh khác đang mở của bạn",
        )
    write(connection, who, held, "merge", reason, into=other.code)
    answering.move_row(connection, held.id, held.status, Status.DUPLICATE, at, "official")
    # What was a duplicate of this one is one of the other now: no chains.
    connection.execute(
        update(work)
        .where(or_(work.c.complaint_id == held.id, work.c.duplicate_of == held.id))
        .values(duplicate_of=other.id)
    )


def answer(
    connection: Connection,
    who: Asker,
    held: Held,
    words: str,
    at: datetime,
    *,
    close: bool,
    photos: Sequence[str] = (),
    template: str | None = None,
    fields: Mapping[str, str] | None = None,
    office_contact: bool = False,
) -> None:
    """Answer in public; `close` resolves it, which needs words and perhaps photos that prove it.

    `office_contact` says that a number or an address in the words is the office's own.

    Where the category asks for it, a closing waits for a supervisor first (`geo.answer_check`).
    Raises `BadFilterError` that says what to add.
    """
    said, fitting = answer_words.composed(
        connection, words, template, fields or {}, held.category_id, held.domain_id
    )
    stated = answer_words.check_public(said, office_contact)
    change: dict[str, Any] = {"closed": close} | ({"stated": stated} if stated else {})
    if close:
        answer_words.check_closing(connection, held.id, said, fitting, held.area_id, at)
        rules = answer_photos.rules_of(connection, held.category_id)
        proof = answer_photos.proven(connection, held.id, photos, rules)
        if rules.check:
            answer_check.ask(connection, who, held, said, proof, at)
            return
        change |= {"photos": len(proof), "unsaid": answer_check.unsaid(proof)} if proof else {}
    answering.give(
        connection, held.code, said, at, "official",
        status=Status.RESOLVED if close else None, photos=photos,
    )  # fmt: skip
    write(connection, who, held, "answer", None, **change)
    if not close:
        connection.execute(
            update(work).where(work.c.complaint_id == held.id).values(version=held.version + 1)
        )


def refuse(
    connection: Connection,
    who: Asker,
    held: Held,
    ground: str,
    words: str,
    at: datetime,
    *,
    office_contact: bool = False,
) -> None:
    """Refuse it on a legal ground (its code), which the public answer names."""
    of = grounds.named(connection, ground.strip())
    said = answer_words.composed(connection, words, None, {}, held.category_id, held.domain_id)[0]
    stated = answer_words.check_public(said, office_contact)
    answering.give(
        connection, held.code, f"{said}\n\nCăn cứ: {of.public}".strip(), at, "official",
        status=Status.REJECTED,
    )  # fmt: skip
    change = {"ground": of.code} | ({"stated": stated} if stated else {})
    write(connection, who, held, "refuse", of.public, **change)
