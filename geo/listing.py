"""Complaints one by one: the list, the newest first."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import (
    Connection,
    Row,
    Select,
    Subquery,
    bindparam,
    false,
    func,
    select,
    tuple_,
    union_all,
)  # fmt: skip

from geo import asof
from geo.filters import Filter
from geo.matching import Stretch, in_areas
from geo.schema import category, city, complaint, complaint_area, domain, source

# More areas than this are read newest first from all complaints instead.
MOST_AREAS: Final = 40


def _facts(columns: Any = complaint.c) -> Select[Any]:
    """What the list tells of each row of `complaint`, or of a relation like it."""
    return (
        select(
            columns.id,
            columns.code,
            city.c.code.label("city"),
            domain.c.code.label("domain"),
            category.c.code.label("category"),
            columns.status,
            columns.reported_at,
            columns.closed_at,
            func.ST_X(columns.geom).label("lon"),
            func.ST_Y(columns.geom).label("lat"),
            columns.text,
            columns.address,
            (source.c.kind == "sample").label("sample"),
            category.c.sensitive,
            columns.cell,
        )
        .join(category, category.c.id == columns.category_id)
        .join(domain, domain.c.id == category.c.domain_id)
        .join(city, city.c.id == columns.city_id)
        .join(source, source.c.id == columns.source_id)
    )


def page(question: Filter, limit: int, after: tuple[datetime, UUID] | None) -> Select[Any]:
    """Up to `limit` complaints older than `after` (reported_at, id), the newest first."""
    newest = (complaint.c.reported_at.desc(), complaint.c.id.desc())
    if question.areas_alone and len(question.areas) <= MOST_AREAS and question.as_of is None:
        chosen = _newest_in_areas(question, limit, after)
        return _facts().join(chosen, chosen.c.id == complaint.c.id).order_by(*newest).limit(limit)
    pages = []
    for columns, condition in asof.parts(question):
        statement = _facts(columns).where(condition)
        if after is not None:
            statement = statement.where(tuple_(columns.reported_at, columns.id) < after)
        pages.append(statement.order_by(columns.reported_at.desc(), columns.id.desc()).limit(limit))
    if len(pages) == 1:
        return pages[0]
    both = union_all(*(select(part.subquery()) for part in pages)).subquery("both")
    return select(both).order_by(both.c.reported_at.desc(), both.c.id.desc()).limit(limit)


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


def _one() -> Select[Any]:
    told = func.complaint_told(bindparam("code")).table_valued(*complaint.c, name="told")
    return _facts(told.c).add_columns(told.c.updated_at)


# Built once: each report is answered with it.
_ONE: Final = _one()


def one(connection: Connection, code: str) -> Row[Any] | None:
    """What everyone may know of the complaint with a code, or None.

    Of a sensitive one there is no point and no word; `geo.privacy.coarse_place` has its place.
    """
    found: Row[Any] | None = connection.execute(_ONE, {"code": code}).one_or_none()
    return found


def of(complaint_id: UUID) -> Select[Any]:
    """The complaint with an id, or no row."""
    return _facts().where(complaint.c.id == complaint_id)
