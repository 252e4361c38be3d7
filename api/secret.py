"""The secret of an instance: from the environment, or made once and kept in a private file."""

import os
import secrets
from contextlib import suppress

from api.settings import Settings
from geo.errors import PhananhError

LEAST = 32


class SecretError(PhananhError):
    """The secret is too short, or its file cannot be read or made."""


def instance_secret(settings: Settings) -> bytes:
    """Raises `SecretError`, which says how to mend it."""
    if settings.secret is not None:
        given = settings.secret.get_secret_value()
        if len(given) < LEAST:
            raise SecretError(
                f"PHANANH_SECRET needs at least {LEAST} characters: openssl rand -hex 32"
            )
        return given.encode()
    path = settings.var / "secret"
    try:
        settings.var.mkdir(parents=True, exist_ok=True)
        # Whoever comes first makes it; all others read it.
        part = settings.var / f".secret-{os.getpid()}-{secrets.token_hex(4)}"
        if not path.exists():
            part.write_text(secrets.token_hex(32))
            part.chmod(0o600)
            with suppress(FileExistsError):
                os.link(part, path)
            part.unlink()
        return path.read_text().strip().encode()
    except OSError as error:
        raise SecretError(
            f"{path} cannot be read or made ({error.strerror}): mend it, or set PHANANH_SECRET"
        ) from None
