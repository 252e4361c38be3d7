"""What the private link opens: one's own report or support, and what can be done with it.

The token comes in `Authorization: Bearer`, never in an address.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Self, cast

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from api import contacting
from api.dependencies import HOLDER, Database, Link
from api.guard import guarded
from api.routes.reading import GeoJSON, feature, geojson
from api.routes.reporting import Address, Category, Email, Words, says_something
from geo import (
    ask_reporter,
    contacts,
    correcting,
    erasing,
    participants,
    participation,
    reporting,
    spam,
)
from geo.complaint import Status
from geo.correcting import Changed
from geo.errors import NotEditableError
from geo.participation import Opened

router = APIRouter(prefix="/api/v1/mine", tags=HOLDER, dependencies=[guarded("mine")])
# An answer is for its holder alone and of the moment.
PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}


class Correction(BaseModel):
    """What is to be another way; what is left out stays."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    lon: float = Field(default=0, ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(default=0, ge=-90, le=90, allow_inf_nan=False)
    category: Category = ""
    text: Words = ""
    address: Address | None = None
    answers: dict[str, Any] = Field(default_factory=dict, max_length=30)
    photos: list[str] = Field(
        default_factory=list,
        max_length=reporting.MOST_PHOTOS,
        description="all of them: tokens of new uploads, ids of those that stay",
    )

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        return says_something(text)

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("say what is to be another way / hãy cho biết cần sửa gì")
        if ("lon" in self.model_fields_set) != ("lat" in self.model_fields_set):
            raise ValueError("a place is lon and lat / vị trí gồm cả lon và lat")
        return self


class Reply(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    question: int = Field(ge=1, lt=2**63, description="its id, as `asked` has it")
    text: str = Field(max_length=ask_reporter.LONGEST_REPLY, pattern=r"^[^\x00]*$")


class Contact(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)
    email: Email


class Reachable(BaseModel):
    """Whether news is mailed; of the address only a hint."""

    state: str = Field(description="none, unconfirmed or confirmed")
    address: str | None


class ContactState(BaseModel):
    contact: Reachable


def _shown(through: Opened, at: datetime) -> Response:
    """The complaint as the holder of a link sees it."""
    whole = feature(through.facts)
    person, own, facts = through.person, through.own, through.facts
    properties: dict[str, Any] = {
        "role": person.role,
        "supporters": own.supporters,
        "contact": contacting.state_of(person),
        "erased": person.erased_at is not None,
        "rating": own.rating,
        "may": participation.may(through, at),
    }
    if through.is_own:
        # As it was written and where it was pinned, also where others see less of it.
        whole["geometry"]["coordinates"] = [facts.lon, facts.lat]
        properties |= {
            "text": own.words or facts.text,
            "address": own.private_address or facts.address,
            "public": {key: whole["properties"][key] for key in ("text", "address")},
            # Of what was withdrawn others see nothing at all.
            "masked": facts.text != "" and (own.words or own.private_address) is not None,
            "editable_until": own.editable_until,
            "answers": own.answers,
            "urgent": own.urgent,
            "photos": own.photos,
            "asked": participation.asked(through),
            "replies": [
                one | {"status": Status(one["status"]).code if one["status"] else None}
                for one in own.replies
            ],
        }
    whole["properties"] |= properties
    answer = geojson(whole)
    answer.headers.update(PRIVATE | {"ETag": f'"{own.version}"'})
    return answer


def _versions(if_match: str | None) -> Sequence[str] | None:
    """The versions of an If-Match header (RFC 9110, section 13.1.1); None: any will do."""
    if if_match is None or if_match.strip() == "*":
        return None
    # A weak tag never matches.
    return [tag.strip().strip('"') for tag in if_match.split(",") if tag.strip()[:1] == '"']


def _after(request: Request, link: str, changed: Changed) -> Response:
    # Others hear of it from the database; whoever changed it is not to wait for that.
    request.app.state.clock.changed(changed.cells)
    with request.app.state.engine.connect() as connection:
        person = participants.holder(connection, link)
        return _shown(participation.opened(connection, person), datetime.now(UTC))


@router.get("", response_class=GeoJSON)
def mine(db: Database, link: Link) -> Response:
    """The complaint with one's own words, and `may`: what can be done with it now.

    Whoever supports it sees what everyone sees. The ETag is for a correction's If-Match.
    """
    person = participants.holder(db, link)
    return _shown(participation.opened(db, person), datetime.now(UTC))


@router.patch("", response_class=GeoJSON)
def correct(
    request: Request,
    link: Link,
    body: Correction,
    if_match: Annotated[str | None, Header(max_length=400)] = None,
) -> Response:
    """Correct one's report, within 30 minutes and while nobody has begun to handle it.

    With If-Match, 412 where it was changed meanwhile.
    """
    if "text" in body.model_fields_set:
        # As of a new report: what is refused there is not to come in here.
        spam.check(body.text)
    given = cast(correcting.Correction, body.model_dump(exclude_unset=True))
    with request.app.state.engine.begin() as connection:
        changed = correcting.correct(
            connection,
            participants.holder(connection, link),
            given,
            datetime.now(UTC),
            _versions(if_match),
        )
    return _after(request, link, changed)


@router.post("/withdraw", response_class=GeoJSON)
def withdraw(request: Request, link: Link) -> Response:
    """Take one's report back for good; a second time changes nothing."""
    with request.app.state.engine.begin() as connection:
        person = participants.holder(connection, link)
        changed = correcting.withdraw(connection, person, datetime.now(UTC))
    return _after(request, link, changed)


@router.post("/reply", response_class=GeoJSON)
def reply(db: Database, link: Link, body: Reply) -> Response:
    """Answer what officials asked, once: they alone read it. Their clock goes on.

    409 once it is answered with other words, or the complaint is closed.
    """
    now = datetime.now(UTC)
    person = participants.holder(db, link)
    ask_reporter.reply(db, body.question, body.text, now)
    return _shown(participation.opened(db, person), now)


@router.put("/contact", status_code=202, response_model=ContactState)
def ask_for_news(request: Request, db: Database, link: Link, body: Contact) -> Response:
    """Name an address for news of the complaint; a letter asks its owner to confirm.

    429 after many letters for one client or one address.
    """
    address = contacting.normalised(body.email)
    person = participants.holder(db, link)
    if "contact" not in participation.may(participation.opened(db, person), datetime.now(UTC)):
        raise NotEditableError(
            "there will be no news of it: it was withdrawn, or its personal part erased"
            " / sẽ không có tin nữa: phản ánh đã rút hoặc phần cá nhân đã xóa"
        )
    contacting.ask(request, db, person.id, address, link)
    now = contacting.state_of(participants.holder(db, link))
    return JSONResponse({"contact": now}, 202, PRIVATE)


@router.delete("/contact", status_code=204)
def no_more_news(db: Database, link: Link) -> Response:
    """Erase one's address and the mail that waits for it; a second time changes nothing."""
    contacts.remove(db, participants.holder(db, link).id)
    return Response(status_code=204, headers=PRIVATE)


@router.post("/erase", response_class=GeoJSON)
def erase(db: Database, link: Link) -> Response:
    """Erase what is personal, for good; the public complaint stays, and so does this link."""
    now = datetime.now(UTC)
    erasing.erase_participant(db, participants.holder(db, link).id, now)
    person = participants.holder(db, link)
    return _shown(participation.opened(db, person), now)
