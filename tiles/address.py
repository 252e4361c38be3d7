"""A tile's place in the world: z, x, y in the Web Mercator pyramid, y from the north."""

import math
from typing import NamedTuple

from geo.bbox import BBox
from geo.errors import BadFilterError

DEEPEST = 22


class TileAddress(NamedTuple):
    """Exists only for tiles that exist; `of` checks."""

    z: int
    x: int
    y: int

    @classmethod
    def of(cls, z: int, x: int, y: int) -> "TileAddress":
        """Raises `BadFilterError` for a tile that cannot be."""
        if not 0 <= z <= DEEPEST:
            raise BadFilterError("z", f"zoom {z} is not between 0 and {DEEPEST}")
        for name, value in (("x", x), ("y", y)):
            if not 0 <= value < 1 << z:
                raise BadFilterError(
                    name, f"{name} is not between 0 and {(1 << z) - 1} at zoom {z}"
                )
        return cls(z, x, y)

    def bbox(self) -> BBox:
        """The tile's bounds in degrees."""
        n = 1 << self.z

        def latitude(row: int) -> float:
            return math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * row / n))))

        west, east = self.x / n * 360 - 180, (self.x + 1) / n * 360 - 180
        return BBox(west, latitude(self.y + 1), east, latitude(self.y))
