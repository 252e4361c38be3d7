"""Open311 GeoReport v2, for the programs that speak it; everyone may read and report.

What it calls a service is a category, a service request a complaint, a jurisdiction a city, and an
attribute an extra question.
"""

import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, NamedTuple
from urllib.parse import parse_qs
from uuid import UUID

from fastapi import APIRouter, Body, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError
from sqlalchemy import Connection, Row, select
from starlette.exceptions import HTTPException

from api import open311
from api.dependencies import EVERYONE, Database
from api.guard import Guard, Visit
from api.open311 import Format, Open311Route
from api.routes.reading import feature
from geo import listing, reporting
from geo.catalogue import catalogue
from geo.complaint import Status, clean_code
from geo.errors import BadFilterError, NotFoundError
from geo.filters import Filter, parse, split
from geo.names import STATUSES
from geo.photos import public_photos
from geo.questions import asked
from geo.schema import answer, category, complaint

_BOTH: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/json": {}, "text/xml": {}}},
    201: {"content": {"application/json": {}, "text/xml": {}}},
    "4XX": {
        "description": "what is wrong, as GeoReport has it",
        "content": {"application/json": {}, "text/xml": {}},
    },
}
router = APIRouter(
    prefix="/open311",
    tags=EVERYONE,
    route_class=Open311Route,
    responses=_BOTH,
    default_response_class=Response,
)
Jurisdiction = Annotated[str | None, Query(max_length=60, description="a city's code")]
# GeoReport: without dates the last ninety days.
SPAN: Final = timedelta(days=90)
MOST: Final = 200
_KINDS: Final = {
    "text": "text", "number": "number", "one": "singlevaluelist", "many": "multivaluelist",
    "date": "datetime",
}  # fmt: skip


@router.get("/discovery.{form}", response_model=None)
def discovery(request: Request, form: Format) -> Response:
    """Where the service is and what it speaks."""
    base = request.app.state.settings.base_url
    return open311.single(
        form,
        "discovery",
        {
            "changeset": request.app.version,
            "contact": base,
            "key_service": "no key is needed",
            "endpoints": [
                {
                    "specification": "http://wiki.open311.org/GeoReport_v2",
                    "url": f"{base}/open311/v2",
                    "changeset": request.app.version,
                    "type": "production",
                    "formats": ["application/json", "text/xml"],
                }
            ],
        },
    )


@router.get("/v2/services.{form}", response_model=None)
def services(
    request: Request, form: Format, db: Database, jurisdiction_id: Jurisdiction = None
) -> Response:
    """What can be reported: the enabled categories that are taken here."""
    _city(request, jurisdiction_id)
    extra = {
        row.code: row
        for row in db.execute(select(category.c.code, category.c.questions, category.c.notice))
    }
    rows = [
        {
            "service_code": row.code,
            "service_name": row.name_vi,
            "description": row.name_en,
            "metadata": bool(extra[row.code].questions),
            "type": "realtime",
            "keywords": f"{row.domain_vi},{row.domain_en}",
            "group": row.domain_vi,
        }
        for row in db.execute(catalogue())
        if row.enabled and row.domain_enabled and not (extra[row.code].notice or {}).get("stops")
    ]
    return open311.answer(form, "services", "service", rows)


@router.get("/v2/services/{service_code}.{form}", response_model=None)
def service(
    request: Request,
    service_code: str,
    form: Format,
    db: Database,
    jurisdiction_id: Jurisdiction = None,
) -> Response:
    """The extra questions of a category."""
    _city(request, jurisdiction_id)
    row = db.execute(
        select(category.c.questions).where(category.c.code == service_code, category.c.enabled)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no service has the code {service_code!r}")
    attributes = [
        {
            "variable": True,
            "code": one["code"],
            "datatype": _KINDS[one["kind"]],
            "required": bool(one.get("required", False)),
            "datatype_description": None,
            "order": order,
            "description": one["vi"],
            "values": [
                {"key": option["code"], "name": option["vi"]} for option in one.get("options") or ()
            ],
        }
        for order, one in enumerate(row.questions, 1)
    ]
    return open311.single(
        form, "service_definition", {"service_code": service_code, "attributes": attributes}
    )


class _Request(BaseModel):
    """The arguments of a POST that are understood; names of persons and telephones are not kept."""

    model_config = ConfigDict(extra="ignore", str_strip_whitespace=True)

    service_code: str = Field(max_length=60, pattern=r"^[a-z0-9-]+$")
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    long: float = Field(ge=-180, le=180, allow_inf_nan=False)
    description: str = Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*[^\W_][^\x00]*$")
    address_string: str | None = Field(default=None, max_length=300, pattern=r"^[^\x00]*$")
    jurisdiction_id: str | None = Field(default=None, max_length=60)
    api_key: str | None = Field(default=None, max_length=200)


class _Said(NamedTuple):
    """A report as the guard looks at it: programs have no device of their own."""

    text: str
    lon: float
    lat: float
    device: str | None = None
    challenge: str | None = None
    website: str = ""


@router.post("/v2/requests.{form}", status_code=201, response_model=None)
def report(
    request: Request,
    form: Format,
    body: Annotated[bytes, Body(media_type="application/x-www-form-urlencoded")],
) -> Response:
    """Report an issue; the answer has its code at once."""
    given, attributes = _arguments(body)
    try:
        said = _Request.model_validate(given)
    except ValidationError as error:
        words = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        return open311.refusal(form, 400, words)
    _city(request, said.jurisdiction_id)
    visit = _admitted(request, said)
    with request.app.state.engine.begin() as connection:
        taken = reporting.take(
            connection,
            reporting.Report(
                said.long,
                said.lat,
                said.service_code,
                said.description,
                said.address_string or None,
                answers=_answers(connection, said.service_code, attributes),
            ),
            datetime.now(UTC),
            None,
            request.app.state.secret,
        )
    if visit is not None:
        visit.taken(taken.code, taken.again)
    request.app.state.clock.changed([taken.cell])
    told = {
        "service_request_id": taken.code,
        "service_notice": "một phần nội dung được che trước công chúng / some words are hidden"
        if taken.masked
        else None,
        "account_id": None,
    }
    return open311.answer(form, "service_requests", "request", [told], 201)


def _admitted(request: Request, said: _Request) -> Visit | None:
    """Let a report through: of a program with a key always, of others as those of the page."""
    if said.api_key:
        keys: SecretStr | None = request.app.state.settings.open311_keys
        known = keys.get_secret_value().split(",") if keys is not None else []
        if not any(hmac.compare_digest(said.api_key, one.strip()) for one in known if one.strip()):
            raise HTTPException(403, "this api_key is not known")
        return None
    guard: Guard = request.app.state.guard
    guard.admit(request, "reports")
    return guard.report(request, _Said(said.description, said.long, said.lat), None)


def _arguments(body: bytes) -> tuple[dict[str, str], dict[str, list[str]]]:
    """The plain arguments, and those written `attribute[code]`, which may come several times."""
    try:
        pairs = parse_qs(body.decode(), strict_parsing=bool(body), max_num_fields=200)
    except ValueError:
        raise BadFilterError(
            "body", "the body is to be application/x-www-form-urlencoded in UTF-8"
        ) from None
    plain = {name: values[-1] for name, values in pairs.items() if "[" not in name}
    attributes: dict[str, list[str]] = {}
    for name, values in pairs.items():
        if name.startswith("attribute["):
            code = name.removeprefix("attribute[").removesuffix("[]").removesuffix("]")
            attributes.setdefault(code, []).extend(values)
    return plain, attributes


def _answers(connection: Connection, code: str, attributes: dict[str, list[str]]) -> dict[str, Any]:
    """Answers as their questions want them; what does not fit is refused when they are checked."""
    kinds = {one.code: one.kind for one in asked(connection, code).questions}
    found: dict[str, Any] = {}
    for name, values in attributes.items():
        if kinds.get(name) == "many":
            found[name] = values
        elif kinds.get(name) == "number":
            try:
                found[name] = TypeAdapter(float).validate_python(values[-1])
            except ValidationError:
                found[name] = values[-1]
        else:
            found[name] = values[-1]
    return found


@router.get("/v2/requests.{form}", response_model=None)
def requests(
    request: Request,
    form: Format,
    db: Database,
    jurisdiction_id: Jurisdiction = None,
    service_request_id: str | None = None,
    service_code: str | None = None,
    start_date: str | None = None,
    end_date: str | None = None,
    status: str | None = None,
    page: Annotated[int, Query(ge=1, le=50)] = 1,
    page_size: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """The latest requests first: by their codes, or of a time, of services and states.

    A start alone means the ninety days from it; a longer time is cut to its last ninety, as
    GeoReport allows; without dates it is the last ninety days.
    """
    question = _question(request, jurisdiction_id, service_code, start_date, end_date, status)
    if service_request_id:
        codes = [clean_code(one) for one in split([service_request_id])][:MOST]
        rows = [row for code in codes if (row := listing.one(db, code))]
    else:
        # Pages are counted off: no cursor is known to GeoReport.
        rows = list(db.execute(listing.page(question, page * page_size, None)))
        rows = rows[(page - 1) * page_size :]
    return open311.answer(form, "service_requests", "request", _told(request, db, rows))


@router.get("/v2/requests/{service_request_id}.{form}", response_model=None)
def one_request(request: Request, service_request_id: str, form: Format, db: Database) -> Response:
    """One request by its code."""
    row = listing.one(db, clean_code(service_request_id))
    if row is None:
        raise NotFoundError(f"no request has the id {service_request_id!r}")
    return open311.answer(form, "service_requests", "request", _told(request, db, [row]))


@router.get("/v2/tokens/{token}.{form}", response_model=None)
def token(token: str, form: Format) -> Response:
    """Codes are told at once, so there are no tokens to ask with."""
    raise NotFoundError(f"no token {token!r}: requests have their id at once")


def _city(request: Request, code: str | None) -> None:
    if code is not None and code not in request.app.state.words.get().cities:
        raise NotFoundError(f"no jurisdiction {code!r}")


def _question(
    request: Request,
    city: str | None,
    service_code: str | None,
    since: str | None,
    until: str | None,
    status: str | None,
) -> Filter:
    """The filter of a list; raises for what GeoReport knows and this city does not."""
    _city(request, city)
    states = split([status or ""])
    if any(one not in ("open", "closed") for one in states):
        raise BadFilterError("status", "status is open, closed, or both with a comma between")
    words = request.app.state.words.get()
    question = parse(
        words,
        city=[city] if city else (),
        category=split([service_code or ""]),
        status=states,
        since=since,
        until=until,
    )
    # GeoReport: from a start alone ninety days on, to an end alone the ninety before.
    end = question.until or (
        question.since + SPAN if question.since else datetime.now(UTC) + timedelta(minutes=5)
    )
    begin = max(question.since, end - SPAN) if question.since else end - SPAN
    return parse(
        words,
        city=[city] if city else (),
        category=split([service_code or ""]),
        status=states,
        since=begin.isoformat(),
        until=end.isoformat(),
    )


def _told(request: Request, db: Connection, rows: list[Row[Any]]) -> list[dict[str, Any]]:
    """Requests as GeoReport has them, with their first photo and what was answered last."""
    shown = [row.id for row in rows if not row.sensitive]
    changed = db.execute(
        select(complaint.c.id, complaint.c.updated_at).where(
            complaint.c.id.in_([row.id for row in rows])
        )
    )
    last = db.execute(
        select(answer.c.complaint_id, answer.c.text)
        .where(answer.c.complaint_id.in_(shown))
        .distinct(answer.c.complaint_id)
        .order_by(answer.c.complaint_id, answer.c.at.desc(), answer.c.id.desc())
    )
    # Sensitive ones come by their code alone, with the time of their last change.
    known = {row.id: row.updated_at for row in rows if row.sensitive}
    beside = _Beside(
        request.app.state.settings.base_url,
        {row.code: row.name_vi for row in db.execute(select(category.c.code, category.c.name_vi))},
        known | {row[0]: row[1] for row in changed},
        {row[0]: row[1] for row in last},
        public_photos(db, shown),
    )
    return [_one(row, beside) for row in rows]


class _Beside(NamedTuple):
    """What is told of requests beside their own rows, most of it by complaint."""

    base_url: str
    names: dict[str, str]
    changed: dict[UUID, datetime]
    answers: dict[UUID, str]
    photos: Mapping[UUID, Sequence[Mapping[str, Any]]]


def _one(row: Row[Any], beside: _Beside) -> dict[str, Any]:
    shown = feature(row)
    properties = shown["properties"]
    [lon, lat] = shown["geometry"]["coordinates"]
    photos = beside.photos.get(row.id)
    return {
        "service_request_id": row.code,
        "status": "open" if Status(row.status).is_open else "closed",
        "status_notes": beside.answers.get(row.id) or STATUSES[Status(row.status)].vi,
        "service_name": beside.names[row.category],
        "service_code": row.category,
        "description": properties["text"] or None,
        "agency_responsible": None,
        "service_notice": None,
        "requested_datetime": row.reported_at.isoformat(),
        "updated_datetime": max(beside.changed[row.id], row.reported_at).isoformat(),
        "expected_datetime": None,
        "address": properties["address"],
        "address_id": None,
        "zipcode": None,
        "lat": lat,
        "long": lon,
        "media_url": f"{beside.base_url}{photos[0]['large']}" if photos else None,
    }
