"""Which places have more, or fewer, complaints around them than chance would give."""

from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sqlalchemy import Connection

from geo import cells, counts, streets
from geo.filters import Filter
from geo.hotspots import (
    benjamini_hochberg,
    getis_ord,
    joined,
    permutation_p,
    significance_class,
)
from geo.rollup import AREA
from geo.streets import Tallies
from geo.study import AreaStudy, CellStudy, Held, filled

Measure = Literal["n", "per_km2", "rate"]
MOST_SPOTS: Final = 200
# So many of the strongest have a street, for which so many of their cells are looked at.
STREETS, NAMED_BY = 20, 8
# Below this mean, null maps of cells (k = 1) show false hot spots three times as often as they say.
FEW_PER_PLACE: Final = 2.0
# Below this one, so often that p comes from permutations, enough of them for the correction over
# thousands of cells. Between the two the normal p is kept: permutations would find next to none.
FEWER_PER_PLACE: Final = 0.5
WHERE_FEWER: Final = 29_999
CLASSES: Final = {
    3: "hot99", 2: "hot95", 1: "hot90", 0: "none", -1: "cold90", -2: "cold95", -3: "cold99",
}  # fmt: skip


class Hot(NamedTuple):
    """Arrays of one length, a row for each place of the study."""

    places: NDArray[np.int64]
    n: NDArray[np.int64]
    value: NDArray[np.float64]
    """What was compared: n, or a rate; NaN where it is not known, and then nothing else is."""
    z: NDArray[np.float64]
    p: NDArray[np.float64]
    q: NDArray[np.float64]
    level: NDArray[np.int8]
    """3, 2, 1: hot at 99, 95, 90 % of confidence after correction; negative: cold; 0: neither."""
    spot: NDArray[np.int64]
    """The hot spot a place belongs to, the strongest first from 0; -1 for none."""
    total: int
    """All complaints that match, those outside the study included."""
    held: Held | None = None
    """Of cells: the areas they lie in."""


def sparse(hot: Hot) -> bool:
    """Whether there are too few complaints for so many places for p to be what it says."""
    return float(hot.n.sum()) < FEW_PER_PLACE * len(hot.places)


def _of(
    places: NDArray[np.int64],
    n: NDArray[np.float64],
    value: NDArray[np.float64],
    weights: csr_array,
    direct: csr_array,
    total: int,
    permutations: int | None,
    seed: int,
) -> Hot:
    known = np.isfinite(value)
    z, p, q = (np.full(len(places), np.nan) for _ in range(3))
    level, spot = np.zeros(len(places), np.int8), np.full(len(places), -1, np.int64)
    if known.sum() > 1:
        near = weights if known.all() else weights[known][:, known]
        z[known], p[known] = getis_ord(value[known], near)
        if permutations is None:
            fewer = float(n.sum()) < FEWER_PER_PLACE * len(places)
            permutations = WHERE_FEWER if fewer and n.any() else 0
        if permutations:
            p[known] = permutation_p(value[known], near, permutations=permutations, seed=seed)
        q[known] = benjamini_hochberg(p[known])
        level[known] = significance_class(z[known], q[known])
        spot = joined(level, direct)
        # Cells that are hot by what lies around them alone are no place to go to.
        there = spot >= 0
        empty = np.flatnonzero(np.bincount(spot[there], weights=n[there]) == 0)
        spot[np.isin(spot, empty)] = -1
        spot[known] = _ranked(spot[known], z[known])
    return Hot(places, n.astype(np.int64), value, z, p, q, level, spot, total)


def _ranked(labels: NDArray[np.int64], z: NDArray[np.float64]) -> NDArray[np.int64]:
    """The labels numbered anew by the sum of their z, the largest first."""
    there = labels >= 0
    if not there.any():
        return labels
    used, label = np.unique(labels[there], return_inverse=True)
    strength = np.bincount(label, weights=z[there])
    rank = np.empty(len(used), dtype=np.int64)
    rank[np.argsort(-strength, kind="stable")] = np.arange(len(used))
    ranked = np.full(len(labels), -1, dtype=np.int64)
    ranked[there] = rank[label]
    return ranked


def hot_cells(
    connection: Connection,
    question: Filter,
    study: CellStudy,
    resolution: int,
    *,
    permutations: int | None = None,
    seed: int = 0,
) -> Hot:
    """Gi* of every cell of a study under a filter, by one count by cell.

    p is normal, or by permutation where that is asked for, or, if nothing is (None), where there
    are very few.
    """
    rows = connection.execute(counts.by_place(question, resolution)).all()
    total = sum(int(row.n) for row in rows)
    n = filled(study.cells, [(row.place, row.n) for row in rows])
    found = _of(study.cells, n, n, study.weights, study.direct, total, permutations, seed)
    return found._replace(held=study.held)


def hot_areas(
    connection: Connection,
    question: Filter,
    study: AreaStudy,
    measure: Measure,
    *,
    permutations: int | None = None,
    seed: int = 0,
) -> Hot:
    """Gi* of every area: of its complaints, or of these per km² or per 1,000 residents."""
    ids = study.ids.tolist()
    rows = connection.execute(counts.by_place(question, AREA, ids)).all()
    total = int(connection.execute(counts.total(question)).scalar_one())
    n = filled(study.ids, [(row.place, row.n) for row in rows])
    value = measured(n, study, measure)
    return _of(study.ids, n, value, study.weights, study.weights, total, permutations, seed)


def measured(n: NDArray[np.float64], study: AreaStudy, measure: Measure) -> NDArray[np.float64]:
    """The counts of areas as they are compared; NaN where the residents are not known."""
    if measure == "per_km2":
        return n / study.km2
    if measure == "rate":
        return 1000 * n / np.where(study.population > 0, study.population, np.nan)
    return n


class Spot(NamedTuple):
    """Neighbouring cells that are significantly hot, as one."""

    rank: int
    cells: NDArray[np.int64]
    n: int
    z: float
    """The largest of its cells."""
    level: int
    area_km2: float
    lon: float
    lat: float
    areas: tuple[str, ...]
    """Names of the present areas its cells lie in, the one with most complaints first: those of a
    cell are shared out by how much of it lies in each."""
    areas_en: tuple[str, ...]
    street: str | None
    """The street most of its addresses name."""


def spots(connection: Connection, hot: Hot, tallies: Tallies = streets.tallies) -> list[Spot]:
    """The hot spots of a study, the strongest first, with names; at most `MOST_SPOTS`.

    `tallies` may remember the streets of a cell, which hardly change.
    """
    found = []
    for rank in range(min(MOST_SPOTS, int(hot.spot.max(initial=-1)) + 1)):
        at = np.flatnonzero(hot.spot == rank)
        # Around one cell that holds all of it z is the same: the spot is where the complaints are.
        at = at[np.lexsort((-hot.n[at], -np.round(hot.z[at], 9)))]
        found.append(at)
    names = [_names(hot, at) for at in found]
    naming = [hot.places[at[:NAMED_BY]].tolist() for at in found[:STREETS]]
    tally = tallies(connection, sorted({place for some in naming for place in some}))
    on = [streets.street([tally[place] for place in some]) for some in naming]
    centres = cells.centres(hot.places[np.array([at[0] for at in found], dtype=np.int64)])
    return [
        Spot(
            rank,
            hot.places[at],
            int(hot.n[at].sum()),
            float(hot.z[at[0]]),
            int(hot.level[at].max()),
            round(float(cells.areas_km2(hot.places[at]).sum()), 3),
            float(centre[0]),
            float(centre[1]),
            *name,
            on[rank] if rank < len(on) else None,
        )
        for rank, (at, centre, name) in enumerate(zip(found, centres, names, strict=True))
    ]


def _names(hot: Hot, at: NDArray[np.int64]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Up to three names of areas for a spot, in both languages."""
    if hot.held is None:
        return (), ()
    # A cell that is hot by its neighbours alone has a name too.
    weights = np.maximum(hot.n[at], 0.01) @ hot.held.share[at]
    first = np.argsort(-weights, kind="stable")[:3]
    used = [int(area) for area in first if weights[area] > 0]
    return (
        tuple(hot.held.names[area] for area in used),
        tuple(hot.held.names_en[area] for area in used),
    )
