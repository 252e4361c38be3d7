"""What is usual in a place is taken from its own recent weeks."""

from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection, Engine, text

from boundaries.hanoi import ensure_hanoi
from geo import reporting, surge
from geo.cells import leaf_cells, parent

AT = datetime(2026, 11, 20, 3, tzinfo=UTC)
LON, LAT = 105.85, 21.03
CELL = parent(int(leaf_cells(np.array([LON]), np.array([LAT]))[0]), surge.RESOLUTION)


def _reports(connection: Connection, days_ago: int, n: int, lon: float = LON) -> None:
    for one in range(n):
        said = reporting.Report(lon, LAT, "pothole", f"Ổ gà {one}")
        at = AT - timedelta(days=days_ago, seconds=one)
        reporting.take(connection, said, at, None, b"x" * 32)


def test_a_quiet_place_is_believed_up_to_the_floor(engine: Engine) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection)
        assert surge.believed(connection, CELL, AT, 20) == 20


def test_the_third_busiest_day_counts_and_neither_an_attack_nor_today(engine: Engine) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection)
        for days_ago, n in ((3, 90), (4, 80), (5, 40), (6, 10)):
            _reports(connection, days_ago, n)
        _reports(connection, 0, 120)
        _reports(connection, 1, 120)
        _reports(connection, 40, 120)
        _reports(connection, 8, 60, lon=LON - 0.1)
        # 5 x 40 / 36, rounded up.
        assert surge.believed(connection, CELL, AT, 1) == 6
        assert surge.believed(connection, CELL, AT, 20) == 20


def test_only_the_place_and_the_weeks_are_read(engine: Engine) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection)
        _reports(connection, 5, 30)
        connection.execute(text("SET LOCAL enable_seqscan = off"))
        plan = connection.execute(
            text(
                "EXPLAIN SELECT count(*) FROM complaint WHERE cell >> 18 = ANY(CAST("
                "ARRAY[1, 2] AS bigint[]))"
                " AND reported_at >= now() GROUP BY floor(extract(epoch FROM reported_at) / 86400)"
            )
        )
        assert "ix_complaint_place" in "\n".join(plan.scalars())
