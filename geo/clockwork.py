"""What deadlines are counted by, as it is stored: calendars, policies and pauses of a row."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from geo.calendars import CityCalendar, Holidays
from geo.calendars import Version as CalendarVersion
from geo.deadlines import Pause
from geo.policies import STOPS, limits_on
from geo.policies import Version as PolicyVersion
from geo.schema import calendar_version, category, city, policy_version


def calendar_of(row: Row[Any], holidays: Holidays) -> CityCalendar:
    """Of a row of `outcome.sql`. Raises `MappingError` where what is stored cannot be read."""
    later = [CalendarVersion(date.fromisoformat(day), stored) for day, stored in row.calendars]
    return CityCalendar.of(row.working_time, later, row.timezone, holidays)


def limits_of(row: Row[Any], category_id: int, day: date) -> dict[str, Any]:
    """Of a row of `outcome.sql`, for what was reported on a local day."""
    later = [PolicyVersion(date.fromisoformat(since), *rest) for since, *rest in row.policies]
    first = PolicyVersion(date.min, row.deadline, None, category_id)
    return whole(limits_on([first, *later], row.domain_id, category_id, day))


def whole(limits: dict[str, Any]) -> dict[str, Any]:
    """With what stops the clock where no policy says it."""
    return {"stops": dict(STOPS)} | limits


def pauses_of(stored: Sequence[Any]) -> list[Pause]:
    """As `work_pauses` gives them."""
    return [
        Pause(datetime.fromisoformat(since), until and datetime.fromisoformat(until), reason)
        for since, until, reason in stored
    ]


def calendars(connection: Connection, holidays: Holidays) -> dict[int, CityCalendar]:
    """Every city's; raises `MappingError` where what is stored cannot be read."""
    later: dict[int, list[CalendarVersion]] = {}
    for row in connection.execute(select(calendar_version).order_by(calendar_version.c.id)):
        version = CalendarVersion(row.valid_from, row.working_time)
        later.setdefault(row.city_id, []).append(version)
    rows = connection.execute(select(city.c.id, city.c.timezone, city.c.working_time))
    return {
        row.id: CityCalendar.of(row.working_time, later.get(row.id, []), row.timezone, holidays)
        for row in rows
    }


def policies(connection: Connection) -> list[PolicyVersion]:
    """All versions; a category's own of before are its first."""
    first = connection.execute(select(category.c.id, category.c.deadline).order_by(category.c.id))
    later = connection.execute(select(policy_version).order_by(policy_version.c.id))
    return [PolicyVersion(date.min, row.deadline, None, row.id) for row in first] + [
        PolicyVersion(row.valid_from, row.limits, row.domain_id, row.category_id) for row in later
    ]
