"""What is kept, or sent to a browser and back, and nobody without the instance's secret can read or
change: AES-256-GCM, under a key derived by HKDF (RFC 5869)."""

import os
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE: Final = 12


def _key(secret: bytes) -> AESGCM:
    return AESGCM(HKDF(SHA256(), 32, None, b"phananh: sealing").derive(secret))


def sealed(secret: bytes, purpose: str, what: bytes) -> bytes:
    """`purpose` says what it is and whose: it opens for the same one alone."""
    nonce = os.urandom(_NONCE)
    return nonce + _key(secret).encrypt(nonce, what, purpose.encode())


def opened(secret: bytes, purpose: str, kept: bytes) -> bytes | None:
    """What was sealed; None where it was changed, or for another purpose, or under another secret.

    >>> opened(b"s" * 32, "a", sealed(b"s" * 32, "a", b"words"))
    b'words'
    >>> opened(b"s" * 32, "b", sealed(b"s" * 32, "a", b"words")) is None
    True
    """
    if len(kept) <= _NONCE:
        return None
    try:
        return _key(secret).decrypt(kept[:_NONCE], kept[_NONCE:], purpose.encode())
    except InvalidTag:
        return None
