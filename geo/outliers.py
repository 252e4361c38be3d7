"""Places that are like their neighbours, and places that stand out from them: local Moran's I."""

from collections.abc import Callable
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sqlalchemy import Connection

from geo import counts
from geo.filters import Filter
from geo.hotspots import (
    Floats,
    LocalMoran,
    Quadrant,
    benjamini_hochberg,
    local_moran,
)
from geo.rollup import AREA
from geo.significance import FEW_PER_PLACE, Measure, measured
from geo.study import AreaStudy, CellStudy, filled

CLASSES: Final = {
    Quadrant.NONE: "none",
    Quadrant.HIGH_HIGH: "high-high",
    Quadrant.LOW_HIGH: "low-high",
    Quadrant.LOW_LOW: "low-low",
    Quadrant.HIGH_LOW: "high-low",
}
LEVEL: Final = 0.05
# The smallest p is 2 / (permutations + 1). With so many, ten places at the smallest p are enough
# for q <= 0.05: with 999 over 5,000 cells it would take two hundred, and nothing would be found.
OFFERED: Final = (999, 9_999, 99_999)
Moran = Callable[..., LocalMoran]


class Outliers(NamedTuple):
    """Arrays of one length, a row for each place of the study."""

    places: NDArray[np.int64]
    n: NDArray[np.int64]
    value: Floats
    """What was compared: n, or a rate; NaN where it is not known, and then nothing else is."""
    i: Floats
    """Local Moran's I: above 0 like its neighbours, below 0 unlike them."""
    z: Floats
    p: Floats
    q: Floats
    quadrant: NDArray[np.int8]
    """`Quadrant` where q is at most `LEVEL`, else NONE."""
    total: int
    """All complaints that match, those outside the study included."""
    permutations: int


def sparse(found: Outliers) -> bool:
    """Whether there are too few complaints for so many places to be sure."""
    return int(found.n.sum()) < FEW_PER_PLACE * len(found.places)


def enough(places: int) -> int:
    """How many permutations the correction over so many places needs.

    >>> enough(126), enough(4_900)
    (999, 99999)
    """
    wanted = 2 * places / LEVEL / 10
    return next((one for one in OFFERED if one + 1 >= wanted), OFFERED[-1])


def _of(
    places: NDArray[np.int64],
    n: Floats,
    value: Floats,
    weights: csr_array,
    total: int,
    permutations: int | None,
    seed: int,
    moran: Moran,
) -> Outliers:
    known = np.isfinite(value)
    i, z, p, q = (np.full(len(places), np.nan) for _ in range(4))
    quadrant = np.zeros(len(places), np.int8)
    deals = enough(int(known.sum())) if permutations is None else permutations
    if known.sum() > 1:
        near = weights if known.all() else weights[known][:, known]
        found = moran(value[known], near, permutations=deals, seed=seed)
        i[known], z[known], p[known] = found.i, found.z, found.p
        q[known] = benjamini_hochberg(found.p)
        quadrant[known] = np.where(q[known] <= LEVEL, found.quadrant, Quadrant.NONE)
    return Outliers(places, n.astype(np.int64), value, i, z, p, q, quadrant, total, deals)


def cell_outliers(
    connection: Connection,
    question: Filter,
    study: CellStudy,
    resolution: int,
    *,
    permutations: int | None = None,
    seed: int = 0,
    moran: Moran = local_moran,
) -> Outliers:
    """Local Moran of every cell of a study under a filter, by one count by cell.

    `moran` may be `local_moran` in another process.
    """
    rows = connection.execute(counts.by_place(question, resolution)).all()
    total = sum(int(row.n) for row in rows)
    n = filled(study.cells, [(row.place, row.n) for row in rows])
    return _of(study.cells, n, n, study.weights, total, permutations, seed, moran)


def area_outliers(
    connection: Connection,
    question: Filter,
    study: AreaStudy,
    measure: Measure,
    *,
    permutations: int | None = None,
    seed: int = 0,
    moran: Moran = local_moran,
) -> Outliers:
    """Local Moran of every area: of its complaints, or of these per km² or per 1,000 residents."""
    ids = study.ids.tolist()
    rows = connection.execute(counts.by_place(question, AREA, ids)).all()
    total = int(connection.execute(counts.total(question)).scalar_one())
    n = filled(study.ids, [(row.place, row.n) for row in rows])
    value = measured(n, study, measure)
    return _of(study.ids, n, value, study.weights, total, permutations, seed, moran)
