"""Mail that waits to be sent: written with what it tells in one transaction, and sent once."""

from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo.schema import mail

# Tried again after 2, 4, 8 ... minutes, at most this; nine times are over a day and a half.
LONGEST_WAIT: Final = timedelta(hours=12)
MOST_ATTEMPTS: Final = 12


class Letter(NamedTuple):
    """A mail before it has a place in the outbox: for a follow or for a participant, never both."""

    key: str
    """What it tells: a second letter with this key is not taken. Never holds an address."""
    follow_id: int | None
    recipient: str
    subject: str
    plain: str
    html: str
    stop_url: str
    report: dict[str, Any] | None = None
    participant_id: int | None = None


def put(connection: Connection, letter: Letter) -> bool:
    """Take a letter, sent once the transaction is through; False where it was taken before."""
    added = insert(mail).values(letter._asdict()).on_conflict_do_nothing(index_elements=["key"])
    return connection.execute(added.returning(mail.c.id)).one_or_none() is not None


def waiting(connection: Connection) -> int:
    """How many letters are still to be sent."""
    unsent = select(func.count()).where(mail.c.sent_at.is_(None), mail.c.failed_at.is_(None))
    return int(connection.execute(unsent).scalar_one())


def claim(connection: Connection, now: datetime) -> Row[Any] | None:
    """The next letter, which no other worker sees until the caller's transaction ends.

    A worker that is killed meanwhile leaves it as it was.
    """
    found: Row[Any] | None = connection.execute(
        select(mail)
        .where(mail.c.sent_at.is_(None), mail.c.failed_at.is_(None), mail.c.not_before <= now)
        .order_by(mail.c.not_before, mail.c.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    ).one_or_none()
    return found


_ERASED: Final = {
    "recipient": None, "subject": None, "plain": None, "html": None, "stop_url": None,
    "report": None,
}  # fmt: skip


def sent(connection: Connection, letter: Row[Any], at: datetime) -> None:
    """Mark it; of what was in it nothing is kept but its key."""
    connection.execute(update(mail).where(mail.c.id == letter.id).values(_ERASED | {"sent_at": at}))


def refused(connection: Connection, letter: Row[Any], at: datetime, *, for_good: bool) -> bool:
    """Try again later, ever less often; True where it is given up, and then erased."""
    attempts = letter.attempts + 1
    if for_good or attempts >= MOST_ATTEMPTS:
        values = _ERASED | {"failed_at": at, "attempts": attempts}
    else:
        wait = min(timedelta(minutes=2**attempts), LONGEST_WAIT)
        values = {"attempts": attempts, "not_before": at + wait}
    connection.execute(update(mail).where(mail.c.id == letter.id).values(values))
    return "failed_at" in values
