"""What is marked as likely is right far more often than 'same category within 250 m'."""

import numpy as np
from sqlalchemy import Engine

from bench.near_check import HELD_OUT, candidates, compared, drawn, fitted, joined
from geo.near import WEIGHTS, scores


def test_likely_names_as_much_of_the_same_and_far_less_of_the_rest(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        pairs = joined([drawn(connection, seed, 10_000) for seed in HELD_OUT[:2]])
    rules = compared(pairs)
    plain, likely = rules["same category within 250 m"], rules["likely"]
    assert likely["true"] > 1000
    assert likely["precision"] > plain["precision"] + 0.25
    assert likely["recall"] > plain["recall"] - 0.02
    assert likely["wrongly_warned"] < plain["wrongly_warned"] / 2
    # Words help: of as many named without them, fewer would be right.
    nothing = np.full(len(pairs.words), np.nan)
    without = scores(pairs.distance, pairs.age, pairs.same.astype(float), nothing)
    order = np.argsort(-np.where(candidates(pairs), without, 0))
    assert pairs.true[order[: int(likely["named"])]].mean() < likely["precision"]
    # Another sample gives much the same weights.
    again = fitted(pairs)
    for part in ("place", "time", "words"):
        assert 0.6 < getattr(again, part) / getattr(WEIGHTS, part) < 1.5, part
