"""The round that takes photos away which nobody is to see any more."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import Engine

from api.storage import PREFIXES, PhotoStore
from geo import photos
from geo.errors import OverloadedError

log = structlog.get_logger()
_AT_ONCE: Final = 500
# A round comes every ten minutes: each part of the store is looked through about once a day.
ROUND_S: Final = 600
_PARTS_OF_A_ROUND: Final = 2


def parts_due(now: datetime) -> list[int]:
    """The parts of the store that are looked through in the round of an instant."""
    first = int(now.timestamp() // ROUND_S) * _PARTS_OF_A_ROUND
    return [(first + n) % PREFIXES for n in range(_PARTS_OF_A_ROUND)]


def sweep(engine: Engine, store: PhotoStore, now: datetime, parts: Iterable[int]) -> int:
    """Take away uploads that were not sent, files of deleted or hidden photos, and stray files.

    Returns of how many photos files were taken away. Can be ended at any moment and made again;
    where the store does not answer, what is to go waits for the next round.
    """
    with engine.begin() as connection:
        photos.forget_unsent(connection, now)
    taken = 0
    try:
        taken += empty(engine, store)
        for part in parts:
            for found in store.kept(part, now - photos.STRAY_AFTER):
                with engine.connect() as connection:
                    strays = photos.without_row(connection, found)
                store.delete(strays)
                taken += len(strays)
    except OverloadedError:
        log.warning("photos_not_swept")
    if taken:
        log.info("photos_swept", photos=taken)
    return taken


def empty(engine: Engine, store: PhotoStore) -> int:
    """Take away the files of photos whose row is deleted or hidden; returns of how many."""
    taken = 0
    while True:
        with engine.begin() as connection:
            gone = photos.discarded(connection, _AT_ONCE)
            if not gone:
                return taken
            store.delete(gone)
            photos.discard(connection, gone)
        taken += len(gone)
