"""Things that several citizens of the made-up city report, and things that only look like it.

What belongs together is drawn by itself, so that it can be said without drawing anything else.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.arrival import Batch
from geo.city_words import said
from geo.complaint import Status

# Of the things reported again, how many times: 1 / 0.55 on average.
AGAIN: Final = 0.55
# Phones and people put a thing up to so far off the first place; half of them within a quarter.
JITTER_M: Final = 60.0
# Another thing of the same category beside one that was reported: how often, how far, how long.
BESIDE: Final = 0.08
BESIDE_M: Final = (20.0, 200.0)
BESIDE_DAYS: Final = 20.0
# A further report comes after two days or so, seldom after weeks.
LAG_DAYS, LAG_SPREAD = 2.0, 1.3
# Some take it for another category of the same meaning.
OTHERWISE: Final = 0.12
# Of those closed with the first, how many as what they are.
KNOWN: Final = 0.6
DAY: Final = np.timedelta64(1, "D")

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


class Things(NamedTuple):
    """For each row of a batch, the row that first told of its thing, and what that stands beside.

    `beside` is the first row of another thing, or -1.
    """

    first: Ints
    beside: Ints


class City(NamedTuple):
    """What is needed to know of the city."""

    end: np.datetime64
    holds: Callable[[Floats], NDArray[np.bool_]]
    """Whether points lie in it, shape (n, 2) to (n,)."""
    names: dict[int, tuple[str, str]]
    """Code and name of each category."""
    others: Mapping[int, Sequence[int]]
    """The categories of the same meaning."""


def things(seed: int, number: int, size: int, share: float) -> Things:
    """Which rows of a batch are about the same thing; `share` of all are further reports."""
    rng = np.random.default_rng([seed, number, 1])
    # A thing has 1 / (1 - share) reports on average.
    often = rng.random(size) < share / (1 - share) * AGAIN
    reports = 1 + np.where(often, rng.geometric(AGAIN, size), 0)
    first = np.repeat(np.cumsum(reports) - reports, reports)[:size]
    rows = np.arange(size)
    opens = first == rows
    beside = opens & (rng.random(size) < BESIDE) & (rows > 0)
    # The thing before it; that one stands where it was drawn.
    before = first[np.maximum(first - 1, 0)]
    beside &= ~beside[before]
    return Things(first, np.where(beside, before, -1))


def repeated(rng: np.random.Generator, whole: Batch, of: Things, city: City, street: Any) -> Batch:
    """A batch in which things are reported again, and beside each other."""
    n = len(of.first)
    points = np.column_stack([whole.lon, whole.lat])
    kind, status = whole.category_id.copy(), whole.status.copy()
    reported, closed = whole.reported_at.copy(), whole.closed_at.copy()
    # Beside: another thing of the kind, some days later, ended by itself.
    row = np.flatnonzero(of.beside >= 0)
    base = of.beside[row]
    points[row] = _moved(rng, points[base], rng.uniform(*BESIDE_M, len(row)), city)
    kind[row] = kind[base]
    shift = rng.uniform(0, BESIDE_DAYS, len(row))
    moved = _on_day(reported[base] + (shift * 86_400e6).astype("timedelta64[us]"), reported[row])
    moved = np.where(moved < city.end, moved, reported[row])
    closed[row] += moved - reported[row]
    reported[row] = moved
    still = row[closed[row] >= city.end]
    closed[still], status[still] = np.datetime64("NaT"), Status.IN_PROGRESS
    # Again: the same thing, while it is open.
    row = np.flatnonzero(of.first != np.arange(n))
    base = of.first[row]
    points[row] = _moved(rng, points[base], JITTER_M * rng.random(len(row)) ** 2, city)
    kind[row] = _otherwise(rng, kind[base], city)
    until = np.where(np.isnat(closed[base]), city.end, closed[base])
    lag = np.exp(rng.normal(np.log(LAG_DAYS), LAG_SPREAD, len(row)))
    later = _on_day(reported[base] + (lag * 86_400e6).astype("timedelta64[us]"), reported[row])
    between = reported[base] + ((until - reported[base]) * rng.random(len(row)))
    fits = (later > reported[base]) & (later < until)
    reported[row], closed[row] = np.where(fits, later, between), closed[base]
    ended = np.where(rng.random(len(row)) < KNOWN, Status.DUPLICATE, status[base])
    status[row] = np.where(np.isnat(closed[row]), status[base], ended)
    own = [city.names[one] for one in kind[of.first].tolist()]
    texts, addresses = said(
        rng,
        of.first,
        [code for code, _ in own],
        [name for _, name in own],
        street(points[of.first]),
    )
    return Batch(
        points[:, 0], points[:, 1], kind, status, reported, closed, texts, addresses,
        whole.source_key,
    )  # fmt: skip


def _moved(rng: np.random.Generator, points: Floats, metres: Floats, city: City) -> Floats:
    """Points so far away in any direction; where that is outside the city, the points."""
    turn = rng.uniform(0, 2 * np.pi, len(points))
    east, north = np.cos(turn) * metres / 111_320, np.sin(turn) * metres / 111_320
    found = points + np.column_stack([east / np.cos(np.radians(points[:, 1])), north])
    return np.asarray(np.where(city.holds(found)[:, None], found, points))


def _on_day(day: Any, hours: Any) -> Any:
    """Instants on other instants' days at hours people report at."""
    return day.astype("datetime64[D]") + (hours - hours.astype("datetime64[D]"))


def _otherwise(rng: np.random.Generator, kind: Any, city: City) -> Any:
    found, pick = kind.copy(), rng.random(len(kind))
    for own in np.unique(kind).tolist():
        if others := city.others.get(own):
            mine = (kind == own) & (pick < OTHERWISE)
            found[mine] = rng.choice(others, int(mine.sum()))
    return found
