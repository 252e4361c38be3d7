"""Acts on many complaints, or on one, that can still be undone, and their undoing.

What was before is kept and brought back by functions of the database (`0029_act_undone.sql`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Row, case, func, insert, select
from sqlalchemy.exc import DBAPIError

from geo.asking import Asker
from geo.bulk_work import NOT_YOURS, UNDO_FOR, Begin, Left, Report, log, parts
from geo.errors import NotFoundError
from geo.schema import answer, work, work_bulk, work_bulk_item, work_event

# On one alone; others change more than its own work, or another act takes them back.
UNDOABLE: Final = frozenset(
    {"accept", "start", "assign", "hand-over", "recategorise", "answer", "refuse"}
)
# Words that were read cannot be made unread.
FOR_GOOD: Final = frozenset({"note"})
_WHY: Final = {
    "late": "ten minutes have gone / đã quá mười phút",
    "gone": "it is no longer there / phản ánh không còn nữa",
    "undone": "it is undone already / đã hoàn tác rồi",
    "changed": "somebody changed it since / có người đã cập nhật phản ánh sau đó",
    "judged": "a citizen has judged the answer / người dân đã đánh giá câu trả lời",
    "never": "notes stay / ghi chú không hoàn tác được",
}


class Past(NamedTuple):
    """A bulk act of the last minutes."""

    id: int
    act: str
    n: int
    at: datetime
    undo_until: datetime
    undoable: bool
    """Notes stay."""
    code: str | None
    """Of an act on one alone."""


@contextmanager
def undoable(connection: Connection, act: str, complaint_id: UUID) -> Iterator[int | None]:
    """What is done to a complaint within it can be undone by the number; None: it cannot."""
    if act not in UNDOABLE:
        yield None
        return
    number = connection.execute(select(func.work_act_kept(act, complaint_id))).scalar_one()
    yield int(number)
    connection.execute(select(func.work_bulk_done(number)))


def undo(begin: Begin, who: Asker, number: int, at: datetime) -> Report:
    """Bring back what was before, of each that nobody changed since."""
    with begin() as connection:
        row = connection.execute(
            select(work_bulk).where(work_bulk.c.id == number, work_bulk.c.done_at.is_not(None))
        ).one_or_none()
        items = connection.execute(
            select(
                work_bulk_item.c.complaint_id, work_bulk_item.c.code, answer.c.text.label("said")
            )
            .outerjoin(answer, answer.c.id == work_bulk_item.c.answer_id)
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
                _undone(connection, who, item, bulk.act)
    except DBAPIError as error:
        if not isinstance(error.orig, InsufficientPrivilege):
            raise
        return NOT_YOURS
    return why and _WHY[why]


def _undone(connection: Connection, who: Asker, item: Any, act: str) -> None:
    version = connection.execute(
        select(work.c.version).where(work.c.complaint_id == item.complaint_id)
    ).scalar_one()
    # The words that were public for some minutes stay where officials see them.
    said = {} if item.said is None else {"answer": item.said}
    connection.execute(
        insert(work_event).values(
            complaint_id=item.complaint_id, account_id=who.id, act="undo",
            change={"version": version - 1, "act": act} | said,
        )
    )  # fmt: skip


def recent(connection: Connection, at: datetime) -> list[Past]:
    """The asker's own that can still be undone, the newest first."""
    n = (
        select(func.count())
        .where(work_bulk_item.c.bulk_id == work_bulk.c.id, ~work_bulk_item.c.undone)
        .scalar_subquery()
    )
    of = work_bulk.c["items"]
    alone = case((func.jsonb_array_length(of) == 1, of[0][0].astext))
    rows = connection.execute(
        select(
            work_bulk.c.id, work_bulk.c.act, n.label("n"), work_bulk.c.done_at, alone.label("code")
        )
        .where(work_bulk.c.done_at > at - UNDO_FOR)
        .order_by(work_bulk.c.done_at.desc())
    )
    return [
        Past(
            one.id, one.act, one.n, one.done_at, one.done_at + UNDO_FOR, one.act not in FOR_GOOD,
            one.code,
        )
        for one in rows
    ]  # fmt: skip
