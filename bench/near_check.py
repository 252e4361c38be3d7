"""How right `likely` is, against the plain rule 'same category within 250 m'.

    .venv/bin/python -m bench.near_check [--rows N] [--seed S ...] [--fit]

draws samples that say which complaints are about the same thing, lets each arrive in its turn, and
looks which of the open ones before it either rule would name. Nothing is stored. `--fit` chooses
the weights anew, on seeds of its own, and prints them.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree
from sqlalchemy import Connection

from bench.filled import UNTIL, cluster, fill, say
from boundaries.hanoi import WARDS
from geo import near
from geo.category_settings import Settings, present
from geo.city_life import CityLife
from geo.common_words import shared, telling
from geo.sample import BATCH, DUPLICATES, SampleOrder, life_of
from geo.schema import category

PLAIN_M = 250
FITTED = (101, 102, 103)
HELD_OUT = (11, 12, 13)
Bools = NDArray[np.bool_]


class Arrivals(NamedTuple):
    """Pairs (a complaint that arrives, an open one before it), of one meaning, as columns."""

    later: NDArray[np.int64]
    distance: NDArray[np.float64]
    """As a share of near_m of the arriving one's category."""
    age: NDArray[np.float64]
    same: Bools
    words: NDArray[np.float64]
    metres: NDArray[np.float64]
    true: Bools


def arrivals(connection: Connection, life: CityLife, rows: int) -> Arrivals:
    """All pairs that either rule could name, and all that are about the same thing."""
    settings = present(connection)
    known = {
        int(row.id): (str(row.code), str(row.name_vi), str(row.name_en))
        for row in connection.execute(category.select())
    }
    numbers = range(-(-rows // BATCH))
    batches = [life.batch(one, BATCH, min(BATCH, rows - one * BATCH)) for one in numbers]
    first = np.concatenate(
        [life.things(one, BATCH).first[: len(b)] + one * BATCH for one, b in enumerate(batches)]
    )
    lon, lat, kind, at, closed = (
        np.concatenate([getattr(one, name) for one in batches])
        for name in ("lon", "lat", "category_id", "reported_at", "closed_at")
    )
    texts = [one for b in batches for one in zip(b.text, b.address, strict=True)]
    place = np.column_stack([lon * np.cos(np.radians(lat.mean())), lat]) * 111_320
    code = np.array([known[one][0] for one in kind.tolist()])
    parts = []
    for kinds in _groups(settings, sorted(set(code.tolist()))):
        names = telling([one for row in known.values() if row[0] in kinds for one in row[1:]])
        mine = np.flatnonzero(np.isin(code, kinds))
        reach = max(PLAIN_M, *(settings[one].near_m for one in kinds))
        found = mine[cKDTree(place[mine]).query_pairs(reach, output_type="ndarray")]
        a, b = found[:, 0], found[:, 1]
        later, before = np.where(at[a] > at[b], a, b), np.where(at[a] > at[b], b, a)
        is_open = np.isnat(closed[before]) | (closed[before] > at[later])
        later, before = later[is_open], before[is_open]
        near_m = np.array([settings[one].near_m for one in code[later]], dtype=float)
        near_days = np.array([settings[one].near_days for one in code[later]], dtype=float)
        metres = np.hypot(*(place[later] - place[before]).T)
        age = (at[later] - at[before]) / np.timedelta64(1, "D") / near_days
        true = first[later] == first[before]
        candidate = (metres <= near_m) & (age <= 1)
        said: dict[int, frozenset[str]] = {}

        def of(row: int, said: dict[int, frozenset[str]] = said, names: Any = names) -> Any:
            if row not in said:
                said[row] = telling(texts[row], names)
            return said[row]

        # The words of a stored complaint with its address; who arrives has typed the text alone.
        words = np.full(len(later), np.nan)
        for pair in np.flatnonzero(candidate).tolist():
            one = telling(texts[later[pair]][:1], names)
            other = of(int(before[pair]))
            if one and other:
                words[pair] = shared(one, other)
        same = code[later] == code[before]
        kept = candidate | true | (same & (metres <= PLAIN_M))
        columns = (later, metres / near_m, age, same, words, metres, true)
        parts.append([column[kept] for column in columns])
    return Arrivals(*(np.concatenate(column) for column in zip(*parts, strict=True)))


def _groups(settings: dict[str, Settings], codes: list[str]) -> list[list[str]]:
    """The categories by their meaning."""
    groups: dict[str, list[str]] = {}
    for code in codes:
        groups.setdefault(settings[code].meaning or f"only {code}", []).append(code)
    return list(groups.values())


def candidates(pairs: Arrivals) -> Bools:
    """Which the list near a pin would hold."""
    return np.asarray((pairs.distance <= 1) & (pairs.age <= 1))


def likely(pairs: Arrivals, *, worded: bool = True) -> Bools:
    """Which the list would mark; without the words too, as before anything is typed."""
    words = pairs.words if worded else np.full(len(pairs.words), np.nan)
    score = near.scores(pairs.distance, pairs.age, pairs.same.astype(float), words)
    return candidates(pairs) & (score >= near.LIKELY)


def figures(pairs: Arrivals, named: Bools) -> dict[str, float]:
    """Precision and recall over pairs, and over arrivals.

    `warned`: of those whose thing is known and open, how many see it named. `troubled`: of all
    others that have any candidate, how many see a wrong one named.
    """
    hits = int((named & pairs.true).sum())
    again = np.unique(pairs.later[pairs.true])
    fresh = np.setdiff1d(pairs.later, again)
    return {
        "precision": round(hits / max(1, int(named.sum())), 3),
        "recall": round(hits / max(1, int(pairs.true.sum())), 3),
        "warned": round(len(np.unique(pairs.later[named & pairs.true])) / max(1, len(again)), 3),
        "named": int(named.sum()),
        "true": int(pairs.true.sum()),
        "wrongly_warned": len(np.intersect1d(fresh, pairs.later[named])),
    }


def compared(pairs: Arrivals) -> dict[str, dict[str, float]]:
    """Each rule's figures."""
    plain = pairs.same & (pairs.metres <= PLAIN_M)
    return {
        "same category within 250 m": figures(pairs, plain),
        "the same, within near_days": figures(pairs, plain & (pairs.age <= 1)),
        "all that is near": figures(pairs, candidates(pairs)),
        "likely, without words": figures(pairs, likely(pairs, worded=False)),
        "likely": figures(pairs, likely(pairs)),
    }


def joined(parts: list[Arrivals]) -> Arrivals:
    """Samples side by side; their complaints are numbered apart."""
    later = [part.later + number * 10_000_000 for number, part in enumerate(parts)]
    rest = zip(*(part[1:] for part in parts), strict=True)
    return Arrivals(np.concatenate(later), *(np.concatenate(one) for one in rest))


def fitted(pairs: Arrivals) -> near.Weights:
    """The weights a logistic regression gives the parts."""
    from sklearn.linear_model import LogisticRegression

    of = candidates(pairs)
    usual = float(np.nanmean(pairs.words[of & pairs.true]))
    words = np.where(np.isnan(pairs.words), usual, pairs.words)
    columns = np.column_stack([1 - pairs.distance, 1 - pairs.age, pairs.same, words])[of]
    model = LogisticRegression(C=100.0, max_iter=1000).fit(columns, pairs.true[of])
    weights = [round(float(one), 2) for one in (*model.intercept_, *model.coef_[0])]
    return near.Weights(*weights, usual_words=round(usual, 2))


def drawn(connection: Connection, seed: int, rows: int) -> Arrivals:
    """The pairs of one sample."""
    order = SampleOrder(1, WARDS.code, rows, seed, UNTIL, DUPLICATES)
    return arrivals(connection, life_of(connection, order), rows)


def main() -> int:
    """Prints the figures as JSON."""
    parser = argparse.ArgumentParser(prog="bench.near_check", description=__doc__)
    parser.add_argument(
        "--rows", type=int, action="append", help="of each sample (20,000; 100,000)"
    )
    parser.add_argument("--seed", type=int, action="append", help="of samples never fitted on")
    parser.add_argument("--var", type=Path, default=None, help="an instance's folder (a new one)")
    parser.add_argument("--fit", action="store_true", help="choose the weights anew")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phananh-near-") as folder:
        Path(folder).chmod(0o755)
        with cluster(given.var or Path(folder)) as engine:
            if given.var is None:
                fill(engine, 0)
            with engine.connect() as connection:
                for rows in given.rows or (20_000, 100_000):
                    if given.fit:
                        weights = fitted(joined([drawn(connection, s, rows) for s in FITTED]))
                        say(f"weights at {rows:,} rows: {weights}")
                    seeds = given.seed or HELD_OUT
                    pairs = joined([drawn(connection, seed, rows) for seed in seeds])
                    found = {"rows": rows, "seeds": list(seeds), "rules": compared(pairs)}
                    print(json.dumps(found, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
