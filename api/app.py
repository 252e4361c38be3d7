"""The HTTP application."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Engine

from api import problems
from api.query import Words
from api.routes import drawing, reading, reporting
from api.settings import Settings
from geo.database import current_revision, head_revision

STATIC = Path(__file__).parent / "static"


def create_app(engine: Engine, settings: Settings) -> FastAPI:
    """The app over a database; nothing is read from the environment here."""
    app = FastAPI(title="phananh", version="0.1.0")
    app.state.engine, app.state.settings = engine, settings
    app.state.words = Words(engine)
    problems.install(app)

    @app.get("/healthz")
    def alive() -> dict[str, str]:
        """The process answers."""
        return {"status": "ok"}

    @app.get("/readyz")
    def ready() -> Response:
        """The database answers and its schema is the newest."""
        with engine.connect() as connection:
            there: dict[str, Any] = {"migrations": current_revision(connection) == head_revision()}
        return JSONResponse({"database": True, **there}, 200 if there["migrations"] else 503)

    for routes in (reading, reporting, drawing):
        app.include_router(routes.router)
    if STATIC.exists():
        app.mount("/", StaticFiles(directory=STATIC, html=True), name="web")
    return app
