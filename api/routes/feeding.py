"""Complaints as feeds, Atom and RSS: what a question asks for, for any reader of feeds."""

import hashlib
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime
from typing import Annotated, Any, Final, Literal, NamedTuple
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.dependencies import EVERYONE, Database
from api.query import Question
from api.settings import Settings
from api.watch_words import WORDS, excerpt, kind_name, spelled, state_name
from geo import corridor, feed
from geo.errors import BadFilterError
from geo.filters import Filter, parse_polygon
from geo.follows import Language

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
ATOM: Final = "http://www.w3.org/2005/Atom"
GEORSS: Final = "http://www.georss.org/georss"
KEPT_S: Final = 300
NOTHING_YET: Final = datetime(2026, 1, 1, tzinfo=UTC)
Lang = Literal["vi", "en"]
Limit = Annotated[int, Query(ge=1, le=200)]
Route = Annotated[
    str | None, Query(max_length=6000, description="lon,lat;lon,lat;... instead of a polygon")
]
Width = Annotated[float, Query(gt=0, le=10_000, description="of the strip along the route")]


def _answers(media_type: str) -> dict[int | str, dict[str, Any]]:
    return {
        200: {"content": {media_type: {}}},
        304: {"description": "Nothing changed since the answer that `If-None-Match` names"},
    }


class Atom(Response):
    media_type = "application/atom+xml"


class Rss(Response):
    media_type = "application/rss+xml"


class _Feed(NamedTuple):
    rows: Sequence[Any]
    base: str
    own: str
    lang: Language

    @property
    def host(self) -> str:
        return urlsplit(self.base).hostname or "localhost"

    @property
    def updated(self) -> datetime:
        return max((row.updated_at for row in self.rows), default=NOTHING_YET)


@router.get(
    "/complaints.atom",
    response_class=Atom,
    responses=_answers("application/atom+xml"),
)
def atom(
    request: Request,
    question: Question,
    db: Database,
    lang: Lang = "vi",
    limit: Limit = 50,
    route: Route = None,
    width_m: Width = 100,
) -> Response:
    """The newest complaints of a filter, or along a route, as an Atom feed with GeoRSS points."""
    rows = db.execute(feed.newest(_along(question, route, width_m), limit)).all()
    return _answer(request, Atom, _atom(_feed(request, rows, lang)), rows)


@router.get(
    "/complaints.rss",
    response_class=Rss,
    responses=_answers("application/rss+xml"),
)
def rss(
    request: Request,
    question: Question,
    db: Database,
    lang: Lang = "vi",
    limit: Limit = 50,
    route: Route = None,
    width_m: Width = 100,
) -> Response:
    """The newest complaints of a filter, or along a route, as an RSS 2.0 feed with GeoRSS."""
    rows = db.execute(feed.newest(_along(question, route, width_m), limit)).all()
    return _answer(request, Rss, _rss(_feed(request, rows, lang)), rows)


def _along(question: Filter, route: str | None, width_m: float) -> Filter:
    if route is None:
        return question
    if question.polygon:
        raise BadFilterError("route", "ask for a route or for a drawn outline, not both at once")
    return replace(question, polygon=parse_polygon(corridor.corridor(route, width_m)))


def _feed(request: Request, rows: Sequence[Any], lang: Language) -> _Feed:
    settings: Settings = request.app.state.settings
    query = f"?{request.url.query}" if request.url.query else ""
    return _Feed(rows, settings.base_url, f"{settings.base_url}{request.url.path}{query}", lang)


def _answer(request: Request, kind: type[Response], body: bytes, rows: Sequence[Any]) -> Response:
    """With ETag and Last-Modified; 304 for a reader that has it."""
    tag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"ETag": tag, "Cache-Control": f"public, max-age={KEPT_S}"}
    newest = max((row.updated_at for row in rows), default=None)
    if newest is not None:
        headers["Last-Modified"] = format_datetime(newest.astimezone(UTC), usegmt=True)
    if _known(request, tag, newest):
        return Response(status_code=304, headers=headers)
    return kind(body, headers=headers)


def _known(request: Request, tag: str, newest: datetime | None) -> bool:
    """RFC 9110, section 13.2.2: a tag counts before a time."""
    if (given := request.headers.get("if-none-match")) is not None:
        tags = {one.strip().removeprefix("W/") for one in given.split(",")}
        return tag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or newest is None:
        return False
    try:
        at = parsedate_to_datetime(since)
    except ValueError:
        return False
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return newest.replace(microsecond=0) <= at


class _Entry(NamedTuple):
    number: str
    title: str
    url: str
    summary: str
    point: str


def _entry(of: _Feed, row: Any) -> _Entry:
    """A complaint in words; sensitive ones are in no question."""
    what = kind_name(row, of.lang)
    said = [f"{state_name(row.status, of.lang)}.", excerpt(_clean(row.text))]
    return _Entry(
        # RFC 4151: it stays the same when the service moves within its host.
        number=f"tag:{of.host},2026:complaint/{row.code}",
        title=f"{what}: {_clean(row.address)}" if row.address else f"{what} {spelled(row.code)}",
        url=f"{of.base}/c/{row.code}",
        summary=" ".join(filter(None, said)),
        point=f"{row.lat:.6f} {row.lon:.6f}",
    )


def _clean(said: str) -> str:
    """Without the control characters that XML 1.0 cannot hold."""
    return "".join(one for one in said if one >= " " or one in "\t\n\r").translate(
        {0xFFFE: None, 0xFFFF: None}
    )


def _put(parent: ET.Element, name: str, said: str = "", **attributes: str) -> ET.Element:
    made = ET.SubElement(parent, name, attributes)
    made.text = said or None
    return made


def _atom(of: _Feed) -> bytes:
    """RFC 4287."""
    words = WORDS[of.lang]
    # Prefixes are written as they are: the library's table of them is one for the whole process.
    root = ET.Element("feed", {"xmlns": ATOM, "xmlns:georss": GEORSS, "xml:lang": of.lang})
    _put(root, "id", of.own)
    _put(root, "title", words["feed_title"])
    _put(root, "subtitle", words["feed_subtitle"])
    _put(root, "link", rel="self", href=of.own, type="application/atom+xml")
    _put(root, "link", rel="alternate", href=f"{of.base}/", type="text/html")
    _put(root, "updated", _instant(of.updated))
    _put(_put(root, "author"), "name", of.host)
    for row in of.rows:
        said = _entry(of, row)
        entry = _put(root, "entry")
        _put(entry, "id", said.number)
        _put(entry, "title", said.title)
        _put(entry, "published", _instant(row.reported_at))
        _put(entry, "updated", _instant(row.updated_at))
        _put(entry, "link", rel="alternate", href=said.url, type="text/html")
        label = row.domain_en if of.lang == "en" else row.domain_vi
        _put(entry, "category", term=row.domain, label=label)
        _put(entry, "category", term=row.category, label=kind_name(row, of.lang))
        _put(entry, "summary", said.summary, type="text")
        _put(entry, "georss:point", said.point)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))


def _rss(of: _Feed) -> bytes:
    """RSS 2.0, with the address of its own as Atom says it."""
    words = WORDS[of.lang]
    root = ET.Element("rss", {"version": "2.0", "xmlns:atom": ATOM, "xmlns:georss": GEORSS})
    channel = _put(root, "channel")
    _put(channel, "title", words["feed_title"])
    _put(channel, "link", f"{of.base}/")
    _put(channel, "description", words["feed_subtitle"])
    _put(channel, "language", of.lang)
    _put(channel, "lastBuildDate", format_datetime(of.updated.astimezone(UTC), usegmt=True))
    _put(channel, "ttl", str(KEPT_S // 60))
    own = {"rel": "self", "href": of.own, "type": "application/rss+xml"}
    _put(channel, "atom:link", **own)
    for row in of.rows:
        said = _entry(of, row)
        item = _put(channel, "item")
        _put(item, "title", said.title)
        _put(item, "link", said.url)
        _put(item, "description", said.summary)
        _put(item, "category", kind_name(row, of.lang), domain=f"{of.base}/api/v1/domains")
        _put(item, "guid", said.number, isPermaLink="false")
        _put(item, "pubDate", format_datetime(row.reported_at.astimezone(UTC), usegmt=True))
        _put(item, "georss:point", said.point)
    return bytes(ET.tostring(root, "utf-8", xml_declaration=True))


def _instant(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
