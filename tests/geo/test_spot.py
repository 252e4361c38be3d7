"""What is told of a spot, against a look at every complaint there is."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, text

from geo import spot
from geo.complaint import Status

NOW = datetime(2026, 11, 1, tzinfo=UTC)
# A leaf's corner is some 11 m from its middle.
LEAF_M = 11
WITHIN = """
SELECT o.code, o.status, o.closed_at, o.reported_at,
       ST_DistanceSphere(o.geom, c.geom) AS away_m
  FROM complaint c JOIN complaint o ON o.id <> c.id
  JOIN category k ON k.id = o.category_id AND NOT k.sensitive
 WHERE c.id = :id AND ST_DistanceSphere(o.geom, c.geom) < 300 AND o.reported_at > :since
"""


@pytest.fixture(scope="module")
def dense(module_hanoi: Engine) -> list[Any]:
    """Complaints with the most others around them, and some with few."""
    with module_hanoi.connect() as connection:
        found = connection.execute(
            text(
                "SELECT c.id, count(*) OVER (PARTITION BY c.cell >> 15) AS n FROM complaint c"
                " ORDER BY n DESC, c.id"
            )
        ).all()
    return [row.id for row in [*found[:6], *found[:: len(found) // 6]]]


def test_a_spot_counts_what_lies_within_its_leaves_and_tells_the_last_and_the_nearest(
    module_hanoi: Engine, dense: list[Any]
) -> None:
    most = 0
    with module_hanoi.connect() as connection:
        for number in dense:
            told = spot.spot(connection, number, NOW)
            there = connection.execute(
                text(WITHIN), {"id": number, "since": NOW - spot.ALL_TIME}
            ).all()
            for name, since in (("n_all", spot.ALL_TIME), ("n_year", spot.YEAR)):
                recent = [row.away_m for row in there if row.reported_at > NOW - since]
                least = sum(away <= spot.SPOT_M - LEAF_M for away in recent)
                assert least <= told["spot"][name]
                assert told["spot"][name] <= sum(away <= spot.SPOT_M + LEAF_M for away in recent)
            most = max(most, told["spot"]["n_all"])
            assert told["spot"]["more"] is False
            ended = {row.code: row for row in there if row.closed_at is not None}
            closed = [ended[one["code"]].closed_at for one in told["spot"]["last"]]
            assert closed == sorted(closed, reverse=True)
            assert all(
                ended[one["code"]].away_m <= spot.SPOT_M + LEAF_M for one in told["spot"]["last"]
            )
            near = sorted(
                (row.away_m, row.code)
                for row in there
                if row.status <= Status.IN_PROGRESS and row.away_m <= spot.NEAR_M
            )
            assert [one["code"] for one in told["near"]] == [code for _, code in near[:12]]
    assert most >= 3


def test_where_more_was_reported_than_is_looked_at_it_says_so(
    module_hanoi: Engine, dense: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    with module_hanoi.connect() as connection:
        whole = spot.spot(connection, dense[0], NOW)["spot"]
        monkeypatch.setattr(spot, "EXAMINED", 2)
        part = spot.spot(connection, dense[0], NOW)["spot"]
    assert part["more"] is True
    assert part["n_all"] <= whole["n_all"]
