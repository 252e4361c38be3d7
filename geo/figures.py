"""The figures of a view as tables: a row for each cell or area, the numbers the screen shows."""

from collections.abc import Callable, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geo import cells, counts, outliers, significance, study
from geo.area_rates import area_rates
from geo.database import sql
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.hotspots import Quadrant
from geo.names import CLASSES, PATTERNS, QUADRANTS
from geo.outliers import Outliers
from geo.significance import Hot
from geo.study import AreaStudy
from geo.trends import Pattern
from geo.view import Answers, Column, Fresh, Table, View

# With fewer the smallest p there can be says nothing; as the API has it.
LEAST_PERMUTATIONS: Final = 99
# What the page shows at most, and what a spreadsheet still opens in a moment.
MOST_CELLS: Final = 100_000


def _rounded(values: NDArray[np.float64], digits: int) -> Column:
    """Numbers as the API rounds them; what is not finite is not known."""
    # Adding zero makes no number negative that is none.
    found = np.round(values, digits) + 0.0
    return Column(np.where(np.isfinite(found), found, np.nan), digits)


def _whole(values: NDArray[np.int64]) -> Column:
    return Column(values, 0)


def _of_cells(
    connection: Connection, question: Filter, places: NDArray[np.int64]
) -> dict[str, Column]:
    """Which cell it is, where, how large, and the present area that holds its centre."""
    centres = cells.centres(places)
    held = connection.execute(
        sql("geo", "areas_of_points"),
        {
            "lon": centres[:, 0].tolist(),
            "lat": centres[:, 1].tolist(),
            "cities": [city.id for city in question.cities],
        },
    )
    areas: list[tuple[str | None, ...]] = [(None, None, None)] * len(places)
    for row in held:
        areas[row.i - 1] = (row.code, row.name, row.name_en)
    return {
        "cell": Column(cells.hexes(places.tolist())),
        "lon": _rounded(centres[:, 0], 6),
        "lat": _rounded(centres[:, 1], 6),
        "area_km2": _rounded(cells.areas_km2(places), 6),
        "area_code": Column([one[0] for one in areas]),
        "area_name": Column([one[1] for one in areas]),
        "area_name_en": Column([one[2] for one in areas]),
    }


def _shapes(connection: Connection, ids: Sequence[int]) -> tuple[bytes, ...]:
    """In the order of the ids."""
    rows = connection.execute(
        text("SELECT id, ST_AsBinary(geom) AS wkb FROM area WHERE id = ANY(:ids)"),
        {"ids": list(ids)},
    )
    held = {row.id: bytes(row.wkb) for row in rows}
    return tuple(held[one] for one in ids)


def _set_of(view: View) -> tuple[int, ...]:
    if not view.set_ids:
        raise BadFilterError("set", "areas are those of a set: say which with set=<boundary set>")
    return view.set_ids


def _resolution(view: View, finest: int) -> int:
    """Of a view of cells; raises `BadFilterError` for one they do not come in."""
    if view.measure != "n":
        raise BadFilterError("measure", "cells have one measure: n; rates are for areas (set=...)")
    if not cells.COARSEST <= view.resolution <= finest:
        raise BadFilterError(
            "resolution",
            f"{view.layer} have resolutions {cells.COARSEST} to {finest}, not {view.resolution}",
        )
    return view.resolution


def counted_cells(connection: Connection, question: Filter, view: View, _: Answers) -> Table:
    """The cells that have complaints, as `/api/v1/counts?by=cell` does."""
    resolution = _resolution(view, cells.LEAF)
    rows = connection.execute(counts.by_place(question, resolution).limit(MOST_CELLS + 1)).all()
    if len(rows) > MOST_CELLS:
        raise BadFilterError(
            "resolution",
            f"more than {MOST_CELLS:,} cells: use a coarser resolution, a bbox or an area",
        )
    places = np.array([row.place for row in rows], dtype=np.int64)
    n = np.array([int(row.n) for row in rows], dtype=np.int64)
    columns = _of_cells(connection, question, places) | {"n": _whole(n)}
    return Table(view, columns, int(n.sum()), places)


def counted_areas(connection: Connection, question: Filter, view: View, answers: Answers) -> Table:
    """All areas of a set with their rates, as `/api/v1/counts?by=area` does."""
    found = area_rates(connection, question, _set_of(view), answers)
    columns = {
        "set": Column([view.set_code] * len(found.areas)),
        "code": Column([area.code for area in found.areas]),
        "name": Column([area.name for area in found.areas]),
        "name_en": Column([area.name_en for area in found.areas]),
        "kind": Column([area.kind for area in found.areas]),
        "n": Column(found.n, 0),
        "population": Column([area.population for area in found.areas], 0),
        "area_km2": Column([round(area.area_km2, 3) for area in found.areas], 3),
        "n_per_km2": Column(found.per_km2, 3),
        "rate_per_1000": Column(found.rate, 3),
        "rate_low_per_1000": Column(found.rate_low, 3),
        "rate_high_per_1000": Column(found.rate_high, 3),
        "rate_smoothed_per_1000": Column(found.rate_smoothed, 3),
        "rate_smoothed_local_per_1000": Column(found.rate_smoothed_local, 3),
        "unusual": Column(found.unusual, 0),
        "few": Column(found.few),
    }
    facts = {"outside": found.outside, "rate_per_1000": found.overall}
    shapes = _shapes(connection, [area.id for area in found.areas])
    return Table(view, columns, found.total, shapes=shapes, facts=facts)


def _significance(hot: Hot) -> dict[str, Column]:
    codes = [significance.CLASSES[level] for level in hot.level.tolist()]
    return {
        "gi_z": _rounded(hot.z, 4),
        "p": _rounded(hot.p, 6),
        "q": _rounded(hot.q, 6),
        "class": Column(codes),
        "class_vi": Column([CLASSES[code].vi for code in codes]),
        "class_en": Column([CLASSES[code].en for code in codes]),
        "spot_rank": Column([None if spot < 0 else spot + 1 for spot in hot.spot.tolist()], 0),
    }


def _facts(hot: Hot) -> dict[str, Any]:
    return {"outside": hot.total - int(hot.n.sum()), "few": significance.sparse(hot)}


def hot_spots(connection: Connection, question: Filter, view: View, answers: Answers) -> Table:
    """Gi* of every cell of the region, or with a set of every area, as `/api/v1/hotspots` does."""
    study.one_city(question)
    if view.set_ids:
        return _hot_areas(connection, question, view, answers)
    resolution = _resolution(view, study.FINEST)
    hot = answers.hot_cells(connection, question, resolution, view.k, view.permutations, view.seed)
    columns = _of_cells(connection, question, hot.places) | {"n": _whole(hot.n)}
    return Table(view, columns | _significance(hot), hot.total, hot.places, facts=_facts(hot))


def _hot_areas(connection: Connection, question: Filter, view: View, answers: Answers) -> Table:
    region = answers.areas(connection, view.set_ids)
    hot = significance.hot_areas(
        connection, question, region, view.measure,
        permutations=view.permutations, seed=view.seed,
    )  # fmt: skip
    columns = _of_areas(region, view, hot.n, hot.value) | _significance(hot)
    shapes = _shapes(connection, hot.places.tolist())
    return Table(view, columns, hot.total, shapes=shapes, facts=_facts(hot))


def _of_areas(
    region: AreaStudy, view: View, n: NDArray[np.int64], value: NDArray[np.float64]
) -> dict[str, Column]:
    """Which area it is, its complaints, and the measure that was compared, if another."""
    columns = {
        "set": Column([view.set_code] * len(region.codes)),
        "code": Column(region.codes),
        "name": Column(region.names),
        "name_en": Column(region.names_en),
        "n": _whole(n),
        "population": Column([None if p != p else int(p) for p in region.population.tolist()], 0),  # noqa: PLR0124
        "area_km2": _rounded(region.km2, 3),
    }
    if view.measure != "n":
        named = {"rate": "rate_per_1000", "per_km2": "n_per_km2"}[view.measure]
        columns[named] = _rounded(value, 4)
    return columns


def clusters_and_outliers(
    connection: Connection, question: Filter, view: View, answers: Answers
) -> Table:
    """Local Moran of every cell, or with a set of every area, as `/api/v1/outliers` does."""
    study.one_city(question)
    if view.permutations is not None and view.permutations < LEAST_PERMUTATIONS:
        raise BadFilterError(
            "permutations", f"outliers need at least {LEAST_PERMUTATIONS}, or none given"
        )
    if view.set_ids:
        region = answers.areas(connection, view.set_ids)
        found = outliers.area_outliers(
            connection, question, region, view.measure,
            permutations=view.permutations, seed=view.seed,
        )  # fmt: skip
        columns = _of_areas(region, view, found.n, found.value) | _moran(found)
        shapes = _shapes(connection, found.places.tolist())
        return Table(view, columns, found.total, shapes=shapes, facts=_told(found))
    resolution = _resolution(view, study.FINEST)
    found = answers.outliers(connection, question, resolution, view.k, view.permutations, view.seed)
    columns = _of_cells(connection, question, found.places) | {"n": _whole(found.n)}
    return Table(view, columns | _moran(found), found.total, found.places, facts=_told(found))


def _moran(found: Outliers) -> dict[str, Column]:
    quadrants = [Quadrant(number) for number in found.quadrant.tolist()]
    return {
        "moran_i": _rounded(found.i, 4),
        "moran_z": _rounded(found.z, 4),
        "p": _rounded(found.p, 6),
        "q": _rounded(found.q, 6),
        "class": Column([outliers.CLASSES[one] for one in quadrants]),
        "class_vi": Column([QUADRANTS[one].vi for one in quadrants]),
        "class_en": Column([QUADRANTS[one].en for one in quadrants]),
    }


def _told(found: Outliers) -> dict[str, Any]:
    return {
        "outside": found.total - int(found.n.sum()),
        "few": outliers.sparse(found),
        "permutations": found.permutations,
    }


def trends(connection: Connection, question: Filter, view: View, answers: Answers) -> Table:
    """Every cell with its pattern, trend and series, as `/api/v1/trends` does."""
    resolution = _resolution(view, study.FINEST - 1)
    found = answers.emergence(connection, question, resolution, view.k, view.step)
    patterns = [Pattern(number) for number in found.pattern.tolist()]
    columns = _of_cells(connection, question, found.cells) | {
        "n": _whole(found.n.sum(axis=1)),
        "pattern": Column([one.code for one in patterns]),
        "pattern_vi": Column([PATTERNS[one].vi for one in patterns]),
        "pattern_en": Column([PATTERNS[one].en for one in patterns]),
        "trend_z": _rounded(found.trend_z, 4),
        "trend_p": _rounded(found.trend_p, 6),
    }
    for number, period in enumerate(found.periods):
        columns[f"n_{period.key.replace('-', '_')}"] = _whole(found.n[:, number].copy())
    total = int(found.n.sum())
    facts = {
        "since": found.periods[0].since,
        "until": found.periods[-1].until,
        "few": total < significance.FEW_PER_PLACE * found.n.size,
    }
    return Table(view, columns, total, found.cells, facts=facts)


LAYERS: Final[dict[str, Callable[[Connection, Filter, View, Answers], Table]]] = {
    "cells": counted_cells,
    "areas": counted_areas,
    "hotspots": hot_spots,
    "trends": trends,
    "outliers": clusters_and_outliers,
}

# Layers that show areas where a view has a boundary set.
BY_AREA: Final = ("areas", "hotspots", "outliers")


def table(
    connection: Connection, question: Filter, view: View, answers: Answers | None = None
) -> Table:
    """The figures of a view; the caller's transaction makes them one snapshot.

    Raises `BadFilterError` for a layer or resolution that is not there, and where a layer needs
    what the view leaves open.
    """
    made = LAYERS.get(view.layer)
    if made is None:
        raise BadFilterError("layer", f"no layer {view.layer!r}; there are: {', '.join(LAYERS)}")
    return made(connection, question, view, answers or Fresh())
