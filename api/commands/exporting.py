"""Files out: complaints under a filter, and the description of the API."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import text

from api.app import create_app
from api.commands.progress import stoppable
from api.commands.question import Areas, AsOf, Box, Cells, Many, Outline, Since, Until, Words, asked
from api.commands.session import Var, database, out
from api.commands.written import Point, Separator, form_of, whole
from api.settings import Settings
from geo import counts, sheets
from geo.database import engine as make_engine
from geo.errors import FileError
from geo.figure_files import Writing
from geo.files import FILED, STREAMED, as_csv, to_xlsx
from geo.frames import frames
from geo.sheets import Dialect
from tiles import figure_notes

if TYPE_CHECKING:
    import pandas as pd


def export_file(
    file: Annotated[Path, typer.Argument(help="Ends in .csv, .xlsx, .geojson, .parquet or .gpkg")],
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
    delimiter: Separator = "comma",
    decimal: Point = "point",
    var: Var = None,
) -> None:
    """Write the complaints under a filter to a file: those of the same filter on the page."""
    form = form_of(file, (*STREAMED, "xlsx", *FILED))
    dialect = Dialect(delimiter, decimal)
    with database(var) as engine, whole(file) as part:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            question = asked(
                connection, city, domain, category, status, since, until, area, bbox, q,
                cell, polygon, as_of,
            )  # fmt: skip
            total = int(connection.execute(counts.total(question)).scalar_one())
            if form == "xlsx" and total > sheets.MOST_ROWS:
                raise sheets.too_many_rows()
            with stoppable(file.name, total) as (progress, stopping):
                rows = _counted(frames(connection, question), progress, stopping)
                if form == "xlsx":
                    made = datetime.now(UTC)
                    of = figure_notes.background(connection, question, made)
                    told = figure_notes.notes("complaints", of, total=total)
                    to_xlsx(rows, part, Writing(told[0].text.vi, made, told))
                elif form in STREAMED:
                    body = as_csv(rows, dialect) if form == "csv" else STREAMED[form](rows)
                    with part.open("wb") as opened:
                        opened.writelines(body)
                else:
                    FILED[form](rows, part)
    out.print(f"{total:,} complaints: {file}")


def _counted(
    parts: "Iterator[pd.DataFrame]", progress: Callable[[int], None], stopping: Callable[[], bool]
) -> "Iterator[pd.DataFrame]":
    rows = 0
    for part in parts:
        if stopping():
            raise FileError("stopped; no file was written")
        rows += len(part)
        yield part
        progress(rows)


def openapi(
    file: Annotated[Path | None, typer.Argument(help="Default: to the screen.")] = None,
) -> None:
    """Write the OpenAPI description of every path."""
    # Nothing is asked of the database.
    app = create_app(make_engine("postgresql:///"), Settings())
    described = json.dumps(app.openapi(), ensure_ascii=False, indent=2) + "\n"
    if file is None:
        typer.echo(described, nl=False)
    else:
        file.write_text(described, "utf-8")
