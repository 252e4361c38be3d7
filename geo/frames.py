"""Complaints as tables, batch by batch: what every export is made of."""

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Select, any_, func, select, union_all

from geo import asof
from geo.complaint import Status
from geo.filters import Filter
from geo.names import STATUSES
from geo.schema import area, area_set, category, city, complaint, complaint_area, domain, source

BATCH: Final = 2_000
TIMES: Final = ("reported_at", "closed_at")
LOCAL: Final = ("reported_local", "closed_local")
"""The same on the city's clocks, without a zone."""
Names = dict[str, tuple[str, str]]
"""Vietnamese and English, by code."""


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
            domain.c.name_vi.label("domain_vi"),
            domain.c.name_en.label("domain_en"),
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


def _area_names(connection: Connection, sets: dict[int, str]) -> dict[str, Names]:
    """By set, the names of its areas: `phường Ba Đình`, `Ba Dinh`."""
    found: dict[str, Names] = {code: {} for code in sets.values()}
    name = func.concat_ws(" ", area.c.kind, area.c.name)
    rows = connection.execute(
        select(area.c.set_id, area.c.code, name.label("name"), area.c.name_en).where(
            area.c.set_id.in_(sets)
        )
    )
    for row in rows:
        found[sets[row.set_id]][row.code] = (row.name, row.name_en)
    return found


def _by_status(word: int) -> NDArray[np.object_]:
    """The Vietnamese (0) or English (1) name of each stored status."""
    return np.array(["", *(STATUSES[status][word] for status in Status)], dtype=object)


STATES: Final = np.array(["", *(status.code for status in Status)], dtype=object)


def _complete(frame: pd.DataFrame, question: Filter, areas: dict[str, Names]) -> pd.DataFrame:
    """Codes as they are written outside, and beside them names and local times."""
    status = frame["status"].to_numpy(dtype=int)
    frame["status"] = STATES[status]
    frame["cell"] = [f"{cell:x}" for cell in frame["cell"]]
    for column in TIMES:
        frame[column] = pd.to_datetime(frame[column], utc=True).astype("datetime64[us, UTC]")
    # A file that was read before has its columns where they were: what is new comes last.
    frame["status_vi"], frame["status_en"] = _by_status(0)[status], _by_status(1)[status]
    for code, names in areas.items():
        held = frame[code].to_list()
        for word, column in enumerate((f"{code}_name", f"{code}_name_en")):
            frame[column] = pd.Series(
                [names[one][word] if one in names else None for one in held], dtype=object
            )
    for column, local in zip(TIMES, LOCAL, strict=True):
        frame[local] = _local(frame, column, question)
    return frame


def _local(frame: pd.DataFrame, column: str, question: Filter) -> "pd.Series[Any]":
    local: pd.Series[Any] = frame[column].dt.tz_localize(None)
    for one in question.cities:
        own = frame["city"] == one.code
        there = frame.loc[own, column].dt.tz_convert(one.zone.key).dt.tz_localize(None)
        local.loc[own] = there
    return local


def frames(connection: Connection, question: Filter) -> Iterator[pd.DataFrame]:
    """The rows in batches, read from one cursor in one snapshot; at least one, perhaps empty.

    `docs/files.md` says what each column is.
    """
    sets = sets_of(connection, question)
    areas = _area_names(connection, sets)
    statement = select_rows(question, sets)
    result = connection.execution_options(yield_per=BATCH).execute(statement)
    names = list(result.keys())
    empty = True
    for part in result.partitions():
        frame = pd.DataFrame.from_records([tuple(row) for row in part], columns=names)
        empty = False
        yield _complete(frame, question, areas)
    if empty:
        frame = pd.DataFrame({name: pd.Series(dtype=str) for name in names})
        frame = frame.astype({"lon": float, "lat": float, "sample": bool, "status": int})
        yield _complete(frame, question, areas)
