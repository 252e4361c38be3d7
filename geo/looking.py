"""What is personal of a complaint, for those entitled to it; every look is written down.

The log `look` is append-only, as events are: who looked at what, when and why. The audit log has an
entry of each too.
"""

from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Row, insert, select, text, update
from sqlalchemy.dialects.postgresql import insert as insert_or

from geo import audit
from geo.complaint import clean_code
from geo.erasing import erase_complaint
from geo.errors import BadFilterError, NotFoundError
from geo.masking import HIDDEN
from geo.schema import complaint, look, participant, submission

Act = Literal["look", "unmask", "hide", "erase"]
# Shorter is no reason.
LEAST_REASON: Final = 8


class Person(NamedTuple):
    """Somebody who takes part in a complaint, as far as is known."""

    role: str
    address: str | None
    confirmed: bool
    language: str
    since: datetime


class Personal(NamedTuple):
    """What only entitled officials see of a complaint."""

    code: str
    words: str
    address: str | None
    masked: bool
    answers: dict[str, Any]
    urgent: bool
    people: tuple[Person, ...]


def looked(connection: Connection, code: str, actor: str, reason: str) -> Personal:
    """The personal part of a complaint, once the look is in the log.

    Raises `NotFoundError`, and `BadFilterError` where no reason is given. Part of the caller's
    transaction: where that fails nothing was seen, as long as nothing is shown before its end.
    """
    row = _written_down(connection, code, "look", actor, reason)
    own = connection.execute(
        select(submission).where(submission.c.complaint_id == row.id)
    ).one_or_none()
    people = connection.execute(
        select(participant)
        .where(participant.c.complaint_id == row.id, participant.c.erased_at.is_(None))
        .order_by(participant.c.id)
    )
    return Personal(
        row.code,
        own.words if own is not None and own.words is not None else row.text,
        own.address if own is not None and own.address is not None else row.address,
        own is not None and (own.words is not None or own.address is not None),
        dict(own.answers) if own is not None else {},
        own is not None and own.urgent,
        tuple(
            Person(
                one.role,
                one.address,
                one.confirmed_at is not None,
                one.language,
                one.created_at,
            )
            for one in people
        ),
    )


def unmask(connection: Connection, code: str, actor: str, reason: str) -> bool:
    """Show the words as they were written; False where nothing was hidden of them.

    Raises `BadFilterError` where their reporter has withdrawn them.
    """
    row = _written_down(connection, code, "unmask", actor, reason)
    own = connection.execute(
        select(submission).where(submission.c.complaint_id == row.id).with_for_update()
    ).one_or_none()
    if own is None or (own.words is None and own.address is None):
        return False
    if not row.text:
        raise BadFilterError("code", "its reporter has withdrawn these words: they stay private")
    connection.execute(
        update(complaint)
        .where(complaint.c.id == row.id)
        .values(text=own.words or row.text, address=own.address or row.address)
    )
    connection.execute(
        update(submission)
        .where(submission.c.complaint_id == row.id)
        .values(words=None, address=None)
    )
    return True


def erase(connection: Connection, code: str, actor: str, reason: str, at: datetime) -> None:
    """Erase what is personal of a complaint, of everybody who takes part in it, for good."""
    row = _written_down(connection, code, "erase", actor, reason)
    erase_complaint(connection, row.id, at)


def hide(connection: Connection, code: str, words: str, actor: str, reason: str) -> int:
    """Hide words, such as a name, wherever the public text and address have them; how often.

    What was written stays in the personal part. Raises `BadFilterError` where they are not in it.
    """
    if len(words.strip()) < 2:
        raise BadFilterError("words", "say which words are to be hidden: at least two letters")
    row = _written_down(connection, code, "hide", actor, reason)
    times = row.text.count(words) + (row.address or "").count(words)
    if not times:
        raise BadFilterError("words", "these words are not in the public text of this complaint")
    kept = {"words": row.text, "address": row.address}
    added = insert_or(submission).values(
        complaint_id=row.id, editable_until=row.reported_at, **kept
    )
    # What was hidden before is in the first version, which stays.
    connection.execute(
        added.on_conflict_do_update(
            index_elements=["complaint_id"],
            set_={name: text(f"coalesce(submission.{name}, excluded.{name})") for name in kept},
        )
    )
    shown = {
        "text": row.text.replace(words, HIDDEN),
        "address": row.address.replace(words, HIDDEN) if row.address else row.address,
    }
    connection.execute(update(complaint).where(complaint.c.id == row.id).values(shown))
    return int(times)


def _written_down(connection: Connection, code: str, act: Act, actor: str, reason: str) -> Row[Any]:
    """The complaint, locked, with a line in the log."""
    if len(reason.strip()) < LEAST_REASON:
        raise BadFilterError("reason", f"say why, in at least {LEAST_REASON} letters")
    row: Row[Any] | None = connection.execute(
        select(*(complaint.c[name] for name in ("id", "code", "text", "address", "reported_at")))
        .where(complaint.c.code == clean_code(code))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no complaint has the code {code!r}")
    connection.execute(
        insert(look).values(complaint_id=row.id, act=act, actor=actor, reason=reason.strip())
    )
    audit.append(connection, act, row.code, actor=actor, reason=reason.strip())
    # The history says the same of who changed it.
    connection.execute(text("SELECT set_config('phananh.actor', 'official', true)"))
    return row
