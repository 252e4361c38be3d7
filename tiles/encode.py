"""Mapbox Vector Tile 2.1 encoding of polygons without holes: what hexagons need.

https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from collections.abc import Mapping, Sequence

import numpy as np
import shapely
from numpy.typing import NDArray

from tiles.address import TileAddress

EXTENT = 4096


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def _packed(number: int, values: Sequence[int]) -> bytes:
    return _field(number, b"".join(map(_varint, values)))


def to_tile(lonlat: NDArray[np.float64], address: TileAddress) -> NDArray[np.int64]:
    """Degrees, shape (n, 2), to whole tile units; y grows southwards."""
    n = 1 << address.z
    lat = np.radians(np.clip(lonlat[:, 1], -85.051128, 85.051128))
    x = (lonlat[:, 0] + 180) / 360 * n - address.x
    y = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2 * n - address.y
    return np.rint(np.column_stack([x, y]) * EXTENT).astype(np.int64)


def _ring(points: list[list[int]]) -> list[int]:
    area = sum(
        a[0] * b[1] - b[0] * a[1] for a, b in zip(points, points[1:] + points[:1], strict=True)
    )
    if area < 0:
        # An outer ring turns clockwise on the screen: a positive area with y downwards.
        points = points[::-1]
    commands, cursor = [9], (0, 0)
    for place, (x, y) in enumerate(points):
        if place == 1:
            commands.append((len(points) - 1) << 3 | 2)
        for step in (x - cursor[0], y - cursor[1]):
            commands.append((step << 1) ^ (step >> 63))
        cursor = (x, y)
    return [*commands, 15]


def polygon_layer(
    name: str,
    address: TileAddress,
    shapes: NDArray[np.object_],
    properties: Mapping[str, Sequence[str] | Sequence[int]],
) -> bytes:
    """One layer as a whole tile; properties are columns as long as the shapes."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    xy = to_tile(coordinates, address)
    bounds = np.searchsorted(owner, np.arange(len(shapes) + 1))
    keys = list(properties)
    values: dict[str | int, int] = {}
    features = []
    for i in range(len(shapes)):
        # The last point repeats the first; ClosePath stands for it.
        ring = _ring(xy[bounds[i] : bounds[i + 1] - 1].tolist())
        tags = [
            number
            for key, column in enumerate(properties.values())
            for number in (key, values.setdefault(column[i], len(values)))
        ]
        features.append(_field(2, _packed(2, tags) + b"\x18\x03" + _packed(4, ring)))
    layer = _field(1, name.encode()) + b"".join(features)
    layer += b"".join(_field(3, key.encode()) for key in keys)
    for value in values:
        if isinstance(value, str):
            layer += _field(4, _field(1, value.encode()))
        else:
            layer += _field(4, b"\x28" + _varint(value))
    layer += b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return _field(3, layer)
