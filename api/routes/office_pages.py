"""The pages of officials: one file, which shows what the path says."""

from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import FileResponse, Response

from api.dependencies import EVERYONE
from api.problems import problem
from api.web_app import ASK_AGAIN, STATIC

router = APIRouter(tags=EVERYONE, include_in_schema=False)
PAGE: Final = STATIC / "office" / "index.html"


@router.get("/office")
def office() -> Response:
    """The shell; what it shows it asks for as whoever is signed in."""
    if not PAGE.exists():
        return problem(503, "Not built", "the web app is not built: script/server builds it")
    headers = {"Cache-Control": ASK_AGAIN, "X-Robots-Tag": "noindex, nofollow"}
    return FileResponse(PAGE, media_type="text/html", headers=headers)


@router.get("/office/{path:path}")
def office_page(path: Annotated[str, Path(max_length=200)]) -> Response:
    """Any page of it: the path is for the shell."""
    return office()
