"""The same words again: about the same place they were sent before, everywhere they are spam."""

import math
from threading import Lock
from typing import Final, NamedTuple, Protocol

from cachetools import TTLCache

from api.limiting import Limiter
from api.refusals import SaidBeforeError, refuse
from geo import spam

# Two pins for one thing lie this near each other. Farther away the same words may be as true: who
# walks down a street reports five times "đèn đường hỏng".
SAME_PLACE_M: Final = 250
# Below this many letters, neighbours may say the same without knowing of each other.
OWN_WORDS: Final = 30
REMEMBERED: Final = 50_000
MOST_OF_ONE: Final = 10


class Sender(NamedTuple):
    client: str
    device: str | None


class Saying(Protocol):
    @property
    def text(self) -> str: ...
    @property
    def lon(self) -> float: ...
    @property
    def lat(self) -> float: ...


class _Before(NamedTuple):
    lon: float
    lat: float
    device: str | None
    code: str


class Repeats:
    """Remembers for a while what was said, as hashes, in this process."""

    def __init__(self, limiter: Limiter, kept_s: int) -> None:
        self._limiter, self._kept_s = limiter, kept_s
        self._lock = Lock()
        self._said: TTLCache[tuple[str, bytes], tuple[_Before, ...]] = TTLCache(
            REMEMBERED, max(1, kept_s)
        )

    def check(self, sender: Sender, said: Saying) -> None:
        """Raises `SaidBeforeError` for words that were stored about the same place lately."""
        if not self._kept_s:
            return
        gist = spam.gist(said.text)
        few = sum(letter.isalpha() for letter in said.text) < OWN_WORDS
        with self._lock:
            found = [
                one
                for subject in filter(None, sender)
                for one in self._said.get((subject, gist), ())
                if _metres(one, said) <= SAME_PLACE_M
            ]
        for one in found:
            own = sender.device is not None and one.device == sender.device
            # Neighbours behind one address say "ngập nước" of their street, each for himself.
            if own or not few or (sender.device is None and one.device is None):
                refuse("said_before", SaidBeforeError(one.code if own else None))

    def many(self, sender: Sender, said: Saying) -> bool:
        """Whether the same words have come from one address too often, about whatever places."""
        return bool(self._kept_s) and self._limiter.share(*_counted(sender, said)) >= 1

    def remember(self, sender: Sender, said: Saying, code: str) -> None:
        """To be called when a report was stored."""
        if not self._kept_s:
            return
        gist = spam.gist(said.text)
        one = _Before(said.lon, said.lat, sender.device, code)
        with self._lock:
            for subject in filter(None, sender):
                before = self._said.get((subject, gist), ())
                self._said[subject, gist] = (*before[1 - MOST_OF_ONE :], one)
        self._limiter.count(*_counted(sender, said))


def _counted(sender: Sender, said: Saying) -> tuple[str, str]:
    return "challenge_same_words", f"{sender.client}:{spam.gist(said.text).hex()}"


def _metres(one: _Before, said: Saying) -> float:
    # On the plane: places are near each other, or it does not matter.
    east = (one.lon - said.lon) * math.cos(math.radians(said.lat))
    return math.hypot(east, one.lat - said.lat) * 111_195
