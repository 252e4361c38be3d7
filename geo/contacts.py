"""The mail address of a reporter or a supporter: asked for, confirmed, removed, forgotten.

An address is for mail alone; nothing here puts one into a log or an answer. Until its owner has
confirmed it, one kind of letter goes there: the one that asks.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, select, text, update

from geo import participants
from geo.errors import NotEditableError
from geo.schema import category, complaint, mail, participant

UNCONFIRMED_FOR: Final = timedelta(days=7)


def ask(connection: Connection, participant_id: int, address: str, secret: bytes) -> str | None:
    """Keep an address, unconfirmed; returns the token for the letter that asks its owner.

    None where this address is confirmed already. Another one is forgotten, with its mail. Raises
    `NotEditableError` for somebody whose personal part was erased.
    """
    person = connection.execute(
        select(participant).where(participant.c.id == participant_id).with_for_update()
    ).one()
    if person.erased_at is not None:
        raise NotEditableError(
            "the personal part was erased: no address can be added"
            " / phần cá nhân đã được xóa: không thêm địa chỉ được nữa"
        )
    if person.address == address and person.confirmed_at is not None:
        return None
    remove(connection, participant_id)
    token = participants.contact_token(secret, participant_id, address)
    connection.execute(
        update(participant)
        .where(participant.c.id == participant_id)
        .values(address=address, confirmation=participants.hashed(token))
    )
    return token


def token_of(connection: Connection, person: Row[Any], secret: bytes) -> str:
    """The token for the next letter to somebody's address; `person` is a row of `participant`."""
    token = participants.contact_token(secret, person.id, person.address)
    hashed = participants.hashed(token)
    if bytes(person.confirmation) != hashed:
        # The instance has a new secret: from now on the links of new mail are the right ones.
        connection.execute(
            update(participant)
            .where(participant.c.id == person.id, participant.c.address == person.address)
            .values(confirmation=hashed)
        )
    return token


def by_token(connection: Connection, token: str) -> Row[Any] | None:
    """The participant a mailed token is for, with the complaint's code and what it is about."""
    shown = {"token": participants.plain(token)}
    connection.execute(text("SELECT set_config('phananh.contact', :token, true)"), shown)
    found: Row[Any] | None = connection.execute(
        select(
            participant,
            complaint.c.code,
            category.c.name_vi,
            category.c.name_en,
            category.c.sensitive,
        )
        .join(complaint, complaint.c.id == participant.c.complaint_id)
        .join(category, category.c.id == complaint.c.category_id)
        .where(participant.c.confirmation == participants.hashed(token))
    ).one_or_none()
    return found


def confirm(connection: Connection, participant_id: int, at: datetime) -> None:
    """From now on news is mailed; a second time changes nothing."""
    connection.execute(
        update(participant)
        .where(
            participant.c.id == participant_id,
            participant.c.address.is_not(None),
            participant.c.confirmed_at.is_(None),
        )
        .values(confirmed_at=at)
    )


def remove(connection: Connection, participant_id: int) -> None:
    """Erase the address and the mail that waits for it; a second time changes nothing."""
    unsent = mail.c.sent_at.is_(None) & mail.c.failed_at.is_(None)
    connection.execute(delete(mail).where(mail.c.participant_id == participant_id, unsent))
    connection.execute(
        update(participant)
        .where(participant.c.id == participant_id)
        .values(address=None, confirmation=None, confirmed_at=None)
    )


def forget(connection: Connection, now: datetime) -> None:
    """Erase the addresses nobody confirmed in time.

    To be called before sent mail is forgotten: when an address was asked is known from its letter,
    the only one that may have gone there.
    """
    connection.execute(
        text(
            """
            WITH late AS (
              SELECT m.participant_id AS id
                FROM mail m JOIN participant p ON p.id = m.participant_id
               WHERE p.address IS NOT NULL AND p.confirmed_at IS NULL
               GROUP BY m.participant_id
              HAVING max(m.created_at) < :limit
            ), dropped AS (
              DELETE FROM mail m USING late
               WHERE m.participant_id = late.id AND m.sent_at IS NULL AND m.failed_at IS NULL
            )
            UPDATE participant p SET address = NULL, confirmation = NULL
              FROM late WHERE p.id = late.id AND p.confirmed_at IS NULL
            """
        ),
        {"limit": now - UNCONFIRMED_FOR},
    )


def hint(address: str) -> str:
    """An address as its owner knows it again, and nobody else.

    >>> hint("an.nguyen@example.org")
    'a…@example.org'
    """
    name, _, host = address.rpartition("@")
    return f"{name[:1]}…@{host}"
