"""Figures of the work against a plain count of a planted history, as officials of areas see it."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pytest
from officials import Person, official, service_engine
from scipy import stats
from sqlalchemy import Connection, Engine, select, text, update
from work_history import plant

from geo import asking, clockwork
from geo.bbox import BBox
from geo.deadlines import stopped
from geo.due_pass import Rules
from geo.filters import City, Filter
from geo.measured import Asked, By
from geo.performance import Performance, performance, share_in_time
from geo.public_holidays import public_holidays
from geo.reporting_frames import frames
from geo.schema import account, area, city, rating, work, work_pause
from geo.working_time import working_between

NOW = datetime(2026, 10, 28, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)


class History(NamedTuple):
    owner: Engine
    service: Engine
    people: list[Person]
    rows: list[Any]
    pauses: dict[Any, list[Any]]
    ratings: list[Any]
    units: dict[int | None, str]
    rules: Rules
    city: City


@pytest.fixture(scope="module")
def history(module_hanoi: Engine) -> Iterator[History]:
    people = [official(module_hanoi, "officer") for _ in range(3)]
    with module_hanoi.begin() as connection:
        for one, unit in zip(people, ("Đội 1", "Đội 1", None), strict=True):
            connection.execute(update(account).where(account.c.id == one.id).values(unit=unit))
    plant(module_hanoi, NOW, 3, [one.id for one in people])
    service = service_engine(module_hanoi)
    with module_hanoi.connect() as connection:
        rows = connection.execute(select(work)).all()
        pauses: dict[Any, list[Any]] = {}
        for one in connection.execute(select(work_pause).order_by(work_pause.c.since)):
            pauses.setdefault(one.complaint_id, []).append(one)
        ratings = connection.execute(select(rating)).all()
        rules = Rules(clockwork.calendars(connection, public_holidays),
                      clockwork.policies(connection))  # fmt: skip
        own = connection.execute(select(city)).one()
        units: dict[int | None, str] = {
            row.id: row.unit or "" for row in connection.execute(select(account))
        }
    limits = BBox(own.west, own.south, own.east, own.north)
    zone = rules.calendars[own.id].zone
    where = City(own.id, own.code, zone, limits)
    yield History(module_hanoi, service, people, list(rows), pauses, list(ratings), units, rules,
                  where)  # fmt: skip
    service.dispose()


def seen_by(history: History, who: Person, by: By | None = None, **own: Any) -> Performance:
    with history.service.connect() as connection:
        asking.show(connection, who.token)
        ids = _wards(connection) if by == "area" else ()
        question = Filter((history.city,), **own)
        days = (date(2026, 8, 1), date(2026, 11, 1))
        return performance(connection, Asked(question, NOW, by, ids), history.rules, days)


def _wards(connection: Connection) -> tuple[int, ...]:
    return tuple(connection.execute(select(area.c.id)).scalars().all())


def counted(rows: list[Any]) -> dict[str, int]:
    """What each measure means, said once more and otherwise."""
    closed = [one for one in rows if one.status in (4, 5)]
    is_open = [one for one in rows if one.status in (1, 2, 3)]
    limited = [one for one in closed if one.handle_due_at]
    late = [one for one in limited if one.finished_at > one.handle_due_at]
    due = [one for one in rows if one.status <= 5 and one.handle_due_at and one.handle_due_at < NOW]
    promised = [one for one in rows if one.accept_due_at]
    on_time = [one for one in promised if one.reacted_at and one.reacted_at <= one.accept_due_at]
    waits = [one for one in promised if not one.reacted_at
             and (one.status > 3 or one.accept_due_at >= NOW)]  # fmt: skip
    return {
        "received": len(rows),
        "open": len(is_open),
        "closed": len(closed),
        "ended": len(rows) - len(closed) - len(is_open),
        "overdue": sum(1 for one in is_open if one.due_at and one.due_at < NOW),
        "in_time": len(limited) - len(late),
        "late": len(late),
        "kept": len(limited) - len(late),
        "missed": len([one for one in due if not in_time(one)]),
        "missed_handed": len([one for one in due if not in_time(one) and one.arrived_at]),
        "unreacted": sum(1 for one in is_open if not one.reacted_at),
        "reacted_in_time": len(on_time),
        "reacted_late": len(promised) - len(on_time) - len(waits),
        "refused": sum(1 for one in rows if one.status == 5),
        "reopened": sum(1 for one in rows if one.reopened),
        "handed_in": sum(1 for one in rows if one.arrived_at),
        "stood": sum(1 for one in rows if one.pauses),
    }


def in_time(row: Any) -> bool:
    return row.status > 3 and bool(row.finished_at <= row.handle_due_at)


def slowly(history: History, row: Any, begin: datetime, end: datetime) -> float:
    """Working hours between two instants without what stopped the clock, one complaint alone."""
    calendar = history.rules.calendars[row.city_id]
    if end <= begin:
        return 0.0
    total = working_between(begin, end, calendar)
    limits = history.rules.limits(row.domain_id, row.category_id, calendar.day_of(row.reported_at))
    for since, until in stopped(limits, history.pauses.get(row.complaint_id, []), calendar):
        first, last = max(since, begin), min(until or NOW, end)
        if first < last:
            total -= working_between(first, last, calendar)
    return max(total, timedelta()) / HOUR


def median_of(hours: list[float], done: list[bool]) -> float | None:
    """The first time by which half are over, by SciPy's curve."""
    times, over = np.array(hours), np.array(done, dtype=bool)
    known = stats.ecdf(stats.CensoredData(uncensored=times[over], right=times[~over])).sf
    below = known.quantiles[known.probabilities <= 0.5 + 1e-9]
    return float(below[0]) if len(below) else None


def test_counts_and_times_of_all_are_those_of_a_plain_count(history: History) -> None:
    found = seen_by(history, official(history.owner, "supervisor")).whole
    expected = counted(history.rows)
    assert {name: found.n[name] for name in expected} == expected
    assert min(expected[name] for name in ("late", "kept", "missed_handed", "overdue")) > 3
    told = [one for one in history.rows if one.status <= 5]
    ends = [one.finished_at if one.status > 3 else NOW for one in told]
    done = [one.status > 3 for one in told]
    calendar = [(end - one.reported_at) / HOUR for one, end in zip(told, ends, strict=True)]
    came = [max(one.reported_at, one.arrived_at or one.reported_at) for one in told]
    working = [slowly(history, *three) for three in zip(told, came, ends, strict=True)]
    for clock, hours in (("calendar", calendar), ("working", working)):
        times = found.closing[clock]
        assert (times.n, times.done) == (len(told), sum(done))
        assert times.median.value == pytest.approx(median_of(hours, done), abs=1e-6)
    react = [one for one in told if one.status <= 3 or one.reacted_at]
    hours = [((one.reacted_at or NOW) - one.reported_at) / HOUR for one in react]
    answered = [one.reacted_at is not None for one in react]
    first = found.reaction["calendar"]
    ended = [one for one in history.rows if one.status > 5 and one.reacted_at]
    hours += [(one.reacted_at - one.reported_at) / HOUR for one in ended]
    answered += [True] * len(ended)
    assert first.median.value == pytest.approx(median_of(hours, answered), abs=1e-6)


def test_closings_are_counted_by_the_day_they_were_closed(history: History) -> None:
    who = official(history.owner, "supervisor")
    since, until = datetime(2026, 9, 7, tzinfo=UTC), datetime(2026, 10, 5, tzinfo=UTC)
    found = seen_by(history, who, since=since, until=until).whole
    came = [one for one in history.rows if since <= one.reported_at < until]
    closed = [one for one in history.rows
              if one.status in (4, 5) and since <= one.finished_at < until]  # fmt: skip
    assert {one.complaint_id for one in closed} - {one.complaint_id for one in came}
    expected = counted(came) | {
        name: n for name, n in counted(closed).items() if name in ("closed", "refused", "in_time")
    }
    # What still lies open beyond a limit of these days is missed on them.
    lies = [one for one in history.rows if one.status <= 3 and one.handle_due_at
            and since <= one.handle_due_at < until]  # fmt: skip
    expected |= {"late": counted(closed)["late"], "kept": expected["in_time"]}
    expected |= {"missed": expected["late"] + len(lies)}
    del expected["missed_handed"]
    assert {name: found.n[name] for name in expected} == expected
    # Times stay those of what was reported: what lies open is in them.
    assert found.closing["calendar"].done == counted(came)["closed"]
    weeks = seen_by(history, who, "week").rows
    zone = history.city.zone
    for row in weeks:
        assert row.frame is not None
        first, last = row.frame.since, row.frame.until
        days = [one.finished_at.astimezone(zone).date() for one in history.rows
                if one.status in (4, 5)]  # fmt: skip
        assert row.figures.n["closed"] == sum(1 for day in days if first <= day < last)
        came_on = [one.reported_at.astimezone(zone).date() for one in history.rows]
        assert row.figures.n["received"] == sum(1 for day in came_on if first <= day < last)


def test_a_reaction_before_it_came_here_is_not_this_offices(history: History) -> None:
    found = seen_by(history, official(history.owner, "supervisor")).whole.reaction
    others = [one for one in history.rows
              if one.reacted_at and one.arrived_at and one.reacted_at < one.arrived_at]  # fmt: skip
    assert others
    assert found["calendar"].n - found["working"].n == len(others)


def test_satisfaction_and_hand_overs_are_those_of_the_rows(history: History) -> None:
    found = seen_by(history, official(history.owner, "supervisor")).whole
    verdicts = [one.verdict for one in history.ratings]
    assert found.satisfaction.rated == len(verdicts)
    assert found.satisfaction.satisfied == verdicts.count("satisfied")
    assert found.n["handed_out"] == sum(1 for one in history.rows if one.handed_from)
    of_n = share_in_time(found.n)
    assert of_n is not None
    assert of_n[1] < of_n[0] < of_n[2]


@pytest.mark.parametrize("by", ["area", "domain", "unit", "week", "month", "quarter", "person"])
def test_rows_are_the_parts_of_the_whole(history: History, by: By) -> None:
    found = seen_by(history, official(history.owner, "supervisor"), by)
    assert found.whole.n["received"] == len(history.rows)
    # Handed over from two areas it is one of each.
    for name in set(found.whole.n) - {"handed_out"}:
        assert sum(one.figures.n[name] for one in found.rows) == found.whole.n[name], name
    keys: dict[str, Any] = {
        "area": lambda one: one.area_id or 0,
        "domain": lambda one: one.domain_id,
        "person": lambda one: by_whom(one) or 0,
        "unit": lambda one: history.units.get(by_whom(one), ""),
    }
    if by in keys:
        groups: dict[Any, list[Any]] = {}
        for row in history.rows:
            groups.setdefault(keys[by](row), []).append(row)
        rows = {one.key: one.figures for one in found.rows if one.figures.n["received"]}
        assert set(rows) == set(groups)
        for key, some in groups.items():
            expected = counted(some)
            assert {name: rows[key].n[name] for name in expected} == expected
    else:
        assert [one.frame for one in found.rows] == frames(date(2026, 8, 1), date(2026, 11, 1), by)


def by_whom(row: Any) -> int | None:
    closer: int | None = row.closed_by if row.status in (4, 5) else None
    return closer or row.assignee_id


def test_officials_count_what_their_areas_handle_and_nobody_elses(history: History) -> None:
    with history.owner.connect() as connection:
        sets = connection.execute(
            text("SELECT a.id, s.code || ':' || a.code AS code FROM area a"
                 " JOIN area_set s ON s.id = a.set_id")
        )  # fmt: skip
        codes = {row.id: row.code for row in sets}
    sizes: dict[int, int] = {}
    for row in history.rows:
        sizes[row.area_id] = sizes.get(row.area_id, 0) + 1
    ward = max((key for key in sizes if key), key=lambda key: sizes[key])
    own = [one for one in history.rows if ward in one.handler_ids]
    for role in ("viewer", "officer", "supervisor", "planner"):
        found = seen_by(history, official(history.owner, role, areas=[codes[ward]])).whole
        assert found.n["received"] == len(own)
        # Who plans counts, and sees no single one.
        assert ("received" in found.linked) == (role != "planner")
        given = {one.complaint_id for one in history.rows if ward in one.handed_from}
        assert found.n["handed_out"] == len(given)
    admin = seen_by(history, official(history.owner, "admin")).whole
    assert admin.n["received"] == 0


def test_figures_of_people_are_of_areas_that_are_supervised(history: History) -> None:
    assert seen_by(history, official(history.owner, "officer"), "person").rows == []
    assert seen_by(history, official(history.owner, "planner"), "person").rows == []


def test_the_database_keeps_when_it_was_first_reacted_to_and_who_closed_it(
    history: History,
) -> None:
    who = history.people[0]
    with history.owner.connect() as connection:
        asking.show(connection, who.token)
        row = connection.execute(
            select(work).where(work.c.status == 1, work.c.reacted_at.is_(None)).limit(1)
        ).one()
        mine = {"id": row.complaint_id}
        for status in (2, 4, 3):
            connection.execute(
                text("UPDATE complaint SET status = :status, closed_at = CASE WHEN :status > 3"
                     " THEN now() END WHERE id = :id"),
                mine | {"status": status},
            )  # fmt: skip
        again = connection.execute(
            select(work).where(work.c.complaint_id == row.complaint_id)
        ).one()
        assert again.reacted_at is not None
        assert (again.closed_by, again.reopened) == (who.id, row.reopened + 1)
        connection.execute(
            text("SELECT work_handed_over(:id, (SELECT min(id) FROM area WHERE id <> :area))"),
            mine | {"area": row.area_id or 0},
        )
        handed = connection.execute(
            select(work).where(work.c.complaint_id == row.complaint_id)
        ).one()
        assert handed.arrived_at is not None
        assert handed.handed_from[-1] == row.area_id
