"""The list and the map of work, as officials filter it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl

import numpy as np
from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import PRIVATE, OfficialDatabase, Viewer
from api.dependencies import OFFICIALS
from api.query import Codes
from api.routes.reading import geojson
from geo import work_queue as queue
from geo import work_views
from geo.asking import Asker
from geo.bbox import BBox
from geo.cells import centres, hexes
from geo.complaint import Status, clean_code, is_code
from geo.errors import BadFilterError
from geo.filters import parse
from geo.work_queue import Asked, Figure, Sort

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)
# More points are shown by cell.
MOST_POINTS: Final = 2_000
MOST_HOURS: Final = 2_000
# About a hundred cells across a screen.
_RESOLUTIONS: Final = ((10.5, 7), (12.5, 8), (14.5, 9), (99, 10))


def _asked(
    request: Request,
    who: Viewer,
    city: Codes = [],  # noqa: B006 - FastAPI copies it
    domain: Codes = [],  # noqa: B006
    category: Codes = [],  # noqa: B006
    status: Codes = [],  # noqa: B006
    since: str | None = None,
    until: str | None = None,
    area: Codes = [],  # noqa: B006
    bbox: str | None = None,
    cell: Codes = [],  # noqa: B006
    polygon: str | None = None,
    q: str | None = None,
    mine: bool = False,
    unassigned: bool = False,
    overdue: bool = False,
    due: Annotated[
        int | None, Query(ge=1, le=MOST_HOURS, description="within so many hours")
    ] = None,
    reopened: bool = False,
    misrouted: Annotated[bool, Query(description="was handed over")] = False,
    urgent: bool = False,
    checking: bool = False,
    paused: bool = False,
    duplicates: Annotated[bool, Query(description="others of the kind are open beside")] = False,
    no_limit: Annotated[bool, Query(description="open, without a limit for handling")] = False,
    measure: Annotated[str | None, Query(max_length=40, description="rows of a figure")] = None,
    handler: Codes = [],  # noqa: B006
    unit: Annotated[str | None, Query(max_length=200)] = None,
    person: Annotated[int | None, Query(ge=0, lt=2**63)] = None,
) -> Asked:
    # Here nothing is left out for being sensitive: the database decides what is the asker's.
    words = replace(request.app.state.words.get(), sensitive=frozenset())
    # Who calls about a complaint has its code, and nothing else.
    code = clean_code(q) if q is not None and is_code(q) else None
    found = parse(
        words, city=city, domain=domain, category=category, status=status, since=since,
        until=until, area=area, bbox=bbox, cell=cell, polygon=polygon,
        q=q if code is None else None,
    )  # fmt: skip
    said = {
        "mine": mine, "unassigned": unassigned, "overdue": overdue, "due": due is not None,
        "reopened": reopened, "misrouted": misrouted, "urgent": urgent, "checking": checking,
        "paused": paused, "duplicates": duplicates, "no_limit": no_limit,
    }  # fmt: skip
    flags = frozenset(name for name, asked in said.items() if asked)
    soon = queue.SOON if due is None else timedelta(hours=due)
    figure = None
    if measure is not None:
        handlers = parse(words, area=handler).areas
        figure = Figure(measure, tuple(one.id for one in handlers), unit, person)
    elif handler or unit is not None or person is not None:
        raise BadFilterError(
            "measure", "handler, unit and person are of a figure: name its measure"
        )
    return Asked(found, flags, who.id, datetime.now(UTC), soon, figure, code)


Question = Annotated[Asked, Depends(_asked)]
_LISTS: Final = ("city", "domain", "category", "status", "area", "cell", "handler")
_WORDS: Final = ("since", "until", "bbox", "polygon", "q", "measure", "unit")
# Of the page that was looked at: an order and a place in it choose nothing.
_PAGE: Final = ("sort", "limit", "after")


def asked_in(request: Request, who: Asker, query: str) -> Asked:
    """The question of an address's query; raises `BadFilterError` for what it does not know.

    What would be left out here would make an act on many do more than was looked at.
    """
    said: dict[str, Any] = {}
    for name, value in parse_qsl(query.removeprefix("?"), max_num_fields=500):
        if name in _LISTS:
            said.setdefault(name, []).append(value)
        elif name in _WORDS:
            said[name] = value
        elif name == "due":
            said[name] = _hours(value)
        elif name == "person":
            said[name] = _account(value)
        elif name in queue.FLAGS:
            said[name] = value.lower() not in ("false", "0", "no", "off")
        elif name not in _PAGE:
            raise BadFilterError("query", f"unknown: {name!r}")
    return _asked(request, who, **said)


def _account(value: str) -> int:
    if not (value.isdecimal() and int(value) < 2**63):
        raise BadFilterError("person", "person is the number of an account")
    return int(value)


def _hours(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MOST_HOURS:
        raise BadFilterError("due", f"due is a number of hours, 1 to {MOST_HOURS}")
    return int(value)


def _item(row: Any, now: datetime) -> dict[str, Any]:
    open_now = Status(row.status).is_open
    told = (
        "code", "version", "domain", "category", "reported_at", "urgent", "lon", "lat", "address",
        "text", "due_at", "reopened", "bounces", "check_state", "supporters", "photos", "sensitive",
    )  # fmt: skip
    return {name: getattr(row, name) for name in told} | {
        "status": Status(row.status).code,
        "area": row.area_code and {"code": row.area_code, "name": row.area_name},
        "assignee": row.assignee_id and {"id": row.assignee_id, "full_name": row.assignee},
        "overdue": row.due_at is not None and row.due_at < now and open_now,
        "counting": row.due_stale,
        "paused": row.paused_at is not None,
    }


def _answer(content: Any) -> Response:
    answer = geojson(content)
    answer.media_type = "application/json"
    answer.headers.update({**PRIVATE, "Content-Type": "application/json"})
    return answer


@router.get("", response_class=Response)
def work(
    db: OfficialDatabase,
    asked: Question,
    sort: Sort = "due",
    limit: Annotated[int, Query(ge=1, le=queue.MOST)] = 100,
    after: Annotated[str | None, Query(max_length=300)] = None,
) -> Response:
    """A page of the work that is the asker's to see; open ones unless `status` says others."""
    rows = db.execute(queue.page(asked, sort, limit, after)).all()
    # Past the end there is no row to say it.
    total = rows[0].total if rows else db.execute(queue.total(asked)).scalar_one()
    following = queue.key_of(rows[-1], sort) if len(rows) == limit else None
    items = [_item(row, asked.now) for row in rows]
    return _answer({"items": items, "next": following, "total": total})


@router.get("/counts", response_class=Response)
def counted(db: OfficialDatabase, asked: Question) -> Response:
    """How many are overdue, unassigned ... under the filter without flags; `total`: with them."""
    return _answer(queue.counts(db, asked))


@router.get("/map", response_class=Response)
def mapped(
    db: OfficialDatabase,
    asked: Question,
    zoom: Annotated[float, Query(ge=0, le=24)] = 12,
    view: Annotated[
        str | None, Query(description="west,south,east,north: only what is in it")
    ] = None,
) -> Response:
    """Single complaints where they are few, else cells with how many they hold: never a part."""
    if view is not None:
        asked = replace(asked, filter=replace(asked.filter, bbox=BBox.parse(view)))
    kind: Literal["points", "cells"] = "points"
    if db.execute(queue.total(asked)).scalar_one() <= MOST_POINTS:
        rows = db.execute(queue.points(asked, MOST_POINTS)).all()
        features: list[dict[str, Any]] = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [row.lon, row.lat]},
                "properties": {
                    "code": row.code,
                    "status": Status(row.status).code,
                    "category": row.category,
                    "urgent": row.urgent,
                    "due_at": row.due_at,
                    "due": _due(row.due_at, asked.now),
                },
            }
            for row in rows
        ]
        total = len(features)
    else:
        kind = "cells"
        resolution = next(found for below, found in _RESOLUTIONS if zoom < below)
        counts = db.execute(queue.cells(asked, resolution)).all()
        held = np.array([row.cell for row in counts], dtype=np.int64)
        names, middles = hexes(held), centres(held).round(6).tolist()
        features = [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": middle},
                "properties": {"cell": name, "n": row.n, "overdue": row.overdue},
            }
            for name, middle, row in zip(names, middles, counts, strict=True)
        ]
        total = sum(row.n for row in counts)
    return _answer(
        {"type": "FeatureCollection", "kind": kind, "total": total, "features": features}
    )


def _due(at: datetime | None, now: datetime) -> str:
    if at is None:
        return "none"
    return "overdue" if at < now else "soon" if at < now + queue.SOON else "later"


class NewView(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")
    query: str = Field(max_length=4_000, pattern=r"^[^\x00]*$")
    shared: bool = False


class ChangedView(BaseModel):
    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    name: str = Field(default="", min_length=1, max_length=80, pattern=r"^[^\x00]*$")
    query: str = Field(default="", max_length=4_000, pattern=r"^[^\x00]*$")
    shared: bool = False


ViewId = Annotated[int, Path(ge=1, lt=2**63)]


@router.get("/views", response_class=Response)
def saved_views(db: OfficialDatabase, who: Viewer) -> Response:
    """One's own saved views, then those that colleagues of one's areas share."""
    return _answer(work_views.views(db))


@router.post("/views", response_class=Response, status_code=201)
def save_view(body: NewView, db: OfficialDatabase, who: Viewer) -> Response:
    """Keep a filter under a name; 409 where one of one's own has the name."""
    made = _answer(work_views.keep(db, who, body.name, body.query, body.shared))
    made.status_code = 201
    return made


@router.patch("/views/{number}", response_class=Response)
def change_view(number: ViewId, body: ChangedView, db: OfficialDatabase, who: Viewer) -> Response:
    """Rename a view of one's own, share it or not, or let it stand for another filter."""
    given = body.model_dump(exclude_unset=True)
    return _answer(work_views.change(db, who, number, given))


@router.delete("/views/{number}", response_class=Response, status_code=204)
def drop_view(number: ViewId, db: OfficialDatabase, who: Viewer) -> Response:
    """Delete a view of one's own."""
    work_views.drop(db, who, number)
    return Response(status_code=204, headers=PRIVATE)
