"""A citizen reports an issue; anyone may."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Header, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from api.dependencies import EVERYONE
from api.routes.reading import GeoJSON, feature, geojson
from geo import listing, reporting

router = APIRouter(prefix="/api/v1", tags=EVERYONE)


class Report(BaseModel):
    """What a citizen sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    category: str = Field(max_length=60, pattern=r"^[a-z0-9-]+$")
    text: str = Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")
    address: str | None = Field(default=None, max_length=300, pattern=r"^[^\x00]*$")
    answers: dict[str, Any] = Field(default_factory=dict, max_length=30)
    urgent: bool = False
    photos: list[str] = Field(default_factory=list, max_length=reporting.MOST_PHOTOS)
    language: Literal["vi", "en"] = "vi"
    device: str | None = Field(default=None, min_length=22, max_length=64)

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not any(letter.isalnum() for letter in text):
            raise ValueError("write some words / hãy viết nội dung")
        return text


@router.post("/complaints", status_code=201, response_class=GeoJSON)
def report(
    request: Request,
    body: Report,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=200)] = None,
) -> Response:
    """Take a report; the same Idempotency-Key with the same body makes one complaint."""
    with request.app.state.engine.begin() as connection:
        said = reporting.Report(**body.model_dump(exclude={"photos"}), photos=tuple(body.photos))
        secret = request.app.state.secret
        taken = reporting.take(connection, said, datetime.now(UTC), idempotency_key, secret)
        stored = feature(connection.execute(listing.one(taken.code)).one())
    # To the reporter alone: who has the link is the reporter.
    stored["properties"] |= {
        "link": taken.link,
        "editable_until": taken.editable_until,
        "masked": taken.masked,
    }
    answer = geojson(stored)
    answer.headers["Cache-Control"] = "no-store"
    if not taken.again:
        # Others hear of it from the database; whoever reported is not to wait for that.
        request.app.state.clock.changed([taken.cell])
    answer.status_code = 201
    answer.headers["Location"] = f"/api/v1/complaints/{taken.code}"
    return answer
