"""What admins do with accounts: each by a function of the database, which asks who they are
(`0024_admins.sql`), and each written into the audit log."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select, text

from geo import accounts, audit, passwords
from geo.database import sql
from geo.errors import ConflictError, NotFoundError
from geo.schema import account


class Given(NamedTuple):
    """What an admin says of a person."""

    full_name: str
    unit: str | None
    email: str | None


def _last_admin() -> ConflictError:
    return ConflictError(
        "this is the last admin: make another one first"
        " / đây là quản trị viên cuối cùng: hãy tạo người khác trước"
    )


def name_of(connection: Connection, account_id: int) -> str:
    """Raises `NotFoundError`."""
    found = connection.execute(select(account.c.name).where(account.c.id == account_id)).scalar()
    if found is None:
        raise NotFoundError("there is no such account / không có tài khoản này")
    return str(found)


def make(
    connection: Connection, name: str, given: Given, language: str, with_password: bool
) -> tuple[int, str | None]:
    """A new account's number, and a password to be used once, unless the person signs on elsewhere.

    Raises `BadFilterError`, `ConflictError` for a name that is taken.
    """
    called = accounts.good_name(name)
    made = passwords.made() if with_password else None
    number = connection.execute(
        text("SELECT account_made(:name, :full_name, :unit, :email, :language, :made)"),
        {
            "name": called,
            **given._asdict(),
            "full_name": given.full_name or called,
            "language": language,
            "made": passwords.hashed(made) if made else None,
        },
    ).scalar()
    if number is None:
        raise ConflictError(f"there is an account {called!r} already / đã có tài khoản {called!r}")
    audit.append(connection, "account.new", called)
    return int(number), made


def change(connection: Connection, account_id: int, given: Given) -> None:
    """Another name, unit or address. Raises `NotFoundError`."""
    name = name_of(connection, account_id)
    before = connection.execute(
        select(account.c.full_name, account.c.unit, account.c.email).where(
            account.c.id == account_id
        )
    ).one()
    connection.execute(
        text("SELECT account_changed(:id, :full_name, :unit, :email)"),
        {"id": account_id, **given._asdict()},
    )
    changed = [field for field, value in given._asdict().items() if before._mapping[field] != value]
    audit.append(connection, "account.changed", name, fields=changed)


def enable(connection: Connection, account_id: int, enabled: bool) -> None:
    """Let it sign in, also after too many wrong passwords, or not. Raises `ConflictError`."""
    name = name_of(connection, account_id)
    asked = {"id": account_id, "enabled": enabled}
    if not connection.execute(text("SELECT account_enabled(:id, :enabled)"), asked).scalar_one():
        raise _last_admin()
    audit.append(connection, "account.enabled" if enabled else "account.disabled", name)


def unbind(connection: Connection, account_id: int) -> None:
    """Forget who signs on to it elsewhere: the organisation has another service, or erred."""
    name = name_of(connection, account_id)
    if connection.execute(text("SELECT account_unbound(:id)"), {"id": account_id}).scalar():
        audit.append(connection, "account.unbound", name)


def give_role(
    connection: Connection,
    account_id: int,
    role: str,
    areas: Sequence[str],
    domains: Sequence[str],
    until: datetime | None,
    asker_id: int,
) -> int:
    """The number of the role. Raises `NotFoundError`, `BadFilterError` for what is not known."""
    name = name_of(connection, account_id)
    accounts.check_role(connection, role, areas, domains)
    number = connection.execute(
        text("SELECT role_given(:id, :role, :areas, :domains, :until)"),
        {
            "id": account_id,
            "role": role,
            "areas": list(areas) or None,
            "domains": list(domains) or None,
            "until": until,
        },
    ).scalar_one()
    # Admins see no complaint: one that gives a role to itself shall be seen.
    audit.append(
        connection, "role.given", name, role=role, areas=list(areas) or None,
        domains=list(domains) or None, until=until.isoformat() if until else None,
        to_oneself=account_id == asker_id,
    )  # fmt: skip
    return int(number)


def take_role(connection: Connection, account_id: int, number: int) -> None:
    """Raises `NotFoundError`, `ConflictError` for the last admin's."""
    name = name_of(connection, account_id)
    taken = connection.execute(
        text("SELECT role_taken(:id, :number)"), {"id": account_id, "number": number}
    ).scalar_one()
    if taken == "last":
        raise _last_admin()
    if taken is None:
        raise NotFoundError("the account has no such role / tài khoản không có quyền này")
    audit.append(connection, "role.taken", name, role=taken)


def give_password(connection: Connection, account_id: int) -> str:
    """A password to be used once; all sessions end."""
    name, made = name_of(connection, account_id), passwords.made()
    connection.execute(
        text("SELECT password_given(:id, :made)"),
        {"id": account_id, "made": passwords.hashed(made)},
    )
    audit.append(connection, "password", name, given=True)
    return made


def end_sessions(connection: Connection, account_id: int) -> int:
    """How many there were."""
    name = name_of(connection, account_id)
    ended = connection.execute(text("SELECT sessions_ended(:id)"), {"id": account_id}).scalar_one()
    audit.append(connection, "session.ended", name, n=ended)
    return int(ended)


def take_factor(connection: Connection, account_id: int) -> None:
    """Of who lost it. Raises `NotFoundError` where there is none."""
    name = name_of(connection, account_id)
    if not connection.execute(text("SELECT factor_taken(:id)"), {"id": account_id}).scalar_one():
        raise NotFoundError(
            "the account has no second factor / tài khoản chưa bật bước xác thực thứ hai"
        )
    audit.append(connection, "totp", name, on=False)


def find(
    connection: Connection,
    words: str = "",
    role: str = "",
    after: str = "",
    most: int = 50,
    account_id: int | None = None,
) -> list[dict[str, Any]]:
    """Accounts whose name, unit or address holds these words, by name; with roles and sessions."""
    asked = {"words": words.strip(), "role": role, "after": after, "most": most, "id": account_id}
    return [
        {
            **row,
            "seen": row["seen"].isoformat() if row["seen"] else None,
            "locked": bool(row["locked"]),
        }
        for row in connection.execute(sql("geo", "find_accounts"), asked).mappings()
    ]
