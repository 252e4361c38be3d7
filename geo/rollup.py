"""Counts by place, block of days, kind and status, so that coarse views read little.

Which blocks exist is a balance: long blocks are few, so they are broken down finely (by
category); short ones are many and are kept by domain only. `kind` is 0 for all, -domain.id,
or category.id.
"""

from enum import IntEnum
from typing import Final

from sqlalchemy import Connection, text

LOCK: Final = (1887, 2)
CITY, AREA = 0, 1


class Kind(IntEnum):
    """How finely a block is broken down."""

    ALL = 0
    DOMAIN = 1
    CATEGORY = 2


_A, _D, _C = Kind.ALL, Kind.DOMAIN, Kind.CATEGORY

# grid -> span in days -> kinds. Spans of a grid divide one another.
LEVELS: Final[dict[int, dict[int, tuple[Kind, ...]]]] = {
    CITY: {1: (_A, _D, _C), 16: (_A, _D, _C), 256: (_A, _D, _C)},
    AREA: {1: (_C,), 16: (_D, _C), 256: (_D, _C)},
    6: {4: (_D,), 16: (_D,), 64: (_A, _D, _C), 256: (_A, _D, _C)},
    7: {4: (_D,), 16: (_D,), 64: (_A, _D, _C), 256: (_A, _D, _C)},
    8: {4: (_D,), 16: (_D,), 64: (_A, _D, _C), 256: (_A, _D, _C)},
    9: {64: (_A, _D), 256: (_A, _D, _C)},
    10: {256: (_A, _D)},
}


def _place(grid: int) -> str:
    if grid == CITY:
        return "0::bigint"
    return "area_id::bigint" if grid == AREA else f"cell_parent(cell, {grid})"


_KIND = {
    Kind.ALL: "0::smallint",
    Kind.DOMAIN: "(-domain_id)::smallint",
    Kind.CATEGORY: "category_id",
}


def _block(span: int) -> str:
    # floor() and not integer division: days before 1970 are negative.
    return "day" if span == 1 else f"(floor(day / {span}.0) * {span})::integer"


def _fold_into(grid: int, span: int, kind: Kind, source: str) -> str:
    return f"""
        INSERT INTO rollup AS r (city_id, grid, span, kind, day, place, status, n)
        SELECT city_id, {grid}, {span}, {_KIND[kind]} AS kind, {_block(span)} AS block,
               {_place(grid)} AS place, status, sum(n)
          FROM {source}
         GROUP BY city_id, kind, block, place, status
        HAVING sum(n) <> 0
         ORDER BY city_id, kind, block, place, status
        ON CONFLICT (city_id, grid, span, kind, day, place, status)
        DO UPDATE SET n = r.n + excluded.n"""


def fold(connection: Connection) -> int:
    """Merge `pending` into `rollup`; readers see the counts before or after, never between.

    Only one fold runs at a time; another waits. Returns how many pending rows were merged.
    """
    connection.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), {"a": LOCK[0], "b": LOCK[1]})
    connection.execute(text("DROP TABLE IF EXISTS folding, folding_area"))
    merged = connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE folding ON COMMIT DROP AS
            WITH taken AS (DELETE FROM pending RETURNING *)
            SELECT t.city_id, t.cell, t.day, t.category_id, c.domain_id, t.status, t.area_ids,
                   sum(t.n)::integer AS n
              FROM taken t JOIN category c ON c.id = t.category_id
             GROUP BY t.city_id, t.cell, t.day, t.category_id, c.domain_id, t.status, t.area_ids
            """
        )
    ).rowcount
    if merged == 0:
        return 0
    connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE folding_area ON COMMIT DROP AS
            SELECT f.city_id, a.id AS area_id, f.day, f.category_id, f.domain_id, f.status,
                   sum(f.n)::integer AS n
              FROM folding f CROSS JOIN unnest(f.area_ids) AS a(id)
             WHERE EXISTS (SELECT FROM area WHERE area.id = a.id)
             GROUP BY f.city_id, a.id, f.day, f.category_id, f.domain_id, f.status
            """
        )
    )
    connection.execute(text("ANALYZE folding"))
    for grid, spans in LEVELS.items():
        source = "folding_area" if grid == AREA else "folding"
        for span, kinds in spans.items():
            for kind in kinds:
                connection.execute(text(_fold_into(grid, span, kind, source)))
    return merged


def rebuild_areas(connection: Connection, set_id: int) -> None:
    """Count the areas of one set anew from `complaint_area`, all pending changes folded first."""
    fold(connection)
    connection.execute(text("DROP TABLE IF EXISTS counted_area"))
    connection.execute(
        text(
            """
            DELETE FROM rollup r USING area a
             WHERE a.set_id = :set_id AND r.grid = 1 AND r.place = a.id
            """
        ),
        {"set_id": set_id},
    )
    connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE counted_area ON COMMIT DROP AS
            SELECT t.id AS city_id, ca.area_id, local_day(ca.reported_at, t.timezone) AS day,
                   ca.category_id, c.domain_id, ca.status, count(*)::integer AS n
              FROM area a
              JOIN area_set s ON s.id = a.set_id
              JOIN city t ON t.id = s.city_id
              JOIN complaint_area ca ON ca.area_id = a.id
              JOIN category c ON c.id = ca.category_id
             WHERE a.set_id = :set_id
             GROUP BY t.id, ca.area_id, 3, ca.category_id, c.domain_id, ca.status
            """
        ),
        {"set_id": set_id},
    )
    for span, kinds in LEVELS[AREA].items():
        for kind in kinds:
            connection.execute(text(_fold_into(AREA, span, kind, "counted_area")))


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
