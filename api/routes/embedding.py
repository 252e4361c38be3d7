"""The map in a frame of another site's page; everyone may show it."""

from pathlib import Path
from typing import Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from api.dependencies import EVERYONE
from api.problems import problem

router = APIRouter(tags=EVERYONE)
PAGE: Final = Path(__file__).resolve().parents[1] / "static" / "index.html"
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "The page of the map, for a frame"}
}


@router.get("/embed", response_class=HTMLResponse, responses=ANSWERS)
def embed(request: Request) -> Response:
    """The map alone, with its legend and a link to the full page; parameters are those of `/`.

    The only path that other sites may show in a frame: it sends no form and stores nothing.
    """
    try:
        page = PAGE.read_text("utf-8")
    except FileNotFoundError:
        return problem(503, "Not built", "the web app is missing: npm --prefix web run build")
    policy = request.app.state.policy.replace("frame-ancestors 'self'", "frame-ancestors *")
    headers = {
        # A frame on another site takes part in nothing: no form leaves it.
        "Content-Security-Policy": policy.replace("form-action 'self'", "form-action 'none'"),
        "Cache-Control": "no-cache",
    }
    return HTMLResponse(page, headers=headers)
