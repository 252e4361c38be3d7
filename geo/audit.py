"""The audit log: append-only entries, each chained to the one before by a hash."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.sql import bindparam

_APPEND = text("SELECT audit_append(:actor, :act, :subject, :details)").bindparams(
    bindparam("details", type_=JSONB)
)


def append(
    connection: Connection, act: str, subject: str, *, actor: str = "system", **details: Any
) -> int:
    """Write an entry in the caller's transaction; returns its number.

    It is the asker's (see `geo.asking`) where a session is shown, else `actor`'s: a command's, or
    the name somebody gave who could not sign in. `details` hold no personal data.
    """
    given = {"actor": actor, "act": act, "subject": subject, "details": details}
    return int(connection.execute(_APPEND, given).scalar_one())


class Verified(NamedTuple):
    """What a walk along the chain found."""

    n: int
    head: str
    """Of the last entry, in hex: whoever keeps it elsewhere can tell that none was cut off."""
    broken: int | None
    """The first entry that is not what was written, or is missing."""
    why: str | None


# Each entry's hash is made again from what stands in it and the hash before it.
_WALK = text(
    """
    WITH walked AS (
      SELECT id, hash,
             lag(id, 1, 0::bigint) OVER (ORDER BY id) AS before_id,
             audit_hash(lag(hash, 1, sha256('phananh'::bytea)) OVER (ORDER BY id), id, at,
                        account_id, actor, act, subject, details) AS made
        FROM audit
    )
    SELECT id, CASE WHEN id <> before_id + 1 THEN 'gap' ELSE 'hash' END AS what, before_id
      FROM walked WHERE id <> before_id + 1 OR hash <> made
     ORDER BY id LIMIT 1
    """
)


class Noted(NamedTuple):
    """The head at some time, kept outside of the database."""

    id: int
    head: str
    said: str
    """Where and when it was noted, in words."""


def end(connection: Connection) -> Noted:
    """The last entry's number and hash."""
    row = connection.execute(text("SELECT id, encode(hash, 'hex') AS head FROM audit_end()")).one()
    return Noted(row.id, row.head, "now")


def verify(
    connection: Connection, head: str | None = None, noted: Sequence[Noted] = ()
) -> Verified:
    """Walk along the whole chain. `head`: one that was noted earlier, which must still be in it;
    `noted`: those of which the number is known too.
    """
    n = connection.execute(text("SELECT count(*) FROM audit")).scalar_one()
    last = connection.execute(
        text(
            "SELECT h.id, encode(h.hash, 'hex') AS head, a.id IS NOT NULL AS there,"
            " a.hash IS NOT DISTINCT FROM h.hash AS same"
            " FROM audit_end() h LEFT JOIN audit a ON a.id = h.id"
        )
    ).one()
    broken = connection.execute(_WALK).one_or_none()
    if broken is not None:
        if broken.what == "gap":
            why = f"entries are missing after {broken.before_id}"
            return Verified(n, last.head, broken.before_id + 1, why)
        return Verified(n, last.head, broken.id, "it is not what was written, or the one before it")
    if last.id and not (last.there and last.same):
        newest = connection.execute(text("SELECT coalesce(max(id), 0) FROM audit")).scalar_one()
        return Verified(n, last.head, newest + 1, "the end of the chain is cut off")
    if found := _other_than(connection, noted):
        why = f"it is not what was noted {found.said}: the chain was made anew or cut off"
        return Verified(n, last.head, found.id, why)
    if head is not None and head != last.head:
        known = connection.execute(
            text("SELECT EXISTS (SELECT FROM audit WHERE encode(hash, 'hex') = :head)"),
            {"head": head.strip().lower()},
        ).scalar_one()
        if not known:
            return Verified(
                n, last.head, last.id + 1,
                "the head that was noted is not in the chain: entries were cut off or replaced",
            )  # fmt: skip
    return Verified(n, last.head, None, None)


def _other_than(connection: Connection, noted: Sequence[Noted]) -> Noted | None:
    """The first of some heads that is not in the log."""
    asked = text("SELECT encode(hash, 'hex') FROM audit WHERE id = :id")
    for one in sorted(noted):
        if one.id and connection.execute(asked, {"id": one.id}).scalar() != one.head:
            return one
    return None
