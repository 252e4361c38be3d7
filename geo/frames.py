"""Complaints as tables, batch by batch: what every export is made of."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, any_, func, select, union_all

from geo import asof
from geo.complaint import Status
from geo.filters import Filter
from geo.schema import area, area_set, category, city, complaint, complaint_area, domain, source

BATCH: Final = 5_000


def sets_of(connection: Connection, question: Filter) -> dict[int, str]:
    """The boundary sets of the asked cities: id to column name."""
    ids = [one.id for one in question.cities]
    rows = connection.execute(
        select(area_set.c.id, area_set.c.code)
        .where(area_set.c.city_id.in_(ids), area_set.c.ready)
        .order_by(area_set.c.code)
    )
    return {row.id: str(row.code) for row in rows}


def _held(columns: Any, number: int) -> Any:
    """The code of the area of a set that holds a row of `complaint`, or of a relation like it."""
    if columns is not complaint.c:
        there = area.c.id == any_(func.areas_at(columns.geom, columns.city_id))
        return select(area.c.code).where(area.c.set_id == number, there).scalar_subquery()
    return (
        select(area.c.code)
        .join_from(complaint_area, area, area.c.id == complaint_area.c.area_id)
        .where(
            area.c.set_id == number,
            complaint_area.c.area_id == area.c.id,
            complaint_area.c.reported_at == complaint.c.reported_at,
            complaint_area.c.complaint_id == complaint.c.id,
        )
        .scalar_subquery()
    )


def _facts(columns: Any, sets: dict[int, str]) -> Select[Any]:
    return (
        select(
            columns.code,
            city.c.code.label("city"),
            domain.c.code.label("domain"),
            category.c.code.label("category"),
            category.c.name_vi.label("category_vi"),
            category.c.name_en.label("category_en"),
            columns.status,
            columns.reported_at,
            columns.closed_at,
            func.ST_X(columns.geom).label("lon"),
            func.ST_Y(columns.geom).label("lat"),
            columns.cell,
            *(_held(columns, number).label(code) for number, code in sets.items()),
            columns.address,
            columns.text,
            source.c.code.label("source"),
            (source.c.kind == "sample").label("sample"),
        )
        .join(category, category.c.id == columns.category_id)
        .join(domain, domain.c.id == category.c.domain_id)
        .join(city, city.c.id == columns.city_id)
        .join(source, source.c.id == columns.source_id)
    )


def select_rows(question: Filter, sets: dict[int, str]) -> Select[Any]:
    """All complaints of a question, the newest first, with an area's code for each set."""
    parts = [
        _facts(columns, sets).where(condition).add_columns(columns.id.label("_id"))
        for columns, condition in asof.parts(question)
    ]
    if len(parts) == 1:
        newest = (complaint.c.reported_at.desc(), complaint.c.id.desc())
        [only] = parts
        return only.with_only_columns(*only.selected_columns[:-1]).order_by(*newest)
    both = union_all(*parts).subquery("both")
    shown = [one for one in both.c if one.key != "_id"]
    return select(*shown).order_by(both.c.reported_at.desc(), both.c["_id"].desc())


def frames(connection: Connection, question: Filter) -> Iterator[pd.DataFrame]:
    """The rows in batches, read from one cursor in one snapshot; at least one, perhaps empty."""
    statement = select_rows(question, sets_of(connection, question))
    result = connection.execution_options(yield_per=BATCH).execute(statement)
    names = list(result.keys())
    states = np.array(["", *(status.code for status in Status)], dtype=object)
    empty = True
    for part in result.partitions():
        frame = pd.DataFrame.from_records([tuple(row) for row in part], columns=names)
        frame["status"] = states[frame["status"].to_numpy(dtype=int)]
        frame["cell"] = [f"{cell:x}" for cell in frame["cell"]]
        for column in ("reported_at", "closed_at"):
            frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
        empty = False
        yield frame
    if empty:
        frame = pd.DataFrame({name: pd.Series(dtype=str) for name in names})
        for column in ("reported_at", "closed_at"):
            frame[column] = frame[column].astype("datetime64[us, UTC]")
        yield frame.astype({"lon": float, "lat": float, "sample": bool})
