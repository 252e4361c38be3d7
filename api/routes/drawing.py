"""Vector tiles and their TileJSON; everyone may read them."""

import gzip
import hashlib
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from api.dependencies import Database
from api.query import Question
from geo.cells import resolution_at
from geo.errors import BadFilterError, NotFoundError
from tiles import areas, cells
from tiles.address import TileAddress

router = APIRouter(prefix="/tiles")
MVT = "application/vnd.mapbox-vector-tile"


def _answer(request: Request, tile: bytes) -> Response:
    if not tile:
        return Response(status_code=204)
    zipped = "gzip" in request.headers.get("accept-encoding", "")
    suffix = "-gz" if zipped else ""
    etag = f'"{hashlib.blake2b(tile, digest_size=16).hexdigest()}{suffix}"'
    headers = {"ETag": etag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if zipped:
        headers["Content-Encoding"] = "gzip"
        tile = gzip.compress(tile, 6, mtime=0)
    return Response(tile, headers=headers, media_type=MVT)


@router.get("/cells/{z}/{x}/{y}.mvt")
def cell_tile(
    request: Request,
    z: int,
    x: int,
    y: int,
    question: Question,
    db: Database,
    resolution: Annotated[int | None, Query(ge=6, le=12)] = None,
) -> Response:
    """Hexagons with `cell` and `n`; each appears whole in every tile it touches."""
    address = TileAddress.of(z, x, y)
    statement = cells.select(question, address, resolution or resolution_at(z))
    rows = db.execute(statement).all() if statement is not None else []
    return _answer(request, cells.encode(address, rows))


@router.get("/areas/{z}/{x}/{y}.mvt")
def area_tile(
    request: Request, z: int, x: int, y: int, question: Question, db: Database, set: str
) -> Response:
    """Areas with `code`, `name`, `n` and `rate` per 1,000 residents."""
    statement = areas.select_tile(question, TileAddress.of(z, x, y), set)
    return _answer(request, bytes(db.execute(statement).scalar_one()))


@router.get("/{layer}.json")
def tilejson(request: Request, layer: str, question: Question) -> dict[str, Any]:
    """TileJSON 3.0.0; the tiles keep the filter of this address."""
    fields = {
        "cells": {"cell": "H3 cell", "n": "complaints"},
        "areas": {"code": "code", "name": "name", "n": "complaints", "rate": "per 1,000"},
    }
    if layer not in fields:
        raise NotFoundError(f"no layer {layer!r}; there are: {', '.join(fields)}")
    if layer == "areas" and "set" not in request.query_params:
        raise BadFilterError("set", "the areas layer needs set=<boundary set>")
    query = f"?{request.url.query}" if request.url.query else ""
    limits = [city.limits for city in question.cities]
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
        "vector_layers": [{"id": layer, "fields": fields[layer]}],
        "minzoom": 0,
        "maxzoom": 17,
        "bounds": bounds,
    }
