"""Vector tiles and their TileJSON; everyone may read them."""

from collections.abc import Callable
from typing import Annotated, Any

from anyio import to_thread
from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection
from starlette.types import Receive, Scope, Send

from api.dependencies import EVERYONE
from api.query import Question, areas_of_set
from api.studies import Studies
from api.tilecache import SERVED, Tile, TileCache, encoding_of, key_of, send_tile
from geo.cells import resolution_at
from geo.emergence import Emergence, StepOf
from geo.errors import NotFoundError
from geo.outliers import Outliers
from geo.significance import Hot
from tiles import areas, cells, points, studied
from tiles.address import TileAddress
from tiles.version import Region, region

router = APIRouter(prefix="/tiles", tags=EVERYONE)
LAYERS: dict[str, dict[str, str]] = {
    "cells": {"cell": "H3 cell", "n": "complaints"},
    "areas": {"code": "code", "name": "name", "n": "complaints", "rate": "per 1,000 residents"},
    "hotspots": {
        "cell": "H3 cell",
        "n": "complaints",
        "class": "hot99, hot95, hot90, none, cold90, cold95, cold99",
        "z": "Gi*",
    },
    "outliers": {
        "cell": "H3 cell",
        "n": "complaints",
        "class": "high-high, low-low, high-low, low-high, none",
        "i": "local Moran's I",
    },
    "trends": {
        "cell": "H3 cell",
        "n": "complaints in all periods",
        "class": "new_hot, consecutive_hot ... historical_cold, none",
        "z": "Mann-Kendall trend of the counts",
    },
    "complaints": {
        "code": "code of a single complaint",
        "domain": "domain",
        "category": "category",
        "status": "status",
        "day": "local day of the report",
        "n": "complaints in a cell that has too many to draw one by one",
        "cell": "H3 cell",
    },
}
ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {"application/vnd.mapbox-vector-tile": {}},
        "description": "A Mapbox vector tile, gzip or br, with a strong ETag",
    },
    204: {"description": "Nothing to draw here"},
    304: {"description": "The tile is the one you have"},
    422: {"description": "No such tile or filter", "content": {"application/problem+json": {}}},
    503: {"description": "Try again", "content": {"application/problem+json": {}}},
}


class TileResponse(Response):
    """Sends a made tile in the encoding its caller takes."""

    def __init__(self, tile: Tile, cache: str) -> None:
        super().__init__()
        self._tile, self._cache = tile, cache

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send_tile(scope, send, self._tile, self._cache)


async def _answer(
    request: Request, layer: str, where: Region, draw: Callable[[Connection], bytes]
) -> Response:
    cache: TileCache = request.app.state.tiles

    def drawn() -> bytes:
        # One statement needs no BEGIN and no ROLLBACK around it.
        reading = request.app.state.engine.execution_options(isolation_level="AUTOCOMMIT")
        with reading.connect() as connection:
            return draw(connection)

    tile, how = await cache.make(key_of(request.scope), where, drawn, encoding_of(request.scope))
    SERVED.labels(layer, how).inc()
    return TileResponse(tile, how)


@router.api_route(
    "/cells/{z}/{x}/{y}.mvt", methods=["GET"], responses=ANSWERS, response_class=Response
)
async def cell_tile(
    request: Request,
    z: int,
    x: int,
    y: int,
    question: Question,
    resolution: Annotated[int | None, Query(ge=6, le=12)] = None,
) -> Response:
    """Hexagons with `cell` and `n`; each appears whole in every tile it touches."""
    address = TileAddress.of(z, x, y)
    statement = cells.select(question, address, resolution or resolution_at(z))

    def draw(connection: Connection) -> bytes:
        rows = connection.execute(statement).all() if statement is not None else []
        return cells.encode(address, rows)

    return await _answer(request, "cells", region(address.bbox()), draw)


@router.api_route(
    "/areas/{z}/{x}/{y}.mvt", methods=["GET"], responses=ANSWERS, response_class=Response
)
async def area_tile(
    request: Request, z: int, x: int, y: int, question: Question, set: str | None = None
) -> Response:
    """Areas with `code`, `name`, `n` and `rate` per 1,000 residents."""
    statement = areas.select_tile(question, TileAddress.of(z, x, y), areas_of_set(request, set))

    def draw(connection: Connection) -> bytes:
        return bytes(connection.execute(statement).scalar_one())

    # An area's count changes with complaints that lie outside the tile.
    return await _answer(request, "areas", None, draw)


@router.api_route(
    "/hotspots/{z}/{x}/{y}.mvt", methods=["GET"], responses=ANSWERS, response_class=Response
)
async def hotspot_tile(
    request: Request,
    z: int,
    x: int,
    y: int,
    question: Question,
    resolution: Annotated[int, Query(ge=6, le=10)] = 8,
    k: Annotated[int, Query(ge=1, le=5)] = 1,
) -> Response:
    """All cells of the region, empty ones too, with `class`, `z` (Gi*) and `n`."""
    address = TileAddress.of(z, x, y)
    studies: Studies = request.app.state.studies

    def found() -> Hot:
        reading = request.app.state.engine.execution_options(isolation_level="AUTOCOMMIT")
        with reading.connect() as connection:
            return studies.hot_cells(connection, question, resolution, k)

    # Not among the places for tile queries: a statistic of the whole city may take longer.
    await to_thread.run_sync(found, limiter=studies.limiter())
    # Asked again in the drawing: where something changed meanwhile, the tile is of the new state.
    return await _answer(
        request, "hotspots", None, lambda _: studied.hotspots(address, found(), resolution)
    )


@router.api_route(
    "/outliers/{z}/{x}/{y}.mvt", methods=["GET"], responses=ANSWERS, response_class=Response
)
async def outlier_tile(
    request: Request,
    z: int,
    x: int,
    y: int,
    question: Question,
    resolution: Annotated[int, Query(ge=6, le=10)] = 8,
    k: Annotated[int, Query(ge=1, le=5)] = 1,
) -> Response:
    """All cells of the region, empty ones too, with `class` (the quadrant), `i` and `n`."""
    address = TileAddress.of(z, x, y)
    studies: Studies = request.app.state.studies

    def found() -> Outliers:
        reading = request.app.state.engine.execution_options(isolation_level="AUTOCOMMIT")
        with reading.connect() as connection:
            return studies.outliers(connection, question, resolution, k)

    await to_thread.run_sync(found, limiter=studies.limiter())
    return await _answer(
        request, "outliers", None, lambda _: studied.outliers(address, found(), resolution)
    )


@router.api_route(
    "/trends/{z}/{x}/{y}.mvt", methods=["GET"], responses=ANSWERS, response_class=Response
)
async def trend_tile(
    request: Request,
    z: int,
    x: int,
    y: int,
    question: Question,
    resolution: Annotated[int, Query(ge=6, le=9)] = 8,
    k: Annotated[int, Query(ge=1, le=5)] = 1,
    step: StepOf = "month",
) -> Response:
    """All cells of the region with the pattern of their hot or cold spot as `class`."""
    address = TileAddress.of(z, x, y)
    studies: Studies = request.app.state.studies

    def found() -> Emergence:
        reading = request.app.state.engine.execution_options(isolation_level="AUTOCOMMIT")
        with reading.connect() as connection:
            return studies.emergence(connection, question, resolution, k, step)

    await to_thread.run_sync(found, limiter=studies.limiter())
    return await _answer(
        request, "trends", None, lambda _: studied.trends(address, found(), resolution)
    )


@router.api_route(
    "/complaints/{z}/{x}/{y}.mvt", methods=["GET"], responses=ANSWERS, response_class=Response
)
async def complaint_tile(request: Request, z: int, x: int, y: int, question: Question) -> Response:
    """Single complaints, or one point with `n` for a cell that holds too many; none left out."""
    address = TileAddress.of(z, x, y)
    return await _answer(
        request,
        "complaints",
        region(address.bbox()),
        lambda connection: points.draw(connection, question, address),
    )


@router.get("/{layer}.json")
async def tilejson(request: Request, layer: str, question: Question) -> dict[str, Any]:
    """TileJSON 3.0.0; the tiles keep the filter of this address."""
    if layer not in LAYERS:
        raise NotFoundError(f"no layer {layer!r}; there are: {', '.join(LAYERS)}")
    if layer == "areas":
        areas_of_set(request, request.query_params.get("set"))
    query = f"?{request.url.query}" if request.url.query else ""
    limits = [city.limits for city in question.cities]
    if not limits:
        raise NotFoundError("no city is set up yet")
    bounds = [
        min(box.west for box in limits),
        min(box.south for box in limits),
        max(box.east for box in limits),
        max(box.north for box in limits),
    ]
    return {
        "tilejson": "3.0.0",
        "name": layer,
        "tiles": [
            f"{str(request.base_url).rstrip('/')}/tiles/{layer}/{{z}}/{{x}}/{{y}}.mvt{query}"
        ],
        "vector_layers": [{"id": layer, "fields": LAYERS[layer]}],
        "minzoom": 0,
        "maxzoom": 17,
        "bounds": bounds,
    }
