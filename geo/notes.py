"""What stands beside the figures of a file: how they were made, of what, and what to beware of."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from geo.names import Names


class Note(NamedTuple):
    """A sentence under a term; the key is what programs find it by."""

    key: str
    term: Names
    text: Names


def as_json(notes: Iterable[Note]) -> dict[str, Any]:
    """By key, each in both languages.

    >>> as_json([Note("made", Names("Lập lúc", "Made"), Names("08:00", "8:00"))])
    {'made': {'vi': '08:00', 'en': '8:00'}}
    """
    return {one.key: {"vi": one.text.vi, "en": one.text.en} for one in notes}
