"""The figures of a view, and its tiles, as files."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated
from urllib.parse import urlencode

import typer
from sqlalchemy import text

from api.commands.progress import steps
from api.commands.question import Areas, AsOf, Box, Cells, Many, Outline, Since, Until, Words, asked
from api.commands.session import Var, database, out
from api.commands.written import Point, Separator, form_of, whole
from api.query import read_vocabulary
from api.routes.filing import described_archive
from geo import figure_files, figures
from geo.emergence import StepOf
from geo.errors import BadFilterError, NotFoundError
from geo.figure_files import WRITERS, Writing
from geo.filters import Filter, Vocabulary
from geo.sheets import Dialect
from geo.significance import Measure
from geo.view import Fresh, View
from tiles import archive, figure_notes

Layer = Annotated[str, typer.Option(help="cells, areas, hotspots, trends or outliers")]
SetCode = Annotated[str | None, typer.Option("--set", help="Boundary set, for areas.")]
Apart = Annotated[int, typer.Option(min=1, max=5, help="Steps between neighbours.")]
# A city of Hà Nội's size at zoom 15 has some 10,000 tiles.
MOST_TILES = 200_000


def _with_set(view: View, words: Vocabulary, question: Filter, code: str | None) -> View:
    """The view with the areas of its set; cells have none."""
    if not question.cities:
        raise NotFoundError("no city is set up yet")
    if code is None or view.layer not in figures.BY_AREA:
        return view
    if code not in words.sets:
        raise BadFilterError("set", f"no boundary set {code!r}; there are: {', '.join(words.sets)}")
    return replace(view, set_code=code, set_ids=words.sets[code])


def write_figures(
    file: Annotated[Path, typer.Argument(help="Ends in .csv, .xlsx, .geojson, .gpkg or .parquet")],
    layer: Layer = "cells",
    resolution: Annotated[int, typer.Option(min=6, max=12, help="Of the H3 cells.")] = 8,
    set_code: SetCode = None,
    k: Apart = 1,
    step: Annotated[StepOf, typer.Option(help="Of trends.")] = "month",
    measure: Annotated[Measure, typer.Option(help="Of hot spots and outliers by area.")] = "n",
    permutations: Annotated[int | None, typer.Option(min=0, max=99_999)] = None,
    seed: Annotated[int, typer.Option(min=0)] = 0,
    delimiter: Separator = "comma",
    decimal: Point = "point",
    notes: Annotated[bool, typer.Option(help="Begin a .csv with lines about it.")] = False,
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
    var: Var = None,
) -> None:
    """Write the figures of a view to a file: a row for each cell or area."""
    form = form_of(file, tuple(WRITERS))
    dialect, made = Dialect(delimiter, decimal), datetime.now(UTC)
    view = View(
        layer, resolution, k=k, step=step, measure=measure, permutations=permutations, seed=seed
    )
    with database(var) as engine, steps(file.name) as progress:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            question = asked(
                connection, city, domain, category, status, since, until, area, bbox, q,
                cell, polygon, as_of,
            )  # fmt: skip
            view = _with_set(view, read_vocabulary(connection), question, set_code)
            progress(0, 2)
            table = figures.table(connection, question, view)
            of = figure_notes.background(connection, question, made, view.set_code)
        progress(1, 2)
        told = figure_notes.of_table(table, of)
        with whole(file) as part:
            writing = Writing(told[0].text.vi, made, told, dialect, notes)
            figure_files.write(form, table, writing, part)
        progress(2, 2)
    out.print(f"{len(table):,} rows, {table.total:,} complaints: {file}")


def write_archive(
    file: Annotated[Path, typer.Argument(help="Ends in .pmtiles")],
    layer: Layer = "cells",
    resolution: Annotated[
        int | None, typer.Option(min=6, max=12, help="Default: cells by zoom, statistics 8.")
    ] = None,
    set_code: SetCode = None,
    k: Apart = 1,
    step: Annotated[StepOf, typer.Option(help="Of trends.")] = "month",
    maxzoom: Annotated[int, typer.Option(min=archive.FIRST_ZOOM, max=15)] = archive.DEEPEST,
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
    var: Var = None,
) -> None:
    """Write the tiles of a layer over the city to one PMTiles archive, zooms 8 to MAXZOOM."""
    form_of(file, ("pmtiles",))
    made = datetime.now(UTC)
    first, last = archive.zooms(layer, resolution, maxzoom)
    given = {
        "city": city, "domain": domain, "category": category, "status": status, "since": since,
        "until": until, "area": area, "bbox": bbox, "cell": cell, "polygon": polygon, "q": q,
        "as_of": as_of,
    }  # fmt: skip
    query = urlencode({name: value for name, value in given.items() if value}, doseq=True)
    with database(var) as engine, steps(file.name) as progress:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            question = asked(
                connection, city, domain, category, status, since, until, area, bbox, q,
                cell, polygon, as_of,
            )  # fmt: skip
            view = View(layer, resolution or 8, k=k, step=step)
            if layer == "areas":
                view = _with_set(view, read_vocabulary(connection), question, set_code)
            limits = tuple(one.limits for one in question.cities)
            wanted = archive.addresses(limits, first, last, MOST_TILES)
            draw = archive.drawing(connection, question, view, Fresh(), by_zoom=resolution is None)
            described = described_archive(connection, question, view, made, query)
            with whole(file) as part:
                drawn = archive.write(part, wanted, draw, described, progress)
    size = file.stat().st_size / 1e6
    out.print(f"{drawn:,} tiles at zooms {first} to {last}, {size:.1f} MB: {file}")
