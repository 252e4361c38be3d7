"""Me too: whoever has the same trouble supports a complaint; anyone may."""

from contextlib import suppress
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from api import contacting
from api.dependencies import EVERYONE, Database
from api.guard import guarded
from api.refusals import LimitedError
from api.routes.reporting import Challenge, Device, Email, Website, contact_of
from geo import supporting
from geo.complaint import clean_code

router = APIRouter(prefix="/api/v1", tags=EVERYONE)


class Support(BaseModel):
    """What a supporter sends; nothing of it is required."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    device: Device | None = None
    language: Literal["vi", "en"] = "vi"
    email: Email | None = None
    challenge: Challenge | None = None
    website: Website = ""


class Supported(BaseModel):
    """To the supporter alone."""

    link: str = Field(description="the token of the private link")
    supporters: int
    contact: Literal["unconfirmed", "confirmed"] | None


_AGAIN: dict[int | str, dict[str, Any]] = {
    200: {"model": Supported, "description": "This device supported it before: the same link"}
}


@router.post(
    "/complaints/{code}/support",
    status_code=201,
    response_model=Supported,
    responses=_AGAIN,
    dependencies=[guarded("support")],
)
def support(
    request: Request, db: Database, code: Annotated[str, Path(max_length=40)], body: Support
) -> Response:
    """Support an open complaint; the same device twice is one supporter.

    409 says why one cannot be supported. Who reported it is not told.
    """
    address = contacting.normalised(body.email) if body.email else None
    visit = request.app.state.guard.support(request, body, code=clean_code(code))
    secret = request.app.state.secret
    done = supporting.support(db, clean_code(code), body.device, body.language, secret)
    if address is not None:
        # A letter too many is no reason to refuse a supporter.
        with suppress(LimitedError):
            contacting.ask(request, db, done.participant_id, address, done.link)
    visit.taken(code, done.again)
    shown = {
        "link": done.link,
        "supporters": done.supporters,
        "contact": contact_of(db, done.link),
    }
    return JSONResponse(shown, 200 if done.again else 201, {"Cache-Control": "no-store"})
