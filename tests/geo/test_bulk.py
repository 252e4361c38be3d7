"""Batches stored side by side: every row once, the last of a key wins, and nothing is half done."""

import numpy as np
import pytest
from sqlalchemy import Engine, text

from geo import arrival, bulk
from geo.arrival import Batch, ensure_source
from geo.places import Places


def _batch(keys: list[str], words: str) -> Batch:
    n = len(keys)
    at = np.full(n, np.datetime64("2026-03-01T02:00:00", "us"))
    return Batch(
        np.linspace(105.80, 105.85, n),
        np.linspace(21.00, 21.05, n),
        np.full(n, 1, np.int16),
        np.full(n, 1, np.int16),
        at,
        np.full(n, np.datetime64("NaT", "us")),
        [words] * n,
        [None] * n,
        keys,
    )


def _ready(engine: Engine) -> tuple[int, int, Places]:
    with engine.begin() as connection:
        city_id = connection.execute(text("SELECT id FROM city WHERE code = 'hanoi'")).scalar_one()
        return (
            city_id,
            ensure_source(connection, "bulk", "Bulk", "import"),
            Places.load(connection, city_id),
        )


def test_the_last_of_a_repeated_key_wins_across_batches(hanoi_engine: Engine) -> None:
    city_id, source_id, places = _ready(hanoi_engine)
    parts = [
        (0, _batch([f"k{i}" for i in range(400)], "first")),
        (1, _batch([f"x{i}" for i in range(400)], "other")),
        (2, None),
        (3, _batch([f"k{i}" for i in range(200, 600)], "second")),
        (4, _batch(["k250"], "third")),
    ]
    done = list(bulk.side_by_side(hanoi_engine, city_id, source_id, places, parts))
    assert [what for what, _ in done] == [0, 1, 2, 3, 4]
    assert [tuple(stored) for _, stored in done] == [
        (400, 0, 0), (400, 0, 0), (0, 0, 0), (200, 200, 0), (0, 1, 0),
    ]  # fmt: skip
    with hanoi_engine.connect() as connection:
        found = connection.execute(
            text("SELECT text, count(*) FROM complaint WHERE source_id = :id GROUP BY 1"),
            {"id": source_id},
        ).all()
    assert dict(found) == {"first": 200, "other": 400, "second": 399, "third": 1}


def test_two_batches_that_draw_the_same_code_are_both_stored(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    city_id, source_id, places = _ready(hanoi_engine)
    drawn, real = [], arrival._new_codes

    def twice(connection: object, n: int) -> object:
        # The first two batches get the same codes, as two that cannot see each other might.
        codes = real(connection, n)  # type: ignore[arg-type]
        drawn.append(codes)
        return drawn[0] if len(drawn) == 2 else codes

    monkeypatch.setattr(arrival, "_new_codes", twice)
    parts = [(n, _batch([f"{n}-{i}" for i in range(50)], "words")) for n in range(2)]
    done = list(bulk.side_by_side(hanoi_engine, city_id, source_id, places, parts))
    assert sum(stored.added for _, stored in done) == 100
    assert len(drawn) == 3


def test_a_batch_that_fails_raises_in_its_turn_and_leaves_what_came_before(
    hanoi_engine: Engine,
) -> None:
    city_id, source_id, places = _ready(hanoi_engine)
    bad = _batch(["b"], "bad\0")
    parts = [(0, _batch(["a"], "fine")), (1, bad), (2, _batch(["c"], "fine"))]
    arriving = bulk.side_by_side(hanoi_engine, city_id, source_id, places, parts)
    assert next(arriving)[0] == 0
    with pytest.raises(ValueError, match="NUL"):
        next(arriving)
    with hanoi_engine.connect() as connection:
        keys = connection.execute(
            text("SELECT source_key FROM complaint WHERE source_id = :id"), {"id": source_id}
        ).scalars()
        assert {"a"} <= set(keys) <= {"a", "c"}
