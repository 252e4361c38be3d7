"""Words that are no report: mostly links, one letter held down, text that nobody can read."""

import hashlib
import re
import unicodedata
from typing import Final

from geo.errors import WordsRefusedError

MOST_LINKS: Final = 5
# The longest Vietnamese syllable has seven letters; a file name or a plate number has some thirty.
LONGEST_WORD: Final = 60
# "Hỏng rồiiiiiii!!!!!!!" is anger; more than this is a key held down.
MOST_REPEATS: Final = 20
# What has words of its own beside its links says something.
LEAST_LETTERS: Final = 10
# A text of this many words or more says more than one thing, however often it says it.
MANY_WORDS: Final = 30
LEAST_SHARE_OF_DIFFERENT: Final = 0.1

_LINK: Final = re.compile(
    r"(?:https?|ftp)://\S+|(?<![\w.-])www\.\S+"
    # A host's bare name is a link too. Ends that are words when a space is missing are left out.
    r"|(?<![\w.-])[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}"
    r"\.(?:com|net|org|info|biz|xyz|shop|online|site|vn)\b(?:/\S*)?",
    re.IGNORECASE,
)
_REPEATED: Final = re.compile(rf"(\S)(?:\s?\1){{{MOST_REPEATS},}}")
_WORDS: Final = re.compile(r"\w+")


def links(text: str) -> int:
    """How many links a text holds; a host's bare name is one.

    >>> links("Xem https://example.org/a và www.example.net, hoặc example.com/b.")
    3
    """
    return len(_LINK.findall(text))


def check(text: str) -> None:
    """Raises `WordsRefusedError`, which says what is wrong, for words that are no report."""
    found = links(text)
    if found > MOST_LINKS:
        raise _refused(
            f"at most {MOST_LINKS} links, please; here are {found}",
            f"nhiều nhất {MOST_LINKS} đường dẫn; ở đây có {found}",
        )
    if found and sum(letter.isalpha() for letter in _LINK.sub("", text)) < LEAST_LETTERS:
        raise _refused(
            "say in words what the matter is; a link alone is no report",
            "hãy viết bằng lời sự việc là gì; chỉ có đường dẫn thì chưa phải là phản ánh",
        )
    if any(len(word) > LONGEST_WORD for word in _LINK.sub("", text).split()):
        raise _refused(
            f"a word is longer than {LONGEST_WORD} letters: put spaces between words",
            f"có một từ dài hơn {LONGEST_WORD} chữ cái: hãy viết cách giữa các từ",
        )
    words = [word.casefold() for word in _WORDS.findall(text)]
    same = len(words) >= MANY_WORDS and len(set(words)) < LEAST_SHARE_OF_DIFFERENT * len(words)
    if same or _REPEATED.search(text):
        raise _refused(
            "the same is repeated again and again: say it once",
            "cùng một chữ hoặc từ lặp lại quá nhiều lần: chỉ cần viết một lần",
        )


def _refused(en: str, vi: str) -> WordsRefusedError:
    return WordsRefusedError("text", f"{en} / {vi}")


def gist(text: str) -> bytes:
    """A hash of the letters and digits alone: the same for texts that differ in nothing else.

    >>> gist("Ổ gà, rất  TO!") == gist("ổ gà rất to") != gist("o ga rat to")
    True
    """
    said = unicodedata.normalize("NFKC", text).casefold()
    return hashlib.sha256("".join(_WORDS.findall(said)).encode()).digest()[:16]
