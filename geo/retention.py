"""Erasing what is personal some time after a complaint was closed."""

from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, text

from geo.erasing import erase_complaint

# One transaction's worth: an interrupted round goes on where it was.
AT_ONCE: Final = 500


def erase_closed(connection: Connection, now: datetime, keep: timedelta) -> int:
    """Erase the personal part of some complaints closed longer than `keep` ago; how many.

    Call it until it is 0. A complaint that was opened again counts from its next closing. One
    whose time of closing is not known counts from its last change.
    """
    due = connection.execute(
        text(
            """
            SELECT c.id FROM complaint c
             WHERE c.status >= 4
               AND coalesce(c.closed_at, c.updated_at) < :before
               AND c.id IN (SELECT complaint_id FROM submission WHERE erased_at IS NULL
                             UNION
                            SELECT complaint_id FROM participant WHERE erased_at IS NULL)
             ORDER BY c.id
             LIMIT :most
               FOR UPDATE SKIP LOCKED
            """
        ),
        {"before": now - keep, "most": AT_ONCE},
    ).scalars()
    erased = list(due)
    for complaint_id in erased:
        erase_complaint(connection, complaint_id, now)
    return len(erased)
