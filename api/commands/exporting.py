"""Files out: complaints under a filter, and the description of the API."""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from sqlalchemy import text

from api.app import create_app
from api.commands.progress import stoppable
from api.commands.question import Areas, Box, Many, Since, Until, Words, asked
from api.commands.session import Var, database, out
from api.settings import Settings
from geo import counts
from geo.database import engine as make_engine
from geo.errors import FileError
from geo.files import FILED, STREAMED
from geo.frames import frames

if TYPE_CHECKING:
    import pandas as pd


def export_file(
    file: Annotated[Path, typer.Argument(help="Ends in .csv, .geojson, .parquet or .gpkg")],
    city: Many = None,
    domain: Many = None,
    category: Many = None,
    status: Many = None,
    since: Since = None,
    until: Until = None,
    area: Areas = None,
    bbox: Box = None,
    q: Words = None,
    var: Var = None,
) -> None:
    """Write the complaints under a filter to a file: those of the same filter on the page."""
    form = file.suffix.removeprefix(".").lower()
    if form not in STREAMED and form not in FILED:
        known = ", ".join(f".{name}" for name in (*STREAMED, *FILED))
        raise FileError(f"{file.name}: no such kind of file; there are {known}")
    # The whole file or none: it gets its name when it is done.
    part = file.with_name(f".{os.getpid()}-{file.name}")
    with database(var) as engine:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        try:
            with snapshot.connect() as connection:
                connection.execute(text("SET TRANSACTION READ ONLY"))
                question = asked(
                    connection, city, domain, category, status, since, until, area, bbox, q
                )
                total = int(connection.execute(counts.total(question)).scalar_one())
                with stoppable(file.name, total) as (progress, stopping):
                    rows = _counted(frames(connection, question), progress, stopping)
                    if form in STREAMED:
                        with part.open("wb") as body:
                            body.writelines(STREAMED[form](rows))
                    else:
                        FILED[form](rows, part)
            part.replace(file)
        finally:
            part.unlink(missing_ok=True)
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
