"""The figures of a view as files, and its tiles as one archive; everyone may take them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection

from api.dependencies import EVERYONE
from api.download import Turn, address_of, as_file
from api.heavy import Heavy
from api.query import Question, areas_of_set
from api.routes.drawing import LAYERS as TILES
from api.routes.hotspots import Steps
from geo import counts, figure_files, figures
from geo.emergence import StepOf
from geo.errors import BadFilterError, NotFoundError
from geo.figure_files import MEDIA, Writing
from geo.filters import Filter
from geo.sheets import Decimal, Delimiter, Dialect
from geo.significance import Measure
from geo.view import View
from tiles import archive, figure_notes

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
PMTILES: Final = "application/vnd.pmtiles"
# An archive keeps a connection and a thread busy for seconds.
_archive: Final = Turn("another archive")


def _content(*kinds: str) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {kind: {} for kind in kinds}}}


def _layers(known: dict[str, Any], text: str) -> Any:
    return Query(description=text, json_schema_extra={"enum": list(known)})


def _view(
    request: Request, question: Filter, layer: str, known: dict[str, Any], set: str | None,
    resolution: int, **more: Any,
) -> View:  # fmt: skip
    if layer not in known:
        raise BadFilterError("layer", f"no layer {layer!r}; there are: {', '.join(known)}")
    if not question.cities:
        raise NotFoundError("no city is set up yet")
    ids = areas_of_set(request, set) if set is not None or layer == "areas" else ()
    if layer not in figures.BY_AREA:
        # Cells have no set: a file of them names the present areas.
        set, ids = None, ()
    return View(layer, resolution, set, ids, **more)


@router.get("/figures.{form}", response_class=Response, responses=_content(*MEDIA.values()))
def figures_file(
    request: Request,
    form: str,
    question: Question,
    layer: Annotated[str, _layers(figures.LAYERS, "what is shown")] = "cells",
    resolution: Annotated[int, Query(ge=6, le=12, description="of the H3 cells")] = 8,
    set: Annotated[
        str | None, Query(description="of areas, and of hot spots and outliers by area")
    ] = None,
    k: Steps = 1,
    step: StepOf = "month",
    measure: Measure = "n",
    permutations: Annotated[int | None, Query(ge=0, le=99_999)] = None,
    seed: Annotated[int, Query(ge=0, le=2**31 - 1)] = 0,
    delimiter: Annotated[Delimiter, Query(description="of csv")] = "comma",
    decimal: Annotated[Decimal, Query(description="of csv")] = "point",
    notes: Annotated[bool, Query(description="begin a csv with lines about it")] = False,
) -> Response:
    """The figures of a view as csv, xlsx, geojson, gpkg or parquet: a row for each cell or area.

    The numbers are those of /api/v1/counts, /hotspots, /trends and /outliers; what they are, of
    what and when they were made is in the file, in a csv where `notes` asks for it.
    """
    if form not in MEDIA:
        raise NotFoundError(f"no file of figures {form!r}; there are: {', '.join(MEDIA)}")
    dialect = Dialect(delimiter, decimal)
    view = _view(
        request, question, layer, figures.LAYERS, set, resolution,
        k=k, step=step, measure=measure, permutations=permutations, seed=seed,
    )  # fmt: skip
    made = datetime.now(UTC)
    with request.app.state.engine.begin() as connection:
        table = figures.table(connection, question, view, request.app.state.studies)
        of = figure_notes.background(connection, question, made, view.set_code)
    told = figure_notes.of_table(table, of, address_of(request))
    writing = Writing(told[0].text.vi, made, told, dialect, notes)
    heavy: Heavy = request.app.state.heavy
    return as_file(
        f"phananh-{layer}-{made:%Y%m%d-%H%M}.{form}",
        MEDIA[form],
        lambda path: heavy.run(figure_files.write, form, table, writing, path),
    )


@router.get("/layer.pmtiles", response_class=Response, responses=_content(PMTILES))
def layer_archive(
    request: Request,
    question: Question,
    layer: Annotated[str, _layers(archive.LAYERS, "as in /tiles/{layer}")] = "cells",
    resolution: Annotated[
        int | None, Query(ge=6, le=12, description="Default: cells by zoom, statistics 8")
    ] = None,
    set: Annotated[str | None, Query(description="of the layer areas")] = None,
    k: Steps = 1,
    step: StepOf = "month",
    maxzoom: Annotated[int, Query(ge=archive.FIRST_ZOOM, le=archive.DEEPEST)] = 12,
) -> Response:
    """The tiles of a layer over the city as a PMTiles archive, zooms 8 to `maxzoom`.

    The same tiles as /tiles serves, in one file that any web server can hand out.
    """
    view = _view(
        request, question, layer, archive.LAYERS, set if layer == "areas" else None,
        resolution or 8, k=k, step=step,
    )  # fmt: skip
    first, last = archive.zooms(layer, resolution, maxzoom)
    limits = tuple(city.limits for city in question.cities)
    wanted = archive.addresses(limits, first, last)
    made = datetime.now(UTC)

    def write(path: Path) -> None:
        with request.app.state.engine.begin() as connection:
            draw = archive.drawing(
                connection, question, view, request.app.state.studies, by_zoom=resolution is None
            )
            described = described_archive(connection, question, view, made, request.url.query)
            archive.write(path, wanted, draw, described)

    with _archive.taken():
        return as_file(f"phananh-{layer}-{made:%Y%m%d-%H%M}.pmtiles", PMTILES, write)


def described_archive(
    connection: Connection, question: Filter, view: View, made: datetime, query: str
) -> archive.Described:
    """What an archive says of itself."""
    of = figure_notes.background(connection, question, made, view.set_code)
    total = int(connection.execute(counts.total(question)).scalar_one())
    told = figure_notes.notes(view.layer, of, total=total, view=view)
    limits = tuple(city.limits for city in question.cities)
    return archive.Described(view.layer, TILES[view.layer], told, made, limits, query)
