"""Taking a single report: the place, the kind, the code that comes back, and replays."""

import hashlib
from datetime import datetime
from typing import NamedTuple

import numpy as np
import uuid_utils
from sqlalchemy import Connection, text

from geo.cells import COARSEST, leaf_cells, parent
from geo.complaint import new_code
from geo.database import sql
from geo.errors import BadFilterError, ConflictError, OutsideCityError


class Report(NamedTuple):
    """What a citizen says; degrees, a category's code, and words."""

    lon: float
    lat: float
    category: str
    text: str
    address: str | None = None

    def fingerprint(self) -> str:
        return hashlib.sha256(repr(tuple(self)).encode()).hexdigest()


class Taken(NamedTuple):
    code: str
    cell: int
    """The place at the coarsest resolution, for those who keep tiles."""
    again: bool
    """Whether this report was taken before."""


def take(connection: Connection, report: Report, at: datetime, key: str | None) -> Taken:
    """Store a report and say its code; the same key with the same report makes one complaint.

    Raises `OutsideCityError`, `BadFilterError` for an unknown category, and `ConflictError` for a
    key that was used for another report. Part of the caller's transaction.
    """
    leaf = int(leaf_cells(np.array([report.lon]), np.array([report.lat]))[0])
    cell = parent(leaf, COARSEST)
    hashed = hashlib.sha256(key.encode()).hexdigest() if key else None
    if hashed is not None and (code := _taken_before(connection, hashed, report)):
        return Taken(code, cell, True)
    values = {
        "lon": report.lon,
        "lat": report.lat,
        "category": report.category,
        "text": report.text,
        "address": report.address,
        "cell": leaf,
        "at": at,
        "key": hashed,
    }
    # A code that is taken already is drawn again: one chance in 110 billion for each stored one.
    while True:
        values |= {"id": str(uuid_utils.uuid7()), "code": new_code()}
        row = connection.execute(sql("geo", "report"), values).one()
        if row.city_id is None:
            raise OutsideCityError(
                "this place lies outside the cities that are served here"
                " / địa điểm này nằm ngoài các thành phố được phục vụ"
            )
        if row.category_id is None:
            raise BadFilterError("category", f"unknown category {report.category!r}")
        if row.code is not None:
            break
    if hashed is not None:
        connection.execute(
            text("INSERT INTO idempotency (key, fingerprint, code) VALUES (:key, :print, :code)"),
            {"key": hashed, "print": report.fingerprint(), "code": row.code},
        )
    return Taken(str(row.code), cell, False)


def _taken_before(connection: Connection, hashed: str, report: Report) -> str | None:
    # Two replays at once: the second waits here for the first to end.
    connection.execute(
        text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": hashed}
    )
    before = connection.execute(
        text("SELECT fingerprint, code FROM idempotency WHERE key = :key"), {"key": hashed}
    ).one_or_none()
    if before is None:
        return None
    if before.fingerprint != report.fingerprint():
        raise ConflictError("this Idempotency-Key was used for another report")
    return str(before.code)
