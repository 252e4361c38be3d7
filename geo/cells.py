"""H3 cells. The only module that imports h3; resolutions, ranges and shapes for everyone else.

A cell is a 64-bit integer: bits 59-62 mode, 52-55 resolution, 45-51 base cell, then fifteen 3-bit
digits, the unused ones 7 (Uber, H3 documentation, "H3 index bit layout").
"""

import math
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import h3.api.basic_int as h3
import numpy as np
import shapely
from h3ronpy import cells_area_km2, grid_disk
from h3ronpy.vector import cells_to_wkb_polygons, coordinates_to_cells
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.bbox import BBox

LEAF: Final = 12
COARSEST: Final = 6
SLACK: Final = 2e-5
Cells = NDArray[np.int64]


def leaf_cells(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> Cells:
    """The resolution-12 cell of each point, shape (n,); degrees, finite and in range."""
    return np.asarray(coordinates_to_cells(lat, lon, LEAF)).view(np.int64)


def parents(cells: Cells, resolution: int) -> Cells:
    """The ancestors at a resolution no finer than the cells', by arithmetic.

    >>> hex(int(parents(np.array([0x8C2AB2D9AE949FF]), 8)[0]))
    '0x882ab2d9affffff'
    """
    low = (1 << (3 * (15 - resolution))) - 1
    return (cells & ~np.int64(15 << 52)) | np.int64(resolution << 52) | np.int64(low)


def parent(cell: int, resolution: int) -> int:
    """The ancestor of one cell."""
    return int(parents(np.array([cell], dtype=np.int64), resolution)[0])


def leaf_range(cell: int) -> tuple[int, int]:
    """Bounds, both included, between which all leaves of a cell lie, and no others."""
    resolution = (cell >> 52) & 15
    base = (cell & ~(15 << 52)) | (LEAF << 52)
    digits = 3 * (LEAF - resolution)
    tail = 3 * (15 - LEAF)
    return base & ~(((1 << digits) - 1) << tail), base


def children(cells: Cells, resolution: int) -> Cells:
    """The descendants at a resolution, ascending; those a pentagon lacks are there too.

    A cell that no complaint can have is harmless where the result is used to look things up.
    """
    found = np.sort(cells)
    if not len(found):
        return found
    for level in range(((int(found[0]) >> 52) & 15) + 1, resolution + 1):
        shift = 3 * (15 - level)
        base = (found & ~np.int64(15 << 52) & ~np.int64(7 << shift)) | np.int64(level << 52)
        found = (base[:, None] | (np.arange(7, dtype=np.int64) << shift)[None, :]).ravel()
    return found


def resolution_of(cell: int) -> int:
    return (cell >> 52) & 15


def to_hex(cell: int) -> str:
    return f"{cell:x}"


def hexes(cells: Iterable[int]) -> list[str]:
    """Cells as they are written outside: 15 lower-case hexadecimal digits."""
    return [f"{cell:x}" for cell in cells]


def from_hex(text: str) -> int:
    """Raises ValueError unless the text is a valid cell."""
    cell = int(text, 16)
    if not 0 < cell < 1 << 63 or not h3.is_valid_cell(cell):
        raise ValueError(f"not an H3 cell: {text!r}")
    return cell


def resolution_at(zoom: int) -> int:
    """The resolution that shows about 300 to 3,000 cells on a screen at a zoom (512 px tiles)."""
    for limit, resolution in ((8, 6), (10, 7), (12, 8), (13, 9), (14, 10), (16, 11)):
        if zoom <= limit:
            return resolution
    return LEAF


def polygons(cells: Cells) -> NDArray[np.object_]:
    """The outlines as shapely polygons in degrees, shape (n,)."""
    return np.asarray(shapely.from_wkb(cells_to_wkb_polygons(cells.astype(np.uint64)).to_numpy()))


def shape_of(cells: Sequence[int], *, reach: float = 0.0) -> shapely.Geometry:
    """Cells as one shape in degrees; each made wider by `reach` times its longer side.

    A leaf belongs to a cell by its number, and may lie a little outside of the cell's outline.
    """
    shapes = polygons(np.array(cells, dtype=np.int64))
    if reach:
        west, south, east, north = shapely.bounds(shapes).T
        shapes = shapely.buffer(shapes, np.maximum(east - west, north - south) * reach)
    return shapely.union_all(shapes)


def outlines(cells: Cells) -> list[list[float]]:
    """The corners of each cell, lon, lat, lon, lat ... in degrees to a metre, not closed."""
    if not len(cells):
        return []
    corners = (shapely.get_coordinates(one)[:-1] for one in polygons(cells))
    return [np.round(one, 5).ravel().tolist() for one in corners]


def centres(cells: Cells) -> NDArray[np.float64]:
    """Centre points, shape (n, 2): lon, lat in degrees."""
    if not len(cells):
        return np.empty((0, 2))
    return np.array([h3.cell_to_latlng(int(cell))[::-1] for cell in cells])


def _disks(cells: Cells, k: int) -> tuple[NDArray[np.int64], Cells]:
    """Pairs (index of a cell, cell at most k steps from it)."""
    size = 3 * k * (k + 1) + 1
    flat = np.asarray(grid_disk(cells.astype(np.uint64), k, flatten=True)).view(np.int64)
    if len(flat) == size * len(cells):
        return np.repeat(np.arange(len(cells)), size), flat
    # A pentagon is near: it has a neighbour less.
    disks = [h3.grid_disk(int(cell), k) for cell in cells]
    rows = np.repeat(np.arange(len(cells)), [len(disk) for disk in disks])
    return rows, np.array([cell for disk in disks for cell in disk], dtype=np.int64)


def neighbours(cells: Cells, k: int) -> csr_array:
    """1.0 where two of the cells lie at most k steps apart, itself included; shape (n, n).

    Rows and columns follow the order of the cells, and a row's columns ascend. Around a pentagon
    there are fewer. Raises ValueError for a cell given twice, a number that is no cell, or k < 0.

    >>> row = np.array([0x88415CB4E5FFFFF, 0x88415CB4EDFFFFF, 0x88415CB5D1FFFFF])
    >>> neighbours(row, 1).toarray().tolist()
    [[1.0, 1.0, 0.0], [1.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
    """
    if k < 0:
        raise ValueError(f"k is a number of steps, not {k}")
    order = np.argsort(cells)
    ascending = cells[order]
    if (ascending[1:] == ascending[:-1]).any():
        raise ValueError("a cell is given twice")
    if not len(cells):
        return csr_array((0, 0), dtype=np.float64)
    rows, around = _disks(cells, k)
    place = np.minimum(np.searchsorted(ascending, around), len(cells) - 1)
    given = ascending[place] == around
    rows, columns = rows[given], order[place[given]]
    return csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(cells), len(cells)))


@lru_cache(maxsize=2048)
def _touching(box: BBox, resolution: int) -> Cells:
    ring = [(box.south, box.west), (box.south, box.east), (box.north, box.east)]
    shape = h3.LatLngPoly([*ring, (box.north, box.west)])
    found = h3.h3shape_to_cells_experimental(shape, resolution, contain="overlap")
    # Kept as an array: a fifth of the memory of as many Python numbers.
    cells = np.sort(np.fromiter(found, dtype=np.int64, count=len(found)))
    cells.flags.writeable = False
    return cells


def estimated(box: BBox, resolution: int) -> float:
    """About how many cells of a resolution touch the box."""
    middle = np.cos(np.radians((box.south + box.north) / 2))
    width, height = (box.east - box.west) * 111.3 * middle, (box.north - box.south) * 111.3
    edge = float(np.sqrt(average_area_km2(resolution)))
    return float((width / edge + 1) * (height / edge + 1))


def touching(box: BBox, resolution: int) -> Cells:
    """All cells of a resolution whose outline touches the box, ascending; not to be written to."""
    # A hexagon's true sides are great circles, a little off the straight lines compared here.
    return _touching(box.wider(SLACK), resolution)


PROBED: Final = 9


def probes(cells: Cells, resolution: int = PROBED) -> NDArray[np.int64]:
    """What `leaf >> 18` is for the leaves of cells of resolution 9: the key of the place index.

    Of cells of another resolution: the leaf without its finer digits, three bits each.
    """
    return ((cells & ~np.int64(15 << 52)) | np.int64(LEAF << 52)) >> (3 * (15 - resolution))


def around(lon: float, lat: float, reach_m: float, resolution: int) -> Cells:
    """Cells that hold every leaf at most so far from a point, and some more, the nearest first."""
    edge_m = float(h3.average_hexagon_edge_length(resolution, unit="m"))
    # Of a disk of k steps nothing within 1.5 k edges of its middle is left out; the point lies up
    # to an edge off that. Edges here are up to a fifth shorter or longer than on average.
    k = math.ceil((reach_m + 2.4 * edge_m) / (1.2 * edge_m))
    found = h3.grid_disk(h3.latlng_to_cell(lat, lon, resolution), k)
    disk = np.fromiter(found, dtype=np.int64, count=len(found))
    away = (centres(disk) - (lon, lat)) * (111_320 * math.cos(math.radians(lat)), 111_320)
    away_m = np.hypot(away[:, 0], away[:, 1])
    # Leaves reach beyond the outline of their ancestor by a sixth of its edge or so.
    order = np.argsort(away_m, kind="stable")
    return disk[order[away_m[order] <= reach_m * 1.01 + 1.5 * edge_m]]


def holding(box: BBox, resolution: int) -> Cells:
    """Cells that hold every point of the box, and some around it.

    More than those that touch it: descendants reach a little beyond the outline of their ancestor.
    """
    km = float(h3.average_hexagon_edge_length(resolution, unit="km"))
    polewards = np.cos(np.radians(min(85.0, max(abs(box.south), abs(box.north)))))
    return touching(box.wider(km / 111.0 / float(polewards)), resolution)


def average_area_km2(resolution: int) -> float:
    return float(h3.average_hexagon_area(resolution, unit="km^2"))


def areas_km2(cells: Cells) -> NDArray[np.float64]:
    """The area of each cell on the sphere, shape (n,)."""
    return np.asarray(cells_area_km2(cells.astype(np.uint64)), dtype=np.float64)
