"""Complaints as tables, batch by batch: what every export is made of."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Select, func, select

from geo.complaint import Status
from geo.counts import matches
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


def select_rows(question: Filter, sets: dict[int, str]) -> Select[Any]:
    """All complaints of a question, the newest first, with an area's code for each set."""
    held = [
        select(area.c.code)
        .join_from(complaint_area, area, area.c.id == complaint_area.c.area_id)
        .where(
            area.c.set_id == number,
            complaint_area.c.area_id == area.c.id,
            complaint_area.c.reported_at == complaint.c.reported_at,
            complaint_area.c.complaint_id == complaint.c.id,
        )
        .scalar_subquery()
        .label(code)
        for number, code in sets.items()
    ]
    return (
        select(
            complaint.c.code,
            city.c.code.label("city"),
            domain.c.code.label("domain"),
            category.c.code.label("category"),
            category.c.name_vi.label("category_vi"),
            category.c.name_en.label("category_en"),
            complaint.c.status,
            complaint.c.reported_at,
            complaint.c.closed_at,
            func.ST_X(complaint.c.geom).label("lon"),
            func.ST_Y(complaint.c.geom).label("lat"),
            complaint.c.cell,
            *held,
            complaint.c.address,
            complaint.c.text,
            source.c.code.label("source"),
            (source.c.kind == "sample").label("sample"),
        )
        .join_from(complaint, category, category.c.id == complaint.c.category_id)
        .join(domain, domain.c.id == category.c.domain_id)
        .join(city, city.c.id == complaint.c.city_id)
        .join(source, source.c.id == complaint.c.source_id)
        .where(matches(question))
        .order_by(complaint.c.reported_at.desc(), complaint.c.id.desc())
    )


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
