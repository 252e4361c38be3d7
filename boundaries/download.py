"""A boundary file from a public address, for those who ask for it; its checksum is pinned."""

import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pooch
import requests

from geo.errors import FileError


def is_address(source: str) -> bool:
    """Whether a source is to be downloaded rather than read from disk."""
    return source.startswith(("https://", "http://"))


def download(address: str, sha256: str | None, folder: Path) -> Path:
    """The file at an address, kept in `folder`; one that is there and right is not fetched again.

    Raises `FileError` without a checksum, for another checksum than the pinned one, in which case
    nothing is kept, and when the address does not answer.
    """
    if sha256 is None:
        raise FileError(f"{address}: pin what it holds with --sha256 (of a copy you have checked)")
    if not re.fullmatch(r"[0-9a-fA-F]{64}", sha256):
        raise FileError(f"--sha256 {sha256!r} is not 64 hexadecimal digits")
    name = Path(unquote(urlsplit(address).path)).name or "boundaries"
    folder.mkdir(parents=True, exist_ok=True)
    # The checksum in the name keeps two versions of one file apart.
    kept = f"{sha256[:12].lower()}-{name}"
    try:
        fetched = pooch.retrieve(address, f"sha256:{sha256.lower()}", kept, folder)
    except requests.RequestException as error:
        raise FileError(f"{address} does not answer: {type(error).__name__}") from None
    except ValueError:
        raise FileError(
            f"{address} holds something else than what is pinned (its SHA-256 differs);"
            " nothing was loaded"
        ) from None
    return Path(fetched)
