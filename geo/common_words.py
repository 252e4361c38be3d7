"""How alike two texts of citizens are: the words they share, with or without diacritics."""

import re
import unicodedata
from collections.abc import Iterable
from typing import Final

# The same as the database's fold(): taken apart, a letter is plain and its marks.
_MARKS: Final = dict.fromkeys(map(ord, "\u0300\u0301\u0302\u0303\u0306\u0308\u0309\u031b\u0323"
                                       "\u0327\u030a\u030c"))  # fmt: skip
_PLAIN: Final = {ord("đ"): "d", ord("Đ"): "D", **_MARKS}
_WORD: Final = re.compile(r"[^\W_]+")
# Words that say nothing of the thing itself, folded.
_COMMON: Final = frozenset(
    _WORD.findall(
        """
        a ai anh ba bac bi cac can cai chi cho chua co con cu cua da dang day de den di do duoc em
        gi hay hom het khi khong la lai lam len mai mong moi mot na nao nay neu ngay nguoi nhieu
        nhu nhung o qua ra rat roi sao se tai thi the thoi toi tren trong tu va van vao ve vi voi
        xin xu ly phan anh de nghi co quan chuc nang kiem tra giup duong pho truoc gan canh doi
        dien ngo phuong so
        """
    )
)


def folded(text: str) -> str:
    """Lower case without diacritics, as the database's fold().

    >>> folded('Đống Đa, CẦU Giấy')
    'dong da, cau giay'
    """
    return unicodedata.normalize("NFD", text).translate(_PLAIN).lower()


def telling(texts: Iterable[str | None], known: frozenset[str] = frozenset()) -> frozenset[str]:
    """The words of texts that tell things apart: without common ones, and those `known` anyway.

    >>> sorted(telling(["Ổ gà trước cổng trường", "12 Láng"], frozenset({"o", "ga"})))
    ['12', 'cong', 'lang', 'truong']
    """
    found = _WORD.findall(folded(" ".join([text for text in texts if text])))
    return frozenset(found) - _COMMON - known


def shared(some: frozenset[str], others: frozenset[str]) -> float:
    """From 0, nothing in common, to 1; a few words that are all shared do not make 1.

    >>> shared(frozenset({"truong", "lang"}), frozenset({"truong", "mo"}))
    0.25
    """
    return len(some & others) / (min(len(some), len(others)) + 2)
