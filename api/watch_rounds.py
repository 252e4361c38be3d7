"""The rounds for those who watch places: looking at what happened, telling it, and pushing.

As those of `api.rounds`, each can be ended at any moment and made again.
"""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, NamedTuple, get_args

import structlog
from sqlalchemy import Connection, Engine, Row

from api import letters, watch_letters
from api.letters import About, Links
from api.query import read_vocabulary
from api.settings import Settings
from api.watch_orders import WatchSchedule
from geo import follows, outbox, pushes, query_string, watches
from geo.errors import PhananhError
from geo.filters import City, Vocabulary

if TYPE_CHECKING:
    from api.push import PushError

log = structlog.get_logger()
# Letters of one transaction: writing it to the disk takes longer than writing one of them.
TOLD_AT_ONCE: Final = 20
MOST_MESSAGES: Final = 2000
# Each waits for a service's answer most of the time.
AT_ONCE: Final = 4
# In a row: then it is the network, and the others need not wait for it one by one.
MOST_FAILURES: Final = 5


def watch(engine: Engine, settings: Settings, now: datetime) -> int:
    """Look at what happened and tell it; returns how many letters and messages are written."""
    look(engine, now)
    return tell(engine, settings, now)


def look(engine: Engine, now: datetime) -> int:
    """Find whose question is answered by what happened; returns how many changes were looked at."""
    looked = 0
    words: Vocabulary | None = None
    while True:
        with engine.begin() as connection:
            happened = watches.take(connection)
            if not happened:
                return looked
            words = words or read_vocabulary(connection)
            found, missed = watches.look(connection, words, happened, now)
            for row in watches.progressed(connection, happened):
                pushes.put(connection, watch_letters.progress(row))
        looked += len(happened)
        log.info("looked", happened=len(happened), sightings=found)
        for one in missed:
            log.warning("cannot_watch", id=one.watch_id, error=type(one.error).__name__)


def tell(engine: Engine, settings: Settings, now: datetime) -> int:
    """Write the letters and messages that are due."""
    written = 0
    with engine.begin() as connection:
        words = read_vocabulary(connection)
    telling = _Telling(settings, words, {})
    for city in words.cities.values():
        for schedule in get_args(WatchSchedule):
            with engine.connect() as connection:
                rows = list(watches.due(connection, city, schedule, now))
            while rows:
                some, rows = rows[:TOLD_AT_ONCE], rows[TOLD_AT_ONCE:]
                with engine.begin() as connection:
                    written += sum(_tell(connection, telling, city, row) for row in some)
    return written


class _Telling(NamedTuple):
    """What the letters of one round have in common."""

    settings: Settings
    words: Vocabulary
    known: dict[str, About]
    """What is asked for, by question: many follow the same."""

    def about(self, connection: Connection, asked: str) -> About:
        """Raises `PhananhError` where it cannot be asked any more."""
        if asked not in self.known:
            question = query_string.read(self.words, asked)
            self.known[asked] = letters.about(connection, question)
        return self.known[asked]


def _tell(connection: Connection, telling: _Telling, city: City, row: Row[Any]) -> bool:
    """What one follow is told, in the transaction that marks it as told."""
    found = watches.tell(connection, row)
    if not found:
        return False
    key = f"watch:{row.id}:{row.until}"
    if row.push_id is not None:
        return pushes.put(connection, watch_letters.told(key, row, found, city.zone))
    try:
        what = telling.about(connection, row.question)
    except PhananhError as error:
        # Its area was taken away since: what was found before is told no more.
        log.warning("cannot_tell", id=row.id, error=type(error).__name__)
        return False
    links = Links(telling.settings.base_url, follows.grant(connection, row.id))
    return outbox.put(connection, watch_letters.digest(key, row, what, links, found))


def push(engine: Engine, settings: Settings, now: datetime) -> int:
    """Push what waits; returns how many messages were taken.

    A message is claimed, sent and marked in one transaction. A worker that is killed between the
    service's answer and the mark leaves it waiting; sent again, it takes its own place.
    """
    with engine.connect() as connection:
        if not pushes.waiting(connection, now):
            # Without anything to push its libraries are not loaded.
            return 0
    with ThreadPoolExecutor(AT_ONCE, "push") as threads:
        return sum(threads.map(lambda _: _push(engine, settings, now), range(AT_ONCE)))


def _push(engine: Engine, settings: Settings, now: datetime) -> int:
    """One of several that push at once; none takes what another has claimed."""
    from api.push import Pusher, PushError

    taken = failed = 0
    with Pusher(settings) as pusher:
        for _ in range(MOST_MESSAGES):
            if failed >= MOST_FAILURES:
                break
            with engine.begin() as connection:
                message = pushes.claim(connection, now)
                if message is None:
                    break
                try:
                    pusher.deliver(message)
                except PushError as error:
                    failed += not (error.for_good or error.gone)
                    _refused(connection, message, error, now)
                else:
                    pushes.sent(connection, message, now)
                    taken, failed = taken + 1, 0
    return taken


def _refused(connection: Connection, message: Row[Any], error: "PushError", now: datetime) -> None:
    if error.gone:
        pushes.gone(connection, message.push_id)
        follows.forget_unused(connection)
    else:
        pushes.refused(connection, message, now, for_good=error.for_good, wait=error.wait)
    log.warning("push_refused", id=str(message.id), reason=str(error), gone=error.gone)
