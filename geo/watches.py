"""Places that are watched: which new complaints answer whose question, each told once.

What happens to a complaint is queued by a trigger in the transaction it happens in (`happening`).
`look` takes it away and keeps for each watched question what answers it (`sighting`), numbered in
the order of commits; how far a follow has been told is a number too (`follow.told`). So nothing is
missed and nothing is told twice, in whatever order transactions end and whenever a worker is
killed.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import parse_qs
from uuid import UUID

import shapely
from sqlalchemy import Connection, Row, func, literal, select, text, union_all, update
from sqlalchemy.dialects.postgresql import insert

from geo import cells, query_string
from geo.complaint import CLOSED
from geo.database import sql
from geo.errors import PhananhError
from geo.filters import City, Filter, Vocabulary
from geo.follows import Schedule, lock_watches
from geo.matching import matches
from geo.schema import complaint, follow, watch

# Taken at once: one transaction, some hundred milliseconds.
MOST_AT_ONCE: Final = 1000
# Questions asked in one statement.
ASKED_AT_ONCE: Final = 40
DIGEST_AT_HOUR: Final = 7
MOST_LISTED: Final = 30


def watched(connection: Connection, city_id: int, question: str, asked: Filter) -> int:
    """The id of a question that is watched, made when it is new; `question` is canonical."""
    lock_watches(connection)
    shape = _outline(asked)
    areas = parse_qs(question).get("area", [])
    values = {
        "city_id": city_id,
        "question": question,
        "domain_ids": list(asked.domains) or None,
        "category_ids": list(asked.categories) or None,
        "areas": [code for given in areas for code in given.split(",")] or None,
        "outline": f"SRID=4326;{shapely.to_wkt(shape, 9)}" if shape is not None else None,
    }
    made = insert(watch).values(values).on_conflict_do_nothing().returning(watch.c.id)
    number = connection.execute(made).scalar()
    if number is None:
        there = select(watch.c.id).where(watch.c.city_id == city_id, watch.c.question == question)
        number = connection.execute(there).scalar_one()
    return int(number)


def _outline(asked: Filter) -> shapely.Geometry | None:
    """A shape outside of which nothing answers; one of those that a question has."""
    if asked.polygon:
        return shapely.Polygon(asked.polygon)
    if asked.cells:
        # The leaves of a cell reach beyond its outline, by less than a quarter of its radius.
        return cells.shape_of(asked.cells, reach=1 / 6)
    if asked.bbox:
        return shapely.box(*asked.bbox)
    return None


def of_closings(asked: Filter) -> Filter:
    """What a question means for complaints that are closed: to ask for open ones is to follow them.

    What it says of closed states stands.
    """
    return replace(asked, statuses=tuple(one for one in asked.statuses if one in CLOSED))


def closings_alone(asked: Filter) -> bool:
    """Whether no complaint answers before it is closed."""
    return bool(asked.statuses) and CLOSED.issuperset(asked.statuses)


class Happened(NamedTuple):
    complaint_id: UUID
    kind: str
    at: datetime


def take(connection: Connection, limit: int = MOST_AT_ONCE) -> list[Happened]:
    """Take away what happened and was not looked at; part of the caller's transaction.

    Others that look wait for its end: numbers of sightings follow the order of commits.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(1887, 8)"))
    rows = connection.execute(
        text(
            """
            DELETE FROM happening
             WHERE ctid = ANY (ARRAY(
                   SELECT ctid FROM happening
                    WHERE told_from IS NULL OR told_from <= now() LIMIT :limit))
            RETURNING complaint_id, kind, at
            """
        ),
        {"limit": limit},
    )
    return [Happened(row.complaint_id, row.kind, row.at) for row in rows]


class Missed(NamedTuple):
    """A question that cannot be asked any more: its area was taken away, or the like."""

    watch_id: int
    error: PhananhError


def look(
    connection: Connection, words: Vocabulary, happened: Sequence[Happened], at: datetime
) -> tuple[int, list[Missed]]:
    """Keep for each watched question what answers it; how many there are, and what was missed."""
    told = sorted({(h.complaint_id, h.kind) for h in happened if h.kind in ("arrived", "closed")})
    given = {"ids": [one for one, _ in told], "kinds": [kind for _, kind in told]}
    rows = connection.execute(sql("geo", "watch_candidates"), given).all() if told else []
    asked: list[_Asked] = []
    missed: list[Missed] = []
    for row in rows:
        try:
            question = query_string.read(words, row.question)
        except PhananhError as error:
            missed.append(Missed(row.watch_id, error))
            continue
        if row.kind == "closed":
            question = of_closings(question)
        asked.append(_Asked(row.watch_id, row.kind, question, row.ids))
    found = list(_answers(connection, asked))
    if not found:
        return 0, missed
    kept = connection.execute(
        sql("geo", "sight"),
        {
            "watches": [one.watch_id for one, _ in found],
            "complaints": [number for _, number in found],
            "kinds": [one.kind for one, _ in found],
            "at": at,
        },
    )
    return kept.rowcount, missed


class _Asked(NamedTuple):
    watch_id: int
    kind: str
    question: Filter
    ids: list[UUID]


def _answers(connection: Connection, asked: Iterable[_Asked]) -> Iterable[tuple[_Asked, UUID]]:
    """The complaints that truly answer: each question is asked, of its candidates alone."""
    rest = list(asked)
    while rest:
        some, rest = rest[:ASKED_AT_ONCE], rest[ASKED_AT_ONCE:]
        parts = [
            select(literal(n).label("n"), complaint.c.id).where(
                complaint.c.id.in_(one.ids), matches(one.question, few=True)
            )
            for n, one in enumerate(some)
        ]
        for row in connection.execute(union_all(*parts)):
            yield some[row.n], row.id


def ended(schedule: Schedule, city: City, now: datetime) -> datetime:
    """The end of the last period whose digest is due: seven o'clock, on Mondays for a week's."""
    if schedule == "instant":
        return now + timedelta(days=1)
    local = now.astimezone(city.zone)
    # Wall clocks: the hour stays seven where clocks are put forward.
    end = local.replace(hour=DIGEST_AT_HOUR, minute=0, second=0, microsecond=0)
    if end > local:
        end -= timedelta(days=1)
    if schedule == "weekly":
        end -= timedelta(days=end.weekday())
    return end


def due(
    connection: Connection, city: City, schedule: Schedule, now: datetime
) -> Sequence[Row[Any]]:
    """Follows that have something to tell, with `until`, the sighting it ends with."""
    given = {"city_id": city.id, "schedule": schedule, "before": ended(schedule, city, now)}
    return connection.execute(sql("geo", "watch_due"), given).all()


def tell(connection: Connection, row: Row[Any]) -> Sequence[Row[Any]] | None:
    """What a follow that is due is told now, the newest first; it counts as told.

    None where another worker was faster, or it was stopped. Part of the transaction that writes
    the letter.
    """
    moved = connection.execute(
        update(follow)
        .where(follow.c.id == row.id, follow.c.told == row.told)
        .values(told=row.until)
    )
    if moved.rowcount != 1:
        return None
    given = {
        "watch_id": row.watch_id,
        "told": row.told,
        "until": row.until,
        "progress": row.progress,
        "limit": MOST_LISTED,
    }
    return connection.execute(sql("geo", "sightings"), given).all()


def progressed(connection: Connection, happened: Sequence[Happened]) -> Sequence[Row[Any]]:
    """How complaints went on whose participants are told by push, one row for each browser."""
    went_on = [one for one in happened if one.kind in ("status", "answered", "asked")]
    if not went_on:
        return []
    given = {
        "ids": [one.complaint_id for one in went_on],
        "times": [one.at for one in went_on],
        "asked": [one.kind == "asked" for one in went_on],
    }
    return connection.execute(sql("geo", "progressed"), given).all()


def watches(connection: Connection) -> int:
    """How many different questions are watched."""
    return int(connection.execute(select(func.count()).select_from(watch)).scalar_one())
