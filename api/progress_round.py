"""The round that tells of progress: letters to whoever reported or supports a complaint."""

from typing import Final

import structlog
from sqlalchemy import Engine

from api import progress_letters
from api.contact_letters import ContactLinks
from api.rounds import alone
from api.secret import instance_secret
from api.settings import Settings
from geo import contacts, outbox, progress

log = structlog.get_logger()
MOST_PERSONS: Final = 2_000
LOCK: Final = 11


def tell(engine: Engine, settings: Settings) -> int:
    """Write the letters that are due; returns how many. One transaction for each person."""
    secret, written = instance_secret(settings), 0
    with alone(engine, LOCK) as mine:
        for _ in range(MOST_PERSONS if mine else 0):
            with engine.begin() as connection:
                told = progress.claim(connection)
                if told is None:
                    break
                if not told.steps:
                    continue
                token = contacts.token_of(connection, told.person, secret)
                links = ContactLinks(settings.base_url, token)
                private = progress.private_link(secret, told.person)
                letter = progress_letters.progress(told, links, private)
                written += outbox.put(connection, letter)
    if written:
        log.info("progress_told", letters=written)
    return written
