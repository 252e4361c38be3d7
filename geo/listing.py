"""Complaints one by one: the list, the newest first."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Select, Subquery, false, func, select, tuple_, union_all

from geo.counts import Stretch, in_areas, matches
from geo.filters import Filter
from geo.schema import category, city, complaint, complaint_area, domain, source

# More areas than this are read newest first from all complaints instead.
MOST_AREAS: Final = 40


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
    newest = (complaint.c.reported_at.desc(), complaint.c.id.desc())
    if question.areas_alone and len(question.areas) <= MOST_AREAS:
        chosen = _newest_in_areas(question, limit, after)
        return _facts().join(chosen, chosen.c.id == complaint.c.id).order_by(*newest).limit(limit)
    statement = _facts().where(matches(question))
    if after is not None:
        statement = statement.where(tuple_(complaint.c.reported_at, complaint.c.id) < after)
    return statement.order_by(*newest).limit(limit)


def _newest_in_areas(question: Filter, limit: int, after: tuple[datetime, UUID] | None) -> Subquery:
    """The ids of each area's newest, read in order from the key of `complaint_area`."""
    columns = complaint_area.c
    cities = {one.id for one in question.cities}
    parts = []
    for one in question.areas:
        if one.city_id not in cities:
            continue
        own = replace(question, areas=(one,))
        statement = select(columns.complaint_id.label("id")).where(
            in_areas(own, [Stretch(question.since, question.until)], columns)
        )
        if after is not None:
            statement = statement.where(tuple_(columns.reported_at, columns.complaint_id) < after)
        ordered = statement.order_by(columns.reported_at.desc(), columns.complaint_id.desc())
        parts.append(select(ordered.limit(limit).subquery().c.id))
    if not parts:
        return select(complaint.c.id).where(false()).subquery("chosen")
    return union_all(*parts).subquery("chosen")


def one(code: str) -> Select[Any]:
    """The complaint with a code, or no row."""
    return _facts().where(complaint.c.code == code)
