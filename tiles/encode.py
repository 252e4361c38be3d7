"""Mapbox Vector Tile 2.1 encoding of points and of polygons without holes.

https://github.com/mapbox/vector-tile-spec/tree/master/2.1
"""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray

from tiles.address import TileAddress

EXTENT = 4096


def _long_varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


# Nearly all numbers of a tile are small.
_SMALL: Final = tuple(_long_varint(value) for value in range(1 << 14))


def _varint(value: int) -> bytes:
    return _SMALL[value] if value < len(_SMALL) else _long_varint(value)


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | 2) + _varint(len(content)) + content


def to_tile(lonlat: NDArray[np.float64], address: TileAddress) -> NDArray[np.int64]:
    """Degrees, shape (n, 2), to whole tile units; y grows southwards."""
    n = 1 << address.z
    lat = np.radians(np.clip(lonlat[:, 1], -85.051128, 85.051128))
    x = (lonlat[:, 0] + 180) / 360 * n - address.x
    y = (1 - np.arcsinh(np.tan(lat)) / np.pi) / 2 * n - address.y
    return np.rint(np.column_stack([x, y]) * EXTENT).astype(np.int64)


def _varints(values: NDArray[np.int64]) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """All values (>= 0, below 2**35) as varints in a row, and where each ends."""
    size = np.ones(len(values), dtype=np.int64)
    for bits in (7, 14, 21, 28):
        size += values >> bits > 0
    ends = np.cumsum(size)
    out = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=np.uint8)
    starts = ends - size
    for byte in range(5):
        there = size > byte
        more = np.where(size[there] > byte + 1, 0x80, 0)
        out[starts[there] + byte] = (values[there] >> (7 * byte) & 0x7F) | more
    return out, ends


def _geometries(xy: NDArray[np.int64], owner: NDArray[np.int64], n: int) -> list[bytes]:
    """Closed rings of points, in the order of their owners, as command streams."""
    first = np.searchsorted(owner, np.arange(n))
    last = np.append(first[1:], len(owner)) - 1
    # The last point of a ring repeats the first.
    x, y = xy[:, 0], xy[:, 1]
    cross = np.zeros(len(xy), dtype=np.int64)
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    cross[last] = 0
    area = np.add.reduceat(cross, first)
    order = np.arange(len(xy))
    # An outer ring turns clockwise on the screen: a positive area with y downwards.
    turned = (area < 0)[owner]
    order = np.where(turned, first[owner] + last[owner] - order, order)
    xy = xy[order]
    step = np.diff(xy, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    step[first] = xy[first]
    zigzag = (step << 1) ^ (step >> 63)
    # Each point is two numbers; around them MoveTo(1), LineTo(points - 2) and ClosePath.
    points = last - first + 1
    length = 2 * (points - 1) + 3
    base = np.cumsum(length) - length
    stream = np.empty(int(length.sum()), dtype=np.int64)
    within = np.arange(len(xy)) - first[owner]
    kept = within < points[owner] - 1
    at = base[owner[kept]] + 2 * within[kept] + 1 + (within[kept] > 0)
    stream[at], stream[at + 1] = zigzag[kept, 0], zigzag[kept, 1]
    stream[base] = 9
    stream[base + 3] = (points - 2) << 3 | 2
    stream[base + length - 1] = 15
    out, ends = _varints(stream)
    whole = out.tobytes()
    stops = ends[base + length - 1]
    starts = np.append(0, stops[:-1])
    return [whole[a:b] for a, b in zip(starts.tolist(), stops.tolist(), strict=True)]


Column = Sequence[str] | Sequence[int]


class Features(NamedTuple):
    """Features with the same properties: their geometries, and a column for each property."""

    geometries: Sequence[bytes]
    columns: Mapping[str, Column]


def _tags(
    columns: Mapping[str, Column], keys: dict[str, int], values: dict[str | int, int]
) -> list[bytes]:
    """The properties of each feature as numbers of keys and values, which are added to."""
    n = len(next(iter(columns.values())))
    numbers = np.empty((n, 2 * len(columns)), dtype=np.int64)
    for place, (key, column) in enumerate(columns.items()):
        numbers[:, 2 * place] = keys.setdefault(key, len(keys))
        numbers[:, 2 * place + 1] = [values.setdefault(value, len(values)) for value in column]
    stream, ends = _varints(numbers.ravel())
    whole = stream.tobytes()
    stops = ends[2 * len(columns) - 1 :: 2 * len(columns)].tolist()
    return [whole[a:b] for a, b in zip([0, *stops], stops, strict=False)]


def _layer(name: str, kind: int, groups: Sequence[Features]) -> bytes:
    keys: dict[str, int] = {}
    values: dict[str | int, int] = {}
    features: list[bytes] = []
    shape = b"\x18" + bytes((kind,)) + b"\x22"
    for group in groups:
        tags = _tags(group.columns, keys, values)
        for geometry, tag in zip(group.geometries, tags, strict=True):
            body = b"\x12" + _varint(len(tag)) + tag + shape + _varint(len(geometry)) + geometry
            features += (b"\x12", _varint(len(body)), body)
    layer = _field(1, name.encode()) + b"".join(features)
    layer += b"".join(_field(3, key.encode()) for key in keys)
    written = [
        b"\x0a" + _varint(len(text)) + text
        if isinstance(value, str) and (text := value.encode()) is not None
        else b"\x28" + _varint(int(value))
        for value in values
    ]
    layer += b"".join([b"\x22" + _varint(len(value)) + value for value in written])
    layer += b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return _field(3, layer)


def polygon_layer(
    name: str,
    address: TileAddress,
    shapes: NDArray[np.object_],
    columns: Mapping[str, Column],
) -> bytes:
    """Polygons without holes and their properties, as a whole tile of one layer."""
    coordinates, owner = shapely.get_coordinates(shapes, return_index=True)
    xy = to_tile(coordinates, address)
    return _layer(name, 3, [Features(_geometries(xy, owner, len(shapes)), columns)])


def points(xy: NDArray[np.int64]) -> list[bytes]:
    """Geometries of single points in tile units, shape (n, 2)."""
    numbers = np.empty((len(xy), 3), dtype=np.int64)
    numbers[:, 0] = 9
    numbers[:, 1:] = (xy << 1) ^ (xy >> 63)
    stream, ends = _varints(numbers.ravel())
    whole, stops = stream.tobytes(), ends[2::3].tolist()
    return [whole[a:b] for a, b in zip([0, *stops], stops, strict=False)]


def point_layer(name: str, groups: Sequence[Features]) -> bytes:
    """Points and their properties, as a whole tile of one layer."""
    return _layer(name, 1, groups)
