"""When and where a photo was taken, as far as its file says so in EXIF or XMP.

Files are anybody's: what is not plainly right is left out, and nothing here raises.
"""

import math
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, Final

from PIL import ExifTags, Image

_TIME: Final = re.compile(r"(\d{4})[:-](\d\d)[:-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_OFFSET: Final = re.compile(r"([+-])(\d\d):?(\d\d)")
# Degrees and minutes, perhaps seconds, and a letter, as XMP for EXIF writes them: 21,1.668N.
_XMP_ANGLE: Final = re.compile(r"(\d{1,3}),(\d{1,2}(?:\.\d{1,12})?)(?:,(\d{1,2}(?:\.\d{1,12})?))?")
# Places near 0, 0 mean that the telephone did not know.
_NOWHERE_DEGREES: Final = 0.01
# A packet of XMP that is longer is not looked through.
_MOST_XMP: Final = 2**20


def origin(image: Image.Image) -> tuple[datetime | None, tuple[float, float] | None]:
    """When (naive where no offset is told) and where (lon, lat) an opened image was taken."""
    details: Mapping[int, Any] = {}
    gps: Mapping[int, Any] = {}
    with suppress(Exception):
        exif = image.getexif()
        details = exif.get_ifd(ExifTags.IFD.Exif)
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
    xmp = _xmp(image)
    taken_at = position = None
    with suppress(Exception):
        taken_at = _exif_time(details, gps)
    with suppress(Exception):
        taken_at = taken_at or _moment(_property(xmp, "DateTimeOriginal", "DateCreated"))
    with suppress(Exception):
        position = _exif_position(gps)
    with suppress(Exception):
        position = position or _xmp_position(xmp)
    return taken_at, position


def _text(value: object) -> str:
    if isinstance(value, bytes):
        value = value.decode("ascii", "replace")
    return str(value or "").strip("\0 ")


def _moment(text: str, offset: str = "") -> datetime | None:
    found = _TIME.match(text)
    if found is None:
        return None
    at = datetime(*(int(part) for part in found.groups()))  # type: ignore[arg-type]  # noqa: DTZ001
    rest = text[found.end() :]
    fraction = re.match(r"\.\d+", rest)
    rest = rest[fraction.end() :] if fraction else rest
    if rest.startswith("Z"):
        return at.replace(tzinfo=UTC)
    away = _OFFSET.match(offset) or _OFFSET.match(rest)
    if away is None:
        return at
    distance = timedelta(hours=int(away[2]), minutes=int(away[3]))
    return at.replace(tzinfo=timezone(-distance if away[1] == "-" else distance))


def _exif_time(details: Mapping[int, Any], gps: Mapping[int, Any]) -> datetime | None:
    taken_at = _moment(
        _text(details.get(ExifTags.Base.DateTimeOriginal)),
        _text(details.get(ExifTags.Base.OffsetTimeOriginal)),
    )
    if taken_at is not None and taken_at.tzinfo is not None:
        return taken_at
    with suppress(Exception):
        # Of the satellites, in UTC: surer than a clock without an offset.
        day = date.fromisoformat(_text(gps[ExifTags.GPS.GPSDateStamp]).replace(":", "-"))
        hour, minute, second = (float(part) for part in gps[ExifTags.GPS.GPSTimeStamp])
        return datetime.combine(day, time(int(hour), int(minute), int(second)), UTC)
    return taken_at


def _degrees(parts: Any, reference: str, negative: str, positive: str) -> float:
    """Raises `ValueError` for a reference that is neither; degrees, minutes and seconds."""
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if reference not in (negative, positive):
        raise ValueError(reference)
    return -value if reference == negative else value


def _exif_position(gps: Mapping[int, Any]) -> tuple[float, float] | None:
    tags = ExifTags.GPS
    if tags.GPSLatitude not in gps or tags.GPSLongitude not in gps:
        return None
    lat = _degrees(gps[tags.GPSLatitude], _text(gps.get(tags.GPSLatitudeRef)).upper(), "S", "N")
    lon = _degrees(gps[tags.GPSLongitude], _text(gps.get(tags.GPSLongitudeRef)).upper(), "W", "E")
    return _on_earth(lon, lat)


def _on_earth(lon: float, lat: float) -> tuple[float, float] | None:
    if not (math.isfinite(lon) and math.isfinite(lat) and abs(lon) <= 180 and abs(lat) <= 90):
        return None
    if max(abs(lon), abs(lat)) < _NOWHERE_DEGREES:
        return None
    return round(lon, 7), round(lat, 7)


def _xmp(image: Image.Image) -> str:
    # Read as text, never as XML: nothing in it is to be resolved or expanded.
    for name in ("xmp", "XML:com.adobe.xmp"):
        packet = image.info.get(name)
        if isinstance(packet, str):
            packet = packet.encode("utf-8", "replace")
        if isinstance(packet, bytes):
            return packet[:_MOST_XMP].decode("utf-8", "replace")
    return ""


def _property(xmp: str, *names: str) -> str:
    """A property's value, written as an attribute or as an element; empty where there is none."""
    for name in names:
        found = re.search(rf":{name}\s{{0,9}}=\s{{0,9}}[\"']([^\"'<]{{1,80}})[\"']", xmp)
        found = found or re.search(rf":{name}>\s{{0,9}}([^<]{{1,80}})<", xmp)
        if found is not None:
            return found[1].strip()
    return ""


def _xmp_position(xmp: str) -> tuple[float, float] | None:
    values = []
    for name, letters in (("GPSLongitude", "WE"), ("GPSLatitude", "SN")):
        written = _property(xmp, name)
        found = _XMP_ANGLE.fullmatch(written[:-1])
        if found is None:
            return None
        parts = (found[1], found[2], found[3] or 0)
        values.append(_degrees(parts, written[-1].upper(), *letters))
    return _on_earth(values[0], values[1])
