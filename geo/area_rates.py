"""Complaints of the areas of a set, with rates and what chance would carry."""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, text

from geo import counts, rates
from geo.filters import Filter
from geo.rollup import AREA


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


def area_rates(connection: Connection, question: Filter, ids: Sequence[int]) -> AreaRates:
    """The areas with these ids under a filter; formulas in `geo.rates`."""
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
    funnel = rates.funnel(events, people, levels=(0.998,))
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
        funnel.outside[0].tolist(),
        funnel.few.tolist(),
        [round(count / area.area_km2, 3) for count, area in zip(n, areas, strict=True)],
        int(connection.execute(counts.total(question)).scalar_one()),
        _per_1000(np.array([funnel.overall]))[0],
    )


def _per_1000(values: NDArray[np.float64]) -> list[float | None]:
    return [None if np.isnan(value) else round(float(value) * 1000, 3) for value in values]
