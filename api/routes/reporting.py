"""A citizen reports an issue; anyone may."""

import hashlib
from datetime import UTC, datetime
from typing import Annotated

import numpy as np
from fastapi import APIRouter, Header, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection, text

from api.dependencies import Database
from api.routes.reading import feature, geojson
from geo import listing
from geo.arrival import Batch, ensure_source, store
from geo.complaint import Status
from geo.errors import BadFilterError, ConflictError, OutsideCityError
from geo.places import Places

router = APIRouter(prefix="/api/v1")


class Report(BaseModel):
    """What a citizen sends."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    lon: float = Field(ge=-180, le=180, allow_inf_nan=False)
    lat: float = Field(ge=-90, le=90, allow_inf_nan=False)
    category: str = Field(max_length=60)
    text: str = Field(min_length=1, max_length=4000, pattern=r"^[^\x00]*$")
    address: str | None = Field(default=None, max_length=300, pattern=r"^[^\x00]*$")


def _city_at(db: Connection, report: Report) -> int:
    found = db.execute(
        text(
            "SELECT id FROM city WHERE outline IS NOT NULL AND ST_Intersects(outline,"
            " ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)) ORDER BY id LIMIT 1"
        ),
        {"lon": report.lon, "lat": report.lat},
    ).scalar()
    if found is None:
        raise OutsideCityError("this place lies outside the cities that are served here")
    return int(found)


@router.post("/complaints", status_code=201)
def report(
    body: Report,
    db: Database,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=200)] = None,
) -> Response:
    """Take a report; the same Idempotency-Key with the same body makes one complaint."""
    fingerprint = hashlib.sha256(body.model_dump_json().encode()).hexdigest()
    key = hashlib.sha256(idempotency_key.encode()).hexdigest() if idempotency_key else None
    if key is not None:
        db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": key})
        before = db.execute(
            text("SELECT fingerprint, code FROM idempotency WHERE key = :key"), {"key": key}
        ).one_or_none()
        if before is not None and before.fingerprint != fingerprint:
            raise ConflictError("this Idempotency-Key was used for another report")
        if before is not None:
            return _created(db, before.code)
    category_id = db.execute(
        text(
            "SELECT c.id FROM category c JOIN domain d ON d.id = c.domain_id"
            " WHERE c.code = :code AND c.enabled AND d.enabled"
        ),
        {"code": body.category},
    ).scalar()
    if category_id is None:
        raise BadFilterError("category", f"unknown category {body.category!r}")
    city_id = _city_at(db, body)
    number = key or hashlib.sha256(np.random.default_rng().bytes(32)).hexdigest()
    now = np.array([datetime.now(UTC).replace(tzinfo=None)], dtype="datetime64[us]")
    batch = Batch(
        np.array([body.lon]),
        np.array([body.lat]),
        np.array([category_id], dtype=np.int16),
        np.array([Status.RECEIVED], dtype=np.int16),
        now,
        np.array(["NaT"], dtype="datetime64[us]"),
        [body.text],
        [body.address],
        [number],
    )
    source_id = ensure_source(db, "citizen", "Citizens' reports", "citizen")
    store(db, city_id, source_id, batch, Places.load(db, city_id))
    code = db.execute(
        text("SELECT code FROM complaint WHERE source_id = :source_id AND source_key = :number"),
        {"source_id": source_id, "number": number},
    ).scalar_one()
    if key is not None:
        db.execute(
            text("INSERT INTO idempotency (key, fingerprint, code) VALUES (:key, :print, :code)"),
            {"key": key, "print": fingerprint, "code": code},
        )
    return _created(db, str(code))


def _created(db: Connection, code: str) -> Response:
    answer = geojson(feature(db.execute(listing.one(code)).one()))
    answer.status_code = 201
    answer.headers["Location"] = f"/api/v1/complaints/{code}"
    return answer
