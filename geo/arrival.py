"""Storing complaints in bulk: cells, codes, areas and counts in one go."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import uuid_utils
from numpy.typing import NDArray
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from geo.cells import leaf_cells
from geo.complaint import new_codes
from geo.database import sql
from geo.places import Places
from geo.schema import complaint, source

Instants = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Complaints as columns of one length; times are datetime64[us] in UTC, NaT for none."""

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    category_id: NDArray[np.int16]
    status: NDArray[np.int16]
    reported_at: Instants
    closed_at: Instants
    text: Sequence[str]
    address: Sequence[str | None]
    source_key: Sequence[str | None]

    def __len__(self) -> int:
        return len(self.lon)

    def take(self, index: NDArray[np.int64]) -> "Batch":
        """The rows at the indexes, in their order."""
        return Batch(
            self.lon[index],
            self.lat[index],
            self.category_id[index],
            self.status[index],
            self.reported_at[index],
            self.closed_at[index],
            [self.text[i] for i in index],
            [self.address[i] for i in index],
            [self.source_key[i] for i in index],
        )


class Stored(NamedTuple):
    """How many rows were new, how many changed stored ones, how many were known already."""

    added: int
    changed: int
    same: int


def ensure_source(
    connection: Connection,
    code: str,
    name: str,
    kind: str,
    licence: str | None = None,
    url: str | None = None,
) -> int:
    """The id of a source, made when it is new; kind is citizen, import or sample."""
    connection.execute(
        insert(source)
        .values(code=code, name=name, kind=kind, licence=licence, url=url)
        .on_conflict_do_nothing()
    )
    return int(connection.execute(select(source.c.id).where(source.c.code == code)).scalar_one())


def _last_of_each(keys: Sequence[str | None]) -> NDArray[np.int64]:
    last = {key if key is not None else (i,): i for i, key in enumerate(keys)}
    return np.fromiter(sorted(last.values()), dtype=np.int64, count=len(last))


def store(
    connection: Connection, city_id: int, source_id: int, batch: Batch, places: Places
) -> Stored:
    """Add what is new and update what changed, by the source's own ids; repeats: the last wins.

    Part of the caller's transaction. Batches of about 50,000 rows are a good size.
    """
    batch = batch.take(_last_of_each(batch.source_key))
    known = _known(connection, source_id, batch.source_key)
    fresh = np.array([i for i, key in enumerate(batch.source_key) if key not in known], np.int64)
    changed = _update(connection, batch, known) if known else 0
    if len(fresh):
        _insert(connection, city_id, source_id, batch.take(fresh), places)
    return Stored(len(fresh), changed, len(batch) - len(fresh) - changed)


def _known(
    connection: Connection, source_id: int, keys: Sequence[str | None]
) -> dict[str | None, Any]:
    given = [key for key in keys if key is not None]
    statement = text(
        """
        SELECT id, source_key, category_id, status, closed_at, text, address,
               ST_X(geom) AS lon, ST_Y(geom) AS lat
          FROM complaint
         WHERE source_id = :source_id AND source_key = ANY(:keys)
        """
    )
    found = connection.execute(statement, {"source_id": source_id, "keys": given})
    return {row.source_key: row for row in found}


def _update(connection: Connection, batch: Batch, known: dict[str | None, Any]) -> int:
    cells = leaf_cells(batch.lon, batch.lat)
    changes = []
    for i, key in enumerate(batch.source_key):
        if (row := known.get(key)) is None:
            continue
        instant = batch.closed_at[i]
        closed = None if np.isnat(instant) else instant.astype("datetime64[us]").item()
        stored = row.closed_at.replace(tzinfo=None) if row.closed_at else None
        new = (batch.category_id[i], batch.status[i], closed, batch.text[i], batch.address[i])
        old = (row.category_id, row.status, stored, row.text, row.address)
        if new != old or (batch.lon[i], batch.lat[i]) != (row.lon, row.lat):
            changes.append(
                {
                    "id": row.id,
                    "category_id": int(new[0]),
                    "status": int(new[1]),
                    "closed_at": f"{closed.isoformat()}+00:00" if closed else None,
                    "text": new[3],
                    "address": new[4],
                    "lon": float(batch.lon[i]),
                    "lat": float(batch.lat[i]),
                    "cell": int(cells[i]),
                }
            )
    if changes:
        statement = text(
            """
            UPDATE complaint SET category_id = :category_id, status = :status,
                   closed_at = CAST(:closed_at AS timestamptz), text = :text, address = :address,
                   geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), cell = :cell,
                   updated_at = now()
             WHERE id = :id
            """
        )
        connection.execute(statement, changes)
    return len(changes)


def _new_codes(connection: Connection, n: int) -> NDArray[np.str_]:
    """Codes that are neither stored nor repeated."""
    rng = np.random.default_rng()
    codes = np.unique(new_codes(n, rng))
    while True:
        taken = connection.execute(
            select(complaint.c.code).where(complaint.c.code.in_(codes.tolist()))
            if n < 100
            else text("SELECT code FROM complaint WHERE code = ANY(:codes)"),
            {} if n < 100 else {"codes": codes.tolist()},
        ).scalars()
        codes = np.setdiff1d(codes, np.array(list(taken), dtype=codes.dtype))
        if len(codes) >= n:
            return codes[:n]
        codes = np.unique(np.concatenate([codes, new_codes(n - len(codes), rng)]))


def _insert(
    connection: Connection, city_id: int, source_id: int, batch: Batch, places: Places
) -> None:
    n = len(batch)
    connection.execute(
        text(
            """
            CREATE TEMPORARY TABLE IF NOT EXISTS arriving (
              id uuid, code text, source_key text, lon double precision, lat double precision,
              cell bigint, category_id smallint, status smallint, reported_at timestamptz,
              closed_at timestamptz, text text, address text, area_ids integer[]
            ) ON COMMIT DELETE ROWS
            """
        )
    )
    connection.execute(text("TRUNCATE arriving"))
    connection.execute(text("SELECT lock_areas_shared()"))
    points, areas = places.areas(batch.lon, batch.lat)
    bounds = np.searchsorted(points, np.arange(n + 1)).tolist()
    held = areas.tolist()
    cells = leaf_cells(batch.lon, batch.lat).tolist()
    codes = _new_codes(connection, n).tolist()
    reported = np.datetime_as_string(batch.reported_at, unit="us").tolist()
    closed = np.datetime_as_string(batch.closed_at, unit="us").tolist()
    raw = connection.connection.cursor()
    columns = (batch.lon.tolist(), batch.lat.tolist(), cells)
    kinds = (batch.category_id.tolist(), batch.status.tolist())
    with raw.copy("COPY arriving FROM STDIN") as copy:
        for i, (lon, lat, cell, category_id, status) in enumerate(
            zip(*columns, *kinds, strict=True)
        ):
            copy.write_row(
                (
                    str(uuid_utils.uuid7()),
                    codes[i],
                    batch.source_key[i],
                    lon,
                    lat,
                    cell,
                    category_id,
                    status,
                    reported[i] + "Z",
                    None if closed[i] == "NaT" else closed[i] + "Z",
                    batch.text[i],
                    batch.address[i],
                    held[bounds[i] : bounds[i + 1]],
                )
            )
    connection.execute(text("SELECT set_config('phananh.bulk', 'on', true)"))
    connection.execute(sql("geo", "arrive"), {"city_id": city_id, "source_id": source_id})
    connection.execute(text("SELECT set_config('phananh.bulk', '', true)"))
    connection.execute(
        text("SELECT announce(array(SELECT DISTINCT cell_parent(cell, 6) FROM arriving))")
    )
