"""The density of complaints under any filter, from counts by cell, ready to be drawn."""

from typing import Final, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, counts
from geo.bbox import BBox
from geo.density import Correction, Density, Kernel, density
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.scan import EARTH_M
from geo.study import region

Floats = NDArray[np.float64]
Crs = Literal["3857", "4326"]
# As a picture: finer than a screen shows of a whole city, 1.4 MB as floats.
MOST_SIDE: Final = 600
# A cell of a fifth of the bandwidth: the exact sum within 2 % of the highest (see the tests).
CELLS_PER_BANDWIDTH: Final = 5
# A quartic kernel is as smooth as a Gaussian of so many times less bandwidth.
QUARTIC: Final = float(np.sqrt(8))
# Complaints are put into the middle of their cell, which lies off by 0.64 of its edge: 7 m in
# leaves, 18 m at resolution 11, 49 m at 10. That far one single hill is moved. Of many complaints
# the errors cancel: with thousands the surface is off by less than 2 % of its highest value (see
# the tests). So few are counted in leaves, one by one; more at resolution 10, whose counts are
# stored and the same work for any number, or for small bandwidths at 11.
FEW: Final = 300_000
STORED, SINGLE = 10, 11
STORED_FROM_M: Final = 400.0
CLASSES: Final = 6


class Surface(NamedTuple):
    """A grid of square cells in metres at the region's middle latitude."""

    per_km2: Floats
    """Complaints per km², NaN outside of the region; shape (rows, columns), the north first."""
    bounds: BBox
    crs: Crs
    """Rows are equal steps of: latitude (4326), or Web Mercator's y (3857)."""
    cell_m: float
    resolution: int
    """Of the H3 cells in whose middles complaints were taken to lie."""
    total: int
    outside: float
    """Complaints too far outside of the region to take part."""
    breaks: tuple[float, ...]
    """Where the second and later classes begin; each class holds an equal share of all."""


def surface(
    connection: Connection,
    question: Filter,
    *,
    bandwidth_m: float,
    cell_m: float | None = None,
    kernel: Kernel = Kernel.GAUSSIAN,
    correction: Correction = Correction.MASS,
    crs: Crs = "3857",
) -> Surface:
    """Kernel density of the complaints that match, over the region of the question.

    Without `cell_m` cells are a fifth of the bandwidth, or what makes `MOST_SIDE` of them. Raises
    `BadFilterError` where the region is too large for the bandwidth, or has no area.
    """
    shape = region(connection, question)
    side_m = _cell(shape, bandwidth_m, cell_m)
    smooth_m = bandwidth_m / (QUARTIC if kernel is Kernel.QUARTIC else 1.0)
    total = int(connection.execute(counts.total(question)).scalar_one())
    resolution = resolution_for(total, smooth_m)
    rows = connection.execute(counts.by_place(question, resolution)).all()
    places = np.array([row.place for row in rows], dtype=np.int64)
    n = np.array([int(row.n) for row in rows], dtype=np.float64)
    try:
        found = density(
            cells.centres(places), n, shape,
            bandwidth_m=bandwidth_m, cell_m=side_m, kernel=kernel, correction=correction,
        )  # fmt: skip
    except ValueError as error:
        raise BadFilterError("bandwidth_m", f"{error}: choose another bandwidth or area") from None
    values = mercator_rows(found) if crs == "3857" else found.per_km2
    return Surface(
        values,
        found.bounds,
        crs,
        found.cell_m,
        resolution,
        total,
        found.outside,
        equal_shares(found.per_km2, CLASSES),
    )


def resolution_for(total: int, smooth_m: float) -> int:
    """In the middles of which cells so many complaints are taken to lie."""
    if total <= FEW:
        return cells.LEAF
    return STORED if smooth_m >= STORED_FROM_M else SINGLE


def _cell(shape: shapely.Geometry, bandwidth_m: float, asked: float | None) -> float:
    west, south, east, north = map(float, shape.bounds)
    if not shape.area > 0:
        raise BadFilterError("bbox", "the region has no area: choose a larger box")
    metre = float(np.radians(1.0)) * EARTH_M
    wide = (east - west) * metre * float(np.cos(np.radians((south + north) / 2)))
    longest = max(wide, (north - south) * metre)
    least = longest / MOST_SIDE
    cell_m = max(bandwidth_m / CELLS_PER_BANDWIDTH, least) if asked is None else asked
    if cell_m > bandwidth_m / 2:
        if asked is not None:
            raise BadFilterError("cell_m", f"cell_m is at most half of bandwidth_m: {bandwidth_m}")
        raise BadFilterError(
            "bandwidth_m",
            f"a bandwidth of {bandwidth_m:g} m needs more than {MOST_SIDE} x {MOST_SIDE} cells"
            f" here: choose one of at least {np.ceil(2 * least):.0f} m, or some areas or a box",
        )
    if cell_m < least * (1 - 1e-9):
        raise BadFilterError(
            "cell_m",
            f"more than {MOST_SIDE} x {MOST_SIDE} cells: choose cell_m of at least"
            f" {np.ceil(least):.0f}, or leave it out",
        )
    return cell_m


def mercator_rows(found: Density) -> Floats:
    """The same surface in as many rows that are equal steps in Web Mercator instead of in degrees.

    What a map shows that stretches a picture between four corners. Each row is interpolated
    between the two nearest; at the region's edge it is the nearest one. Over Hanoi's 0.8 degrees
    rows of equal degrees would lie up to 60 m off.
    """
    rows, box = len(found.per_km2), found.bounds
    low, high = (np.arcsinh(np.tan(np.radians(lat))) for lat in (box.south, box.north))
    y = high - (np.arange(rows) + 0.5) / rows * (high - low)
    lat = np.degrees(np.arctan(np.sinh(y)))
    at = np.clip((box.north - lat) / (box.north - box.south) * rows - 0.5, 0, rows - 1)
    before = np.floor(at).astype(np.int64)
    after = np.minimum(before + 1, rows - 1)
    share = (at - before)[:, None]
    mixed = (1 - share) * found.per_km2[before] + share * found.per_km2[after]
    nearest = found.per_km2[np.rint(at).astype(np.int64)]
    return np.asarray(np.where(np.isnan(mixed) | np.isnan(nearest), nearest, mixed))


def equal_shares(per_km2: Floats, k: int) -> tuple[float, ...]:
    """Lower bounds of the second and later of `k` classes that hold as many events each.

    So the highest class is the smallest area that holds a k-th of all; the rounding to three digits
    moves little. Fewer come back where one value holds more.

    >>> equal_shares(np.array([[4.0, 1, 1], [1, 1, np.nan]]), 2)
    (4.0,)
    """
    values = np.sort(per_km2[per_km2 > 0])
    if not len(values):
        return ()
    held = np.cumsum(values)
    at = np.searchsorted(held, held[-1] * np.arange(1, k) / k, "right")
    bounds = [float(f"{values[min(one, len(values) - 1)]:.3g}") for one in at]
    return tuple(sorted(set(bounds)))
