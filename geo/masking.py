"""Hiding what names a person in public words: telephone and ID numbers, e-mail, number plates.

Vietnamese forms, also where they are written apart, with letters for digits, or in words. Better
one number too many than one too few: what was hidden by mistake can be shown again by an official,
what was shown cannot be called back.
"""

import re
import unicodedata
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import phonenumbers

Kind = Literal["phone", "id", "email", "plate", "account"]
HIDDEN: Final = "•••"


class Masked(NamedTuple):
    text: str
    kinds: frozenset[Kind]
    """What was hidden; empty where the text is as it was."""


# Digits as they are said: "không chín tám ...". Their forms after tens belong to numbers that are
# read out, not dictated, but cost nothing here.
_SAID: Final = {
    "không": 0, "khong": 0, "linh": 0, "lẻ": 0, "một": 1, "mot": 1, "mốt": 1, "hai": 2, "ba": 3,
    "bốn": 4, "bon": 4, "tư": 4, "năm": 5, "nam": 5, "lăm": 5, "sáu": 6, "sau": 6, "bảy": 7,
    "bẩy": 7, "bay": 7, "tám": 8, "tam": 8, "chín": 9, "chin": 9,
}  # fmt: skip
_WORD: Final = "|".join(sorted(_SAID, key=len, reverse=True))
_SPOKEN: Final = re.compile(rf"\b(?:{_WORD})(?:[\s,.-]{{1,4}}(?:{_WORD})){{8,}}\b", re.IGNORECASE)

_MARKS: Final = " .,:;/_-"
_GAP: Final = r"[\s.()/_-]{0,3}"
# Some write O for 0 and l or I for 1, so that machines do not find it.
_DIGIT: Final = r"[0-9oOlI]"
_PHONE: Final = re.compile(
    # +84, 0084, 84 or 0, then nine digits of a mobile or ten of a landline or a former number.
    rf"(?<![0-9A-Za-z])(?:(?:\+|[0oO]{{2}})?{_GAP}84{_GAP}(?:\({_GAP}0{_GAP}\){_GAP})?|[0oO])"
    rf"(?:{_GAP}{_DIGIT}){{9,10}}(?![0-9])"
)
_EMAIL: Final = re.compile(
    r"(?<![\w.+-])[\w.+-]{1,64}\s?"
    r"(?:@|\(\s?(?:at|@|a còng)\s?\)|\[\s?(?:at|@|a còng)\s?\]|\sa\s?còng\s|\sa cong\s)\s?"
    r"[\w-]{1,63}(?:\s?(?:\.|\(\s?(?:dot|chấm)\s?\)|\schấm\s|\scham\s)\s?[\w-]{1,63}){1,5}",
    re.IGNORECASE,
)
# Circular 79/2024/TT-BCA: two digits of the province (11 to 99), one or two letters, perhaps a
# digit, and four or five digits. Written with or without marks between them.
_SERIES: Final = r"(?:1[1-9]|[2-9][0-9])[ .-]?(?:[A-HK-NPR-VXYZĐ]{1,2}[0-9]?|MĐ[0-9]?)"
_PLATE: Final = re.compile(
    rf"(?<![0-9A-Za-z/])(?:{_SERIES}[ .-]{{0,3}}[0-9]{{3}}[ .]?[0-9]{{2}}"
    r"|(?:1[1-9]|[2-9][0-9])[.-]?[A-HK-NPR-VXYZĐ]{1,2}[0-9]?[.-]?[0-9]{4})"
    r"(?![0-9]|[.,][0-9])",
    re.IGNORECASE,
)
_PLATE_NAMED: Final = re.compile(
    r"(?:bi[eể]n(?:\s(?:s[oố]|ki[eể]m so[aá]t|xe|tr[aắ]ng|v[aà]ng|xanh|đ[oỏ]))*|bks|plate)"
    r"[\s:]{1,3}([A-ZĐ0-9]{2,3}[ .-]{0,3}(?:[A-ZĐ]{1,3}[ .-]{0,3})?[0-9][0-9 .-]{1,8}[0-9])",
    re.IGNORECASE,
)
_AROUND_ID: Final = (
    r"(?:c[aă]n c[uư][oớ]c(?: c[oô]ng d[aâ]n)?|cccd|ch[uứ]ng minh(?: (?:nh[aâ]n d[aâ]n|th[uư]))?"
    r"|cmnd|cmtnd|cmt|cmqđ|h[oộ] chi[eế]u|passport|m[aã] s[oố] thu[eế]|mst|đ[iị]nh danh|gplx)"
)
_ID_NAMED: Final = re.compile(
    rf"\b{_AROUND_ID}\b[^\n0-9]{{0,25}}?([A-Z]{{0,2}}{_GAP}(?:[0-9]{_GAP}){{6,12}}[0-9])(?![0-9])",
    re.IGNORECASE,
)
# A citizen's number (Decree 137/2015/ND-CP): province, century and sex, year of birth, six digits.
_CITIZEN: Final = re.compile(
    rf"(?<![0-9A-Za-z])0[0-9]{{2}}{_GAP}[0-9](?:{_GAP}[0-9]){{8}}(?![0-9])"
)
_NINE: Final = re.compile(r"(?<![0-9A-Za-z.,])[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}(?![0-9]|[.,][0-9])")
_ACCOUNT: Final = re.compile(
    r"\b(?:s[oố] t[aà]i kho[aả]n|t[aà]i kho[aả]n|stk|account)\b[^\n0-9]{0,30}?"
    rf"((?:[0-9]{_GAP}){{5,18}}[0-9])(?![0-9])",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(
    r"\s{0,2}(?:đồng|dong|đ\b|vnđ|vnd|₫|usd|m2|m²|m3|kg|tấn|lít)", re.IGNORECASE
)
# Numbers of services, which are meant to be called: 1800 and 1900 and their like.
_SERVICE: Final = re.compile(r"^(?:1[89]00|11[1-9])")
# Nothing is hidden in a text without four digits, a sign of e-mail or digits in words.
_CANDIDATE: Final = re.compile(
    r"(?i)([0-9oOlI][^0-9oOlI]{0,4}){4}|@|a c[oò]ng|[(\[] ?at"
    rf"|({_WORD})([\s,.-]{{1,4}}({_WORD})){{8}}"
)
# The same where digits may be of any script, as RE2 writes it: for whole columns.
ANY_SCRIPT: Final = _CANDIDATE.pattern.replace("0-9", r"\p{Nd}")


def mask(text: str) -> Masked:
    """The text with numbers and addresses that name a person replaced by `HIDDEN`.

    >>> mask("Gọi tôi 0912 345 678 nhé").text
    'Gọi tôi ••• nhé'
    >>> mask("Xe 29A-123.45 đỗ trước số 12, ngõ 34/56").text
    'Xe ••• đỗ trước số 12, ngõ 34/56'
    """
    text = unicodedata.normalize("NFC", text)
    plain, places = _plain(text)
    if not _CANDIDATE.search(plain):
        return Masked(text, frozenset())
    found = []
    for start, end, kind in _found(plain):
        said = plain[start:end]
        # A bracket that is not closed within belongs to the sentence.
        before = said.lstrip(_MARKS if ")" in said else _MARKS + "(")
        found.append((end - len(before), end - len(said) + len(said.rstrip(_MARKS)), kind))
    if not found:
        return Masked(text, frozenset())
    found.sort()
    parts, done = [], 0
    for start, end in _joined([(start, end) for start, end, _ in found]):
        first, last = places[start], places[end - 1] + 1
        parts += [text[done:first], HIDDEN]
        done = last
    return Masked("".join([*parts, text[done:]]), frozenset(kind for *_, kind in found))


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with plain digits, letters and spaces, and where each of its signs comes from.

    Full-width or Arabic digits count as digits; signs without a width, as spaces between them
    would, do not keep two digits apart.
    """
    signs, places = [], []
    for place, sign in enumerate(text):
        if unicodedata.category(sign) == "Cf":
            continue
        if sign.isdecimal():
            signs.append(str(unicodedata.decimal(sign)))
        elif sign.isspace() and sign != "\n":
            signs.append(" ")
        else:
            wide = unicodedata.normalize("NFKC", sign)
            signs.append(wide if len(wide) == 1 else sign)
        places.append(place)
    return "".join(signs), places


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans that touch or overlap as one."""
    start, end = spans[0]
    for first, last in spans[1:]:
        if first > end:
            yield start, end
            start, end = first, last
        else:
            end = max(end, last)
    yield start, end


def _digits(said: str) -> int:
    return sum(sign.isdigit() for sign in said)


# What is looked for, which group of it is hidden, and how many true digits it must have at least.
_FORMS: Final[tuple[tuple[Kind, re.Pattern[str], int, int], ...]] = (
    ("email", _EMAIL, 0, 0),
    ("phone", _PHONE, 0, 7),
    ("phone", _SPOKEN, 0, 0),
    ("plate", _PLATE, 0, 0),
    ("plate", _PLATE_NAMED, 1, 4),
    ("id", _ID_NAMED, 1, 0),
    ("account", _ACCOUNT, 1, 0),
    ("id", _CITIZEN, 0, 0),
    ("id", _NINE, 0, 0),
)


def _found(plain: str) -> Iterator[tuple[int, int, Kind]]:
    for kind, form, group, least in _FORMS:
        for one in form.finditer(plain):
            money = form in (_CITIZEN, _NINE) and _MONEY.match(plain, one.end())
            if not money and _digits(one.group()) >= least:
                yield one.start(group), one.end(group), kind
    # Forms of other countries, and landlines written their own way.
    for match in phonenumbers.PhoneNumberMatcher(plain, "VN"):
        if not _SERVICE.match(match.raw_string.lstrip("+ ")):
            yield match.start, match.end, "phone"
