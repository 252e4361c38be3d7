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
# Signs without a width, and marks upon others.
UNSEEN: Final = ("Cf", "Mn", "Me")


class Masked(NamedTuple):
    text: str
    kinds: frozenset[Kind]
    """What was hidden; empty where the text is as it was."""


# Digits as they are said: "không chín tám ...". Their forms after tens belong to numbers that are
# read out, not dictated, but cost nothing here.
_SAID: Final = {
    "không": 0, "khong": 0, "linh": 0, "lẻ": 0, "một": 1, "mot": 1, "mốt": 1, "hai": 2, "ba": 3,
    "bốn": 4, "bon": 4, "tư": 4, "năm": 5, "nam": 5, "lăm": 5, "sáu": 6, "sau": 6, "bảy": 7,
    "bẩy": 7, "bay": 7, "tám": 8, "tam": 8, "chín": 9, "chin": 9, "mười": 10, "mươi": 10,
    "muoi": 10,
}  # fmt: skip
_WORD: Final = "|".join(sorted(_SAID, key=len, reverse=True))
# Dictated, at least in part, from the zero that numbers begin with: "0chín12 ba bốn 5678".
_SPOKEN: Final = re.compile(
    rf"(?<![0-9])(?:0|\bkhông|\bkhong)(?:[\s,.-]{{0,4}}(?:[0-9]|{_WORD})){{8,12}}(?![0-9])",
    re.IGNORECASE,
)

_MARKS: Final = " .,:;/_-"
_GAP: Final = r"[\s.,;:()/_*|·'+=–—-]{0,6}"
# Some write O for 0 and l or I for 1, so that machines do not find it.
_DIGIT: Final = r"[0-9oOlI]"
_PHONE: Final = re.compile(
    # +84, 0084, 84 or 0, then nine digits of a mobile or ten of a landline or a former number. Not
    # within a number, nor a part of one less than 1.
    r"(?<![0-9])(?<![0-9][.,])(?!0[.,][0-9]{7,}(?![0-9.,]))"
    rf"(?:(?:\+|[0oO]{{2}})?{_GAP}84{_GAP}(?:\({_GAP}0{_GAP}\){_GAP})?|[0oO])"
    rf"(?:{_GAP}{_DIGIT}){{9,10}}(?![0-9])"
)
# Among figures a day or an hour makes it no telephone number: 08:30, 12/05/2026.
_DATED: Final = re.compile(
    r"[0-9]{1,2}[:h][0-9]{2}\b|\b[0-9]{1,2}[/.-][0-9]{1,2}[/.-](?:19|20)[0-9]{2}"
)
_AT: Final = (
    r"(?:\s?@\s?|\s?[(\[{]\s?(?:at|@|a|a còng|a cong|a móc|a moc)\s?[)\]}]\s?"
    r"|\s(?:at|a\s?còng|a cong|a móc|a moc)\s)"
)
_DOT: Final = r"(?:\s?\.\s?|\s?[(\[{]\s?(?:dot|chấm|cham)\s?[)\]}]\s?|\s(?:dot|chấm|cham)\s)"
_EMAIL: Final = re.compile(
    rf"(?<![\w.+-])[\w.+-]{{1,64}}{_AT}"
    rf"(?:[\w-]{{1,63}}(?:{_DOT}[\w-]{{1,63}}){{1,5}}"
    r"|g ?mail|gờ ?meo|gờ ?mêu|yahoo|hotmail|outlook|icloud)",
    re.IGNORECASE,
)
# Names of accounts, which lead to a person as numbers do.
_HANDLE: Final = re.compile(
    r"(?<![\w.@])@[A-Za-z][\w.]{4,}"
    r"|\b(?:t|zalo|fb|m|facebook|instagram|tiktok)\.(?:me|com)/[\w./?=&%-]{3,}",
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
    r"|cmnd|cmtnd|cmt|cmqđ|h[oộ] chi[eế]u|passport|m[aã] s[oố] thu[eế]|mst|đ[iị]nh danh|gplx"
    r"|bhyt|bhxh|b[aả]o hi[eể]m(?: (?:y t[eế]|x[aã] h[oộ]i))?)"
)
_ID_NAMED: Final = re.compile(
    rf"\b{_AROUND_ID}\b[^\n0-9]{{0,25}}?([A-Z]{{0,2}}{_GAP}(?:[0-9]{_GAP}){{6,14}}[0-9])(?![0-9])",
    re.IGNORECASE,
)
# A citizen's number (Decree 137/2015/ND-CP): province, century and sex, year of birth, six digits.
_CITIZEN: Final = re.compile(
    rf"(?<![0-9A-Za-z])0[0-9]{{2}}{_GAP}[0-9](?:{_GAP}[0-9]){{8}}(?![0-9])"
)
_NINE: Final = re.compile(r"(?<![0-9A-Za-z.,])[0-9]{3}[ ]?[0-9]{3}[ ]?[0-9]{3}(?![0-9]|[.,][0-9])")
_ACCOUNT: Final = re.compile(
    r"\b(?:s[oố] t[aà]i kho[aả]n|t[aà]i kho[aả]n|stk|tk|account)\b[^\n0-9]{0,30}?"
    rf"((?:[0-9]{_GAP}){{5,18}}[0-9])(?![0-9])",
    re.IGNORECASE,
)
_MONEY: Final = re.compile(
    r"\s{0,2}(?:đồng|dong|đ\b|vnđ|vnd|₫|usd|m2|m²|m3|kg|tấn|lít)", re.IGNORECASE
)
# Numbers of services, which are meant to be called: 1800 and 1900 and their like.
_FRACTION: Final = re.compile(r"^0[.,][0-9]+$")
_SERVICE: Final = re.compile(r"^(?:1[89]00|11[1-9])")
# Nothing is hidden in a text without four digits, a sign of e-mail or digits in words.
_CANDIDATE: Final = re.compile(
    r"(?i)([0-9oOlI][^0-9oOlI]{0,12}){4}|@|\.(me|com)/|a (c[oò]ng|m[oó]c)|[(\[{ ] ?at?\b"
    rf"|({_WORD})([\s,.-]{{0,4}}({_WORD})){{8}}"
)
# What every text in which something is hidden has one of, for whole columns: as RE2 writes it, and
# each so that it reads a text in one pass. All of them together as one pattern would not.
_OTHER: Final = r"[^\x00-\x7f¹²³À-ÿĂăĐđĨĩŨũƠơƯưẠ-ỹ–—‘’“”…•₫]"
_SIGN: Final = "[0-9¹²³]"
_BETWEEN: Final = r"[^\p{L}0-9¹²³]*"
SUSPECT: Final = (
    # Signs that may stand for others, and those without a width.
    _OTHER,
    # Six digits with nothing but marks between them; nine where letters look like digits.
    rf"{_SIGN}(?:{_BETWEEN}[xX]?{_BETWEEN}{_SIGN}){{5}}",
    rf"[0-9¹²³oOlI](?:{_BETWEEN}[0-9¹²³oOlI]){{8}}",
    # Plates.
    rf"{_SIGN}{{2}}[ .-]?[A-Za-zĐđ]{{1,2}}{_SIGN}?[\s.-]{{0,3}}{_SIGN}{{3}}",
    rf"(?i)(?:bi[eể]n|bks|plate)[^0-9¹²³\n]*{_SIGN}",
    r"(?i)@|\.(me|com)/|a ?(c[oò]ng|m[oó]c)|[(\[{\s]\s?at?\b",
    rf"(?i)(?:0|không|khong)(?:[\s,.-]{{0,4}}(?:{_SIGN}|{_WORD})){{8}}",
)


def mask(text: str) -> Masked:
    """The text with numbers and addresses that name a person replaced by `HIDDEN`.

    >>> mask("Gọi tôi 0912 345 678 nhé").text
    'Gọi tôi ••• nhé'
    >>> mask("Xe 29A-123.45 đỗ trước số 12, ngõ 34/56").text
    'Xe ••• đỗ trước số 12, ngõ 34/56'
    """
    text = unicodedata.normalize("NFC", text)
    found = _spans(text)
    parts, done = [], 0
    for start, end in _joined([(start, end) for start, end, _ in found]):
        parts += [text[done:start], HIDDEN]
        done = end
    return Masked("".join([*parts, text[done:]]), frozenset(kind for *_, kind in found))


def named(text: str) -> list[tuple[Kind, str]]:
    """What `mask` would hide, each with its kind, in the order of the text.

    >>> named("Gọi 0912 345 678, xe 29A-123.45")
    [('phone', '0912 345 678'), ('plate', '29A-123.45')]
    """
    text = unicodedata.normalize("NFC", text)
    found = _spans(text)
    return [
        (next(kind for first, _, kind in found if start <= first < end), text[start:end])
        for start, end in _joined([(start, end) for start, end, _ in found])
    ]


def _spans(text: str) -> list[tuple[int, int, Kind]]:
    """Where something is that names a person, in order; some may touch or overlap."""
    plain, places = _plain(text)
    if not _CANDIDATE.search(plain):
        return []
    found: list[tuple[int, int, Kind]] = []
    for start, end, kind in _found(plain):
        said = plain[start:end]
        # A bracket that is not closed within belongs to the sentence.
        before = said.lstrip(_MARKS)
        while before.startswith("(") and before.count("(") > before.count(")"):
            before = before[1:].lstrip(_MARKS)
        first = places[end - len(before)]
        last = places[end - len(said) + len(said.rstrip(_MARKS)) - 1] + 1
        while last < len(text) and unicodedata.category(text[last]) in UNSEEN:
            last += 1
        found.append((first, last, kind))
    return sorted(found)


def _plain(text: str) -> tuple[str, list[int]]:
    """The text with plain digits, letters and spaces, and where each of its signs comes from.

    Full-width or Arabic digits count as digits; signs without a width, as spaces between them
    would, do not keep two digits apart.
    """
    signs, places = [], []
    for place, sign in enumerate(text):
        # Nor do marks upon a digit, such as those that make a key of it.
        if unicodedata.category(sign) in UNSEEN:
            continue
        if (digit := unicodedata.digit(sign, None)) is not None:
            signs.append(str(digit))
        elif sign.isspace() and sign != "\n":
            signs.append(" ")
        else:
            wide = unicodedata.normalize("NFKC", sign)
            signs.append(wide if len(wide) == 1 else sign)
        places.append(place)
    return "".join(signs), places


def _joined(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Spans that touch or overlap as one."""
    if not spans:
        return
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
    ("account", _HANDLE, 0, 0),
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
            dated = form is _PHONE and _DATED.search(one.group())
            figures = form is _SPOKEN and not any(sign.isalpha() for sign in one.group())
            if not (money or dated or figures) and _digits(one.group()) >= least:
                yield one.start(group), one.end(group), kind
    # Forms of other countries, and landlines written their own way.
    for match in phonenumbers.PhoneNumberMatcher(plain, "VN"):
        said = match.raw_string.lstrip("+ ")
        if not (_SERVICE.match(said) or _FRACTION.match(said)):
            yield match.start, match.end, "phone"
