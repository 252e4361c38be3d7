"""How many complaints: counts by anything, and the classes a legend needs; everyone may read."""

from datetime import timedelta
from typing import Annotated, Any, Literal

import numpy as np
from fastapi import APIRouter, Query, Request
from sqlalchemy import Connection, text

from api.dependencies import EVERYONE, Database
from api.query import Question, areas_of_set
from geo import cells, counts
from geo.area_rates import LEVELS, AreaRates, area_rates, curves
from geo.bbox import BBox
from geo.classes import Method, breaks
from geo.complaint import Status
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.periods import EPOCH
from tiles.cells import reach_of

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
By = Literal["domain", "category", "status", "day", "week", "month", "area", "cell"]
Resolution = Annotated[int, Query(ge=6, le=12)]
# The web shows cells; a request for all leaves of a city is a download, for which exports are.
MOST_CELLS = 100_000


@router.get("/counts")
def count(
    request: Request,
    question: Question,
    db: Database,
    by: By = "status",
    set: str | None = None,
    resolution: Resolution = 8,
    funnel: Annotated[bool, Query(description="by=area: how far chance carries rates")] = False,
) -> dict[str, Any]:
    """How many complaints under the filter; the totals are the same whatever `by` is.

    By area, rates are per 1,000 residents, with their exact 95 % interval and empirical Bayes
    estimates: `rate_smoothed` drawn towards the whole city, `rate_smoothed_local` towards the area
    and those that touch it. `unusual` is 1 or -1 where chance alone would carry a rate so far one
    time in 500. With `funnel`, areas whose residents are known have the limits of a funnel plot:
    `[[low, high], [low, high]]`, within which chance alone keeps 95 % and 99.8 % of rates.
    """
    if funnel:
        _check_funnel(question, by)
    if by == "area":
        areas = area_rates(db, question, areas_of_set(request, set), request.app.state.studies)
        answer = _by_area(areas, set)
        return _with_limits(answer, areas) if funnel else answer
    if by == "cell":
        return _by_cell(db, question, resolution)
    if by == "status":
        rows = db.execute(counts.by_status(question)).all()
        found = [{"key": Status(row.place).code, "n": int(row.n)} for row in rows]
    elif by in ("domain", "category"):
        found = _by_kind(db, question, by)
    else:
        found = _by_time(db, question, by)
    return {"by": by, "total": sum(row["n"] for row in found), "rows": found}


def _by_kind(db: Connection, question: Filter, by: str) -> list[dict[str, Any]]:
    names = {
        row.id: row.domain if by == "domain" else row.code
        for row in db.execute(
            text(
                "SELECT c.id, c.code, d.code AS domain FROM category c"
                " JOIN domain d ON d.id = c.domain_id"
            )
        )
    }
    sums: dict[str, int] = {}
    for row in db.execute(counts.by_category(question)):
        sums[names[row.place]] = sums.get(names[row.place], 0) + int(row.n)
    ordered = sorted(sums.items(), key=lambda item: (-item[1], item[0]))
    return [{"key": key, "n": n} for key, n in ordered]


def _by_time(db: Connection, question: Filter, by: str) -> list[dict[str, Any]]:
    """Local days, weeks (by their Monday) or months, without gaps from the first to the last."""
    days = {int(row.place): int(row.n) for row in db.execute(counts.by_day(question))}
    if not days:
        return []
    sums: dict[str, int] = {}
    for number in range(min(days), max(days) + 1):
        day = EPOCH + timedelta(days=number)
        if by == "week":
            day -= timedelta(days=day.weekday())
        key = f"{day:%Y-%m}" if by == "month" else day.isoformat()
        sums[key] = sums.get(key, 0) + days.get(number, 0)
    return [{"key": key, "n": n} for key, n in sums.items()]


def _by_cell(db: Connection, question: Filter, resolution: int) -> dict[str, Any]:
    rows = db.execute(counts.by_place(question, resolution).limit(MOST_CELLS + 1)).all()
    if len(rows) > MOST_CELLS:
        raise BadFilterError(
            "resolution", f"more than {MOST_CELLS} cells: use a coarser resolution or a bbox"
        )
    numbers = [int(row.n) for row in rows]
    hexes = cells.hexes(row.place for row in rows)
    return {
        "by": "cell",
        "resolution": resolution,
        "total": sum(numbers),
        "cells": hexes,
        "n": numbers,
    }


def _check_funnel(question: Filter, by: str) -> None:
    """Limits are those of whole areas: of parts of them, neither count nor residents are known."""
    if by != "area":
        raise BadFilterError("funnel", "a funnel plot is of areas: ask with by=area&set=...")
    if question.areas or question.drawn:
        raise BadFilterError(
            "funnel",
            "a funnel plot compares all areas of a set: leave out area, bbox, cell and polygon",
        )


def _with_limits(answer: dict[str, Any], found: AreaRates) -> dict[str, Any]:
    """The limits beside each rate, and as curves between them."""
    for row, limits in zip(answer["rows"], found.limits, strict=True):
        if limits is not None:
            row["funnel"] = limits
    drawn = curves(found)
    return answer | {"funnel": drawn and {"levels": LEVELS, **drawn._asdict()}}


def _by_area(found: AreaRates, code: str | None) -> dict[str, Any]:
    table = [
        {
            "key": area.code,
            "name": area.name,
            "name_en": area.name_en,
            "kind": area.kind,
            "n": found.n[i],
            "population": area.population,
            "rate": found.rate[i],
            "rate_low": found.rate_low[i],
            "rate_high": found.rate_high[i],
            "rate_smoothed": found.rate_smoothed[i],
            "rate_smoothed_local": found.rate_smoothed_local[i],
            "unusual": found.unusual[i],
            "few": found.few[i],
            "area_km2": round(area.area_km2, 3),
            "per_km2": found.per_km2[i],
        }
        for i, area in enumerate(found.areas)
    ]
    return {
        "by": "area",
        "set": code,
        "total": found.total,
        "rows": table,
        "outside": found.outside,
        "rate": found.overall,
    }


@router.get("/classes")
def classes(
    request: Request,
    question: Question,
    db: Database,
    layer: Literal["cells", "areas"] = "cells",
    resolution: Resolution = 8,
    set: str | None = None,
    measure: Literal["n", "rate", "rate_smoothed", "rate_smoothed_local", "per_km2"] = "n",
    method: Method = "quantile",
    k: Annotated[int, Query(ge=2, le=9)] = 6,
    view: Annotated[str | None, Query(description="west,south,east,north on screen")] = None,
) -> dict[str, Any]:
    """Class breaks of what a layer shows: the lower bounds of the second and later classes.

    `view` limits the classes to what is on the screen and, unlike `bbox`, leaves counts whole.
    """
    if layer == "areas":
        areas = area_rates(db, question, areas_of_set(request, set), request.app.state.studies)
        rows = _by_area(areas, set)["rows"]
        values = [row[measure] for row in rows if row["n"] and row[measure] is not None]
    else:
        if measure != "n":
            raise BadFilterError("measure", "cells have one measure: n")
        within = None
        if view is not None:
            within = reach_of(question, BBox.parse(view), resolution, MOST_CELLS)
        rows = db.execute(counts.by_place(question, resolution, within)).all()
        values = [int(row.n) for row in rows]
    numbers = np.array(values, dtype=np.float64)
    found = breaks(numbers, method, k)
    return {
        "layer": layer,
        "measure": measure,
        "method": method,
        "breaks": [round(value, 3) for value in found],
        "min": min(values, default=None),
        "max": max(values, default=None),
        "count": len(values),
    }
