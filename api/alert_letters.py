"""Letters to admins: that something unusual was done, and the head of the log of a day."""

from collections.abc import Sequence
from html import escape
from typing import Any, Final

from sqlalchemy import Connection, Row, insert, text

from geo.audit import Noted
from geo.schema import mail

# What was done is inside: a letter may be read by others. Kinds, never names of complaints.
KINDS: Final = {
    "looks": ("nhiều lần xem dữ liệu cá nhân", "many looks at personal data"),
    "hours": ("làm ngoài giờ", "acts out of working time"),
    "failed-name": ("đăng nhập sai nhiều lần", "failed sign-ins of one name"),
    "failed-address": ("đăng nhập sai từ một địa chỉ", "failed sign-ins from one address"),
    "denied": ("nhiều lần bị từ chối truy cập", "many refused requests"),
    "export": ("xuất nhiều dữ liệu", "a large export"),
    "exports": ("xuất nhiều dữ liệu trong ngày", "many rows exported in a day"),
    "own-role": ("tự cấp quyền cho mình", "an admin gave itself a role"),
}
_ADMINS: Final = text(
    "SELECT DISTINCT a.id, a.email, a.language FROM account a"
    " CROSS JOIN account_roles(a.id) r WHERE r.role = 'admin' AND a.enabled"
    " AND a.email IS NOT NULL"
)


def tell_alerts(connection: Connection, alerts: Sequence[Row[Any]], base_url: str) -> int:
    """One letter to each admin who has an address, about all alerts of a round."""
    lines = {
        language: [f"{KINDS.get(one.kind, (one.kind,) * 2)[n]}: {one.actor}" for one in alerts]
        for n, language in enumerate(("vi", "en"))
    }
    subject = {
        "vi": f"Nhật ký: {len(alerts)} việc bất thường",
        "en": f"Audit log: {len(alerts)} unusual acts",
    }
    return _put(connection, f"alerts:{alerts[-1].id}", subject, lines, base_url)


def tell_anchor(connection: Connection, day: str, end: Noted, base_url: str) -> int:
    """The head of a day, to be kept where nobody of this server can change it."""
    line = f"{day}: {end.id} {end.head}"
    subject = {"vi": f"Mốc nhật ký ngày {day}", "en": f"Head of the audit log on {day}"}
    return _put(connection, f"anchor:{day}", subject, {"vi": [line], "en": [line]}, base_url)


def _put(
    connection: Connection,
    key: str,
    subject: dict[str, str],
    lines: dict[str, list[str]],
    base_url: str,
) -> int:
    written = 0
    for admin in connection.execute(_ADMINS).all():
        url = f"{base_url}/office/audit"
        said = lines[admin.language]
        values = {
            "key": f"{key}:{admin.id}",
            "account_id": admin.id,
            "recipient": admin.email,
            "subject": subject[admin.language],
            "plain": "\n".join([*said, "", url, ""]),
            "html": "".join(f"<p>{escape(one)}</p>" for one in said)
            + f'<p><a href="{escape(url)}">{escape(url)}</a></p>',
            "stop_url": f"{base_url}/office/account",
        }
        connection.execute(insert(mail).values(values))
        written += 1
    return written
