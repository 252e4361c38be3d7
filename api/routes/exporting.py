"""The filtered complaints as a file; everyone may read what the list shows."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response, StreamingResponse
from sqlalchemy import text

from api.dependencies import EVERYONE
from api.download import Turn, address_of, as_file
from api.query import Question
from geo import counts, sheets
from geo.errors import NotFoundError
from geo.figure_files import Writing
from geo.filters import Filter
from geo.sheets import Decimal, Delimiter, Dialect
from tiles import figure_notes

if TYPE_CHECKING:
    import pandas as pd

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
}
# A long sheet is minutes of work in Python: tiles are drawn meanwhile, another sheet is not.
_sheet: Final = Turn("another spreadsheet")


@router.get(
    "/export.{form}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in MEDIA.values()}}},
)
def export(
    request: Request,
    form: str,
    question: Question,
    delimiter: Annotated[Delimiter, Query(description="of csv")] = "comma",
    decimal: Annotated[Decimal, Query(description="of csv")] = "point",
) -> Response:
    """All complaints under the filter as csv, xlsx, geojson, parquet or gpkg; nothing is cut off.

    Times are there in UTC and on the city's clocks, codes with names in Vietnamese and English.
    """
    # A worker that is never asked for a file stays 60 MiB smaller.
    from geo.files import FILED, STREAMED, as_csv, to_xlsx
    from geo.frames import frames

    if form not in MEDIA:
        raise NotFoundError(f"no export {form!r}; there are: {', '.join(MEDIA)}")
    dialect = Dialect(delimiter, decimal)
    made = datetime.now(UTC)
    name = f"phananh-{made:%Y%m%d-%H%M}.{form}"

    def parts() -> "Iterator[pd.DataFrame]":
        # One snapshot from the first row to the last, however long the reader takes.
        snapshot = request.app.state.engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield from frames(connection, question)

    if form == "xlsx":
        writing = _described(request, question, made)

        def sheet(path: Path) -> None:
            with _sheet.taken():
                to_xlsx(parts(), path, writing)

        return as_file(name, MEDIA[form], sheet)
    if form in FILED:
        return as_file(name, MEDIA[form], lambda path: FILED[form](parts(), path))
    body = as_csv(parts(), dialect) if form == "csv" else STREAMED[form](parts())
    # The first bytes are made here, so that a failing query is an error and no broken file.
    first = next(body)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingResponse(_chain(first, body), media_type=MEDIA[form], headers=headers)


def _described(request: Request, question: Filter, made: datetime) -> Writing:
    """What a sheet says of itself; raises `BadFilterError` where it has too few rows."""
    if not question.cities:
        raise NotFoundError("no city is set up yet")
    with request.app.state.engine.begin() as connection:
        total = int(connection.execute(counts.total(question)).scalar_one())
        if total > sheets.MOST_ROWS:
            raise sheets.too_many_rows()
        of = figure_notes.background(connection, question, made)
    told = figure_notes.notes("complaints", of, total=total, address=address_of(request))
    return Writing(told[0].text.vi, made, told)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[Any]:
    try:
        yield first
        yield from rest
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()
