"""A view to hand on as one file: a page that opens without a network, a picture, or a PDF."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Final, NamedTuple, cast, get_args

import typer
from sqlalchemy import Connection, text

from api import pictures
from api.commands.question import Areas, AsOf, Box, Cells, Many, Outline, Since, Until, Words, asked
from api.commands.session import Var, database, out
from api.pictures import Layer, Order, findings
from api.routes.sharing import LIBRARIES
from api.studies import Studies
from geo.errors import FileError
from geo.filters import Filter
from geo.study import one_city
from tiles import printing
from tiles.legend import Language, Measure
from tiles.picture import Sheet
from tiles.picture import draw as draw_picture
from tiles.printing import Paper
from tiles.report_figures import read, read_ground
from tiles.svg import escaped
from tiles.version import Clock

SUFFIXES: Final = (".html", ".htm", ".svg", ".png", ".pdf")
LAYERS: Final[tuple[str, ...]] = get_args(Layer)


class Wanted(NamedTuple):
    """What kind of file; without an order it is the whole report."""

    suffix: str
    set_code: str | None
    resolution: int | None
    lang: Language
    width: int
    scale: int
    paper: Paper
    order: Order | None


def report(
    file: Annotated[
        Path | None, typer.Argument(help="Ends in .html, .svg, .png or .pdf", metavar="OUT")
    ] = None,
    out_file: Annotated[Path | None, typer.Option("--out", help="The same as OUT")] = None,
    city: Many = None,
    domain: Many = None,
    category: Many = None,
    status: Many = None,
    since: Since = None,
    until: Until = None,
    area: Areas = None,
    bbox: Box = None,
    cell: Cells = None,
    polygon: Outline = None,
    q: Words = None,
    as_of: AsOf = None,
    set_code: Annotated[
        str | None, typer.Option("--set", help="Boundaries; default: the set in force.")
    ] = None,
    resolution: Annotated[
        int | None, typer.Option(min=6, max=10, help="Of the hexagons; default: by extent.")
    ] = None,
    layer: Annotated[
        str | None,
        typer.Option(help=f"Of a picture: {', '.join(LAYERS)}; a PDF is then that map"),
    ] = None,
    measure: Annotated[str, typer.Option(help="Of areas: n, rate or per_km2")] = "n",
    view: Annotated[
        str | None, typer.Option(help="WEST,SOUTH,EAST,NORTH of a picture; all is counted")
    ] = None,
    width: Annotated[int, typer.Option(min=320, max=4000, help="Of a picture")] = 1200,
    scale: Annotated[int, typer.Option(min=1, max=3, help="Of a PNG")] = 1,
    paper: Annotated[str, typer.Option(help="Of a PDF: A4 or A3")] = "A4",
    lang: Annotated[str, typer.Option(help="vi or en")] = "vi",
    var: Var = None,
) -> None:
    """Write a map of the complaints under a filter as one file that needs no network.

    The name's end says what: .html a page with all layers, .svg and .png a picture of one layer,
    .pdf a report for a meeting, or with --layer that picture on a page.
    """
    path = file or out_file
    if path is None or path.suffix.lower() not in SUFFIXES:
        stem = "report" if path is None else path.stem
        raise FileError(f"call the file {stem}.html, {stem}.svg, {stem}.png or {stem}.pdf")
    _among("--lang", lang, ("vi", "en"))
    _among("--layer", layer or "cells", LAYERS)
    _among("--measure", measure, ("n", "rate", "per_km2"))
    _among("--paper", paper, ("A4", "A3"))

    order = None
    if layer is not None or path.suffix.lower() in (".svg", ".png"):
        order = Order(
            cast(Layer, layer or "cells"), set_code, resolution, cast(Measure, measure), view=view
        )
    wanted = Wanted(path.suffix.lower(), set_code, resolution, cast(Language, lang), width, scale,
                    cast(Paper, paper), order)  # fmt: skip
    with database(var) as engine:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            question = asked(
                connection, city, domain, category, status, since, until, area, bbox, q,
                cell, polygon, as_of,
            )  # fmt: skip
            if question.cities:
                one_city(question)
            content, total = _content(connection, question, wanted)
    # The whole file or none: it gets its name when it is done.
    part = path.with_name(f".{os.getpid()}-{path.name}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    out.print(f"{total:,} complaints, {len(content) / 1e6:.1f} MB: {path}")


def _among(option: str, given: str, known: tuple[str, ...]) -> None:
    if given not in known:
        raise FileError(f"{option} {given!r}: there are {', '.join(known)}")


def _content(connection: Connection, question: Filter, wanted: Wanted) -> tuple[bytes, int]:
    """The file, and how many complaints it is about."""
    made, studies, lang = datetime.now(UTC), Studies(Clock()), wanted.lang
    if wanted.order is not None:
        return _picture(connection, studies, question, made, wanted, wanted.order)
    if wanted.suffix == ".pdf":
        from tiles.meeting import document

        ground = read_ground(connection, question, made, wanted.set_code)
        found = findings(connection, studies, ground, wanted.resolution)
        html = document(ground, found, lang, wanted.paper, "portrait")
        return printing.pdf(html), ground.total
    from tiles.report import draw

    figures = read(connection, question, made, wanted.set_code, wanted.resolution)
    found = findings(connection, studies, figures, wanted.resolution)
    page, _ = draw(figures, lang, LIBRARIES, found)
    return page.encode(), figures.total


def _picture(
    connection: Connection,
    studies: Studies,
    question: Filter,
    made: datetime,
    wanted: Wanted,
    order: Order,
) -> tuple[bytes, int]:
    ground, theme, view = pictures.read(connection, studies, question, order, made)
    on_paper = wanted.suffix == ".pdf"
    sheet = pictures.page(wanted.paper, "landscape") if on_paper else Sheet(wanted.width)
    picture = draw_picture(ground, theme, view, sheet, wanted.lang)
    if on_paper:
        html = printing.single(
            picture.svg, escaped(picture.title), wanted.lang, wanted.paper, "landscape"
        )
        return printing.pdf(html), ground.total
    if wanted.suffix == ".svg":
        return picture.svg.encode(), ground.total
    printing.pixels(picture.width, picture.height, wanted.scale)
    return printing.png(picture.svg, wanted.scale), ground.total
