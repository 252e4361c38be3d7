"""Being told about places and hot spots: orders of mail, and news as a feed; everyone may."""

import xml.etree.ElementTree as ET
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlencode, urlsplit

from email_validator import EmailNotValidError, validate_email
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api import letters
from api.dependencies import EVERYONE, Database
from api.letter_words import WORDS
from api.letters import Links
from api.query import Question, areas_of_set
from api.settings import Settings
from api.watch_orders import OWN_TIMES, Watched, Width, order_of, watched
from geo import cells, feed, follows, outbox, query_string
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.follows import Order
from geo.study import one_city

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
ATOM: Final = "http://www.w3.org/2005/Atom"
# What a feed's filter and the map's address have in common.
PLACES_AND_KINDS: Final = frozenset(
    {"city", "domain", "category", "status", "area", "cell", "polygon"}
)


class Point(BaseModel):
    model_config = ConfigDict(extra="forbid")
    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)


class Spot(BaseModel):
    model_config = ConfigDict(extra="forbid")
    cells: list[Annotated[str, Field(pattern="^[0-9a-f]{15}$")]] = Field(
        min_length=1, max_length=500, description="of the resolution asked for"
    )


class Wanted(BaseModel):
    """What somebody wants to be told by mail."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    address: str = Field(min_length=3, max_length=254, description="an e-mail address")
    language: Literal["vi", "en"] = "vi"
    kind: follows.Subject
    question: str = Field(
        default="",
        max_length=query_string.LONGEST,
        description="the filter of the view as a query string; its times do not count",
    )
    resolution: int = Field(default=8, ge=6, le=9, description="for hotspot and report")
    set: str | None = Field(default=None, max_length=100, description="for scan and report")
    spot: Spot | Point | None = Field(
        default=None,
        description="for hotspot: cells of one, or a point in it; without, all of the filter",
    )
    schedule: follows.Schedule | None = Field(
        default=None,
        description="default: daily; for a report weekly, and never daily; instant for complaints",
    )
    route: str | None = Field(
        default=None, max_length=6000, description="for complaints: lon,lat;lon,lat;... of a way"
    )
    width_m: Width = Field(default=100, description="for complaints: of the strip along the route")
    progress: bool = Field(default=False, description="for complaints: told of closings too")
    website: str = Field(default="", max_length=200, description="leave empty")


class Accepted(BaseModel):
    """The same answer for every address, known or not."""

    status: Literal["accepted"] = "accepted"
    detail_vi: str = WORDS["vi"]["accepted"]
    detail_en: str = WORDS["en"]["accepted"]


@router.post("/follows", status_code=202, response_model=Accepted)
def order(request: Request, body: Wanted) -> Any:
    """Order new complaints of a place, news of hot spots, alarms of groups, or a report, by mail.

    A confirmation with a link is sent first; nothing else is before it is confirmed. 429 after
    many orders by one client or for one address.
    """
    try:
        address = validate_email(
            body.address, check_deliverability=False, allow_smtputf8=False
        ).normalized
    except EmailNotValidError as error:
        raise BadFilterError("address", str(error)) from None
    request.app.state.guard.mail(request, address)
    wanted, question = _order(request, body)
    if not body.website:
        # Programs that fill in every field hear the same and order nothing.
        _take(request, address, wanted, question)
    return Accepted()


def _order(request: Request, body: Wanted) -> tuple[Order, Filter]:
    if body.kind == "complaints":
        return _watch(request, body)
    if body.route is not None:
        raise BadFilterError("route", "a route is watched for complaints alone")
    if body.schedule == "instant":
        raise BadFilterError("schedule", "single complaints alone are told at once")
    words = request.app.state.words.get()
    question = query_string.read(words, body.question)
    city = one_city(question)
    schedule = body.schedule or ("weekly" if body.kind == "report" else "daily")
    if body.kind == "report" and schedule == "daily":
        raise BadFilterError("schedule", "a report comes weekly or monthly")
    canonical = query_string.canonical(body.question, OWN_TIMES)
    if body.kind == "scan" or body.set is not None:
        areas = areas_of_set(request, body.set)
        if body.kind == "scan" and len(areas) > follows.MOST_AREAS:
            raise BadFilterError("set", f"a scan takes at most {follows.MOST_AREAS} areas")
    spot = None
    if body.kind == "hotspot":
        spot = _spot(body)
        # Raises where the region has too many cells of this size, or none.
        with request.app.state.engine.connect() as connection:
            request.app.state.studies.cells(connection, question, body.resolution, 1)
    wanted = Order(
        kind=body.kind,
        city_id=city.id,
        question=canonical,
        language=body.language,
        schedule=schedule,
        resolution=None if body.kind == "scan" else body.resolution,
        set_code=None if body.kind == "hotspot" else body.set,
        spot=spot,
    )
    return wanted, question


def _watch(request: Request, body: Wanted) -> tuple[Order, Filter]:
    if body.schedule == "monthly":
        raise BadFilterError("schedule", "complaints come instant, daily or weekly")
    if body.spot is not None:
        raise BadFilterError("spot", "a spot is followed as hotspot; give an area or a shape")
    asked = Watched(
        question=body.question,
        route=body.route,
        width_m=body.width_m,
        progress=body.progress,
        language=body.language,
        schedule=body.schedule or "daily",
    )
    return order_of(request, asked)


def _spot(body: Wanted) -> tuple[int, ...] | None:
    if isinstance(body.spot, Point):
        import numpy as np

        leaf = cells.leaf_cells(np.array([body.spot.lon]), np.array([body.spot.lat]))
        return (cells.parent(int(leaf[0]), body.resolution),)
    if body.spot is None:
        return None
    found = []
    for one in body.spot.cells:
        try:
            cell = cells.from_hex(one)
        except ValueError:
            raise BadFilterError("spot", f"{one!r} is no H3 cell, like 88415cb4e5fffff") from None
        if cells.resolution_of(cell) != body.resolution:
            raise BadFilterError("spot", f"{one} is not of resolution {body.resolution}")
        found.append(cell)
    return tuple(sorted(set(found)))


def _take(request: Request, address: str, wanted: Order, question: Filter) -> None:
    settings: Settings = request.app.state.settings
    with request.app.state.engine.begin() as connection:
        if wanted.kind == "complaints":
            wanted = watched(connection, wanted, question)
        follow_id = follows.take(connection, address, wanted)
        if follow_id is None:
            return
        token = follows.grant(connection, follow_id)
        links = Links(settings.base_url, token)
        follow = follows.by_token(connection, token)
        assert follow is not None  # noqa: S101 - it was made in this transaction
        key = f"confirm:{follow_id}:{datetime.now(UTC):%Y%m%dT%H%M%S.%f}"
        what = letters.about(connection, question, wanted.spot)
        outbox.put(connection, letters.confirmation(key, follow, address, what, links))


class Atom(Response):
    media_type = "application/atom+xml"


@router.get(
    "/news.atom",
    response_class=Atom,
    responses={200: {"content": {"application/atom+xml": {}}}},
)
def news(
    request: Request,
    question: Question,
    db: Database,
    lang: Literal["vi", "en"] = "vi",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """News of hot spots as an Atom feed, without an address: what the nightly looks have found.

    Of all complaints and of each domain; `domain`, `area`, `bbox`, `cell`, `since` and `until`
    narrow it. Private follows are in none.
    """
    settings: Settings = request.app.state.settings
    rows = db.execute(feed.select_news(question, limit)).all()
    of = letters.about(db, question, None).words(lang)
    body = _atom(request, settings.base_url, rows, of, lang)
    return Atom(body, headers={"Cache-Control": "public, max-age=900"})


def _atom(request: Request, base: str, rows: Any, of: str, lang: follows.Language) -> bytes:
    """RFC 4287; `of` is the question in words."""
    words = WORDS[lang]
    ET.register_namespace("", ATOM)

    def put(parent: ET.Element, name: str, said: str = "", **attributes: str) -> ET.Element:
        made = ET.SubElement(parent, f"{{{ATOM}}}{name}", attributes)
        made.text = said or None
        return made

    query = f"?{request.url.query}" if request.url.query else ""
    own = f"{base}/api/v1/news.atom{query}"
    root = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": lang})
    put(root, "id", own)
    put(root, "title", words["feed_title"])
    put(root, "subtitle", f"{words['feed_subtitle']} {of}.")
    put(root, "link", rel="self", href=own, type="application/atom+xml")
    put(root, "link", rel="alternate", href=f"{base}/?{_page(request)}", type="text/html")
    newest = max((row.found_at for row in rows), default=datetime(2026, 1, 1, tzinfo=UTC))
    put(root, "updated", _instant(newest))
    put(put(root, "author"), "name", words["service"])
    host = urlsplit(base).hostname or "localhost"
    for row in rows:
        said = letters.item(row, row, base, lang)
        entry = put(root, "entry")
        # RFC 4151: it stays the same when the service moves within its host.
        put(entry, "id", f"tag:{host},2026:news/{row.id}")
        put(entry, "title", said.title)
        put(entry, "updated", _instant(row.found_at))
        put(entry, "published", _instant(row.found_at))
        put(entry, "link", rel="alternate", href=said.url, type="text/html")
        put(entry, "category", term=row.kind)
        if row.domain_vi is not None:
            label = row.domain_en if lang == "en" else row.domain_vi
            put(entry, "category", term=row.domain, label=label)
        about = [f"{label}."] if row.domain_vi is not None else []
        put(entry, "summary", " ".join((*about, *said.lines)), type="text")
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))


def _page(request: Request) -> str:
    """The view of the map under the feed's filter; the page's `until` is another one's."""
    kept = [pair for pair in request.query_params.multi_items() if pair[0] in PLACES_AND_KINDS]
    return urlencode([("layer", "hotspots"), *kept], safe=",:;")


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
