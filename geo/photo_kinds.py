"""What is taken as a photo, told from its first bytes, and the bounds it must keep.

Apart from `geo.photo`, so that a process which opens no picture loads no decoder.
"""

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final, NoReturn

from geo.errors import PhotoRefusedError

MOST_BYTES: Final = 20 * 2**20
# The largest of common telephones have 48 to 50 million.
MOST_PIXELS: Final = 60_000_000
MOST_SIDE: Final = 12_000
LARGE_SIDE: Final = 2048
SMALL_SIDE: Final = 480
# As many bytes at the beginning tell the type.
HEAD: Final = 64
_STILL: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"mif1"})
_OTHER: Final = frozenset({b"avif", b"avis", b"hevc", b"hevx", b"msf1"})

REFUSALS: Final[dict[str, str]] = {
    "type": (
        "tệp này không phải là ảnh JPEG, PNG, WebP hay HEIC: hãy chọn ảnh khác"
        " / this file is no JPEG, PNG, WebP or HEIC photo: please choose another"
    ),
    "bytes": (
        "ảnh lớn hơn 20 MB: hãy chọn ảnh nhỏ hơn"
        " / the photo is larger than 20 MB: please choose a smaller one"
    ),
    "pixels": (
        "ảnh có quá nhiều điểm ảnh (nhiều nhất 60 triệu, mỗi cạnh 12.000): hãy chọn ảnh nhỏ hơn"
        " / the photo has too many pixels (60 million at most, 12,000 a side): please choose a"
        " smaller one"
    ),
    "moving": (
        "đây là ảnh động: hãy chọn ảnh tĩnh / this is a moving picture: please choose a still one"
    ),
    "damaged": (
        "không mở được ảnh này, có thể tệp bị hỏng: hãy chụp lại hoặc chọn ảnh khác"
        " / this photo cannot be opened, its file may be damaged: please take or choose another"
    ),
    "unclean": (
        "không xoá được hết thông tin ẩn trong ảnh này nên ảnh không được lưu: hãy chọn ảnh khác"
        " / not all that is hidden in this photo could be removed, so it was not stored: please"
        " choose another"
    ),
}


def refuse(reason: str) -> NoReturn:
    """Raises the `PhotoRefusedError` of a reason, in words for persons."""
    raise PhotoRefusedError(reason, REFUSALS[reason])


def media_type(head: bytes) -> str:
    """The media type of a photo, by its first bytes alone; at least `HEAD` of them are needed.

    Raises `PhotoRefusedError` for everything that is not taken. AVIF is not: no telephone takes
    photos in it, and each decoder more is one more to be attacked.

    >>> media_type(b"\\xff\\xd8\\xff\\xe0" + bytes(60))
    'image/jpeg'
    """
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    if head[4:8] == b"ftyp":
        length = min(int.from_bytes(head[:4], "big"), HEAD)
        brands = {head[at : at + 4] for at in (8, *range(16, length - 3, 4))}
        # Files of motion name a still brand too: the main one decides, unless it is the general.
        if head[8:12] in _STILL and not (head[8:12] == b"mif1" and brands & _OTHER):
            return "image/heic"
    refuse("type")


def bounded(width: int, height: int) -> None:
    """Raises `PhotoRefusedError` for a size that is not to be decoded."""
    if width < 1 or height < 1:
        refuse("damaged")
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        refuse("pixels")


@dataclass(frozen=True, slots=True)
class Cleaned:
    """A photo made anew from its pixels, and what its file said of itself."""

    large: bytes
    """JPEG in sRGB, upright, `LARGE_SIDE` pixels a side at most, no metadata."""
    small: bytes
    width: int
    height: int
    """Of the large one."""
    likeness: int
    """64-bit perceptual hash, as a signed number."""
    taken_at: datetime | None = None
    """Naive where the file names no offset from UTC: the camera's local time."""
    position: tuple[float, float] | None = None
    """lon, lat."""

    def taken_in(self, zone: tzinfo) -> datetime | None:
        """When it was taken; a time without an offset is of the zone."""
        if self.taken_at is None or self.taken_at.tzinfo is not None:
            return self.taken_at
        return self.taken_at.replace(tzinfo=zone)
