"""Batches stored side by side: several backends share the work of one import or sample."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple, TypeVar

import pyarrow as pa
import pyarrow.compute as pc
from psycopg.errors import UniqueViolation
from sqlalchemy import Engine
from tenacity import retry, retry_if_exception, stop_after_attempt

from geo.arrival import Batch, Stored, store
from geo.places import Places
from geo.text_fields import strings

# Storing is PostgreSQL's work, and a backend of it uses one core.
WRITERS: Final = min(4, max(2, os.cpu_count() or 2))
NOTHING: Final = Stored(0, 0, 0)

T = TypeVar("T")


class _Flight(NamedTuple):
    keys: pa.Array
    stored: "Future[Stored]"


def side_by_side(
    engine: Engine,
    city_id: int,
    source_id: int,
    places: Places,
    parts: Iterable[tuple[T, Batch | None]],
) -> Generator[tuple[T, Stored], None, None]:
    """Store the batches, each a transaction of its own; yields what came with each, in order.

    When a part is yielded, it and all before it are stored; some after it may be. Batches that
    share a key of the source are stored one after the other, so that the last one wins. Where one
    fails, its error is raised in its turn.
    """
    with ThreadPoolExecutor(WRITERS) as pool:
        flying: deque[tuple[T, _Flight | None]] = deque()

        def landed() -> tuple[T, Stored]:
            what, flight = flying.popleft()
            return what, flight.stored.result() if flight else NOTHING

        try:
            for what, batch in parts:
                keys = strings(batch.source_key) if batch is not None else None
                while flying and (len(flying) > WRITERS or _shared(keys, flying)):
                    yield landed()
                if batch is None or not len(batch):
                    flying.append((what, None))
                else:
                    work = _storing(engine, city_id, source_id, places, batch)
                    flying.append((what, _Flight(keys, pool.submit(work))))
            while flying:
                yield landed()
        finally:
            pool.shutdown(cancel_futures=True)


def _storing(
    engine: Engine, city_id: int, source_id: int, places: Places, batch: Batch
) -> Callable[[], Stored]:
    # Codes are drawn at random: two batches at once may draw the same, which neither can see.
    @retry(retry=retry_if_exception(_code_was_taken), stop=stop_after_attempt(5), reraise=True)
    def stored() -> Stored:
        with engine.begin() as connection:
            return store(connection, city_id, source_id, batch, places)

    return stored


def _code_was_taken(error: BaseException) -> bool:
    cause = getattr(error, "orig", error)
    return isinstance(cause, UniqueViolation) and cause.diag.constraint_name == "uq_complaint_code"


def _shared(keys: pa.Array | None, flying: Iterable[tuple[T, _Flight | None]]) -> bool:
    """Whether a batch with these keys must wait for one that is not stored yet."""
    return keys is not None and any(
        flight is not None and pc.any(pc.is_in(keys.drop_null(), value_set=flight.keys)).as_py()
        for _, flight in flying
    )
