"""One complaint, by officials: asking the reporter, pauses, splitting, and a supervisor's check."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import Field, model_validator
from sqlalchemy import Connection

from api.auth import PRIVATE, Officer, OfficialDatabase, Viewer
from api.dependencies import OFFICIALS
from api.routes.acting import Body, Code, Reason, Version, Words, done
from geo import answer_check, ask_reporter, splitting
from geo.errors import NotFoundError
from geo.photos import of_work

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)


class Question(Body):
    question: Words


class Pause(Body):
    reason: str = Field(max_length=40, description="its code: see answer_rules.pauses")
    text: Reason


class Nothing(Body):
    pass


class Part(Body):
    """A matter of its own; without a place it is where the whole is."""

    text: Words
    category: str = Field(max_length=100)
    lon: float | None = Field(default=None, ge=-180, le=180, allow_inf_nan=False)
    lat: float | None = Field(default=None, ge=-90, le=90, allow_inf_nan=False)

    @model_validator(mode="after")
    def _has_both_or_none(self) -> "Part":
        if (self.lon is None) != (self.lat is None):
            raise ValueError("a place is lon and lat / vị trí gồm cả lon và lat")
        return self


class Splitting(Body):
    parts: list[Part] = Field(min_length=1, max_length=splitting.MOST_PARTS)


class Check(Body):
    passed: bool
    reason: Reason


@router.post("/{code}/ask", response_class=Response)
def ask(
    code: Code, body: Question, db: OfficialDatabase, who: Officer, version: Version = None
) -> Response:
    """Ask the reporter, who alone sees it; the clock stands still until the reply."""
    at = datetime.now(UTC)
    return done(
        db, code, "ask", version,
        lambda held: ask_reporter.ask(db, who, held, body.question, at),
    )  # fmt: skip


@router.post("/{code}/pause", response_class=Response)
def pause(
    code: Code, body: Pause, db: OfficialDatabase, who: Officer, version: Version = None
) -> Response:
    """Stop the clock for a reason that policies know."""
    at = datetime.now(UTC)
    return done(
        db, code, "pause", version,
        lambda held: ask_reporter.pause(db, who, held, body.reason, body.text, at),
    )  # fmt: skip


@router.post("/{code}/resume", response_class=Response)
def resume(
    code: Code, body: Nothing, db: OfficialDatabase, who: Officer, version: Version = None
) -> Response:
    """Let the clock go on."""
    at = datetime.now(UTC)
    return done(
        db, code, "resume", version, lambda held: ask_reporter.resume(db, who, held, at)
    )  # fmt: skip


@router.post("/{code}/split", response_class=Response)
def split(
    code: Code, body: Splitting, db: OfficialDatabase, who: Officer, version: Version = None
) -> Response:
    """Make a complaint of each part; what is split goes on, and names them in `split_into`."""
    at = datetime.now(UTC)
    parts = [splitting.Part(one.text, one.category, one.lon, one.lat) for one in body.parts]
    return done(
        db, code, "split", version, lambda held: splitting.split(db, who, held, parts, at)
    )  # fmt: skip


@router.post("/{code}/check", response_class=Response)
def check(
    code: Code, body: Check, db: OfficialDatabase, who: Officer, version: Version = None
) -> Response:
    """Let a closing through, or give it back with a reason; never one's own through."""
    at = datetime.now(UTC)
    return done(
        db, code, "check", version,
        lambda held: answer_check.judge(
            db, who, held, body.reason, at, passed=body.passed
        ),
    )  # fmt: skip


def _photo(request: Request, db: Connection, code: str, photo: UUID, *, small: bool) -> Response:
    if not of_work(db, code, photo):
        raise NotFoundError("no such photo / không có ảnh này")
    content = request.app.state.photos.get(photo, small=small)
    return Response(content, headers={**PRIVATE, "Content-Type": "image/jpeg"})


@router.get("/{code}/photos/{photo:uuid}-small.jpg", response_class=Response)
def small_photo(
    code: Code, photo: UUID, request: Request, db: OfficialDatabase, who: Viewer
) -> Response:
    """A photo of a complaint that is the asker's to see, 480 pixels a side at most."""
    return _photo(request, db, code, photo, small=True)


@router.get("/{code}/photos/{photo:uuid}.jpg", response_class=Response)
def large_photo(
    code: Code, photo: UUID, request: Request, db: OfficialDatabase, who: Viewer
) -> Response:
    """A photo of a complaint that is the asker's to see, also of a closing that waits."""
    return _photo(request, db, code, photo, small=False)
