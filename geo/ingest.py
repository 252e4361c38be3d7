"""Complaint files in: read in batches, turned into our terms, stored, and what cannot be told."""

import csv
import hashlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from sqlalchemy import Connection, Engine, select, text

from geo.arrival import Batch, Stored, ensure_source
from geo.bbox import BBox
from geo.bulk import side_by_side
from geo.conversion import convert, degrees
from geo.errors import ConflictError, FileError, MappingError
from geo.mapping import Mapping
from geo.outline import outline_of_points
from geo.places import Places
from geo.recount import fold_all, loading
from geo.schema import category, city
from geo.tabular import BATCH, batches


@dataclass(slots=True)
class Summary:
    """What an import did; every row that was read is in exactly one of the numbers."""

    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    masked: int = 0
    """Words and addresses in which what names a person was hidden."""
    skipped: int = 0
    """Rows an earlier, interrupted run had done."""

    @property
    def refused(self) -> int:
        return self.rejected.total()

    def take(self, part: "_Part", stored: Stored) -> None:
        """Add what became of one part of the file."""
        self.read += part.rows + len(part.ragged)
        self.skipped += part.skipped
        self.masked += part.masked
        for refused in (part.ragged, part.refused):
            self.rejected.update(refused["reason"].tolist())
        if part.batch is not None:
            self.added += stored.added
            self.changed += stored.changed
            self.same += len(part.batch) - stored.added - stored.changed


def checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _limits(connection: Connection, code: str) -> tuple[int, BBox] | None:
    row = connection.execute(select(city).where(city.c.code == code)).one_or_none()
    return (row.id, BBox(row.west, row.south, row.east, row.north)) if row else None


def ensure_city_of(engine: Engine, path: Path, mapping: Mapping, code: str) -> tuple[int, BBox]:
    """The city's id and limits; a new one gets its outline from the complaints of the file."""
    with engine.connect() as connection:
        found = _limits(connection, code)
    if found is not None:
        return found
    places = [degrees(frame, mapping) for _, frame in batches(path, mapping)]
    lon, lat = (np.concatenate(part) for part in zip(*places, strict=True))
    good = np.isfinite(lon) & np.isfinite(lat) & (abs(lon) <= 180) & (abs(lat) <= 90)
    good &= (lon != 0) | (lat != 0)
    if not good.any():
        raise FileError(f"{path.name} holds no place from which the city could be outlined")
    outline = outline_of_points(lon[good], lat[good])
    west, south, east, north = outline.bounds
    of = mapping.city
    values = {
        "code": code,
        "name_vi": of.name_vi,
        "name_en": of.name_en,
        "timezone": of.timezone,
        "languages": of.languages,
        "outline": f"SRID=4326;{outline.wkt}",
        "outline_origin": "complaints",
        "west": west - 0.05,
        "south": south - 0.05,
        "east": east + 0.05,
        "north": north + 0.05,
    }
    with engine.begin() as connection:
        connection.execute(city.insert().values(values))
        connection.execute(text("SELECT pg_notify('complaint', '*')"))
        made = _limits(connection, code)
    assert made is not None  # noqa: S101 - it was inserted above
    return made


@contextmanager
def _alone(engine: Engine, source: str) -> Iterator[None]:
    """Nobody else imports from this source meanwhile."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as holder:
        lock = {"name": f"import {source}"}
        taken = holder.execute(
            text("SELECT pg_try_advisory_lock(1887, hashtext(:name))"), lock
        ).scalar_one()
        if not taken:
            raise ConflictError(
                f"another import from {source!r} is running; wait for it and run this again"
            )
        try:
            yield
        finally:
            holder.execute(text("SELECT pg_advisory_unlock(1887, hashtext(:name))"), lock)


class _Part(NamedTuple):
    """A batch of the file, ready to be stored."""

    rows: int
    skipped: int
    end: int
    ragged: pd.DataFrame
    batch: Batch | None
    """None where all of it was stored before."""
    refused: pd.DataFrame
    masked: int


def _prepared(
    path: Path,
    mapping: Mapping,
    size: int,
    limits: BBox,
    kinds: dict[str, int],
    next_row: int,
    now: datetime,
) -> Iterator[_Part]:
    """The file's batches; rows before `next_row` are skipped."""
    columns = ["row", "column", "value", "reason"]
    for first_row, whole in batches(path, mapping, size):
        rows, end = len(whole), first_row + len(whole)
        ragged = pd.DataFrame({"value": whole.attrs.get("ragged", [])}, dtype=object)
        ragged = ragged.assign(
            row=f"before {end + 1}", column="", reason="wrong number of columns"
        )[columns]
        skipped = min(rows, max(0, next_row - first_row))
        if rows and end <= next_row:
            skipped, rows = skipped + len(ragged), rows + len(ragged)
            ragged = ragged.iloc[:0]
        batch, refused, masked = None, ragged.iloc[:0], 0
        if skipped < len(whole):
            start = first_row + skipped
            converted = convert(whole.iloc[skipped:], mapping, limits, kinds, start, now)
            batch, refused, masked = converted
        yield _Part(rows, skipped, end, ragged, batch, refused, masked)


def _ahead(parts: Iterator[_Part]) -> Iterator[_Part]:
    """The same, each prepared while the one before is stored."""
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(next, parts, None)
        while (part := coming.result()) is not None:
            coming = thread.submit(next, parts, None)
            yield part


def run_import(
    engine: Engine,
    path: Path,
    mapping: Mapping,
    *,
    rejects: Path,
    city_code: str | None = None,
    size: int = BATCH,
    progress: Callable[[int], None] = lambda rows: None,
    stopping: Callable[[], bool] = lambda: False,
) -> Summary:
    """Import a file, batch by batch, each a transaction; an interrupted import goes on there.

    A file that was imported to its end changes nothing. `progress` hears the rows done so far;
    when `stopping` answers True the import ends after the batches at hand.
    """
    summary = Summary()
    now = datetime.now(UTC)
    with _alone(engine, mapping.source.code), loading(engine):
        city_id, limits = ensure_city_of(engine, path, mapping, city_code or mapping.city.code)
        of = mapping.source
        with engine.begin() as connection:
            source_id = ensure_source(connection, of.code, of.name, "import", of.licence, of.url)
            kinds: dict[str, int] = {
                row.code: row.id
                for row in connection.execute(select(category.c.code, category.c.id))
            }
            unknown = {*mapping.category.values.values(), mapping.category.default} - {*kinds, None}
            if unknown:
                raise MappingError(f"unknown categories: {', '.join(sorted(map(str, unknown)))}")
            places = Places.load(connection, city_id)
            done = _begin(connection, source_id, path)
        if done is None:
            return summary
        run_id, next_row = done
        read = _prepared(path, mapping, size, limits, kinds, next_row, now)
        stopped = False

        def parts() -> Iterator[tuple[_Part, Batch | None]]:
            nonlocal stopped
            for part in _ahead(read):
                if stopped := stopping():
                    return
                yield part, part.batch

        with closing(side_by_side(engine, city_id, source_id, places, parts())) as arriving:
            for part, stored in arriving:
                summary.take(part, stored)
                # A batch beyond this row may be stored already: doing it again changes nothing.
                with engine.begin() as connection:
                    connection.execute(
                        text("UPDATE import_run SET next_row = :next WHERE id = :id"),
                        {"next": max(part.end, next_row), "id": run_id},
                    )
                _write_rejects(rejects, part.ragged)
                _write_rejects(rejects, part.refused)
                progress(summary.read)
                fold_all(engine, lazily=True)
        fold_all(engine)
        if stopped:
            return summary
        with engine.begin() as connection:
            connection.execute(
                text("UPDATE import_run SET finished_at = now() WHERE id = :id"), {"id": run_id}
            )
            connection.execute(text("ANALYZE complaint, complaint_area, rollup"))
    return summary


def _begin(connection: Connection, source_id: int, path: Path) -> tuple[int, int] | None:
    """The run and the row to go on from; None when the file was imported to its end before."""
    asked = {"source_id": source_id, "file": path.name, "checksum": checksum(path)}
    connection.execute(
        text(
            "INSERT INTO import_run (source_id, file, checksum)"
            " VALUES (:source_id, :file, :checksum) ON CONFLICT DO NOTHING"
        ),
        asked,
    )
    row = connection.execute(
        text(
            "SELECT id, next_row, finished_at FROM import_run"
            " WHERE source_id = :source_id AND checksum = :checksum"
        ),
        asked,
    ).one()
    return None if row.finished_at else (int(row.id), int(row.next_row))


def _write_rejects(path: Path, refused: pd.DataFrame) -> None:
    if refused.empty:
        return
    new = not path.exists()
    with path.open("a", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        if new:
            writer.writerow(["row", "column", "value", "reason"])
        writer.writerows(refused.itertuples(index=False))
