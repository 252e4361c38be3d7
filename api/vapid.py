"""The key that says to push services who sends (RFC 8292): given, or made once and kept."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from py_vapid import Vapid  # type: ignore[import-untyped]

from api.settings import Settings
from geo.errors import PhananhError


class VapidError(PhananhError):
    """The key of web push is none, or its file cannot be read or made."""


def vapid(settings: Settings) -> Vapid:
    """Raises `VapidError`, which says how to mend it."""
    try:
        if settings.vapid_key is None:
            return Vapid.from_pem(_kept(settings.var / "vapid.pem").read_bytes())
        given = settings.vapid_key.get_secret_value()
        if "BEGIN" not in given:
            return Vapid.from_pem(Path(given).read_bytes())
        # Line ends are lost in many a file of settings.
        return Vapid.from_pem(given.replace("\\n", "\n").encode())
    except OSError as error:
        raise VapidError(f"the key of web push cannot be read or made: {error.strerror}") from None
    except Exception as error:
        if isinstance(error, PhananhError):
            raise
        raise VapidError(
            "PHANANH_VAPID_KEY (or var/vapid.pem) is no private key of P-256 as PEM: make one with"
            " openssl ecparam -name prime256v1 -genkey -noout | openssl pkcs8 -topk8 -nocrypt"
        ) from None


def _kept(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return path
    made = Vapid()
    made.generate_keys()
    # Whoever comes first makes it; all others read it. Private before there is anything in it.
    part = path.parent / f".vapid-{os.getpid()}-{secrets.token_hex(4)}"
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(made.private_pem())
    with suppress(FileExistsError):
        os.link(part, path)
    part.unlink()
    return path


def public_key(key: Vapid) -> str:
    """What browsers subscribe with: the point of P-256, not compressed, base64url."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    from py_vapid.utils import b64urlencode  # type: ignore[import-untyped]

    point = key.public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return str(b64urlencode(point))
