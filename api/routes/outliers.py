"""Which places are like their neighbours and which stand out from them; everyone may read."""

from typing import Annotated, Any, Literal

import numpy as np
import orjson
import shapely
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import text

from api.dependencies import EVERYONE, Database
from api.query import Question, areas_of_set
from api.routes.hotspots import ANSWERS, MOST_FEATURES, Plain, Resolution, Steps
from api.routes.reading import geojson
from api.studies import Studies
from geo import cells, outliers
from geo.errors import BadFilterError
from geo.hotspots import Quadrant
from geo.outliers import CLASSES, Outliers
from geo.significance import Measure
from geo.study import one_city

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
METHOD = (
    "local Moran's I (Anselin 1995) of all cells or areas of the region, zeros included; two-sided"
    " p by conditional permutation, corrected for the false discovery rate (Benjamini & Hochberg"
    " 1995) as q; the class is told where q is at most 0.05"
)
SHAPES = (
    "SELECT ST_AsGeoJSON(ST_SimplifyPreserveTopology(geom, 0.0002), 6) FROM area"
    " WHERE id = ANY(:ids) ORDER BY id"
)


@router.get("/outliers", responses=ANSWERS, response_model=dict[str, Any])
def found(
    request: Request,
    question: Question,
    db: Database,
    resolution: Resolution = 8,
    set: str | None = None,
    k: Steps = 1,
    measure: Measure = "n",
    permutations: Annotated[int | None, Query(ge=99, le=99_999)] = None,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    format: Literal["columns", "geojson", "summary"] = "columns",
) -> Response:
    """Local Moran of each cell, or with `set` of each area: n, i, z, p, q and class.

    `high-high` and `low-low` are like their neighbours; `high-low` and `low-high` stand out from
    them. p comes from `permutations`, the same for the same `seed`; without a number, from as many
    as the correction needs (999 for some hundred areas). `set` leaves resolution and k aside.
    `format=summary` leaves the columns out.
    """
    studies: Studies = request.app.state.studies
    one_city(question)
    if set is None:
        if measure != "n":
            raise BadFilterError("measure", "cells have one measure: n; rates need set=...")
        one = studies.outliers(db, question, resolution, k, permutations, seed)
        answer: dict[str, Any] = {"by": "cell", "resolution": resolution, "k": k}
        labels: dict[str, Any] = {"cell": cells.hexes(one.places.tolist())}
    else:
        ids = areas_of_set(request, set)
        region = studies.areas(db, ids)
        one = outliers.area_outliers(
            db, question, region, measure, permutations=permutations, seed=seed
        )
        answer = {"by": "area", "set": set, "measure": measure}
        labels = {
            "code": list(region.codes), "name": list(region.names), "name_en": list(region.names_en)
        }  # fmt: skip
    answer |= _summary(one, seed)
    if format == "summary":
        return Plain(answer)
    columns = labels | _columns(one)
    if format == "columns":
        return Plain(answer | {"columns": columns})
    if len(one.places) > MOST_FEATURES:
        raise BadFilterError(
            "format", f"more than {MOST_FEATURES:,} cells: ask for columns, or a coarser resolution"
        )
    if set is None:
        shapes = list(shapely.to_geojson(cells.polygons(one.places)))
    else:
        shapes = list(db.execute(text(SHAPES), {"ids": one.places.tolist()}).scalars())
    return geojson({"type": "FeatureCollection", "features": _features(shapes, columns), **answer})


def _summary(one: Outliers, seed: int) -> dict[str, Any]:
    inside = int(one.n.sum())
    numbers, sizes = np.unique(one.quadrant, return_counts=True)
    return {
        "total": one.total,
        "inside": inside,
        "outside": one.total - inside,
        "places": len(one.places),
        "few": outliers.sparse(one),
        "permutations": one.permutations,
        "seed": seed,
        "classes": {
            CLASSES[Quadrant(int(number))]: int(n) for number, n in zip(numbers, sizes, strict=True)
        },
        "method": METHOD,
    }


def _columns(one: Outliers) -> dict[str, Any]:
    return {
        "n": one.n,
        "value": np.round(one.value, 4),
        "i": np.round(one.i, 4),
        "z": np.round(one.z, 4),
        "p": np.round(one.p, 6),
        "q": np.round(one.q, 6),
        "class": [CLASSES[Quadrant(number)] for number in one.quadrant.tolist()],
    }


def _features(shapes: list[str], columns: dict[str, Any]) -> list[dict[str, Any]]:
    """One for each shape; NaN of a column as None."""
    lists = [
        column.tolist() if isinstance(column, np.ndarray) else column for column in columns.values()
    ]
    rows = (
        {name: None if value != value else value for name, value in zip(columns, row, strict=True)}  # noqa: PLR0124
        for row in zip(*lists, strict=True)
    )
    return [
        {"type": "Feature", "geometry": orjson.loads(shape), "properties": row}
        for shape, row in zip(shapes, rows, strict=True)
    ]
