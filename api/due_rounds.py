"""Deadlines as they are to be counted: within a second or two of a change, in the worker."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy import Connection, Engine, insert, text
from sqlalchemy.exc import SQLAlchemyError

from api.due_letters import letter_of
from api.holidays_beside import NONE, holidays_of
from api.settings import Settings
from geo import clockwork, escalation
from geo.due_pass import count_stale
from geo.errors import PhananhError
from geo.public_holidays import Year
from geo.schema import mail

log = structlog.get_logger()
# What a lost notice would have told is looked for so often.
LOOK_S: Final = 20.0


class HolidaysUnknownError(PhananhError):
    """Nobody could be asked for the holidays: what they change is not counted wrongly instead."""


def known_holidays(country: str, year: int) -> Year:
    """As `holidays_of`; raises `HolidaysUnknownError` where there is no answer."""
    found = holidays_of(country, year)
    if found is NONE:
        raise HolidaysUnknownError(f"the holidays of {country} in {year} are not known now")
    return found


def count_due(engine: Engine) -> int:
    """Count all that is stale; returns how many. What cannot be counted stays stale."""
    begun = datetime.now(UTC)
    try:
        done = count_stale(engine, known_holidays)
    except PhananhError as error:
        log.error("deadlines_not_counted", error=type(error).__name__)
        return 0
    if done > 1000:
        seconds = (datetime.now(UTC) - begun).total_seconds()
        log.info("deadlines_counted", n=done, seconds=round(seconds, 1))
    return done


def remind(engine: Engine, settings: Settings, now: datetime) -> int:
    """Remind and escalate; returns how many letters were written. Each is told once, however many
    rounds are made at once: what is taken is taken in the transaction that writes the letters."""
    written = 0
    with engine.begin() as connection:
        for city_id, calendar in clockwork.calendars(connection, known_holidays).items():
            setting = escalation.setting_of(connection, city_id)
            for told in escalation.tell(connection, city_id, calendar, setting, now):
                written += _put(connection, told, settings, now)
    return written


def _put(connection: Connection, told: escalation.Told, settings: Settings, now: datetime) -> bool:
    if told.email is None:
        return False
    values = letter_of(told, settings.base_url, now)
    connection.execute(insert(mail).values(values))
    return True


class DueKeeper:
    """A thread that hears of stale deadlines and counts them; several do no harm.

    With another `channel` it hears of something else, and does that.
    """

    def __init__(
        self,
        engine: Engine,
        channel: str = "work_stale",
        act: Callable[[Engine], object] = count_due,
    ) -> None:
        self._engine, self._channel, self._act = engine, channel, act
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name=channel, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def _run(self) -> None:
        wait = 0.5
        while not self._stop.is_set():
            try:
                self._listen()
                wait = 0.5
            except SQLAlchemyError as error:
                log.warning("deadlines_interrupted", error=type(error).__name__)
            except Exception as error:
                log.error("deadlines_interrupted", exc_info=error)
            self._stop.wait(wait)
            wait = min(wait * 2, 30.0)

    def _listen(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text(f"LISTEN {self._channel}"))
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection that is open has one
            try:
                while not self._stop.is_set():
                    self._act(self._engine)
                    waited = 0.0
                    while waited < LOOK_S and not self._stop.is_set():
                        if list(driver.notifies(timeout=0.5, stop_after=1)):
                            break
                        waited += 0.5
                    connection.execute(text("SELECT 1"))
            finally:
                connection.invalidate()
