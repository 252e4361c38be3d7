"""A planted history of work: what was reacted to, closed, handed over, paused, judged and when."""

from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Engine, insert, select, text, update

from geo.due_pass import count_stale
from geo.public_holidays import public_holidays
from geo.schema import complaint, participant, rating, work, work_pause

REASONS = ("reporter", "weather", "other-unit", "unknown")


def plant(engine: Engine, now: datetime, seed: int, people: list[int], days: int = 80) -> int:
    """Gives all open complaints a history within so many days before `now`; returns how many."""
    rng = np.random.default_rng(seed)
    with engine.begin() as connection:
        # A limit for handling, so that there is a late and an in time.
        connection.execute(
            text("UPDATE category SET deadline = CAST(:limits AS jsonb)"),
            {"limits": '{"accept_working_hours": 8, "handle_working_days": 5}'},
        )
        ids = connection.execute(select(work.c.complaint_id)).scalars().all()
        for number in sorted(ids):
            reported = now - timedelta(hours=float(rng.uniform(1, 24 * days)))
            connection.execute(
                update(complaint).where(complaint.c.id == number).values(reported_at=reported)
            )
    count_stale(engine, public_holidays)
    with engine.begin() as connection:
        areas = connection.execute(select(work.c.area_id).distinct()).scalars().all()
        for row in connection.execute(select(work).order_by(work.c.complaint_id)).all():
            _one(connection, row, now, rng, people, [one for one in areas if one])
    count_stale(engine, public_holidays)
    return len(ids)


def _one(
    connection: Any,
    row: Any,
    now: datetime,
    rng: np.random.Generator,
    people: list[int],
    areas: list[int],
) -> None:
    mine, reported = work.c.complaint_id == row.complaint_id, row.reported_at
    age = (now - reported) / timedelta(hours=1)
    reacted, closed = rng.exponential(30), rng.exponential(300)
    values: dict[str, Any] = {"reacted_at": None, "pauses": 0, "paused_at": None}
    status = 1
    if reacted < age:
        values["reacted_at"] = values["accepted_at"] = reported + timedelta(hours=reacted)
        status = 2
    if closed < age:
        status = int(rng.choice([4, 4, 4, 5, 6, 7]))
    if rng.random() < 0.2:
        values["reopened"] = 1
    connection.execute(
        update(complaint)
        .where(complaint.c.id == row.complaint_id)
        .values(status=status, closed_at=reported + timedelta(hours=closed) if status > 3 else None)
    )
    if status in (4, 5):
        values["finished_at"] = reported + timedelta(hours=closed)
        values["reacted_at"] = min(
            values["reacted_at"] or values["finished_at"], values["finished_at"]
        )
        values["closed_by"] = people[int(rng.integers(len(people)))] if rng.random() < 0.8 else None
    if rng.random() < 0.5:
        values["assignee_id"] = people[int(rng.integers(len(people)))]
    if rng.random() < 0.15:
        values["arrived_at"] = reported + timedelta(hours=float(rng.uniform(0, age)))
        values["handed_from"] = [areas[int(rng.integers(len(areas)))], areas[0]]
        values["handed"] = True
    connection.execute(update(work).where(mine).values(**values))
    if rng.random() < 0.2:
        _pause(connection, row, reported, age, rng)
    if status in (4, 5) and rng.random() < 0.6:
        _judge(connection, row.complaint_id, values["finished_at"], rng)


def _pause(
    connection: Any, row: Any, reported: datetime, age: float, rng: np.random.Generator
) -> None:
    ends = sorted(rng.uniform(0, age, 4).tolist())
    for since, until in (ends[:2], ends[2:]):
        connection.execute(
            insert(work_pause).values(
                complaint_id=row.complaint_id,
                since=reported + timedelta(hours=since),
                until=reported + timedelta(hours=until),
                reason=str(rng.choice(REASONS)),
            )
        )
    connection.execute(update(work).where(work.c.complaint_id == row.complaint_id).values(pauses=2))


def _judge(connection: Any, number: Any, at: datetime, rng: np.random.Generator) -> None:
    for _ in range(int(rng.integers(1, 3))):
        who = connection.execute(
            insert(participant)
            .values(complaint_id=number, role="supporter", link=rng.bytes(32))
            .returning(participant.c.id)
        ).scalar_one()
        connection.execute(
            insert(rating).values(
                complaint_id=number,
                participant_id=who,
                closed_at=at,
                verdict=str(rng.choice(["satisfied", "accepted", "dissatisfied"])),
            )
        )
