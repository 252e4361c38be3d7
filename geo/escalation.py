"""Reminders before a deadline and escalation after it: who is told of what, each once."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple, Self
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Row, insert, select

from geo.calendars import CityCalendar
from geo.database import sql
from geo.duelines import MICROSECOND, instant, line_over, micros
from geo.errors import MappingError
from geo.schema import reminder_setting, work_event
from geo.working_time import add_working

# What has been overdue for longer is no news: after an import, or when reminders are begun with.
LOOK_BACK: Final = timedelta(days=30)
MOST: Final = 2_000
LONGEST: Final = 200


class Reminding(NamedTuple):
    """A city's setting, in working hours."""

    before: float | None = 2
    """None: nobody is reminded."""
    after: tuple[float, ...] = (0, 8, 16)
    """When the assignee is told, the area's supervisors, and those of the whole city."""
    quiet: bool = True
    """Nothing is sent outside of working time."""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Self:
        """From stored JSON; raises `MappingError` that names the key."""
        if unknown := set(given) - set(cls._fields):
            raise MappingError(f"reminders: unknown key {min(unknown)!r}")
        found = cls(**{**given, "after": tuple(given.get("after", (0, 8, 16)))})
        for hours in (*found.after, *(() if found.before is None else (found.before,))):
            if isinstance(hours, bool) or not isinstance(hours, int | float):
                raise MappingError("reminders: hours are numbers")
            if not 0 <= hours <= LONGEST:
                raise MappingError(f"reminders: from 0 to {LONGEST} working hours")
        if len(found.after) > 3 or list(found.after) != sorted(found.after):
            raise MappingError("reminders: after has at most three steps, one after the other")
        if not isinstance(found.quiet, bool):
            raise MappingError("reminders: quiet is true or false")
        return found


class Told(NamedTuple):
    """What one person is told in one round."""

    account_id: int
    email: str | None
    language: str
    lines: tuple[tuple[str, datetime, str], ...]
    """Code, due time, and `remind` or `escalate`."""


def setting_of(connection: Connection, city_id: int) -> Reminding:
    stored = connection.execute(
        select(reminder_setting.c.setting).where(reminder_setting.c.city_id == city_id)
    ).scalar_one_or_none()
    return Reminding.parse(stored or {})


def tell(
    connection: Connection,
    city_id: int,
    calendar: CityCalendar,
    setting: Reminding,
    now: datetime,
) -> list[Told]:
    """Take what is to be told now, and write it to the complaints; the caller sends the letters."""
    at_work = any(begin <= now < end for begin, end in calendar.spans(calendar.day_of(now)))
    if setting.quiet and not at_work:
        return []
    people: dict[int, list[tuple[Row[Any], str]]] = {}
    for kind, step, after, until in _periods(calendar, setting, now):
        asked = {"kind": kind, "city": city_id, "after": after, "until": until, "most": MOST}
        ids: list[UUID] = list(connection.execute(sql("geo", "remind_work"), asked).scalars())
        if not ids:
            continue
        rows = connection.execute(sql("geo", "remind_people"), {"ids": ids, "step": step}).all()
        act = kind.partition("-")[0]
        persons: dict[UUID, int] = dict.fromkeys(ids, 0)
        for row in rows:
            people.setdefault(row.account_id, []).append((row, act))
            persons[row.complaint_id] += 1
        connection.execute(
            insert(work_event),
            [
                {"complaint_id": one, "act": act, "change": {"step": step, "persons": n}}
                for one, n in persons.items()
            ],
        )
    return [
        Told(
            number,
            some[0][0].email,
            some[0][0].language,
            tuple((row.code, row.due_at, act) for row, act in some),
        )
        for number, some in people.items()
    ]


def _periods(
    calendar: CityCalendar, setting: Reminding, now: datetime
) -> list[tuple[str, int, datetime, datetime]]:
    """Kind, step, and between which instants lies what is due."""
    found = []
    if setting.before is not None:
        soon = add_working(now, timedelta(hours=setting.before), calendar)
        found.append(("remind", 1, now, soon))
    back = now - LOOK_BACK
    line = line_over(calendar, [micros(back), micros(now)], 0)
    this = np.array([micros(now)], dtype=np.int64)
    for number, hours in enumerate(setting.after, 1):
        passed = line.passed(this) - timedelta(hours=hours) // MICROSECOND
        # Due at an instant since which so much working time has passed.
        until = now if not hours else instant(line.when(passed)[0]) if passed[0] > 0 else back
        if until > back:
            found.append((f"escalate-{number}", number, back, min(until, now)))
    return found
