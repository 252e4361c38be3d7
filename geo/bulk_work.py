"""Many complaints at once: what an act would do, doing it, and undoing it for a while.

Each complaint is a savepoint: all of an act is done to it or nothing. A few are committed at a
time, since whoever writes to the log holds up all others who do. What an undo brings back is kept
by functions of the database (`0018_queue.sql`), which the service cannot make say otherwise.
"""

import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, TypeVar

from psycopg.errors import InsufficientPrivilege
from sqlalchemy import Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from geo import answer_words, audit, handling
from geo.asking import Asker
from geo.complaint import clean_code
from geo.errors import BadFilterError, NotFoundError, PhananhError
from geo.handling import Held, StaleError
from geo.participants import hashed
from geo.schema import category, complaint, work, work_bulk

MOST: Final = 500
GOOD_FOR: Final = timedelta(minutes=15)
UNDO_FOR: Final = timedelta(minutes=10)
KEPT: Final = timedelta(days=1)
# As many are committed together: others wait for the log a fraction of a second.
AT_ONCE: Final = 10
# In an answer: where the complaint is, so that each says something of its own.
ADDRESS: Final = "{address}"
NOT_YOURS: Final = (
    "it is not in an area and a domain of yours / không thuộc địa bàn, lĩnh vực của bạn"
)


T = TypeVar("T")
# A transaction that shows the asker's session.
Begin = Callable[[], AbstractContextManager[Connection]]
Seen = tuple[str, int | None]
"""A code, and the version that was seen of it; None: any."""


class Order(NamedTuple):
    """An act, and what it says."""

    act: str
    body: Mapping[str, Any]


class Left(NamedTuple):
    """A complaint that it is not done to."""

    code: str
    why: str


class Preview(NamedTuple):
    """What would be done, and the token that does it."""

    token: str
    will: list[str]
    left: list[Left]


class Report(NamedTuple):
    """What was done, and what was left."""

    id: int
    done: list[str]
    left: list[Left]
    undo_until: datetime


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
            area, kind = body.get("area"), body.get("category")
            handling.hand_over(connection, who, held, area, body.get("reason"), kind)
        case "recategorise":
            handling.recategorise(connection, who, held, body["category"], body.get("reason"), at)
        case "note":
            handling.note(connection, who, held, body["text"], None)
        case "answer":
            words = body["text"]
            # Letters and pushes of this transaction wait: until then it can be taken back.
            until = (at + UNDO_FOR).isoformat()
            connection.execute(select(func.set_config("phananh.told_from", until, True)))
            if ADDRESS in words:
                words = words.replace(ADDRESS, _address(connection, held))
            handling.answer(
                connection, who, held, words, at, close=body["close"],
                template=body.get("template"), fields=body.get("fields"),
                office_contact=body.get("office_contact", False),
            )  # fmt: skip
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
    connection: Connection, who: Asker, order: Order, items: Sequence[Seen], at: datetime,
    bulk: int | None = None,
) -> tuple[list[tuple[str, int]], list[Left]]:  # fmt: skip
    """Do it to each that it can be done to; returns these with the versions they had."""
    done: list[tuple[str, int]] = []
    left: list[Left] = []
    _locked(connection, [code for code, _ in items])
    for code, version in items:
        try:
            with connection.begin_nested():
                held = handling.hold(connection, code, order.act, version)
                if bulk is not None:
                    connection.execute(select(func.work_bulk_kept(bulk, held.id)))
                _act(connection, who, held, order, at)
        except PhananhError as error:
            left.append(Left(code, _why(error)))
        except DBAPIError as error:
            if not isinstance(error.orig, InsufficientPrivilege):
                raise
            left.append(Left(code, _why(error)))
        else:
            done.append((held.code, held.version))
    return done, left


def _together(order: Order, codes: list[str]) -> list[list[str]]:
    """The codes in groups of which one may stand in the way of another; most stand alone.

    What closed one closes no other with the same words, and few with nearly the same.
    """
    closes = order.act == "answer" and order.body["close"]
    return [codes] if closes else [[code] for code in codes]


def preview(
    connection: Connection, who: Asker, order: Order, codes: Sequence[str], at: datetime
) -> Preview:
    """What the act would do: it is really done, all of it, and taken back."""
    cleaned = list(dict.fromkeys(clean_code(one) for one in codes))
    if len(cleaned) > MOST:
        raise too_many(len(cleaned))
    if not cleaned:
        raise BadFilterError("codes", "choose complaints first / hãy chọn phản ánh trước")
    if order.act == "answer":
        # Once for all of them, and not as why each is left out.
        answer_words.check_public(order.body["text"], order.body["office_contact"])
    will: list[tuple[str, int]] = []
    left: list[Left] = []
    for group in _together(order, cleaned):
        # Taken back at once: nobody waits for the log meanwhile.
        with connection.begin_nested() as trial:
            done, not_done = _tried(connection, who, order, [(one, None) for one in group], at)
            trial.rollback()
        will += done
        left += not_done
    place = {code: number for number, code in enumerate(cleaned)}
    will.sort(key=lambda one: place[one[0]])
    left.sort(key=lambda one: place[one.code])
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


def told(connection: Connection, codes: Sequence[str]) -> list[dict[str, Any]]:
    """What complaints are, in few words, in the order of their codes as given."""
    rows = connection.execute(
        select(complaint.c.code, category.c.code.label("category"), complaint.c.address)
        .join(category, category.c.id == complaint.c.category_id)
        .where(complaint.c.code.in_(codes))
    )
    found = {
        row.code: {"code": row.code, "category": row.category, "address": row.address}
        for row in rows
    }
    return [found[code] for code in codes if code in found]


def _claimed(connection: Connection, token: str, at: datetime) -> Row[Any]:
    """The preview of a token, which is used from now on."""
    row = connection.execute(
        update(work_bulk)
        .where(
            work_bulk.c.hash == hashed(token),
            work_bulk.c.done_at.is_(None),
            work_bulk.c.created_at > at - GOOD_FOR,
        )
        .values(done_at=at)
        .returning(work_bulk)
    ).one_or_none()
    if row is None:
        raise NotFoundError(
            "this preview was used or is too old: look at it again"
            " / bản xem trước này đã dùng hoặc quá cũ: hãy xem lại"
        )
    return row


def parts(items: Sequence[T]) -> Iterator[Sequence[T]]:
    return (items[n : n + AT_ONCE] for n in range(0, len(items), AT_ONCE))


def perform(begin: Begin, who: Asker, token: str, at: datetime) -> Report:
    """Do what was shown; what was changed since is left out. A token is good for once."""
    with begin() as connection:
        row = _claimed(connection, token, at)
    order = Order(row.act, row.body)
    codes: list[str] = []
    left: list[Left] = []
    try:
        for part in parts([(code, version) for code, version in row.items]):
            with begin() as connection:
                done, not_done = _tried(connection, who, order, part, at, row.id)
                connection.execute(select(func.work_bulk_done(row.id)))
            codes += [code for code, _ in done]
            left += not_done
    finally:
        # Also where it broke off: what was done until then stays, and can be undone.
        log(begin, "bulk", row.id, order.act, codes, left)
    return Report(row.id, codes, left, at + UNDO_FOR)


def log(begin: Begin, act: str, number: int, what: str, done: list[str], left: list[Left]) -> None:
    with begin() as connection:
        failed = [one.code for one in left]
        audit.append(connection, act, str(number), what=what, done=done, failed=failed)
