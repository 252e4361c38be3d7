"""The files a scheduled report is attached as."""

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy import Connection, Engine

from api.mail import Attachment
from api.pictures import findings
from api.query import read_vocabulary
from api.routes.sharing import LIBRARIES
from geo import query_string
from geo.errors import PhananhError
from geo.follows import Language
from geo.view import Fresh
from tiles.report import draw
from tiles.report_figures import Figures, read

log = structlog.get_logger()
# What many mail servers still take, with what base64 adds. Beyond it the link in the letter serves.
MOST_BYTES: Final = 5 * 2**20


def _html(_: Connection, figures: Figures, lang: Language, name: str) -> Attachment:
    page, _policy = draw(figures, lang, LIBRARIES)
    return Attachment(f"{name}.html", "text/html", page.encode())


def _pdf(connection: Connection, figures: Figures, lang: Language, name: str) -> Attachment:
    from tiles.meeting import document
    from tiles.printing import pdf

    found = findings(connection, Fresh(), figures, figures.resolution)
    pages = pdf(document(figures, found, lang, "A4", "portrait"))
    return Attachment(f"{name}.pdf", "application/pdf", pages)


# The first is the one that is printed, and is kept where both together are too large.
FORMATS: Final[tuple[Callable[[Connection, Figures, Language, str], Attachment], ...]] = (
    _pdf,
    _html,
)


def attachments(engine: Engine, view: dict[str, Any], made: datetime) -> tuple[Attachment, ...]:
    """A view (`geo.outbox`, column `report`) as files, those left out that are too large together.

    A view that cannot be drawn, or no longer, has none: the letter's link says why.
    """
    ends = f"since={view['since']}&until={view['until']}"
    query = f"{view['question']}&{ends}" if view["question"] else ends
    found: list[Attachment] = []
    size = 0
    try:
        # One snapshot, so that all figures of the page agree.
        snapshot = engine.execution_options(isolation_level="REPEATABLE READ")
        with snapshot.connect() as connection:
            question = query_string.read(read_vocabulary(connection), query)
            figures = read(connection, question, made, view["set"], view["resolution"])
            for drawn in FORMATS:
                one = drawn(connection, figures, view["lang"], f"phananh-{view['since']}")
                if size + len(one.content) <= MOST_BYTES:
                    found.append(one)
                    size += len(one.content)
                else:
                    log.info("report_too_large_for_mail", bytes=len(one.content))
    except PhananhError as error:
        log.warning("report_not_drawn", error=type(error).__name__)
    except Exception as error:
        # A fault of ours: the letter goes out all the same, and those behind it.
        log.error("report_not_drawn", exc_info=error)
    return tuple(found)
