"""What has become of a complaint and is still to be told to those who take part in it.

Triggers write it (`alembic/versions/0011_progress.sql`); it goes in the transaction that puts its
letter into the outbox, so that a worker that is killed has either told it or not begun.
"""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, exists, func, select

from geo import participants
from geo.complaint import Status
from geo.database import sql
from geo.schema import category, complaint, participant
from geo.schema import progress as waiting


class Step(NamedTuple):
    """One thing to tell: a new state, an answer with or without one, or a question."""

    at: datetime
    status: Status | None
    words: str | None
    reopened: bool
    asked: bool = False
    """Whether the words are a question to the reporter."""


class Told(NamedTuple):
    """One person, and what they have not heard."""

    person: Row[Any]
    """A row of `participant`."""
    about: Row[Any]
    """Its complaint: code, status, address, sensitive, name_vi and name_en of the category."""
    steps: tuple[Step, ...]
    """In order; empty where the address was removed meanwhile."""
    number: int
    """Of the last step: no other letter has it."""


def claim(connection: Connection) -> Told | None:
    """Who has waited longest, with all there is for them; None when nobody waits.

    For one worker at a time. Part of the caller's transaction.
    """
    # Who has something that can still be undone hears all of it, in its order, after that.
    held = waiting.alias("held")
    first = (
        select(waiting.c.participant_id)
        .where(
            ~exists().where(
                held.c.participant_id == waiting.c.participant_id,
                held.c.told_from > func.now(),
            )
        )
        .order_by(waiting.c.id)
        .limit(1)
        .scalar_subquery()
    )
    person = connection.execute(
        select(participant).where(participant.c.id == first).with_for_update()
    ).one_or_none()
    if person is None:
        return None
    about: Any = connection.execute(
        select(
            complaint.c.code,
            complaint.c.status,
            complaint.c.address,
            category.c.sensitive,
            category.c.name_vi,
            category.c.name_en,
        )
        .join_from(complaint, category, category.c.id == complaint.c.category_id)
        .where(complaint.c.id == person.complaint_id)
    ).one()
    rows = connection.execute(sql("geo", "progress_steps"), {"id": person.id}).all()
    heard = person.address is not None and person.confirmed_at is not None
    steps = tuple(_steps(list(rows))) if heard else ()
    return Told(person, about, steps, max((row.id for row in rows), default=0))


def _steps(rows: list[Row[Any]]) -> list[Step]:
    """Without the moves that an answer tells itself."""
    answered = [row.status for row in rows if row.words is not None and row.status is not None]
    found = []
    for row in rows:
        if row.words is None and row.after in answered:
            answered.remove(row.after)
            continue
        number = row.after if row.words is None else row.status
        status = Status(number) if number is not None else None
        back = row.before is not None and not Status(row.before).is_open
        found.append(Step(row.at, status, row.words, row.judged and back, row.asked))
    return found


def private_link(secret: bytes, person: Row[Any]) -> str | None:
    """The token of somebody's private link, for a letter to their own address.

    None where it cannot be made again: for a supporter without a device, and after the instance was
    given another secret.
    """
    if person.role == "reporter":
        token = participants.reporter_link(secret, person.complaint_id)
    elif person.device is not None:
        token = participants.supporter_link(secret, person.complaint_id, bytes(person.device))
    else:
        return None
    return token if participants.hashed(token) == bytes(person.link) else None
