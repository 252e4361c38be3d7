"""Roles that officials give to others while they are away, until a day."""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, select, text

from geo import accounts, audit
from geo.errors import BadFilterError, ConflictError, NotFoundError
from geo.schema import account, account_role

LONGEST: Final = timedelta(days=90)


def delegate(
    connection: Connection, role_id: int, to: str, until: datetime, reason: str, now: datetime
) -> int:
    """Give a role of the asker's own to `to` as well; returns the delegation's number.

    Raises `BadFilterError`, `NotFoundError`, or `ConflictError` for a role that is not the asker's
    own and in force.
    """
    if not now < until <= now + LONGEST:
        raise BadFilterError(
            "until",
            f"choose a day within {LONGEST.days} days / hãy chọn ngày trong vòng"
            f" {LONGEST.days} ngày",
        )
    receiver = connection.execute(
        select(account.c.id, account.c.name, account.c.enabled).where(
            account.c.name == to.strip().lower()
        )
    ).one_or_none()
    if receiver is None or not receiver.enabled:
        raise NotFoundError(
            "there is no such colleague, or the account is disabled"
            " / không có đồng nghiệp này, hoặc tài khoản đã bị khoá"
        )
    number = connection.execute(
        text("SELECT role_delegated(:role, :receiver, :until, :reason)"),
        {"role": role_id, "receiver": receiver.id, "until": until, "reason": reason},
    ).scalar_one()
    if number is None:
        raise ConflictError(
            "only a role of your own that is in force can be delegated, and to somebody else"
            " / chỉ uỷ quyền được quyền của chính bạn đang có hiệu lực, và cho người khác"
        )
    given = connection.execute(
        select(
            account_role.c.role, account_role.c.areas, account_role.c.domains, account_role.c.until
        ).where(account_role.c.id == number)
    ).one()
    # Not the reason, which may be about a person's health.
    audit.append(
        connection, "role.delegated", receiver.name, role=given.role, areas=given.areas,
        domains=given.domains, until=given.until.isoformat(), number=number,
    )  # fmt: skip
    return int(number)


def end(connection: Connection, number: int) -> None:
    """End a delegation that the asker gave or has. Raises `NotFoundError`."""
    whose = connection.execute(
        text("SELECT delegation_ended(:number)"), {"number": number}
    ).scalar_one()
    if whose is None:
        raise NotFoundError(
            "there is no such delegation, or it has ended / không có uỷ quyền này, hoặc đã kết thúc"
        )
    name = connection.execute(select(account.c.name).where(account.c.id == whose)).scalar_one()
    audit.append(connection, "role.taken", name, role=number, delegated=True)


_SHOWN = text(
    """
    SELECT d.id, d.role, d.areas, d.domains, d.until, d.reason, d.giver, d.receiver,
           g.full_name AS giver_name, r.full_name AS receiver_name
      FROM delegations_shown() d
      JOIN account g ON g.id = d.giver JOIN account r ON r.id = d.receiver
    """
)
_OWN = text(
    """
    SELECT id, role, areas, domains FROM account_roles(asker())
     WHERE delegated_by IS NULL ORDER BY id
    """
)


def shown(connection: Connection, asker_id: int) -> dict[str, Any]:
    """The asker's own roles, which may be given; what was given, and what was received."""
    found = [
        {
            "id": row.id,
            "role": row.role,
            "areas": row.areas,
            "domains": row.domains,
            "until": row.until.isoformat(),
            "reason": row.reason,
            "from": row.giver_name,
            "to": row.receiver_name,
            "given": row.giver == asker_id,
        }
        for row in connection.execute(_SHOWN)
    ]
    own = [dict(row) for row in connection.execute(_OWN).mappings()]
    areas = (code for one in (*own, *found) for code in one["areas"] or ())
    return {
        "own": own,
        "area_names": accounts.area_names(connection, areas),
        "given": [one for one in found if one["given"]],
        "received": [one for one in found if not one["given"]],
    }
