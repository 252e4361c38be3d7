"""One complaint, by officials: what they see and do. Every change names the version it is of."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import Field

from api.auth import PRIVATE, Officer, OfficialDatabase, Viewer
from api.dependencies import OFFICIALS
from api.routes import pausing, wording
from api.routes.acting import Body, Code, Reason, Version, Words, done, shown
from api.routes.reading import geojson
from geo import asking, handling
from geo.looking import looked
from geo.work_facts import surroundings

router = APIRouter()
_work = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)


class Why(Body):
    reason: Reason


class Assignment(Body):
    account_id: int | None = Field(default=None, ge=1, lt=2**63, description="null: nobody")


class HandOver(Body):
    """Either an area, or a category of another domain."""

    area: str | None = Field(default=None, max_length=200, description="set:code")
    category: str | None = Field(default=None, max_length=100)
    reason: Reason


class Kind(Body):
    category: str = Field(max_length=100)
    reason: Reason


class Place(Body):
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    reason: Reason


class Merging(Body):
    into: str = Field(max_length=40, description="the code of the one it is the same as")
    reason: Reason


class Note(Body):
    text: Words
    key: str | None = Field(default=None, min_length=8, max_length=80)


Contact = Annotated[
    bool,
    Field(description="a phone number, an address or the like in the words is the office's own"),
]


class Answer(Body):
    text: Words
    close: bool = False
    photos: list[str] = Field(default_factory=list, max_length=5)
    template: str | None = Field(default=None, max_length=20, description="its code")
    fields: dict[str, Words] = Field(default_factory=dict, max_length=30)
    office_contact: Contact = False


class Refusal(Body):
    ground: str = Field(max_length=60, description="the code of a ground: see answer_rules")
    text: Words = ""
    office_contact: Contact = False


@_work.get("/{code}", response_class=Response)
def one(code: Code, db: OfficialDatabase, who: Viewer) -> Response:
    """All of a complaint but what is personal; the ETag is for the If-Match of changes."""
    return shown(db, code)


@_work.get("/{code}/around", response_class=Response)
def around(code: Code, db: OfficialDatabase, who: Viewer) -> Response:
    """What the history of its spot says (`spot`), and what is open near it (`near`)."""
    answer = geojson(surroundings(db, code, datetime.now(UTC)))
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


@_work.get("/{code}/personal", response_class=Response)
def personal(
    code: Code, reason: Annotated[str, Query(max_length=500)], db: OfficialDatabase, who: Officer
) -> Response:
    """What is personal of it; the look is written down with its reason."""
    number = handling.seen(db, code)
    asking.require(db, number, "personal")
    # Who handed it over looks on, but not at persons.
    asking.require(db, number, "act")
    found = looked(db, code, who.name, reason)
    answer = geojson(found._asdict() | {"people": [one._asdict() for one in found.people]})
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


def _move(act: str) -> None:
    def route(
        code: Code, body: Why, db: OfficialDatabase, who: Officer,
        version: Version = None,
    ) -> Response:  # fmt: skip
        at = datetime.now(UTC)
        return done(
            db, code, act, version,
            lambda held: handling.move(db, who, held, act, body.reason, at),
        )  # fmt: skip

    route.__doc__ = f"Move it: {act}. 412 where somebody changed it meanwhile, and what they did."
    _work.post(f"/{{code}}/{act}", response_class=Response, name=f"work_{act}")(route)


for _act in ("accept", "start", "reopen", "take-up", "unmerge"):
    _move(_act)


@_work.post("/{code}/assign", response_class=Response)
def assign(
    code: Code, body: Assignment, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Give it to an officer of its area and domain, or to nobody."""
    at = datetime.now(UTC)
    return done(
        db, code, "assign", version,
        lambda held: handling.assign(db, who, held, body.account_id, at),
    )  # fmt: skip


@_work.post("/{code}/hand-over", response_class=Response)
def hand_over(
    code: Code, body: HandOver, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Give it to another area, with a reason; 204 where the asker no longer sees it then."""
    return done(
        db, code, "hand-over", version,
        lambda held: handling.hand_over(db, who, held, body.area, body.reason, body.category),
    )  # fmt: skip


@_work.post("/{code}/recategorise", response_class=Response)
def recategorise(
    code: Code, body: Kind, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Another category; 204 where it is then of a domain that is not the asker's."""
    at = datetime.now(UTC)
    return done(
        db, code, "recategorise", version,
        lambda held: handling.recategorise(db, who, held, body.category, body.reason, at),
    )  # fmt: skip


@_work.post("/{code}/move", response_class=Response)
def move(
    code: Code, body: Place, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Another place; 204 where it is then handled by others."""
    at = datetime.now(UTC)
    return done(
        db, code, "move", version,
        lambda held: handling.place(db, who, held, body.lon, body.lat, body.reason, at),
    )  # fmt: skip


@_work.post("/{code}/merge", response_class=Response)
def merge(
    code: Code, body: Merging, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Call it a duplicate of another open complaint."""
    at = datetime.now(UTC)
    return done(
        db, code, "merge", version,
        lambda held: handling.merge(db, who, held, body.into, body.reason, at),
    )  # fmt: skip


@_work.post("/{code}/note", response_class=Response)
def note(code: Code, body: Note, db: OfficialDatabase, who: Officer) -> Response:
    """An internal note; the same `key` sent twice is kept once."""
    held = handling.hold(db, code, "note", None)
    handling.note(db, who, held, body.text, body.key)
    return shown(db, code)


@_work.post("/{code}/answer", response_class=Response)
def answer(
    code: Code, body: Answer, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Answer in public; `close` resolves it, which needs words that say what was done here."""
    at = datetime.now(UTC)
    return done(
        db, code, "answer", version,
        lambda held: handling.answer(
            db, who, held, body.text, at, close=body.close, photos=body.photos,
            template=body.template, fields=body.fields, office_contact=body.office_contact,
        ),
    )  # fmt: skip


@_work.post("/{code}/refuse", response_class=Response)
def refuse(
    code: Code, body: Refusal, db: OfficialDatabase, who: Officer,
    version: Version = None,
) -> Response:  # fmt: skip
    """Refuse it on a legal ground, which the public answer names."""
    at = datetime.now(UTC)
    return done(
        db, code, "refuse", version,
        lambda held: handling.refuse(
            db, who, held, body.ground, body.text, at, office_contact=body.office_contact
        ),
    )  # fmt: skip


router.include_router(_work)
router.include_router(pausing.router)
router.include_router(wording.router)
