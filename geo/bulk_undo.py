"""Acts on many complaints that can still be undone, and their undoing.

What was before is kept and brought back by functions of the database (`0018_queue.sql`).
"""

from datetime import datetime
from typing import Any, Final, NamedTuple

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Row, func, insert, select
from sqlalchemy.exc import DBAPIError

from geo.asking import Asker
from geo.bulk_work import NOT_YOURS, UNDO_FOR, Begin, Left, Report, log, parts
from geo.errors import NotFoundError
from geo.schema import work, work_bulk, work_bulk_item, work_event

# Words that were read cannot be made unread.
FOR_GOOD: Final = frozenset({"note", "answer"})
_WHY: Final = {
    "late": "ten minutes have gone / đã quá mười phút",
    "gone": "it is no longer there / phản ánh không còn nữa",
    "undone": "it is undone already / đã hoàn tác rồi",
    "changed": "somebody changed it since / có người đã cập nhật phản ánh sau đó",
    "never": "notes and public answers stay / ghi chú và câu trả lời công khai không hoàn tác được",
}


class Past(NamedTuple):
    """A bulk act of the last minutes."""

    id: int
    act: str
    n: int
    at: datetime
    undo_until: datetime
    undoable: bool
    """Notes and public answers stay."""


def undo(begin: Begin, who: Asker, number: int, at: datetime) -> Report:
    """Bring back what was before, of each that nobody changed since."""
    with begin() as connection:
        row = connection.execute(
            select(work_bulk).where(work_bulk.c.id == number, work_bulk.c.done_at.is_not(None))
        ).one_or_none()
        items = connection.execute(
            select(work_bulk_item.c.complaint_id, work_bulk_item.c.code)
            .where(work_bulk_item.c.bulk_id == number)
            .order_by(work_bulk_item.c.complaint_id)
        ).all()
    if row is None:
        raise NotFoundError("you did nothing of this number / không có việc này của bạn")
    done: list[str] = []
    left: list[Left] = []
    try:
        for part in parts(items):
            with begin() as connection:
                found = [(one.code, _undo_one(connection, who, row, one)) for one in part]
            done += [code for code, why in found if why is None]
            left += [Left(code, why) for code, why in found if why is not None]
    finally:
        log(begin, "bulk.undo", number, row.act, done, left)
    return Report(number, done, left, row.done_at + UNDO_FOR)


def _undo_one(connection: Connection, who: Asker, bulk: Row[Any], item: Any) -> str | None:
    """Why it is not undone, or None."""
    try:
        with connection.begin_nested():
            why = connection.execute(
                select(func.work_bulk_undone(bulk.id, item.complaint_id))
            ).scalar_one()
            if why is None:
                # After it: only now it is the asker's again.
                _undone(connection, who, item.complaint_id, bulk.act)
    except DBAPIError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        return NOT_YOURS
    return why and _WHY[why]


def _undone(connection: Connection, who: Asker, number: Any, act: str) -> None:
    version = connection.execute(
        select(work.c.version).where(work.c.complaint_id == number)
    ).scalar_one()
    connection.execute(
        insert(work_event).values(
            complaint_id=number, account_id=who.id, act="undo",
            change={"version": version - 1, "act": act},
        )
    )  # fmt: skip


def recent(connection: Connection, at: datetime) -> list[Past]:
    """The asker's own that can still be undone, the newest first."""
    n = (
        select(func.count())
        .where(work_bulk_item.c.bulk_id == work_bulk.c.id, ~work_bulk_item.c.undone)
        .scalar_subquery()
    )
    rows = connection.execute(
        select(work_bulk.c.id, work_bulk.c.act, n.label("n"), work_bulk.c.done_at)
        .where(work_bulk.c.done_at > at - UNDO_FOR)
        .order_by(work_bulk.c.done_at.desc())
    )
    return [
        Past(one.id, one.act, one.n, one.done_at, one.done_at + UNDO_FOR, one.act not in FOR_GOOD)
        for one in rows
    ]
