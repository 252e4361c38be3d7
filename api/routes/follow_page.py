"""The page of one follow: its link is in every mail; whoever has it may confirm or stop."""

import base64
import hashlib
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection, Row

from api import letters
from api.dependencies import EVERYONE, Database
from api.letter_words import WORDS
from api.settings import Settings
from geo import follows, query_string
from geo.errors import PhananhError
from geo.follows import Language

router = APIRouter(prefix="/follow", tags=EVERYONE)
Token = Annotated[str, Path(max_length=200, description="as it is in a mail")]
Lang = Annotated[Literal["vi", "en"] | None, Query(description="Default: that of the order")]
PAGES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "A page that works without JavaScript"},
    404: {"content": {"text/html": {}}, "description": "Nothing is followed with this link"},
}
TEMPLATE: Final = letters.TEMPLATES.get_template("follow.html")
STYLE: Final = letters.TEMPLATES.get_template("follow.css.txt").render()
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
HEADERS: Final = {
    "Content-Security-Policy": f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    # The link opens what is followed: it is for nobody else.
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "X-Robots-Tag": "noindex, nofollow",
}


@router.get("/{token}", response_class=HTMLResponse, responses=PAGES)
def show(request: Request, db: Database, token: Token, lang: Lang = None) -> Response:
    """What is followed, with a button that confirms or stops it; opening it changes nothing."""
    follow = follows.by_token(db, token)
    if follow is None:
        return _page(request, lang or "vi", 404, message="page_unknown")
    shown: Language = lang or follow.language
    facts = _facts(request, db, follow, shown)
    message = "page_active" if follow.confirmed_at else "page_waiting"
    return _page(request, shown, 200, message=message, follow=follow, facts=facts, token=token)


@router.get("/{token}/confirm", include_in_schema=False)
@router.get("/{token}/stop", include_in_schema=False)
def ask(token: Token, lang: Lang = None) -> Response:
    """The address that mail programs post to, opened by a person: the page that asks."""
    query = f"?lang={lang}" if lang else ""
    return RedirectResponse(f"/follow/{token}{query}", 303, HEADERS)


@router.post("/{token}/confirm", response_class=HTMLResponse, responses=PAGES)
def confirm(request: Request, db: Database, token: Token, lang: Lang = None) -> Response:
    """Begin: from now on mail comes. A program that opens links in mail does not post."""
    follow = follows.by_token(db, token)
    if follow is None:
        return _page(request, lang or "vi", 404, message="page_unknown")
    follows.confirm(db, follow.id, datetime.now(UTC))
    query = f"?lang={lang}" if lang else ""
    return RedirectResponse(f"/follow/{token}{query}", 303, HEADERS)


@router.post("/{token}/stop", response_class=HTMLResponse, responses={200: PAGES[200]})
def stop(request: Request, db: Database, token: Token, lang: Lang = None) -> Response:
    """Stop and erase; also what mail programs post for one click (RFC 8058). Again: the same."""
    follow = follows.by_token(db, token)
    if follow is not None:
        follows.stop(db, follow.id)
    shown: Language = lang or (follow.language if follow is not None else "vi")
    return _page(request, shown, 200, message="page_stopped")


def _facts(
    request: Request, db: Connection, follow: Row[Any], lang: Language
) -> list[tuple[str, str]]:
    try:
        question = query_string.read(request.app.state.words.get(), follow.question)
        return letters.facts_of(follow, letters.about(db, question, follow.spot), lang)
    except PhananhError:
        # Its area or category is gone; it can be stopped all the same.
        return [(WORDS[lang]["what"], letters.subject_of(follow, lang))]


def _page(
    request: Request,
    lang: Language,
    status: int,
    *,
    message: str,
    follow: Row[Any] | None = None,
    facts: list[tuple[str, str]] | None = None,
    token: str = "",
) -> Response:
    settings: Settings = request.app.state.settings
    page = TEMPLATE.render(
        lang=lang,
        other="en" if lang == "vi" else "vi",
        words=WORDS[lang],
        style=STYLE,
        message=WORDS[lang][message],
        confirmed=follow is not None and follow.confirmed_at is not None,
        facts=facts or [],
        page=f"/follow/{token}" if token else "",
        more=None,
        base=settings.base_url if settings.public_url else "",
    )
    return HTMLResponse(page, status, HEADERS)
