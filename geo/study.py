"""The region a statistic speaks of: which cells take part, and which are neighbours.

Every cell that touches the region takes part, those without a complaint as zeros: leaving empty
cells out would bias every statistic of place towards finding nothing where few complain.
"""

from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from sqlalchemy import Connection, text

from geo import cells
from geo.bbox import BBox
from geo.errors import BadFilterError, NotFoundError
from geo.filters import City, Filter
from geo.hotspots import contiguity
from geo.places import Places

# Above this a study is a download, and its answer one that no page can draw.
MOST_CELLS: Final = 60_000
# Outlines held in memory at a time.
AT_ONCE: Final = 4_096
FINEST: Final = 10


class Held(NamedTuple):
    """Which areas of the maps in force cells lie in, and by how much of each cell."""

    share: csr_array
    """Shape (cells, areas); a row sums to the part of the cell that lies in any, per map."""
    names: tuple[str, ...]
    names_en: tuple[str, ...]


class CellStudy(NamedTuple):
    """The cells of a region, ascending, and which of them are neighbours (itself included)."""

    cells: cells.Cells
    weights: csr_array
    direct: csr_array
    """Neighbours one step apart: what joins hot cells to one hot spot."""
    held: Held


class AreaStudy(NamedTuple):
    """The areas of a set in the order of their ids, and which of them touch (itself included)."""

    ids: NDArray[np.int64]
    codes: tuple[str, ...]
    names: tuple[str, ...]
    names_en: tuple[str, ...]
    population: NDArray[np.float64]
    """NaN where it is not known."""
    km2: NDArray[np.float64]
    weights: csr_array


def one_city(question: Filter) -> City:
    """The city a statistic is about; raises `BadFilterError` where the question leaves it open."""
    cities = question.cities
    if question.areas:
        held = {one.city_id for one in question.areas}
        cities = tuple(city for city in cities if city.id in held)
    if len(cities) != 1:
        known = ", ".join(city.code for city in question.cities) or "none"
        raise BadFilterError("city", f"a statistic is about one city: say which, of: {known}")
    return cities[0]


def region(connection: Connection, question: Filter) -> shapely.Geometry:
    """The chosen areas together, or the city's outline; cut to the box where one is asked for."""
    city = one_city(question)
    if question.areas:
        statement = "SELECT ST_AsBinary(ST_Union(geom)) FROM area WHERE id = ANY(:ids)"
    else:
        statement = "SELECT ST_AsBinary(outline) FROM city WHERE id = :id"
    values = {"ids": [one.id for one in question.areas], "id": city.id}
    wkb = connection.execute(text(statement), values).scalar_one_or_none()
    if wkb is None:
        raise NotFoundError("this city has no outline yet: load its boundaries first")
    shape = shapely.from_wkb(bytes(wkb))
    if question.cells:
        shape = shapely.intersection(shape, cells.shape_of(question.cells))
    if question.bbox is not None:
        shape = shapely.intersection(shape, shapely.box(*question.bbox))
    if question.polygon:
        shape = shapely.intersection(shape, shapely.Polygon(question.polygon))
    if question.drawn and shape.is_empty:
        raise BadFilterError("bbox", "the box, cell or polygon lies outside the city")
    return shape


def covering(shape: shapely.Geometry, resolution: int) -> cells.Cells:
    """All cells that touch a shape, ascending; raises `BadFilterError` where they are too many."""
    box = BBox(*shapely.bounds(shape).tolist())
    share = shapely.area(shape) / max(1e-12, (box.east - box.west) * (box.north - box.south))
    if cells.estimated(box, resolution) * min(1.0, float(share)) > MOST_CELLS:
        raise BadFilterError(
            "resolution",
            f"more than {MOST_CELLS:,} cells: use a coarser resolution, or fewer areas",
        )
    around = cells.touching(box, resolution)
    shapely.prepare(shape)
    # Some at a time: all outlines of a city at resolution 9 take 30 MB.
    parts = [around[start : start + AT_ONCE] for start in range(0, len(around), AT_ONCE)]
    found = [part[shapely.intersects(shape, cells.polygons(part))] for part in parts]
    return np.concatenate([np.empty(0, np.int64), *found])


def cell_study(connection: Connection, question: Filter, resolution: int, k: int) -> CellStudy:
    """The region of a question in cells; neighbours are at most `k` steps apart."""
    found = covering(region(connection, question), resolution)
    direct = cells.neighbours(found, 1)
    weights = direct if k == 1 else cells.neighbours(found, k)
    return CellStudy(found, weights, direct, held(connection, one_city(question), found))


def held(connection: Connection, city: City, places: cells.Cells) -> Held:
    """The areas that hold the centres of cells, or of the cells of resolution 9 within them."""
    rows = connection.execute(
        text(
            "SELECT a.id, concat_ws(' ', a.kind, a.name) AS name, a.name_en FROM area a"
            " JOIN area_set s ON s.id = a.set_id"
            " WHERE s.city_id = :city AND s.until IS NULL AND s.ready ORDER BY a.id"
        ),
        {"city": city.id},
    ).all()
    ids = np.array([row.id for row in rows], dtype=np.int64)
    shape = (len(places), len(ids))
    names = tuple(row.name for row in rows), tuple(row.name_en for row in rows)
    if not len(places) or not len(ids):
        return Held(csr_array(shape, dtype=np.float64), *names)
    fine = places
    if cells.resolution_of(int(places[0])) < cells.PROBED:
        fine = cells.children(places, cells.PROBED)
    of = np.searchsorted(places, cells.parents(fine, cells.resolution_of(int(places[0]))))
    lon, lat = cells.centres(fine).T
    point, area = Places.load(connection, city.id).areas(lon, lat)
    in_force = np.isin(area, ids)
    row, column = of[point[in_force]], np.searchsorted(ids, area[in_force])
    share = np.full(len(row), len(places) / len(fine))
    return Held(csr_array((share, (row, column)), shape=shape), *names)


def area_study(connection: Connection, ids: Sequence[int]) -> AreaStudy:
    """Some areas of one set; neighbours share an edge or a point of it."""
    rows = connection.execute(
        text(
            "SELECT id, code, name, name_en, population, area_km2, ST_AsBinary(geom) AS wkb"
            " FROM area WHERE id = ANY(:ids) ORDER BY id"
        ),
        {"ids": list(ids)},
    ).all()
    shapes = shapely.from_wkb([bytes(row.wkb) for row in rows])
    population = [np.nan if row.population is None else row.population for row in rows]
    return AreaStudy(
        np.array([row.id for row in rows], dtype=np.int64),
        tuple(row.code for row in rows),
        tuple(row.name for row in rows),
        tuple(row.name_en for row in rows),
        np.array(population, dtype=np.float64),
        np.array([row.area_km2 for row in rows], dtype=np.float64),
        contiguity(shapes),
    )


def filled(places: NDArray[np.int64], rows: Sequence[tuple[int, int]]) -> NDArray[np.float64]:
    """Counts of ascending places from rows (place, n); places without a row have none."""
    values = np.zeros(len(places))
    if not rows or not len(places):
        return values
    found = np.array([row[0] for row in rows], dtype=np.int64)
    n = np.array([int(row[1]) for row in rows], dtype=np.float64)
    at = np.searchsorted(places, found)
    at[at == len(places)] = 0
    known = places[at] == found
    values[at[known]] = n[known]
    return values
