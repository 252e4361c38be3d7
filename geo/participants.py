"""Who takes part in a complaint: its reporter and its supporters, known by a private link alone.

The token of a link is all that shows who somebody is; the database keeps its SHA-256.
"""

import base64
import hashlib
import hmac
import secrets
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, select, text

from geo.errors import UnknownLinkError
from geo.schema import event, participant

_SHOWN: Final = text(
    "SELECT set_config('phananh.link', :token, true),"
    " set_config('plan_cache_mode', 'force_generic_plan', true)"
)


def hashed(token: str) -> bytes:
    """What is stored of a token of random bits: its SHA-256, 32 bytes."""
    return hashlib.sha256(token.encode()).digest()


def new_link() -> str:
    """The token of a private link: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)


def reporter_link(secret: bytes, complaint_id: UUID) -> str:
    """The token of a reporter's private link, 43 characters.

    Made from the instance's secret (HMAC-SHA-256, RFC 2104), so that a report sent twice gets the
    same one again without its being stored. A new secret leaves the links that were given valid.
    """
    return _derived(secret, b"link:" + complaint_id.bytes)


def supporter_link(secret: bytes, complaint_id: UUID, device: bytes) -> str:
    """The token of a supporter's private link; `device` is what is stored of the device's token.

    Made like the reporter's: the same device that asks twice gets the same one.
    """
    return _derived(secret, b"support:" + complaint_id.bytes + device)


def contact_token(secret: bytes, participant_id: int, address: str) -> str:
    """The token in all mail to one address about one complaint: it confirms and it stops.

    Opens nothing else. Another address of the same person has another one.
    """
    return _derived(secret, f"contact:{participant_id}:{address}".encode())


def _derived(secret: bytes, purpose: bytes) -> str:
    code = hmac.new(secret, purpose, hashlib.sha256).digest()
    return base64.urlsafe_b64encode(code).rstrip(b"=").decode()


def plain(token: str) -> str:
    """A token as the database can be shown it; empty for what no token is: some text is none."""
    return token if token.isascii() and token.isprintable() else ""


def show(connection: Connection, token: str) -> None:
    """Show a private link to the database, which opens what is its holder's until the end of the
    transaction (row-level security). All that is asked of one complaint may keep its plan."""
    connection.execute(_SHOWN, {"token": plain(token)})


def by_link(connection: Connection, token: str) -> Row[Any] | None:
    """The row of `participant` that a private link is for, or None."""
    show(connection, token)
    found: Row[Any] | None = connection.execute(
        select(participant).where(participant.c.link == hashed(token))
    ).one_or_none()
    return found


def holder(connection: Connection, token: str) -> Row[Any]:
    """The row of `participant` that a private link is for; raises `UnknownLinkError`."""
    found = by_link(connection, token)
    if found is None:
        raise UnknownLinkError(
            "this private link is not known: check that it was copied as a whole"
            " / liên kết riêng này không đúng: hãy kiểm tra đã sao chép đủ chưa"
        )
    return found


def reporter_left(connection: Connection, complaint_id: UUID) -> bool:
    """Whether the reporter withdrew, but others support the complaint, which goes on for them."""
    found = select(event.c.id).where(event.c.complaint_id == complaint_id, event.c.kind == "left")
    return connection.execute(found).first() is not None
