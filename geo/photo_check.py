"""Whether a JPEG file holds a picture and nothing else, read from its segments alone.

It shares nothing with the library that wrote the file: what that one might leave in, is found here.
"""

import re
from typing import Final, NoReturn

from geo.errors import PhananhError

# JFIF 1.01, no unit, square pixels, no thumbnail: all of its sixteen bytes are known.
_JFIF: Final = bytes.fromhex("0010 4a46494600 0101 00 0001 0001 00 00")
_SOI, _EOI, _SOS = 0xD8, 0xD9, 0xDA
_APP0, _DHT = 0xE0, 0xC4
# Quantisation and Huffman tables, frames (baseline and progressive), scans.
_PICTURE: Final = frozenset({0xDB, _DHT, 0xC0, 0xC2, _SOS})
# Coded data end at a marker: FF that is followed neither by a stuffed zero nor a restart.
_MARKER: Final = re.compile(rb"\xff[^\x00\xd0-\xd7]")


class UncleanError(PhananhError):
    """A file that was to be clean is not; the message tells where, never what is there."""


def _unclean(what: str, at: int) -> NoReturn:
    raise UncleanError(f"{what} at byte {at}")


def assert_clean(jpeg: bytes) -> None:
    """Raises `UncleanError` unless the file is one JPEG picture without any metadata.

    Allowed are a fixed JFIF header and the segments a decoder needs, each of a plausible length;
    application segments, comments, several pictures and bytes after the end are not.
    """
    if not jpeg.startswith(b"\xff\xd8\xff\xe0" + _JFIF):
        _unclean("no plain JFIF header", 0)
    at, scans, frames = 2 + 2 + len(_JFIF), 0, 0
    while True:
        if jpeg[at : at + 1] != b"\xff":
            _unclean("no marker", at)
        kind = jpeg[at + 1] if at + 1 < len(jpeg) else 0
        if kind == _EOI:
            break
        if kind not in _PICTURE:
            _unclean(f"marker {kind:02x}", at)
        length = int.from_bytes(jpeg[at + 2 : at + 4], "big")
        segment = jpeg[at + 4 : at + 2 + length]
        if length < 2 or len(segment) != length - 2 or not _plausible(kind, segment):
            _unclean(f"length of marker {kind:02x}", at)
        frames += kind in (0xC0, 0xC2)
        at += 2 + length
        if kind == _SOS:
            scans += 1
            found = _MARKER.search(jpeg, at)
            if found is None:
                _unclean("no end", len(jpeg))
            at = found.start()
    if frames != 1 or not scans:
        _unclean("no single picture", at)
    if at + 2 != len(jpeg):
        _unclean("bytes after the end", at + 2)


def _plausible(kind: int, segment: bytes) -> bool:
    """Whether a segment is as long as its own fields say: nothing is hidden behind them."""
    if kind == 0xDB:
        # Tables of 64 values, of a byte each.
        return len(segment) % 65 == 0 and all(one < 4 for one in segment[::65])
    if kind == _DHT:
        at = 0
        while at + 17 <= len(segment):
            at += 17 + sum(segment[at + 1 : at + 17])
        return at == len(segment)
    if kind == _SOS:
        return bool(segment) and len(segment) == 1 + 2 * segment[0] + 3
    return len(segment) >= 6 and len(segment) == 6 + 3 * segment[5]
