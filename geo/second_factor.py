"""The second factor of an account: codes of an authenticator (RFC 6238), or recovery codes.

The database decides what a right code opens, and that each counts once; here is what it cannot do,
as it never has the key to the secrets: telling whether a code is right.
"""

import hmac
import re
from datetime import datetime
from typing import Any, Final, NamedTuple

import pyotp
from sqlalchemy import Connection, Row, text

from geo import asking, audit, passwords, sealing
from geo.errors import BadFilterError, ConflictError, NotSignedInError, PhananhError
from geo.participants import hashed

STEP_S: Final = 30
# Clocks of phones are off by some seconds, and typing takes some: one step on either side.
STEPS: Final = (0, -1, 1)
RECOVERY: Final = 8


class WrongCodeError(PhananhError):
    """A code is wrong, was used before, or there were too many wrong ones: nobody is told which."""


class NotOpenedError(PhananhError):
    """A secret cannot be opened: the instance has another secret than when it was sealed."""


class Wanted(NamedTuple):
    """A secret for an authenticator, shown once."""

    secret: str
    uri: str


def _purpose(account_id: int) -> str:
    return f"second factor of {account_id}"


def sealed(secret: bytes, account_id: int, what: str) -> bytes:
    """What is stored of an authenticator's secret: it opens for this account alone."""
    return sealing.sealed(secret, _purpose(account_id), what.encode())


def opened(secret: bytes, account_id: int, stored: bytes) -> str:
    """Raises `NotOpenedError`."""
    found = sealing.opened(secret, _purpose(account_id), stored)
    if found is None:
        raise NotOpenedError(
            "the second factor cannot be checked, as this instance has a new secret: an admin"
            " takes it off your account / không kiểm tra được bước xác thực thứ hai vì máy chủ đã"
            " đổi khoá: hãy nhờ quản trị viên gỡ khỏi tài khoản"
        )
    return found.decode()


def step_of(secret: str, code: str, at: datetime) -> int | None:
    """The step a code is of, near this time; None where it is wrong.

    >>> from datetime import UTC
    >>> at = datetime(2026, 11, 26, tzinfo=UTC)
    >>> secret = "JBSWY3DPEHPK3PXP" * 2
    >>> step_of(secret, pyotp.TOTP(secret).at(at), at) is not None
    True
    """
    counted, now = pyotp.TOTP(secret), int(at.timestamp()) // STEP_S
    found = None
    for apart in STEPS:
        # All of them, so that the time it takes does not tell how far a phone's clock is off.
        if hmac.compare_digest(counted.at((now + apart) * STEP_S), code) and found is None:
            found = now + apart
    return found


def _digits(code: str) -> str | None:
    """The six digits of an authenticator's code; None for anything else."""
    plain = re.sub(r"[\s-]", "", code)
    return plain if re.fullmatch(r"[0-9]{6}", plain, re.ASCII) else None


def _recovery(account_id: int, code: str) -> bytes:
    return hashed(f"recovery:{account_id}:{re.sub(r'[^a-z0-9]', '', code.lower())}")


def _facts(connection: Connection) -> Row[Any]:
    found: Row[Any] | None = connection.execute(text("SELECT * FROM factor_facts()")).one_or_none()
    if found is None:
        raise NotSignedInError("sign in first / hãy đăng nhập")
    return found


def want(connection: Connection, secret: bytes, host: str) -> Wanted:
    """Begin to set up an authenticator for who is shown; nothing changes until a code is given.

    Raises `NotSignedInError`, also for a session that waits for a code of the one there is.
    """
    facts = _facts(connection)
    made = pyotp.random_base32()
    kept = sealed(secret, facts.id, made)
    if not connection.execute(text("SELECT factor_wanted(:kept)"), {"kept": kept}).scalar():
        raise NotSignedInError("sign in first / hãy đăng nhập")
    issuer = f"Phản ánh {host}"
    return Wanted(made, pyotp.TOTP(made).provisioning_uri(name=facts.name, issuer_name=issuer))


def confirm(
    connection: Connection, secret: bytes, code: str, renewed: str, now: datetime, until: datetime
) -> tuple[str, ...]:
    """A code of the wanted secret: it is the second factor now. Returns the recovery codes.

    A session that waited for it is whole, with the token `renewed`. Raises `BadFilterError` for a
    wrong code, `ConflictError` where nothing was wanted.
    """
    facts = _facts(connection)
    if facts.totp_wanted is None:
        raise ConflictError("begin with the picture / hãy bắt đầu từ mã QR")
    step = step_of(opened(secret, facts.id, facts.totp_wanted), _digits(code) or "", now)
    if step is None:
        raise BadFilterError(
            "code",
            "this is not the code of now: look at the clock of your phone, and take the next one"
            " / mã chưa đúng: hãy kiểm tra giờ trên điện thoại và nhập mã tiếp theo",
        )
    codes = tuple(passwords.made() for _ in range(RECOVERY))
    given = {
        "step": step,
        "codes": [_recovery(facts.id, one) for one in codes],
        "renewed": hashed(renewed),
        "until": until,
    }
    done = text("SELECT factor_set(:step, :codes, :renewed, :until)")
    if not connection.execute(done, given).scalar_one():
        raise NotSignedInError("sign in first / hãy đăng nhập")
    if facts.waiting:
        asking.show(connection, renewed)
        audit.append(connection, "sign-in", facts.name)
    audit.append(connection, "totp", facts.name, on=True)
    return codes


def give(
    connection: Connection,
    secret: bytes,
    code: str,
    renewed: str,
    now: datetime,
    until: datetime,
    origin: str | None = None,
) -> bool:
    """A code of who has a session that waits: it is whole now, with the token `renewed`.

    False for a wrong code, which is counted and written down: the caller commits in both cases.
    Raises `NotSignedInError`, `NotOpenedError`.
    """
    facts = _facts(connection)
    whence = {"from": origin} if origin is not None else {}
    if not facts.waiting or facts.totp is None:
        raise NotSignedInError("sign in first / hãy đăng nhập")
    if facts.locked_until is not None and facts.locked_until > now:
        audit.append(connection, "sign-in.locked", facts.name, actor=facts.name, **whence)
        return False
    given: dict[str, Any] = {"renewed": hashed(renewed), "until": until}
    digits, done = _digits(code), False
    if digits is not None:
        step = step_of(opened(secret, facts.id, facts.totp), digits, now)
        if step is not None:
            counted = text("SELECT factor_given(:step, :renewed, :until)")
            done = connection.execute(counted, given | {"step": step}).scalar_one()
    else:
        used = text("SELECT recovery_given(:code, :renewed, :until)")
        spent = given | {"code": _recovery(facts.id, code)}
        done = connection.execute(used, spent).scalar_one()
    if not done:
        failed = text("SELECT account_failed(:id)")
        locked = connection.execute(failed, {"id": facts.id}).scalar_one()
        audit.append(
            connection, "sign-in.failed", facts.name, actor=facts.name, locked=locked is not None,
            step="second-factor", **whence,
        )  # fmt: skip
        return False
    asking.show(connection, renewed)
    audit.append(connection, "sign-in", facts.name, recovery=digits is None)
    return True


def is_right(connection: Connection, secret: bytes, code: str, now: datetime) -> bool:
    """Whether a code is one of the asker's authenticator; it counts no second time."""
    facts = _facts(connection)
    digits = _digits(code)
    if facts.waiting or facts.totp is None or digits is None:
        return False
    step = step_of(opened(secret, facts.id, facts.totp), digits, now)
    spent = text("SELECT factor_spent(:step)")
    return step is not None and bool(connection.execute(spent, {"step": step}).scalar())


def remove(connection: Connection, name: str) -> None:
    """The asker's account has no second factor any more."""
    connection.execute(text("SELECT factor_removed()"))
    audit.append(connection, "totp", name, on=False)
