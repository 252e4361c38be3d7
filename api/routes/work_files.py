"""The list of work and one complaint as files, for officials who may see them; all are logged."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from sqlalchemy import Connection, select, text

from api.auth import PRIVATE, OfficialDatabase, Viewer, session_token
from api.dependencies import OFFICIALS
from api.download import Turn, as_file
from api.heavy import Heavy
from api.routes.acting import Code
from api.routes.queueing import Question
from api.storage import PhotoStore
from geo import asking, audit, handling, sheets, work_files, work_queue
from geo.errors import NotFoundError, OverloadedError
from geo.follows import Language
from geo.names import Names
from geo.schema import category, domain
from geo.work_files import Item
from tiles import case, printing

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
    # On the clocks of the city, as all times in it.
    made = asked.now.astimezone(next((one.zone for one in asked.filter.cities), UTC))
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


@router.get(
    "/{code}.pdf",
    response_class=Response,
    responses={200: {"content": {"application/pdf": {}}, "description": "A document of pages"}},
)
def pdf(
    request: Request,
    code: Code,
    db: OfficialDatabase,
    who: Viewer,
    lang: Annotated[Language, Query(description="of its words")] = "vi",
) -> Response:
    """One complaint for the file: facts, map, photos, answers and all that was done.

    Nothing personal of the reporter is in it, and the log says who took it.
    """
    made = datetime.now(UTC)
    facts = handling.facts(db, code, made)
    zone = request.app.state.words.get().cities[facts["city"]].zone
    domains, categories = _names(db)
    photos = _photos(request.app.state.photos, facts)
    found = case.Case(facts, zone, categories, domains, photos, made, who.full_name)
    html = case.document(found, case.map_of(db, facts, lang), lang)
    heavy: Heavy = request.app.state.heavy
    pages = heavy.run(printing.pdf, html)
    audit.append(db, "export", facts["code"], form="pdf", rows=1)
    headers = {"Content-Disposition": f'inline; filename="phananh-{facts["code"]}.pdf"'}
    return Response(pages, media_type="application/pdf", headers=headers | PRIVATE)


def _names(connection: Connection) -> tuple[dict[str, Names], dict[str, Names]]:
    """What domains and categories are called."""
    found: list[dict[str, Names]] = []
    for table in (domain, category):
        rows = connection.execute(select(table.c.code, table.c.name_vi, table.c.name_en))
        found.append({row.code: Names(row.name_vi, row.name_en) for row in rows})
    return found[0], found[1]


def _photos(store: PhotoStore, facts: dict[str, Any]) -> dict[str, bytes]:
    """The small files of a complaint's photos; the document says how many could not be read."""
    shown = [*facts["photos"], *(one for answer in facts["answers"] for one in answer["photos"])]
    found: dict[str, bytes] = {}
    for one in shown:
        with suppress(NotFoundError, OverloadedError):
            found[str(one["id"])] = store.get(UUID(str(one["id"])), small=True)
    return found


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
