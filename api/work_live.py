"""What others change, as it happens: one thread hears the database, and streams are told.

A notice says ids alone. Before a stream is told of one, the database is asked under the stream's
own session, so that nobody hears of work that is not theirs to see. Streams hold neither a
connection nor a thread; the thread that listens is there while anybody listens to it.

What was heard last is kept, with numbers: who comes back (its session got another token, the
network was away for a moment) goes on where it was. Numbers begin anew, under another name, where
the thread does: then something may have been missed, and is told to be.
"""

import asyncio
import secrets
import threading
import time
from collections import deque
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import structlog
from prometheus_client import Gauge
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from api.refusals import LimitedError, refuse
from geo import work_news
from geo.errors import OverloadedError
from geo.work_news import Keys, Sight

log = structlog.get_logger()
STREAMS: Final = Gauge("phananh_work_streams", "Officials' pages that are told of changes")
MOST_OF_ACCOUNT: Final = 4
MOST: Final = 200
# More at once are not told one by one: all is to be asked anew.
MOST_WAITING: Final = 200
HERE_S: Final = 60.0
# So many notices are kept for who comes back; at ten a second, a minute and a half.
MOST_KEPT: Final = 1_000
# Nobody listens while a page is loaded anew: the thread stays for the one that comes.
LINGER_S: Final = 60.0


@dataclass(slots=True, eq=False)
class Stream:
    """What one stream has not been told yet. Guarded by the lock of `Live`."""

    account_id: int
    loop: asyncio.AbstractEventLoop
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    changed: set[UUID] = field(default_factory=set)
    present: set[UUID] = field(default_factory=set)
    lost: bool = False
    sight: Sight | None = None
    """What it saw at the last beat: it is not woken for other work. None: it was not asked yet."""

    def sees(self, keys: Keys | None) -> bool:
        """Whether to ask the database, which decides; what is no work any more is nobody's."""
        return self.sight is None or (keys is not None and self.sight.sees(keys))

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
    at: str
    """Where the stream is by then: who comes back says it."""


def ids_of(payload: str) -> frozenset[UUID] | None:
    """What a notice names: "id=version,...", or '*' for more than it holds."""
    if payload == "*":
        return None
    return frozenset(UUID(one.partition("=")[0]) for one in payload.split(",") if one)


class Live:
    """Streams of officials, and who has which complaint open. One for each process."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._streams: set[Stream] = set()
        self._here: dict[UUID, dict[int, tuple[str, float]]] = {}
        self._keys: dict[UUID, Keys] = {}
        """Of what somebody has open."""
        self._thread: threading.Thread | None = None
        self._kept: deque[frozenset[UUID] | None] = deque(maxlen=MOST_KEPT)
        self._name, self._heard = "", 0
        self._until = 0.0
        self.ending = False
        # Set while something is heard: a notice of before that is lost.
        self.listening = threading.Event()

    def join(self, account_id: int, loop: asyncio.AbstractEventLoop, after: str = "") -> Stream:
        """A new stream, or one that goes on; raises `LimitedError`, `OverloadedError`: too many."""
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
            if after:
                self._go_on(stream, after)
            # Asked at once what is there already.
            stream.woken.set()
            self._streams.add(stream)
            STREAMS.set(len(self._streams))
            self._until = time.monotonic() + LINGER_S
            if self._thread is None:
                self._thread = threading.Thread(target=self._listen, name="work", daemon=True)
                self._thread.start()
        return stream

    def _go_on(self, stream: Stream, after: str) -> None:
        name, _, number = after.partition("-")
        missed = self._heard - int(number) if number.isdecimal() else -1
        if not self._name or name != self._name or not 0 <= missed <= len(self._kept):
            stream.lost = True
            return
        for one in list(self._kept)[len(self._kept) - missed :]:
            if one is None:
                stream.lost = True
            else:
                stream.changed |= one

    def leave(self, stream: Stream) -> None:
        with self._lock:
            self._streams.discard(stream)
            STREAMS.set(len(self._streams))
            self._until = time.monotonic() + LINGER_S

    def end(self) -> None:
        """Let every stream end: the process is about to."""
        self.ending = True
        for stream in list(self._streams):
            stream.wake()

    def take(self, stream: Stream) -> News:
        """What the stream is to be told now; it is not told again."""
        with self._lock:
            stream.woken.clear()
            at = f"{self._name}-{self._heard}" if self._name else ""
            news = News(frozenset(stream.changed), frozenset(stream.present), stream.lost, at)
            stream.changed.clear()
            stream.present.clear()
            stream.lost = False
        return news

    def here(self, complaint: UUID, keys: Keys, account_id: int, name: str) -> None:
        """Somebody has a complaint open, for the next minute."""
        with self._lock:
            self._keys[complaint] = keys
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

    def _presence_changed(self, complaints: Collection[UUID]) -> None:
        for stream in self._streams:
            theirs = [one for one in complaints if stream.sees(self._keys.get(one))]
            if theirs:
                stream.present.update(theirs)
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
            self._keys = {complaint: self._keys[complaint] for complaint in self._here}

    def heard(self, ids: frozenset[UUID] | None, seen_by: Mapping[UUID, Keys]) -> None:
        """Take in that work changed, and what each piece is seen by; None: more than was said."""
        with self._lock:
            self._heard += 1
            self._kept.append(ids)
            for stream in self._streams:
                theirs = [one for one in ids or () if stream.sees(seen_by.get(one))]
                stream.changed.update(theirs)
                if ids is None or len(stream.changed) > MOST_WAITING:
                    stream.changed.clear()
                    stream.lost = True
                if theirs or stream.lost:
                    stream.wake()

    def _begun(self) -> None:
        """Heard from here on; what came before, nobody knows."""
        with self._lock:
            self._name, self._heard = secrets.token_hex(4), 0
            self._kept.clear()
            for stream in self._streams:
                stream.wake()

    def _unheard(self) -> bool:
        """Whether nobody listens any more; then the thread ends, and the next stream begins one."""
        with self._lock:
            if self.ending or (not self._streams and time.monotonic() > self._until):
                self._thread, self._name = None, ""
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
            self._begun()
            if interrupted:
                self.heard(None, {})
            self.listening.set()
            try:
                while not self._unheard():
                    # All of them first: a connection that waits for more answers no question.
                    for note in list(driver.notifies(timeout=0.5, stop_after=1)):
                        ids = ids_of(note.payload)
                        self.heard(ids, work_news.seen_by(connection, ids) if ids else {})
                    self._expire()
                    # Notices a connection that died without a word.
                    connection.execute(text("SELECT 1"))
            finally:
                self.listening.clear()
                connection.invalidate()
