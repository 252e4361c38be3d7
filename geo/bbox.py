"""A box in degrees."""

import math
from typing import NamedTuple

from geo.errors import BadFilterError


class BBox(NamedTuple):
    """west <= east and south <= north; boxes across the 180th meridian are refused."""

    west: float
    south: float
    east: float
    north: float

    @classmethod
    def parse(cls, text: str) -> "BBox":
        """From `west,south,east,north`; raises `BadFilterError`."""
        try:
            numbers = [float(part) for part in text.split(",")]
        except ValueError:
            numbers = []
        if len(numbers) != 4 or not all(map(math.isfinite, numbers)):
            raise BadFilterError("bbox", "bbox is four numbers: west,south,east,north in degrees")
        box = cls(*numbers)
        if not (-180 <= box.west <= box.east <= 180 and -90 <= box.south <= box.north <= 90):
            raise BadFilterError(
                "bbox", "bbox needs -180 <= west <= east <= 180 and -90 <= south <= north <= 90"
            )
        return box

    def intersection(self, other: "BBox") -> "BBox | None":
        """The common box, or None where they do not touch."""
        west, south = max(self.west, other.west), max(self.south, other.south)
        east, north = min(self.east, other.east), min(self.north, other.north)
        return BBox(west, south, east, north) if west <= east and south <= north else None

    def wider(self, degrees: float) -> "BBox":
        """The box with a margin all around, kept within the world."""
        return BBox(
            max(-180.0, self.west - degrees),
            max(-90.0, self.south - degrees),
            min(180.0, self.east + degrees),
            min(90.0, self.north + degrees),
        )

    def contains(self, other: "BBox") -> bool:
        return (
            self.west <= other.west
            and self.south <= other.south
            and self.east >= other.east
            and self.north >= other.north
        )
