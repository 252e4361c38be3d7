"""What follows from a complaint in public: supporters, photos, answers, ratings and its promise."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row

from geo import clockwork
from geo.calendars import Holidays
from geo.complaint import Status
from geo.database import sql
from geo.errors import MappingError
from geo.masking import mask
from geo.promise import Course, Promise, promised
from geo.rating import VERDICTS
from geo.supporting import why_not


def nothing() -> dict[str, Any]:
    """What is told of a sensitive complaint: nothing, in the shape of the others."""
    return {
        "supporters": 0,
        "photos": [],
        "answers": [],
        "promise": None,
        "ratings": dict.fromkeys(VERDICTS, 0),
        "reopened": 0,
        "may_be_supported": False,
        "questions": [],
        "first_left": False,
    }


def outcome(
    connection: Connection,
    of: Row[Any],
    events: Iterable[Row[Any]],
    now: datetime,
    holidays: Holidays,
) -> dict[str, Any]:
    """For a row of `geo.listing.one` and its events (at, kind, change) in order: one query.

    `holidays` knows the public holidays of a country and year.
    """
    if of.sensitive:
        return nothing()
    row = connection.execute(sql("geo", "outcome"), {"id": of.id}).one()
    of_answer: dict[int | None, list[dict[str, Any]]] = {}
    for one in row.photos:
        of_answer.setdefault(one["answer_id"], []).append(picture(one))
    taken_back = row.first_left or of.status == Status.WITHDRAWN
    found = _promise(row, of, events, now, holidays) if row.promised else None
    return {
        "supporters": row.supporters,
        "photos": of_answer.get(None, []),
        "answers": [
            {
                "at": datetime.fromisoformat(one["at"]),
                "text": one["text"],
                "status": Status(one["status"]).code if one["status"] else None,
                "photos": of_answer.get(one["id"], []),
            }
            for one in row.answers
        ],
        "promise": found and found._asdict(),
        "ratings": row.ratings,
        "reopened": row.reopened,
        "may_be_supported": why_not(of.status, sensitive=of.sensitive) is None,
        "questions": [] if taken_back else told(row.questions, row.replies),
        "first_left": row.first_left,
    }


def picture(photo: Mapping[str, Any]) -> dict[str, Any]:
    """Where a photo is shown, and how large it is."""
    at = f"/photos/{UUID(str(photo['id']))}"
    return {
        "small": f"{at}-small.jpg",
        "large": f"{at}.jpg",
        "width": photo["width"],
        "height": photo["height"],
    }


def told(
    questions: Sequence[Mapping[str, Any]], replies: Mapping[str, Any]
) -> list[dict[str, Any]]:
    """Answers to the questions of a category that are public, in words of both languages.

    What was written freely is masked, as all public words are.

    >>> asked = {"code": "depth", "kind": "number", "vi": "Sâu", "en": "Depth", "public": True}
    >>> told([asked], {"depth": 20, "phone": "0912345678"})
    [{'code': 'depth', 'vi': 'Sâu', 'en': 'Depth', 'value': 20, 'value_vi': '20', 'value_en': '20'}]
    """
    found = []
    for question in questions:
        value = replies.get(question["code"])
        if not question.get("public") or value is None or value == []:
            continue
        if question["kind"] == "text":
            value = mask(str(value)).text
        names = {one["code"]: one for one in question.get("options", [])}
        chosen = value if isinstance(value, list) else [value]
        words = {
            f"value_{lang}": ", ".join(str(names.get(one, {}).get(lang, one)) for one in chosen)
            for lang in ("vi", "en")
        }
        found.append(
            {name: question[name] for name in ("code", "vi", "en")} | {"value": value} | words
        )
    return found


def _promise(
    row: Row[Any], of: Row[Any], events: Iterable[Row[Any]], now: datetime, holidays: Holidays
) -> Promise | None:
    moves = [(event.at, event.change) for event in events if event.kind == "status"]
    # What was taken back was no acceptance.
    back = max((at for at, change in moves if change["to"] == Status.RECEIVED), default=None)
    accepted = [
        at
        for at, change in moves
        if change["from"] == Status.RECEIVED and (back is None or at > back)
    ]
    ended = (Status.RESOLVED, Status.REJECTED)
    finished = [at for at, change in moves if change["to"] in ended]
    course = Course(
        Status(of.status),
        of.reported_at,
        row.urgent,
        min(accepted, default=None),
        # Reopened, it is to be finished again.
        None if Status(of.status).is_open else min(finished, default=None),
    )
    try:
        calendar = clockwork.calendar_of(row, holidays)
        limits = clockwork.limits_of(row, row.category_id, calendar.day_of(of.reported_at))
        return promised(limits, course, calendar, now, clockwork.pauses_of(row.pauses))
    except (MappingError, ValueError):
        # Set in the database by hand: what cannot be counted is not promised.
        return None
