"""Many complaints changed at once: shown before, done, and undone for ten minutes."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from api.auth import PRIVATE, Officer, OfficialDatabase, session_token, shown
from api.dependencies import OFFICIALS
from api.download import Turn
from api.routes.handling import Answer, Assignment, HandOver, Kind, Note, Why
from api.routes.queueing import asked_in
from api.routes.reading import geojson
from geo import bulk_undo, bulk_work, work_queue
from geo.bulk_work import Left, Order
from geo.errors import BadFilterError

router = APIRouter(prefix="/api/v1/work/bulk", tags=OFFICIALS)
Act = Literal["assign", "accept", "start", "hand-over", "recategorise", "note", "answer"]
_BODIES: Final[dict[str, type[BaseModel]]] = {
    "assign": Assignment, "accept": Why, "start": Why, "hand-over": HandOver,
    "recategorise": Kind, "note": Note, "answer": Answer,
}  # fmt: skip
# Each holds a second connection while others work.
_turn: Final = Turn("another act on many complaints")
Code = Annotated[str, Field(max_length=40, pattern=r"^[^\x00]*$")]


class Wish(BaseModel):
    """Either `codes` or `query`: the filter of the list, as its address has it."""

    model_config = ConfigDict(extra="forbid")

    # More than are taken are told how many are; the longest list is what a body may hold.
    codes: list[Code] | None = Field(default=None, max_length=100_000)
    query: str | None = Field(default=None, max_length=20_000)
    act: Act
    body: dict[str, Any] = Field(default_factory=dict)


class Token(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: str = Field(max_length=200, pattern=r"^[^\x00]*$")


def _answer(content: Any) -> Response:
    answer = geojson(content)
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


def _begin(request: Request) -> bulk_work.Begin:
    token = session_token(request)
    return lambda: shown(request, token)


def _left(left: list[Left]) -> list[dict[str, str]]:
    return [one._asdict() for one in left]


def _order(wish: Wish) -> Order:
    """Raises as a single act's body does."""
    try:
        body = _BODIES[wish.act].model_validate(wish.body).model_dump()
    except ValidationError as fault:
        found = [{**one, "loc": ("body", "body", *one["loc"])} for one in fault.errors()]
        raise RequestValidationError(found) from None
    if body.pop("photos", None):
        raise BadFilterError(
            "photos", "a photo belongs to one answer / mỗi ảnh chỉ thuộc về một câu trả lời"
        )
    return Order(wish.act, body)


@router.post("/preview", response_class=Response)
def preview(request: Request, wish: Wish, db: OfficialDatabase, who: Officer) -> Response:
    """What would be done and what not, and why; nothing is. The token is good for 15 minutes."""
    order = _order(wish)
    if (wish.codes is None) == (wish.query is None):
        raise BadFilterError("codes", "say either codes or a query, not both")
    codes = wish.codes
    if codes is None:
        asked = asked_in(request, who, wish.query or "")
        if (n := db.execute(work_queue.total(asked)).scalar_one()) > bulk_work.MOST:
            raise bulk_work.too_many(n)
        codes = [row.code for row in db.execute(work_queue.points(asked, bulk_work.MOST))]
    found = bulk_work.preview(db, who, order, codes, datetime.now(UTC))
    will = bulk_work.told(db, found.will)
    return _answer({"token": found.token, "will": will, "not": _left(found.left)})


@router.post("", response_class=Response)
def perform(request: Request, given: Token, who: Officer) -> Response:
    """Do what a preview showed, once; what somebody changed since then is `failed`."""
    with _turn.taken():
        report = bulk_work.perform(_begin(request), who, given.token, datetime.now(UTC))
    return _answer(
        {
            "id": report.id,
            "done": report.done,
            "failed": _left(report.left),
            "undo_until": report.undo_until,
        }
    )


@router.post("/{number}/undo", response_class=Response)
def undo(
    request: Request, number: Annotated[int, Path(ge=1, le=2**63 - 1)], who: Officer
) -> Response:
    """Bring back what was before; what somebody changed since, and what is public, stays."""
    with _turn.taken():
        report = bulk_undo.undo(_begin(request), who, number, datetime.now(UTC))
    return _answer({"done": report.done, "failed": _left(report.left)})


@router.get("", response_class=Response)
def recent(db: OfficialDatabase, who: Officer) -> Response:
    """The asker's own of the last ten minutes."""
    found = bulk_undo.recent(db, datetime.now(UTC))
    return _answer({"items": [one._asdict() for one in found]})
