"""What the worker does with drafts of boundary sets: reads them, and brings them into force."""

from datetime import datetime

import structlog
from sqlalchemy import Engine, text

from boundaries import activate, drafts
from geo.errors import ConflictError, PhananhError

log = structlog.get_logger()


def look(engine: Engine, now: datetime) -> int:
    """Do all that is due; returns how many drafts were worked on. One worker at a time."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        if not holder.execute(text("SELECT pg_try_advisory_lock(1887, 21)")).scalar_one():
            return 0
        try:
            with engine.connect() as connection:
                found = activate.due(connection, now)
            for draft_id, state in found:
                _work(engine, draft_id, state)
            moved = activate.turn(engine, now)
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(1887, 21)"))
    if moved:
        log.info("work_routed", n=moved)
    return len(found)


def _work(engine: Engine, draft_id: int, state: str) -> None:
    try:
        activate.work(engine, draft_id, state)
    except ConflictError as error:
        # A command is loading boundaries: it is done with the next look.
        log.info("boundaries_wait", draft=draft_id, error=type(error).__name__)
    except Exception as error:
        # Whatever it was, the others go on, and whoever asked for it is told.
        words = str(error) if isinstance(error, PhananhError) else type(error).__name__
        log.error("boundaries_failed", draft=draft_id, state=state, error=type(error).__name__)
        with engine.begin() as connection:
            after = "active" if state == "undoing" else "failed"
            drafts.state(connection, draft_id, after, problem=words[:2000])
