"""Heads of the audit log kept outside of the database, one a day, sealed with a secret.

A chain that somebody with all rights over the database cuts off or makes anew is whole by itself;
it is not what these say. Lines of `var/audit-anchors`, one for each day: day, number, head, seal.
"""

import hashlib
import hmac
import os
from datetime import date
from pathlib import Path
from typing import Final

from api.secret import instance_secret
from api.settings import Settings
from geo.audit import Noted
from geo.errors import PhananhError

FILE: Final = "audit-anchors"


class AnchorError(PhananhError):
    """The file of anchors was changed by somebody who does not have the secret."""


def _seal(settings: Settings, line: str) -> str:
    secret = instance_secret(settings)
    return hmac.new(secret, b"audit anchor\0" + line.encode(), hashlib.sha256).hexdigest()


def written(settings: Settings) -> list[tuple[date, Noted]]:
    """Every anchor there is, the oldest first. Raises `AnchorError` that names a line."""
    path = settings.var / FILE
    if not path.exists():
        return []
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        said, _, seal = line.rpartition(" ")
        if not hmac.compare_digest(seal, _seal(settings, said)):
            raise AnchorError(f"{path}, line {number}: not written by this instance")
        day, entry, head = said.split(" ")
        found.append((date.fromisoformat(day), Noted(int(entry), head, f"on {day}, in {path}")))
    return found


def write(settings: Settings, day: date, end: Noted) -> bool:
    """Note the head of a day; False where the day has one already."""
    if any(known == day for known, _ in written(settings)):
        return False
    said = f"{day} {end.id} {end.head}"
    path: Path = settings.var / FILE
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(f"{said} {_seal(settings, said)}\n")
        file.flush()
        os.fsync(file.fileno())
    return True
