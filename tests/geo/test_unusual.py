"""Unusual acts: planted ones are all found, ordinary weeks give next to no alarm."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, insert, select, text

from geo.calendars import CityCalendar
from geo.instance_settings import Alerts
from geo.public_holidays import Year
from geo.schema import audit, audit_alert
from geo.unusual import watch

ZONE = "Asia/Ho_Chi_Minh"
HOURS = {"hours": {d: ["08:00-12:00", "13:00-17:00"] for d in ("mon", "tue", "wed", "thu", "fri")}}
CALENDAR = CityCalendar.of(HOURS, [], ZONE, lambda code, year: Year(frozenset(), frozenset()))
MONDAY = datetime(2026, 9, 7, tzinfo=UTC)
Entry = dict[str, Any]


class Log:
    """The log, with entries put in at chosen times."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.last = connection.execute(text("SELECT coalesce(max(id), 0) FROM audit")).scalar_one()
        connection.execute(text("UPDATE audit_watched SET entry = :id"), {"id": self.last})

    def put(self, entries: list[Entry]) -> None:
        rows = sorted(entries, key=lambda one: one["at"])
        for row in rows:
            self.last += 1
            row |= {"id": self.last, "hash": b"", "details": row.get("details", {})}
        if rows:
            self.connection.execute(insert(audit), rows)

    def alerts(self, limits: Alerts | None = None) -> list[tuple[str, str]]:
        rows = watch(self.connection, [CALENDAR], limits or Alerts())
        return [(row.kind, row.actor) for row in rows]


@pytest.fixture
def log(engine: Engine) -> Iterator[Log]:
    with engine.begin() as connection:
        yield Log(connection)


def act(who: int, day: int, hour: float, name: str = "look", **details: Any) -> Entry:
    """Of an account on a day since the first Monday, at a local hour."""
    at = MONDAY + timedelta(days=day, hours=hour - 7)
    return {"account_id": who, "actor": f"a{who}", "act": name, "subject": "x", "at": at,
            "details": details}  # fmt: skip


def failed(name: str, day: int, hour: float, **details: Any) -> Entry:
    own = {"account_id": None, "actor": name, "subject": name}
    return act(0, day, hour, "sign-in.failed", **details) | own


def ordinary_day(rng: random.Random, day: int, officials: int) -> list[Entry]:
    """What a working day of an office looks like: busy and quiet people, some overtime, typos."""
    found: list[Entry] = []
    for who in range(1, officials + 1):
        usual = 1 + 3 * (who % 9)
        busy = rng.choice((0.5, 0.8, 1, 1, 1.2, 1.6))
        for _ in range(round(rng.gauss(usual * busy, usual**0.5))):
            late = rng.random() < 0.03
            hour = rng.uniform(17, 20.5) if late else rng.choice(((8, 12), (13, 17)))
            found.append(act(who, day, hour if late else rng.uniform(*hour)))
        if rng.random() < 0.1:
            found += [failed(f"a{who}", day, 8 + n / 60) for n in range(rng.randint(1, 3))]
        if rng.random() < 0.15:
            found.append(act(who, day, rng.uniform(8, 17), "export", rows=rng.randint(5, 1500)))
        if who == 1:
            found += [act(1, day, 15 + n / 10, "row.category") for n in range(rng.randint(0, 5))]
    # A duty on Saturdays and Sundays.
    return found


def test_eight_ordinary_weeks_of_an_office_give_next_to_no_alarm_and_planted_acts_are_all_found(
    log: Log,
) -> None:
    rng, officials, told = random.Random(5), 27, []
    for day in range(56):
        if day % 7 < 5:
            log.put(ordinary_day(rng, day, officials))
        else:
            log.put([act(3, day, rng.uniform(9, 16)) for _ in range(rng.randint(0, 5))])
        told += log.alerts()
    # 27 people for eight weeks: one false alarm at most, in about fifty weeks of a person each.
    assert len(told) <= 1, Counter(told)
    # 7 looks a day are usual for a2, 25 for a8.
    log.put([act(2, 56, 9 + n / 5) for n in range(36)])
    assert log.alerts() == [("looks", "a2")]
    log.put([act(8, 56, 9 + n / 5) for n in range(36)])
    assert log.alerts() == []
    log.put([act(8, 57, 10 + n / 80) for n in range(61)])
    assert log.alerts() == [("looks", "a8")]
    log.put([act(4, 57, 23 + n / 60) for n in range(10)])
    assert log.alerts() == [("hours", "a4")]
    log.put([act(5, 58, 11, "export", rows=5000)])
    assert log.alerts() == [("export", "a5")]
    log.put([act(6, 58, 11 + n / 9, "export", rows=4500) for n in range(5)])
    assert log.alerts() == [("exports", "a6")]


def test_each_is_told_once_and_again_another_day(log: Log) -> None:
    log.put([act(1, 0, 9 + n / 100) for n in range(60)])
    assert log.alerts() == [("looks", "a1")]
    log.put([act(1, 0, 10 + n / 100) for n in range(60)])
    assert log.alerts() == []
    log.put([act(1, 1, 9 + n / 100) for n in range(60)])
    assert log.alerts() == [("looks", "a1")]
    assert log.alerts() == []
    keys = log.connection.execute(select(audit_alert.c.key)).scalars().all()
    assert sorted(keys) == ["looks:a1:2026-09-07", "looks:a1:2026-09-08"]


def test_a_count_goes_on_from_round_to_round(log: Log) -> None:
    told = []
    for n in range(60):
        log.put([act(1, 0, 9 + n / 100)])
        told += log.alerts()
    assert told == [("looks", "a1")]
    for n in range(10):
        log.put([act(2, 0, 22 + n / 100)])
        told += log.alerts()
    assert told[1:] == [("hours", "a2")]


def test_failed_sign_ins_are_counted_by_name_and_by_address(log: Log) -> None:
    log.put([failed("lan", 0, 9 + n / 20) for n in range(8)])
    assert log.alerts() == [("failed-name", "lan")]
    # Slower than the limit of an hour.
    log.put([failed("minh", 0, 9 + n / 6) for n in range(20)])
    assert log.alerts() == []
    # One address tries many names, once each.
    log.put([failed(f"n{n}", 1, 9 + n / 60, **{"from": "ab12"}) for n in range(30)])
    assert log.alerts() == [("failed-address", "ab12")]
    log.put([failed("unknown", 2, 9 + n / 60) for n in range(29)])
    assert log.alerts() == []
    log.put([failed("unknown", 2, 9.6)])
    assert log.alerts() == [("failed-name", "unknown")]


def test_who_asks_for_many_complaints_of_others_is_told_once_an_hour(log: Log) -> None:
    tried = [act(1, 0, 9 + n / 60, "denied", why="not-yours") for n in range(35)]
    # A page that is read anew asks for what has gone to others meanwhile: that is usual.
    few = [act(2, 0, 9 + n / 60, "denied", why="not-yours") for n in range(29)]
    slow = [act(3, 0, 8 + n / 5, "denied", why="no-role") for n in range(40)]
    log.put(tried + few + slow)
    assert log.alerts() == [("denied", "a1")]
    log.put([act(2, 0, 9.6, "denied", why="not-yours")])
    assert log.alerts() == [("denied", "a2")]
    log.put([act(1, 0, 9.7, "denied", why="not-yours")])
    assert log.alerts() == []


def test_an_admin_who_gives_itself_a_role_is_told_at_once(engine: Engine) -> None:
    from officials import official

    from geo import asking

    person, other = official(engine, "admin"), official(engine, "viewer")
    with engine.begin() as connection:
        log = Log(connection)
        asking.show(connection, person.token)
        give = text("INSERT INTO account_role (account_id, role) VALUES (:id, 'supervisor')")
        connection.execute(give, {"id": other.id})
        assert log.alerts() == []
        connection.execute(give, {"id": person.id})
        assert log.alerts() == [("own-role", person.name)]


def test_working_time_is_that_of_the_calendar(log: Log) -> None:
    assert CALENDAR.works(date(2026, 9, 7))
    # Saturday noon, and Monday at seven with the margin of two hours.
    log.put([act(1, 5, 12 + n / 60) for n in range(10)])
    log.put([act(2, 7, 7 + n / 60) for n in range(10)])
    assert log.alerts() == [("hours", "a1")]
    log.put([act(3, 8, 7 + n / 60) for n in range(10)])
    assert log.alerts(Alerts(odd_margin_h=0)) == [("hours", "a3")]
