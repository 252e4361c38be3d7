"""Signing in, and what comes after it: sessions that begin and end, one's own password.

The service's role sees no secrets: it goes by functions of the database (0015_accounts.sql,
0024_second_factor.sql).
"""

import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple

from sqlalchemy import Connection, Engine, Row, func, text, update

from geo import asking, audit, passwords
from geo.errors import BadFilterError, PhananhError
from geo.participants import hashed
from geo.schema import account_session

# A session that is not used ends after this; one that is, after half a day (0015_accounts.sql).
IDLE: Final = timedelta(minutes=30)
State = Literal["signed-in", "second-factor", "set-up"]


def new_token() -> str:
    """The token of a session: 256 random bits, 43 characters."""
    return secrets.token_urlsafe(32)


class WrongPasswordError(PhananhError):
    """The name or the password is wrong, or the account may not sign in: nobody is told which."""


class Entered(NamedTuple):
    """A session that has begun."""

    account_id: int
    token: str
    state: State
    """Anything but "signed-in" opens nothing yet."""


def sign_in(
    engine: Engine,
    name: str,
    password: str,
    client: str,
    now: datetime,
    required: Collection[str] = (),
    origin: str | None = None,
) -> Entered | None:
    """Begin a session; None for a wrong name or password, which is written down.

    `required` are the roles that need a second factor; `origin` is a keyed hash of where it came
    from, by which failures are counted. A locked account is not told apart from a wrong password.
    """
    called = name.strip().lower()[:80]
    whence = {"from": origin} if origin is not None else {}
    with engine.begin() as connection:
        facts = _facts_of(connection, called)
    # No connection is held meanwhile: a crowd at the sign-in page must not keep others waiting.
    right = passwords.is_right(password, facts.password if facts is not None else None)
    anew = None
    if right and facts is not None and passwords.is_outdated(facts.password):
        anew = passwords.hashed(password)
    with engine.begin() as connection:
        again = _facts_of(connection, called)
        if again is not None and again.locked_until is not None and again.locked_until > now:
            audit.append(connection, "sign-in.locked", called, actor=called, **whence)
            return None
        # Another password meanwhile: it was the old one that was right.
        right = right and again is not None and again.password == getattr(facts, "password", None)
        if again is None or not right or not again.enabled:
            _failed(connection, called, again, right, whence)
            return None
        entered = begin(connection, again.id, called, client, now, required)
        if anew is not None:
            connection.execute(text("SELECT password_rehashed(:made)"), {"made": anew})
        return entered


def _facts_of(connection: Connection, called: str) -> Row[Any] | None:
    found: Row[Any] | None = connection.execute(
        text("SELECT * FROM account_facts(:name)"), {"name": called}
    ).one_or_none()
    return found


def _failed(
    connection: Connection,
    called: str,
    facts: Row[Any] | None,
    right: bool,
    whence: dict[str, str],
) -> None:
    locked = None
    if facts is not None and not right:
        failed = text("SELECT account_failed(:id)")
        locked = connection.execute(failed, {"id": facts.id}).scalar_one()
    # A name that nobody has may be a password in the wrong field: it is not kept.
    whose = called if facts is not None else "unknown"
    audit.append(
        connection, "sign-in.failed", whose, actor=whose, locked=locked is not None, **whence
    )


def begin(
    connection: Connection,
    account_id: int,
    name: str,
    client: str,
    now: datetime,
    required: Collection[str],
    strong: bool = False,
) -> Entered | None:
    """Begin a session of whoever showed to be this; None where the account may not sign in.

    `strong`: a second factor was given already, to who vouches for the person.
    """
    token = new_token()
    begun = text("SELECT session_begun(:id, :token, :client, :until, :needed, :strong)")
    given = {
        "id": account_id,
        "token": hashed(token),
        "client": client,
        "until": now + IDLE,
        "needed": _needs_factor(connection, account_id, required),
        "strong": strong,
    }
    state = connection.execute(begun, given).scalar_one()
    if state is None:
        return None
    asking.show(connection, token)
    # Somebody who has the password and goes no further is seen too.
    act = "sign-in" if state == "signed-in" else "sign-in.waits"
    audit.append(connection, act, name, actor=name)
    return Entered(account_id, token, state)


def _needs_factor(connection: Connection, account_id: int, required: Collection[str]) -> bool:
    if not required:
        return False
    return bool(
        connection.execute(
            text("SELECT EXISTS (SELECT FROM account_roles(:id) r WHERE r.role = ANY(:required))"),
            {"id": account_id, "required": list(required)},
        ).scalar_one()
    )


def end_weak(engine: Engine, token: str) -> None:
    """End the session that is shown: a role of it needs a second factor, and it was begun without.

    In a transaction of its own, as the caller's is about to be refused.
    """
    with engine.begin() as connection:
        asking.show(connection, token)
        connection.execute(
            update(account_session)
            .where(account_session.c.id == text("session_shown()"))
            .values(ended_at=func.now())
        )


def knows_password(connection: Connection, name: str, password: str) -> bool:
    """Whether a password is that of the asker, or the account has none."""
    facts = connection.execute(text("SELECT * FROM account_facts(:name)"), {"name": name}).one()
    return facts.password is None or passwords.is_right(password, facts.password)


def change_password(connection: Connection, name: str, old: str, new: str) -> None:
    """The asker's own password; other sessions of the account end.

    Raises `WrongPasswordError` and `BadFilterError`.
    """
    facts = connection.execute(text("SELECT * FROM account_facts(:name)"), {"name": name}).one()
    if not passwords.is_right(old, facts.password):
        raise WrongPasswordError("the present password is wrong / mật khẩu hiện tại không đúng")
    if old == new:
        raise BadFilterError("new", "choose another one / hãy chọn mật khẩu khác")
    passwords.check(new, [name])
    changed = text("SELECT password_changed(:made)")
    connection.execute(changed, {"made": passwords.hashed(new)})
    audit.append(connection, "password", name)
