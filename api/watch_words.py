"""What digests, pushes and feeds of single complaints say, in Vietnamese and English."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from geo.complaint import Status
from geo.follows import Language
from geo.names import STATUSES
from tiles.report_words import area_name, day, number

Words = dict[str, str]
LONGEST_EXCERPT: Final = 160

_VI: Final[Words] = {
    "digest_one": "{what}: {where}",
    "digest_many": "{n} phản ánh nơi bạn theo dõi",
    "digest_intro": "Nơi bạn theo dõi ({question}):",
    "closed": "{what} đã xong: {where}",
    "code": "Mã",
    "open": "Xem phản ánh",
    "more": "và {n} phản ánh nữa",
    "all": "Xem tất cả trên bản đồ",
    "nowhere": "không rõ nơi",
    "push_one": "Phản ánh mới",
    "push_closed": "Đã xong",
    "push_many": "{n} phản ánh nơi bạn theo dõi",
    "push_progress": "Phản ánh {code}",
    "push_answered": "{state}; có trả lời mới",
    "push_asked": "Cơ quan xử lý hỏi bạn: mở liên kết riêng để trả lời",
    "push_stop": "Dừng theo dõi",
    "and": "{first} và {n} nơi khác",
    "feed_title": "Phản ánh mới",
    "feed_subtitle": "Những phản ánh mới nhất theo bộ lọc này.",
}
_EN: Final[Words] = {
    "digest_one": "{what}: {where}",
    "digest_many": "{n} complaints where you watch",
    "digest_intro": "Where you watch ({question}):",
    "closed": "{what} closed: {where}",
    "code": "Code",
    "open": "See the complaint",
    "more": "and {n} more",
    "all": "See all of them on the map",
    "nowhere": "place not named",
    "push_one": "New complaint",
    "push_closed": "Closed",
    "push_many": "{n} complaints where you watch",
    "push_progress": "Complaint {code}",
    "push_answered": "{state}; there is a new answer",
    "push_asked": "Officials ask you something: open your private link to answer",
    "push_stop": "Stop",
    "and": "{first} and {n} others",
    "feed_title": "New complaints",
    "feed_subtitle": "The newest complaints of this filter.",
}
WORDS: Final[dict[Language, Words]] = {"vi": _VI, "en": _EN}


def kind_name(row: Any, lang: Language) -> str:
    """The name of a complaint's category."""
    return str((row.name_en or row.name_vi) if lang == "en" else row.name_vi)


def state_name(status: int, lang: Language) -> str:
    names = STATUSES[Status(status)]
    return names.en if lang == "en" else names.vi


def excerpt(words: str) -> str:
    """The beginning of somebody's words on one line, cut between two of them.

    >>> excerpt("Ổ gà\\n sâu")
    'Ổ gà sâu'
    """
    line = " ".join(words.split())
    if len(line) <= LONGEST_EXCERPT:
        return line
    return f"{line[:LONGEST_EXCERPT].rpartition(' ')[0] or line[:LONGEST_EXCERPT]}…"


def ward(row: Any, lang: Language) -> str:
    """The ward of a sighting, or nothing where it lies in none."""
    if not row.area:
        return ""
    return area_name(row.area, row.area_en, None, lang)


def place(row: Any, lang: Language) -> str:
    """Street and ward of a sighting, as far as they are known."""
    found = ", ".join(filter(None, (row.address, ward(row, lang))))
    return found or WORDS[lang]["nowhere"]


def clock(at: datetime, zone: ZoneInfo, lang: Language) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M} {day(local.date(), lang)}"


def spelled(code: str) -> str:
    """A code as it is read out: in threes.

    >>> spelled("ACD347HJK")
    'ACD-347-HJK'
    """
    return "-".join(code[at : at + 3] for at in range(0, len(code), 3))


def several(names: Sequence[str], lang: Language) -> str:
    """The first of some names, and how many others there are."""
    different = list(dict.fromkeys(filter(None, names)))
    if not different:
        return WORDS[lang]["nowhere"]
    if len(different) == 1:
        return different[0]
    rest = number(len(different) - 1, lang)
    return WORDS[lang]["and"].format(first=different[0], n=rest)
