"""The peer: tipg serves the same table as vector tiles, cut at 10,000 features a tile."""

import gzip
from pathlib import Path
from typing import Any
from urllib.parse import quote

from sqlalchemy import Engine, text

from bench.filled import free_port, server
from bench.machine import ROOT
from bench.measures import spread
from bench.questions import Asker
from bench.wire import Wire

PYTHON = ROOT / "bench" / ".venv" / "bin" / "python"
LIMIT = 10_000
ZOOMS = range(8, 16)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, at


def _fields(data: bytes) -> list[tuple[int, bytes]]:
    """The length-delimited fields of a protocol buffer, in order."""
    found, at = [], 0
    while at < len(data):
        key, at = _varint(data, at)
        if key & 7 == 2:
            size, at = _varint(data, at)
            found.append((key >> 3, data[at : at + size]))
            at += size
        elif key & 7 == 0:
            _, at = _varint(data, at)
        else:
            at += {1: 8, 5: 4}[key & 7]
    return found


def features(tile: bytes) -> int:
    """How many features all layers of a vector tile hold."""
    if tile[:2] == b"\x1f\x8b":
        tile = gzip.decompress(tile)
    layers = [layer for number, layer in _fields(tile) if number == 3]
    return sum(number == 2 for layer in layers for number, _ in _fields(layer))


def peer(engine: Engine, service: Wire, asker: Asker, each: int, folder: Path) -> dict[str, Any]:
    """The same unfiltered tiles from tipg and from us: time, bytes, and what is left out."""
    if not PYTHON.exists():
        return {"available": False, "why": "bench/.venv is missing; bench/run makes it"}
    port = free_port()
    url = engine.url
    place = quote(str(url.query["host"]), safe="")
    environment = {
        "DATABASE_URL": f"postgresql://{url.username}@{place}:5432/{url.database}",
        "TIPG_MAX_FEATURES_PER_TILE": str(LIMIT),
        "TIPG_DEBUG": "FALSE",
    }
    command = [str(PYTHON), "-m", "uvicorn", "tipg.main:app", "--host", "127.0.0.1"]
    command += ["--port", str(port), "--log-level", "warning", "--no-access-log"]
    try:
        with server(command, environment, port, "/healthz", folder / "tipg.log"):
            return _tiles(engine, service, Wire(port), asker, each)
    except (RuntimeError, OSError) as error:
        return {"available": False, "why": str(error)}


def _tiles(engine: Engine, service: Wire, theirs: Wire, asker: Asker, each: int) -> dict[str, Any]:
    base = "/collections/public.complaint/tiles/WebMercatorQuad"
    rows: list[dict[str, Any]] = []
    asked = list(dict.fromkeys(asker.tile(zoom) for zoom in ZOOMS for _ in range(each)))
    for z, x, y in asked:
        answer = theirs.get(f"{base}/{z}/{x}/{y}")
        if answer.status not in (200, 204):
            detail = answer.body[:200].decode("utf-8", "replace")
            raise RuntimeError(f"tipg answered {answer.status}: {detail}")
        ours = service.get(f"/tiles/cells/{z}/{x}/{y}.mvt")
        shown = features(answer.body)
        with engine.connect() as connection:
            there = connection.execute(
                text(
                    "SELECT count(*) FROM complaint WHERE ST_Intersects(geom,"
                    " ST_Transform(ST_TileEnvelope(:z, :x, :y), 4326))"
                ),
                {"z": z, "x": x, "y": y},
            ).scalar_one()
        rows.append(
            {
                "tile": f"{z}/{x}/{y}",
                "complaints": there,
                "tipg_ms": round(answer.ms, 1),
                "tipg_bytes": len(answer.body),
                "tipg_features": shown,
                "tipg_left_out": max(0, there - shown),
                "cells_ms": round(ours.ms, 1),
                "cells_bytes": len(ours.body),
            }
        )
    return {
        "available": True,
        "limit": LIMIT,
        "tiles": rows,
        "tipg_ms": spread([row["tipg_ms"] for row in rows]),
        "cells_ms": spread([row["cells_ms"] for row in rows]),
        "tipg_bytes": sum(row["tipg_bytes"] for row in rows),
        "cells_bytes": sum(row["cells_bytes"] for row in rows),
        "complaints": sum(row["complaints"] for row in rows),
        "left_out": sum(row["tipg_left_out"] for row in rows),
    }
