"""Stored counts made anew from the complaints, a block of 256 days at a time.

For many changes at once this is far cheaper than merging them one by one: the rows are read as
columns, counted in memory and written back packed.
"""

import struct
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, text

from geo.binary import HEADER, PG_EPOCH, fixed, lists, payload
from geo.cells import parents
from geo.periods import local_days, local_midnight
from geo.rollup import (
    AREA,
    CITY,
    EVERY_STATUS,
    LAYOUT,
    LEVELS,
    LOADING,
    LOCK,
    Kind,
    merge_pending,
    region_level,
)

BLOCK: Final = 256
# Days read at once.
SLICE: Final = 16
# A block is counted anew when it has this many changes, and they are this share of its rows.
MANY: Final = 20_000
SHARE: Final = 0.05
# A bulk load folds when as much waits as is folded, between these bounds: what waits slows reads
# down, and folding reads whole blocks again.
LATELY: Final = (1_000_000, 3_000_000)

Integers = NDArray[np.int64]


class Counted(NamedTuple):
    """Columns of one length: how many complaints share a place, day, kind and status."""

    place: Integers
    day: Integers
    category: Integers
    domain: Integers
    status: Integers
    n: Integers


def fold_all(engine: Engine, *, lazily: bool = False, wait: bool = True) -> int:
    """Fold everything that is pending, by the cheaper way for each block; returns how many rows.

    Each block is a transaction of its own. `lazily` leaves it until much waits, for bulk loads;
    without `wait`, nothing happens while another process folds.
    """
    options = engine.execution_options(isolation_level="AUTOCOMMIT")
    with options.connect() as holder:
        lock = {"a": LOCK[0], "b": LOCK[1]}
        if wait:
            holder.execute(text("SELECT pg_advisory_lock(:a, :b)"), lock)
        elif not holder.execute(text("SELECT pg_try_advisory_lock(:a, :b)"), lock).scalar_one():
            return 0
        try:
            return _fold_all(engine, holder, lazily)
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(:a, :b)"), lock)


@contextmanager
def loading(engine: Engine) -> Iterator[None]:
    """While a bulk load runs, servers leave the folding to it."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        holder.execute(text("SELECT pg_advisory_lock_shared(:a, :b)"), LOADING)
        try:
            yield
        finally:
            holder.execute(text("SELECT pg_advisory_unlock_shared(:a, :b)"), LOADING)


def is_loading(connection: Connection) -> bool:
    """Whether a bulk load runs somewhere."""
    free = connection.execute(text("SELECT pg_try_advisory_xact_lock(:a, :b)"), LOADING)
    return not free.scalar_one()


def _fold_all(engine: Engine, holder: Connection, lazily: bool) -> int:
    waiting = holder.execute(
        text(
            f"""
            SELECT p.city_id, t.timezone, (floor(p.day / {BLOCK}.0) * {BLOCK})::integer AS first,
                   count(*) AS n
              FROM pending p JOIN city t ON t.id = p.city_id
             GROUP BY p.city_id, t.timezone, first ORDER BY p.city_id, first
            """
        )
    ).all()
    total = sum(int(block.n) for block in waiting)
    stored = _stored(holder)
    if lazily and total < min(max(LATELY[0], sum(stored.values())), LATELY[1]):
        return 0
    many = [
        (block.city_id, ZoneInfo(block.timezone), block.first)
        for block in waiting
        if block.n >= max(MANY, SHARE * stored.get((block.city_id, block.first), 0))
    ]
    for _ in _recounted(engine, many):
        pass
    with engine.begin() as connection:
        merge_pending(connection)
    return total


def rebuild(engine: Engine, progress: Callable[[int, int], None] = lambda done, of: None) -> int:
    """Count everything anew from the complaints, block by block; returns how many blocks.

    For counts that are suspected to be wrong; readers see each block before or after.
    """
    options = engine.execution_options(isolation_level="AUTOCOMMIT")
    with options.connect() as holder:
        holder.execute(text("SELECT pg_advisory_lock(:a, :b)"), {"a": LOCK[0], "b": LOCK[1]})
        try:
            blocks = holder.execute(
                text(
                    f"""
                    SELECT DISTINCT t.id, t.timezone, (floor(d.day / {BLOCK}.0) * {BLOCK})::integer
                      FROM city t CROSS JOIN LATERAL (
                           SELECT local_day(reported_at, t.timezone) FROM complaint
                            WHERE city_id = t.id
                           UNION SELECT day FROM rollup WHERE city_id = t.id
                           UNION SELECT day FROM pending WHERE city_id = t.id) AS d (day)
                     ORDER BY 1, 3
                    """
                )
            ).all()
            which = [(city_id, ZoneInfo(zone), first) for city_id, zone, first in blocks]
            for done in _recounted(engine, which):
                progress(done, len(blocks))
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(:a, :b)"), {"a": LOCK[0], "b": LOCK[1]})
    return len(blocks)


def has_layout(connection: Connection) -> bool:
    """Whether the stored counts are divided as this version reads them."""
    return connection.execute(text("SELECT layout FROM rollup_layout")).scalars().all() == [LAYOUT]


def ensure_layout(
    engine: Engine, progress: Callable[[int, int], None] = lambda done, of: None
) -> bool:
    """Count everything anew where another version divided it otherwise; returns whether it did."""
    with engine.connect() as connection:
        if has_layout(connection):
            return False
    blocks = rebuild(engine, progress)
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM rollup_layout"))
        connection.execute(
            text("INSERT INTO rollup_layout VALUES (:layout) ON CONFLICT DO NOTHING"),
            {"layout": LAYOUT},
        )
    return blocks > 0


def _stored(connection: Connection) -> dict[tuple[int, int], int]:
    rows = connection.execute(
        text(
            f"""
            SELECT city_id, day, (SELECT sum(n) FROM unnest(counts) AS n) AS n FROM rollup
             WHERE grid = {CITY} AND span = {BLOCK} AND kind = 0 AND status = {EVERY_STATUS}
            """
        )
    )
    return {(row.city_id, row.day): int(row.n or 0) for row in rows}


def _recounted(engine: Engine, blocks: Sequence[tuple[int, ZoneInfo, int]]) -> Iterator[int]:
    """Count some blocks anew, two at a time; yields how many are done."""
    snapshot = engine.execution_options(isolation_level="REPEATABLE READ")

    def counted(block: tuple[int, ZoneInfo, int]) -> None:
        with snapshot.begin() as connection:
            recount(connection, *block)

    with ThreadPoolExecutor(2) as pool:
        for done, _ in enumerate(pool.map(counted, blocks)):
            yield done + 1


def recount(connection: Connection, city_id: int, zone: ZoneInfo, first: int) -> None:
    """Count one block of a city anew; the transaction must be REPEATABLE READ.

    In one snapshot, the pending changes it sees are those its complaints already show.
    """
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    days = {"city_id": city_id, "first": first, "end": first + BLOCK}
    domain_of = _by_id(connection, "SELECT id, domain_id FROM category")
    connection.execute(
        text("DELETE FROM pending WHERE city_id = :city_id AND day >= :first AND day < :end"), days
    )
    for grid, spans in LEVELS.items():
        connection.execute(
            text(
                "DELETE FROM rollup WHERE city_id = :city_id AND grid = :grid"
                " AND span = ANY(:spans) AND day >= :first AND day < :end"
            ),
            {**days, "grid": grid, "spans": list(spans)},
        )
    single = _read(
        connection,
        "SELECT cell AS place, reported_at, category_id, status FROM complaint"
        " WHERE city_id = {city_id} AND reported_at >= '{since}' AND reported_at < '{until}'",
        city_id, zone, first, domain_of,
    )  # fmt: skip
    if len(single.n):
        city = _summed(single._replace(place=single.category))
        _write(connection, city_id, CITY, city)
        fine = _summed(single._replace(place=parents(single.place, 10), day=_block(single.day, 64)))
        _write(connection, city_id, 10, fine)
        _write(connection, city_id, 9, _summed(fine._replace(place=parents(fine.place, 9))))
        coarse = single._replace(place=parents(single.place, 8), day=_block(single.day, 4))
        coarse = _summed(coarse)
        for grid in (8, 7, 6):
            coarse = _summed(coarse._replace(place=parents(coarse.place, grid)))
            _write(connection, city_id, grid, coarse)
    del single
    held = _read(
        connection,
        "SELECT a.area_id::bigint AS place, a.reported_at, a.category_id, a.status"
        " FROM complaint_area a WHERE a.area_id IN (SELECT id FROM area WHERE set_id IN"
        " (SELECT id FROM area_set WHERE city_id = {city_id}))"
        " AND a.reported_at >= '{since}' AND a.reported_at < '{until}'",
        city_id, zone, first, domain_of,
    )  # fmt: skip
    if len(held.n):
        set_of = _by_id(connection, "SELECT id, set_id FROM area")
        _write(connection, city_id, AREA, _summed(held), set_of)


def _by_id(connection: Connection, query: str) -> Integers:
    """The second column of a small table, to be looked up by its first."""
    rows = connection.execute(text(query)).all()
    found = np.zeros(max(row[0] for row in rows) + 1, dtype=np.int64)
    for number, value in rows:
        found[number] = value
    return found


def _read(
    connection: Connection,
    query: str,
    city_id: int,
    zone: ZoneInfo,
    first: int,
    domain_of: Integers,
) -> Counted:
    """What `query` finds (place, reported_at, category_id, status) as counted columns.

    Each column comes as one array: a row at a time would take longer than the counting.
    """
    parts = []
    for day in range(first, first + BLOCK, SLICE):
        inner = query.format(
            city_id=city_id,
            since=local_midnight(day, zone).isoformat(),
            until=local_midnight(day + SLICE, zone).isoformat(),
        )
        statement = (
            "SELECT array_agg(place), array_agg(reported_at), array_agg(category_id),"
            f" array_agg(status) FROM ({inner}) AS found"
        )
        raw = connection.connection.cursor()
        with raw.copy(f"COPY ({statement}) TO STDOUT (FORMAT BINARY)") as copy:
            answer = b"".join(copy)
        columns = _arrays(answer, (8, 8, 2, 2))
        if columns is None:
            continue
        place, at, kind, status = columns
        one = np.ones(len(place), dtype=np.int64)
        part = Counted(
            place,
            local_days(PG_EPOCH + at.astype("timedelta64[us]"), zone),
            kind,
            domain_of[kind],
            status,
            one,
        )
        # Same place, day, category and status: counted as they come, so that memory stays small.
        parts.append(_summed(part))
    if not parts:
        empty = np.empty(0, dtype=np.int64)
        return Counted(empty, empty, empty, empty, empty, empty)
    return Counted(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))


def _arrays(answer: bytes, sizes: tuple[int, ...]) -> list[Integers] | None:
    """The arrays of one row of a binary COPY; None where they are null."""
    at = len(HEADER) + 2
    found = []
    for size in sizes:
        (length,) = struct.unpack_from(">i", answer, at)
        at += 4
        if length == -1:
            return None
        (n,) = struct.unpack_from(">i", answer, at + 12)
        row = np.dtype([("length", ">i4"), ("value", f">i{size}")])
        values = np.frombuffer(answer, dtype=row, count=n, offset=at + 20)["value"]
        found.append(values.astype(np.int64))
        at += length
    return found


def _block(day: Integers, span: int) -> Integers:
    return day // span * span


def _grouped(n: Integers, columns: list[Integers]) -> tuple[list[Integers], Integers]:
    """The distinct rows of the columns, in order, and the sum of n for each."""
    key = np.zeros(len(n), dtype=np.int64)
    for column in columns:
        low, high = int(column.min()), int(column.max())
        if high - low >= 1 << 31:
            # Cells: their order stands for them, so that the whole key fits.
            distinct, column = np.unique(column, return_inverse=True)  # noqa: PLW2901
            low, high = 0, len(distinct) - 1
        key = key * (high - low + 1) + (column - low)
    order = np.argsort(key, kind="stable")
    key = key[order]
    starts = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    return [column[order[starts]] for column in columns], np.add.reduceat(n[order], starts)


def _summed(rows: Counted) -> Counted:
    keys = [rows.place, rows.day, rows.category, rows.status]
    (place, day, category, status), n = _grouped(rows.n, keys)
    order = np.zeros(int(rows.category.max()) + 1, dtype=np.int64)
    order[rows.category] = rows.domain
    return Counted(place, day, category, order[category], status, n)


def _write(
    connection: Connection,
    city_id: int,
    grid: int,
    rows: Counted,
    region_of: Integers | None = None,
) -> None:
    """All levels of a grid from its counted rows; `region_of` a place where it is no cell."""
    for span, kinds in LEVELS[grid].items():
        day = _block(rows.day, span)
        for kind in kinds:
            number = {
                Kind.ALL: np.zeros_like(rows.n),
                Kind.DOMAIN: -rows.domain,
                Kind.CATEGORY: rows.category,
            }[kind]
            keys, n = _grouped(rows.n, [number, rows.status, day, rows.place])
            _copy(connection, city_id, grid, span, keys, n, region_of)
            (number, day_, place), n = _grouped(n, [keys[0], keys[2], keys[3]])
            every = [number, np.full(len(n), EVERY_STATUS, dtype=np.int64), day_, place]
            _copy(connection, city_id, grid, span, every, n, region_of)


def _copy(
    connection: Connection,
    city_id: int,
    grid: int,
    span: int,
    keys: list[Integers],
    n: Integers,
    region_of: Integers | None,
) -> None:
    """Rows (kind, status, day, place), in order, packed by region."""
    kind, status, day, place = keys
    if grid == CITY:
        region = np.zeros(len(n), dtype=np.int64)
    elif region_of is not None:
        region = region_of[place]
        order = np.lexsort((place, region, day, status, kind))
        kind, status, day = kind[order], status[order], day[order]
        place, region, n = place[order], region[order], n[order]
    else:
        region = parents(place, region_level(grid, span))
    same = np.ones(len(n), dtype=bool)
    same[0] = False
    for column in (kind, status, day, region):
        same[1:] &= column[1:] == column[:-1]
    first = np.flatnonzero(~same)
    bounds = np.append(first, len(n)).astype(np.int64)
    size = len(first)
    fields = [
        fixed(np.full(size, city_id), ">i2"),
        fixed(np.full(size, grid), ">i2"),
        fixed(np.full(size, span), ">i2"),
        fixed(kind[first], ">i2"),
        fixed(status[first], ">i2"),
        fixed(day[first], ">i4"),
        fixed(region[first], ">i8"),
        lists(place, bounds, 8),
        lists(n, bounds, 4),
    ]
    raw = connection.connection.cursor()
    columns = "city_id, grid, span, kind, status, day, region, places, counts"
    with raw.copy(f"COPY rollup ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(payload(fields))
