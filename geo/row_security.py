"""What row-level security needs of the server to cost little.

Under a policy only an operator marked as leak-proof may use an index before the policy is asked.
The marks are not in a backup (`pg_dump` leaves the catalogue of PostgreSQL itself out), so they
are looked after at each start, by a superuser.
"""

from typing import Final

from sqlalchemy import Connection, text

LEAKPROOF: Final = (
    "int8shr(bigint, integer)",
    "int8and(bigint, bigint)",
    "ts_match_vq(tsvector, tsquery)",
    "words(text, text)",
)
"""They tell nothing of their operands: they raise no errors that quote them, and print nothing."""


PROTECTED: Final = (
    "complaint", "complaint_area", "answer", "submission", "participant", "photo", "photo_origin",
    "look", "work", "work_event", "work_note", "work_question", "work_closing",
    "account", "account_session", "account_recovery", "audit",
)  # fmt: skip
"""Tables that must never be without their policies."""


def slow_functions(connection: Connection) -> list[str]:
    """Those of `LEAKPROOF` that are not marked."""
    found = connection.execute(
        text(
            "SELECT one FROM unnest(CAST(:names AS text[])) AS one"
            " JOIN pg_proc p ON p.oid = CAST(one AS regprocedure) WHERE NOT p.proleakproof"
            " ORDER BY one"
        ),
        {"names": list(LEAKPROOF)},
    )
    return [str(one) for one in found.scalars()]


def ensure_quick(connection: Connection) -> list[str]:
    """Mark what is not marked, where this role is a superuser; returns what is still missing."""
    missing = slow_functions(connection)
    if not missing:
        return []
    may = connection.execute(
        text("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")
    ).scalar_one()
    if not may:
        return missing
    for one in missing:
        connection.execute(text(f"ALTER FUNCTION {one} LEAKPROOF"))
    return []


def bypassed(connection: Connection) -> str | None:
    """Why row-level security does not bind who is connected; None where it does."""
    row = connection.execute(
        text(
            """
            SELECT r.rolsuper, r.rolbypassrls,
                   EXISTS (SELECT FROM pg_class c
                            WHERE c.relname = 'complaint' AND c.relowner = r.oid) AS owns
              FROM pg_roles r WHERE r.rolname = current_user
            """
        )
    ).one()
    if row.rolsuper:
        return "it is a superuser"
    if row.rolbypassrls:
        return "it has BYPASSRLS"
    return "it owns the tables" if row.owns else None
