"""What the routes of single acts share: which version a change is of, and what comes back."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Final

from fastapi import Header, Path
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.auth import PRIVATE
from api.routes.reading import geojson
from geo import handling
from geo.bulk_undo import undoable
from geo.errors import BadFilterError, NotFoundError
from geo.handling import Held

Code = Annotated[str, Path(max_length=40, pattern=r"^[^\x00]*$")]
Version = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="the version it was read in")
]
Words = Annotated[str, Field(max_length=10_000, pattern=r"^[^\x00]*$")]
Reason = Annotated[str | None, Field(default=None, max_length=2_000, pattern=r"^[^\x00]*$")]

# What takes an act back, where there is no answer to say it in.
UNDO: Final = "X-Phananh-Undo"


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)


def shown(db: Connection, code: str) -> Response:
    """A complaint as an official sees it now."""
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


def done(
    db: Connection, code: str, act: str, version: str | None, work: Callable[[Held], object]
) -> Response:
    """Do an act to what was read in a version, and show what it is then."""
    held = handling.hold(db, code, act, _version(version))
    with undoable(db, act, held.id) as number:
        work(held)
    try:
        return shown(db, code)
    except NotFoundError:
        # It went to others: that it is gone from here is the answer.
        return Response(status_code=204, headers=PRIVATE | {UNDO: str(number)})
