"""Which kind of complaint some words are about: a small linear model over Vietnamese syllables.

This half needs NumPy alone, so that a server can keep it; `geo.teaching` makes the model.
"""

import io
import json
import re
import unicodedata
import zlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, select

from geo.schema import model

NAME: Final = "suggestion"
_SYLLABLE: Final = re.compile(r"[^\W\d_]+")
# Đ is a letter of its own: it does not come apart as Ấ does.
_PLAIN: Final = str.maketrans("đ", "d")
# Longer reports say nothing more about what they are about.
MOST_SYLLABLES: Final = 200


def plain(text: str) -> str:
    """The text in lower case without diacritics, as many type it on a telephone.

    >>> plain("Đường Ổ Gà")
    'duong o ga'
    """
    apart = unicodedata.normalize("NFD", text.lower()).translate(_PLAIN)
    return "".join(sign for sign in apart if unicodedata.category(sign) != "Mn")


def features(text: str) -> NDArray[np.uint32]:
    """Hashes of the text's syllables and of neighbouring ones, ascending, each once.

    Runs of one to three syllables without diacritics, and of one and two as written: `dương` and
    `đường` count as half the same. CRC-32 is no worse here than better hashes, and everywhere.
    """
    written = _SYLLABLE.findall(unicodedata.normalize("NFC", text).lower())[:MOST_SYLLABLES]
    bare = [plain(one) for one in written]
    runs = {f"p {' '.join(run)}" for run in _runs(bare, 3)}
    # Typed without diacritics, a text has nothing more to say.
    if bare != written:
        runs |= {f"w {' '.join(run)}" for run in _runs(written, 2)}
    return np.unique(np.array([zlib.crc32(run.encode()) for run in runs], dtype=np.uint32))


def _runs(syllables: list[str], longest: int) -> Iterator[list[str]]:
    for length in range(1, longest + 1):
        for start in range(len(syllables) - length + 1):
            yield syllables[start : start + length]


class Suggested(NamedTuple):
    """A kind, by its code, and how likely it is."""

    category: str
    probability: float


class Model(NamedTuple):
    """Weights of `m` known hashes for `k` kinds."""

    categories: tuple[str, ...]
    hashes: NDArray[np.uint32]
    """Ascending, shape (m,)."""
    weights: NDArray[np.float16]
    """Shape (m, k)."""
    bias: NDArray[np.float32]
    """Shape (k,)."""
    sure: float
    """A first suggestion below this probability is not made."""
    measured: dict[str, Any]
    """What cross-validation found."""

    def probabilities(self, text: str) -> NDArray[np.float32]:
        """Of each kind, shape (k,); all the same for a text without a known syllable."""
        found = features(text)
        at = np.searchsorted(self.hashes, found)
        known = at[
            (at < len(self.hashes)) & (self.hashes[np.minimum(at, len(self.hashes) - 1)] == found)
        ]
        if not len(known):
            return np.full(len(self.categories), 1 / len(self.categories), np.float32)
        # Rows have length one, as in teaching: unknown syllables count in it.
        score = self.weights[known].astype(np.float32).sum(axis=0) / np.sqrt(len(found)) + self.bias
        score = np.exp(score - score.max())
        return np.asarray(score / score.sum(), np.float32)

    def suggest(self, text: str, allowed: frozenset[str], most: int = 3) -> list[Suggested]:
        """The likeliest kinds that are allowed, the likeliest first; none where it is unsure."""
        found = self.probabilities(text)
        order = [i for i in np.argsort(-found) if self.categories[i] in allowed]
        if not order or found[order[0]] < self.sure:
            return []
        # Beside a near certain first, others are noise.
        likely = [i for i in order[:most] if found[i] >= max(0.05, found[order[0]] / 10)]
        return [Suggested(self.categories[i], round(float(found[i]), 3)) for i in likely]

    def packed(self) -> bytes:
        """The model as one NumPy archive, without pickled objects."""
        file = io.BytesIO()
        about = json.dumps([self.categories, self.sure, self.measured]).encode()
        np.savez_compressed(
            file,
            about=np.frombuffer(about, np.uint8),
            hashes=self.hashes,
            weights=self.weights,
            bias=self.bias,
        )
        return file.getvalue()

    @classmethod
    def unpacked(cls, content: bytes) -> "Model":
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            categories, sure, measured = json.loads(file["about"].tobytes())
            return cls(
                tuple(categories), file["hashes"], file["weights"], file["bias"], sure, measured
            )


def stored_at(connection: Connection) -> datetime | None:
    """When the stored model was made; None without one."""
    found: datetime | None = connection.execute(
        select(model.c.made_at).where(model.c.name == NAME)
    ).scalar_one_or_none()
    return found


def stored(connection: Connection) -> Model | None:
    """The model of this instance; None before it was taught."""
    content = connection.execute(
        select(model.c.content).where(model.c.name == NAME)
    ).scalar_one_or_none()
    return Model.unpacked(content) if content is not None else None
