"""Runs of counts, rhythms and the story of a place; everyone may read."""

from typing import Annotated, Any, Final

import numpy as np
import orjson
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text

from api.dependencies import EVERYONE, Database
from api.heavy import Heavy
from api.query import Question, areas_of_set
from geo import cells, counts, series
from geo.catalogue import catalogue
from geo.errors import BadFilterError
from geo.history import SEASONS, History, Seasonal, StepOf, history, rhythm, seasonal
from geo.rollup import AREA
from geo.story import Story, story

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
# What a slider can show, and about what a phone can hold.
MOST_FRAMES: Final = 400
MOST_NUMBERS: Final = 2_000_000
SEASON: Final = (
    "STL (Cleveland and others 1990), robust, of log(1 + n): the season is a share of what there is"
)


class Plain(JSONResponse):
    """JSON by orjson: columns are long, and may be arrays."""

    def render(self, content: object) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


@router.get("/series", response_model=dict[str, Any])
def run(
    request: Request,
    question: Question,
    db: Database,
    step: series.StepOf = "month",
    resolution: Annotated[int, Query(ge=6, le=10)] = 8,
    set: Annotated[str | None, Query(description="areas of this set instead of cells")] = None,
    outlines: Annotated[
        bool, Query(description="with lon, lat, lon, lat ... of each cell")
    ] = False,
) -> Response:
    """Counts of each cell, or of each area of a set, step by step: what a slider plays.

    `n` has a row for each place that has any complaint and a number for each period. The periods
    cover the whole question; the first and the last may be part of one.
    """
    grid = AREA if set is not None else resolution
    ids = areas_of_set(request, set) if set is not None else None
    days = [int(row.place) for row in db.execute(counts.by_day(question))]
    frames: list[series.Step] = []
    if days:
        zone = question.cities[0].zone
        first, last = min(days), max(days)
        frames = series.frames_of(question.since, question.until, first, last, step, zone)
    if len(frames) > MOST_FRAMES:
        raise BadFilterError(
            "step", f"{len(frames)} {step}s are too many: a longer step, or a shorter time"
        )
    found: list[dict[int, int]] = []
    for statement in series.by_step(question, frames, grid, ids):
        found.append({int(row.place): int(row.n) for row in db.execute(statement)})
        if sum(map(len, found)) > MOST_NUMBERS // 4:
            raise BadFilterError("resolution", "too many numbers: a coarser resolution or step")
    places = np.array(sorted({place for frame in found for place in frame}), dtype=np.int64)
    if len(places) * len(frames) > MOST_NUMBERS:
        raise BadFilterError("resolution", "too many numbers: a coarser resolution or step")
    n = np.zeros((len(places), len(frames)), dtype=np.int64)
    for number, frame in enumerate(found):
        held = np.fromiter(frame.keys(), np.int64, len(frame))
        n[np.searchsorted(places, held), number] = np.fromiter(frame.values(), np.int64, len(frame))
    answer: dict[str, Any] = {
        "step": step,
        "periods": [frame.key for frame in frames],
        "total": int(n.sum()),
        "n": n,
    }
    if set is not None:
        rows = db.execute(
            text("SELECT id, code FROM area WHERE id = ANY(:ids)"), {"ids": list(ids or ())}
        )
        codes = {row.id: row.code for row in rows}
        return Plain(answer | {"set": set, "codes": [codes[one] for one in places.tolist()]})
    answer |= {"resolution": resolution, "cells": cells.hexes(places.tolist())}
    if outlines:
        answer["outlines"] = cells.outlines(places)
    return Plain(answer)


@router.get("/history", response_model=dict[str, Any])
def over_time(
    request: Request, question: Question, db: Database, step: StepOf = "month"
) -> Response:
    """Counts by day, week or month, and the same with the season taken out where there are enough.

    `trend` and `adjusted` leave out the first and the last step where they are not whole.
    """
    found = history(db, question, step)
    heavy: Heavy = request.app.state.heavy
    inner = np.flatnonzero(found.whole)
    told: Seasonal | None = None
    enough = len(inner) >= 2 * SEASONS[step]
    many = enough and float(found.n[inner].mean()) >= LEAST_PER_STEP
    if many:
        told = heavy.run(seasonal, found.n[inner], SEASONS[step])
    return Plain(
        {
            "step": step,
            "periods": list(found.keys),
            "n": found.n,
            "whole": found.whole,
            "total": int(found.n.sum()),
            "trend": _spread(found, inner, told.trend if told else None),
            "adjusted": _spread(found, inner, told.adjusted if told else None),
            "note": None if told else TOO_FEW if enough and not many else TOO_SHORT[step],
            "method": SEASON,
        }
    )


# Of fewer, one month of chance is taken for a season, and peaks are drawn that nobody reported.
LEAST_PER_STEP: Final = 10
TOO_FEW: Final = {
    "vi": "Quá ít phản ánh mỗi kỳ (trung bình dưới 10) để tách mùa vụ.",
    "en": "Too few complaints a step (fewer than 10 on average) to take out the season.",
}
TOO_SHORT: Final = {
    "day": {
        "vi": "Cần ít nhất 14 ngày trọn vẹn để tách nhịp trong tuần.",
        "en": "At least 14 whole days are needed to take out the rhythm of the week.",
    },
    "week": {
        "vi": "Cần ít nhất hai năm (104 tuần) để tách mùa vụ.",
        "en": "At least two years (104 weeks) are needed to take out the season.",
    },
    "month": {
        "vi": "Cần ít nhất hai năm (24 tháng) để tách mùa vụ.",
        "en": "At least two years (24 months) are needed to take out the season.",
    },
}


def _spread(
    found: History, inner: np.ndarray[Any, np.dtype[np.int64]], values: Any
) -> list[float | None] | None:
    if values is None:
        return None
    spread: list[float | None] = [None] * len(found.n)
    for at, value in zip(inner.tolist(), np.asarray(values).tolist(), strict=True):
        spread[at] = round(value, 2)
    return spread


@router.get("/rhythm", response_model=dict[str, Any])
def by_hour(question: Question, db: Database) -> Response:
    """How many complaints were reported in each hour of each weekday, on the city's clocks.

    `n` has seven rows, Monday first, of 24 hours.
    """
    n = rhythm(db, question)
    zones = dict.fromkeys(city.zone.key for city in question.cities)
    return Plain({"timezone": ", ".join(zones), "n": n, "total": int(n.sum())})


@router.get("/story", response_model=dict[str, Any])
def of_a_place(question: Question, db: Database) -> Response:
    """What there is to say of the complaints under a filter, and of the place it limits them to.

    Closing times are those of the newest 20,000 that were closed; streets those of the newest 2,000
    that have an address.
    """
    return Plain(_told(story(db, question), db))


def _told(found: Story, db: Database) -> dict[str, Any]:
    kinds = {row.id: row for row in db.execute(catalogue())}
    domains: dict[str, int] = {}
    for number, n in found.categories.items():
        code = kinds[number].domain
        domains[code] = domains.get(code, 0) + n
    rate = found.total * 1000 / found.residents if found.residents else None
    return {
        "total": found.total,
        "open": found.open,
        "open_share": round(found.open / found.total, 4) if found.total else None,
        "km2": found.km2,
        "per_km2": round(found.total / found.km2, 3) if found.km2 else None,
        "residents": found.residents,
        "per_1000": None if rate is None else round(rate, 3),
        "domains": _ranked(domains),
        "categories": _ranked({kinds[one].code: n for one, n in found.categories.items()}),
        "statuses": [{"key": status.code, "n": n} for status, n in sorted(found.statuses.items())],
        "closing": {**found.closing._asdict(), "few": found.closing.few},
        "areas": [one._asdict() for one in found.areas],
        "streets": [{"name": name, "n": n} for name, n in found.streets],
        "landmarks": [one._asdict() for one in found.landmarks],
        "since": found.first_day,
        "until": found.last_day,
    }


def _ranked(n: dict[str, int]) -> list[dict[str, Any]]:
    return [{"key": key, "n": n} for key, n in sorted(n.items(), key=lambda one: (-one[1], one[0]))]
