"""The filtered complaints as a file; everyone may read what the list shows."""

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response, StreamingResponse
from sqlalchemy import text
from starlette.background import BackgroundTask

from api.dependencies import EVERYONE
from api.query import Question
from geo.errors import NotFoundError

if TYPE_CHECKING:
    import pandas as pd

router = APIRouter(prefix="/api/v1", tags=EVERYONE)
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "geojson": "application/geo+json",
    "parquet": "application/vnd.apache.parquet",
    "gpkg": "application/geopackage+sqlite3",
}


@router.get(
    "/export.{form}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in MEDIA.values()}}},
)
def export(request: Request, form: str, question: Question) -> Response:
    """All complaints under the filter as csv, geojson, parquet or gpkg; nothing is cut off."""
    # A worker that is never asked for a file stays 60 MiB smaller.
    from geo.files import FILED, STREAMED
    from geo.frames import frames

    if form not in MEDIA:
        raise NotFoundError(f"no export {form!r}; there are: {', '.join(MEDIA)}")
    name = f"phananh-{datetime.now(UTC):%Y%m%d-%H%M}.{form}"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}

    def parts() -> "Iterator[pd.DataFrame]":
        # One snapshot from the first row to the last, however long the reader takes.
        snapshot = request.app.state.engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            connection.execute(text("SET LOCAL statement_timeout = 0"))
            yield from frames(connection, question)

    if form in STREAMED:
        body = STREAMED[form](parts())
        # The first bytes are made here, so that a failing query is an error and no broken file.
        first = next(body)
        return StreamingResponse(_chain(first, body), media_type=MEDIA[form], headers=headers)
    folder = tempfile.TemporaryDirectory(prefix="phananh-export-")
    path = Path(folder.name) / name
    try:
        FILED[form](parts(), path)
    except BaseException:
        folder.cleanup()
        raise
    tidy = BackgroundTask(folder.cleanup)
    return FileResponse(path, media_type=MEDIA[form], headers=headers, background=tidy)


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[Any]:
    try:
        yield first
        yield from rest
    finally:
        close = getattr(rest, "close", None)
        if close is not None:
            close()
