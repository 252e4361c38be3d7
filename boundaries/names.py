"""Vietnamese place names: kinds, and comparison that ignores where the tone mark is placed."""

import re
import unicodedata
from typing import Final

KINDS: Final = ("thị trấn", "thị xã", "thành phố", "đặc khu", "phường", "xã", "quận", "huyện")

# The same syllable is written Hoà or Hòa, Thuỷ or Thủy: the tone moves to the first vowel.
_TONES = "\u0300\u0301\u0303\u0309\u0323"
_LATE = re.compile(rf"(o)([ae])([{_TONES}])(?![a-z])|(u)(y)([{_TONES}])(?![a-z])")


def fold_name(name: str) -> str:
    """A form in which equal names are equal: lower case, one Unicode form, one tone placement.

    >>> fold_name("Hoà") == fold_name("Hòa"), fold_name("Thuỷ") == fold_name("Thủy")
    (True, True)
    >>> fold_name("Hoa") == fold_name("Hòa")
    False
    """
    apart = unicodedata.normalize("NFD", " ".join(name.split()).lower())

    def moved(found: re.Match[str]) -> str:
        first, second, tone = (part for part in found.groups() if part)
        return first + tone + second

    return unicodedata.normalize("NFC", _LATE.sub(moved, apart))


def same_name(a: str, b: str) -> bool:
    return fold_name(a) == fold_name(b)


def plain(name: str) -> str:
    """The name without diacritics, as English texts write it.

    >>> plain("Đống Đa")
    'Dong Da'
    """
    apart = unicodedata.normalize("NFD", name.replace("đ", "d").replace("Đ", "D"))
    return "".join(letter for letter in apart if not unicodedata.combining(letter))


def divide(full_name: str) -> tuple[str | None, str]:
    """Kind and bare name: 'Phường Ba Đình' -> ('phường', 'Ba Đình').

    >>> divide("Thị xã Sơn Tây"), divide("Queens")
    (('thị xã', 'Sơn Tây'), (None, 'Queens'))
    """
    for kind in KINDS:
        if full_name.lower().startswith(kind + " "):
            return kind, full_name[len(kind) + 1 :].strip()
    return None, full_name.strip()
