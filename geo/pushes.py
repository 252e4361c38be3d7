"""Browsers that asked for web push, and what waits to be pushed: as mail, sent once.

The address of a subscription (its endpoint) is as private as a mail address: who has it may push.
"""

import base64
import binascii
import ipaddress
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, delete, exists, select, update
from sqlalchemy.dialects.postgresql import insert

from geo import follows
from geo.errors import BadFilterError
from geo.follows import Language
from geo.outbox import LONGEST_WAIT, MOST_ATTEMPTS
from geo.schema import follow, participant_push, push_message, push_subscription

LONGEST_ENDPOINT: Final = 1000
# Of a point of P-256 that is not compressed, and of the secret (RFC 8291, section 3.2).
KEY_BYTES: Final = 65
AUTH_BYTES: Final = 16


class Subscription(NamedTuple):
    """A browser as its `PushSubscription` says it; one that exists is right in form."""

    endpoint: str
    p256dh: str
    auth: str

    @classmethod
    def of(cls, endpoint: str, p256dh: str, auth: str, *, private: bool = False) -> Self:
        """Raises `BadFilterError`. `private` allows http and addresses of no public network."""
        if reason := _refused(endpoint, private=private):
            raise BadFilterError("subscription.endpoint", reason)
        key = _bytes("subscription.keys.p256dh", p256dh)
        point = len(key) == KEY_BYTES and key[0] == 4
        if point and len(_bytes("subscription.keys.auth", auth)) != AUTH_BYTES:
            raise BadFilterError("subscription.keys.auth", "auth is a secret of 16 bytes")
        if not point or not _on_curve(key):
            raise BadFilterError(
                "subscription.keys.p256dh", "p256dh is a point of P-256, not compressed: 65 bytes"
            )
        return cls(endpoint, p256dh, auth)


# P-256 (FIPS 186-4, D.1.2.3): y^2 = x^3 - 3x + b modulo p.
_P: Final = 2**256 - 2**224 + 2**192 + 2**96 - 1
_B: Final = 0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B


def _on_curve(key: bytes) -> bool:
    """Whether 65 bytes are a point of the curve, not compressed."""
    x, y = int.from_bytes(key[1:33], "big"), int.from_bytes(key[33:], "big")
    return x < _P and y < _P and (y * y - (x * x * x - 3 * x + _B)) % _P == 0


def _refused(endpoint: str, *, private: bool) -> str | None:
    """Why the server will not send to an address: it must not be led into its own network."""
    try:
        parts = urlsplit(endpoint)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return "endpoint is no address of the web"
    if len(endpoint) > LONGEST_ENDPOINT or not endpoint.isascii() or not endpoint.isprintable():
        return f"endpoint is an address of at most {LONGEST_ENDPOINT} plain characters"
    if private:
        return None if parts.scheme in ("http", "https") and host else "endpoint is no address"
    if parts.scheme != "https" or parts.username or parts.password or port not in (None, 443):
        return "endpoint is an https address of a push service, on its usual port"
    labels = host.rstrip(".").split(".")
    odd = any(not 0 < len(label) <= 63 for label in labels) or len(host) > 253
    if odd or is_number(host) or "." not in host.strip(".") or host.rstrip(".").endswith(LOCAL):
        return "endpoint is at a public push service, by its name"
    return None


# Names that no public service has (RFC 6761, RFC 6762, RFC 8375).
LOCAL: Final = (".localhost", ".local", ".internal", ".home.arpa", ".test", ".invalid", ".onion")


def is_number(host: str) -> bool:
    """Whether a host is an IP address, in any of the ways programs read one."""
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        # 127.1, 0x7f.1 and 2130706433 are read as addresses by many a resolver.
        last = host.rstrip(".").rpartition(".")[2]
        return last.isdigit() or last.lower().startswith("0x")
    return True


def _bytes(field: str, text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise BadFilterError(field, f"{field.rpartition('.')[2]} is base64url") from None


def subscribed(connection: Connection, asked: Subscription, language: Language) -> int:
    """The id of a browser, taken up when it is new; its row is the caller's until the end."""
    values = asked._asdict() | {"language": language}
    added = insert(push_subscription).values(values)
    changed = added.on_conflict_do_update(
        index_elements=["endpoint"],
        set_={name: added.excluded[name] for name in ("p256dh", "auth", "language")},
    )
    return int(connection.execute(changed.returning(push_subscription.c.id)).scalar_one())


def follow_complaint(connection: Connection, push_id: int, participant_id: int) -> None:
    """From now on a browser is told how a complaint goes on; a second time changes nothing."""
    values = {"push_id": push_id, "participant_id": participant_id}
    connection.execute(insert(participant_push).values(values).on_conflict_do_nothing())


def stop(
    connection: Connection,
    endpoint: str,
    follow_id: int | None = None,
    participant_id: int | None = None,
) -> None:
    """Stop one thing a browser is told of, or without one all of it, and erase what was stored."""
    push_id = connection.execute(
        select(push_subscription.c.id).where(push_subscription.c.endpoint == endpoint)
    ).scalar()
    if push_id is None:
        return
    if follow_id is not None:
        own = (follow.c.id == follow_id) & (follow.c.push_id == push_id)
        connection.execute(delete(follow).where(own))
    elif participant_id is not None:
        connection.execute(
            delete(participant_push).where(
                participant_push.c.push_id == push_id,
                participant_push.c.participant_id == participant_id,
            )
        )
    else:
        gone(connection, push_id)
    follows.forget_unused(connection)


def renewed(connection: Connection, before: str, now: Subscription) -> None:
    """The same browser at another address; one that is not known changes nothing."""
    there = select(push_subscription.c.id).where(push_subscription.c.endpoint == now.endpoint)
    if before == now.endpoint or connection.execute(there).scalar() is None:
        connection.execute(
            update(push_subscription)
            .where(push_subscription.c.endpoint == before)
            .values(now._asdict())
        )


def gone(connection: Connection, push_id: int) -> None:
    """The browser's service does not know it any more: all it was told of ends."""
    connection.execute(delete(push_subscription).where(push_subscription.c.id == push_id))


class Message(NamedTuple):
    """A push before it waits."""

    key: str
    """What it tells: a second message with this key is not taken."""
    push_id: int
    follow_id: int | None
    payload: Mapping[str, Any]


def put(connection: Connection, message: Message) -> bool:
    """Take a message, pushed once the transaction is through; False where it was taken before."""
    added = (
        insert(push_message)
        .values(message._asdict())
        .on_conflict_do_nothing(index_elements=["key"])
    )
    return connection.execute(added.returning(push_message.c.id)).one_or_none() is not None


def waiting(connection: Connection, now: datetime) -> bool:
    """Whether something is to be pushed now."""
    unsent = exists().where(
        push_message.c.sent_at.is_(None),
        push_message.c.failed_at.is_(None),
        push_message.c.not_before <= now,
    )
    return bool(connection.execute(select(unsent)).scalar_one())


def claim(connection: Connection, now: datetime) -> Row[Any] | None:
    """The next message with its browser; no other worker sees it until the transaction ends."""
    found: Row[Any] | None = connection.execute(
        select(
            push_message,
            push_subscription.c.endpoint,
            push_subscription.c.p256dh,
            push_subscription.c.auth,
        )
        .join(push_subscription, push_subscription.c.id == push_message.c.push_id)
        .where(
            push_message.c.sent_at.is_(None),
            push_message.c.failed_at.is_(None),
            push_message.c.not_before <= now,
        )
        .order_by(push_message.c.not_before, push_message.c.id)
        .limit(1)
        .with_for_update(skip_locked=True, of=push_message)
    ).one_or_none()
    return found


def sent(connection: Connection, message: Row[Any], at: datetime) -> None:
    """Mark it; of what was in it nothing is kept but its key."""
    _mark(connection, message, {"payload": None, "sent_at": at})


def refused(
    connection: Connection,
    message: Row[Any],
    at: datetime,
    *,
    for_good: bool,
    wait: timedelta | None = None,
) -> bool:
    """Try again later, ever less often, or after `wait`; True where it is given up."""
    attempts = message.attempts + 1
    if for_good or attempts >= MOST_ATTEMPTS:
        _mark(connection, message, {"payload": None, "failed_at": at, "attempts": attempts})
        return True
    pause = min(max(timedelta(minutes=2**attempts), wait or timedelta()), LONGEST_WAIT)
    _mark(connection, message, {"attempts": attempts, "not_before": at + pause})
    return False


def _mark(connection: Connection, message: Row[Any], values: dict[str, Any]) -> None:
    connection.execute(update(push_message).where(push_message.c.id == message.id).values(values))
