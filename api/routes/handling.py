"""One complaint, by officials: what they see and do. Every change names the version it is of."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth import PRIVATE, Officer, OfficialDatabase, Viewer
from api.dependencies import OFFICIALS
from api.routes.reading import geojson
from geo import asking, audit, handling
from geo.errors import BadFilterError, NotFoundError
from geo.handling import Held
from geo.looking import looked

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)
Code = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]*$")]
Version = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="the version it was read in")
]
Words = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str | None, Field(default=None, max_length=2_000, pattern=r"^[^\x00]*$")]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


class Why(_Body):
    reason: Reason


class Assignment(_Body):
    account_id: int | None = Field(default=None, ge=1, lt=2**63, description="null: nobody")


class HandOver(_Body):
    area: str = Field(max_length=200, description="set:code")
    reason: Reason


class Kind(_Body):
    category: str = Field(max_length=100)
    reason: Reason


class Place(_Body):
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    reason: Reason


class Merging(_Body):
    into: str = Field(max_length=40, description="the code of the one it is the same as")
    reason: Reason


class Note(_Body):
    text: Words
    key: str | None = Field(default=None, min_length=8, max_length=80)


class Answer(_Body):
    text: Words
    close: bool = False
    photos: list[str] = Field(default_factory=list, max_length=5)


class Refusal(_Body):
    ground: Words = Field(description="the law or rule that it is refused by")
    text: Words = ""


def _shown(db: Connection, code: str) -> Response:
    found = handling.facts(db, code, datetime.now(UTC))
    answer = geojson(found)
    answer.headers.update(
        {**PRIVATE, "Content-Type": "application/json", "ETag": f'"{found["version"]}"'}
    )
    return answer


def _version(given: str | None) -> int:
    """Raises `BadFilterError` where an act does not say which version it is of."""
    said = (given or "").strip().strip('"')
    if not said.isdecimal():
        raise BadFilterError(
            "If-Match", "say which version this is of: the ETag of the complaint as you read it"
        )
    return int(said)


def _done(
    request: Request, db: Connection, code: str, act: str, version: str | None,
    work: Callable[[Held], None],
) -> Response:  # fmt: skip
    held = handling.hold(db, code, act, _version(version))
    work(held)
    try:
        return _shown(db, code)
    except NotFoundError:
        # It went to others: that it is gone from here is the answer.
        return Response(status_code=204, headers=PRIVATE)


@router.get("/{code}", response_class=Response)
def one(code: Code, db: OfficialDatabase, who: Viewer) -> Response:
    """All of a complaint but what is personal; the ETag is for the If-Match of changes."""
    return _shown(db, code)


@router.get("/{code}/personal", response_class=Response)
def personal(
    code: Code, reason: Annotated[str, Query(max_length=500)], db: OfficialDatabase, who: Officer
) -> Response:
    """What is personal of it; the look is written down with its reason."""
    asking.require(db, handling.seen(db, code), "personal")
    found = looked(db, code, who.name, reason)
    audit.append(db, "look", found.code, reason=reason.strip())
    answer = geojson(found._asdict() | {"people": [one._asdict() for one in found.people]})
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


def _move(act: str) -> None:
    def route(
        code: Code, body: Why, request: Request, db: OfficialDatabase, who: Officer,
        version: Version = None,
    ) -> Response:  # fmt: skip
        at = datetime.now(UTC)
        return _done(
            request, db, code, act, version,
            lambda held: handling.move(db, who, held, act, body.reason, at),
        )  # fmt: skip

    route.__doc__ = f"Move it: {act}. 412 where somebody changed it meanwhile, and what they did."
    router.post(f"/{{code}}/{act}", response_class=Response, name=f"work_{act}")(route)


for _act in ("accept", "start", "reopen", "take-up", "unmerge"):
    _move(_act)


@router.post("/{code}/assign", response_class=Response)
def assign(
    code: Code, body: Assignment, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Give it to an officer of its area and domain, or to nobody."""
    at = datetime.now(UTC)
    return _done(
        request, db, code, "assign", version,
        lambda held: handling.assign(db, who, held, body.account_id, at),
    )  # fmt: skip


@router.post("/{code}/hand-over", response_class=Response)
def hand_over(
    code: Code, body: HandOver, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Give it to another area, with a reason; 204 where the asker no longer sees it then."""
    return _done(
        request, db, code, "hand-over", version,
        lambda held: handling.hand_over(db, who, held, body.area, body.reason),
    )  # fmt: skip


@router.post("/{code}/recategorise", response_class=Response)
def recategorise(
    code: Code, body: Kind, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Another category; 204 where it is then of a domain that is not the asker's."""
    at = datetime.now(UTC)
    return _done(
        request, db, code, "recategorise", version,
        lambda held: handling.recategorise(db, who, held, body.category, body.reason, at),
    )  # fmt: skip


@router.post("/{code}/move", response_class=Response)
def move(
    code: Code, body: Place, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Another place; 204 where it is then handled by others."""
    at = datetime.now(UTC)
    return _done(
        request, db, code, "move", version,
        lambda held: handling.place(db, who, held, body.lon, body.lat, body.reason, at),
    )  # fmt: skip


@router.post("/{code}/merge", response_class=Response)
def merge(
    code: Code, body: Merging, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Call it a duplicate of another open complaint."""
    at = datetime.now(UTC)
    return _done(
        request, db, code, "merge", version,
        lambda held: handling.merge(db, who, held, body.into, body.reason, at),
    )  # fmt: skip


@router.post("/{code}/note", response_class=Response)
def note(code: Code, body: Note, db: OfficialDatabase, who: Officer) -> Response:
    """An internal note; the same `key` sent twice is kept once."""
    held = handling.hold(db, code, "note", None)
    handling.note(db, who, held, body.text, body.key)
    return _shown(db, code)


@router.post("/{code}/answer", response_class=Response)
def answer(
    code: Code, body: Answer, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Answer in public; `close` resolves it, which needs words that say what was done here."""
    at = datetime.now(UTC)
    return _done(
        request, db, code, "answer", version,
        lambda held: handling.answer(
            db, who, held, body.text, at, close=body.close, photos=body.photos
        ),
    )  # fmt: skip


@router.post("/{code}/refuse", response_class=Response)
def refuse(
    code: Code, body: Refusal, request: Request, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Refuse it on a legal ground, which the public answer names."""
    at = datetime.now(UTC)
    return _done(
        request, db, code, "refuse", version,
        lambda held: handling.refuse(db, who, held, body.ground, body.text, at),
    )  # fmt: skip
