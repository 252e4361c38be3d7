"""One complaint, by officials: what they see of it and what they do with it.

Every act is a transaction that locks the work, compares its version, changes it, and writes an
event that says who, when and why; the database refuses what is not the asker's.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Row, func, insert, or_, select, text, update

from geo import answering
from geo.asking import Asker
from geo.cells import leaf_cells
from geo.complaint import Status, clean_code
from geo.database import sql
from geo.errors import (
    BadFilterError,
    BadMoveError,
    ChangedMeanwhileError,
    NotAllowedError,
    NotFoundError,
    OutsideCityError,
)
from geo.outcome import picture
from geo.schema import account, area, area_set, category, complaint, work, work_event, work_note
from geo.spot import spot
from geo.work_moves import MOVES, allowed

LEAST_REASON: Final = 8
# Fewer say nothing of what was done.
LEAST_WORDS: Final = 8
TOLD: Final = (
    "code", "version", "city", "domain", "category", "reported_at", "closed_at", "urgent", "lon",
    "lat", "address", "text", "sensitive", "area", "areas", "due_at", "accept_due_at",
    "handle_due_at", "reopened", "bounces", "check_state", "duplicate_of", "duplicates",
    "supporters", "notes",
)  # fmt: skip
LONGEST_NOTE: Final = 4_000


class Held(NamedTuple):
    """A complaint whose work is locked for the rest of the transaction."""

    id: UUID
    code: str
    version: int
    status: Status
    rights: frozenset[str]
    acts: tuple[int, ...]
    domain_id: int


class StaleError(ChangedMeanwhileError):
    """Others changed it since it was read; `changed` is what they did."""

    def __init__(self, version: int, changed: list[dict[str, Any]]) -> None:
        super().__init__(
            "somebody changed this complaint meanwhile: look at what changed, then decide"
            " / có người vừa cập nhật phản ánh này: hãy xem thay đổi rồi quyết định"
        )
        self.version = version
        self.changed = changed


def _rights(row: Row[Any]) -> frozenset[str]:
    of = {"inside": row.may_view, "act": row.may_act, "supervise": row.may_supervise}
    return frozenset(need for need, has in of.items() if has)


def facts(connection: Connection, code: str, now: datetime) -> dict[str, Any]:
    """All an official sees of a complaint, but for what is personal.

    Raises `NotFoundError`, also for what is not the asker's to see: whether it exists is not told.
    """
    row = connection.execute(sql("geo", "work_one"), {"code": clean_code(code)}).one_or_none()
    if row is None or not row.may_view:
        raise NotFoundError(
            f"no complaint of yours has the code {code!r}"
            f" / không có phản ánh {code!r} trong địa bàn, lĩnh vực của bạn"
        )
    status = Status(row.status)
    photos: dict[int | None, list[dict[str, Any]]] = {}
    for one in row.photos:
        photos.setdefault(one["answer_id"], []).append({"id": one["id"], **picture(one)})
    overdue = row.due_at is not None and status.is_open and row.due_at < now
    timeline = [*map(_public, row.events), *row.acts_done]
    return {
        **{name: getattr(row, name) for name in TOLD},
        "status": status.code,
        "assignee": row.assignee_id and {"id": row.assignee_id, "full_name": row.assignee},
        "overdue": overdue,
        "counting": bool(row.due_stale),
        "paused": row.paused_at and {"since": row.paused_at, "reason": row.pause_reason},
        "photos": photos.get(None, []),
        "answers": [
            one
            | {
                "status": Status(one["status"]).code if one["status"] else None,
                "photos": photos.get(one["id"], []),
            }
            for one in row.answers
        ],
        "timeline": sorted(timeline, key=lambda one: str(one["at"])),
        "may": (may := allowed(status, _rights(row)) if row.worked else []),
        "may_move_to": sorted({MOVES[act].to.code for act in may if act in MOVES}),
        "answer_rules": {"photo": False, "check": False, "templates": []},
        "questions": [],
        **spot(connection, row.id, now),
    }


def seen(connection: Connection, code: str) -> UUID:
    """The id of a complaint that is the asker's to see; raises `NotFoundError`."""
    row = connection.execute(
        select(complaint.c.id).where(
            complaint.c.code == clean_code(code), func.asker_on(complaint.c.id, "inside")
        )
    ).one_or_none()
    if row is None:
        raise NotFoundError(
            f"no complaint of yours has the code {code!r}"
            f" / không có phản ánh {code!r} trong địa bàn, lĩnh vực của bạn"
        )
    return UUID(str(row.id))


def _public(event: dict[str, Any]) -> dict[str, Any]:
    change = event["change"]
    if event["act"] == "status":
        change = {name: Status(change[name]).code for name in ("from", "to")}
    elif event["act"] == "moved":
        change = {}
    return event | {"change": change, "who": None, "reason": None}


def hold(connection: Connection, code: str, act: str, version: int | None) -> Held:
    """Lock a complaint's work for an act. `version`: the one the asker saw; None: any.

    Raises `NotFoundError`, `NotAllowedError`, `StaleError`, and `BadMoveError` for what its state
    does not allow.
    """
    row = connection.execute(
        text(
            """
            SELECT c.id, c.code, asker_on(c.id, 'inside') AS may_view,
                   asker_on(c.id, 'act') AS may_act, asker_on(c.id, 'supervise') AS may_supervise
              FROM complaint c WHERE c.code = :code
            """
        ),
        {"code": clean_code(code)},
    ).one_or_none()
    if row is None or not row.may_view:
        raise NotFoundError(
            f"no complaint of yours has the code {code!r}"
            f" / không có phản ánh {code!r} trong địa bàn, lĩnh vực của bạn"
        )
    if not row.may_act:
        raise NotAllowedError(
            "you may look at this complaint, not change it"
            " / bạn được xem phản ánh này nhưng không được xử lý"
        )
    # The complaint first, as what citizens do locks it, and its work by triggers after it.
    state = connection.execute(
        select(complaint.c.status).where(complaint.c.id == row.id).with_for_update()
    ).scalar_one()
    held = connection.execute(
        select(work.c.version, work.c.acts, work.c.domain_id)
        .where(work.c.complaint_id == row.id)
        .with_for_update()
    ).one_or_none()
    if held is None:
        raise BadMoveError(
            "it was closed before it came here / phản ánh này đã đóng trước khi chuyển về đây"
        )
    if version is not None and held.version != version:
        raise StaleError(held.version, _since(connection, row.id, version))
    status, rights = Status(state), _rights(row)
    if act not in allowed(status, rights):
        raise BadMoveError(
            f"what is {status.code} allows: {', '.join(allowed(status, rights)) or 'nothing'}"
            f" / trạng thái hiện tại không cho phép việc này"
        )
    return Held(row.id, row.code, held.version, status, rights, tuple(held.acts), held.domain_id)


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


def _write(
    connection: Connection, who: Asker, held: Held, act: str, reason: str | None, **change: Any
) -> None:
    connection.execute(
        insert(work_event).values(
            complaint_id=held.id,
            account_id=who.id,
            act=act,
            reason=reason,
            change={"version": held.version} | change,
        )
    )


def _reason(given: str | None) -> str:
    said = (given or "").strip()
    if len(said) < LEAST_REASON:
        raise BadFilterError(
            "reason",
            f"say why, in at least {LEAST_REASON} letters / hãy nêu lý do, ít nhất"
            f" {LEAST_REASON} chữ cái",
        )
    return said


def move(
    connection: Connection, who: Asker, held: Held, act: str, reason: str | None, at: datetime
) -> None:
    """Accept, start, reopen or take up again: a move without an answer."""
    of = MOVES[act]
    if of.reason:
        reason = _reason(reason)
    answering.move_row(connection, held.id, held.status, of.to, at, "official")
    _write(connection, who, held, act, reason, **{"from": held.status.code, "to": of.to.code})


def assign(connection: Connection, who: Asker, held: Held, to: int | None, at: datetime) -> None:
    """Give it to an officer of its area and domain, or to nobody."""
    name = None
    if to is not None:
        name = connection.execute(
            text(
                "SELECT full_name FROM account WHERE id = :id AND enabled"
                " AND account_may_act(id, CAST(:keys AS bigint[]), CAST(:domain AS smallint))"
            ),
            {"id": to, "keys": list(held.acts), "domain": held.domain_id},
        ).scalar()
        if name is None:
            raise BadFilterError(
                "account_id",
                "this person may not handle it / người này không được xử lý phản ánh này",
            )
    connection.execute(
        update(work)
        .where(work.c.complaint_id == held.id)
        .values(
            assignee_id=to, assigned_at=at if to else None, version=held.version + 1, updated_at=at
        )
    )
    _write(connection, who, held, "assign" if to else "unassign", None, to=name)


def note(connection: Connection, who: Asker, held: Held, words: str, key: str | None) -> None:
    """An internal note; the same `key` sent twice is kept once."""
    said = words.strip()
    if not any(letter.isalnum() for letter in said) or len(said) > LONGEST_NOTE:
        raise BadFilterError("text", f"a note has words, at most {LONGEST_NOTE} characters")
    if (
        key is not None
        and connection.execute(
            select(work_note.c.id).where(work_note.c.key == f"{who.id}:{key}")
        ).scalar()
    ):
        return
    stored = f"{who.id}:{key}" if key else None
    connection.execute(
        insert(work_note).values(complaint_id=held.id, account_id=who.id, text=said, key=stored)
    )
    _write(connection, who, held, "note", None)


def recategorise(
    connection: Connection, who: Asker, held: Held, code: str, reason: str | None, at: datetime
) -> None:
    """Another category, and with it perhaps another domain's officials and other deadlines."""
    found = connection.execute(
        select(category.c.id).where(category.c.code == code, category.c.enabled)
    ).scalar()
    if found is None:
        raise BadFilterError("category", f"unknown category {code!r}")
    before = connection.execute(
        select(category.c.code)
        .join(work, work.c.category_id == category.c.id)
        .where(work.c.complaint_id == held.id)
    ).scalar_one()
    if before == code:
        raise BadFilterError("category", "it is of this category already / đã là loại này")
    # The event first: afterwards it may be nobody's of the asker's any more.
    _write(connection, who, held, "recategorise", reason, **{"from": before, "to": code})
    connection.execute(text("SELECT set_config('phananh.actor', 'official', true)"))
    connection.execute(
        update(complaint).where(complaint.c.id == held.id).values(category_id=found, updated_at=at)
    )


def place(
    connection: Connection,
    who: Asker,
    held: Held,
    lon: float,
    lat: float,
    reason: str | None,
    at: datetime,
) -> None:
    """Another place: it may then be handled by another area's officials."""
    inside = connection.execute(
        text(
            "SELECT EXISTS (SELECT FROM complaint c JOIN city t ON t.id = c.city_id"
            " WHERE c.id = :id"
            " AND ST_Intersects(t.outline, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)))"
        ),
        {"id": held.id, "lon": lon, "lat": lat},
    ).scalar_one()
    if not inside:
        raise OutsideCityError("this place lies outside of the city / vị trí này ngoài thành phố")
    _write(connection, who, held, "move", reason)
    connection.execute(text("SELECT set_config('phananh.actor', 'official', true)"))
    [leaf] = leaf_cells(np.array([lon]), np.array([lat])).tolist()
    point = func.ST_SetSRID(func.ST_MakePoint(lon, lat), 4326)
    connection.execute(
        update(complaint)
        .where(complaint.c.id == held.id)
        .values(geom=point, cell=leaf, updated_at=at)
    )


def merge(
    connection: Connection, who: Asker, held: Held, into: str, reason: str | None, at: datetime
) -> None:
    """Call it a duplicate of another open one that is the asker's to see."""
    other = connection.execute(
        select(complaint.c.id, complaint.c.code, complaint.c.status)
        .join(work, work.c.complaint_id == complaint.c.id)
        .where(complaint.c.code == clean_code(into))
    ).one_or_none()
    if other is None or other.id == held.id or not Status(other.status).is_open:
        raise BadFilterError(
            "into",
            "name another open complaint of yours / hãy chọn một phản ánh khác đang mở của bạn",
        )
    _write(connection, who, held, "merge", reason, into=other.code)
    answering.move_row(connection, held.id, held.status, Status.DUPLICATE, at, "official")
    # What was a duplicate of this one is one of the other now: no chains.
    connection.execute(
        update(work)
        .where(or_(work.c.complaint_id == held.id, work.c.duplicate_of == held.id))
        .values(duplicate_of=other.id)
    )


def hand_over(connection: Connection, who: Asker, held: Held, to: str, reason: str | None) -> None:
    """Give it to another area (`set:code`), which handles it from now on."""
    said = _reason(reason)
    row = connection.execute(
        select(area.c.id, area.c.name, area_set.c.code)
        .join(area_set)
        .where(area_set.c.ready, area_set.c.code.concat(":").concat(area.c.code) == to)
    ).one_or_none()
    if row is None:
        raise BadFilterError("area", f"unknown area {to!r}; write <set>:<code>")
    before = connection.execute(
        select(area.c.id, area.c.name)
        .join(work, work.c.area_id == area.c.id)
        .where(work.c.complaint_id == held.id)
    ).one_or_none()
    if before is not None and before.id == row.id:
        raise BadFilterError("area", "it is handled there already / nơi này đang xử lý rồi")
    _write(
        connection, who, held, "hand-over", said,
        **{"from": before and before.name, "to": row.name, "from_id": before and before.id,
           "to_id": row.id},
    )  # fmt: skip
    connection.execute(text("SELECT work_handed_over(:id, :area)"), {"id": held.id, "area": row.id})


def answer(
    connection: Connection,
    who: Asker,
    held: Held,
    words: str,
    at: datetime,
    *,
    close: bool,
    photos: Sequence[str] = (),
) -> None:
    """Answer in public; `close` resolves it, which needs words that say what was done."""
    if close and len(words.split()) < LEAST_WORDS:
        raise BadFilterError(
            "text",
            f"a closing says what was done, in at least {LEAST_WORDS} words"
            f" / khi kết thúc, hãy nói rõ đã làm gì, ít nhất {LEAST_WORDS} từ",
        )
    if close and (same := _said_elsewhere(connection, held.id, words)):
        raise BadFilterError(
            "text",
            f"the same words closed {same}: say what was done here"
            f" / câu trả lời này đã dùng cho {same}: hãy nói rõ đã làm gì ở đây",
        )
    answering.give(
        connection, held.code, words, at, "official",
        status=Status.RESOLVED if close else None, photos=photos,
    )  # fmt: skip
    _write(connection, who, held, "answer", None, closed=close)
    if not close:
        connection.execute(
            update(work).where(work.c.complaint_id == held.id).values(version=held.version + 1)
        )


def _said_elsewhere(connection: Connection, number: UUID, words: str) -> str | None:
    """The code of another complaint that was closed with the same words in the last 30 days."""
    found = connection.execute(
        text(
            """
            SELECT c.code FROM answer a JOIN complaint c ON c.id = a.complaint_id
             WHERE a.at > now() - interval '30 days' AND a.complaint_id <> :id AND a.status = 4
               AND btrim(regexp_replace(fold(a.text), '[^[:alnum:]]+', ' ', 'g'))
                   = btrim(regexp_replace(fold(:words), '[^[:alnum:]]+', ' ', 'g'))
             LIMIT 1
            """
        ),
        {"id": number, "words": words.strip()},
    ).scalar()
    return str(found) if found is not None else None


def refuse(
    connection: Connection, who: Asker, held: Held, ground: str, words: str, at: datetime
) -> None:
    """Refuse it on a legal ground, which the public answer names."""
    said = _reason(ground)
    answering.give(
        connection, held.code, f"{words.strip()}\n\n{said}".strip(), at, "official",
        status=Status.REJECTED,
    )  # fmt: skip
    _write(connection, who, held, "refuse", said)
