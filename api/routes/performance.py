"""Routes: how the work goes, as officials may count it in their areas."""

from datetime import UTC, date, datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response
from pydantic import BaseModel, ConfigDict, Field

from api import files_of_figures
from api.auth import PRIVATE, OfficialDatabase
from api.dependencies import OFFICIALS
from api.download import as_file
from api.figures_of_work import Counter, Question, refuse_elsewhere, times_told, told
from api.routes.exploring import Plain
from api.weekly import monday_of, week
from geo import audit, performance, weekly
from geo.asking import Asker
from geo.errors import BadFilterError, NotFoundError
from geo.follows import Language
from tiles import printing
from tiles.weekly import document

router = APIRouter(prefix="/api/v1/performance", tags=OFFICIALS)


@router.get("", response_model=dict[str, Any])
def how_it_goes(
    db: OfficialDatabase,
    who: Counter,
    question: Question,
    compare: Annotated[bool, Query(description="with as many days before")] = False,
) -> Response:
    """Counts, times and shares of what is handled in the asker's areas, with 95 % intervals.

    Of complaints reported, and of closings, on the days asked for. `n` are counts by measure; those
    in `linked` are listed by `/api/v1/work?` with the row's `query` and `measure=<name>`.
    """
    return Plain(told(db, question, compare), headers=PRIVATE)


@router.get("/before-here", response_model=dict[str, Any])
def before_here(db: OfficialDatabase, who: Counter, question: Question) -> Response:
    """What was closed before anyone here handled it, as imports of another system: how many, and
    how long they took on the calendar. No other figure counts them."""
    return Plain(times_told(performance.before_here(db, question.asked.filter)), headers=PRIVATE)


@router.get("/figures.{form}", response_class=Response)
def as_sheet(form: str, db: OfficialDatabase, who: Counter, question: Question) -> Response:
    """The same as csv or xlsx: the whole first, then a line for each row. It is logged."""
    if form not in files_of_figures.MEDIA:
        known = ", ".join(files_of_figures.MEDIA)
        raise NotFoundError(f"no file of figures {form!r}; there are: {known}")
    found = told(db, question, compare=False)
    made = datetime.now(UTC)
    audit.append(
        db, "export", "performance", form=form, by=question.asked.by, since=str(question.since),
        until=str(question.until), rows=len(found["rows"]),
    )  # fmt: skip
    answer = as_file(
        f"phananh-work-{question.since}-{made:%Y%m%d-%H%M}.{form}",
        files_of_figures.MEDIA[form],
        lambda path: files_of_figures.write(form, found, path, made),
    )
    answer.headers.update(PRIVATE)
    return answer


Place = Annotated[
    str | None, Query(max_length=200, description="set:code; else all that is the asker's")
]
Until = Annotated[date | None, Query(description="the Monday after the week; else the last")]


def _page(
    request: Request, db: OfficialDatabase, who: Asker, area: str | None, until: date | None,
    lang: Language, *, paper: bool,
) -> tuple[str, date]:  # fmt: skip
    refuse_elsewhere(who, area)
    words, now = request.app.state.words.get(), datetime.now(UTC)
    monday = until or monday_of(now, words)
    figures = f"/office/figures?{urlencode({'area': area})}" if area else "/office/figures"
    of = week(db, words, area, monday, lang, now)
    return document(of, lang, None if paper else figures), monday


@router.get("/weekly", response_class=HTMLResponse)
def weekly_page(
    request: Request,
    db: OfficialDatabase,
    who: Counter,
    area: Place = None,
    until: Until = None,
    lang: Language = "vi",
) -> Response:
    """The week of an area as one page, to read or to print."""
    page, _monday = _page(request, db, who, area, until, lang, paper=False)
    return HTMLResponse(page, headers=PRIVATE)


@router.get("/weekly.pdf", response_class=Response)
def weekly_pdf(
    request: Request,
    db: OfficialDatabase,
    who: Counter,
    area: Place = None,
    until: Until = None,
    lang: Language = "vi",
) -> Response:
    """The same as PDF. It is logged."""
    page, monday = _page(request, db, who, area, until, lang, paper=True)
    audit.append(db, "export", "weekly page", area=area, until=str(monday))
    made = request.app.state.heavy.run(printing.pdf, page)
    name = f'attachment; filename="phananh-{monday}.pdf"'
    headers = {**PRIVATE, "Content-Disposition": name}
    return Response(made, media_type="application/pdf", headers=headers)


class WhichArea(BaseModel):
    """The area whose page is meant; null: all that is the asker's, together."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    area: Annotated[str | None, Field(max_length=200)] = None


def _subscriptions(db: OfficialDatabase) -> Response:
    found = [{"area": area} for area in weekly.subscriptions(db)]
    return Plain({"subscriptions": found}, headers=PRIVATE)


@router.get("/weekly/subscription", response_model=dict[str, Any])
def subscribed(db: OfficialDatabase, who: Counter) -> Response:
    """The areas whose weekly page the asker is sent each Monday."""
    return _subscriptions(db)


@router.put("/weekly/subscription", response_model=dict[str, Any])
def subscribe(request: Request, body: WhichArea, db: OfficialDatabase, who: Counter) -> Response:
    """Be sent the page each Monday, to the address of one's account."""
    if body.area is not None and body.area not in request.app.state.words.get().areas:
        raise BadFilterError("area", f"unknown area {body.area!r}; write <set>:<code>")
    refuse_elsewhere(who, body.area)
    if weekly.address_of(db) is None:
        raise BadFilterError(
            "email",
            "your account has no mail address: give one on the page Account first"
            " / tài khoản của bạn chưa có địa chỉ thư: hãy ghi ở trang Tài khoản trước",
        )
    weekly.subscribe(db, who.id, body.area)
    return _subscriptions(db)


@router.delete("/weekly/subscription", response_model=dict[str, Any])
def unsubscribe(body: WhichArea, db: OfficialDatabase, who: Counter) -> Response:
    """Be sent it no more."""
    weekly.unsubscribe(db, body.area)
    return _subscriptions(db)
