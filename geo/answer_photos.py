"""Photos that prove an answer: taken at the place, afterwards, and not sent before.

A photo's file may say when and where it was taken, and may be wrong or say nothing. What it says is
held against the complaint; what it does not say is told to whoever looks at the closing.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, select, text

from geo.answering import MOST_PHOTOS
from geo.errors import BadFilterError
from geo.participants import hashed
from geo.photos import ALIKE_BITS
from geo.schema import category, complaint

# As for the photos of reports: see geo/photos.py.
_MOST_AT_PLACE: Final = 500


class Rules(NamedTuple):
    """What a category asks of a closing."""

    photo: bool
    within_m: int
    check: bool


class Proof(NamedTuple):
    """What is known of a photo of an answer."""

    id: UUID
    taken_at: datetime | None
    away_m: float | None

    @property
    def unsaid(self) -> list[str]:
        """What its file does not say."""
        told = {"time": self.taken_at, "place": self.away_m}
        return [name for name, value in told.items() if value is None]

    def row(self) -> dict[str, Any]:
        """As it is stored with a closing that waits."""
        return {
            "id": str(self.id),
            "taken_at": self.taken_at and self.taken_at.isoformat(),
            "distance_m": self.away_m and round(self.away_m),
        }


def rules_of(connection: Connection, category_id: int) -> Rules:
    """What a category asks of a closing."""
    of = category.c
    row = connection.execute(
        select(of.answer_photo, of.answer_photo_m, of.answer_check).where(of.id == category_id)
    ).one()
    return Rules(*row)


def proven(
    connection: Connection, of_complaint: UUID, tokens: Sequence[str], rules: Rules
) -> list[Proof]:
    """What the photos say, in their order; raises `BadFilterError` for what they do not prove.

    Where the category asks for none, only the report's own pictures are refused.
    """
    if len(set(tokens)) != len(tokens) or len(tokens) > MOST_PHOTOS:
        raise BadFilterError("photos", f"at most {MOST_PHOTOS} photos, each of them once")
    if not tokens:
        if not rules.photo:
            return []
        raise BadFilterError(
            "photos",
            "this category needs a photo of the place as it is now, taken after the report"
            " / loại này cần ảnh hiện trạng tại nơi phản ánh, chụp sau khi có phản ánh",
        )
    rows = connection.execute(
        text("SELECT * FROM work_photo_facts(:id, CAST(:uploads AS bytea[]), :bits, :place)"),
        {
            "id": of_complaint,
            "uploads": [hashed(one) for one in tokens],
            "bits": ALIKE_BITS,
            "place": _MOST_AT_PLACE,
        },
    ).all()
    if len(rows) != len(tokens):
        raise BadFilterError(
            "photos",
            "a photo is no longer there, or was used before: please choose it again"
            " / có ảnh không còn hoặc đã được dùng: hãy chọn lại",
        )
    reported_at = connection.execute(
        select(complaint.c.reported_at).where(complaint.c.id == of_complaint)
    ).scalar_one()
    for row in rows:
        wrong = _wrong(row, rules.within_m, reported_at) if rules.photo or row.own else None
        if wrong:
            raise BadFilterError("photos", _numbered(int(row.number), wrong))
    return [Proof(row.id, row.taken_at, row.away_m) for row in rows]


def _numbered(number: int, wrong: tuple[str, str]) -> str:
    english, vietnamese = wrong
    return f"photo {number} {english} / ảnh {number} {vietnamese}"


def _wrong(row: Any, within_m: int, reported_at: datetime) -> tuple[str, str] | None:
    """Why a photo proves nothing of this closing, in both languages."""
    if row.own:
        return (
            "looks like one of the report: take one of how it is now",
            "giống ảnh của chính phản ánh: hãy chụp hiện trạng sau khi xử lý",
        )
    if row.used:
        where = f" ({row.used_code})" if row.used_code else ""
        return (
            f"looks like one that was sent with another complaint{where}: take a new one here",
            f"giống ảnh đã dùng ở phản ánh khác{where}: hãy chụp ảnh mới tại đây",
        )
    if row.taken_at is not None and row.taken_at <= reported_at:
        return (
            "was taken before the report came, as its file says: take one of how it is now",
            "được chụp trước khi có phản ánh (theo tệp ảnh): hãy chụp hiện trạng",
        )
    if row.away_m is not None and row.away_m > within_m:
        return (
            f"was taken {row.away_m:,.0f} m away, as its file says: at most {within_m} m are right",
            f"được chụp cách nơi đó {row.away_m:.0f} m (theo tệp ảnh): nhiều nhất {within_m} m",
        )
    return None
