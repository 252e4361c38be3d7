"""Where complaints are significantly many or few; everyone may read."""

from dataclasses import replace
from datetime import timedelta
from typing import Annotated, Any, Literal

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import Connection, text

from api.dependencies import EVERYONE, Database
from api.query import Question, areas_of_set
from api.routes.reading import geojson
from api.studies import Studies
from geo import cells, significance
from geo.emergence import StepOf, spot_history
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.significance import CLASSES, FEW_PER_PLACE, Hot, Measure, Spot, sparse
from geo.study import one_city
from geo.trends import Pattern

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
MOST_FEATURES = 20_000
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/json": {}, "application/geo+json": {}}}
}
Resolution = Annotated[int, Query(ge=6, le=10, description="of the H3 cells")]
Steps = Annotated[int, Query(ge=1, le=5, description="how many steps apart neighbours may be")]


class Plain(JSONResponse):
    """JSON by orjson: columns are long, and may be arrays."""

    def render(self, content: object) -> bytes:
        return orjson.dumps(content, option=orjson.OPT_SERIALIZE_NUMPY)


METHOD = (
    "Getis-Ord Gi* (Ord & Getis 1995) of all cells or areas of the region, zeros included;"
    " two-sided p, corrected for the false discovery rate (Benjamini & Hochberg 1995) as q;"
    " hot and cold at 90, 95, 99 % where q is at most 0.10, 0.05, 0.01"
)
TREND = (
    "Getis-Ord Gi* in place and time (neighbours in the period and the one before), q as for"
    " hotspots over all cells and periods, at 0.05; patterns as in ArcGIS's Emerging Hot Spot"
    " Analysis; z and p: Mann-Kendall of the counts"
)


@router.get("/hotspots", responses=ANSWERS, response_model=dict[str, Any])
def hotspots(
    request: Request,
    question: Question,
    db: Database,
    resolution: Resolution = 8,
    set: str | None = None,
    k: Steps = 1,
    measure: Measure = "n",
    permutations: Annotated[int | None, Query(ge=0, le=99_999)] = None,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    format: Literal["columns", "geojson", "spots"] = "columns",
    history: Annotated[
        bool, Query(description="since when spots are hot, and their trend")
    ] = False,
) -> Response:
    """Gi* of each cell, or with `set` of each area: n, z, p, q and class, and joined hot spots.

    Columns have one entry for each place; `format=spots` leaves them out. `permutations` replaces
    the normal p by the share of that many conditional permutations, the same for the same `seed`;
    without it, that is done where there is less than one complaint for two cells. With `history`,
    spots have their months' counts, the month since which they are hot without a break, and their
    trend.
    """
    studies: Studies = request.app.state.studies
    one_city(question)
    if set is not None:
        ids = areas_of_set(request, set)
        region = studies.areas(db, ids)
        hot = significance.hot_areas(
            db, question, region, measure, permutations=permutations, seed=seed
        )
        labels = {
            "code": list(region.codes), "name": list(region.names), "name_en": list(region.names_en)
        }  # fmt: skip
        answer: dict[str, Any] = {"by": "area", "set": set, "measure": measure}
        answer |= _summary(hot) | {"columns": labels | _columns(hot)}
        return _area_features(db, answer, ids) if format == "geojson" else Plain(answer)
    if measure != "n":
        raise BadFilterError("measure", "cells have one measure: n; rates are for areas (set=...)")
    hot = studies.hot_cells(db, question, resolution, k, permutations, seed)
    found = significance.spots(db, hot, studies.tallies)
    answer = {"by": "cell", "resolution": resolution, "k": k, **_summary(hot)}
    if format == "geojson":
        if len(hot.places) > MOST_FEATURES:
            raise BadFilterError(
                "format",
                f"more than {MOST_FEATURES:,} cells: ask for columns, or a coarser resolution",
            )
        return _features(answer, hot, found)
    if format == "columns":
        answer["columns"] = {"cell": cells.hexes(hot.places.tolist()), **_columns(hot)}
    answer["spots"] = [_spot(one) for one in found]
    if history:
        _add_history(studies, db, question, resolution, found, answer["spots"])
    return Plain(answer)


def _add_history(
    studies: Studies,
    db: Connection,
    question: Filter,
    resolution: int,
    found: list[Spot],
    told: list[dict[str, Any]],
) -> None:
    """By whole months up to the question's end, as far back as there are complaints."""
    if resolution > 9:
        raise BadFilterError("history", "a history is told for resolutions up to 9")
    try:
        months = studies.emergence(db, replace(question, since=None), resolution, 1, "month")
    except BadFilterError:
        # Too few months for a trend.
        return
    for one, entry in zip(found, told, strict=True):
        past = spot_history(months, one.cells)
        entry |= {
            "since_month": past.since,
            "series": past.n.tolist(),
            "trend_z": round(past.trend_z, 3),
            "trend_p": round(past.trend_p, 4),
            "since_ratio": past.since_ratio and round(past.since_ratio, 2),
            "since_p": past.since_p,
            "trend": {1: "rising", 0: "steady", -1: "falling"}[past.direction],
        }


@router.get("/trends", response_model=dict[str, Any])
def trends(
    request: Request,
    question: Question,
    db: Database,
    resolution: Annotated[int, Query(ge=6, le=9)] = 8,
    k: Steps = 1,
    step: StepOf = "month",
    format: Literal["columns", "patterns"] = "columns",
) -> Response:
    """Emerging hot spots: for each cell its pattern, the trend of its counts, and its series.

    Of whole weeks, months or quarters, the last sixty at most; `format=patterns` leaves the columns
    out.
    """
    studies: Studies = request.app.state.studies
    one_city(question)
    found = studies.emergence(db, question, resolution, k, step)
    numbers, sizes = np.unique(found.pattern, return_counts=True)
    answer: dict[str, Any] = {
        "by": "cell",
        "resolution": resolution,
        "k": k,
        "step": step,
        "periods": [period.key for period in found.periods],
        "last_day": (found.periods[-1].until - timedelta(seconds=1))
        .astimezone(one_city(question).zone)
        .date(),
        "since": found.periods[0].since.isoformat(),
        "until": found.periods[-1].until.isoformat(),
        "total": int(found.n.sum()),
        "few": int(found.n.sum()) < FEW_PER_PLACE * found.n.size,
        "places": len(found.cells),
        "series": found.n.sum(axis=0).tolist(),
        "classes": {
            Pattern(int(number)).code: int(n) for number, n in zip(numbers, sizes, strict=True)
        },
        "method": TREND,
    }
    if format == "columns":
        answer["columns"] = {
            "cell": cells.hexes(found.cells.tolist()),
            "category": [Pattern(int(number)).code for number in found.pattern],
            "z": _rounded(found.trend_z, 4),
            "p": _rounded(found.trend_p, 6),
            "series": np.ascontiguousarray(found.n),
        }
    return Plain(answer)


def _summary(hot: Hot) -> dict[str, Any]:
    inside = int(hot.n.sum())
    levels, sizes = np.unique(hot.level, return_counts=True)
    return {
        "total": hot.total,
        "inside": inside,
        "outside": hot.total - inside,
        "places": len(hot.places),
        "few": sparse(hot),
        "classes": {CLASSES[int(level)]: int(n) for level, n in zip(levels, sizes, strict=True)},
        "method": METHOD,
    }


def _rounded(values: np.ndarray[Any, np.dtype[np.float64]], digits: int) -> Any:
    # As an array: orjson writes it as it is, NaN as null, without a Python number for each.
    return np.round(values, digits)


def _columns(hot: Hot) -> dict[str, Any]:
    return {
        "n": hot.n,
        "value": _rounded(hot.value, 4),
        "z": _rounded(hot.z, 4),
        "p": _rounded(hot.p, 6),
        "q": _rounded(hot.q, 6),
        "class": [CLASSES[level] for level in hot.level.tolist()],
        "spot": [None if spot < 0 else spot for spot in hot.spot.tolist()],
    }


def _spot(one: Spot) -> dict[str, Any]:
    return {
        "rank": one.rank + 1,
        "n": one.n,
        "z": round(one.z, 3),
        "class": CLASSES[one.level],
        "area_km2": one.area_km2,
        "lon": round(one.lon, 6),
        "lat": round(one.lat, 6),
        "areas": list(one.areas),
        "areas_en": list(one.areas_en),
        "street": one.street,
        "bbox": cells.shape_of(one.cells.tolist()).bounds,
        "cells": cells.hexes(one.cells.tolist()),
    }


def _feature(geometry: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def _rows(columns: dict[str, Any]) -> list[dict[str, Any]]:
    """A dict for each place; NaN of an array as None."""
    plain = [
        [None if value != value else value for value in column.tolist()]  # noqa: PLR0124
        if isinstance(column, np.ndarray)
        else column
        for column in columns.values()
    ]
    return [dict(zip(columns, row, strict=True)) for row in zip(*plain, strict=True)]


def _features(answer: dict[str, Any], hot: Hot, found: list[Spot]) -> Response:
    rows = _rows({"cell": cells.hexes(hot.places.tolist()), **_columns(hot)})
    shapes = shapely.to_geojson(cells.polygons(hot.places))
    features = [_feature(orjson.loads(shape), row) for shape, row in zip(shapes, rows, strict=True)]
    return geojson(
        {"type": "FeatureCollection", "features": features, **answer}
        | {"spots": [_spot(one) for one in found]}
    )


def _area_features(db: Connection, answer: dict[str, Any], ids: tuple[int, ...]) -> Response:
    shapes = db.execute(
        text(
            "SELECT ST_AsGeoJSON(ST_SimplifyPreserveTopology(geom, 0.0002), 6) FROM area"
            " WHERE id = ANY(:ids) ORDER BY id"
        ),
        {"ids": list(ids)},
    ).scalars()
    rows = _rows(answer.pop("columns"))
    features = [_feature(orjson.loads(shape), row) for shape, row in zip(shapes, rows, strict=True)]
    return geojson({"type": "FeatureCollection", "features": features, **answer})
