"""Storing complaints in bulk: cells, codes, areas and counts in one go."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray
from sqlalchemy import Connection, select, text
from sqlalchemy.dialects.postgresql import insert

from geo.binary import Field, blobs, fixed, instants, lists, payload
from geo.cells import COARSEST, leaf_cells, parents
from geo.complaint import new_codes
from geo.places import Places
from geo.schema import source
from geo.text_fields import Texts, strings, texts

Instants = NDArray[np.datetime64]


@dataclass(frozen=True, slots=True)
class Batch:
    """Complaints as columns of one length; times are datetime64[us] in UTC, NaT for none.

    Texts are sequences or pyarrow string arrays.
    """

    lon: NDArray[np.float64]
    lat: NDArray[np.float64]
    category_id: NDArray[np.int16]
    status: NDArray[np.int16]
    reported_at: Instants
    closed_at: Instants
    text: Texts
    address: Texts
    source_key: Texts

    def __len__(self) -> int:
        return len(self.lon)

    def take(self, index: NDArray[np.int64]) -> "Batch":
        """The rows at the indexes, in their order; texts become pyarrow arrays."""
        return Batch(
            self.lon[index],
            self.lat[index],
            self.category_id[index],
            self.status[index],
            self.reported_at[index],
            self.closed_at[index],
            strings(self.text).take(pa.array(index)),
            strings(self.address).take(pa.array(index)),
            strings(self.source_key).take(pa.array(index)),
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


def _last_of_each(keys: pa.Array) -> NDArray[np.int64]:
    """The indexes of the last row of each key, ascending; rows without a key all count."""
    n = len(keys)
    if keys.null_count == 0 and pc.count_distinct(keys).as_py() == n:
        return np.arange(n)
    frame = pd.Series(keys.to_pandas())
    return np.flatnonzero(frame.isna() | ~frame.duplicated(keep="last"))


def store(
    connection: Connection, city_id: int, source_id: int, batch: Batch, places: Places
) -> Stored:
    """Add what is new and update what changed, by the source's own ids; repeats: the last wins.

    Part of the caller's transaction. Batches of about 50,000 rows are a good size. `places` must be
    those of the moment: they are loaded again where a boundary set was replaced since.
    """
    batch = batch.take(_last_of_each(strings(batch.source_key)))
    keys = strings(batch.source_key)
    known = _known(connection, source_id, keys)
    if not known:
        _insert(connection, city_id, source_id, batch, places)
        return Stored(len(batch), 0, 0)
    there = pc.is_in(keys, value_set=pa.array(list(known), pa.large_string()))
    there = there.to_numpy(zero_copy_only=False)
    changed = _update(connection, batch.take(np.flatnonzero(there)), known)
    fresh = np.flatnonzero(~there)
    if len(fresh):
        _insert(connection, city_id, source_id, batch.take(fresh), places)
    return Stored(len(fresh), changed, len(batch) - len(fresh) - changed)


def _known(connection: Connection, source_id: int, keys: pa.Array) -> dict[str | None, Any]:
    given = keys.drop_null().to_pylist()
    statement = text(
        """
        SELECT id, source_key, category_id, status, closed_at, text, address,
               ST_X(geom) AS lon, ST_Y(geom) AS lat
          FROM complaint
         WHERE source_id = :source_id AND source_key = ANY(:keys)
        """
    )
    if (
        not given
        or not connection.execute(
            text("SELECT EXISTS (SELECT FROM complaint WHERE source_id = :source_id)"),
            {"source_id": source_id},
        ).scalar_one()
    ):
        return {}
    found = connection.execute(statement, {"source_id": source_id, "keys": given})
    return {row.source_key: row for row in found}


def _update(connection: Connection, batch: Batch, known: dict[str | None, Any]) -> int:
    cells = leaf_cells(batch.lon, batch.lat)
    changes = []
    texts, addresses = strings(batch.text).to_pylist(), strings(batch.address).to_pylist()
    for i, key in enumerate(strings(batch.source_key).to_pylist()):
        row = known[key]
        instant = batch.closed_at[i]
        closed = None if np.isnat(instant) else instant.astype("datetime64[us]").item()
        stored = row.closed_at.replace(tzinfo=None) if row.closed_at else None
        new = (batch.category_id[i], batch.status[i], closed, texts[i], addresses[i])
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
            text("SELECT code FROM complaint WHERE code = ANY(string_to_array(:codes, ' '))"),
            {"codes": " ".join(codes.tolist())},
        ).scalars()
        codes = np.setdiff1d(codes, np.array(list(taken), dtype=codes.dtype))
        if len(codes) >= n:
            return codes[:n]
        codes = np.unique(np.concatenate([codes, new_codes(n - len(codes), rng)]))


def _new_ids(n: int) -> NDArray[np.uint8]:
    """UUIDs of version 7 (RFC 9562), ascending, shape (n, 16): the time and then random bits."""
    rng = np.random.default_rng()
    rows = rng.integers(0, 256, size=(n, 16), dtype=np.uint8)
    rows[:, :6] = np.frombuffer((time.time_ns() // 1_000_000).to_bytes(6, "big"), np.uint8)
    # 20 bits of the row's number keep a batch in its order, so that the index grows at its end.
    number = np.arange(n)
    rows[:, 6] = 0x70 | (number >> 16 & 0x0F)
    rows[:, 7] = number >> 8 & 0xFF
    rows[:, 8] = 0x80 | (number & 0xFF) >> 2
    rows[:, 9] = (number & 0x03) << 6 | rows[:, 9] & 0x3F
    return rows


def _points(lon: NDArray[np.float64], lat: NDArray[np.float64]) -> NDArray[np.uint8]:
    """EWKB points in EPSG:4326, shape (n, 25)."""
    rows = np.zeros(len(lon), dtype=[("order", "u1"), ("kind", "<u4"), ("srid", "<i4"),
                                     ("x", "<f8"), ("y", "<f8")])  # fmt: skip
    rows["order"], rows["kind"], rows["srid"] = 1, 0x20000001, 4326
    rows["x"], rows["y"] = lon, lat
    return rows.view(np.uint8).reshape(len(lon), 25)


def _copy(connection: Connection, table: str, columns: str, fields: Sequence[Field]) -> None:
    raw = connection.connection.cursor()
    with raw.copy(f"COPY {table} ({columns}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.write(payload(fields))


def _insert(
    connection: Connection, city_id: int, source_id: int, batch: Batch, places: Places
) -> None:
    """COPY straight into the tables; the insert trigger stands aside (phananh.bulk)."""
    n = len(batch)
    connection.execute(text("SELECT lock_areas_shared()"))
    places = places.current(connection)
    points, areas = places.areas(batch.lon, batch.lat)
    bounds = np.searchsorted(points, np.arange(n + 1)).astype(np.int64)
    cells = leaf_cells(batch.lon, batch.lat)
    ids = _new_ids(n)
    codes = pa.array(_new_codes(connection, n).tolist(), pa.large_string())
    # Codes come sorted; complaints must not be numbered by arrival.
    codes = codes.take(pa.array(np.random.default_rng().permutation(n)))
    city, source_ids = np.full(n, city_id), np.full(n, source_id)
    connection.execute(text("SELECT set_config('phananh.bulk', 'on', true)"))
    _copy(
        connection,
        "complaint",
        "id, code, city_id, source_id, source_key, geom, cell, category_id, status, reported_at,"
        " closed_at, text, address",
        [
            blobs(ids),
            texts(codes),
            fixed(city, ">i2"),
            fixed(source_ids, ">i2"),
            texts(batch.source_key),
            blobs(_points(batch.lon, batch.lat)),
            fixed(cells, ">i8"),
            fixed(batch.category_id, ">i2"),
            fixed(batch.status, ">i2"),
            instants(batch.reported_at),
            instants(batch.closed_at),
            texts(batch.text),
            texts(batch.address),
        ],
    )
    # In the order of the key, so that neighbours land on the same pages.
    order = np.lexsort((batch.reported_at[points], areas))
    row = points[order]
    _copy(
        connection,
        "complaint_area",
        "area_id, reported_at, complaint_id, cell, category_id, status",
        [
            fixed(areas[order], ">i4"),
            instants(batch.reported_at[row]),
            blobs(ids[row]),
            fixed(cells[row], ">i8"),
            fixed(batch.category_id[row], ">i2"),
            fixed(batch.status[row], ">i2"),
        ],
    )
    _copy(
        connection,
        "pending",
        "city_id, cell, day, category_id, status, area_ids, n",
        [
            fixed(city, ">i2"),
            fixed(cells, ">i8"),
            fixed(places.local_days(batch.reported_at), ">i4"),
            fixed(batch.category_id, ">i2"),
            fixed(batch.status, ">i2"),
            lists(areas, bounds),
            fixed(np.ones(n), ">i4"),
        ],
    )
    connection.execute(text("SELECT set_config('phananh.bulk', '', true)"))
    changed = np.unique(parents(cells, COARSEST)).tolist()
    connection.execute(text("SELECT announce(CAST(:cells AS bigint[]))"), {"cells": changed})
