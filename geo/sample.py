"""Sample complaints for an empty map: made up, marked as such, and the same for the same seed."""

from datetime import datetime

import numpy as np
import shapely
from sqlalchemy import Connection, select, text

from geo.arrival import Batch, ensure_source, store
from geo.complaint import Status
from geo.errors import NotFoundError
from geo.places import Places
from geo.rollup import fold
from geo.schema import area, area_set, category, domain

BATCH = 20_000


def sample(
    connection: Connection, city_id: int, set_code: str, n: int, seed: int, until: datetime
) -> int:
    """Add `n` complaints of the three years before `until` inside the areas of a set.

    Half lie around 40 spots, half anywhere; more by day than by night. Returns how many are new.
    """
    rows = connection.execute(
        select(area.c.geom.ST_AsBinary().label("wkb"))
        .join(area_set, area_set.c.id == area.c.set_id)
        .where(area_set.c.code == set_code)
        .order_by(area.c.code)
    ).all()
    if not rows:
        raise NotFoundError(f"no boundary set {set_code!r} to put a sample in")
    outline = shapely.union_all(shapely.from_wkb([bytes(row.wkb) for row in rows]))
    shapely.prepare(outline)
    kinds = np.array(
        connection.execute(
            select(category.c.id)
            .join(domain, domain.c.id == category.c.domain_id)
            .where(domain.c.enabled)
            .order_by(category.c.id)
        )
        .scalars()
        .all(),
        dtype=np.int16,
    )
    names = dict(connection.execute(select(category.c.id, category.c.name_vi)).all())
    source_id = ensure_source(connection, f"sample-{set_code}-{seed}", "Sample data", "sample")
    places = Places.load(connection, city_id)
    rng = np.random.default_rng(seed)
    spots = _inside(rng, outline, 40)
    added = 0
    for start in range(0, n, BATCH):
        size = min(BATCH, n - start)
        batch = _batch(rng, outline, spots, kinds, names, size, start, until)
        added += store(connection, city_id, source_id, batch, places).added
    fold(connection)
    return added


def _inside(rng: np.random.Generator, outline: shapely.Geometry, n: int) -> np.ndarray:
    west, south, east, north = outline.bounds
    found = np.empty((0, 2))
    while len(found) < n:
        points = rng.uniform((west, south), (east, north), (2 * n, 2))
        found = np.vstack([found, points[shapely.contains_xy(outline, points)]])
    return found[:n]


def _batch(
    rng: np.random.Generator,
    outline: shapely.Geometry,
    spots: np.ndarray,
    kinds: np.ndarray,
    names: dict[int, str],
    n: int,
    start: int,
    until: datetime,
) -> Batch:
    anywhere = _inside(rng, outline, n)
    near = spots[rng.integers(0, len(spots), n)] + rng.normal(0, 0.004, (n, 2))
    clustered = (rng.random(n) < 0.5) & shapely.contains_xy(outline, near)
    points = np.where(clustered[:, None], near, anywhere)
    end = np.datetime64(until.replace(tzinfo=None), "us")
    day = rng.integers(1, 3 * 365, n)
    # Two thirds between 7 and 19 o'clock, the rest at any hour.
    second = np.where(
        rng.random(n) < 0.67, rng.integers(7 * 3600, 19 * 3600, n), rng.integers(0, 86400, n)
    )
    reported = end - day.astype("timedelta64[D]") + second.astype("timedelta64[s]")
    reported = np.minimum(reported.astype("datetime64[us]"), end)
    handled = reported + (rng.lognormal(1.5, 1.0, n) * 86400).astype("timedelta64[s]")
    closing = rng.choice(
        [Status.RESOLVED, Status.REJECTED, Status.DUPLICATE], n, p=[0.85, 0.09, 0.06]
    )
    still = rng.choice([Status.RECEIVED, Status.ACCEPTED, Status.IN_PROGRESS], n)
    closed = (handled < end) & (rng.random(n) < 0.96)
    kind = kinds[rng.integers(0, len(kinds), n)]
    return Batch(
        points[:, 0],
        points[:, 1],
        kind,
        np.where(closed, closing, still).astype(np.int16),
        reported,
        np.where(closed, handled, np.datetime64("NaT")).astype("datetime64[us]"),
        [f"{names[int(k)]} (dữ liệu mẫu)" for k in kind],
        [None] * n,
        [str(start + i) for i in range(n)],
    )


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
