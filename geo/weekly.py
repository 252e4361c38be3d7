"""Who is sent the page of the week before, each Monday morning."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from secrets import token_urlsafe
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert

from geo import asking
from geo.participants import hashed
from geo.schema import account, account_session, weekly_subscription


def subscriptions(connection: Connection) -> list[str | None]:
    """The areas whose pages the asker is sent; None: of all that are theirs."""
    own = select(weekly_subscription.c.area).order_by(weekly_subscription.c.id)
    return list(connection.execute(own).scalars().all())


def address_of(connection: Connection) -> str | None:
    """Where the asker's mail goes."""
    own = select(account.c.email).where(account.c.id == func.asker())
    found: str | None = connection.execute(own).scalar()
    return found


def subscribe(connection: Connection, account_id: int, area: str | None) -> None:
    """Send it from the next Monday on; a second time changes nothing."""
    connection.execute(
        upsert(weekly_subscription)
        .values(account_id=account_id, area=area)
        .on_conflict_do_nothing()
    )


def unsubscribe(connection: Connection, area: str | None) -> None:
    """Send it no more; what is sent of other areas stays."""
    connection.execute(
        delete(weekly_subscription).where(weekly_subscription.c.area.is_not_distinct_from(area))
    )


def claim(connection: Connection, monday: date) -> Any:
    """The next to be sent for the week before a Monday, which no other worker sees; None: none.

    Who subscribed in this week is sent the page of it, and not of the one before.
    """
    s = weekly_subscription.c
    found: Any = connection.execute(
        select(s.id, s.account_id, s.area, account.c.email, account.c.language)
        .join(account, account.c.id == s.account_id)
        .where(
            account.c.enabled,
            account.c.email.is_not(None),
            func.coalesce(s.sent_until, func.date(s.created_at)) < monday,
        )
        .order_by(s.id)
        .limit(1)
        .with_for_update(of=weekly_subscription, skip_locked=True)
    ).one_or_none()
    return found


def sent(connection: Connection, number: int, monday: date) -> None:
    """Mark it as sent for the week before a Monday."""
    connection.execute(
        update(weekly_subscription)
        .where(weekly_subscription.c.id == number)
        .values(sent_until=monday)
    )


@contextmanager
def as_account(connection: Connection, account_id: int, now: datetime) -> Iterator[None]:
    """Ask as an account for a moment: what it may count the database decides, as when it is there.

    The session lives within the caller's transaction alone, and nobody else ever sees it.
    """
    token = token_urlsafe(32)
    number = connection.execute(
        insert(account_session)
        .values(
            account_id=account_id, hash=hashed(token), client="weekly page",
            expires_at=func.now() + timedelta(minutes=10),
        )
        .returning(account_session.c.id)
    ).scalar_one()  # fmt: skip
    asking.show(connection, token)
    try:
        yield
    finally:
        asking.show(connection, "")
        connection.execute(delete(account_session).where(account_session.c.id == number))
