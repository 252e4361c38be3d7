"""The public page of one complaint, and the page of its reporter; everyone may open them."""

import hashlib
from typing import Annotated, Any, Final, Literal

import orjson
from fastapi import APIRouter, Path, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import select

from api import complaint_page
from api.complaint_page import Around, Kind
from api.dependencies import EVERYONE, Database
from api.page_words import WORDS
from api.problems import problem
from api.routes import reading
from geo.complaint import clean_code
from geo.errors import NotFoundError
from geo.follows import Language
from geo.landmarks import nearest
from geo.schema import category, domain

router = APIRouter(tags=EVERYONE)
Code = Annotated[str, Path(max_length=40, description="as it was given, however it is spaced")]
Lang = Annotated[Literal["vi", "en"], Query(description="of the page")]
PAGES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "A page that reads without JavaScript too"},
    304: {"description": "The page is the one you have"},
    308: {"description": "The code in the form in which it is printed"},
    404: {"content": {"text/html": {}}, "description": "A page: no complaint has this code"},
}
MINE: Final[dict[int | str, dict[str, Any]]] = {200: PAGES[200], 304: PAGES[304]}
# The token of a private link is in the fragment, which no request carries; nor does a referrer.
PRIVATE: Final = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow"}


def _around(request: Request, db: Database, feature: dict[str, Any]) -> Around:
    p = feature["properties"]
    row = db.execute(
        select(
            category.c.name_vi,
            category.c.name_en,
            domain.c.name_vi.label("domain_vi"),
            domain.c.name_en.label("domain_en"),
            domain.c.colour,
        )
        .join_from(category, domain)
        .where(category.c.code == p["category"])
    ).one()
    city = request.app.state.words.get().cities[p["city"]]
    lon, lat = feature["geometry"]["coordinates"]
    near = [] if p.get("sensitive") else nearest(db, city, lon, lat)
    return Around(Kind(*row), city.zone, near)


def _answer(
    request: Request, parts: complaint_page.Filled, lang: Language, status: int
) -> Response:
    shell = complaint_page.built()
    if shell is None:
        return problem(503, "Not built", "the web app is missing: npm --prefix web run build")
    page = complaint_page.page(shell, parts, lang).encode()
    # Weak: the page is compressed on its way.
    etag = f'W/"{hashlib.blake2b(page, digest_size=16).hexdigest()}"'
    headers = {"Cache-Control": "no-cache", "ETag": etag}
    if status == 200 and etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return HTMLResponse(page, status, headers)


@router.get("/c/{code}", response_class=HTMLResponse, responses=PAGES)
def complaint(request: Request, db: Database, code: Code, lang: Lang = "vi") -> Response:
    """The page of one complaint, with what the API says of it to everyone."""
    clean = clean_code(code)
    try:
        feature = orjson.loads(reading.complaint(clean, db).body)
    except NotFoundError:
        words = WORDS[lang]
        parts = complaint_page.saying(words["unknown_title"], words["unknown"], lang)
        return _answer(request, parts, lang, 404)
    if clean != code:
        query = "?lang=en" if lang == "en" else ""
        return RedirectResponse(f"/c/{clean}{query}", 308)
    base = request.app.state.settings.base_url
    parts = complaint_page.filled(feature, _around(request, db, feature), lang, base)
    return _answer(request, parts, lang, 200)


@router.get("/mine", response_class=HTMLResponse, responses=MINE)
def mine(request: Request, lang: Lang = "vi") -> Response:
    """The page of a private link; which one it is for, the server does not learn."""
    words = WORDS[lang]
    parts = complaint_page.saying(words["mine_title"], words["no_script"], lang, needs_script=True)
    answer = _answer(request, parts, lang, 200)
    answer.headers.update(PRIVATE)
    return answer
