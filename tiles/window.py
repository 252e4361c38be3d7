"""A part of the world in Web Mercator on a sheet, with a scale that is right where it stands."""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.bbox import BBox
from geo.errors import BadFilterError
from tiles.lettering import Box

# WGS 84: half the longer axis in metres, and the square of the eccentricity.
AXIS_M: Final = 6_378_137.0
ECCENTRICITY_2: Final = 0.006_694_379_990_141_3
# Web Mercator ends here.
MOST_LATITUDE: Final = 85.0
# A metre or so: below this a view holds nothing.
LEAST_DEGREES: Final = 1e-4


def _y(latitude: Any) -> Any:
    """Mercator's y in radians."""
    return np.arctanh(np.sin(np.radians(latitude)))


def parse_view(text: str) -> BBox:
    """From `west,south,east,north`; raises `BadFilterError` that names `view`."""
    try:
        box = BBox.parse(text)
    except BadFilterError as error:
        raise BadFilterError("view", str(error).replace("bbox", "view")) from None
    if box.east - box.west < LEAST_DEGREES or box.north - box.south < LEAST_DEGREES:
        raise BadFilterError("view", f"view is at least {LEAST_DEGREES:f} degrees wide and high")
    if max(abs(box.south), abs(box.north)) > MOST_LATITUDE:
        raise BadFilterError("view", f"view lies within {MOST_LATITUDE:g} degrees of the equator")
    return box


def aspect(view: BBox) -> float:
    """Width by height of a view on the map."""
    return float(math.radians(view.east - view.west) / (_y(view.north) - _y(view.south)))


@dataclass(frozen=True, slots=True)
class ScaleBar:
    """A round length and how long it is on the sheet."""

    metres: float
    length: float


@dataclass(frozen=True, slots=True)
class Window:
    """Where a view lies on a sheet; y grows downwards there. The whole view is in the box."""

    box: Box
    per_radian: float
    """Units of the sheet for a radian of longitude."""
    middle: tuple[float, float]
    """Mercator's x and y, in radians, of the middle of the box."""

    @classmethod
    def of(cls, view: BBox, box: Box) -> "Window":
        """The window that shows a view as large as the box allows, in its middle."""
        top, bottom = _y(view.north), _y(view.south)
        wide = math.radians(view.east - view.west)
        scale = min((box.right - box.left) / wide, (box.bottom - box.top) / float(top - bottom))
        middle = (math.radians((view.west + view.east) / 2), float(top + bottom) / 2)
        return cls(box, scale, middle)

    def project(self, degrees: NDArray[np.float64]) -> NDArray[np.float64]:
        """Points of the sheet, shape (n, 2), for lon, lat in degrees, shape (n, 2)."""
        x = (np.radians(degrees[:, 0]) - self.middle[0]) * self.per_radian
        y = (self.middle[1] - _y(np.clip(degrees[:, 1], -89, 89))) * self.per_radian
        return np.column_stack(
            [
                x + (self.box.left + self.box.right) / 2,
                y + (self.box.top + self.box.bottom) / 2,
            ]
        )

    def shapes(self, degrees: NDArray[np.object_]) -> NDArray[np.object_]:
        """Shapes of the sheet, cut at the box; those outside are empty."""
        drawn = shapely.transform(degrees, self.project)
        box = self.box
        bounds = shapely.bounds(drawn)
        across = ~(
            (bounds[:, 0] >= box.left) & (bounds[:, 1] >= box.top)
            & (bounds[:, 2] <= box.right) & (bounds[:, 3] <= box.bottom)
        )  # fmt: skip
        drawn[across] = shapely.clip_by_rect(
            drawn[across], box.left, box.top, box.right, box.bottom
        )
        return np.asarray(drawn)

    @property
    def latitude(self) -> float:
        """The latitude of the middle, in degrees."""
        return math.degrees(math.asin(math.tanh(self.middle[1])))

    @property
    def view(self) -> BBox:
        """All that the box shows."""
        x = (self.box.right - self.box.left) / 2 / self.per_radian
        y = (self.box.bottom - self.box.top) / 2 / self.per_radian
        west, east = (math.degrees(self.middle[0] + one) for one in (-x, x))
        south, north = (math.degrees(math.asin(math.tanh(self.middle[1] + one))) for one in (-y, y))
        return BBox(max(west, -180), south, min(east, 180), north)

    def metres(self) -> float:
        """Metres on the ground for a unit of the sheet, along the middle parallel.

        Its radius on the ellipsoid is a cos φ / √(1 - e² sin² φ) (J. P. Snyder, Map Projections: A
        Working Manual, 1987, (4-20) and (4-21)).
        """
        latitude = math.radians(self.latitude)
        radius = AXIS_M * math.cos(latitude)
        radius /= math.sqrt(1 - ECCENTRICITY_2 * math.sin(latitude) ** 2)
        return radius / self.per_radian

    def scale_bar(self, longest: float) -> ScaleBar:
        """The longest of 1, 2, 5, 10, ... metres that is at most so long on the sheet."""
        metres = self.metres()
        power = 10 ** math.floor(math.log10(longest * metres))
        found = max(one for one in (1, 2, 5, 10) if one * power <= longest * metres)
        return ScaleBar(found * power, found * power / metres)
