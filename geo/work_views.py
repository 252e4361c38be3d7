"""Saved views: filters of the queue under a name, which colleagues of an area may share.

Whose they are and who sees them is decided by row security: a view is a filter and opens nothing.
"""

from typing import Any, Final
from urllib.parse import parse_qsl, urlencode

from sqlalchemy import Connection, Row, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from geo.asking import Asker
from geo.errors import BadFilterError, ConflictError, NotFoundError
from geo.schema import account, work_view

MOST: Final = 100
TOLD: Final = ("id", "name", "query", "shared", "owner", "own")
_COLUMNS: Final = (
    work_view.c.id,
    work_view.c.name,
    work_view.c.query,
    work_view.c.shared,
    account.c.full_name.label("owner"),
    (work_view.c.account_id == func.asker()).label("own"),
)


def views(connection: Connection) -> list[dict[str, Any]]:
    """The asker's own views, then those that colleagues share, by name."""
    rows = connection.execute(
        select(*_COLUMNS)
        .join_from(work_view, account)
        .order_by(text("own DESC"), work_view.c.name, work_view.c.id)
    )
    return [_shown(row) for row in rows]


def keep(connection: Connection, who: Asker, name: str, query: str, shared: bool) -> dict[str, Any]:
    """Keep a view; raises `ConflictError` where one of theirs has the name, or there are many."""
    own = select(func.count()).where(work_view.c.account_id == who.id)
    if connection.execute(own).scalar_one() >= MOST:
        raise ConflictError(
            f"you keep {MOST} views already: delete one first"
            f" / bạn đã lưu {MOST} chế độ xem: hãy xoá bớt"
        )
    made = insert(work_view).values(
        account_id=who.id, name=_name(name), query=_query(query), shared=shared
    )
    return _one(connection, _kept(connection, made.returning(work_view.c.id)))


def change(
    connection: Connection, who: Asker, number: int, given: dict[str, Any]
) -> dict[str, Any]:
    """Rename a view of one's own, share it, or let it stand for another filter."""
    values = dict(given)
    if "name" in values:
        values["name"] = _name(values["name"])
    if "query" in values:
        values["query"] = _query(values["query"])
    own = (work_view.c.id == number) & (work_view.c.account_id == who.id)
    if values:
        changed: Any = update(work_view).where(own).values(**values).returning(work_view.c.id)
    else:
        changed = select(work_view.c.id).where(own)
    return _one(connection, _kept(connection, changed))


def drop(connection: Connection, who: Asker, number: int) -> None:
    """Delete a view of one's own; raises `NotFoundError`."""
    own = (work_view.c.id == number) & (work_view.c.account_id == who.id)
    if connection.execute(delete(work_view).where(own)).rowcount == 0:
        raise _missing(number)


def _kept(connection: Connection, statement: Any) -> int | None:
    try:
        with connection.begin_nested():
            found = connection.execute(statement).scalar_one_or_none()
            return None if found is None else int(found)
    except IntegrityError:
        raise ConflictError(
            "you have a view of this name already / bạn đã có chế độ xem tên này"
        ) from None


def _one(connection: Connection, number: int | None) -> dict[str, Any]:
    if number is None:
        raise _missing(number)
    return _shown(
        connection.execute(
            select(*_COLUMNS).join_from(work_view, account).where(work_view.c.id == number)
        ).one()
    )


def _missing(number: int | None) -> NotFoundError:
    return NotFoundError("no such view of yours / bạn không có chế độ xem này")


def _shown(row: Row[Any]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in TOLD}


def _name(given: str) -> str:
    said = " ".join(given.split())
    if not 0 < len(said) <= 80:
        raise BadFilterError("name", "1 to 80 characters / tên dài từ 1 đến 80 ký tự")
    return said


def _query(given: str) -> str:
    """A query as an address has it, written in one way; which complaint was open is no part."""
    pairs = parse_qsl(given.lstrip("?"), keep_blank_values=False)
    said = urlencode([(key, value) for key, value in pairs if key != "open"])
    if len(said) > 4000:
        raise BadFilterError("query", "longer than 4000 characters / dài hơn 4000 ký tự")
    return said
