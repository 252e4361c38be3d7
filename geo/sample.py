"""Sample complaints for an empty map: made up, marked as such, and the same for the same seed."""

from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, Engine, select, text

from geo.arrival import Batch, ensure_source, store
from geo.bulk import side_by_side
from geo.city_life import CityLife, Kind, Planted
from geo.errors import NotFoundError
from geo.places import Places
from geo.recount import fold_all, loading
from geo.rollup import fold
from geo.schema import area, area_set, category, city, complaint, domain

BATCH: Final = 50_000
# What the commands plant: one in eight tells of what is known already.
DUPLICATES: Final = 0.12


class SampleOrder(NamedTuple):
    """How many complaints, in which areas, drawn from which seed, of the three years before when.

    The same order gives the same complaints; a larger `n` the same and more. `duplicates` is the
    share that tell of a thing another one told of; others are then worded as freely.
    """

    city_id: int
    set_code: str
    n: int
    seed: int
    until: datetime
    duplicates: float = 0.0


def life_of(connection: Connection, order: SampleOrder) -> CityLife:
    """What draws the complaints of an order; raises NotFoundError for a set that is not there."""
    city_id, set_code = order.city_id, order.set_code
    areas = connection.execute(
        select(area.c.geom.ST_AsBinary().label("wkb"), area.c.area_km2)
        .join(area_set, area_set.c.id == area.c.set_id)
        .where(area_set.c.code == set_code, area_set.c.city_id == city_id)
        .order_by(area.c.code)
    ).all()
    if not areas:
        raise NotFoundError(f"no boundary set {set_code!r} to put a sample in")
    kinds = connection.execute(
        select(
            category.c.id,
            category.c.code,
            category.c.name_vi,
            domain.c.code.label("domain"),
            category.c.meaning,
        )
        .join(domain, domain.c.id == category.c.domain_id)
        .where(domain.c.enabled, category.c.enabled)
        .order_by(category.c.id)
    ).all()
    zone = connection.execute(select(city.c.timezone).where(city.c.id == city_id)).scalar_one()
    return CityLife(
        [bytes(row.wkb) for row in areas],
        [float(row.area_km2) for row in areas],
        [Kind(*row) for row in kinds],
        zone,
        order.seed,
        order.until,
        order.duplicates,
    )


def _source(connection: Connection, order: SampleOrder) -> int:
    code = f"sample-{order.set_code}-{order.seed}-{order.until:%Y%m%d}"
    if order.duplicates:
        code += f"-{order.duplicates:g}"
    return ensure_source(connection, code, "Sample data", "sample")


def sample(connection: Connection, order: SampleOrder) -> int:
    """Add complaints in the caller's transaction, for some ten thousand; `sample_all` is for more.

    Returns how many are new; raises NotFoundError for a set that is not there.
    """
    life = life_of(connection, order)
    source_id, places = _source(connection, order), Places.load(connection, order.city_id)
    added = 0
    for number, start in enumerate(range(0, order.n, BATCH)):
        batch = life.batch(number, BATCH, min(BATCH, order.n - start))
        added += store(connection, order.city_id, source_id, batch, places).added
    fold(connection)
    return added


def sample_all(
    engine: Engine,
    order: SampleOrder,
    *,
    progress: Callable[[int], None] = lambda rows: None,
    stopping: Callable[[], bool] = lambda: False,
) -> int:
    """The same, each batch a transaction; run again after an interruption it goes on there.

    `progress` hears how many rows are done; when `stopping` answers True it ends after the batches
    at hand.
    """
    added = 0
    with engine.begin() as connection:
        life, source_id = life_of(connection, order), _source(connection, order)
        places = Places.load(connection, order.city_id)
    with engine.connect() as connection:
        there = _there(connection, source_id, order.n)
    with loading(engine):
        parts = _missing(life, order.n, there, stopping)
        arriving = side_by_side(engine, order.city_id, source_id, places, parts)
        with closing(arriving):
            for done, stored in arriving:
                added += stored.added
                progress(done)
                fold_all(engine, lazily=True)
        fold_all(engine)
    return added


def _missing(
    life: CityLife, n: int, there: frozenset[int], stopping: Callable[[], bool]
) -> Iterator[tuple[int, Batch | None]]:
    """How many rows are done after each batch, and the batch where it is not stored yet."""
    for number, start in enumerate(range(0, n, BATCH)):
        if stopping():
            return
        size = min(BATCH, n - start)
        stored = start + size - 1 in there
        yield start + size, None if stored else life.batch(number, BATCH, size)


def _there(connection: Connection, source_id: int, n: int) -> frozenset[int]:
    """The last rows of the batches that are stored: a batch is there as a whole or not at all."""
    last = [str(min(n, start + BATCH) - 1) for start in range(0, n, BATCH)]
    statement = text(
        "SELECT source_key FROM complaint WHERE source_id = :source_id AND source_key = ANY(:last)"
    )
    found = connection.execute(statement, {"source_id": source_id, "last": last}).scalars()
    return frozenset(map(int, found))


def planted(connection: Connection, order: SampleOrder) -> list[Planted]:
    """The emerging and fading hot spots of a sample, for statistics to be checked against."""
    return life_of(connection, order).planted


def planted_duplicates(connection: Connection, order: SampleOrder) -> list[tuple[str, str]]:
    """Pairs (code, code of the first one about the same thing) of a sample that is stored."""
    life, source_id = life_of(connection, order), _source(connection, order)
    rows = connection.execute(
        select(complaint.c.source_key, complaint.c.code).where(complaint.c.source_id == source_id)
    )
    codes = {int(row.source_key): str(row.code) for row in rows}
    pairs = []
    for number, start in enumerate(range(0, order.n, BATCH)):
        first = life.things(number, BATCH).first[: order.n - start]
        for row in np.flatnonzero(first != np.arange(len(first))).tolist():
            pairs.append((start + row, start + int(first[row])))
    return [(codes[one], codes[other]) for one, other in pairs if {one, other} <= codes.keys()]


def remove_sample(connection: Connection, city_id: int) -> int:
    """Take all sample complaints of a city away, and their history; returns how many."""
    connection.execute(text("SELECT set_config('phananh.erase', 'sample', true)"))
    which = (
        "FROM complaint WHERE city_id = :city_id"
        " AND source_id IN (SELECT id FROM source WHERE kind = 'sample')"
    )
    connection.execute(
        text(f"DELETE FROM event WHERE complaint_id IN (SELECT id {which})"), {"city_id": city_id}
    )
    removed = connection.execute(text(f"DELETE {which}"), {"city_id": city_id}).rowcount
    fold(connection)
    return removed
