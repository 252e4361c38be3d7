"""Photos: anyone may send one, and see those that were sent with a complaint."""

import base64
import hashlib
import tempfile
from datetime import UTC, datetime, tzinfo
from typing import IO, Annotated, Any, Final
from uuid import UUID, uuid4

from fastapi import APIRouter, Header, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response
from starlette.requests import ClientDisconnect

from api.darkroom import Darkroom
from api.dependencies import EVERYONE
from api.guard import guarded
from api.problems import problem
from api.storage import PhotoStore
from geo import photos
from geo.errors import NotFoundError
from geo.photo_kinds import HEAD, MOST_BYTES, media_type, refuse

router = APIRouter(tags=EVERYONE)
# Whoever sends more than allowed is told so once all of it has come: browsers read no answer
# before. Beyond this nobody waits.
_MOST_READ: Final = 4 * MOST_BYTES
# A picture runs nothing and fetches nothing, wherever it is opened.
_ALONE: Final = "default-src 'none'; frame-ancestors 'self'; sandbox"
_BINARY: Final[dict[str, Any]] = {"schema": {"type": "string", "format": "binary"}}
_KINDS: Final = ("image/jpeg", "image/png", "image/webp", "image/heic", "application/octet-stream")
_TAKEN: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["photo", "width", "height", "position", "taken_at"],
    "properties": {
        "photo": {"type": "string", "description": "To be sent with a complaint, within a day"},
        "width": {"type": "integer"},
        "height": {"type": "integer"},
        "position": {"type": ["array", "null"], "items": {"type": "number"}},
        "taken_at": {"type": ["string", "null"], "format": "date-time"},
        "small": {"type": "string", "description": "data: address of a HEIC photo, made small"},
    },
}


@router.post(
    "/api/v1/photos",
    status_code=201,
    dependencies=[guarded("photos")],
    response_class=JSONResponse,
    # The bound is `MOST_BYTES`: it is kept below, with words for persons.
    max_body_size=2**40,
    openapi_extra={"requestBody": {"required": True, "content": dict.fromkeys(_KINDS, _BINARY)}},
    responses={
        201: {
            "content": {"application/json": {"schema": _TAKEN}},
            "description": "Stored, not yet shown; where and when are told to the sender alone",
        }
    },
)
async def upload(
    request: Request,
    idempotency_key: Annotated[str | None, Header(min_length=8, max_length=200)] = None,
) -> Response:
    """Take a photo: the body is the file, of at most 20 MiB, whatever content type is named.

    JPEG, PNG, WebP and HEIC are told by their content. It is made anew without any metadata and
    waits 24 hours to be sent with a complaint. The same Idempotency-Key gives the same photo.
    """
    folder = request.app.state.settings.var
    # A file without a name: whatever happens, what came with its metadata is on no disk afterwards.
    with tempfile.TemporaryFile(dir=folder if folder.is_dir() else None) as file:
        try:
            size, digest, kind = await _received(request, file)
        except ClientDisconnect:
            # On a bad connection this is no fault of anybody; the answer is read by nobody.
            detail = (
                "the photo did not come whole: please send it again"
                " / ảnh chưa đến trọn vẹn: hãy gửi lại"
            )
            return problem(400, "Broken off", detail)
        answer, small = await run_in_threadpool(
            _keep, request, file, size, digest, kind, idempotency_key
        )
    if small is not None:
        # Most browsers cannot show a HEIC file themselves.
        answer["small"] = "data:image/jpeg;base64," + base64.b64encode(small).decode()
    return JSONResponse(answer, 201, {"Cache-Control": "no-store"})


async def _received(request: Request, file: IO[bytes]) -> tuple[int, bytes, str]:
    """Write a body to a file: its length, its SHA-256 and what it is.

    Raises `PhotoRefusedError` for what is no photo by its first bytes, or too long.
    """
    size, digest, head = 0, hashlib.sha256(), b""
    async for chunk in request.stream():
        size += len(chunk)
        if size > _MOST_READ:
            break
        if len(head) < HEAD:
            head = (head + chunk)[:HEAD]
        if size <= MOST_BYTES:
            digest.update(chunk)
            file.write(chunk)
    if size > MOST_BYTES:
        refuse("bytes")
    return size, digest.digest(), media_type(head)


def _zone(request: Request) -> tzinfo:
    """Of the first city: cameras that name no offset show its time."""
    cities = list(request.app.state.words.get().cities.values())
    return cities[0].zone if cities else UTC


def _keep(
    request: Request, file: IO[bytes], size: int, digest: bytes, kind: str, key: str | None
) -> tuple[dict[str, Any], bytes | None]:
    """Files first, then rows: a crash between them leaves files that are swept."""
    state = request.app.state
    darkroom: Darkroom = state.darkroom
    store: PhotoStore = state.photos
    token = photos.upload_token(state.secret, key)
    if key is not None:
        with state.engine.begin() as connection:
            before = photos.uploaded(connection, token, digest)
        if before is not None:
            return _answer(token, before), _preview(store, before)
    cleaned = darkroom.develop(file, size)
    arrival = photos.Arrival(uuid4(), cleaned, digest, kind, cleaned.taken_in(_zone(request)))
    store.put(arrival.id, cleaned.large, cleaned.small)
    with state.engine.begin() as connection:
        kept = photos.keep(connection, token, arrival, datetime.now(UTC))
        stored = photos.uploaded(connection, token, digest)
    if not kept:
        # The same was sent twice at once, and the other came first.
        store.delete([arrival.id])
    if stored is None:
        raise NotFoundError(
            "the photo was taken away in this very moment: please send it again"
            " / ảnh vừa bị gỡ đúng lúc này: hãy gửi lại"
        )
    return _answer(token, stored), _preview(store, stored)


def _answer(token: str, stored: photos.Upload) -> dict[str, Any]:
    return {
        "photo": token,
        "width": stored.width,
        "height": stored.height,
        "position": list(stored.position) if stored.position else None,
        "taken_at": stored.taken_at.isoformat() if stored.taken_at else None,
    }


def _preview(store: PhotoStore, stored: photos.Upload) -> bytes | None:
    return store.get(stored.id, small=True) if stored.media_type == "image/heic" else None


def _sent(request: Request, photo: UUID, *, small: bool) -> Response:
    # Given back before the file is fetched: a slow store is to hold no connection.
    with request.app.state.engine.connect() as connection:
        row = photos.shown(connection, photo)
    if row is None:
        raise NotFoundError("no such photo / không có ảnh này")
    etag = f'"{row.digest.hex()[:32]}{"-small" if small else ""}"'
    headers = {
        # An hour: a photo that is hidden is soon gone from caches too.
        "Cache-Control": "public, max-age=3600",
        "ETag": etag,
        "Content-Disposition": "inline",
        "Content-Security-Policy": _ALONE,
        # Pages elsewhere may show what is public.
        "Cross-Origin-Resource-Policy": "cross-origin",
    }
    if etag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    store: PhotoStore = request.app.state.photos
    return Response(store.get(photo, small=small), media_type="image/jpeg", headers=headers)


_JPEG: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"image/jpeg": _BINARY}, "description": "The photo, without any metadata"},
    304: {"description": "As the ETag says"},
}


@router.get("/photos/{photo:uuid}-small.jpg", response_class=Response, responses=_JPEG)
def small(request: Request, photo: UUID) -> Response:
    """A photo of a complaint, 480 pixels a side at most."""
    return _sent(request, photo, small=True)


@router.get("/photos/{photo:uuid}.jpg", response_class=Response, responses=_JPEG)
def large(request: Request, photo: UUID) -> Response:
    """A photo of a complaint, 2048 pixels a side at most.

    Photos that are hidden, not yet sent, or of sensitive or withdrawn complaints are not found.
    """
    return _sent(request, photo, small=False)
