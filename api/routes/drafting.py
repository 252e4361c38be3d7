"""Boundary sets: sent, looked at, brought into force from a day on, undone. For admins.

What reads boundaries is imported where it is asked for: serving does without GeoPandas.
"""

from datetime import UTC, date, datetime
from typing import Annotated, Any, Final

from fastapi import APIRouter, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import delete, select

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from boundaries.limits import MOST_BYTES
from geo import audit
from geo.errors import ConflictError, NotFoundError
from geo.schema import boundary_draft, city

router = APIRouter(prefix="/api/v1/admin/sets", tags=ADMINS)
SET_CODE: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
Words = Annotated[str, Query(max_length=200, pattern=r"^[^\x00]*$")]
DraftId = Annotated[int, Field(ge=1, le=2**62)]
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_KINDS: Final = (
    "application/geo+json",
    "application/geopackage+sqlite3",
    "application/octet-stream",
)
_FILE: Final[dict[str, Any]] = {
    "requestBody": {"required": True, "content": dict.fromkeys(_KINDS, _BINARY)}
}


class Start(BaseModel):
    """From which local day on, and which sets end then; nothing said: today, and its level's."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    starts: date | None = Field(default=None, alias="from")
    ends: Annotated[list[Annotated[str, Field(max_length=60)]], Field(max_length=20)] | None = None


@router.get("")
def sets(db: OfficialDatabase, who: Admin, answer: Response) -> dict[str, Any]:
    """The sets there are, and the drafts."""
    from boundaries import preview as previews

    answer.headers.update(PRIVATE)
    return {"sets": previews.sets(db), "drafts": previews.listed(db)}


@router.post("", status_code=202, max_body_size=MOST_BYTES, openapi_extra=_FILE)
async def send(
    request: Request,
    db: OfficialDatabase,
    who: Admin,
    code: Annotated[str, Query(max_length=60, pattern=SET_CODE)],
    city_code: Annotated[str, Query(alias="city", max_length=60)] = "hanoi",
    level: Words = "",
    name_vi: Words = "",
    name_en: Words = "",
    source: Words = "",
    licence: Words = "",
    crs: Words = "",
    layer: Words = "",
    columns: Annotated[str, Query(max_length=500, description="code=MA,name=TEN ...")] = "",
) -> dict[str, Any]:
    """Take a file of areas: GeoJSON or GeoPackage of at most 64 MiB, the body itself.

    It is read and compared in the background: ask for its state.
    """
    from boundaries import drafts
    from boundaries.load import SetSpec

    file = await request.body()
    spec = SetSpec(code, level, name_vi, name_en, source or "uploaded", licence=licence or None)
    reading = {"columns": drafts.columns_of(columns), "crs": crs, "layer": layer}

    def kept() -> int:
        city_id = db.execute(select(city.c.id).where(city.c.code == city_code)).scalar()
        if city_id is None:
            raise NotFoundError(f"no city {city_code!r} / không có thành phố này")
        whole = drafts.described(db, spec)
        number = drafts.put(db, city_id, whole, reading, file, who.id)
        audit.append(db, "boundaries.sent", code, draft=number, bytes=len(file))
        return number

    return {"id": await run_in_threadpool(kept), "state": "uploaded"}


@router.get("/{draft}/preview")
def preview(
    db: OfficialDatabase,
    who: Admin,
    answer: Response,
    draft: DraftId,
    starts: Annotated[date | None, Query(alias="from")] = None,
    ends: Annotated[list[str] | None, Query(max_length=20)] = None,
) -> dict[str, Any]:
    """What would change: areas, ground, people, open complaints from where to where, roles."""
    from boundaries import preview as previews

    answer.headers.update(PRIVATE)
    return previews.preview(db, draft, datetime.now(UTC), starts, ends)


@router.get("/{draft}/map")
def drawn(db: OfficialDatabase, who: Admin, answer: Response, draft: DraftId) -> dict[str, Any]:
    """Both sides as GeoJSON: each area with what becomes of it."""
    from boundaries import preview as previews

    answer.headers.update(PRIVATE)
    return previews.drawn(db, draft)


@router.post("/{draft}/activate", status_code=202)
def start(db: OfficialDatabase, who: Admin, draft: DraftId, body: Start) -> dict[str, Any]:
    """Bring it into force from a local day on; today: within a minute."""
    from boundaries import activate, drafts

    day = activate.plan(db, draft, datetime.now(UTC), body.starts, body.ends)
    row = drafts.of(db, draft)
    audit.append(db, "boundaries.planned", row.code, draft=draft, starts=str(day), ends=row.ends)
    return {"id": draft, "state": "planned", "from": day, "ends": row.ends}


@router.post("/{draft}/undo", status_code=202)
def undo(db: OfficialDatabase, who: Admin, draft: DraftId) -> dict[str, Any]:
    """Take a plan back; of what is in force, put back what was before."""
    from boundaries import activate, drafts

    state = activate.cancel(db, draft)
    audit.append(db, "boundaries.cancelled", drafts.of(db, draft).code, draft=draft)
    return {"id": draft, "state": state}


@router.delete("/{draft}", status_code=204)
def discard(db: OfficialDatabase, who: Admin, draft: DraftId) -> Response:
    """Throw a draft away that is not in force."""
    from boundaries import drafts

    row = drafts.of(db, draft)
    if row.state not in ("ready", "refused", "failed", "undone"):
        raise ConflictError(
            f"the draft is {row.state}: it stays / bản nháp đang được dùng, không xoá được"
        )
    db.execute(delete(boundary_draft).where(boundary_draft.c.id == draft))
    audit.append(db, "boundaries.discarded", row.code, draft=draft)
    return Response(status_code=204, headers=PRIVATE)
