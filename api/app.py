"""The HTTP application."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.metadata import version
from typing import Any, Final

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from fastapi.middleware.gzip import GZipMiddleware
from fastapi.responses import JSONResponse, PlainTextResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, Histogram, generate_latest
from sqlalchemy import Engine
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.budget import Budget
from api.cross_site import OwnPagesAlone
from api.darkroom import Darkroom
from api.dependencies import EVERYONE
from api.guard import Guard
from api.heavy import Heavy
from api.keeper import Keeper
from api.open311 import form_of, refusal
from api.query import Words
from api.routes import (
    accounts,
    administering,
    auditing,
    bulk_work,
    challenging,
    comparing,
    contact_page,
    counting,
    deadlines,
    density,
    drawing,
    embedding,
    exploring,
    exporting,
    feeding,
    filing,
    finding,
    follow_page,
    following,
    handling,
    hotspots,
    mine,
    near,
    office_pages,
    open311,
    outliers,
    pages,
    performance,
    photos,
    picturing,
    pushing,
    queueing,
    rating,
    reading,
    reporting,
    reporting_rate,
    road,
    satisfaction,
    sensitive,
    sharing,
    suggesting,
    supporting,
    work_files,
    working_live,
)
from api.secret import instance_secret
from api.settings import Settings
from api.storage import PhotoStore
from api.studies import Studies
from api.suggestions import Suggestions
from api.tilecache import TileAnswers, TileCache
from api.validated import Validated
from api.web_app import STATIC, WebApp
from geo.database import current_revision, head_revision
from geo.hotspots import local_moran
from tiles.version import Clock

TIMES: Final = Histogram(
    "phananh_request_seconds",
    "Time to answer, without kept tiles",
    ["route", "method", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
# The longest report takes some 20 kB.
MOST_BODY: Final = 256 * 1024
# Styles are set from script by the map library; its worker may come as a blob.
POLICY: Final = (
    "default-src 'self'; style-src 'self' 'unsafe-inline'; worker-src 'self' blob:;"
    " img-src 'self' data: blob:{basemap}; connect-src 'self'{basemap}; object-src 'none';"
    " base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
# A report may begin with one's own place or a photo; nothing else of a device is asked for.
PERMISSIONS: Final = (
    "geolocation=(self), camera=(self), microphone=(), payment=(), usb=(), serial=(),"
    " display-capture=(), midi=()"
)
# Other pages may not read these, nor have their visitors solve challenges.
OWN_PAGES_ALONE: Final = (
    "/api/v1/mine",
    "/api/v1/push",
    "/api/v1/photos",
    "/api/v1/challenge",
    "/api/v1/account",
    "/api/v1/work",
    "/api/v1/performance",
    "/api/v1/admin",
    "/api/v1/audit",
)


def _with_nul(scope: Scope) -> str | None:
    """The parameter, or the path, that holds a NUL."""
    for pair in scope["query_string"].split(b"&"):
        if b"%00" in pair or b"\0" in pair:
            return str(pair.partition(b"=")[0].decode("ascii", "replace"))
    return "path" if "\0" in scope["path"] else None


def _refusal_of_nul(path: str, wrong: str) -> Response:
    if path.startswith("/open311/"):
        return refusal(form_of(path), 400, [f"{wrong} holds a NUL character"])
    return problems.problem(
        422,
        "Invalid request",
        f"{wrong} holds a NUL character",
        errors=[{"field": wrong, "message": "a NUL character is no part of any value"}],
    )


def _bodiless(send: Send) -> Send:
    async def only_headers(message: Message) -> None:
        if message["type"] == "http.response.body":
            message = {**message, "body": b""}
        await send(message)

    return only_headers


class PublicAlone(CORSMiddleware):
    """Lets other pages read what is public, and nothing that is for one person."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(OWN_PAGES_ALONE):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


class Watched:
    """The ASGI layer that measures, and adds the headers every answer has."""

    def __init__(self, app: ASGIApp, policy: str, secure: bool) -> None:
        self.app = app
        self._headers = [
            (b"x-content-type-options", b"nosniff"),
            (b"referrer-policy", b"strict-origin-when-cross-origin"),
            (b"content-security-policy", policy.encode()),
            (b"permissions-policy", PERMISSIONS.encode()),
        ]
        if secure:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if wrong := _with_nul(scope):
            # PostgreSQL's texts cannot hold it, and no code or word has it.
            await _refusal_of_nul(scope["path"], wrong)(scope, receive, send)
            return
        if scope["method"] == "HEAD":
            # As GET, without the body: watchers and caches ask so.
            scope = {**scope, "method": "GET"}
            send = _bodiless(send)
        begun = time.perf_counter()
        status = 500

        async def seen(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(one for one in self._headers if one[0] not in there),
                ]
            await send(message)

        try:
            await self.app(scope, receive, seen)
        finally:
            # The route's template, never the path: it may hold a code.
            route = getattr(scope.get("route"), "path", "other")
            seconds = time.perf_counter() - begun
            TIMES.labels(route, scope["method"], status).observe(seconds)


def _basemap_origin(settings: Settings) -> str:
    if not settings.basemap_url:
        return ""
    scheme, _, rest = settings.basemap_url.partition("://")
    return f" {scheme}://{rest.split('/', 1)[0].replace('{s}', '*')}"


class Worded(FastAPI):
    """An app whose every error is a document, also what is refused before it."""

    def build_middleware_stack(self) -> ASGIApp:
        return problems.TooLargeInWords(super().build_middleware_stack())


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The app over a database; nothing is read from the environment here."""
    clock, words = Clock(), Words(engine)
    keeper = Keeper(engine, clock, words)

    @asynccontextmanager
    async def running(app: FastAPI) -> AsyncIterator[None]:
        words.kept = True
        keeper.start()
        yield
        keeper.stop()
        app.state.heavy.stop()
        app.state.darkroom.stop()
        words.kept = False

    # The page /docs is part of the web app: FastAPI's own asks a CDN for its scripts.
    app = Worded(
        title="phananh",
        version=version("phananh"),
        description="Complaints by place and time: lists, counts, tiles and files that agree.",
        lifespan=running,
        docs_url=None,
        redoc_url=None,
        max_body_size=MOST_BODY,
        responses=problems.RESPONSES,
    )
    app.state.engine, app.state.settings = engine, settings
    app.state.policy = POLICY.format(basemap=_basemap_origin(settings))
    app.state.words, app.state.keeper, app.state.clock = words, keeper, clock
    app.state.tiles = TileCache(
        clock,
        most_bytes=settings.tile_cache_mb * 2**20,
        queries=settings.tile_queries,
        waiting=settings.tile_waiting,
    )
    app.state.secret = instance_secret(settings)
    app.state.guard = Guard(settings, engine, app.state.secret)
    app.state.heavy = Heavy()
    app.state.suggestions = Suggestions(engine)
    app.state.darkroom, app.state.photos = Darkroom(), PhotoStore(settings)
    app.state.studies = Studies(clock, partial(app.state.heavy.run, local_moran))
    problems.install(app)

    @app.get("/healthz", tags=EVERYONE)
    async def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz", tags=EVERYONE, response_model=dict[str, bool])
    def ready() -> Response:
        """The database answers and its schema is the newest."""
        with engine.connect() as connection:
            there: dict[str, Any] = {"migrations": current_revision(connection) == head_revision()}
        return JSONResponse({"database": True, **there}, 200 if there["migrations"] else 503)

    @app.get("/metrics", response_class=PlainTextResponse, tags=EVERYONE)
    def metrics() -> Response:
        """Figures for Prometheus; nothing about persons or single complaints."""
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    # Before `reading`, which takes any word after /complaints/ for a code.
    routers = (near, reading, counting, finding, exporting, reporting, drawing)
    later = (exploring, filing, hotspots, comparing, sensitive, sharing, picturing, embedding)
    statistics = (outliers, density, reporting_rate, satisfaction)
    citizens = (suggesting, challenging, supporting, mine, contact_page, rating, photos, pages)
    watching = (following, follow_page, feeding, pushing)
    # Before `handling`, which takes any word after /work/ for a code.
    work = (queueing, working_live, bulk_work, work_files, road, handling)
    officials = (accounts, *work, deadlines, performance, administering, auditing, office_pages)
    for routes in (*routers, *statistics, *later, *citizens, *watching, open311, *officials):
        app.include_router(routes.router)
    if STATIC.exists():
        app.mount("/", WebApp(directory=STATIC, html=True), name="web")
    app.add_middleware(Validated)
    # A phone on a bad connection: lists and outlines shrink to a fifth. Tiles bring their own.
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(Budget, clients=app.state.guard.clients, settings=settings)
    # What is read here is public: any page may show it. Nothing is sent with credentials.
    app.add_middleware(
        PublicAlone,
        allow_origins=["*"],
        allow_methods=["GET", "HEAD"],
        expose_headers=["ETag", "Location", "Retry-After"],
    )
    app.add_middleware(OwnPagesAlone)
    app.add_middleware(
        Watched, policy=app.state.policy, secure=settings.base_url.startswith("https://")
    )
    app.add_middleware(TileAnswers, cache=app.state.tiles)
    return app
