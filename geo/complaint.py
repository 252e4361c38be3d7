"""What a complaint is: its states, its public code, and the kinds it can be of."""

import secrets
from enum import IntEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray
from stdnum.iso7064 import mod_37_36

from geo.errors import BadFilterError


class Status(IntEnum):
    """Where a complaint stands. The numbers are stored; the lower-case names are public."""

    RECEIVED = 1
    ACCEPTED = 2
    IN_PROGRESS = 3
    RESOLVED = 4
    REJECTED = 5
    DUPLICATE = 6
    WITHDRAWN = 7

    @property
    def code(self) -> str:
        return self.name.lower()

    @property
    def is_open(self) -> bool:
        return self <= Status.IN_PROGRESS

    @classmethod
    def from_code(cls, code: str) -> "Status":
        """Raises `BadFilterError` that lists the known codes."""
        try:
            return cls[code.upper()]
        except KeyError:
            known = ", ".join(status.code for status in cls)
            raise BadFilterError("status", f"unknown status {code!r}; known: {known}") from None


OPEN: Final = frozenset(status for status in Status if status.is_open)
CLOSED: Final = frozenset(Status) - OPEN

TRANSITIONS: Final[dict[Status, frozenset[Status]]] = {
    Status.RECEIVED: frozenset(
        {Status.ACCEPTED, Status.IN_PROGRESS, Status.RESOLVED} | (CLOSED - {Status.RESOLVED})
    ),
    Status.ACCEPTED: frozenset(
        {Status.IN_PROGRESS, Status.RESOLVED, Status.REJECTED, Status.DUPLICATE, Status.WITHDRAWN}
    ),
    Status.IN_PROGRESS: frozenset(
        {Status.ACCEPTED, Status.RESOLVED, Status.REJECTED, Status.DUPLICATE, Status.WITHDRAWN}
    ),
    Status.RESOLVED: frozenset({Status.IN_PROGRESS}),
    Status.REJECTED: frozenset({Status.RECEIVED}),
    Status.DUPLICATE: frozenset({Status.RECEIVED}),
    Status.WITHDRAWN: frozenset(),
}

# Letters and digits that stay apart in print, in handwriting and over the telephone:
# no 0/O, 1/I/L, 2/Z, 5/S, 8/B, U/V.
CODE_ALPHABET: Final = "34679ACDEFGHJKMNPQRTVWXY"
CODE_LENGTH: Final = 9
NO_SUCH: Final = "no complaint has the code {0!r} / không có phản ánh nào mang mã {0!r}"


def new_code() -> str:
    """A random public code: eight symbols and one ISO 7064 check symbol.

    >>> is_code(new_code())
    True
    """
    body = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH - 1))
    return body + mod_37_36.calc_check_digit(body, alphabet=CODE_ALPHABET)


def new_codes(n: int, rng: np.random.Generator) -> NDArray[np.str_]:
    """`n` codes at once, shape (n,), dtype <U9; not checked for repeats.

    The check symbol follows ISO 7064's hybrid system, MOD M+1,M, over the whole array.
    """
    m = len(CODE_ALPHABET)
    digits = rng.integers(0, m, size=(n, CODE_LENGTH - 1))
    check = np.full(n, m // 2)
    for column in digits.T:
        check = (np.where(check == 0, m, check) * 2 % (m + 1) + column) % m
    last = (1 - np.where(check == 0, m, check) * 2 % (m + 1)) % m
    symbols = np.frombuffer(CODE_ALPHABET.encode("utf-32-le"), dtype="<U1")
    whole = symbols[np.column_stack([digits, last])]
    codes: NDArray[np.str_] = np.ascontiguousarray(whole).view(f"<U{CODE_LENGTH}").ravel()
    return codes


def clean_code(text: str) -> str:
    """The code in stored form: upper case, no spaces or hyphens."""
    return "".join(text.split()).replace("-", "").upper()


def is_code(text: str) -> bool:
    """Whether the text is a code with a right check symbol, however it is spaced.

    >>> is_code("no code")
    False
    """
    code = clean_code(text)
    if len(code) != CODE_LENGTH or any(symbol not in CODE_ALPHABET for symbol in code):
        return False
    return bool(mod_37_36.is_valid(code, alphabet=CODE_ALPHABET))
