"""Passwords: hashed with Argon2id, and refused where they are easily guessed."""

import secrets
import unicodedata
from collections.abc import Sequence
from threading import BoundedSemaphore
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from geo.errors import BadFilterError

LEAST: Final = 12
MOST: Final = 200
# Of zxcvbn, 0 to 4: 3 withstands a slow attack offline.
SCORE: Final = 3
# RFC 9106, second choice: 64 MiB. The library's own parameters follow it.
_hasher: Final = PasswordHasher()
# Each takes 64 MiB: a crowd at the sign-in page waits, and takes no more than this.
_room: Final = BoundedSemaphore(4)
# Checked where there is no account, so that a name which is not known takes as long as one that is.
_NOBODYS: Final = _hasher.hash(secrets.token_urlsafe(16))


def _normal(password: str) -> str:
    """One form for what keyboards write in several (NFKC)."""
    return unicodedata.normalize("NFKC", password)


def hashed(password: str) -> str:
    """What is stored of a password."""
    with _room:
        return _hasher.hash(_normal(password))


def is_right(password: str, stored: str | None) -> bool:
    """Whether a password is the stored one; takes as long where nothing is stored."""
    try:
        with _room:
            right = _hasher.verify(stored or _NOBODYS, _normal(password[:MOST]))
    except (VerificationError, InvalidHashError):
        return False
    return right and stored is not None


def is_outdated(stored: str) -> bool:
    """Whether it was hashed with other parameters than today's."""
    return _hasher.check_needs_rehash(stored)


def check(password: str, known: Sequence[str]) -> None:
    """Raises `BadFilterError` for what is short, common or easily guessed.

    `known` are words an attacker would try first: the account's name, the person's, the city's.
    """
    # Its lists of common passwords and names are read when they are needed: 20 MiB.
    from zxcvbn import zxcvbn

    given = _normal(password)
    if not LEAST <= len(given) <= MOST:
        raise BadFilterError(
            "password",
            f"a password has {LEAST} to {MOST} characters"
            f" / mật khẩu có từ {LEAST} đến {MOST} ký tự",
        )
    words = [*known, "phananh", "phản ánh", "hanoi", "hà nội"]
    # It looks at the first 72, as much as it can in a short time.
    if zxcvbn(given[:72], user_inputs=words)["score"] < SCORE:
        raise BadFilterError(
            "password",
            "this password is common or easily guessed: several words without connection are better"
            " / mật khẩu này phổ biến hoặc dễ đoán: nên ghép vài từ không liên quan",
        )


def made() -> str:
    """A password to be used once: 16 characters in four groups that can be read out.

    >>> len(made())
    19
    """
    letters = "abcdefghjkmnpqrstuvwxyz23456789"
    drawn = "".join(secrets.choice(letters) for _ in range(16))
    return "-".join(drawn[at : at + 4] for at in range(0, 16, 4))
