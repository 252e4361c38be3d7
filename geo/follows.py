"""Who follows what: orders, confirmations, and how all of it is forgotten.

A follow without a follower is the city's own: what is found for it is the public feed. Addresses
are for mail alone; nothing here puts one into a log, an address of the web or an answer.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Literal, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    delete,
    exists,
    func,
    insert,
    select,
    text,
    update,
)

from geo.schema import (
    area,
    area_set,
    city,
    domain,
    follow,
    follow_token,
    follower,
    happening,
    mail,
    news,
    participant_push,
    push_message,
    push_subscription,
    sighting,
    watch,
)

Subject = Literal["hotspot", "scan", "report", "complaints"]
Schedule = Literal["instant", "daily", "weekly", "monthly"]
Language = Literal["vi", "en"]
# More for one address is a mistake or a nuisance.
MOST_FOLLOWS: Final = 50
UNCONFIRMED_FOR: Final = timedelta(days=7)
SENT_FOR: Final = timedelta(days=30)
# A link to stop works in mail that is a year old.
TOKEN_FOR: Final = timedelta(days=400)
NEWS_FOR: Final = timedelta(days=400)
# The slowest digest is a week's; a worker may have been away for some.
SIGHTINGS_FOR: Final = timedelta(days=40)
# With nobody to look at it, what happened is no news any more.
HAPPENINGS_FOR: Final = timedelta(days=14)
# A scan goes around every area: with more than this it takes minutes.
MOST_AREAS: Final = 700


class Order(NamedTuple):
    """What somebody wants to be told; `question` is canonical, `spot` holds cells."""

    kind: Subject
    city_id: int
    question: str
    language: Language
    schedule: Schedule
    resolution: int | None = None
    set_code: str | None = None
    spot: tuple[int, ...] | None = None
    watch_id: int | None = None
    """Of single complaints: see `geo.watches.watched`."""
    progress: bool = False
    """Of single complaints: their closings too."""


def take(connection: Connection, address: str, order: Order) -> int | None:
    """The follow of an order, unconfirmed if it is new; None where the address has too many.

    The same order again is the same follow. Part of the caller's transaction.
    """
    # Two orders of one address at once: the second waits here.
    owner = connection.execute(select(func.follower_of(address))).scalar_one()
    return _taken(connection, _Owner(follower_id=owner), order)


def take_push(connection: Connection, push_id: int, order: Order, at: datetime) -> int | None:
    """The follow of an order by a browser, which begins at once; None where it has too many.

    The caller holds the row of the subscription (`geo.pushes.subscribed`).
    """
    number = _taken(connection, _Owner(push_id=push_id), order)
    if number is not None:
        confirm(connection, number, at)
    return number


class _Owner(NamedTuple):
    """Who is told, and how; with neither the follow is the city's own."""

    follower_id: int | None = None
    push_id: int | None = None


PUBLIC: Final = _Owner()


def _taken(connection: Connection, owner: _Owner, order: Order) -> int | None:
    there = _same(connection, owner, order)
    if there is not None:
        return there
    own = select(func.count()).where(*_of(owner))
    if int(connection.execute(own).scalar_one()) >= MOST_FOLLOWS:
        return None
    return _added(connection, owner, order, None)


def _of(owner: _Owner) -> list[ColumnElement[bool]]:
    return [follow.c[name].is_not_distinct_from(value) for name, value in owner._asdict().items()]


def _same(connection: Connection, owner: _Owner, order: Order) -> int | None:
    wanted = order._asdict()
    wanted["spot"] = list(order.spot) if order.spot is not None else None
    conditions = [follow.c[name].is_not_distinct_from(value) for name, value in wanted.items()]
    found: int | None = connection.execute(
        select(follow.c.id).where(*_of(owner), *conditions)
    ).scalar()
    return found


def _added(
    connection: Connection, owner: _Owner, order: Order, confirmed_at: datetime | None
) -> int:
    values = order._asdict() | owner._asdict() | {"confirmed_at": confirmed_at}
    values["spot"] = list(order.spot) if order.spot is not None else None
    added = insert(follow).values(values).returning(follow.c.id)
    return int(connection.execute(added).scalar_one())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


def grant(connection: Connection, follow_id: int) -> str:
    """A new token of 256 random bits, for one mail; the database keeps its hash alone."""
    token = secrets.token_urlsafe(32)
    connection.execute(insert(follow_token).values(hash=_hash(token), follow_id=follow_id))
    return token


def by_token(connection: Connection, token: str) -> Row[Any] | None:
    """The follow a token is for; None where it is unknown or what it was for is forgotten."""
    found: Row[Any] | None = connection.execute(
        select(follow)
        .join(follow_token, follow_token.c.follow_id == follow.c.id)
        .where(follow_token.c.hash == _hash(token))
    ).one_or_none()
    return found


def confirm(connection: Connection, follow_id: int, at: datetime) -> None:
    """From now on its follower is told; a second time changes nothing."""
    # What others were told of the same question before is no news of this one's.
    newest = select(func.coalesce(func.max(sighting.c.n), 0)).scalar_subquery()
    connection.execute(
        update(follow)
        .where(follow.c.id == follow_id, follow.c.confirmed_at.is_(None))
        .values(confirmed_at=at, told=newest)
    )


def stop(connection: Connection, follow_id: int) -> None:
    """Erase a follow with its news, its waiting mail and, if it was the last, its follower."""
    connection.execute(delete(follow).where(follow.c.id == follow_id))
    forget_unused(connection)


def lock_watches(connection: Connection) -> None:
    """Questions begin and end to be watched one transaction after the other."""
    connection.execute(text("SELECT pg_advisory_xact_lock(1887, 7)"))


def forget_unused(connection: Connection) -> None:
    """Erase addresses, browsers and watched questions that nothing is left for."""
    lock_watches(connection)
    connection.execute(
        delete(follower).where(~exists().where(follow.c.follower_id == follower.c.id))
    )
    connection.execute(
        delete(push_subscription).where(
            ~exists().where(follow.c.push_id == push_subscription.c.id),
            ~exists().where(participant_push.c.push_id == push_subscription.c.id),
        )
    )
    connection.execute(delete(watch).where(~exists().where(follow.c.watch_id == watch.c.id)))


def forget(connection: Connection, now: datetime) -> None:
    """Erase what is kept no longer: orders nobody confirmed, mail that was sent, old news."""
    unconfirmed = follow.c.confirmed_at.is_(None) & (follow.c.created_at < now - UNCONFIRMED_FOR)
    connection.execute(delete(follow).where(unconfirmed))
    forget_unused(connection)
    for table in (mail, push_message):
        done = func.coalesce(table.c.sent_at, table.c.failed_at)
        connection.execute(delete(table).where(done < now - SENT_FOR))
    connection.execute(delete(sighting).where(sighting.c.at < now - SIGHTINGS_FOR))
    connection.execute(delete(happening).where(happening.c.at < now - HAPPENINGS_FOR))
    connection.execute(delete(follow_token).where(follow_token.c.created_at < now - TOKEN_FOR))
    connection.execute(delete(news).where(news.c.found_at < now - NEWS_FOR))


def due(connection: Connection, city_id: int, today: date) -> Sequence[Row[Any]]:
    """The confirmed follows of a city not yet observed on this local day, equal ones together.

    Those of single complaints are not looked at nightly: `geo.watches` has them. Rows of `follow`
    and the follower's `address`, which is null for the city's own.
    """
    return connection.execute(
        select(follow, follower.c.address)
        .outerjoin(follower, follower.c.id == follow.c.follower_id)
        .where(
            follow.c.city_id == city_id,
            follow.c.kind != "complaints",
            follow.c.confirmed_at.is_not(None),
            follow.c.observed_on.is_(None) | (follow.c.observed_on < today),
        )
        .order_by(
            follow.c.kind, follow.c.question, follow.c.resolution, follow.c.set_code, follow.c.id
        )
    ).all()


def observed(connection: Connection, follow_id: int, today: date, state: dict[str, Any]) -> bool:
    """Mark a follow as observed; False where another worker was faster or it was stopped."""
    done = connection.execute(
        update(follow)
        .where(
            follow.c.id == follow_id,
            follow.c.observed_on.is_(None) | (follow.c.observed_on < today),
        )
        .values(observed_on=today, state=state)
    )
    return done.rowcount == 1


def ensure_standing(connection: Connection, now: datetime) -> int:
    """The follows the city has by itself, whose news is the public feed; returns how many are new.

    For each city all complaints, and those of each domain: hot spots, and unusual groups of areas.
    """
    # Two workers starting at once: the second finds nothing left to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(1887, 4)"))
    cities = connection.execute(select(city.c.id, city.c.code).order_by(city.c.id)).all()
    domains = connection.execute(select(domain.c.code).where(domain.c.enabled)).scalars().all()
    added = 0
    for place in cities:
        set_code = _set_in_force(connection, place.id)
        for code in (None, *domains):
            asked = {"city": place.code} | ({"domain": code} if code else {})
            wanted = [Order("hotspot", place.id, urlencode(asked), "vi", "daily", resolution=8)]
            if set_code is not None:
                wanted.append(
                    Order("scan", place.id, urlencode(asked), "vi", "daily", set_code=set_code)
                )
            for order in wanted:
                if _same(connection, PUBLIC, order) is None:
                    _added(connection, PUBLIC, order, now)
                    added += 1
    return added


def _set_in_force(connection: Connection, city_id: int) -> str | None:
    """The newest set of a city that holds and that a scan can go through."""
    found: str | None = connection.execute(
        select(area_set.c.code)
        .join(area, area.c.set_id == area_set.c.id)
        .where(area_set.c.city_id == city_id, area_set.c.ready, area_set.c.until.is_(None))
        .group_by(area_set.c.id)
        .having(func.count() <= MOST_AREAS)
        .order_by(area_set.c.since.desc().nulls_last(), func.count().desc())
        .limit(1)
    ).scalar()
    return found
