"""Sixteen writers at once: nobody waits for ever, and every count stays exact."""

import random
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import Engine, text

from api.query import read_vocabulary
from geo import counts
from geo.database import engine as make_engine
from geo.filters import Filter
from geo.recount import fold_all
from geo.rollup import AREA

WRITERS, CHANGES = 16, 12


def _write(engine: Engine, number: int, codes: list[str]) -> None:
    """Moves, status and category changes of any rows, several in a transaction, in any order."""
    rng = random.Random(number)
    for _ in range(CHANGES):
        with engine.begin() as connection:
            for code in sorted(rng.sample(codes, 4)):
                statement = rng.choice(
                    [
                        "UPDATE complaint SET status = :n WHERE code = :code",
                        "UPDATE complaint SET category_id = (SELECT id FROM category"
                        " ORDER BY id OFFSET :n LIMIT 1) WHERE code = :code",
                        "UPDATE complaint SET geom = ST_SetSRID(ST_Point(105.8 + :n / 100.0,"
                        " 21.02), 4326) WHERE code = :code",
                    ]
                )
                connection.execute(text(statement), {"n": rng.randint(1, 5), "code": code})
        if number == 0:
            fold_all(engine, wait=False)


def test_sixteen_writers_leave_exact_counts_and_no_deadlock(hanoi_engine: Engine) -> None:
    engine = make_engine(
        hanoi_engine.url.render_as_string(hide_password=False), pool_size=WRITERS + 2
    )
    with engine.connect() as connection:
        codes = list(connection.execute(text("SELECT code FROM complaint LIMIT 60")).scalars())
        words = read_vocabulary(connection)
    with ThreadPoolExecutor(WRITERS) as pool:
        for done in [pool.submit(_write, engine, n, codes) for n in range(WRITERS)]:
            done.result()
    question = Filter(tuple(words.cities.values()))
    wards = words.sets["hanoi-ward-2025"]
    for _ in ("before folding", "after"):
        with engine.connect() as connection:
            cells = {
                row.place: row.n for row in connection.execute(counts.by_place(question, 8)).all()
            }
            true = connection.execute(
                text(
                    "SELECT cell_parent(cell, 8) AS place, count(*) AS n FROM complaint GROUP BY 1"
                )
            )
            assert cells == {row.place: row.n for row in true}
            areas = {
                row.place: row.n
                for row in connection.execute(counts.by_place(question, AREA, wards)).all()
            }
            held = connection.execute(
                text(
                    "SELECT p.area_id AS place, count(*) AS n FROM complaint c"
                    " CROSS JOIN LATERAL (SELECT min(area_id) AS area_id FROM area_part"
                    " WHERE area_id = ANY(:wards) AND ST_Covers(geom, c.geom)) p"
                    " WHERE p.area_id IS NOT NULL GROUP BY 1"
                ),
                {"wards": list(wards)},
            )
            assert areas == {row.place: row.n for row in held}
        fold_all(engine)
    engine.dispose()
