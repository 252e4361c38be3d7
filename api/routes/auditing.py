"""The audit log, for admins."""

from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import select

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from api.routes.reading import geojson
from geo.schema import audit as entries

router = APIRouter(prefix="/api/v1/audit", tags=ADMINS)
Word = Annotated[str | None, Query(max_length=100, pattern=r"^[^\x00]*$")]


@router.get("", response_class=Response)
def log(
    db: OfficialDatabase,
    who: Admin,
    actor: Word = None,
    act: Annotated[str | None, Query(max_length=100, description="acts that begin so")] = None,
    subject: Word = None,
    before: Annotated[
        int | None, Query(ge=1, le=2**62, description="entries before this one")
    ] = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> Response:
    """Entries, the newest first: who did what, when, to what."""
    c = entries.c
    asked = select(c.id, c.at, c.actor, c.act, c.subject, c.details).order_by(c.id.desc())
    if actor:
        asked = asked.where(c.actor == actor.lower())
    if act:
        asked = asked.where(c.act.startswith(act, autoescape=True))
    if subject:
        asked = asked.where(c.subject == subject)
    if before is not None:
        asked = asked.where(c.id < before)
    rows = db.execute(asked.limit(limit)).all()
    following = rows[-1].id if len(rows) == limit else None
    told = ("id", "at", "actor", "act", "subject", "details")
    found = [{name: getattr(row, name) for name in told} for row in rows]
    answer = geojson({"entries": found, "next": following})
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer
