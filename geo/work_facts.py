"""One complaint, as officials see it: all but what is personal."""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Connection, Row, func, select

from geo import templates
from geo.ask_reporter import PAUSES
from geo.complaint import Status, clean_code
from geo.database import sql
from geo.errors import NotYoursError
from geo.held import rights_of
from geo.outcome import picture, told
from geo.schema import complaint
from geo.spot import spot
from geo.work_moves import MOVES, allowed

TOLD: Final = (
    "code", "version", "city", "domain", "category", "reported_at", "closed_at", "urgent", "lon",
    "lat", "address", "text", "sensitive", "area", "areas", "due_at", "accept_due_at",
    "handle_due_at", "reacted_at", "reopened", "bounces", "check_state", "duplicate_of",
    "duplicates", "supporters", "ratings", "notes", "questions", "disputes", "split_from",
    "split_into", "undo",
)  # fmt: skip


def facts(connection: Connection, code: str, now: datetime) -> dict[str, Any]:
    """All an official sees of a complaint, but for what is personal, and what is around it.

    Raises `NotYoursError`, also for what is not the asker's to see: whether it exists is not told.
    """
    row = connection.execute(sql("geo", "work_one"), {"code": clean_code(code)}).one_or_none()
    if row is None or not row.may_view:
        raise NotYoursError(code)
    status = Status(row.status)
    photos: dict[int | None, list[dict[str, Any]]] = {}
    for one in row.photos:
        photos.setdefault(one["answer_id"], []).append(_photo(row, one))
    overdue = row.due_at is not None and status.is_open and row.due_at < now
    timeline = [*map(_public, row.events), *row.acts_done]
    return {
        **{name: getattr(row, name) for name in TOLD},
        "status": status.code,
        "assignee": row.assignee_id and {"id": row.assignee_id, "full_name": row.assignee},
        "overdue": overdue,
        "counting": bool(row.due_stale),
        "paused": _paused(row),
        "photos": photos.get(None, []),
        "details": told(row.asked, row.replies or {}),
        "answers": [
            one
            | {
                "status": Status(one["status"]).code if one["status"] else None,
                "photos": photos.get(one["id"], []),
            }
            for one in row.answers
        ],
        "timeline": sorted(timeline, key=lambda one: str(one["at"])),
        "may": (may := _may(row, status)),
        "may_move_to": sorted({MOVES[act].to.code for act in may if act in MOVES}),
        "answer_rules": answer_rules(row, may),
        "closing": _closing(row),
    }


def _photo(row: Row[Any], one: dict[str, Any]) -> dict[str, Any]:
    """A photo with what its file said of itself, which the public is not told."""
    said = {name: one[name] for name in ("taken_at", "distance_m", "alike")}
    # Of a sensitive complaint the public address shows nothing.
    where = _addresses(row.code, one["id"]) if row.sensitive else {}
    return {"id": one["id"], **picture(one), **where, **said}


def _addresses(code: str, photo_id: str) -> dict[str, str]:
    path = f"/api/v1/work/{code}/photos/{photo_id}"
    return {"small": f"{path}-small.jpg", "large": f"{path}.jpg"}


def _paused(row: Row[Any]) -> dict[str, Any] | None:
    if row.paused_at is None:
        return None
    words = PAUSES.get(row.pause_reason)
    names = {"vi": words.vi, "en": words.en} if words else {}
    return {"since": row.paused_at, "reason": row.pause_reason, **names}


def _may(row: Row[Any], status: Status) -> list[str]:
    if not row.worked:
        return []
    rights, checking = rights_of(row), row.check_state == "asked"
    if checking and row.closing and row.closing["own"]:
        rights |= {"own"}
    found = allowed(status, rights, paused=row.paused_at is not None, checking=checking)
    # An import has no reporter here, and who erased their part reads nothing more.
    return [one for one in found if one != "ask" or row.reachable]


def _closing(row: Row[Any]) -> dict[str, Any] | None:
    """The answer that waits for a supervisor, with its photos: for officials alone."""
    if row.closing is None:
        return None
    photos = [one | _addresses(row.code, one["id"]) for one in row.closing["proof"]]
    return {name: row.closing[name] for name in ("at", "who", "text", "own")} | {"photos": photos}


def answer_rules(row: Row[Any], may: list[str]) -> dict[str, Any]:
    """What a closing needs, and what an answer, a refusal and a pause may begin with."""
    found: dict[str, Any] = {
        "photo": row.answer_photo,
        "photo_m": row.answer_photo_m,
        "check": row.answer_check,
        "templates": [],
        "grounds": [],
        "pauses": [{"code": code, "vi": one.vi, "en": one.en} for code, one in PAUSES.items()],
    }
    if "answer" in may:
        found["templates"] = templates.told([templates.Template(*one) for one in row.templates])
    if "refuse" in may:
        found["grounds"] = row.grounds
    return found


def surroundings(connection: Connection, code: str, now: datetime) -> dict[str, Any]:
    """What the history of a complaint's spot says, and what is open near it: `spot` and `near`."""
    return spot(connection, seen(connection, code), now)


def seen(connection: Connection, code: str) -> UUID:
    """The id of a complaint that is the asker's to see; raises `NotYoursError`."""
    row = connection.execute(
        select(complaint.c.id).where(
            complaint.c.code == clean_code(code), func.asker_on(complaint.c.id, "inside")
        )
    ).one_or_none()
    if row is None:
        raise NotYoursError(code)
    return UUID(str(row.id))


def _public(event: dict[str, Any]) -> dict[str, Any]:
    change = event["change"]
    if event["act"] == "status":
        change = {name: Status(change[name]).code for name in ("from", "to")}
    elif event["act"] in ("moved", "category", "text"):
        # Numbers: what officials did says it in names.
        change = {}
    return event | {"change": change, "who": None, "reason": None}
