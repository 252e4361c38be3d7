"""A view to hand on: one page with a map that opens without a network; everyone may read it."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import structlog
from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, Response

from api.dependencies import EVERYONE
from api.problems import problem
from api.query import Question
from geo.errors import FileError

log = structlog.get_logger()
router = APIRouter(prefix="/api/v1", tags=EVERYONE)
LIBRARIES: Final = Path(__file__).resolve().parents[1] / "static" / "report"
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"text/html": {}}, "description": "A page that asks nobody for anything"}
}


@router.get("/report.html", response_class=HTMLResponse, responses=ANSWERS)
def report(
    request: Request,
    question: Question,
    set: Annotated[str | None, Query(description="Default: the set in force")] = None,
    resolution: Annotated[int | None, Query(ge=6, le=10, description="Default: by extent")] = None,
    lang: Literal["vi", "en"] = "vi",
) -> Response:
    """One self-contained map of the complaints under the filter; opens without a network."""
    # A worker that is never asked for a report stays smaller.
    from api.pictures import findings
    from tiles.report import draw
    from tiles.report_figures import read

    made = datetime.now(UTC)
    # One snapshot, so that all figures of the page agree.
    snapshot = request.app.state.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        figures = read(connection, question, made, set, resolution)
        found = findings(connection, request.app.state.studies, figures, resolution)
    try:
        page, policy = draw(figures, lang, LIBRARIES, found)
    except FileError as error:
        log.error("report_libraries_missing")
        return problem(503, "Not built", str(error))
    headers = {
        # Opened from here it is as alone as it is from a file.
        "Content-Security-Policy": f"{policy}; frame-ancestors 'self'; sandbox allow-scripts",
        "Content-Disposition": f'inline; filename="phananh-{made:%Y%m%d-%H%M}.html"',
    }
    return HTMLResponse(page, headers=headers)
