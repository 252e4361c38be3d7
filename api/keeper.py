"""What a running server does besides answering: hears of changes, reads codes, knows what waits."""

import threading
import time
from collections.abc import Callable
from typing import Final

import structlog
from prometheus_client import Gauge
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from api.query import Words
from geo.rollup import try_fold
from tiles.version import Clock

log = structlog.get_logger()
PENDING: Final = Gauge("phananh_pending_changes", "Changes not yet folded into stored counts")
# The worker folds a thousand and more within seconds. As much as this says that there is none.
UNATTENDED: Final = 50_000
LISTENING: Final = Gauge("phananh_listening", "1 while changes made by others are heard")


class Keeper:
    """Two threads: one listens to the database, one looks at what waits to be folded.

    Folding is the worker's (`api.folding`). Where none runs, this merges what has become much: that
    needs no look at complaints, of which the service does not see all.
    """

    def __init__(
        self, engine: Engine, clock: Clock, words: Words, *, fold_seconds: float = 10.0
    ) -> None:
        self._engine, self._clock, self._words = engine, clock, words
        self._fold_seconds = fold_seconds
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=self._listen, name="listen", daemon=True),
            threading.Thread(target=self._measure, name="pending", daemon=True),
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=5)

    def _again(self, work: Callable[[], None], event: str) -> None:
        """Run until asked to stop; a database that is away is tried again, ever less often."""
        wait = 0.2
        while not self._stop.is_set():
            begun = time.monotonic()
            try:
                work()
            except SQLAlchemyError as error:
                log.warning(event, error=type(error).__name__)
            except Exception as error:
                log.error(event, exc_info=error)
            wait = 0.2 if time.monotonic() - begun > 5 else min(wait * 2, 5.0)
            self._stop.wait(wait)

    def _listen(self) -> None:
        self._again(self._hear, "listening_interrupted")

    def _hear(self) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("LISTEN complaint"))
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection that is open has one
            # What happened while nobody listened is unknown.
            self._clock.changed(None)
            self._clock.trusted = True
            LISTENING.set(1)
            try:
                while not self._stop.is_set():
                    until = time.monotonic() + 0.5
                    # In short waits: who stops the server does not wait for a whole one.
                    while time.monotonic() < until and not self._stop.is_set():
                        for note in driver.notifies(timeout=0.05):
                            self.heard(note.payload)
                            if self._stop.is_set():
                                break
                    self._words.refresh()
                    # Notices a connection that died without a word.
                    connection.execute(text("SELECT 1"))
            finally:
                self._clock.trusted = False
                LISTENING.set(0)
                connection.invalidate()

    def heard(self, payload: str) -> None:
        """Take in one notice: cells of resolution 6, or '*' for anything."""
        if payload == "*":
            self._clock.changed(None)
            self._words.refresh(force=True)
        else:
            self._clock.changed([int(cell) for cell in payload.split(",") if cell])

    def _measure(self) -> None:
        self._again(self._measure_at_times, "counting_interrupted")

    def _measure_at_times(self) -> None:
        while not self._stop.wait(self._fold_seconds):
            with self._engine.begin() as connection:
                waiting = connection.execute(text("SELECT count(*) FROM pending")).scalar_one()
                if waiting > UNATTENDED and try_fold(connection):
                    waiting = 0
            PENDING.set(waiting)
