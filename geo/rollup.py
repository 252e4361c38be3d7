"""Counts by place, block of days, kind and status, so that coarse views read little.

A row of `rollup` holds one block of days for one region: the places in it that have complaints and,
as a second array, how many each has. A region is a handful of places that are read together: the
cells with a common ancestor two resolutions up, the areas of one set, or the whole city with its
categories as places. Status 0 is all of them, so that the usual question reads a fifth.

Long blocks are few and may be broken down by category; short ones are many and are kept by domain.
`kind` is 0 for all, -domain.id, or category.id.
"""

import json
from enum import IntEnum
from typing import Final

from sqlalchemy import Connection, text

LOCK: Final = (1887, 2)
# Held (shared) while a bulk load runs, which folds by itself.
LOADING: Final = {"a": 1887, "b": 3}
CITY, AREA = 0, 1
EVERY_STATUS: Final = 0


class Kind(IntEnum):
    """How finely a block is broken down."""

    ALL = 0
    DOMAIN = 1
    CATEGORY = 2


_A, _D, _C = Kind.ALL, Kind.DOMAIN, Kind.CATEGORY

# grid -> span in days -> kinds. Spans of a grid divide one another.
LEVELS: Final[dict[int, dict[int, tuple[Kind, ...]]]] = {
    # The places are categories: every kind of question can be answered.
    CITY: {1: (_A,), 16: (_A,), 256: (_A,)},
    AREA: {1: (_A, _D), 16: (_A, _D, _C), 256: (_A, _D, _C)},
    6: {4: (_A, _D), 16: (_A, _D), 64: (_A, _D), 256: (_A, _D, _C)},
    7: {4: (_A, _D), 16: (_A, _D), 64: (_A, _D), 256: (_A, _D, _C)},
    8: {4: (_A, _D), 16: (_A, _D), 64: (_A, _D), 256: (_A, _D, _C)},
    9: {64: (_A, _D), 256: (_A, _D)},
    10: {256: (_A, _D)},
}
LAYOUT: Final = json.dumps(
    {str(grid): {str(span): list(map(int, kinds)) for span, kinds in spans.items()}
     for grid, spans in LEVELS.items()}
)  # fmt: skip
_KIND: Final = {
    Kind.ALL: "0::smallint",
    Kind.DOMAIN: "(-domain_id)::smallint",
    Kind.CATEGORY: "category_id",
}


def region_level(grid: int, span: int) -> int:
    """The resolution of the ancestors that group the cells of a block.

    Short blocks hold fewer complaints, so their regions are larger: a row is to have some dozens
    of places, and to stay below the two kilobytes from which PostgreSQL stores it elsewhere.
    """
    return grid - 2 if span >= 64 else grid - 3


def _block(span: int) -> str:
    # floor() and not integer division: days before 1970 are negative.
    return "day" if span == 1 else f"(floor(day / {span}.0) * {span})::integer"


def _merge(grid: int, span: int, kind: Kind, source: str) -> str:
    """Add the rows of `source` (city_id, place, region, day, category_id, ..., n) to one level."""
    above = "region" if grid <= AREA else f"cell_parent(place, {region_level(grid, span)})"
    keys = "city_id, kind, status, day, region"
    return f"""
        WITH delta AS MATERIALIZED (
          SELECT city_id, kind, coalesce(status, {EVERY_STATUS})::smallint AS status,
                 block AS day, region, place, sum(n)::integer AS n
            FROM (SELECT city_id, {_KIND[kind]} AS kind, status, {_block(span)} AS block,
                         {above} AS region, place, n FROM {source}) AS s
           GROUP BY GROUPING SETS ((city_id, kind, block, region, place, status),
                                   (city_id, kind, block, region, place))
          HAVING sum(n) <> 0
        ), touched AS MATERIALIZED (
          SELECT DISTINCT {keys} FROM delta
        ), summed AS (
          SELECT {keys}, place, sum(n)::integer AS n
            FROM (SELECT {keys}, place, n FROM delta
                  UNION ALL
                  SELECT {keys}, unnest(r.places), unnest(r.counts)
                    FROM touched JOIN rollup r USING ({keys})
                   WHERE r.grid = {grid} AND r.span = {span}) AS every
           GROUP BY {keys}, place
        )
        INSERT INTO rollup (city_id, grid, span, kind, status, day, region, places, counts)
        SELECT city_id, {grid}, {span}, kind, status, day, region,
               coalesce(array_agg(place) FILTER (WHERE n <> 0), '{{}}'),
               coalesce(array_agg(n) FILTER (WHERE n <> 0), '{{}}')
          FROM summed
         GROUP BY {keys}
        ON CONFLICT (city_id, grid, span, kind, status, day, region)
        DO UPDATE SET places = excluded.places, counts = excluded.counts"""


def fold(connection: Connection) -> int:
    """Merge `pending` into `rollup`; readers see the counts before or after, never between.

    Only one fold runs at a time; another waits. Returns how many pending rows were merged.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": LOCK[0], "b": LOCK[1]})
    return merge_pending(connection)


def try_fold(connection: Connection) -> int:
    """What `fold` does, unless somebody folds or loads in bulk."""
    lock = {"a": LOCK[0], "b": LOCK[1]}
    for locks in (LOADING, lock):
        free = connection.execute(text("SELECT pg_try_advisory_xact_lock(:a, :b)"), locks)
        if not free.scalar_one():
            return 0
    return merge_pending(connection)


def merge_pending(connection: Connection) -> int:
    """What `fold` does, for a caller who holds the lock."""
    connection.execute(text("SET LOCAL work_mem = '256MB'"))
    connection.execute(text("SET LOCAL statement_timeout = 0"))
    _drop(connection)
    merged = connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE folding ON COMMIT DROP AS
            WITH taken AS (DELETE FROM pending RETURNING *)
            SELECT t.city_id, t.cell, t.day, t.category_id, c.domain_id, t.status, t.area_ids, t.n,
                   0::bigint AS region, t.category_id::bigint AS place
              FROM taken t JOIN category c ON c.id = t.category_id
            """
        )
    ).rowcount
    if merged == 0:
        return 0
    connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE folding_area ON COMMIT DROP AS
            SELECT f.city_id, a.set_id::bigint AS region, a.id::bigint AS place, f.day,
                   f.category_id, f.domain_id, f.status, sum(f.n)::integer AS n
              FROM folding f CROSS JOIN unnest(f.area_ids) AS held(id) JOIN area a USING (id)
             GROUP BY f.city_id, a.set_id, a.id, f.day, f.category_id, f.domain_id, f.status
            """
        )
    )
    connection.execute(text("ANALYZE folding"))
    _merge_all(connection, CITY, "folding")
    _merge_all(connection, AREA, "folding_area")
    # Each table is summed from the one before, so that the many single rows are read only twice.
    _sum_cells(connection, "folding", "folding_10", 10, 64)
    _sum_cells(connection, "folding_10", "folding_9", 9, 64)
    _sum_cells(connection, "folding", "folding_8", 8, 4)
    _sum_cells(connection, "folding_8", "folding_7", 7, 4)
    _sum_cells(connection, "folding_7", "folding_6", 6, 4)
    for grid in (10, 9, 8, 7, 6):
        _merge_all(connection, grid, f"folding_{grid}")
    _drop(connection)
    return merged


def _drop(connection: Connection) -> None:
    names = "folding, folding_area, folding_10, folding_9, folding_8, folding_7, folding_6"
    connection.execute(text(f"DROP TABLE IF EXISTS {names}"))


def _sum_cells(connection: Connection, source: str, name: str, grid: int, span: int) -> None:
    connection.execute(
        text(
            f"""
            CREATE TEMPORARY TABLE {name} ON COMMIT DROP AS
            SELECT city_id, cell, cell AS place, day, category_id, domain_id, status, n
              FROM (SELECT city_id, cell_parent(cell, {grid}) AS cell, {_block(span)} AS day,
                           category_id, domain_id, status, sum(n)::integer AS n
                      FROM {source}
                     GROUP BY city_id, 2, 3, category_id, domain_id, status
                    HAVING sum(n) <> 0) AS summed
            """
        )
    )
    connection.execute(text(f"ANALYZE {name}"))


def _merge_all(connection: Connection, grid: int, source: str) -> None:
    for span, kinds in LEVELS[grid].items():
        for kind in kinds:
            connection.execute(text(_merge(grid, span, kind, source)))


def rebuild_areas(connection: Connection, set_id: int) -> None:
    """Count the areas of one set anew from `complaint_area`, all pending changes folded first."""
    fold(connection)
    connection.execute(text("SET LOCAL work_mem = '256MB'"))
    connection.execute(text("DROP TABLE IF EXISTS counted_area"))
    connection.execute(
        text("DELETE FROM rollup WHERE grid = 1 AND region = :set_id"), {"set_id": set_id}
    )
    connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE counted_area ON COMMIT DROP AS
            SELECT t.id AS city_id, s.id::bigint AS region, ca.area_id::bigint AS place,
                   local_day(ca.reported_at, t.timezone) AS day,
                   ca.category_id, c.domain_id, ca.status, count(*)::integer AS n
              FROM area a
              JOIN area_set s ON s.id = a.set_id
              JOIN city t ON t.id = s.city_id
              JOIN complaint_area ca ON ca.area_id = a.id
              JOIN category c ON c.id = ca.category_id
             WHERE a.set_id = :set_id
             GROUP BY t.id, s.id, ca.area_id, 4, ca.category_id, c.domain_id, ca.status
            """
        ),
        {"set_id": set_id},
    )
    _merge_all(connection, AREA, "counted_area")


def spans_for(grid: int, kind: Kind) -> tuple[list[int], dict[int, Kind]]:
    """The spans of a grid that can answer for a kind, and the kind to read in each.

    A question for ALL reads domains where no total is stored.
    """
    usable: dict[int, Kind] = {}
    for span, kinds in LEVELS.get(grid, {}).items():
        for candidate in (kind, Kind.DOMAIN, Kind.CATEGORY):
            if candidate >= kind and candidate in kinds:
                usable[span] = candidate
                break
    return sorted(usable), usable
