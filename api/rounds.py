"""The rounds a worker makes: looking for those who follow, sending mail, forgetting.

Each can be ended at any moment and made again: what is done is marked in the transaction that does
it, and nothing is done twice.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final, NamedTuple

import structlog
from sqlalchemy import Connection, Engine, Row, text

from api import letters
from api.letters import Links
from api.mail import MailError, message_of, postbox
from api.query import read_vocabulary
from api.settings import Settings
from geo import accounts, contacts, follows, nightly, outbox, query_string, retention
from geo.errors import PhananhError
from geo.filters import City, Filter, Vocabulary
from geo.study import CellStudy, cell_study

log = structlog.get_logger()
# Of the city: most complaints of a day have arrived, and few look at the map.
LOOKED_AT_HOUR: Final = 2
RESOLUTION: Final = 8
MOST_LETTERS: Final = 500
# In a row: then it is the server, and the others need not wait for it one by one.
MOST_FAILURES: Final = 3


def night_of(city: City, now: datetime) -> date:
    """The local day whose night look is due: today from two o'clock on, before that yesterday."""
    return (now.astimezone(city.zone) - timedelta(hours=LOOKED_AT_HOUR)).date()


@contextmanager
def alone(engine: Engine, number: int) -> Iterator[bool]:
    """Whether this is the only worker at it; a worker that is killed lets go of it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        mine = {"n": number}
        got = connection.execute(text("SELECT pg_try_advisory_lock(1887, :n)"), mine).scalar_one()
        try:
            yield bool(got)
        finally:
            if got:
                connection.execute(text("SELECT pg_advisory_unlock(1887, :n)"), mine)


class _Look(NamedTuple):
    """What equal follows have in common on one night."""

    connection: Connection
    settings: Settings
    words: Vocabulary
    question: Filter
    day: date
    now: datetime


def observe(engine: Engine, settings: Settings, now: datetime) -> int:
    """Look for everybody whose look is due; returns for how many. Equal follows are one look."""
    done = 0
    with alone(engine, 5) as mine:
        if not mine:
            return 0
        with engine.begin() as connection:
            follows.ensure_standing(connection, now)
            words = read_vocabulary(connection)
        for city in words.cities.values():
            day = night_of(city, now)
            with engine.connect() as connection:
                rows = follows.due(connection, city.id, day)
            studies: dict[tuple[Filter, int], CellStudy] = {}
            for _, equal in groupby(
                rows, lambda row: (row.kind, row.question, row.resolution, row.set_code)
            ):
                done += _observe_equal(engine, settings, words, list(equal), day, now, studies)
    return done


def _observe_equal(
    engine: Engine,
    settings: Settings,
    words: Vocabulary,
    equal: list[Row[Any]],
    day: date,
    now: datetime,
    studies: dict[tuple[Filter, int], CellStudy],
) -> int:
    first = equal[0]
    try:
        with engine.begin() as connection:
            question = query_string.read(words, first.question)
            look = _Look(connection, settings, words, question, day, now)
            if first.kind == "report":
                done = sum(_order_report(look, row) for row in equal)
            elif first.kind == "scan":
                done = _observe_groups(look, equal)
            else:
                done = _observe_spots(look, equal, studies)
        log.info("observed", kind=first.kind, follows=done)
        return done
    except PhananhError as error:
        # Its area was taken away, or the like: looked at again tomorrow.
        log.warning("cannot_observe", kind=first.kind, id=first.id, error=type(error).__name__)
        with engine.begin() as connection:
            for row in equal:
                follows.observed(connection, row.id, day, row.state)
        return 0


def _observe_spots(
    look: _Look, equal: list[Row[Any]], studies: dict[tuple[Filter, int], CellStudy]
) -> int:
    resolution = equal[0].resolution or RESOLUTION
    region = replace(
        look.question, domains=(), categories=(), statuses=(), since=None, until=None, words=()
    )
    if (region, resolution) not in studies:
        studies[region, resolution] = cell_study(look.connection, region, resolution, 1)
    study = studies[region, resolution]
    night = nightly.look(look.connection, look.question, study, resolution, look.day)
    done = 0
    for row in equal:
        state, told = nightly.hot_spots(night, row.state, row.spot)
        found = nightly.placed(look.connection, look.question, night, told)
        done += _finish(look, row, row.state | state, found)
    return done


def _observe_groups(look: _Look, equal: list[Row[Any]]) -> int:
    ids = look.words.sets.get(equal[0].set_code)
    if ids is None:
        raise PhananhError("the boundary set is gone")
    of, clusters = nightly.groups(look.connection, look.question, ids, look.day)
    done = 0
    for row in equal:
        state, found = nightly.fresh_groups(of, clusters, row.state, look.day)
        done += _finish(look, row, row.state | state, found)
    return done


def _finish(look: _Look, row: Row[Any], state: dict[str, Any], found: list[nightly.Found]) -> bool:
    """News and mail of one follow, in the transaction that marks it as observed."""
    begins = _period(row.schedule, look.day)
    mailed = state.get("mailed")
    state["mailed"] = begins.isoformat()
    if not follows.observed(look.connection, row.id, look.day, state):
        return False
    nightly.write(look.connection, row.id, look.day, found)
    if row.address is None or mailed is None or mailed == begins.isoformat():
        # The city's own news is a feed; and the first mail comes when the first period is over.
        return True
    if told := nightly.untold(look.connection, row.id):
        links = Links(look.settings.base_url, follows.grant(look.connection, row.id))
        what = letters.about(look.connection, look.question)
        key = f"news:{row.id}:{look.day}"
        letter = letters.tidings(key, row, row.address, what, links, told)
        outbox.put(look.connection, letter)
        nightly.mark_told(look.connection, row.id)
    return True


def _period(schedule: str, day: date) -> date:
    """The first day of the day, week or month a day lies in."""
    if schedule == "weekly":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if schedule == "monthly" else day


def _order_report(look: _Look, row: Row[Any]) -> bool:
    """The report of the last whole week or month, once it is over."""
    end = _period(row.schedule, look.day)
    before = row.state.get("until")
    if not follows.observed(look.connection, row.id, look.day, {"until": end.isoformat()}):
        return False
    if before is not None and before != end.isoformat():
        first = _period(row.schedule, end - timedelta(days=1))
        links = Links(look.settings.base_url, follows.grant(look.connection, row.id))
        what = letters.about(look.connection, look.question)
        key = f"report:{row.id}:{end}"
        outbox.put(look.connection, letters.report(key, row, row.address, what, links, first, end))
    return True


def send(engine: Engine, settings: Settings, now: datetime) -> int:
    """Send what waits; returns how many letters were taken.

    A letter is claimed, sent and marked in one transaction: a worker that is killed before the
    server has taken it leaves it waiting. Killed between the server's answer and the mark, it is
    sent again with the same Message-ID.
    """
    taken = failed = 0
    with postbox(settings) as box:
        for _ in range(MOST_LETTERS):
            if failed >= MOST_FAILURES:
                break
            with engine.begin() as connection:
                letter = outbox.claim(connection, now)
                if letter is None:
                    break
                files: tuple[Any, ...] = ()
                if letter.report is not None:
                    files = _attachments(engine, letter.report, now)
                message = message_of(letter, settings.mail_from, now, files)
                try:
                    box.deliver(message, str(letter.id))
                except MailError as error:
                    failed += not error.for_good
                    gone = outbox.refused(connection, letter, now, for_good=error.for_good)
                    log.warning("mail_refused", id=str(letter.id), reason=str(error), given_up=gone)
                else:
                    outbox.sent(connection, letter, now)
                    taken, failed = taken + 1, 0
    return taken


def _attachments(engine: Engine, report: dict[str, Any], now: datetime) -> tuple[Any, ...]:
    # Reports load pandas and folium: a worker that sends none does without.
    if "weekly" in report:
        from api import weekly_rounds

        return weekly_rounds.attachments(engine, report, now)
    from api.report_files import attachments

    return attachments(engine, report, now)


def erase(engine: Engine, settings: Settings, now: datetime) -> int:
    """Erase what is personal of complaints that have been closed for long enough; how many."""
    if not settings.personal_days:
        return 0
    done = 0
    keep = timedelta(days=settings.personal_days)
    while True:
        with engine.begin() as connection:
            some = retention.erase_closed(connection, now, keep)
        done += some
        if not some:
            if done:
                log.info("personal_parts_erased", complaints=done)
            return done


def forget(engine: Engine, now: datetime) -> None:
    """Erase what is kept no longer."""
    with engine.begin() as connection:
        # First: it looks at mail that was sent.
        contacts.forget(connection, now)
        follows.forget(connection, now)
        accounts.forget_sessions(connection, now)
