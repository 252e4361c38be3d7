"""A layer under a filter as one PMTiles archive (version 3), of the same tiles that are served.

https://github.com/protomaps/PMTiles/blob/main/spec/v3/spec.md
"""

import gzip
import html
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer
from sqlalchemy import Connection

from geo import cells as grid
from geo.bbox import BBox
from geo.errors import BadFilterError, NotFoundError
from geo.filters import Filter
from geo.notes import Note, as_json
from geo.study import one_city
from geo.view import Answers, View
from tiles import areas, cells, studied
from tiles.address import TileAddress

FIRST_ZOOM: Final = 8
# A city of Hà Nội's size has 500 tiles at zoom 13, and four times as many at each further one.
DEEPEST: Final = 13
MOST_TILES: Final = 3000
# Cells reach beyond the complaints they hold: the widest edge there is, in degrees.
MARGIN: Final = 0.05

Draw = Callable[[TileAddress], bytes]


class Described(NamedTuple):
    """What an archive says of itself."""

    layer: str
    fields: Mapping[str, str]
    notes: tuple[Note, ...]
    made: datetime
    limits: tuple[BBox, ...]
    query: str
    """The filter as it stands in an address."""


def _span(low: float, high: float, most: int) -> range:
    first, last = (min(max(int(np.floor(at)), 0), most) for at in (low, high))
    return range(first, last + 1)


def _columns_rows(box: BBox, z: int) -> tuple[range, range]:
    n = 1 << z

    def row(lat: float) -> float:
        return float((1 - np.arcsinh(np.tan(np.radians(lat))) / np.pi) / 2 * n)

    columns = _span((box.west + 180) / 360 * n, (box.east + 180) / 360 * n, n - 1)
    return columns, _span(row(box.north), row(box.south), n - 1)


def addresses(
    limits: Sequence[BBox], first: int, last: int, at_most: int = MOST_TILES
) -> list[TileAddress]:
    """The tiles that touch the boxes at the zooms from `first` to `last`, in an archive's order.

    Raises `BadFilterError` where there are more than `at_most`.
    """
    spans = [
        (z, *_columns_rows(box.wider(MARGIN), z)) for z in range(first, last + 1) for box in limits
    ]
    if sum(len(columns) * len(rows) for _, columns, rows in spans) > at_most:
        raise BadFilterError(
            "maxzoom",
            f"more than {at_most:,} tiles: use a smaller maxzoom, or one city;"
            " the command `phananh archive` makes larger ones",
        )
    found = {TileAddress(z, x, y) for z, columns, rows in spans for x in columns for y in rows}
    return sorted(found, key=lambda one: int(zxy_to_tileid(*one)))


def zooms(layer: str, resolution: int | None, last: int) -> tuple[int, int]:
    """The zooms of an archive; cells of one resolution begin where they are not too many."""
    first = FIRST_ZOOM
    if layer == "cells" and resolution is not None:
        while grid.resolution_at(first) + 1 < resolution:
            first += 1
    if first > last:
        raise BadFilterError(
            "maxzoom", f"nothing of this is drawn below zoom {first}: use a maxzoom from there"
        )
    return first, last


def _cells(connection: Connection, question: Filter, view: View, by_zoom: bool, _: Answers) -> Draw:
    def draw(address: TileAddress) -> bytes:
        resolution = grid.resolution_at(address.z) if by_zoom else view.resolution
        statement = cells.select(question, address, resolution)
        rows = connection.execute(statement).all() if statement is not None else []
        return cells.encode(address, rows)

    return draw


def _areas(connection: Connection, question: Filter, view: View, _: bool, __: Answers) -> Draw:
    if not view.set_ids:
        raise BadFilterError("set", "areas are those of a set: say which with set=<boundary set>")

    def draw(address: TileAddress) -> bytes:
        statement = areas.select_tile(question, address, view.set_ids)
        return bytes(connection.execute(statement).scalar_one())

    return draw


def _hotspots(
    connection: Connection, question: Filter, view: View, _: bool, answers: Answers
) -> Draw:
    one_city(question)
    hot = answers.hot_cells(connection, question, view.resolution, view.k)
    return lambda address: studied.hotspots(address, hot, view.resolution)


def _trends(
    connection: Connection, question: Filter, view: View, _: bool, answers: Answers
) -> Draw:
    one_city(question)
    found = answers.emergence(connection, question, view.resolution, view.k, view.step)
    return lambda address: studied.trends(address, found, view.resolution)


def _outliers(
    connection: Connection, question: Filter, view: View, _: bool, answers: Answers
) -> Draw:
    one_city(question)
    found = answers.outliers(connection, question, view.resolution, view.k)
    return lambda address: studied.outliers(address, found, view.resolution)


LAYERS: Final[dict[str, Callable[[Connection, Filter, View, bool, Answers], Draw]]] = {
    "cells": _cells,
    "areas": _areas,
    "hotspots": _hotspots,
    "trends": _trends,
    "outliers": _outliers,
}


def drawing(
    connection: Connection, question: Filter, view: View, answers: Answers, *, by_zoom: bool = True
) -> Draw:
    """What draws each tile of a view; `by_zoom` chooses the resolution of the layer `cells`.

    Raises `BadFilterError` for a layer that is not there, or one that misses something.
    """
    made = LAYERS.get(view.layer)
    if made is None:
        raise BadFilterError("layer", f"no layer {view.layer!r}; there are: {', '.join(LAYERS)}")
    return made(connection, question, view, by_zoom, answers)


def _metadata(of: Described, first: int, last: int) -> dict[str, Any]:
    told = {one.key: one.text for one in of.notes}
    credit = [told[key].vi for key in ("source", "boundaries") if key in told]
    return {
        "name": told["title"].en,
        "description": f"{told['title'].en}. {told['filter'].en}.",
        "attribution": html.escape("; ".join(credit)),
        "type": "overlay",
        "version": of.made.isoformat(timespec="seconds"),
        "filter": of.query,
        "figures": as_json(of.notes),
        "vector_layers": [
            {"id": of.layer, "fields": dict(of.fields), "minzoom": first, "maxzoom": last}
        ],
    }


def _header(limits: Sequence[BBox], first: int) -> dict[str, Any]:
    west, south = min(box.west for box in limits), min(box.south for box in limits)
    east, north = max(box.east for box in limits), max(box.north for box in limits)
    return {
        "tile_type": TileType.MVT,
        "tile_compression": Compression.GZIP,
        "min_lon_e7": round(west * 1e7),
        "min_lat_e7": round(south * 1e7),
        "max_lon_e7": round(east * 1e7),
        "max_lat_e7": round(north * 1e7),
        "center_zoom": first,
        "center_lon_e7": round((west + east) / 2 * 1e7),
        "center_lat_e7": round((south + north) / 2 * 1e7),
    }


def write(
    path: Path,
    wanted: Sequence[TileAddress],
    draw: Draw,
    of: Described,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> int:
    """Draw the tiles into an archive; returns how many are not empty.

    Raises `NotFoundError` where all of them are: an archive of nothing opens nowhere.
    """
    drawn = 0
    with path.open("wb") as out:
        writer = Writer(out)  # type: ignore[no-untyped-call]
        for number, address in enumerate(wanted, 1):
            if body := draw(address):
                drawn += 1
                packed = gzip.compress(body, 6, mtime=0)
                writer.write_tile(zxy_to_tileid(*address), packed)  # type: ignore[no-untyped-call]
            progress(number, len(wanted))
        if not drawn:
            raise NotFoundError("nothing lies under this filter: there is no tile to put away")
        first, last = wanted[0].z, wanted[-1].z
        header, metadata = _header(of.limits, first), _metadata(of, first, last)
        writer.finalize(header, metadata)  # type: ignore[no-untyped-call]
    return drawn
