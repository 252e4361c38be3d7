"""A citizen reports an issue; anyone may."""

from contextlib import suppress
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator
from sqlalchemy import Connection

from api import contacting
from api.dependencies import EVERYONE
from api.guard import guarded
from api.refusals import LimitedError
from api.routes.reading import GeoJSON, feature, geojson
from geo import listing, participants, reporting

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
Device = Annotated[
    str,
    Field(
        min_length=22,
        max_length=64,
        pattern=r"^[A-Za-z0-9_-]+$",
        description="random, made and kept by the device",
    ),
]
Email = Annotated[str, Field(min_length=3, max_length=254, description="for news; confirmed first")]
Challenge = Annotated[str, Field(max_length=4000, description="solved, where one was asked for")]
Website = Annotated[str, Field(max_length=200, description="leave empty")]
Category = Annotated[str, Field(max_length=60, pattern=r"^[a-z0-9-]+$")]
Words = Annotated[str, Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")]
Address = Annotated[str, Field(max_length=300, pattern=r"^[^\x00]*$")]


def says_something(text: str) -> str:
    """The text; raises ValueError where no letter or digit is in it."""
    if not any(letter.isalnum() for letter in text):
        raise ValueError("write some words / hãy viết nội dung")
    return text


class Report(BaseModel):
    """What a citizen sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    category: Category
    text: Words
    address: Address | None = None
    answers: dict[str, Any] = Field(
        default_factory=dict, max_length=30, description="to the category's questions, by code"
    )
    urgent: bool = Field(default=False, description="kept where the category asks for it")
    photos: list[str] = Field(
        default_factory=list,
        max_length=reporting.MOST_PHOTOS,
        description="tokens of uploads, in the order in which they are shown",
    )
    language: Literal["vi", "en"] = "vi"
    device: Device | None = None
    email: Email | None = None
    challenge: Challenge | None = None
    website: Website = ""

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        return says_something(text)


# They are about the sending, not of the report: none of them is stored with it.
BESIDE: Final = {"photos", "email", "challenge", "website"}


@router.post(
    "/complaints", status_code=201, response_class=GeoJSON, dependencies=[guarded("reports")]
)
def report(
    request: Request,
    body: Report,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=200)] = None,
) -> Response:
    """Take a report; the same Idempotency-Key with the same body makes one complaint.

    The answer holds the token of the private link, which is shown to nobody else. With `email` a
    letter asks its owner to confirm; `contact` is null where too many were asked for, and the
    report is taken all the same.
    """
    address = contacting.normalised(body.email) if body.email else None
    visit = request.app.state.guard.report(request, body, idempotency_key)
    with request.app.state.engine.begin() as connection:
        said = reporting.Report(**body.model_dump(exclude=BESIDE), photos=tuple(body.photos))
        secret = request.app.state.secret
        taken = reporting.take(connection, said, datetime.now(UTC), idempotency_key, secret)
        if address is not None and not taken.again:
            _ask(request, connection, taken.link, address)
        row = listing.one(connection, taken.code)
        assert row is not None  # noqa: S101 - it was stored above
        stored = feature(row)
        # Of a new one without an address it is known.
        asked = address is not None or taken.again
        contact = contact_of(connection, taken.link) if asked else None
    visit.taken(taken.code, taken.again)
    # To the reporter alone: who has the link is the reporter.
    stored["properties"] |= {
        "link": taken.link,
        "editable_until": taken.editable_until,
        "masked": taken.masked,
        "contact": contact,
    }
    answer = geojson(stored)
    answer.headers["Cache-Control"] = "no-store"
    if not taken.again:
        # Others hear of it from the database; whoever reported is not to wait for that.
        request.app.state.clock.changed([taken.cell])
    answer.status_code = 201
    answer.headers["Location"] = f"/api/v1/complaints/{taken.code}"
    return answer


def _ask(request: Request, connection: Connection, link: str, address: str) -> None:
    # A letter too many is no reason to refuse a report.
    with suppress(LimitedError):
        person = participants.holder(connection, link)
        contacting.ask(request, connection, person.id, address, link)


def contact_of(connection: Connection, link: str) -> str | None:
    """Whether there is an address behind a link, and whether it is confirmed."""
    person = participants.by_link(connection, link)
    state = contacting.state_of(person)["state"] if person is not None else "none"
    return None if state == "none" else state
