"""Tiles kept in memory: each made once, sent again while its data is the same.

`TileCache` is an ASGI layer before the application. A kept tile leaves here without routing,
validation or a database; everything else passes through, and the tile routes fill the cache.
"""

import asyncio
import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable
from typing import Any, Final, NamedTuple

import brotli
from anyio import CapacityLimiter, to_thread
from prometheus_client import Counter
from starlette.types import ASGIApp, Receive, Scope, Send

from geo.errors import OverloadedError
from tiles.version import Clock, Region

MVT: Final = b"application/vnd.mapbox-vector-tile"
SERVED: Final = Counter("phananh_tiles_total", "Tiles answered", ["layer", "cache"])
OVERHEAD: Final = 700

Key = tuple[str, bytes]
Headers = list[tuple[bytes, bytes]]


class Encoded(NamedTuple):
    etag: bytes
    headers: Headers
    body: bytes


class Tile:
    """One made tile in the encodings that were asked for."""

    __slots__ = ("_digest", "body", "encoded", "stamp", "where")

    def __init__(self, body: bytes, stamp: int, where: Region) -> None:
        self.body, self.stamp, self.where = body, stamp, where
        self._digest = hashlib.blake2b(body, digest_size=16).hexdigest()
        self.encoded: dict[str, Encoded] = {}

    def size(self) -> int:
        """Bytes of memory, with the two compressed forms, made or not: about half each."""
        return OVERHEAD + 2 * len(self.body)

    def as_(self, encoding: str) -> Encoded:
        """The tile in an encoding: 'br', 'gzip' or '' for none."""
        found = self.encoded.get(encoding)
        if found is None:
            body = self.body
            if encoding == "br":
                body = brotli.compress(body, quality=5)
            elif encoding == "gzip":
                body = gzip.compress(body, 6, mtime=0)
            # Strong: another encoding is another sequence of bytes.
            etag = f'"{self._digest}{"-" + encoding if encoding else ""}"'.encode()
            headers = [
                (b"etag", etag),
                (b"cache-control", b"no-cache"),
                (b"vary", b"accept-encoding"),
                (b"access-control-allow-origin", b"*"),
                (b"x-content-type-options", b"nosniff"),
            ]
            if encoding and self.body:
                headers.append((b"content-encoding", encoding.encode()))
            found = self.encoded[encoding] = Encoded(etag, headers, body)
        return found


def encoding_of(scope: Scope) -> str:
    """The encoding this caller takes: 'br', 'gzip' or '' for none."""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            return _encoding(value)
    return ""


def _encoding(accepted: bytes) -> str:
    if b"br" in accepted:
        return "br"
    return "gzip" if b"gzip" in accepted else ""


async def send_tile(scope: Scope, send: Send, tile: Tile, cache: str) -> None:
    """Answer with 200, 204 for an empty tile, or 304 when the caller has these bytes."""
    accepted = condition = b""
    for name, value in scope["headers"]:
        if name == b"accept-encoding":
            accepted = value
        elif name == b"if-none-match":
            condition = value
    found = tile.as_(_encoding(accepted) if tile.body else "")
    headers = [*found.headers, (b"x-cache", cache.encode())]
    body = found.body
    if condition and (found.etag in condition or condition == b"*"):
        status, body = 304, b""
        headers = [one for one in headers if one[0] != b"content-encoding"]
    elif not body:
        status = 204
    else:
        status = 200
        headers += [(b"content-type", MVT), (b"content-length", str(len(body)).encode())]
    if scope["method"] == "HEAD":
        body = b""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


class TileCache:
    """Keeps the latest tiles up to `most_bytes`, and makes each cold one only once at a time."""

    def __init__(self, clock: Clock, *, most_bytes: int, queries: int, waiting: int) -> None:
        self.clock = clock
        self._most, self._waiting = most_bytes, waiting
        self._tiles: OrderedDict[Key, Tile] = OrderedDict()
        self._bytes = 0
        self._flights: dict[Key, tuple[int, asyncio.Task[Tile]]] = {}
        self._queries = queries
        self._limiter: CapacityLimiter | None = None

    def get(self, key: Key) -> Tile | None:
        """The kept tile, if nothing in its region has changed."""
        tile = self._tiles.get(key)
        if tile is None or not self.clock.trusted:
            return None
        if not self.clock.still(tile.stamp, tile.where):
            self._drop(key)
            return None
        self._tiles.move_to_end(key)
        return tile

    def _drop(self, key: Key) -> None:
        self._bytes -= self._tiles.pop(key).size()

    def _keep(self, key: Key, tile: Tile) -> None:
        if key in self._tiles:
            self._drop(key)
        self._tiles[key] = tile
        self._bytes += tile.size()
        while self._bytes > self._most and len(self._tiles) > 1:
            self._drop(next(iter(self._tiles)))

    async def make(
        self, key: Key, where: Region, draw: Callable[[], bytes], encoding: str = ""
    ) -> tuple[Tile, str]:
        """The tile and how it came: drawn now ('miss') or by another request ('coalesced').

        The encoding is made in the same thread; others when they are asked for. `draw` runs in a
        thread. Raises `OverloadedError` when too many wait already.
        """
        flight = self._flights.get(key)
        if flight is not None and self.clock.still(flight[0], where):
            return await asyncio.shield(flight[1]), "coalesced"
        if len(self._flights) >= self._waiting:
            raise OverloadedError("too many different tiles are being drawn at this moment")
        stamp = self.clock.now
        task = asyncio.create_task(self._draw(key, stamp, where, draw, encoding))
        self._flights[key] = (stamp, task)
        # The drawing goes on for others when its first caller goes away.
        task.add_done_callback(lambda done: self._landed(key, done))
        return await asyncio.shield(task), "miss"

    def _landed(self, key: Key, task: asyncio.Task[Tile]) -> None:
        if self._flights.get(key, (0, None))[1] is task:
            del self._flights[key]
        if not task.cancelled():
            task.exception()  # seen, so that an abandoned failure is not reported twice

    async def _draw(
        self, key: Key, stamp: int, where: Region, draw: Callable[[], bytes], encoding: str
    ) -> Tile:
        if self._limiter is None:
            self._limiter = CapacityLimiter(self._queries)

        def whole() -> Tile:
            tile = Tile(draw(), stamp, where)
            if tile.body:
                tile.as_(encoding)
            return tile

        tile = await to_thread.run_sync(whole, limiter=self._limiter)
        if self.clock.trusted:
            self._keep(key, tile)
        return tile


def key_of(scope: Scope) -> Key:
    return scope["path"], scope["query_string"]


class TileAnswers:
    """The ASGI layer that answers for kept tiles."""

    def __init__(self, app: ASGIApp, cache: TileCache) -> None:
        self.app, self.cache = app, cache
        self._counters: dict[str, Any] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] == "http"
            and scope["path"].startswith("/tiles/")
            and scope["method"] in ("GET", "HEAD")
            and (tile := self.cache.get(key_of(scope))) is not None
        ):
            layer = scope["path"].split("/", 3)[2]
            counter = self._counters.get(layer)
            if counter is None:
                counter = self._counters[layer] = SERVED.labels(layer, "hit")
            counter.inc()
            await send_tile(scope, send, tile, "hit")
            return
        await self.app(scope, receive, send)
