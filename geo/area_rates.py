"""Complaints of the areas of a set, with rates and what chance would carry."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from geo import counts, rates, study
from geo.filters import Filter
from geo.rollup import AREA
from geo.view import Answers

LEVELS: Final = (0.95, 0.998)
"""Shares of what chance does that the limits of a funnel plot hold."""
CURVE_POINTS: Final = 80
CURVE_DIGITS: Final = 6
# The curves go on a little beyond the smallest and the largest area.
MARGIN: Final = 1.15

Limits = list[list[float]]
"""[low, high] per 1,000 residents for each of `LEVELS`."""


class AreaRates(NamedTuple):
    """A row for each area, by code; rates are per 1,000 residents, None where these are unknown."""

    areas: tuple[Row[Any], ...]
    """Rows (id, code, name, name_en, kind, population, area_km2)."""
    n: list[int]
    rate: list[float | None]
    rate_low: list[float | None]
    """The exact 95 % interval of the rate."""
    rate_high: list[float | None]
    rate_smoothed: list[float | None]
    """The empirical Bayes estimate."""
    rate_smoothed_local: list[float | None]
    """The same, drawn towards the area and those that touch it instead of the whole city."""
    limits: list[Limits | None]
    """How far chance alone would carry the rate of so many residents from the overall rate."""
    unusual: list[int]
    """1 or -1 where chance alone would carry a rate so far one time in 500."""
    few: list[bool]
    per_km2: list[float]
    total: int
    """All complaints that match, those outside every area of the set included."""
    overall: float | None
    """The rate of all areas together."""

    @property
    def outside(self) -> int:
        """Complaints in no area of the set."""
        return self.total - sum(self.n)


class Curves(NamedTuple):
    """The limits of a funnel plot as smooth curves, per 1,000 residents."""

    population: list[int]
    """Ascending, shape (m,)."""
    lower: list[list[float]]
    """Of each of `LEVELS`; a rate below is outside. Shape (k, m)."""
    upper: list[list[float]]
    """A rate on it or above is outside."""


def area_rates(
    connection: Connection, question: Filter, ids: Sequence[int], answers: Answers
) -> AreaRates:
    """The areas with these ids under a filter; formulas in `geo.rates`.

    `answers` knows which areas touch, and is asked only where anyone's number is known.
    """
    held = {
        int(row.place): int(row.n)
        for row in connection.execute(counts.by_place(question, AREA, ids))
    }
    areas = connection.execute(
        text(
            "SELECT id, code, name, name_en, kind, population, area_km2 FROM area"
            " WHERE id = ANY(:ids) ORDER BY code"
        ),
        {"ids": list(ids)},
    ).all()
    n = [held.get(area.id, 0) for area in areas]
    # A stored count is never below zero; pending changes of a moment may leave one there.
    events = np.maximum(np.array(n, dtype=np.int64), 0)
    people = np.array([area.population or np.nan for area in areas], dtype=np.float64)
    interval, smoothed = rates.rate_interval(events, people), rates.empirical_bayes(events, people)
    local: dict[int, float | None] = {}
    if np.isfinite(people).any():
        local = _local(answers.areas(connection, tuple(ids)), held)
    funnel = rates.funnel(events, people, LEVELS)
    return AreaRates(
        tuple(areas),
        n,
        [
            round(count * 1000 / area.population, 3) if area.population else None
            for count, area in zip(n, areas, strict=True)
        ],
        _per_1000(interval.lower),
        _per_1000(interval.upper),
        _per_1000(smoothed),
        [local.get(area.id) for area in areas],
        _limits(funnel),
        funnel.outside[LEVELS.index(0.998)].tolist(),
        funnel.few.tolist(),
        [round(count / area.area_km2, 3) for count, area in zip(n, areas, strict=True)],
        int(connection.execute(counts.total(question)).scalar_one()),
        _per_1000(np.array([funnel.overall]))[0],
    )


def curves(found: AreaRates) -> Curves | None:
    """The limits between and a little beyond the areas' populations; None where none is known."""
    known = [
        (int(area.population), n)
        for area, n in zip(found.areas, found.n, strict=True)
        if area.population
    ]
    if not known:
        return None
    people, n = zip(*known, strict=True)
    grid = np.geomspace(max(1.0, min(people) / MARGIN), max(people) * MARGIN, CURVE_POINTS)
    population = np.unique(np.round(grid).astype(np.int64))
    overall = sum(max(0, one) for one in n) / sum(people)
    lower, upper = rates.funnel_curves(overall, population, LEVELS)
    return Curves(population.tolist(), *(_rounded(one * 1000) for one in (lower, upper)))


def _local(region: study.AreaStudy, held: dict[int, int]) -> dict[int, float | None]:
    """Locally smoothed rates by the area's id."""
    events = np.maximum(study.filled(region.ids, list(held.items())), 0)
    smoothed = rates.spatial_empirical_bayes(events, region.population, region.weights)
    return dict(zip(region.ids.tolist(), _per_1000(smoothed), strict=True))


def _limits(funnel: rates.Funnel) -> list[Limits | None]:
    both = np.stack([funnel.lower, funnel.upper], axis=-1).transpose(1, 0, 2) * 1000
    return [None if np.isnan(one).any() else _rounded(one) for one in both]


def _rounded(values: NDArray[np.float64]) -> list[list[float]]:
    found: list[list[float]] = np.round(values, CURVE_DIGITS).tolist()
    return found


def _per_1000(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value) * 1000, 3) for value in values]
