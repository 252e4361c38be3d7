"""Changing calendars and policies: what a change would move, and the change itself, with a reason.

Nothing is overwritten: a change is a version valid from a day. Calendars: the days from then on are
others. Policies: what is reported from then on has other limits.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert

from geo import audit, clockwork
from geo.calendars import CityCalendar, Holidays
from geo.calendars import Version as CalendarVersion
from geo.deadlines import handling
from geo.due_pass import Clock, Rules, count
from geo.duelines import instant, micros
from geo.errors import BadFilterError, NotFoundError
from geo.escalation import Reminding
from geo.policies import Version as PolicyVersion
from geo.policies import checked_policy
from geo.schema import (
    account,
    calendar_version,
    category,
    city,
    domain,
    policy_version,
    reminder_setting,
)
from geo.working_time import WorkingTime

SHOWN: Final = 10
FIRST_DAY: Final = date(1970, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
HOUR_US: Final = 3_600_000_000
# Those that were reported on one day have the same limits.
_BY_DAY: Final = """
SELECT w.domain_id, w.category_id, w.urgent, count(*) AS n,
       (w.reported_at AT TIME ZONE c.timezone)::date AS day
  FROM work_clocks() w JOIN city c ON c.id = w.city_id
 GROUP BY w.domain_id, w.category_id, w.urgent, day
"""


class NewCalendar(NamedTuple):
    city: str
    valid_from: date
    working_time: Mapping[str, Any]


class NewPolicy(NamedTuple):
    """Of a category or a domain, by code; of neither: of all."""

    valid_from: date
    limits: Mapping[str, Any]
    domain: str | None = None
    category: str | None = None


def moves(
    connection: Connection, change: NewCalendar | NewPolicy, holidays: Holidays
) -> dict[str, Any]:
    """How many open complaints a change moves, by how much, and the first ten."""
    calendars = clockwork.calendars(connection, holidays)
    policies = clockwork.policies(connection)
    before = Rules(calendars, policies)
    if isinstance(change, NewCalendar):
        of = _city(connection, change)
        changed = _changed(connection, of, change, holidays)
        after = Rules({**calendars, of.id: changed}, policies)
    else:
        domain_id, category_id = _scope(connection, change)
        new = PolicyVersion(
            _day(change.valid_from), checked_policy(change.limits), domain_id, category_id
        )
        after = Rules(calendars, [*policies, new])
    clocks = _open(connection, calendars)
    was = {one.key: one.due for one in count(clocks, before)}
    found = [(one.key, was[one.key], one.due) for one in count(clocks, after)]
    moved = sorted(
        (one for one in found if one[1] != one[2]), key=lambda one: (one[1] or 0, str(one[0]))
    )
    shifts = np.array([b - a for _, a, b in moved if a is not None and b is not None])
    return {
        "open": len(clocks),
        "moved": len(moved),
        "later": int((shifts > 0).sum()),
        "earlier": int((shifts < 0).sum()),
        "median_hours": round(float(np.median(shifts)) / HOUR_US, 1) if shifts.size else None,
        "most_hours": round(float(shifts[np.abs(shifts).argmax()]) / HOUR_US, 1)
        if shifts.size
        else None,
        "first": [
            {"code": code, "before": a and instant(a), "after": b and instant(b)}
            for code, a, b in moved[:SHOWN]
        ],
    }


def _open(connection: Connection, calendars: Mapping[int, CityCalendar]) -> list[Clock]:
    return [
        Clock(
            row.code, row.city_id, row.domain_id, row.category_id, row.urgent,
            row.accepted_at is not None, True, micros(row.reported_at),
            calendars[row.city_id].day_of(row.reported_at), clockwork.pauses_of(row.pauses),
        )
        for row in connection.execute(text("SELECT * FROM work_clocks()"))
    ]  # fmt: skip


def set_calendar(
    connection: Connection,
    change: NewCalendar,
    reason: str,
    holidays: Holidays,
    account_id: int | None = None,
    actor: str = "system",
) -> int:
    """Add a version of a city's calendar; returns its number. All that it moves is counted anew."""
    of, why = _city(connection, change), _reason(reason)
    # Wrong hours and unknown holidays are refused, not stored.
    _changed(connection, of, change, holidays).works(change.valid_from)
    values = {
        "city_id": of.id, "valid_from": _day(change.valid_from), "reason": why,
        "working_time": dict(change.working_time), "account_id": account_id,
    }  # fmt: skip
    made = insert(calendar_version).values(values).returning(calendar_version.c.id)
    number = int(connection.execute(made).scalar_one())
    audit.append(
        connection, "calendar", change.city, actor=actor,
        version=number, valid_from=change.valid_from.isoformat(), reason=why,
    )  # fmt: skip
    return number


def set_policy(
    connection: Connection,
    change: NewPolicy,
    reason: str,
    account_id: int | None = None,
    actor: str = "system",
) -> int:
    """Add a version of a policy; returns its number. All that it moves is counted anew."""
    why, (domain_id, category_id) = _reason(reason), _scope(connection, change)
    values = {
        "domain_id": domain_id, "category_id": category_id, "reason": why,
        "valid_from": _day(change.valid_from), "limits": checked_policy(change.limits),
        "account_id": account_id,
    }  # fmt: skip
    made = insert(policy_version).values(values).returning(policy_version.c.id)
    number = int(connection.execute(made).scalar_one())
    audit.append(
        connection, "policy", change.category or change.domain or "*", actor=actor,
        version=number, valid_from=change.valid_from.isoformat(), reason=why,
        limits=values["limits"],
    )  # fmt: skip
    return number


def set_reminders(connection: Connection, code: str, given: Mapping[str, Any]) -> Reminding:
    """Change when a city's officials are reminded and escalated to."""
    of = _city(connection, NewCalendar(code, FIRST_DAY, {}))
    found = Reminding.parse(given)
    stored = {"setting": found._asdict()}
    connection.execute(
        upsert(reminder_setting)
        .values(city_id=of.id, **stored)
        .on_conflict_do_update(index_elements=["city_id"], set_=stored)
    )
    audit.append(connection, "setting", f"reminders:{code}", **found._asdict())
    return found


def calendar_versions(connection: Connection, code: str) -> list[dict[str, Any]]:
    """Of a city, the newest first; the last is what held before all."""
    of = _city(connection, NewCalendar(code, FIRST_DAY, {}))
    rows = connection.execute(
        select(calendar_version, account.c.full_name)
        .outerjoin(account, account.c.id == calendar_version.c.account_id)
        .where(calendar_version.c.city_id == of.id)
        .order_by(calendar_version.c.valid_from.desc(), calendar_version.c.id.desc())
    )
    found = [
        {
            "id": row.id, "valid_from": row.valid_from, "working_time": row.working_time,
            "reason": row.reason, "who": row.full_name, "created_at": row.created_at,
        }
        for row in rows
    ]  # fmt: skip
    first = {"id": 0, "valid_from": None, "working_time": of.working_time, "reason": None}
    # Whoever changes the hours begins with those that hold, though nothing was ever set.
    return [
        {**one, "week": WorkingTime.parse(one["working_time"], of.timezone).hours()}
        for one in (*found, {**first, "who": None, "created_at": None})
    ]


def policy_versions(connection: Connection) -> list[dict[str, Any]]:
    """All that were made, the newest first; before them holds what the categories say."""
    rows = connection.execute(
        select(
            policy_version,
            account.c.full_name,
            domain.c.code.label("domain"),
            category.c.code.label("category"),
        )
        .outerjoin(account, account.c.id == policy_version.c.account_id)
        .outerjoin(domain, domain.c.id == policy_version.c.domain_id)
        .outerjoin(category, category.c.id == policy_version.c.category_id)
        .order_by(policy_version.c.valid_from.desc(), policy_version.c.id.desc())
    )
    return [
        {
            "id": row.id, "domain": row.domain, "category": row.category,
            "valid_from": row.valid_from, "limits": row.limits, "reason": row.reason,
            "who": row.full_name, "created_at": row.created_at,
        }
        for row in rows
    ]  # fmt: skip


def policies_on(connection: Connection, day: date) -> list[dict[str, Any]]:
    """The limits of each category for what is reported on a day, and what is open without any."""
    rules = Rules({}, clockwork.policies(connection))
    without: Counter[int] = Counter()
    first: dict[int, date] = {}
    for row in connection.execute(text(_BY_DAY)):
        if handling(rules.limits(row.domain_id, row.category_id, row.day), urgent=row.urgent):
            continue
        without[row.category_id] += row.n
        first[row.category_id] = min(first.get(row.category_id, row.day), row.day)
    rows = connection.execute(
        select(
            category,
            domain.c.code.label("domain"),
            domain.c.name_vi.label("domain_vi"),
            domain.c.name_en.label("domain_en"),
        )
        .join(domain, domain.c.id == category.c.domain_id)
        .order_by(domain.c.position, category.c.position)
    )
    return [
        {
            "domain": row.domain, "category": row.code, "vi": row.name_vi, "en": row.name_en,
            "domain_vi": row.domain_vi, "domain_en": row.domain_en,
            "limits": rules.limits(row.domain_id, row.id, day),
            "open_without": without[row.id], "first_without": first.get(row.id),
        }
        for row in rows
    ]  # fmt: skip


def _city(connection: Connection, change: NewCalendar) -> Any:
    row = connection.execute(select(city).where(city.c.code == change.city)).one_or_none()
    if row is None:
        raise NotFoundError(f"no city {change.city!r} / không có thành phố này")
    return row


def _changed(
    connection: Connection, of: Any, change: NewCalendar, holidays: Holidays
) -> CityCalendar:
    WorkingTime.parse(change.working_time, of.timezone)
    stored: Sequence[Any] = connection.execute(
        select(calendar_version.c.valid_from, calendar_version.c.working_time)
        .where(calendar_version.c.city_id == of.id)
        .order_by(calendar_version.c.id)
    ).all()
    new = CalendarVersion(_day(change.valid_from), change.working_time)
    later = [*(CalendarVersion(*row) for row in stored), new]
    return CityCalendar.of(of.working_time, later, of.timezone, holidays)


def _scope(connection: Connection, change: NewPolicy) -> tuple[int | None, int | None]:
    if change.domain is not None and change.category is not None:
        raise BadFilterError("category", "a policy is of a domain or of a category, not of both")
    found: list[int | None] = []
    for table, code in ((domain, change.domain), (category, change.category)):
        asked = select(table.c.id).where(table.c.code == code)
        number = None if code is None else connection.execute(asked).scalar_one_or_none()
        if code is not None and number is None:
            raise NotFoundError(f"no {table.name} {code!r} / không có mã này")
        found.append(number)
    return found[0], found[1]


def _day(day: date) -> date:
    if not FIRST_DAY <= day <= LAST_DAY:
        raise BadFilterError("valid_from", f"from {FIRST_DAY} to {LAST_DAY}")
    return day


def _reason(reason: str) -> str:
    why = reason.strip()
    if not 3 <= len(why) <= 500:
        raise BadFilterError(
            "reason", "say why in 3 to 500 letters / hãy nêu lý do, từ 3 đến 500 ký tự"
        )
    return why
