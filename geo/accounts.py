"""Accounts of officials, as commands keep them: adding them, roles, passwords.

Commands are the owner of the tables; admins do the same by `geo.account_admin`.
"""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, delete, func, insert, select, update

from geo import passwords
from geo.asking import ROLES
from geo.errors import BadFilterError, ConflictError, NotFoundError
from geo.schema import (
    account,
    account_recovery,
    account_role,
    account_session,
    area,
    area_set,
    domain,
)

NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
# As long as somebody may want to see in the list of sessions that a strange one was ended.
SESSIONS_KEPT: Final = timedelta(days=30)


def area_names(connection: Connection, codes: Iterable[str]) -> dict[str, str]:
    """Areas named by `set:code`, as people call them; what is not known is left out."""
    wanted = sorted(set(codes))
    if not wanted:
        return {}
    key = area_set.c.code.concat(":").concat(area.c.code)
    rows = connection.execute(
        select(key.label("key"), func.concat_ws(" ", func.initcap(area.c.kind), area.c.name))
        .join(area, area.c.set_id == area_set.c.id)
        # The sets first, by their index: the key is of no index.
        .where(area_set.c.code.in_({one.partition(":")[0] for one in wanted}))
        .where(area.c.code.in_({one.partition(":")[2] for one in wanted}))
        .where(key.in_(wanted))
    )
    return {row.key: row[1] for row in rows}


# What commands do, as the owner of the tables --------------------------------------------------


def good_name(name: str) -> str:
    """A name as it is kept. Raises `BadFilterError`.

    >>> good_name(" Lan.Nguyen ")
    'lan.nguyen'
    """
    called = name.strip().lower()
    if not NAME.fullmatch(called):
        raise BadFilterError(
            "name",
            f"{name!r}: 2 to 64 of a-z, 0-9, '.', '_', '-', '@', beginning with a letter or a digit"
            " / từ 2 đến 64 ký tự a-z, 0-9, '.', '_', '-', '@', bắt đầu bằng chữ hoặc số",
        )
    return called


def add(connection: Connection, name: str, full_name: str, password: str, must_change: bool) -> int:
    """A new account's id. Raises `BadFilterError` for a bad name, `ConflictError` for a known."""
    called = good_name(name)
    if connection.execute(select(account.c.id).where(account.c.name == called)).scalar():
        raise ConflictError(f"there is an account {called!r} already")
    row = insert(account).values(
        name=called,
        full_name=full_name.strip() or called,
        password=passwords.hashed(password),
        must_change=must_change,
    )
    return int(connection.execute(row.returning(account.c.id)).scalar_one())


def of_name(connection: Connection, name: str) -> Row[Any]:
    """The row of an account; raises `NotFoundError`."""
    found: Row[Any] | None = connection.execute(
        select(account).where(account.c.name == name.strip().lower())
    ).one_or_none()
    if found is None:
        raise NotFoundError(f"there is no account {name!r}; 'phananh account list' shows them")
    return found


def check_role(
    connection: Connection, role: str, areas: Sequence[str], domains: Sequence[str]
) -> None:
    """Raises `BadFilterError` for what is not known."""
    if role not in ROLES:
        raise BadFilterError("role", f"unknown role {role!r}; there are {', '.join(ROLES)}")
    if role == "admin" and (areas or domains):
        raise BadFilterError(
            "role",
            "an admin's role is for everywhere: it opens no complaint, and no area limits it"
            " / quyền quản trị không giới hạn theo địa bàn, lĩnh vực",
        )
    known = select(area_set.c.code.concat(":").concat(area.c.code)).join(area)
    for code in areas:
        if not connection.execute(
            select(known.where(area_set.c.code.concat(":").concat(area.c.code) == code).exists())
        ).scalar():
            raise BadFilterError("area", f"unknown area {code!r}; write <set>:<code>")
    codes = set(connection.execute(select(domain.c.code)).scalars())
    for code in domains:
        if code not in codes:
            raise BadFilterError("domain", f"unknown domain {code!r}")


def give_role(
    connection: Connection,
    account_id: int,
    role: str,
    areas: Sequence[str] = (),
    domains: Sequence[str] = (),
    until: datetime | None = None,
) -> int:
    """Give a role; none of `areas` (`set:code`) means everywhere, none of `domains` all of them.

    Raises `BadFilterError` for what is not known.
    """
    check_role(connection, role, areas, domains)
    row = insert(account_role).values(
        account_id=account_id,
        role=role,
        areas=list(areas) or None,
        domains=list(domains) or None,
        until=until,
    )
    return int(connection.execute(row.returning(account_role.c.id)).scalar_one())


def take_role(connection: Connection, account_id: int, role_id: int) -> None:
    """Take a role away. Raises `NotFoundError`, `ConflictError` for the last admin's."""
    taken = connection.execute(
        delete(account_role)
        .where(account_role.c.id == role_id, account_role.c.account_id == account_id)
        .returning(account_role.c.role)
    ).scalar()
    if taken is None:
        raise NotFoundError(f"the account has no role {role_id}")
    _keep_an_admin(connection, taken == "admin")


def enable(connection: Connection, account_id: int, enabled: bool) -> None:
    """Let an account sign in, or not: then its sessions end. Raises `ConflictError`."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(enabled=enabled, failures=0, locked_until=None)
    )
    if not enabled:
        end_sessions(connection, account_id)
        _keep_an_admin(connection, True)


def _keep_an_admin(connection: Connection, concerned: bool) -> None:
    left = connection.execute(
        select(func.count())
        .select_from(account_role.join(account, account.c.id == account_role.c.account_id))
        .where(account_role.c.role == "admin", account.c.enabled)
    ).scalar_one()
    if concerned and not left:
        raise ConflictError("this is the last admin: make another one first")


def set_password(connection: Connection, account_id: int, password: str, must_change: bool) -> None:
    """Another password, by somebody else than its owner; all sessions end."""
    connection.execute(
        update(account)
        .where(account.c.id == account_id)
        .values(
            password=passwords.hashed(password),
            must_change=must_change,
            failures=0,
            locked_until=None,
        )
    )
    end_sessions(connection, account_id)


def unlock(connection: Connection, account_id: int) -> None:
    """Let an account that waits after wrong passwords or codes try again at once."""
    connection.execute(
        update(account).where(account.c.id == account_id).values(failures=0, locked_until=None)
    )


def take_factor(connection: Connection, account_id: int) -> bool:
    """Take off the second factor and the recovery codes; sessions end. False: there was none."""
    there = account.c.totp.is_not(None) | account.c.totp_wanted.is_not(None)
    taken = connection.execute(
        update(account)
        .where(account.c.id == account_id, there)
        .values(totp=None, totp_wanted=None, totp_step=None)
    )
    connection.execute(delete(account_recovery).where(account_recovery.c.account_id == account_id))
    end_sessions(connection, account_id)
    return bool(taken.rowcount)


def end_sessions(connection: Connection, account_id: int) -> int:
    """End all sessions of an account; how many there were."""
    ended = connection.execute(
        update(account_session)
        .where(account_session.c.account_id == account_id, account_session.c.ended_at.is_(None))
        .values(ended_at=func.now())
    )
    return int(ended.rowcount)


def forget_sessions(connection: Connection, now: datetime) -> int:
    """Delete what ended or ran out `SESSIONS_KEPT` ago; the audit log goes on saying who came."""
    over = func.least(
        func.coalesce(account_session.c.ended_at, account_session.c.expires_at),
        account_session.c.expires_at,
    )
    gone = connection.execute(delete(account_session).where(over < now - SESSIONS_KEPT))
    return int(gone.rowcount)
