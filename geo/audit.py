"""The audit log: append-only entries, each chained to the one before by a hash."""

from typing import Any

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
