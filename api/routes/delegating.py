"""Giving a role of one's own to a colleague for a time, and ending it."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from api.auth import PRIVATE, Official, OfficialDatabase
from api.dependencies import OFFICIALS
from api.sessions import answer_of
from geo import delegations

router = APIRouter(prefix="/api/v1/account/delegations", tags=OFFICIALS)
MOST_ID = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=MOST_ID)]


class Delegation(BaseModel):
    model_config = ConfigDict(extra="forbid")

    role_id: int = Field(ge=1, le=MOST_ID)
    to: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")
    """The name a colleague signs in with."""
    until: AwareDatetime
    reason: str = Field(min_length=3, max_length=300, pattern=r"^[^\x00]*$")


@router.get("")
def shown(db: OfficialDatabase, who: Official) -> Response:
    """One's own roles, what one gave of them to others, and what one was given."""
    return answer_of(delegations.shown(db, who.id))


@router.post("", status_code=201)
def delegate(body: Delegation, db: OfficialDatabase, who: Official) -> Response:
    """Give a role of one's own to a colleague as well, for at most 90 days."""
    number = delegations.delegate(
        db, body.role_id, body.to, body.until, body.reason.strip(), datetime.now(UTC)
    )
    return answer_of({"id": number}, 201)


@router.delete("/{number}", status_code=204)
def end(number: Number, db: OfficialDatabase, who: Official) -> Response:
    """End it, as who gave it or as who has it."""
    delegations.end(db, number)
    return Response(status_code=204, headers=PRIVATE)
