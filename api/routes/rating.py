"""Judging an answer; who has the private link of the complaint may."""

from datetime import UTC, datetime
from typing import Literal

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from api.dependencies import HOLDER, Database, Link
from api.guard import guarded
from geo import participants, rating

router = APIRouter(prefix="/api/v1/mine", tags=HOLDER, dependencies=[guarded("mine")])


class Judgement(BaseModel):
    """What the reporter or a supporter thinks of the answer."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    verdict: Literal["satisfied", "accepted", "dissatisfied"]
    reason: str | None = Field(
        default=None,
        max_length=rating.LONGEST_REASON,
        pattern=r"^[^\x00]*$",
        description="read by officials alone; needed for dissatisfied",
    )


class Judged(BaseModel):
    verdict: Literal["satisfied", "accepted", "dissatisfied"]
    reopened: bool = Field(description="whether this brought the complaint back")


@router.post("/rating", status_code=201, response_model=Judged)
def rate(body: Judgement, db: Database, link: Link, response: Response) -> Judged:
    """Judge the answer of a resolved or rejected complaint: one judgement for each closing.

    "dissatisfied" within 7 days of the closing reopens it, once for a complaint. It can be changed
    for 7 days. 409 where there is no answer, or no change any more.
    """
    who = participants.holder(db, link)
    found = rating.rate(db, who, body.verdict, body.reason, datetime.now(UTC))
    response.headers["Cache-Control"] = "no-store"
    return Judged(verdict=found.verdict, reopened=found.reopened)
