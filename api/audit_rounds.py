"""What the worker does with the audit log: looks for unusual acts, notes its head each day."""

from datetime import UTC, datetime

import structlog
from sqlalchemy import Connection, Engine

from api import anchors
from api.alert_letters import tell_alerts, tell_anchor
from api.due_rounds import known_holidays
from api.settings import Settings
from geo import audit, clockwork, instance_settings, unusual
from geo.calendars import CityCalendar
from geo.errors import PhananhError
from geo.instance_settings import Alerts, Anchors
from geo.public_holidays import Year

log = structlog.get_logger()


def look(engine: Engine, settings: Settings) -> int:
    """Find what is unusual among the newest entries, and tell admins; returns how many alerts."""
    with engine.begin() as connection:
        limits = instance_settings.read(connection, Alerts)
        found = unusual.watch(connection, _calendars(connection), limits)
        for one in found:
            # Whoever reads logs only is told too; names of accounts, never of citizens.
            log.warning("unusual_act", kind=one.kind, account=one.actor, alert=one.id)
        if found and limits.mail:
            tell_alerts(connection, found, settings.base_url)
    return len(found)


def _calendars(connection: Connection) -> list[CityCalendar]:
    try:
        own = list(clockwork.calendars(connection, known_holidays).values())
        for one in own:
            one.works(one.day_of(datetime.now(UTC)))
    except PhananhError:
        # Without holidays a few more acts look as if they were in working time: better than no
        # look at all.
        none = Year(frozenset(), frozenset())
        own = list(clockwork.calendars(connection, lambda code, year: none).values())
    return own


def anchor(engine: Engine, settings: Settings, now: datetime) -> bool:
    """Note the head of the day, once: in `var`, in the process's log, and by mail if wished."""
    day = now.astimezone(UTC).date()
    with engine.begin() as connection:
        end = audit.end(connection)
        if end.id == 0 or not anchors.write(settings, day, end):
            return False
        log.info("audit_anchor", day=str(day), entry=end.id, head=end.head)
        if instance_settings.read(connection, Anchors).mail:
            tell_anchor(connection, str(day), end, settings.base_url)
    return True
