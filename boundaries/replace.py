"""A boundary set loaded or replaced while the service runs: nobody waits longer than a moment.

The new set is first made where no reader sees it; from then on new complaints are assigned to it by
the triggers. The stored ones follow, some thousands at a time, and their counts. Then one short
transaction shows the new set in place of the old, and the old one is taken away. Whatever stops
this on its way leaves the old set in service; the next load clears up what was left.

Officials' work follows in the same way (`boundaries.route`): before the set is shown, work lies in
its areas too, so that nobody who has a role for them misses a row; then it is theirs to handle.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from typing import Final

import geopandas as gpd
from sqlalchemy import Connection, Engine, delete, select, text, update

from boundaries.load import Loaded, SetSpec, checksum_of, put_set
from boundaries.read import Report
from boundaries.route import route
from geo.errors import ConflictError, NotFoundError
from geo.recount import rebuild
from geo.rollup import LOCK
from geo.schema import area, area_set

# Complaints assigned in one go, while writers wait: about a third of a second.
BATCH: Final = 20_000
Progress = Callable[[int, int], None]


def replace_set(
    engine: Engine,
    city_id: int,
    spec: SetSpec,
    areas: gpd.GeoDataFrame,
    report: Report,
    progress: Progress = lambda done, of: None,
    ends: Mapping[str, date | None] | None = None,
) -> Loaded:
    """Load or replace a set beside the running service; the same data again changes nothing.

    `progress` hears how many complaints are assigned, of how many. Sets in `ends` end on a day, or
    no longer, from the moment this one is shown. Raises `ConflictError` while another load runs.
    """
    checksum = checksum_of(spec, areas)
    with _alone(engine):
        with engine.connect() as connection:
            old = connection.execute(
                select(area_set.c.id, area_set.c.checksum).where(area_set.c.code == spec.code)
            ).one_or_none()
        if old is not None and old.checksum == checksum:
            moved = 0
            if ends:
                _show(engine, old.id, spec.code, None, ends)
                moved = route(engine, city_id)
            return Loaded(old.id, len(areas), False, 0, moved)
        _clear(engine)
        with engine.begin() as connection:
            _hold_writers(connection)
            set_id = put_set(connection, city_id, spec, areas, report, checksum, shown=False)
        assigned = _assign_all(engine, set_id, city_id, progress)
        if assigned:
            rebuild(engine)
        route(engine, city_id)
        _show(engine, set_id, spec.code, old.id if old is not None else None, ends or {})
        moved = route(engine, city_id)
        _clear(engine)
        if old is not None:
            route(engine, city_id)
    return Loaded(set_id, len(areas), True, assigned, moved)


def withdraw_set(engine: Engine, city_id: int, code: str, ends: Mapping[str, date | None]) -> int:
    """Take a set out of service, with other ends for others; returns how many complaints moved.

    Raises `NotFoundError`.
    """
    with _alone(engine):
        with engine.connect() as connection:
            set_id = connection.execute(
                select(area_set.c.id).where(area_set.c.code == code, area_set.c.city_id == city_id)
            ).scalar_one_or_none()
        if set_id is None:
            raise NotFoundError(f"no set {code!r} / không có bộ ranh giới này")
        _show(engine, None, code, int(set_id), ends)
        moved = route(engine, city_id)
        _clear(engine)
        route(engine, city_id)
    return moved


def _show(
    engine: Engine,
    set_id: int | None,
    code: str,
    hidden_id: int | None,
    ends: Mapping[str, date | None],
) -> None:
    """In one moment show a set, hide another, and change when others end."""
    with engine.begin() as connection:
        _hold_writers(connection)
        if hidden_id is not None:
            hidden = {"ready": False, "code": f"{code}~{hidden_id}"}
            connection.execute(update(area_set).where(area_set.c.id == hidden_id).values(**hidden))
        if set_id is not None:
            shown = {"ready": True, "code": code}
            connection.execute(update(area_set).where(area_set.c.id == set_id).values(**shown))
        for other, day in ends.items():
            changed = update(area_set).where(area_set.c.code == other).values(until=day)
            connection.execute(changed)
        connection.execute(text("SELECT pg_notify('complaint', '*')"))


@contextmanager
def _alone(engine: Engine) -> Iterator[None]:
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        if not holder.execute(text("SELECT pg_try_advisory_lock(1887, 4)")).scalar_one():
            raise ConflictError("boundaries are being loaded already; wait and run this again")
        try:
            yield
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(1887, 4)"))


def _hold_writers(connection: Connection) -> None:
    """New complaints and changes wait until this transaction ends; those under way end first."""
    connection.execute(text("SELECT pg_advisory_xact_lock(1887, 1)"))


def _assign_all(engine: Engine, set_id: int, city_id: int, progress: Progress) -> int:
    """Assign the stored complaints of a city to the areas of a set; returns how many."""
    with engine.connect() as connection:
        total = connection.execute(
            text("SELECT count(*) FROM complaint WHERE city_id = :id"), {"id": city_id}
        ).scalar_one()
    done = assigned = 0
    last = "00000000-0000-0000-0000-000000000000"
    while True:
        with engine.begin() as connection:
            _hold_writers(connection)
            row = connection.execute(
                text(
                    """
                    WITH part AS MATERIALIZED (
                      SELECT id, geom, cell, category_id, status, reported_at, city_id
                        FROM complaint WHERE id > :last ORDER BY id LIMIT :batch
                    ), assigned AS (
                      INSERT INTO complaint_area (area_id, reported_at, complaint_id, cell,
                                                  category_id, status)
                      SELECT held.area_id, c.reported_at, c.id, c.cell, c.category_id, c.status
                        FROM part c
                       CROSS JOIN LATERAL (
                             SELECT min(p.area_id) AS area_id FROM area_part p
                              WHERE p.set_id = :set_id AND ST_Intersects(p.geom, c.geom)) AS held
                       WHERE c.city_id = :city_id AND held.area_id IS NOT NULL
                       ORDER BY held.area_id, c.reported_at
                      ON CONFLICT DO NOTHING
                      RETURNING 1
                    )
                    SELECT (SELECT id FROM part ORDER BY id DESC LIMIT 1) AS last,
                           (SELECT count(*) FROM part WHERE city_id = :city_id) AS n,
                           (SELECT count(*) FROM assigned) AS assigned
                    """
                ),
                {"last": last, "batch": BATCH, "set_id": set_id, "city_id": city_id},
            ).one()
        if row.last is None:
            return assigned
        last, done, assigned = row.last, done + row.n, assigned + row.assigned
        progress(min(done, total), total)


def _clear(engine: Engine) -> None:
    """Take away sets that are not shown: replaced ones, and what an interrupted load left."""
    with engine.connect() as connection:
        hidden = connection.execute(select(area_set.c.id).where(~area_set.c.ready)).scalars().all()
    for set_id in hidden:
        of = {"id": set_id}
        with engine.begin() as connection:
            _hold_writers(connection)
            # Without its parts no new complaint is assigned to it.
            connection.execute(text("DELETE FROM area_part WHERE set_id = :id"), of)
            areas = connection.execute(select(area.c.id).where(area.c.set_id == set_id)).scalars()
            ids = list(areas)
        for area_id in ids:
            with engine.begin() as connection:
                connection.execute(
                    text("DELETE FROM complaint_area WHERE area_id = :id"), {"id": area_id}
                )
        with engine.begin() as connection:
            fold = {"a": LOCK[0], "b": LOCK[1]}
            connection.execute(text("SELECT pg_advisory_xact_lock(:a, :b)"), fold)
            connection.execute(text("DELETE FROM rollup WHERE grid = 1 AND region = :id"), of)
            connection.execute(delete(area_set).where(area_set.c.id == set_id))
