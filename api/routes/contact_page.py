"""The page of one person's mail about one complaint: its link is in every such mail."""

from datetime import UTC, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Row

from api import contact_letters
from api.contact_words import WORDS
from api.dependencies import EVERYONE, Database
from api.routes.follow_page import HEADERS, PAGES, STYLE, TEMPLATE, Lang, Token
from api.settings import Settings
from geo import contacts
from geo.follows import Language

router = APIRouter(prefix="/contact", tags=EVERYONE)


@router.get("/{token}", response_class=HTMLResponse, responses=PAGES)
def show(request: Request, db: Database, token: Token, lang: Lang = None) -> Response:
    """What the mail is about, with a button that confirms or stops it; opening changes nothing."""
    about = contacts.by_token(db, token)
    if about is None:
        return _page(request, lang or "vi", 404, message="page_unknown")
    message = "page_active" if about.confirmed_at else "page_waiting"
    return _page(request, lang or about.language, 200, message=message, about=about, token=token)


@router.get("/{token}/confirm", include_in_schema=False)
@router.get("/{token}/stop", include_in_schema=False)
def ask(token: Token, lang: Lang = None) -> Response:
    """The address that mail programs post to, opened by a person: the page that asks."""
    query = f"?lang={lang}" if lang else ""
    return RedirectResponse(f"/contact/{token}{query}", 303, HEADERS)


@router.post("/{token}/confirm", response_class=HTMLResponse, responses=PAGES)
def confirm(request: Request, db: Database, token: Token, lang: Lang = None) -> Response:
    """Begin: from now on news comes. A program that opens links in mail does not post."""
    about = contacts.by_token(db, token)
    if about is None:
        return _page(request, lang or "vi", 404, message="page_unknown")
    contacts.confirm(db, about.id, datetime.now(UTC))
    query = f"?lang={lang}" if lang else ""
    return RedirectResponse(f"/contact/{token}{query}", 303, HEADERS)


@router.post("/{token}/stop", response_class=HTMLResponse, responses={200: PAGES[200]})
def stop(request: Request, db: Database, token: Token, lang: Lang = None) -> Response:
    """Erase the address; also what mail programs post for one click (RFC 8058). Again: the same."""
    about = contacts.by_token(db, token)
    if about is not None:
        contacts.remove(db, about.id)
    shown: Language = lang or (about.language if about is not None else "vi")
    message = "page_stopped" if about is not None else "page_unknown"
    return _page(request, shown, 200, message=message)


def _page(
    request: Request,
    lang: Language,
    status: int,
    *,
    message: str,
    about: Row[Any] | None = None,
    token: str = "",
) -> Response:
    settings: Settings = request.app.state.settings
    words = WORDS[lang]
    base = settings.base_url if settings.public_url else ""
    page = TEMPLATE.render(
        lang=lang,
        other="en" if lang == "vi" else "vi",
        words=words,
        style=STYLE,
        message=words[message],
        confirmed=about is not None and about.confirmed_at is not None,
        facts=contact_letters.facts_of(about, lang) if about is not None else [],
        page=f"/contact/{token}" if token else "",
        more=(words["page_complaint"], f"{base}/c/{about.code}") if about is not None else None,
        base=base,
    )
    return HTMLResponse(page, status, HEADERS)
