"""What others do with the work that is the asker's to see, soon after it happens."""

from typing import Annotated, Final

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from sqlalchemy import select, text

from api.auth import PRIVATE, OfficialDatabase, Viewer
from api.dependencies import OFFICIALS
from geo.schema import account, complaint, work, work_event

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)
# A stream that stays open would hold a session's right open too: each answer is short, asked for
# anew by the browser as server-sent events are, and checked by the database like any other.
EVERY_MS: Final = 8_000
# Who was away longer asks for everything anew.
MOST: Final = 2_000


@router.get("/live", response_class=Response)
def live(
    db: OfficialDatabase,
    who: Viewer,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="the last id that came")] = None,
) -> Response:
    """Server-sent events: `work` with codes and versions, or `lost` after a long absence."""
    last = int(db.execute(text("SELECT work_events_until()")).scalar_one())
    # The id comes with an event of its own: browsers keep none that came without.
    told = [f"retry: {EVERY_MS}\nid: {last}\ndata: {{}}\n"]
    if after is not None and last - after > MOST:
        told.append("event: lost\ndata: {}\n")
    elif after is not None and last > after:
        rows = db.execute(
            select(complaint.c.code, work.c.version, work_event.c.act, account.c.full_name)
            .join(work, work.c.complaint_id == work_event.c.complaint_id)
            .join(complaint, complaint.c.id == work_event.c.complaint_id)
            .outerjoin(account, account.c.id == work_event.c.account_id)
            .where(work_event.c.id > after, work_event.c.id <= last)
            .order_by(work_event.c.id)
        ).all()
        codes = [
            {"code": row.code, "version": row.version, "act": row.act, "who": row.full_name}
            for row in rows
        ]
        if codes:
            told.append(f"event: work\ndata: {orjson.dumps({'codes': codes}).decode()}\n")
    body = "\n".join(told) + "\n"
    return Response(body, media_type="text/event-stream", headers=PRIVATE)
