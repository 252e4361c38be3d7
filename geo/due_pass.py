"""The pass that counts what is stale: work whose complaint, pause, policy or calendar changed.

It looks at all work, so it is for the owner of the tables alone: row-level security shows the
service's role none. Two at once share the rows, and one that is killed leaves them stale.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import date, timedelta
from typing import Any, Final, NamedTuple
from uuid import UUID

import numpy as np
from sqlalchemy import Connection, Engine

from geo import clockwork
from geo.calendars import CityCalendar, Holidays
from geo.database import sql
from geo.deadlines import Pause, due, handling, limit, moved, next_of, stopped
from geo.duelines import BEYOND, Instants, Line, instant, line_over, micros
from geo.policies import Version, limits_on

# Rows are locked while they are counted: some tenths of a second.
BATCH: Final = 10_000


class Clock(NamedTuple):
    """What is asked for of one complaint."""

    key: UUID | str
    city_id: int
    domain_id: int
    category_id: int
    urgent: bool
    accepted: bool
    open: bool
    reported: int
    """Microseconds since 1970."""
    day: date
    """The local day of reporting."""
    pauses: Sequence[Pause]


class Counted(NamedTuple):
    """Microseconds since 1970; None: not limited, or not known."""

    key: UUID | str
    accept: int | None
    handle: int | None
    due: int | None


class Rules:
    """Calendars and policies as they are now, or as they would be, with what was learnt of them."""

    def __init__(self, calendars: dict[int, CityCalendar], policies: Sequence[Version]) -> None:
        self.calendars = calendars
        self._policies = policies
        self._limits: dict[tuple[int, int, date], dict[str, Any]] = {}

    def limits(self, domain_id: int, category_id: int, day: date) -> dict[str, Any]:
        key = domain_id, category_id, day
        if key not in self._limits:
            self._limits[key] = clockwork.whole(limits_on(self._policies, *key))
        return self._limits[key]


def count(clocks: Collection[Clock], rules: Rules) -> list[Counted]:
    """The deadlines of complaints, many at once."""
    alike: dict[tuple[Any, ...], list[tuple[Clock, dict[str, Any]]]] = defaultdict(list)
    for one in clocks:
        limits = rules.limits(one.domain_id, one.category_id, one.day)
        accept, longest = limit(limits, "accept_working_hours"), handling(limits, urgent=one.urgent)
        alike[one.city_id, accept, longest].append((one, limits))
    lines: dict[int, Line] = {}
    for city_id in {one.city_id for one in clocks}:
        reported = [one.reported for one in clocks if one.city_id == city_id]
        lines[city_id] = line_over(rules.calendars[city_id], reported)
    found: list[Counted] = []
    for (city_id, accept, longest), some in alike.items():
        starts = np.array([one.reported for one, _ in some], dtype=np.int64)
        line, calendar = lines[city_id], rules.calendars[city_id]
        first = None if accept is None else line.after(starts, timedelta(hours=accept))
        last = None if longest is None else _handled(line, starts, *longest)
        for n, (one, limits) in enumerate(some):
            pair = tuple(None if x is None else int(x[n]) for x in (first, last))
            if BEYOND in pair:
                pair = _slowly(one, limits, calendar)
            elif one.pauses:
                pair = _paused(one, limits, calendar, pair)
            basis = next_of(limits, urgent=one.urgent, accepted=one.accepted) if one.open else None
            by = None if basis is None else pair[0] if basis == "accept" else pair[1]
            found.append(Counted(one.key, pair[0], pair[1], by))
    return found


def _handled(line: Line, starts: Instants, length: float, in_days: bool) -> Instants:
    if in_days:
        return line.day_ends(starts, int(length))
    return line.after(starts, timedelta(hours=length))


def _paused(
    one: Clock, limits: dict[str, Any], calendar: CityCalendar, pair: tuple[int | None, ...]
) -> tuple[int | None, ...]:
    still, start = stopped(limits, one.pauses, calendar), instant(one.reported)
    later = (x if x is None else moved(instant(x), start, still, calendar) for x in pair)
    return tuple(x if x is None else micros(x) for x in later)


def _slowly(one: Clock, limits: dict[str, Any], calendar: CityCalendar) -> tuple[int | None, ...]:
    """What is due after the line's end; nothing where no calendar has so much working time."""
    try:
        found = due(limits, instant(one.reported), calendar, urgent=one.urgent, pauses=one.pauses)
    except ValueError:
        return None, None
    return tuple(x if x is None else micros(x) for x in found)


def count_stale(engine: Engine, holidays: Holidays, most: int = BATCH) -> int:
    """Count all that is stale, in batches; returns how many rows. Raises `MappingError` where the
    calendar of a city cannot be read."""
    done = 0
    while True:
        with engine.begin() as connection:
            some = count_some(connection, holidays, most)
        done += some
        if some < most:
            return done


def count_some(connection: Connection, holidays: Holidays, most: int = BATCH) -> int:
    """Count at most so many, in the caller's transaction; returns how many."""
    calendars = clockwork.calendars(connection, holidays)
    rows = connection.execute(
        sql("geo", "stale_work"), {"cities": list(calendars), "most": most}
    ).all()
    if not rows:
        return 0
    clocks = [
        Clock(
            row.complaint_id, row.city_id, row.domain_id, row.category_id, row.urgent,
            row.accepted, row.status <= 3, row.reported, row.day,
            clockwork.pauses_of(row.pauses) if row.pauses else (),
        )
        for row in rows
    ]  # fmt: skip
    found = count(clocks, Rules(calendars, clockwork.policies(connection)))
    connection.execute(
        sql("geo", "counted_work"),
        {
            "ids": [one.key for one in found],
            "accept": [one.accept for one in found],
            "handle": [one.handle for one in found],
            "due": [one.due for one in found],
        },
    )
    return len(found)
