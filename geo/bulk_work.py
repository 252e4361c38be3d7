"""Many complaints at once: what an act would do, doing it, and undoing it for a while.

Each complaint is a savepoint: all of an act is done to it or nothing. What an undo brings back is
kept by functions of the database (`0018_queue.sql`), which the service cannot make say otherwise.
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from geo import audit, handling
from geo.asking import Asker
from geo.complaint import clean_code
from geo.errors import BadFilterError, NotFoundError, PhananhError
from geo.handling import Held, StaleError
from geo.participants import hashed
from geo.schema import complaint, work, work_bulk, work_bulk_item, work_event

MOST: Final = 500
GOOD_FOR: Final = timedelta(minutes=15)
UNDO_FOR: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)
# Words that were read cannot be made unread.
FOR_GOOD: Final = frozenset({"note", "answer"})
# In an answer: where the complaint is, so that each says something of its own.
ADDRESS: Final = "{address}"
_WHY: Final = {
    "late": "ten minutes have gone / đã quá mười phút",
    "gone": "it is no longer there / phản ánh không còn nữa",
    "undone": "it is undone already / đã hoàn tác rồi",
    "changed": "somebody changed it since / có người đã cập nhật phản ánh sau đó",
    "never": "notes and public answers stay / ghi chú và câu trả lời công khai không hoàn tác được",
}
NOT_YOURS: Final = (
    "it is not in an area and a domain of yours / không thuộc địa bàn, lĩnh vực của bạn"
)


class Order(NamedTuple):
    """An act, and what it says."""

    act: str
    body: Mapping[str, Any]


class Left(NamedTuple):
    """A complaint that it is not done to."""

    code: str
    why: str


class Preview(NamedTuple):
    token: str
    will: list[str]
    left: list[Left]


class Report(NamedTuple):
    id: int
    done: list[str]
    left: list[Left]
    undo_until: datetime


class Past(NamedTuple):
    """A bulk act of the last minutes."""

    id: int
    act: str
    n: int
    at: datetime
    undo_until: datetime
    undoable: bool
    """Notes and public answers stay."""


def too_many(n: int) -> BadFilterError:
    """What is said where more are chosen than are done at once."""
    return BadFilterError(
        "codes",
        f"{n} complaints are more than the {MOST} that are changed at once: choose fewer"
        f" / {n} phản ánh là quá nhiều, mỗi lần nhiều nhất {MOST}: hãy chọn bớt",
    )


def _act(connection: Connection, who: Asker, held: Held, order: Order, at: datetime) -> None:
    body = order.body
    match order.act:
        case "accept" | "start":
            handling.move(connection, who, held, order.act, body.get("reason"), at)
        case "assign":
            handling.assign(connection, who, held, body["account_id"], at)
        case "hand-over":
            handling.hand_over(connection, who, held, body["area"], body.get("reason"))
        case "recategorise":
            handling.recategorise(connection, who, held, body["category"], body.get("reason"), at)
        case "note":
            handling.note(connection, who, held, body["text"], None)
        case "answer":
            words = body["text"]
            if ADDRESS in words:
                words = words.replace(ADDRESS, _address(connection, held))
            handling.answer(connection, who, held, words, at, close=body["close"])
        case _:
            raise BadFilterError("act", f"{order.act!r} is not done to many at once")


def _address(connection: Connection, held: Held) -> str:
    said = connection.execute(
        select(complaint.c.address).where(complaint.c.id == held.id)
    ).scalar_one()
    if not said:
        raise BadFilterError("text", "it has no address / phản ánh này không có địa chỉ")
    return str(said)


def _locked(connection: Connection, codes: Sequence[str]) -> None:
    # In one order, and before the log is held: two who act on the same ones never wait in a ring.
    # The complaints first, as all that change them do.
    of = select(complaint.c.id).join(work, work.c.complaint_id == complaint.c.id)
    ours = of.where(complaint.c.code.in_(codes)).order_by(complaint.c.id)
    connection.execute(ours.with_for_update(of=complaint)).all()
    connection.execute(ours.with_for_update(of=work)).all()


def _why(error: PhananhError | DBAPIError) -> str:
    if isinstance(error, DBAPIError):
        return NOT_YOURS
    if isinstance(error, StaleError):
        names = ", ".join(dict.fromkeys(one["who"] for one in error.changed if one["who"]))
        halves = str(error).split(" / ")
        return " / ".join(f"{half} ({names})" for half in halves) if names else str(error)
    return str(error)


def _tried(
    connection: Connection, who: Asker, order: Order, items: Sequence[tuple[str, int | None]],
    at: datetime, bulk: int | None = None, *, back: bool = False,
) -> tuple[list[tuple[str, int]], list[Left]]:  # fmt: skip
    """Do it to each that it can be done to; returns these with the versions they had.

    `back`: each is taken back at once, so that nobody waits for the log meanwhile.
    """
    done: list[tuple[str, int]] = []
    left: list[Left] = []
    for code, version in items:
        try:
            with connection.begin_nested() as one:
                held = handling.hold(connection, code, order.act, version)
                if bulk is not None:
                    connection.execute(select(func.work_bulk_kept(bulk, held.id)))
                _act(connection, who, held, order, at)
                if back:
                    one.rollback()
        except PhananhError as error:
            left.append(Left(code, _why(error)))
        except DBAPIError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            left.append(Left(code, _why(error)))
        else:
            done.append((held.code, held.version))
    return done, left


def preview(
    connection: Connection, who: Asker, order: Order, codes: Sequence[str], at: datetime
) -> Preview:
    """What the act would do: it is really done, all of it, and taken back."""
    cleaned = list(dict.fromkeys(clean_code(one) for one in codes))
    if len(cleaned) > MOST:
        raise too_many(len(cleaned))
    if not cleaned:
        raise BadFilterError("codes", "choose complaints first / hãy chọn phản ánh trước")
    items = [(one, None) for one in cleaned]
    if order.act == "answer":
        # One answer may stand in the way of another: the same words do not close two.
        with connection.begin_nested() as all_of_it:
            _locked(connection, cleaned)
            will, left = _tried(connection, who, order, items, at)
            all_of_it.rollback()
    else:
        will, left = _tried(connection, who, order, items, at, back=True)
    connection.execute(delete(work_bulk).where(work_bulk.c.created_at < at - KEPT))
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(work_bulk).values(
            account_id=who.id,
            hash=hashed(token),
            act=order.act,
            body=dict(order.body),
            items=[list(one) for one in will],
            created_at=at,
        )
    )
    return Preview(token, [code for code, _ in will], left)


def perform(connection: Connection, who: Asker, token: str, at: datetime) -> Report:
    """Do what was shown; what was changed since is left out. A token is good for once."""
    row = connection.execute(
        select(work_bulk)
        .where(
            work_bulk.c.hash == hashed(token),
            work_bulk.c.done_at.is_(None),
            work_bulk.c.created_at > at - GOOD_FOR,
        )
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFoundError(
            "this preview was used or is too old: look at it again"
            " / bản xem trước này đã dùng hoặc quá cũ: hãy xem lại"
        )
    connection.execute(update(work_bulk).where(work_bulk.c.id == row.id).values(done_at=at))
    order = Order(row.act, row.body)
    items = [(code, version) for code, version in row.items]
    _locked(connection, [code for code, _ in items])
    done, left = _tried(connection, who, order, items, at, row.id)
    connection.execute(select(func.work_bulk_done(row.id)))
    codes = [code for code, _ in done]
    audit.append(
        connection,
        "bulk",
        str(row.id),
        what=order.act,
        done=codes,
        failed=[one.code for one in left],
    )
    return Report(row.id, codes, left, at + UNDO_FOR)


def undo(connection: Connection, who: Asker, number: int, at: datetime) -> Report:
    """Bring back what was before, of each that nobody changed since."""
    row = connection.execute(
        select(work_bulk).where(work_bulk.c.id == number, work_bulk.c.done_at.is_not(None))
    ).one_or_none()
    if row is None:
        raise NotFoundError("you did nothing of this number / không có việc này của bạn")
    items = connection.execute(
        select(work_bulk_item.c.complaint_id, work_bulk_item.c.code)
        .where(work_bulk_item.c.bulk_id == number)
        .order_by(work_bulk_item.c.complaint_id)
    ).all()
    done: list[str] = []
    left: list[Left] = []
    for item in items:
        try:
            with connection.begin_nested():
                why = connection.execute(
                    select(func.work_bulk_undone(number, item.complaint_id))
                ).scalar_one()
                if why is None:
                    # After it: only now it is the asker's again.
                    _undone(connection, who, item.complaint_id, row.act)
        except DBAPIError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            left.append(Left(item.code, NOT_YOURS))
        else:
            if why is None:
                done.append(item.code)
            else:
                left.append(Left(item.code, _WHY[why]))
    audit.append(
        connection, "bulk.undo", str(number), what=row.act, done=done,
        failed=[one.code for one in left],
    )  # fmt: skip
    return Report(number, done, left, row.done_at + UNDO_FOR)


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
