"""Complaints one by one: the list, the newest first."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, select, tuple_

from geo.counts import matches
from geo.filters import Filter
from geo.schema import category, city, complaint, domain, source


def _facts() -> Select[Any]:
    return (
        select(
            complaint.c.id,
            complaint.c.code,
            city.c.code.label("city"),
            domain.c.code.label("domain"),
            category.c.code.label("category"),
            complaint.c.status,
            complaint.c.reported_at,
            complaint.c.closed_at,
            func.ST_X(complaint.c.geom).label("lon"),
            func.ST_Y(complaint.c.geom).label("lat"),
            complaint.c.text,
            complaint.c.address,
            (source.c.kind == "sample").label("sample"),
        )
        .join_from(complaint, category, category.c.id == complaint.c.category_id)
        .join(domain, domain.c.id == category.c.domain_id)
        .join(city, city.c.id == complaint.c.city_id)
        .join(source, source.c.id == complaint.c.source_id)
    )


def page(question: Filter, limit: int, after: tuple[datetime, UUID] | None) -> Select[Any]:
    """Up to `limit` complaints older than `after` (reported_at, id), the newest first."""
    key = tuple_(complaint.c.reported_at, complaint.c.id)
    statement = _facts().where(matches(question))
    if after is not None:
        statement = statement.where(key < after)
    return statement.order_by(complaint.c.reported_at.desc(), complaint.c.id.desc()).limit(limit)


def one(code: str) -> Select[Any]:
    """The complaint with a code, or no row."""
    return _facts().where(complaint.c.code == code)
