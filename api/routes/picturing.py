"""A view to take along: a map as SVG, PNG or PDF; everyone may read it."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import Response

from api import pictures
from api.dependencies import EVERYONE
from api.heavy import Heavy
from api.query import Question
from geo.classes import Method
from geo.emergence import StepOf
from geo.filters import Filter
from tiles import printing
from tiles.legend import Language, Measure
from tiles.picture import Picture, Sheet, draw
from tiles.printing import Orientation, Paper
from tiles.report_figures import read_ground
from tiles.svg import escaped

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
# A picture runs nothing and fetches nothing, wherever it is opened.
ALONE: Final = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"


def described(media_type: str, what: str) -> dict[int | str, dict[str, Any]]:
    """The good answer of a route, for its description."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": {media_type: binary}, "description": what}}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the three forms of a map have in common."""

    question: Filter
    order: pictures.Order
    lang: Language


def wanted(
    question: Question,
    layer: pictures.Layer = "cells",
    set: Annotated[str | None, Query(description="Default: the set in force")] = None,
    resolution: Annotated[
        int | None, Query(ge=6, le=10, description="Default: by the view; of statistics 8")
    ] = None,
    measure: Annotated[Measure, Query(description="Of areas; cells have n alone")] = "n",
    method: Method = "quantile",
    view: Annotated[str | None, Query(description="west,south,east,north; all is counted")] = None,
    step: Annotated[StepOf, Query(description="Of trends")] = "month",
    lang: Language = "vi",
) -> Wanted:
    """Parameters every form of a map shares."""
    order = pictures.Order(layer, set, resolution, measure, method, view, step)
    return Wanted(question, order, lang)


Map = Annotated[Wanted, Depends(wanted)]
Width = Annotated[int, Query(ge=320, le=4000, description="CSS pixels")]


def drawn(request: Request, asked: Wanted, sheet: Sheet) -> tuple[Picture, datetime]:
    """The picture and when its figures were read."""
    made = datetime.now(UTC)
    # One snapshot, so that all figures of the picture agree.
    snapshot = request.app.state.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        ground, theme, view = pictures.read(
            connection, request.app.state.studies, asked.question, asked.order, made
        )
    return draw(ground, theme, view, sheet, asked.lang), made


def sent(content: bytes | str, media_type: str, made: datetime, suffix: str) -> Response:
    """A file to keep, with a name that tells when it was made."""
    name = f"phananh-{made:%Y%m%d-%H%M}.{suffix}"
    headers = {
        "Content-Security-Policy": ALONE,
        "Content-Disposition": f'inline; filename="{name}"',
    }
    return Response(content, media_type=media_type, headers=headers)


@router.get("/map.svg", response_class=Response, responses=described("image/svg+xml", "A map"))
def map_svg(request: Request, asked: Map, width: Width = 1200) -> Response:
    """The map of a view as a drawing: title, filter in words, legend with numbers, scale, source.

    The figures are those of every read. Letters are text; nothing in it runs or is fetched.
    """
    picture, made = drawn(request, asked, Sheet(width))
    return sent(picture.svg, "image/svg+xml", made, "svg")


@router.get("/map.png", response_class=Response, responses=described("image/png", "A map"))
def map_png(
    request: Request,
    asked: Map,
    width: Width = 1200,
    scale: Annotated[int, Query(ge=1, le=3, description="Pixels for a CSS pixel")] = 1,
) -> Response:
    """The same drawing in pixels; at most 36 million of them."""
    picture, made = drawn(request, asked, Sheet(width))
    printing.pixels(picture.width, picture.height, scale)
    heavy: Heavy = request.app.state.heavy
    return sent(heavy.run(printing.png, picture.svg, scale), "image/png", made, "png")


@router.get("/map.pdf", response_class=Response, responses=described("application/pdf", "A map"))
def map_pdf(
    request: Request, asked: Map, paper: Paper = "A4", orientation: Orientation = "landscape"
) -> Response:
    """The same drawing on one page."""
    picture, made = drawn(request, asked, pictures.page(paper, orientation))
    html = printing.single(picture.svg, escaped(picture.title), asked.lang, paper, orientation)
    heavy: Heavy = request.app.state.heavy
    return sent(heavy.run(printing.pdf, html), "application/pdf", made, "pdf")


@router.get(
    "/report.pdf", response_class=Response, responses=described("application/pdf", "A report")
)
def report_pdf(
    request: Request,
    question: Question,
    set: Annotated[str | None, Query(description="Default: the set in force")] = None,
    resolution: Annotated[int | None, Query(ge=6, le=10, description="Default: 8")] = None,
    lang: Language = "vi",
    paper: Paper = "A4",
    orientation: Orientation = "portrait",
) -> Response:
    """A report for a meeting: hot spots, areas with rates, and trends, as maps and tables."""
    from tiles.meeting import document

    made = datetime.now(UTC)
    snapshot = request.app.state.engine.execution_options(isolation_level="REPEATABLE READ")
    with snapshot.connect() as connection:
        ground = read_ground(connection, question, made, set)
        found = pictures.findings(connection, request.app.state.studies, ground, resolution)
    html = document(ground, found, lang, paper, orientation)
    heavy: Heavy = request.app.state.heavy
    return sent(heavy.run(printing.pdf, html), "application/pdf", made, "pdf")
