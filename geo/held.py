"""A complaint that is held for an act: locked, in the version its reader saw, in a state that
allows it. Every act writes one event."""

from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, Row, insert, select, text

from geo.asking import Asker
from geo.complaint import Status, clean_code
from geo.errors import (
    BadFilterError,
    BadMoveError,
    ChangedMeanwhileError,
    NotAllowedError,
    NotYoursError,
)
from geo.schema import account, work_event
from geo.work_moves import allowed

LEAST_REASON: Final = 8


class Held(NamedTuple):
    """A complaint whose work is locked for the rest of the transaction."""

    id: UUID
    code: str
    version: int
    status: Status
    rights: frozenset[str]
    acts: tuple[int, ...]
    domain_id: int
    category_id: int
    area_id: int | None


class StaleError(ChangedMeanwhileError):
    """Others changed it since it was read; `changed` is what they did."""

    def __init__(self, version: int, changed: list[dict[str, Any]]) -> None:
        super().__init__(
            "somebody changed this complaint meanwhile: look at what changed, then decide"
            " / có người vừa cập nhật phản ánh này: hãy xem thay đổi rồi quyết định"
        )
        self.version = version
        self.changed = changed


def rights_of(row: Row[Any]) -> frozenset[str]:
    """The needs that are met on the complaint of a row with may_view, may_act, may_supervise."""
    of = {"inside": row.may_view, "act": row.may_act, "supervise": row.may_supervise}
    return frozenset(need for need, has in of.items() if has)


def hold(connection: Connection, code: str, act: str, version: int | None) -> Held:
    """Lock a complaint's work for an act. `version`: the one the asker saw; None: any.

    Raises `NotYoursError`, `NotAllowedError`, `StaleError`, and `BadMoveError` for what its state
    does not allow.
    """
    row = connection.execute(
        text("SELECT * FROM work_held(:code)"), {"code": clean_code(code)}
    ).one_or_none()
    if row is None or not row.may_view:
        raise NotYoursError(code)
    if not row.may_act:
        raise NotAllowedError(
            "you may look at this complaint, not change it"
            " / bạn được xem phản ánh này nhưng không được xử lý"
        )
    if row.version is None:
        raise BadMoveError(
            "it was closed before it came here / phản ánh này đã đóng trước khi chuyển về đây"
        )
    if version is not None and row.version != version:
        raise StaleError(row.version, _since(connection, row.id, version))
    status, rights, checking = Status(row.status), rights_of(row), row.check_state == "asked"
    if row.own:
        rights |= {"own"}
    may = allowed(status, rights, paused=row.paused, checking=checking)
    if act not in may:
        raise BadMoveError(_refusal(status, may, checking=checking))
    return Held(
        row.id, row.code, row.version, status, rights, tuple(row.acts), row.domain_id,
        row.category_id, row.area_id,
    )  # fmt: skip


def _refusal(status: Status, may: list[str], *, checking: bool) -> str:
    ways = ", ".join(may) or "nothing"
    if checking:
        return (
            f"its closing waits for a check, which allows: {ways}"
            " / câu trả lời đang chờ kiểm tra nên chưa làm được việc này"
        )
    return f"what is {status.code} allows: {ways} / trạng thái hiện tại không cho phép việc này"


def _since(connection: Connection, number: UUID, version: int) -> list[dict[str, Any]]:
    """What was done since a version, the newest last."""
    rows = connection.execute(
        select(work_event.c.at, account.c.full_name, work_event.c.act, work_event.c.change)
        .outerjoin(account, account.c.id == work_event.c.account_id)
        .where(
            work_event.c.complaint_id == number,
            work_event.c.change["version"].as_integer() >= version,
        )
        .order_by(work_event.c.id)
    )
    return [
        {"at": one.at.isoformat(), "who": one.full_name, "act": one.act, "change": one.change}
        for one in rows
    ]


def write(
    connection: Connection, who: Asker, held: Held, act: str, reason: str | None, **change: Any
) -> None:
    """Write down an act: who, when and why; `change` is what others are shown of it."""
    connection.execute(
        insert(work_event).values(
            complaint_id=held.id,
            account_id=who.id,
            act=act,
            reason=reason,
            change={"version": held.version} | change,
        )
    )


def reason_of(given: str | None) -> str:
    """The reason of an act that needs one; raises `BadFilterError`."""
    said = (given or "").strip()
    if len(said) < LEAST_REASON:
        raise BadFilterError(
            "reason",
            f"say why, in at least {LEAST_REASON} letters / hãy nêu lý do, ít nhất"
            f" {LEAST_REASON} chữ cái",
        )
    return said
