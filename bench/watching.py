"""How long it takes to find who watches new complaints, and to tell them.

    python -m bench.watching --watches 10000 --complaints 1000

In a private cluster of its own with Hanoi's approximate wards: half of the watches are drawn
outlines, all different; of the others most are wards, and some are the whole city, by domain or
category or all.
"""

import argparse
import json
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import Engine, select, text

from api import watch_rounds
from api.cluster import PrivateCluster
from api.query import read_vocabulary
from api.settings import Settings
from boundaries.hanoi import WARDS, ensure_hanoi
from geo import query_string, reporting, watches
from geo.catalogue import ensure_catalogue
from geo.database import engine as make_engine
from geo.database import migrate
from geo.errors import PhananhError
from geo.recount import ensure_layout
from geo.schema import follow, follower


def _questions(rng: np.random.Generator, n: int, wards: list[str], words: Any) -> list[str]:
    domains = ["", *(f"&domain={code}" for code in words.domains)]
    found = []
    for number in range(n):
        kind = domains[rng.integers(len(domains))]
        if number % 2:
            # Some hundred metres to two kilometres across, where most complaints are.
            lon, lat = rng.normal((105.84, 21.02), (0.05, 0.04))
            reach, corners = rng.uniform(0.002, 0.01), rng.integers(4, 20)
            turns = np.sort(rng.uniform(0, 2 * np.pi, corners))
            ring = ";".join(
                f"{lon + reach * np.cos(a):.5f},{lat + reach * np.sin(a):.5f}" for a in turns
            )
            found.append(f"polygon={ring}{kind}")
        elif number % 20:
            found.append(f"area={wards[rng.integers(len(wards))]}{kind}")
        else:
            found.append(kind.removeprefix("&"))
    return [query_string.canonical(one) for one in found]


def _watch(engine: Engine, questions: list[str], schedule: str) -> float:
    begun = time.perf_counter()
    now = datetime.now(UTC)
    with engine.begin() as connection:
        words = read_vocabulary(connection)
        rows = connection.execute(
            follower.insert().returning(follower.c.id),
            [{"address": f"{n}@example.org"} for n in range(len(questions))],
        )
        owners = [row.id for row in rows]
        numbers: dict[str, int] = {}
        for one in questions:
            if one not in numbers:
                asked = query_string.read(words, one)
                numbers[one] = watches.watched(connection, 1, one, asked)
        connection.execute(
            follow.insert(),
            [
                {
                    "follower_id": owner, "city_id": 1, "kind": "complaints", "question": one,
                    "language": "vi", "schedule": schedule, "watch_id": numbers[one],
                    "confirmed_at": now,
                }
                for owner, one in zip(owners, questions, strict=True)
            ],
        )  # fmt: skip
    return time.perf_counter() - begun


def _complain(engine: Engine, rng: np.random.Generator, kinds: list[str], n: int) -> None:
    taken = 0
    while taken < n:
        lon, lat = rng.normal((105.84, 21.02), (0.05, 0.04))
        kind = kinds[rng.integers(len(kinds))]
        said = reporting.Report(float(lon), float(lat), kind, "Ổ gà", "Phố Huế")
        with suppress(PhananhError), engine.begin() as connection:
            reporting.take(connection, said, datetime.now(UTC), None, b"x" * 32)
            taken += 1


def measure(engine: Engine, n: int, complaints: int, at_once: int) -> dict[str, Any]:
    rng = np.random.default_rng(1)
    with engine.begin() as connection:
        words = read_vocabulary(connection)
        prefix = f"{WARDS.code}:"
        wards = [code for code in words.areas if code.startswith(prefix)]
    asked = _questions(rng, n, wards, words)
    found: dict[str, Any] = {"watches": n, "questions": len(set(asked))}
    found["ordered_s"] = _watch(engine, asked, "instant")
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM ANALYZE"))
    settings = Settings()
    for name, many in (("a_minute", at_once), ("all", complaints)):
        _complain(engine, rng, sorted(words.categories), many)
        begun = time.perf_counter()
        watch_rounds.look(engine, datetime.now(UTC))
        looked = time.perf_counter()
        letters = watch_rounds.tell(engine, settings, datetime.now(UTC))
        told = time.perf_counter()
        with engine.connect() as connection:
            sightings = connection.execute(
                text("SELECT count(*), count(DISTINCT watch_id) FROM sighting")
            ).one()
        found[name] = {
            "complaints": many, "look_s": round(looked - begun, 2),
            "tell_s": round(told - looked, 2), "letters": letters,
            "sightings_so_far": sightings[0], "questions_answered_so_far": sightings[1],
        }  # fmt: skip
    return found


def naive(engine: Engine, limit: int) -> float:
    """Seconds for one of the questions the other way round, each asked of the last minute."""
    from datetime import timedelta

    from geo.matching import Stretch, matches
    from geo.schema import complaint, watch

    with engine.connect() as connection:
        words = read_vocabulary(connection)
        rows = connection.execute(select(watch.c.question).limit(limit)).scalars().all()
        begun = time.perf_counter()
        since = datetime.now(UTC) - timedelta(minutes=1)
        for one in rows:
            question = query_string.read(words, one)
            connection.execute(
                select(complaint.c.id).where(matches(question, [Stretch(since, None)]))
            ).all()
        return (time.perf_counter() - begun) / len(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--watches", type=int, default=10_000)
    parser.add_argument("--complaints", type=int, default=1000)
    parser.add_argument("--a-minute", type=int, default=100)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="phananh-bench-") as folder:
        Path(folder).chmod(0o755)
        cluster = PrivateCluster(Path(folder), durable=True)
        engine = make_engine(cluster.start())
        try:
            with engine.begin() as connection:
                migrate(connection)
                ensure_catalogue(connection)
            ensure_layout(engine)
            with engine.begin() as connection:
                ensure_hanoi(connection)
            found = measure(engine, given.watches, given.complaints, given.a_minute)
            found["one_question_ms"] = round(1000 * naive(engine, 200), 2)
            print(json.dumps(found, indent=2))
        finally:
            engine.dispose()
            cluster.stop()


if __name__ == "__main__":
    main()
