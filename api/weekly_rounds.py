"""The weekly page by mail: written on Monday morning, drawn as it is sent."""

from datetime import UTC, date, datetime, time
from html import escape
from typing import Any, Final
from urllib.parse import quote

import structlog
from sqlalchemy import Connection, Engine, insert

from api.mail import Attachment
from api.query import read_vocabulary
from api.settings import Settings
from api.weekly import WEEK, monday_of, week
from geo import asking, weekly
from geo.errors import PhananhError
from geo.filters import Vocabulary
from geo.schema import mail
from tiles.report_words import day
from tiles.weekly import document
from tiles.weekly_words import WORDS

log = structlog.get_logger()
# Of the city: before the day begins.
HOUR: Final = 6


def write(engine: Engine, settings: Settings, now: datetime) -> int:
    """Write the letters that are due; returns how many. Each week's is written once."""
    with engine.connect() as connection:
        words = read_vocabulary(connection)
    if not words.cities:
        return 0
    zone, monday = next(iter(words.cities.values())).zone, monday_of(now, words)
    if now < datetime.combine(monday, time(HOUR), zone).astimezone(UTC):
        return 0
    written = 0
    while True:
        with engine.begin() as connection:
            row = weekly.claim(connection, monday)
            if row is None:
                return written
            weekly.sent(connection, row.id, monday)
            try:
                with connection.begin_nested():
                    written += _put(connection, words, row, monday, settings, now)
            except PhananhError as error:
                # Its area is no more: the subscription stays, and says so on the page.
                log.warning("weekly_not_written", id=row.id, error=type(error).__name__)
            except Exception as error:
                # A fault of ours: those behind it have theirs all the same.
                log.error("weekly_not_written", id=row.id, exc_info=error)


def _put(
    connection: Connection,
    words: Vocabulary,
    row: Any,
    monday: date,
    settings: Settings,
    now: datetime,
) -> bool:
    with weekly.as_account(connection, row.account_id, now):
        if not asking.asker(connection).may("view"):
            return False
        found = week(connection, words, row.area, monday, row.language, now)
    say = WORDS[row.language]
    n = found.now["n"]
    subject = say["subject"].format(
        since=day(monday - WEEK, row.language), n=found.week["n"]["received"], open=n["open"],
        overdue=n["overdue"],
    )  # fmt: skip
    query = f"?area={quote(row.area)}" if row.area else ""
    url = f"{settings.base_url}/office/figures{query}"
    lines = [
        say["letter"].format(area=found.area or say["everywhere"]),
        say["online"].format(url=url),
        say["foot"],
    ]
    connection.execute(
        insert(mail).values(
            key=f"weekly:{row.id}:{monday}",
            account_id=row.account_id,
            recipient=row.email,
            subject=subject,
            plain="\n\n".join([subject, *lines, ""]),
            html="".join(f"<p>{escape(one)}</p>" for one in (subject, *lines)),
            stop_url=url,
            report={
                "weekly": row.area, "account": row.account_id, "until": str(monday),
                "lang": row.language,
            },
        )
    )  # fmt: skip
    return True


def attachments(engine: Engine, of: dict[str, Any], now: datetime) -> tuple[Attachment, ...]:
    """The page as PDF and as HTML; none where it can be drawn no longer: the letter has a link."""
    from tiles.printing import pdf

    until = date.fromisoformat(of["until"])
    try:
        with engine.begin() as connection, weekly.as_account(connection, of["account"], now):
            asking.asker(connection)
            words = read_vocabulary(connection)
            page = document(week(connection, words, of["weekly"], until, of["lang"], now),
                            of["lang"])  # fmt: skip
        name = f"phananh-{until - WEEK}"
        return (
            Attachment(f"{name}.pdf", "application/pdf", pdf(page)),
            Attachment(f"{name}.html", "text/html", page.encode()),
        )
    except PhananhError as error:
        log.warning("weekly_not_drawn", error=type(error).__name__)
    except Exception as error:
        # A fault of ours: the letter goes out all the same, and those behind it.
        log.error("weekly_not_drawn", exc_info=error)
    return ()
