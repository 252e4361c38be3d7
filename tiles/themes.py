"""What a map shows: places with their values or classes, whatever it is drawn with."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import outliers as local
from geo.bbox import BBox
from geo.cells import polygons
from geo.classes import Method
from geo.emergence import Emergence
from geo.errors import BadFilterError
from geo.hotspots import Quadrant
from geo.significance import CLASSES, FEW_PER_PLACE, Hot, Spot, sparse
from geo.trends import Pattern
from tiles.legend import HOT, OUTLIERS, PATTERNS, Mark, Measure, classes, measures
from tiles.report_figures import Ground, read_cells

Shapes = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Classed:
    """Places coloured by a value; arrays of one length."""

    kind: Literal["cells", "areas"]
    measure: Measure
    shapes: Shapes
    """Polygons in degrees."""
    values: NDArray[np.float64]
    """NaN where it is not known."""
    breaks: tuple[float, ...]
    resolution: int | None

    @property
    def whole(self) -> bool:
        """Whether values are numbers of complaints."""
        return self.measure == "n"


@dataclass(frozen=True, slots=True)
class Marked:
    """Cells marked by what a statistic says of them; arrays of one length, every cell there."""

    kind: Literal["hotspots", "trends", "outliers"]
    cells: NDArray[np.int64]
    n: NDArray[np.int64]
    codes: tuple[str, ...]
    z: NDArray[np.float64]
    """Gi* of hot spots; of trends Mann-Kendall of the counts; of outliers that of local Moran."""
    resolution: int
    few: bool
    """Too few complaints for so many cells."""
    spots: tuple[Spot, ...] = ()
    periods: tuple[date, date, int] | None = None
    """Of trends: the first and the last day, and how many periods."""
    permutations: int = 0
    """Of outliers: how many p comes from."""

    @property
    def marks(self) -> dict[str, Mark]:
        return {"hotspots": HOT, "trends": PATTERNS, "outliers": OUTLIERS}[self.kind]

    @property
    def found(self) -> NDArray[np.int64]:
        """Indexes of the cells that have a class other than none."""
        return np.array([i for i, code in enumerate(self.codes) if code != "none"], dtype=np.int64)


Theme = Classed | Marked


def cells(
    connection: Connection,
    ground: Ground,
    view: BBox,
    resolution: int | None,
    method: Method = "quantile",
) -> Classed:
    """Cells by their number of complaints; a resolution that is not given is fit for the view."""
    found, places, n = read_cells(connection, ground.question, view, resolution)
    bounds = classes(n.tolist(), method=method)
    return Classed("cells", "n", polygons(places), n.astype(float), tuple(bounds), found)


def areas(ground: Ground, measure: Measure = "n", method: Method = "quantile") -> Classed:
    """Areas by a measure; raises `BadFilterError` where it is not known of any."""
    told = measures(ground.areas).get(measure)
    if told is None:
        raise BadFilterError(
            "measure", "no population of these areas is known: there is n, and per_km2"
        )
    values = np.array([np.nan if one is None else one for one in told], dtype=np.float64)
    bounds = classes([one for one in told if one is not None], method=method)
    return Classed("areas", measure, shapes_of(ground), values, tuple(bounds), None)


def shapes_of(ground: Ground) -> Shapes:
    """The areas as polygons in degrees."""
    found = np.empty(len(ground.areas), dtype=object)
    for i, one in enumerate(ground.areas):
        found[i] = shapely.geometry.shape(one.shape)
    return found


def hot_spots(hot: Hot, spots: Sequence[Spot], resolution: int) -> Marked:
    """The cells of a study with their classes."""
    return Marked(
        "hotspots",
        hot.places,
        hot.n,
        tuple(CLASSES[int(level)] for level in hot.level),
        hot.z,
        resolution,
        sparse(hot),
        spots=tuple(spots),
    )


def outliers(found: local.Outliers, resolution: int) -> Marked:
    """The cells of a study, and how each stands to those beside it."""
    return Marked(
        "outliers",
        found.places,
        found.n,
        tuple(local.CLASSES[Quadrant(number)] for number in found.quadrant.tolist()),
        found.z,
        resolution,
        local.sparse(found),
        permutations=found.permutations,
    )


def trends(found: Emergence, resolution: int) -> Marked:
    """The cells of a study with their patterns."""
    total = int(found.n.sum())
    zone_day = date.fromisoformat(found.periods[-1].key)
    length = found.periods[-1].until - found.periods[-1].since
    # An hour more or less on the day of a change of clocks.
    last = zone_day + timedelta(days=round(length / timedelta(days=1)) - 1)
    return Marked(
        "trends",
        found.cells,
        found.n.sum(axis=1),
        tuple(Pattern(int(number)).code for number in found.pattern),
        found.trend_z,
        resolution,
        total < FEW_PER_PLACE * found.n.size,
        periods=(date.fromisoformat(found.periods[0].key), last, len(found.periods)),
    )
