"""The rows of photos: kept when they arrive, shown with a complaint, hidden and taken away.

The files are elsewhere; a row decides whether one is shown. Triggers note the files of rows that
are deleted or hidden in `photo_discarded`, whoever does it.
"""

import base64
import hashlib
import hmac
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, Select, delete, insert, select, text, update

from geo.complaint import Status, clean_code
from geo.database import sql
from geo.errors import ConflictError, NotFoundError
from geo.participants import hashed, new_link, plain
from geo.photo_kinds import Cleaned
from geo.schema import category, complaint, event, photo, photo_discarded, photo_origin

UNSENT_FOR: Final = timedelta(hours=24)
# Files are written before their row: one without a row is nobody's only after a while.
STRAY_AFTER: Final = timedelta(hours=2)
# Measured in docs/photos.md; `alike.sql` finds all of up to seven.
ALIKE_BITS: Final = 6
_MOST_ALIKE: Final = 20
# At a million photos a place holds 15 in the mean.
_MOST_AT_PLACE: Final = 500


def upload_token(secret: bytes, key: str | None) -> str:
    """The token of an upload, 43 characters: of an Idempotency-Key the same again, else random."""
    if key is None:
        return new_link()
    code = hmac.new(secret, b"photo:" + hashlib.sha256(key.encode()).digest(), hashlib.sha256)
    return base64.urlsafe_b64encode(code.digest()).rstrip(b"=").decode()


class Upload(NamedTuple):
    """What is stored of an upload."""

    id: UUID
    width: int
    height: int
    taken_at: datetime | None
    position: tuple[float, float] | None
    media_type: str


@dataclass(frozen=True, slots=True)
class Arrival:
    """A photo as it came, and made anew."""

    id: UUID
    cleaned: Cleaned
    digest: bytes
    """SHA-256 of the file as it came."""
    media_type: str
    taken_at: datetime | None


def uploaded(connection: Connection, token: str, digest: bytes) -> Upload | None:
    """The upload of a token, or None; raises `ConflictError` where its file was another."""
    shown = {"token": plain(token)}
    connection.execute(text("SELECT set_config('phananh.upload', :token, true)"), shown)
    row = connection.execute(
        text(
            """
            SELECT p.id, p.width, p.height, o.taken_at, ST_X(o.geom) AS lon, ST_Y(o.geom) AS lat,
                   o.media_type, o.digest
              FROM photo p JOIN photo_origin o ON o.photo_id = p.id
             WHERE p.upload = :upload
            """
        ),
        {"upload": hashed(token)},
    ).one_or_none()
    if row is None:
        return None
    if row.digest != digest:
        raise ConflictError(
            "this Idempotency-Key was used for another photo / mã gửi này đã dùng cho một ảnh khác"
        )
    position = None if row.lon is None else (row.lon, row.lat)
    return Upload(row.id, row.width, row.height, row.taken_at, position, row.media_type)


def keep(connection: Connection, token: str, arrival: Arrival, at: datetime) -> bool:
    """Store the rows of an upload whose files are written; False where its token is there already.

    What the file said of itself goes into `photo_origin` alone; a time of capture to come is left
    out, as it is certainly wrong.
    """
    made = arrival.cleaned
    stored = connection.execute(
        text(
            """
            INSERT INTO photo (id, upload, width, height, bytes, digest, likeness, created_at)
            VALUES (:id, :upload, :width, :height, :bytes, :digest, :likeness, :at)
            ON CONFLICT (upload) DO NOTHING
            """
        ),
        {
            "id": arrival.id,
            "upload": hashed(token),
            "width": made.width,
            "height": made.height,
            "bytes": len(made.large),
            "digest": hashlib.sha256(made.large).digest(),
            "likeness": made.likeness,
            "at": at,
        },
    )
    if not stored.rowcount:
        return False
    known = arrival.taken_at
    point = made.position and f"SRID=4326;POINT({made.position[0]!r} {made.position[1]!r})"
    connection.execute(
        insert(photo_origin).values(
            photo_id=arrival.id,
            digest=arrival.digest,
            media_type=arrival.media_type,
            taken_at=known if known is not None and known <= at + timedelta(days=1) else None,
            geom=point,
        )
    )
    return True


def mark_alike(connection: Connection, complaint_id: UUID) -> None:
    """Mark which photos of a complaint look like earlier ones of others, for officials.

    Of two reports that are stored at the same moment, neither sees the other's.
    """
    connection.execute(
        sql("geo", "alike"),
        {
            "complaint": complaint_id,
            "distance": ALIKE_BITS,
            "place": _MOST_AT_PLACE,
            "most": _MOST_ALIKE,
        },
    )


def _shown() -> Select[Any]:
    """Photos that everyone may see."""
    return (
        select(photo)
        .join(complaint, complaint.c.id == photo.c.complaint_id)
        .join(category, category.c.id == complaint.c.category_id)
        .where(
            ~photo.c.hidden,
            ~category.c.sensitive,
            # What the city showed with its answer stays.
            (complaint.c.status != int(Status.WITHDRAWN)) | photo.c.answer_id.is_not(None),
        )
    )


def shown(connection: Connection, photo_id: UUID) -> Row[Any] | None:
    """The row of a photo that everyone may see, or None."""
    found: Row[Any] | None = connection.execute(
        _shown().where(photo.c.id == photo_id)
    ).one_or_none()
    return found


def of_work(connection: Connection, code: str, photo_id: UUID) -> bool:
    """Whether a photo is of a complaint that the asker may see inside, or of its closing."""
    found = connection.execute(
        text(
            """
            SELECT EXISTS (SELECT FROM photo p WHERE p.id = :photo AND p.complaint_id = c.id
                              AND NOT p.hidden)
                   OR EXISTS (SELECT FROM work_closing w
                               WHERE w.complaint_id = c.id AND :photo = ANY (w.photos))
              FROM complaint c WHERE c.code = :code AND asker_on(c.id, 'inside')
            """
        ),
        {"photo": photo_id, "code": clean_code(code)},
    ).scalar()
    return bool(found)


def _described(row: Row[Any]) -> dict[str, Any]:
    return {
        "small": f"/photos/{row.id}-small.jpg",
        "large": f"/photos/{row.id}.jpg",
        "width": row.width,
        "height": row.height,
    }


def public_photos(
    connection: Connection, complaint_ids: Collection[UUID]
) -> dict[UUID, list[dict[str, Any]]]:
    """What everyone may see of each complaint's photos, in their order; only of those with any.

    Each has the addresses `small` and `large`, and the `width` and `height` of the large one.
    Photos of answers are not among them.
    """
    found: dict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if complaint_ids:
        question = _shown().where(
            photo.c.complaint_id.in_(complaint_ids), photo.c.answer_id.is_(None)
        )
        for row in connection.execute(question.order_by(photo.c.position, photo.c.id)):
            found[row.complaint_id].append(_described(row))
    return dict(found)


def answer_photos(
    connection: Connection, answer_ids: Collection[int]
) -> dict[int, list[dict[str, Any]]]:
    """As `public_photos`, of answers by their ids."""
    found: dict[int, list[dict[str, Any]]] = defaultdict(list)
    if answer_ids:
        question = _shown().where(photo.c.answer_id.in_(answer_ids))
        for row in connection.execute(question.order_by(photo.c.position, photo.c.id)):
            found[row.answer_id].append(_described(row))
    return dict(found)


def hide(connection: Connection, photo_id: UUID, reason: str, actor: str) -> None:
    """Show a photo to nobody any more, for good: its files will go. Noted among the events.

    Its hash stays, so that the same picture is marked when it is sent again. Raises
    `NotFoundError`.
    """
    row = connection.execute(
        update(photo)
        .where(photo.c.id == photo_id, photo.c.complaint_id.is_not(None))
        .values(hidden=True)
        .returning(photo.c.complaint_id)
    ).one_or_none()
    if row is None:
        raise NotFoundError(f"no photo {photo_id} was sent with a complaint")
    change = {"photo": str(photo_id), "reason": reason}
    connection.execute(
        insert(event).values(
            complaint_id=row.complaint_id, kind="photo_hidden", actor=actor, change=change
        )
    )


class Listed(NamedTuple):
    """A photo for officials: what is not public is among it."""

    id: UUID
    hidden: bool
    of_answer: bool
    width: int
    height: int
    taken_at: datetime | None
    away_m: float | None
    """From where it was taken to the complaint's place."""
    alike: Sequence[str]
    """Codes of other complaints with a picture like it, the most alike first."""


def listed(connection: Connection, complaint_id: UUID) -> list[Listed]:
    """Every photo of a complaint, with what officials may know; never for the public."""
    rows = connection.execute(
        text(
            """
            SELECT p.id, p.hidden, p.answer_id IS NOT NULL AS of_answer, p.width, p.height,
                   o.taken_at,
                   ST_Distance(CAST(o.geom AS geography), CAST(c.geom AS geography)) AS away_m,
                   ARRAY(SELECT k.code
                           FROM photo_alike a
                           JOIN photo q ON q.id = CASE a.photo_id WHEN p.id THEN a.other_id
                                                                  ELSE a.photo_id END
                           JOIN complaint k ON k.id = q.complaint_id
                          WHERE p.id IN (a.photo_id, a.other_id)
                          GROUP BY k.code ORDER BY min(a.distance), k.code) AS alike
              FROM photo p
              JOIN complaint c ON c.id = p.complaint_id
              LEFT JOIN photo_origin o ON o.photo_id = p.id
             WHERE p.complaint_id = :id ORDER BY of_answer, p.position, p.id
            """
        ),
        {"id": complaint_id},
    )
    return [Listed(*row) for row in rows]


def forget_unsent(connection: Connection, now: datetime) -> int:
    """Take away the uploads that nobody sent within a day; returns how many."""
    gone = connection.execute(
        delete(photo).where(
            photo.c.complaint_id.is_(None), ~photo.c.held, photo.c.created_at < now - UNSENT_FOR
        )
    )
    return gone.rowcount


def discarded(connection: Connection, most: int) -> list[UUID]:
    """Some of the photos whose files are to go; others do not get the same at the same time."""
    return list(
        connection.execute(
            select(photo_discarded.c.photo_id).limit(most).with_for_update(skip_locked=True)
        ).scalars()
    )


def discard(connection: Connection, gone: Sequence[UUID]) -> None:
    """The files of these are gone."""
    connection.execute(delete(photo_discarded).where(photo_discarded.c.photo_id.in_(gone)))


def without_row(connection: Connection, found: Collection[UUID]) -> set[UUID]:
    """Those of the photos found in a store that no row shows: crashes left them."""
    kept = connection.execute(select(photo.c.id).where(photo.c.id.in_(found), ~photo.c.hidden))
    return set(found) - set(kept.scalars())
