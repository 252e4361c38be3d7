"""Lists that seldom change: a caller that has them is told so, and others get them small."""

import hashlib
from collections import OrderedDict
from typing import Final

import brotli
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api.web_app import accepted

# What every visit reads first, and the outlines of a set, by far the largest of them.
LISTS: Final = frozenset({"/api/v1/config", "/api/v1/domains", "/api/v1/boundaries"})
OUTLINES: Final = "/api/v1/boundaries/"
LEAST: Final = 1024
# Outlines of a few sets at a few tolerances, some 20 kB each.
MOST_KEPT: Final = 32


class Validated:
    """The ASGI layer that gives these answers an ETag of their content.

    The content is made each time, so that it is never old; what is spared is the line.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._packed: OrderedDict[str, bytes] = OrderedDict()

    def _smaller(self, digest: str, body: bytes) -> bytes:
        found = self._packed.get(digest)
        if found is None:
            found = self._packed[digest] = brotli.compress(body, quality=9)
            if len(self._packed) > MOST_KEPT:
                self._packed.popitem(last=False)
        return found

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "")
        if (
            scope["type"] != "http"
            or scope["method"] != "GET"
            or not (path in LISTS or path.startswith(OUTLINES))
        ):
            await self.app(scope, receive, send)
            return
        start: Message | None = None
        body = b""

        async def whole(message: Message) -> None:
            nonlocal start, body
            if message["type"] == "http.response.start":
                start = message
            elif message["type"] == "http.response.body":
                body += message.get("body", b"")
                if not message.get("more_body") and start is not None:
                    await self._answer(scope, send, start, body)

        await self.app(scope, receive, whole)

    async def _answer(self, scope: Scope, send: Send, start: Message, body: bytes) -> None:
        if start["status"] == 200:
            headers = MutableHeaders(raw=start["headers"])
            digest = hashlib.blake2b(body, digest_size=16).hexdigest()
            headers["ETag"] = f'W/"{digest}"'
            headers["Cache-Control"] = "no-cache"
            if digest in Headers(scope=scope).get("if-none-match", ""):
                start = {**start, "status": 304}
                body = b""
                for name in ("content-length", "content-type"):
                    del headers[name]
            elif len(body) >= LEAST and "br" in accepted(scope):
                body = self._smaller(digest, body)
                headers["Content-Encoding"] = "br"
                headers.add_vary_header("Accept-Encoding")
                headers["Content-Length"] = str(len(body))
            start = {**start, "headers": headers.raw}
        await send(start)
        await send({"type": "http.response.body", "body": body})
