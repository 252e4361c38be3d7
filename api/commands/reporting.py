"""A map of a view as one file that opens without a network."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import text

from api.commands.question import Areas, Box, Many, Since, Until, Words, asked
from api.commands.session import Var, database, out
from api.routes.sharing import LIBRARIES
from geo.errors import FileError


def report(
    file: Annotated[Path, typer.Option("--out", help="Ends in .html")],
    city: Many = None,
    domain: Many = None,
    category: Many = None,
    status: Many = None,
    since: Since = None,
    until: Until = None,
    area: Areas = None,
    bbox: Box = None,
    q: Words = None,
    set_code: Annotated[
        str | None, typer.Option("--set", help="Boundaries; default: the set in force.")
    ] = None,
    resolution: Annotated[
        int | None, typer.Option(min=6, max=10, help="Of the hexagons; default: by extent.")
    ] = None,
    lang: Annotated[str, typer.Option(help="vi or en")] = "vi",
    var: Var = None,
) -> None:
    """Write a map of the complaints under a filter as one HTML file that needs no network."""
    from tiles.report import draw
    from tiles.report_figures import read

    if file.suffix.lower() not in (".html", ".htm"):
        raise FileError(f"{file.name}: a report is a page; call it {file.stem}.html")
    if lang not in ("vi", "en"):
        raise FileError(f"--lang {lang!r}: there are vi and en")
    with database(var) as engine:
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET TRANSACTION READ ONLY"))
            question = asked(
                connection, city, domain, category, status, since, until, area, bbox, q
            )
            figures = read(connection, question, datetime.now(UTC), set_code, resolution)
    page, _ = draw(figures, "en" if lang == "en" else "vi", LIBRARIES)
    # The whole file or none: it gets its name when it is done.
    part = file.with_name(f".{os.getpid()}-{file.name}")
    try:
        part.write_text(page, "utf-8")
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
    out.print(f"{figures.total:,} complaints, {len(page.encode()) / 1e6:.1f} MB: {file}")
