"""Everyone may read: domains, boundaries, places, complaints and counts."""

import base64
import binascii
from datetime import UTC, date, datetime
from typing import Annotated, Any
from uuid import UUID

import numpy as np
import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Row, text

from api.dependencies import EVERYONE, Database
from api.holidays_beside import holidays_of
from api.query import Question
from geo import cells, counts, listing
from geo.catalogue import catalogue, grouped
from geo.complaint import NO_SUCH, Status, clean_code
from geo.errors import BadFilterError, NotFoundError
from geo.landmarks import nearest
from geo.outcome import outcome
from geo.privacy import coarse_place

router = APIRouter(prefix="/api/v1", tags=EVERYONE)


class GeoJSON(JSONResponse):
    """RFC 7946."""

    media_type = "application/geo+json"

    def render(self, content: object) -> bytes:
        return orjson.dumps(content)


def geojson(value: object) -> Response:
    return GeoJSON(value)


@router.get("/config")
def config(request: Request, db: Database) -> dict[str, Any]:
    """What the web app needs to know before it draws."""
    rows = db.execute(
        text(
            """
            SELECT t.*,
                   (SELECT coalesce(sum(n), 0)
                      FROM (SELECT unnest(counts) AS n FROM rollup r
                             WHERE r.city_id = t.id AND r.grid = 0 AND r.span = 256
                               AND r.kind = 0 AND r.status = 0) AS blocks)
                   + (SELECT coalesce(sum(n), 0) FROM pending p WHERE p.city_id = t.id)
                     AS complaints,
                   EXISTS (SELECT FROM source s
                            WHERE s.kind = 'sample' AND EXISTS (
                                  SELECT FROM complaint c
                                   WHERE c.city_id = t.id AND c.source_id = s.id)) AS sample,
                   DATE '1970-01-01' + (SELECT min(local_day(reported_at, t.timezone))
                     FROM (SELECT reported_at FROM complaint WHERE city_id = t.id
                            ORDER BY reported_at, id LIMIT 1) AS oldest) AS first_day,
                   DATE '1970-01-01' + (SELECT max(local_day(reported_at, t.timezone))
                     FROM (SELECT reported_at FROM complaint WHERE city_id = t.id
                            ORDER BY reported_at DESC, id DESC LIMIT 1) AS newest) AS last_day
              FROM city t ORDER BY t.id
            """
        )
    )
    settings = request.app.state.settings
    basemap = None
    if settings.basemap_url:
        basemap = {"url": settings.basemap_url, "attribution": settings.basemap_attribution}
    cities = [
        {
            "code": row.code,
            "name": {"vi": row.name_vi, "en": row.name_en},
            "timezone": row.timezone,
            "languages": row.languages,
            "bbox": [row.west, row.south, row.east, row.north],
            "complaints": row.complaints,
            "sample": row.sample,
            "first_day": row.first_day,
            "last_day": row.last_day,
        }
        for row in rows
    ]
    first = cities[0]["code"] if cities else None
    return {
        "version": request.app.version,
        "cities": cities,
        "basemap": basemap,
        "default_city": first,
    }


@router.get("/domains")
def domains(db: Database) -> dict[str, Any]:
    """The enabled domains with their categories."""
    return {"domains": grouped(list(db.execute(catalogue()).all()))}


@router.get("/boundaries")
def boundaries(db: Database) -> dict[str, Any]:
    """The boundary sets with the periods they are in force."""
    rows = db.execute(
        text(
            """
            SELECT s.*, t.code AS city, (SELECT count(*) FROM area a WHERE a.set_id = s.id) AS areas
              FROM area_set s JOIN city t ON t.id = s.city_id
             WHERE s.ready
             ORDER BY t.id, s.since DESC NULLS LAST, s.code
            """
        )
    )
    sets = [
        {
            "code": row.code,
            "city": row.city,
            "level": row.level,
            "name": {"vi": row.name_vi, "en": row.name_en},
            "since": row.since,
            "until": row.until,
            "areas": row.areas,
            "approximate": row.approximate,
            "note": {"vi": row.note_vi, "en": row.note_en} if row.note_vi else None,
            "source": row.source,
            "licence": row.licence,
        }
        for row in rows
    ]
    return {"sets": sets}


@router.get("/boundaries/{set_code}", response_class=GeoJSON)
def boundary_set(
    set_code: str, db: Database, simplify: Annotated[float, Query(ge=0, le=5000)] = 50.0
) -> Response:
    """One set as GeoJSON; `simplify` is a tolerance in metres."""
    found = db.execute(
        text(
            """
            SELECT a.code, a.name, a.name_en, a.kind, a.parent, a.population, a.area_km2,
                   ST_X(a.label) AS lon, ST_Y(a.label) AS lat,
                   ST_AsGeoJSON(ST_Transform(h.geom, 4326), 6) AS shape
              FROM area a JOIN area_set s ON s.id = a.set_id
              JOIN area_shape h ON h.area_id = a.id
             WHERE s.code = :code AND s.ready AND h.zoom = (
                   SELECT coalesce(min(zoom) FILTER (WHERE 40075016.686 / 512 / 2 ^ zoom / 3
                                                     <= :simplify), max(zoom)) FROM area_shape)
             ORDER BY a.code
            """
        ),
        {"code": set_code, "simplify": simplify},
    ).all()
    if not found:
        raise NotFoundError(f"no boundary set {set_code!r} / không có bộ ranh giới {set_code!r}")
    features = [
        {
            "type": "Feature",
            "id": row.code,
            "geometry": orjson.Fragment(row.shape),
            "properties": {
                "code": row.code,
                "name": row.name,
                "name_en": row.name_en,
                "kind": row.kind,
                "parent": row.parent,
                "population": row.population,
                "area_km2": round(row.area_km2, 3),
                "label_lon": row.lon,
                "label_lat": row.lat,
            },
        }
        for row in found
    ]
    return geojson({"type": "FeatureCollection", "features": features})


def areas_of(db: Database, lon: float, lat: float, at: date | None) -> list[dict[str, Any]]:
    rows = db.execute(
        text(
            """
            SELECT s.code AS set, a.code, a.name, a.name_en, a.kind, s.level, s.since, s.until,
                   s.approximate
              FROM city t
             CROSS JOIN areas_at(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), t.id) AS held
              JOIN area a ON a.id = ANY(held) JOIN area_set s ON s.id = a.set_id AND s.ready
             WHERE CAST(:at AS date) IS NULL
                OR (coalesce(s.since <= :at, true) AND coalesce(:at < s.until, true))
             ORDER BY s.code
            """
        ),
        {"lon": lon, "lat": lat, "at": at},
    )
    return [dict(row._mapping) for row in rows]


@router.get("/locate")
def locate(
    request: Request,
    db: Database,
    lon: Annotated[float, Query(ge=-180, le=180)],
    lat: Annotated[float, Query(ge=-90, le=90)],
    at: date | None = None,
) -> dict[str, Any]:
    """The areas that hold a point, in every set or those in force on a day, and its cells.

    With the landmarks nearest to it, at most 3 km away, where there are any.
    """
    city = db.execute(
        text(
            "SELECT code FROM city WHERE outline IS NOT NULL AND ST_Intersects(outline,"
            " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) ORDER BY id LIMIT 1"
        ),
        {"lon": lon, "lat": lat},
    ).scalar()
    leaf = int(cells.leaf_cells(np.array([lon]), np.array([lat]))[0])
    found = {str(r): cells.to_hex(cells.parent(leaf, r)) for r in range(6, cells.LEAF + 1)}
    areas = areas_of(db, lon, lat, at)
    of = request.app.state.words.get().cities.get(city)
    near = [one._asdict() for one in nearest(db, of, lon, lat)] if of is not None else []
    return {
        "lon": lon,
        "lat": lat,
        "city": city,
        "areas": areas,
        "landmarks": near,
        "cells": found,
    }


def feature(row: Row[Any]) -> dict[str, Any]:
    properties = {
        "code": row.code,
        "city": row.city,
        "domain": row.domain,
        "category": row.category,
        "status": Status(row.status).code,
        "reported_at": row.reported_at,
        "closed_at": row.closed_at,
        "text": row.text,
        "address": row.address,
        "sample": row.sample,
    }
    point: dict[str, Any] = {"type": "Point", "coordinates": [row.lon, row.lat]}
    if row.sensitive:
        # Its code tells how it stands, not what it says or where it is.
        properties |= {"text": "", "address": None, "sensitive": True}
        point["coordinates"] = coarse_place(row.cell)
    return {"type": "Feature", "id": row.code, "geometry": point, "properties": properties}


def _cursor(text_: str) -> tuple[datetime, UUID]:
    try:
        at, number = base64.urlsafe_b64decode(text_.encode()).decode().split("|")
        return datetime.fromisoformat(at), UUID(number)
    except (ValueError, binascii.Error):
        raise BadFilterError("after", "after is not a cursor from a `next` link") from None


@router.get("/complaints", response_class=GeoJSON)
def complaints(
    request: Request,
    question: Question,
    db: Database,
    limit: Annotated[int, Query(ge=1, le=500)] = 50,
    after: str | None = None,
    total: bool = False,
) -> Response:
    """The complaints, the newest first; `next` leads to older ones."""
    rows = db.execute(listing.page(question, limit + 1, _cursor(after) if after else None)).all()
    following = None
    if len(rows) > limit:
        last = rows[limit - 1]
        key = base64.urlsafe_b64encode(f"{last.reported_at.isoformat()}|{last.id}".encode())
        # Without the host: a header of the request could name any.
        again = request.url.include_query_params(after=key.decode())
        following = f"{again.path}?{again.query}"
    return geojson(
        {
            "type": "FeatureCollection",
            "features": [feature(row) for row in rows[:limit]],
            "next": following,
            "total": int(db.execute(counts.total(question)).scalar_one()) if total else None,
        }
    )


def _public(event: Row[Any]) -> dict[str, Any]:
    """An event without what is not for everyone: who acted, and where a moved pin was before."""
    shown: dict[str, Any] = {"at": event.at, "kind": event.kind}
    if event.kind == "status":
        before, after = (Status(event.change[name]) for name in ("from", "to"))
        shown |= {"from": before.code, "to": after.code}
        if event.judged and after.is_open and not before.is_open:
            # Somebody who asked was not satisfied with the answer.
            shown["kind"] = "reopened"
    return shown


@router.get("/complaints/{code}", response_class=GeoJSON)
def complaint(code: str, db: Database) -> Response:
    """One complaint with its areas, its public timeline, and what follows from it.

    `answers` are the city's, with photos; `promise` says by when it is accepted or handled
    (`basis`: accept, handle or urgent) and whether that was kept; `ratings` count those who judged
    an answer, `reopened` whether a judgement brought it back. `questions` are answers to a
    category's questions that are public.
    """
    row = listing.one(db, clean_code(code))
    if row is None:
        raise NotFoundError(NO_SUCH.format(code))
    events = db.execute(
        text(
            "SELECT at, kind, change, coalesce(actor IN ('reporter', 'supporter'), false) AS judged"
            " FROM event WHERE complaint_id = :id AND kind NOT IN ('closing', 'photo_hidden')"
            " AND NOT (kind = 'text' AND coalesce(actor, '') = 'withdrawing')"
            " ORDER BY at"
        ),
        {"id": row.id},
    ).all()
    timeline: list[dict[str, Any]] = [{"at": row.reported_at, "kind": "received"}]
    timeline += [_public(event) for event in events]
    told = [event["to"] for event in timeline if "to" in event]
    state = Status(row.status).code
    if (told[-1] if told else Status.RECEIVED.code) != state:
        # It came with this state: when it got there is known only of an end.
        timeline.append({"at": row.closed_at, "kind": "status", "to": state})
    whole = feature(row)
    areas = [] if row.sensitive else areas_of(db, row.lon, row.lat, None)
    followed = outcome(db, row, events, datetime.now(UTC), holidays_of)
    whole["properties"] |= {"areas": areas, "timeline": timeline, **followed}
    return geojson(whole)
