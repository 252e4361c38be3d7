"""Routes: what others change, as it happens, and who has which complaint open."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Annotated, Any, Final
from uuid import UUID

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.auth import PRIVATE, OfficialDatabase, Viewer, session_token
from api.dependencies import OFFICIALS
from api.work_live import Live, News, Stream
from geo import asking, handling
from geo.database import sql
from geo.errors import NotSignedInError

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)
Code = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]*$")]
HEARTBEAT_S: Final = 15.0
# What a stream is told is asked at most so often.
PAUSE_S: Final = 0.5
# Streams ask the database so many at a time: requests find connections whatever happens.
AT_ONCE: Final = 3
Told = tuple[list[dict[str, Any]], list[dict[str, Any]]]


def _live(request: Request) -> Live:
    state = request.app.state
    if not hasattr(state, "live"):
        state.live = Live(state.engine)
        state.live_at_once = CapacityLimiter(AT_ONCE)
    found: Live = state.live
    return found


def _event(name: str, content: Any) -> str:
    return f"event: {name}\ndata: {json.dumps(content, ensure_ascii=False)}\n\n"


def _told(engine: Engine, token: str, live: Live, account_id: int, news: News) -> Told | None:
    """What of the news is this session's to hear, as the database says; None: it has ended."""
    with engine.begin() as connection:
        asking.show(connection, token)
        try:
            if not asking.asker(connection).may("inside"):
                return None
        except NotSignedInError:
            return None
        ids = list(news.changed | news.present)
        rows = connection.execute(sql("geo", "told"), {"ids": ids}).all() if ids else []
    codes = [
        {"code": row.code, "version": row.version, "act": row.act, "who": row.who}
        for row in rows
        if row.id in news.changed
    ]
    present = [
        {"code": row.code, "who": live.who(row.id, account_id)}
        for row in rows
        if row.id in news.present
    ]
    return codes, present


async def _events(
    engine: Engine, token: str, live: Live, stream: Stream, limiter: CapacityLimiter
) -> AsyncIterator[str]:
    try:
        # The page itself waits ever longer; this is for programs.
        yield "retry: 3000\n\n"
        while True:
            beat = False
            try:
                await asyncio.wait_for(stream.woken.wait(), HEARTBEAT_S)
            except TimeoutError:
                beat = True
            news = live.take(stream)
            try:
                told = await to_thread.run_sync(
                    _told, engine, token, live, stream.account_id, news, limiter=limiter
                )
            except SQLAlchemyError:
                # Away for a moment: what was to be told is not known.
                told, news = ([], []), News(frozenset(), frozenset(), True)
            if told is None:
                return
            codes, present = told
            if news.lost:
                yield _event("lost", {})
            if codes:
                yield _event("work", {"codes": codes})
            for one in present:
                yield _event("presence", one)
            if beat:
                yield ": still here\n\n"
            await asyncio.sleep(PAUSE_S)
    finally:
        live.leave(stream)


class _Stream(StreamingResponse):
    """Leaves also where its first byte was never asked for."""

    def __init__(self, live: Live, stream: Stream, events: AsyncIterator[str]) -> None:
        headers = {**PRIVATE, "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._live, self._stream = live, stream

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._live.leave(self._stream)


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def live(request: Request, who: Viewer) -> Response:
    """Server-sent events: `work`, `presence`, and `lost` where something was missed."""
    token, found = session_token(request), _live(request)
    stream = found.join(who.id, asyncio.get_running_loop())
    state = request.app.state
    return _Stream(found, stream, _events(state.engine, token, found, stream, state.live_at_once))


def _seen(db: OfficialDatabase, code: str) -> UUID:
    complaint = handling.seen(db, code)
    asking.require(db, complaint, "inside")
    return complaint


@router.post("/{code}/here", status_code=204, response_class=Response)
def here(code: Code, request: Request, db: OfficialDatabase, who: Viewer) -> Response:
    """Say that one has it open; told to those who may see it, and forgotten after a minute."""
    _live(request).here(_seen(db, code), who.id, who.full_name)
    return Response(status_code=204, headers=PRIVATE)


@router.delete("/{code}/here", status_code=204, response_class=Response)
def away(code: Code, request: Request, db: OfficialDatabase, who: Viewer) -> Response:
    """Say that one closed it."""
    _live(request).away(_seen(db, code), who.id)
    return Response(status_code=204, headers=PRIVATE)
