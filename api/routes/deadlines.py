"""Routes: calendars, policies and reminders, for admins; what a change moves is shown before."""

from datetime import UTC, date, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from api.due_rounds import known_holidays
from geo import clockwork, rule_changes
from geo.calendars import days_of
from geo.errors import NotFoundError
from geo.escalation import setting_of
from geo.rule_changes import NewCalendar, NewPolicy
from geo.schema import city

router = APIRouter(prefix="/api/v1/admin", tags=ADMINS)
Code = Annotated[str, Field(min_length=1, max_length=60)]
CityCode = Annotated[str, Query(alias="city", min_length=1, max_length=60)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class CalendarChange(_Strict):
    """Working time from a local day on; see `docs/deadlines.md`."""

    city: Code = "hanoi"
    valid_from: date
    working_time: dict[str, Any]

    def change(self) -> NewCalendar:
        return NewCalendar(self.city, self.valid_from, self.working_time)


class CalendarOrder(CalendarChange):
    reason: Annotated[str, Field(max_length=500)]


class PolicyChange(_Strict):
    """Limits of a category, a domain or all, for what is reported from a local day on."""

    valid_from: date
    limits: dict[str, Any]
    domain: Code | None = None
    category: Code | None = None

    def change(self) -> NewPolicy:
        return NewPolicy(self.valid_from, self.limits, self.domain, self.category)


class PolicyOrder(PolicyChange):
    reason: Annotated[str, Field(max_length=500)]


class ReminderOrder(_Strict):
    """Working hours before a deadline, and after it for each of three steps."""

    city: Code = "hanoi"
    before: float | None = 2
    after: Annotated[list[float], Field(max_length=3)] = [0, 8, 16]
    quiet: bool = True


def _city_id(db: OfficialDatabase, code: str) -> int:
    number = db.execute(city.select().where(city.c.code == code)).one_or_none()
    if number is None:
        raise NotFoundError(f"no city {code!r} / không có thành phố này")
    return int(number.id)


@router.get("/calendar")
def calendar(
    db: OfficialDatabase,
    who: Admin,
    answer: Response,
    code: CityCode = "hanoi",
    year: Annotated[int | None, Query(ge=1970, le=2199)] = None,
) -> dict[str, Any]:
    """The days of a year, which are free and why, and the versions of the calendar."""
    answer.headers.update(PRIVATE)
    own = clockwork.calendars(db, known_holidays)[_city_id(db, code)]
    asked = year or own.day_of(datetime.now(UTC)).year
    return {
        "city": code,
        "timezone": own.zone.key,
        "year": asked,
        "days": days_of(own, asked),
        "versions": rule_changes.calendar_versions(db, code),
    }


@router.post("/calendar/preview")
def calendar_preview(db: OfficialDatabase, who: Admin, body: CalendarChange) -> dict[str, Any]:
    """What a change would move; nothing is changed."""
    return rule_changes.moves(db, body.change(), known_holidays)


@router.put("/calendar")
def change_calendar(db: OfficialDatabase, who: Admin, body: CalendarOrder) -> dict[str, int]:
    """Make a version that holds from a day on."""
    change = body.change()
    return {"version": rule_changes.set_calendar(db, change, body.reason, known_holidays, who.id)}


@router.get("/policies")
def policies(
    request: Request, db: OfficialDatabase, who: Admin, answer: Response, on: date | None = None
) -> dict[str, Any]:
    """The limits of each category for what is reported on a day, by itself the city's today."""
    answer.headers.update(PRIVATE)
    zone = next((one.zone for one in request.app.state.words.get().cities.values()), UTC)
    day = on or datetime.now(zone).date()
    return {"on": day, "policies": rule_changes.policies_on(db, day)}


@router.get("/policies/history")
def policy_history(db: OfficialDatabase, who: Admin, answer: Response) -> dict[str, Any]:
    """Every version that was made: from when, by whom and why."""
    answer.headers.update(PRIVATE)
    return {"versions": rule_changes.policy_versions(db)}


@router.post("/policies/preview")
def policy_preview(db: OfficialDatabase, who: Admin, body: PolicyChange) -> dict[str, Any]:
    """What a change would move; nothing is changed."""
    return rule_changes.moves(db, body.change(), known_holidays)


@router.post("/policies", status_code=201)
def change_policy(db: OfficialDatabase, who: Admin, body: PolicyOrder) -> dict[str, int]:
    """Make a version that holds for what is reported from a day on."""
    return {"version": rule_changes.set_policy(db, body.change(), body.reason, who.id)}


@router.get("/reminders")
def reminders(
    db: OfficialDatabase, who: Admin, answer: Response, code: CityCode = "hanoi"
) -> dict[str, Any]:
    """When officials are reminded and escalated to, in working hours."""
    answer.headers.update(PRIVATE)
    return setting_of(db, _city_id(db, code))._asdict()


@router.put("/reminders")
def change_reminders(db: OfficialDatabase, who: Admin, body: ReminderOrder) -> dict[str, Any]:
    """Change them; what was told already is not told again."""
    given = body.model_dump(exclude={"city"})
    return rule_changes.set_reminders(db, body.city, given)._asdict()
