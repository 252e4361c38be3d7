"""How many events there are per square kilometre, as a smooth surface over a region."""

from enum import StrEnum
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray
from scipy.fft import irfft2, next_fast_len, rfft2

from geo.bbox import BBox
from geo.scan import EARTH_M

Floats = NDArray[np.float64]

# Cells of the grid worked on, margins included: some 300 MB.
MOST: Final = 4_000_000
# Where a Gaussian kernel ends, in bandwidths: 1 in 270,000 lies beyond.
REACH: Final = 5.0
# A point with less of its kernel in the region takes no part: it is 1.3 bandwidths outside.
LEAST: Final = 0.1


class Kernel(StrEnum):
    """`GAUSSIAN`: the bandwidth is its standard deviation; `QUARTIC`: the radius where it ends."""

    GAUSSIAN = "gaussian"
    QUARTIC = "quartic"


class Correction(StrEnum):
    """What is done about the part of a kernel that lies outside of the region."""

    MASS = "mass"
    """Each point's kernel is divided by what of it is inside: no event is lost."""
    UNIFORM = "uniform"
    """Each place's sum is divided by what of a kernel there is inside: even density stays even."""
    NONE = "none"


class Density(NamedTuple):
    per_km2: Floats
    """Events per km², NaN outside of the region; shape (rows, columns), the north first."""
    bounds: BBox
    """The outer edges of the outer cells."""
    cell_m: float
    """Side of a cell, which is square in metres at the middle latitude."""
    outside: float
    """Weight of the points that lie too far outside of the region to take part."""

    @property
    def events(self) -> float:
        """What the surface adds up to."""
        return float(np.nansum(self.per_km2) * self.cell_m**2 / 1e6)


class _Grid(NamedTuple):
    """Square cells in metres, x to the east and y to the north of a corner in degrees."""

    west: float
    south: float
    x_m: float
    """Metres of a degree of longitude."""
    y_m: float
    cell_m: float
    rows: int
    columns: int

    @classmethod
    def over(cls, region: shapely.Geometry, cell_m: float) -> "_Grid":
        """Whole cells around the middle of the region; raises ValueError for too many."""
        west, south, east, north = map(float, region.bounds)
        y_m = float(np.radians(1.0) * EARTH_M)
        x_m = y_m * float(np.cos(np.radians((south + north) / 2)))
        columns = max(1, int(np.ceil((east - west) * x_m / cell_m)))
        rows = max(1, int(np.ceil((north - south) * y_m / cell_m)))
        west -= (columns * cell_m / x_m - (east - west)) / 2
        south -= (rows * cell_m / y_m - (north - south)) / 2
        return cls(west, south, x_m, y_m, cell_m, rows, columns)

    @property
    def bounds(self) -> BBox:
        east = self.west + self.columns * self.cell_m / self.x_m
        return BBox(self.west, self.south, east, self.south + self.rows * self.cell_m / self.y_m)

    def centres(self) -> tuple[Floats, Floats]:
        """Lon (columns,) and lat (rows,), the south first."""
        lon = self.west + (np.arange(self.columns) + 0.5) * (self.cell_m / self.x_m)
        lat = self.south + (np.arange(self.rows) + 0.5) * (self.cell_m / self.y_m)
        return np.asarray(lon), np.asarray(lat)

    def placed(self, points: Floats) -> tuple[Floats, Floats]:
        """Column and row of points in degrees, whole in the middle of a cell."""
        column = (points[:, 0] - self.west) * self.x_m / self.cell_m - 0.5
        return column, (points[:, 1] - self.south) * self.y_m / self.cell_m - 0.5


def density(
    points: ArrayLike,
    weights: ArrayLike | None,
    region: shapely.Geometry,
    *,
    bandwidth_m: float,
    cell_m: float,
    kernel: Kernel = Kernel.GAUSSIAN,
    correction: Correction = Correction.MASS,
) -> Density:
    """Kernel density of the points of a region, corrected at its edges.

    `points` (n, 2): lon, lat in degrees, of events or of the H3 cells that hold them; `weights`
    (n,), how many at each, 1 if None; `region`, a polygon or several in degrees. A point just
    outside of the region, as the centre of a cell on its edge may be, counts as one of it; those
    farther off are left out and told as `outside`.

    Each event is spread by the kernel (B. W. Silverman, Density Estimation, 1986, section 4.2).
    MASS divides the kernel of each event by its share inside of the region (M. C. Jones, "Simple
    boundary correction for kernel density estimation", Statistics and Computing 3, 1993), so that
    the surface adds up to the events; where they are even it still sinks at the edge, to 0.7 there.
    UNIFORM divides the sum at each place by the share of a kernel there (P. J. Diggle, "A kernel
    method for smoothing point process data", Applied Statistics 34, 1985): an even density stays
    even, and adds up to the events only nearly.

    By FFT, of points shared out to the four nearest cells, which blurs by a fraction of a cell.
    Raises ValueError for a point that is none, a weight that is negative or missing, a region
    without area, cells larger than half of the bandwidth, or more than `MOST` cells.

    >>> block = shapely.box(105.8, 21.0, 105.9, 21.1)
    >>> middle, corner = (105.85, 21.05), (105.8, 21.0)
    >>> found = density([middle, corner], [3, 1], block, bandwidth_m=800, cell_m=200)
    >>> round(found.events, 9), found.per_km2.shape
    (4.0, (56, 52))
    """
    at, weight = _checked(points, weights)
    reach_m = bandwidth_m * (REACH if kernel is Kernel.GAUSSIAN else 1.0)
    if not (0 < cell_m <= bandwidth_m / 2 and np.isfinite(bandwidth_m)):
        raise ValueError(f"cells of {cell_m} m are above 0 and at most half of {bandwidth_m} m")
    if region.is_empty or not region.area > 0:
        raise ValueError("the region has no area")
    grid, margin = _Grid.over(region, cell_m), int(np.ceil(reach_m / cell_m)) + 1
    if (grid.rows + 2 * margin) * (grid.columns + 2 * margin) > MOST:
        raise ValueError(f"a grid of {grid.rows} x {grid.columns} cells and margins is too large")
    inside = _inside(region, grid)
    spread = _Spread(_kernel(bandwidth_m, cell_m, margin, kernel), inside.shape, margin)
    mask = np.pad(inside, margin).astype(np.float64)
    share = np.clip(spread(mask), 0.0, 1.0)
    whole = correction is Correction.MASS
    binned, outside = _binned(grid.placed(at), weight, share, margin, whole)
    found = spread(binned)
    if correction is Correction.UNIFORM:
        found = np.divide(found, share, out=np.zeros(share.shape), where=mask > 0)
    within = found[margin:-margin, margin:-margin] / (cell_m**2 / 1e6)
    # What the transform leaves where there is nothing is a little above or below 0.
    surface = np.where(inside, np.maximum(within, 0.0), np.nan)
    return Density(surface[::-1].copy(), grid.bounds, cell_m, outside)


def _checked(points: ArrayLike, weights: ArrayLike | None) -> tuple[Floats, Floats]:
    at = np.asarray(points, dtype=np.float64)
    if at.ndim != 2 or at.shape[1] != 2:
        raise ValueError(f"points are lon and lat, shape (n, 2), not {at.shape}")
    if not (np.isfinite(at).all() and (np.abs(at) <= (180, 90)).all()):
        raise ValueError("a point is missing or not in degrees of longitude and latitude")
    weight = np.ones(len(at)) if weights is None else np.asarray(weights, dtype=np.float64)
    if weight.shape != (len(at),):
        raise ValueError(f"{weight.shape} weights do not go with {len(at)} points")
    if not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError("a weight is negative or missing")
    return at, weight


def _inside(region: shapely.Geometry, grid: _Grid) -> NDArray[np.bool_]:
    """Which cells have their middle in the region; shape (rows, columns), the south first."""
    shapely.prepare(region)
    lon, lat = np.meshgrid(*grid.centres())
    inside = np.asarray(shapely.contains_xy(region, lon, lat), dtype=np.bool_)
    if not inside.any():
        raise ValueError(f"no cell of {grid.cell_m} m has its middle in the region")
    return inside


def _kernel(bandwidth_m: float, cell_m: float, margin: int, kernel: Kernel) -> Floats:
    """Over the cells around one, adding up to 1; shape (2 margin + 1, 2 margin + 1)."""
    steps = np.arange(-margin, margin + 1) * (cell_m / bandwidth_m)
    squared = steps[:, None] ** 2 + steps**2
    if kernel is Kernel.GAUSSIAN:
        shape = np.where(squared <= REACH**2, np.exp(-squared / 2), 0.0)
    else:
        shape = np.maximum(1 - squared, 0.0) ** 2
    return np.asarray(shape / shape.sum())


class _Spread:
    """Convolution with a kernel, of grids with margins as wide as it reaches."""

    def __init__(self, kernel: Floats, inner: tuple[int, ...], margin: int) -> None:
        self._margin = margin
        # What runs over one edge comes in at the other, within the margin: that is cut off.
        self._size = [next_fast_len(n + 3 * margin, real=True) for n in inner]
        self._kernel = rfft2(kernel, self._size)

    def __call__(self, grid: Floats) -> Floats:
        spread = irfft2(rfft2(grid, self._size) * self._kernel, self._size)
        m, (rows, columns) = self._margin, grid.shape
        return np.asarray(spread[m : m + rows, m : m + columns])


def _binned(
    placed: tuple[Floats, Floats], weight: Floats, share: Floats, margin: int, whole: bool
) -> tuple[Floats, float]:
    """Weights shared out to the four cells around each point, and that of the points left out.

    With `whole`, divided by what of its kernel is inside, which is shared out likewise.
    """
    column, row = (where + margin for where in placed)
    rows, columns = share.shape
    west, south = np.floor(column), np.floor(row)
    near = (west >= 0) & (west < columns - 1) & (south >= 0) & (south < rows - 1)
    first = (south * columns + west)[near].astype(np.int64)
    x, y = (column - west)[near], (row - south)[near]
    corners = [
        (first, (1 - x) * (1 - y)),
        (first + 1, x * (1 - y)),
        (first + columns, (1 - x) * y),
        (first + columns + 1, x * y),
    ]
    own = np.zeros(len(first))
    for cell, part in corners:
        own += part * share.ravel()[cell]
    told = own >= LEAST
    kept = weight[near]
    used = np.divide(kept, own if whole else 1.0, out=np.zeros(len(first)), where=told)
    binned = np.zeros(share.size)
    for cell, part in corners:
        binned += np.bincount(cell, part * used, share.size)
    return binned.reshape(share.shape), float(weight.sum() - kept[told].sum())
