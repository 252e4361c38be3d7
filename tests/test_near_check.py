"""What is marked as likely is right far more often than 'same category within 250 m'."""

from sqlalchemy import Engine

from bench.near_check import HELD_OUT, compared, drawn, fitted, joined
from geo.near import WEIGHTS


def test_likely_names_as_much_of_the_same_and_far_less_of_the_rest(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        pairs = joined([drawn(connection, seed, 10_000) for seed in HELD_OUT[:2]])
    rules = compared(pairs)
    plain, likely = rules["same category within 250 m"], rules["likely"]
    assert likely["true"] > 1000
    assert likely["precision"] > plain["precision"] + 0.25
    assert likely["recall"] > plain["recall"] - 0.02
    assert likely["wrongly_warned"] < plain["wrongly_warned"] / 2
    # Words help: without them as many are named, and more of them wrongly.
    unworded = rules["likely, without words"]
    assert likely["recall"] + likely["precision"] > unworded["recall"] + unworded["precision"]
    # Each part weighs what it should: the closer, the sooner, the more alike, the likelier.
    again = fitted(pairs)
    assert min(again[1:5]) > 0
    assert abs(again.place - WEIGHTS.place) < 1
