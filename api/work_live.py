"""What others change, as it happens: one thread hears the database, and streams are told.

A notice says ids alone. Before a stream is told of one, the database is asked under the stream's
own session, so that nobody hears of work that is not theirs to see. Streams hold neither a
connection nor a thread; the thread that listens is there while anybody listens to it.
"""

import asyncio
import threading
import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from api.refusals import LimitedError, refuse
from geo.errors import OverloadedError

log = structlog.get_logger()
MOST_OF_ACCOUNT: Final = 4
MOST: Final = 200
# More at once are not told one by one: all is to be asked anew.
MOST_WAITING: Final = 200
HERE_S: Final = 60.0


@dataclass(slots=True, eq=False)
class Stream:
    """What one stream has not been told yet. Guarded by the lock of `Live`."""

    account_id: int
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: set[UUID] = field(default_factory=set)
    present: set[UUID] = field(default_factory=set)
    lost: bool = False

    def wake(self) -> None:
        # A loop that was closed has nobody left to tell.
        with suppress(RuntimeError):
            self.loop.call_soon_threadsafe(self.woken.set)


@dataclass(frozen=True, slots=True)
class News:
    """What a stream is to be told, once the database was asked."""

    changed: frozenset[UUID]
    present: frozenset[UUID]
    lost: bool


class Live:
    """Streams of officials, and who has which complaint open. One for each process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._here: dict[UUID, dict[int, tuple[str, float]]] = {}
        self._thread: threading.Thread | None = None
        # Set while something is heard: a notice of before that is lost.
        self.listening = threading.Event()

    def join(self, account_id: int, loop: asyncio.AbstractEventLoop) -> Stream:
        """A new stream; raises `LimitedError` or `OverloadedError` where there are too many."""
        with self._lock:
            own = sum(one.account_id == account_id for one in self._streams)
            if own >= MOST_OF_ACCOUNT:
                refuse(
                    "streams", LimitedError("too many pages listen", "quá nhiều trang đang mở", 30)
                )
            if len(self._streams) >= MOST:
                refuse(
                    "streams_all",
                    OverloadedError("too many listen at once / quá nhiều người đang theo dõi"),
                )
            stream = Stream(account_id, loop, present=set(self._here))
            if stream.present:
                stream.woken.set()
            self._streams.add(stream)
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="work", daemon=True)
                self._thread.start()
        return stream

    def leave(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)

    def take(self, stream: Stream) -> News:
        """What the stream is to be told now; it is not told again."""
        with self._lock:
            stream.woken.clear()
            news = News(frozenset(stream.changed), frozenset(stream.present), stream.lost)
            stream.changed.clear()
            stream.present.clear()
            stream.lost = False
        return news

    def here(self, complaint: UUID, account_id: int, name: str) -> None:
        """Somebody has a complaint open, for the next minute."""
        with self._lock:
            people = self._here.setdefault(complaint, {})
            is_new = account_id not in people
            people[account_id] = (name, time.monotonic() + HERE_S)
            if is_new:
                self._presence_changed([complaint])

    def away(self, complaint: UUID, account_id: int) -> None:
        """Somebody closed it."""
        with self._lock:
            if self._here.get(complaint, {}).pop(account_id, None):
                self._presence_changed([complaint])

    def who(self, complaint: UUID, but: int) -> list[str]:
        """The names of the others who have it open."""
        now = time.monotonic()
        with self._lock:
            people = self._here.get(complaint, {})
            return sorted(
                name for one, (name, until) in people.items() if one != but and until > now
            )

    def _presence_changed(self, complaints: Iterable[UUID]) -> None:
        for stream in self._streams:
            stream.present.update(complaints)
            stream.wake()

    def _expire(self) -> None:
        now = time.monotonic()
        with self._lock:
            over = [
                (complaint, one)
                for complaint, people in self._here.items()
                for one, (_, until) in people.items()
                if until <= now
            ]
            for complaint, one in over:
                del self._here[complaint][one]
            self._presence_changed({complaint for complaint, _ in over})
            self._here = {complaint: people for complaint, people in self._here.items() if people}

    def heard(self, payload: str) -> None:
        """Take in one notice: "id=version,...", or '*' for anything."""
        ids = (
            set()
            if payload == "*"
            else {UUID(one.partition("=")[0]) for one in payload.split(",") if one}
        )
        with self._lock:
            for stream in self._streams:
                stream.changed |= ids
                if payload == "*" or len(stream.changed) > MOST_WAITING:
                    stream.changed.clear()
                    stream.lost = True
                stream.wake()

    def _unheard(self) -> bool:
        """Whether nobody listens any more; then the thread ends, and the next stream begins one."""
        with self._lock:
            if not self._streams:
                self._thread = None
                return True
        return False

    def _listen(self) -> None:
        wait = 0.2
        interrupted = False
        while True:
            begun = time.monotonic()
            try:
                self._hear(interrupted)
                return
            except SQLAlchemyError as error:
                log.warning("work_listening_interrupted", error=type(error).__name__)
            except Exception as error:
                log.error("work_listening_interrupted", exc_info=error)
            interrupted = True
            if self._unheard():
                return
            wait = 0.2 if time.monotonic() - begun > 5 else min(wait * 2, 5.0)
            time.sleep(wait)

    def _hear(self, interrupted: bool) -> None:
        with self._engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("LISTEN work"))
            driver = connection.connection.driver_connection
            assert driver is not None  # noqa: S101 - a connection that is open has one
            if interrupted:
                self.heard("*")
            self.listening.set()
            try:
                while not self._unheard():
                    for note in driver.notifies(timeout=0.5):
                        self.heard(note.payload)
                    self._expire()
                    # Notices a connection that died without a word.
                    connection.execute(text("SELECT 1"))
            finally:
                self.listening.clear()
                connection.invalidate()
