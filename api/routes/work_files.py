"""The list of work and one complaint as files, for officials who may see them; all are logged."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Annotated, Final

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection, text

from api.auth import PRIVATE, OfficialDatabase, Viewer, session_token
from api.dependencies import OFFICIALS
from api.download import Turn, as_file
from api.routes.queueing import Question
from geo import asking, audit, sheets, work_files, work_queue
from geo.errors import NotFoundError
from geo.follows import Language
from geo.work_files import Item

router = APIRouter(prefix="/api/v1/work", tags=OFFICIALS)
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
}
# A long one is a minute of work in Python.
_turn: Final = Turn("another file of the list")


@contextmanager
def _snapshot(request: Request) -> Iterator[Connection]:
    """What the asker may read, as it is at one moment, however long the reader takes."""
    engine = request.app.state.engine.execution_options(isolation_level="REPEATABLE READ")
    with engine.begin() as connection:
        asking.show(connection, session_token(request))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        yield connection


def _filter_of(request: Request) -> dict[str, str]:
    """The filter as it was asked; words that were searched for may name a person: not them."""
    asked = request.query_params.multi_items()
    return {
        name: "…" if name == "q" else ",".join(one for key, one in asked if key == name)[:500]
        for name in dict(asked)
    }


@router.get(
    "/export.{form}",
    response_class=Response,
    responses={200: {"content": {kind: {} for kind in MEDIA.values()}}},
)
def export(
    request: Request,
    form: str,
    db: OfficialDatabase,
    who: Viewer,
    asked: Question,
    lang: Annotated[Language, Query(description="of the headers and words")] = "vi",
) -> Response:
    """All the work under the filter that the asker may see: csv, xlsx, geojson or gpkg.

    Nothing is cut off, nothing personal is in it, and the log says who took it.
    """
    if form not in MEDIA:
        raise NotFoundError(f"no file of the list {form!r}; there are: {', '.join(MEDIA)}")
    made = asked.now
    name = f"phananh-{'viec' if lang == 'vi' else 'work'}-{made:%Y%m%d-%H%M}.{form}"
    with _snapshot(request) as snapshot:
        n = int(snapshot.execute(work_queue.total(asked)).scalar_one())
        if form == "xlsx" and n > sheets.MOST_ROWS:
            raise sheets.too_many_rows()
        rows = work_files.items(snapshot, asked)
        # On disk before the first byte is sent: a slow reader holds no connection.
        answer = as_file(name, MEDIA[form], lambda path: _write(form, rows, path, lang, made))
    # The last thing before it leaves: who writes to the log holds up all others who do.
    audit.append(db, "export", "work", form=form, rows=n, filter=_filter_of(request))
    answer.headers.update(PRIVATE)
    return answer


def _write(form: str, rows: Iterator[Item], path: Path, lang: Language, made: datetime) -> None:
    if form in ("csv", "geojson"):
        parts = work_files.as_csv(rows, lang) if form == "csv" else work_files.as_geojson(rows)
        with path.open("wb") as file:
            file.writelines(parts)
        return
    with _turn.taken():
        if form == "xlsx":
            work_files.to_xlsx(rows, path, lang, made)
        else:
            work_files.to_gpkg(rows, path)
