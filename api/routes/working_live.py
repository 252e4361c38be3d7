"""Routes: what others change, as it happens, and who has which complaint open."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Annotated, Any, Final, NamedTuple

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from api.auth import PRIVATE, OfficialDatabase, Viewer, session_token
from api.dependencies import OFFICIALS
from api.routes.reading import geojson
from api.work_live import Live, News, Stream
from geo import asking, handling, work_news

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)
Code = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]*$")]
HEARTBEAT_S: Final = 15.0
# What a stream is told is asked at most so often.
PAUSE_S: Final = 0.5
# Streams ask the database so many at a time: requests find connections whatever happens.
AT_ONCE: Final = 3
_making = threading.Lock()


class Told(NamedTuple):
    """What of the news is a session's to hear, as the database says."""

    codes: list[dict[str, Any]]
    present: list[dict[str, Any]]
    lasts: bool = True


def _live(request: Request) -> Live:
    state = request.app.state
    with _making:
        if not hasattr(state, "live"):
            state.live = Live(state.engine)
            state.live_at_once = CapacityLimiter(AT_ONCE)
    found: Live = state.live
    return found


def _told(engine: Engine, token: str, live: Live, stream: Stream, news: News, beat: bool) -> Told:
    if not (news.changed or news.present or beat):
        return Told([], [])
    with engine.begin() as connection:
        asking.show(connection, token)
        if beat:
            stream.sight = work_news.sight(connection)
            if stream.sight is None:
                return Told([], [], lasts=False)
        found = work_news.told(connection, news.changed | news.present)
    codes = [one for number, one in found.items() if number in news.changed]
    present = [
        {"code": one["code"], "who": live.who(number, stream.account_id)}
        for number, one in found.items()
        if number in news.present
    ]
    return Told(codes, present)


def _event(name: str, content: Any, at: str = "") -> bytes:
    known = f"id: {at}\n" if at else ""
    return f"event: {name}\n{known}data: ".encode() + orjson.dumps(content) + b"\n\n"


async def _events(
    engine: Engine, token: str, live: Live, stream: Stream, limiter: CapacityLimiter
) -> AsyncIterator[bytes]:
    # The page itself waits ever longer; the time is for programs. Who hears of nothing at once has
    # something between that holds answers back.
    yield b"retry: 3000\n\n" + _event("on", {})
    beaten, named = time.monotonic(), ""
    while not live.ending:
        with suppress(TimeoutError):
            left = HEARTBEAT_S - (time.monotonic() - beaten)
            await asyncio.wait_for(stream.woken.wait(), max(0.01, left))
        beat = time.monotonic() - beaten >= HEARTBEAT_S
        news = live.take(stream)
        lost = news.lost
        try:
            told = await to_thread.run_sync(
                _told, engine, token, live, stream, news, beat, limiter=limiter
            )
        except SQLAlchemyError:
            # Away for a moment: what was to be told is not known.
            told, lost = Told([], []), True
        if not told.lasts:
            return
        if lost:
            yield _event("lost", {}, news.at)
        if told.codes:
            yield _event("work", {"codes": told.codes}, news.at)
        for one in told.present:
            yield _event("presence", one)
        name = news.at.partition("-")[0]
        if beat or name != named:
            # At once, too, where what is heard has a name: who comes back needs it.
            yield _event("beat", {}, news.at)
        if beat:
            beaten = time.monotonic()
        named = name
        await asyncio.sleep(PAUSE_S)


class _Stream(StreamingResponse):
    """Gives its place back however it ends, also where its first byte was never asked for."""

    def __init__(self, live: Live, stream: Stream, events: AsyncIterator[bytes]) -> None:
        # Said to nginx: what it holds back comes too late.
        headers = {**PRIVATE, "X-Accel-Buffering": "no"}
        super().__init__(events, media_type="text/event-stream", headers=headers)
        self._live, self._stream = live, stream

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._live.leave(self._stream)


_At = Annotated[str, Query(max_length=40, description="the last id that came")]
_Last = Annotated[str, Header(alias="Last-Event-ID", max_length=40)]


@router.get(
    "/live",
    response_class=StreamingResponse,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
async def live(request: Request, who: Viewer, after: _At = "", last: _Last = "") -> Response:
    """Server-sent events: `work`, `presence`, and `lost` where something was missed."""
    token, found, state = session_token(request), _live(request), request.app.state
    stream = found.join(who.id, asyncio.get_running_loop(), after or last)
    return _Stream(found, stream, _events(state.engine, token, found, stream, state.live_at_once))


@router.get("/news", response_class=Response)
def news(
    db: OfficialDatabase,
    who: Viewer,
    after: Annotated[int | None, Query(ge=0, le=2**62, description="`until` of before")] = None,
) -> Response:
    """What officials did since: for who cannot have a stream, and asks again and again."""
    answer = geojson(work_news.since(db, after)._asdict())
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


@router.post("/{code}/here", status_code=204, response_class=Response)
def here(code: Code, request: Request, db: OfficialDatabase, who: Viewer) -> Response:
    """Say that one has it open; told to those who may see it, and forgotten after a minute."""
    complaint = handling.seen(db, code)
    keys = work_news.seen_by(db, [complaint]).get(complaint)
    # What was closed before anyone handled it here is no work, and in no list of it.
    if keys is not None:
        _live(request).here(complaint, keys, who.id, who.full_name)
    return Response(status_code=204, headers=PRIVATE)


@router.delete("/{code}/here", status_code=204, response_class=Response)
def away(code: Code, request: Request, db: OfficialDatabase, who: Viewer) -> Response:
    """Say that one closed it."""
    _live(request).away(handling.seen(db, code), who.id)
    return Response(status_code=204, headers=PRIVATE)
