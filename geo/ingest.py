"""Complaint files in: read in batches, turned into our terms, stored, and what cannot be told."""

import csv
import gzip
import hashlib
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Final, NamedTuple, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pyogrio
import pyproj
import shapely
from sqlalchemy import Connection, Engine, select, text

from geo.arrival import Batch, ensure_source, store
from geo.bbox import BBox
from geo.complaint import Status
from geo.errors import ConflictError, FileError, MappingError
from geo.mapping import Mapping, Moment, Words
from geo.outline import outline_of_points
from geo.places import Places
from geo.recount import fold_all, loading
from geo.schema import category, city

BATCH: Final = 50_000
_DAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


@dataclass(slots=True)
class Summary:
    """What an import did; every row that was read is in exactly one of the numbers."""

    read: int = 0
    added: int = 0
    changed: int = 0
    same: int = 0
    rejected: Counter[str] = field(default_factory=Counter)
    skipped: int = 0
    """Rows an earlier, interrupted run had done."""

    @property
    def refused(self) -> int:
        return self.rejected.total()


# --- reading -------------------------------------------------------------------------------------


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        magic = file.read(2)
    if magic == b"\x1f\x8b":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.suffix == ".gz":
        raise FileError(f"{path.name} is not a gzip file, though its name says so")
    return path.open("rb")


def checksum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def batches(path: Path, mapping: Mapping, size: int = BATCH) -> Iterator[tuple[int, pd.DataFrame]]:
    """Batches of rows as text columns, each with the number of its first row, from 0.

    Raises `FileError` for what is not the file it says it is.
    """
    if not path.is_file():
        raise FileError(f"there is no file {path}")
    if path.stat().st_size == 0:
        raise FileError(f"{path.name} is empty")
    name = path.name.removesuffix(".gz").lower()
    reader = _csv
    if name.endswith((".parquet", ".geoparquet", ".pq")):
        reader = _parquet
    elif name.endswith((".geojson", ".json", ".gpkg", ".shp", ".fgb")):
        reader = _features
    number = 0
    try:
        for frame in reader(path, mapping, size):
            if number == 0:
                _check_columns(path, mapping, list(frame.columns))
            yield number, frame
            number += len(frame)
    except (pa.ArrowInvalid, gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise FileError(f"{path.name} cannot be read after row {number}: {error}") from None
    except pyogrio.errors.DataSourceError as error:
        raise FileError(f"{path.name} is no map file: {error}") from None
    if number == 0:
        raise FileError(f"{path.name} holds no rows")


def _check_columns(path: Path, mapping: Mapping, there: list[str]) -> None:
    missing = [name for name in mapping.columns() if name not in there]
    if missing:
        raise MappingError(
            f"{path.name} has no column {', '.join(map(repr, missing))}; it has: {', '.join(there)}"
        )


def _csv(path: Path, mapping: Mapping, size: int) -> Iterator[pd.DataFrame]:
    with _opened(path) as file:
        if b"\0" in file.read(4096):
            raise FileError(f"{path.name} is not a text file")
    ragged: list[str] = []

    def wrong(row: pa_csv.InvalidRow) -> str:
        ragged.append(row.text or "")
        return "skip"

    with _opened(path) as file:
        try:
            reader = pa_csv.open_csv(
                file,
                read_options=pa_csv.ReadOptions(
                    use_threads=False,
                    block_size=max(1 << 16, size * 320),
                    encoding=mapping.encoding,
                ),
                parse_options=pa_csv.ParseOptions(
                    delimiter=mapping.delimiter,
                    newlines_in_values=True,
                    invalid_row_handler=wrong,
                ),
                convert_options=pa_csv.ConvertOptions(
                    column_types=dict.fromkeys(mapping.columns(), pa.string()),
                    strings_can_be_null=False,
                ),
            )
            names = [name.strip().removeprefix("\ufeff") for name in reader.schema.names]
            for batch in reader:
                frame = batch.rename_columns(names).to_pandas()
                frame.attrs["ragged"] = ragged[:]
                ragged.clear()
                yield _as_text(frame)
            if ragged:
                rest = pd.DataFrame({name: pd.Series(dtype=str) for name in names})
                rest.attrs["ragged"] = ragged
                yield rest
        except pa.ArrowInvalid as error:
            if "UTF8" in str(error) or "utf-8" in str(error):
                raise FileError(
                    f"{path.name} is not {mapping.encoding}; say encoding = ... in the mapping"
                ) from None
            raise
        except (UnicodeDecodeError, LookupError) as error:
            raise FileError(f"{path.name} is not {mapping.encoding}: {error}") from None


def _parquet(path: Path, mapping: Mapping, size: int) -> Iterator[pd.DataFrame]:
    file = pq.ParquetFile(path)
    names = file.schema_arrow.names
    wanted = [name for name in mapping.columns() if name in names]
    geometry = "geometry" in names and not {mapping.lon, mapping.lat} <= set(names)
    for batch in file.iter_batches(size, columns=[*wanted, *(["geometry"] if geometry else [])]):
        frame = batch.to_pandas()
        if geometry:
            points = shapely.from_wkb(frame.pop("geometry").to_numpy())
            frame[mapping.lon], frame[mapping.lat] = shapely.get_x(points), shapely.get_y(points)
        yield _as_text(frame)


def _features(path: Path, mapping: Mapping, size: int) -> Iterator[pd.DataFrame]:
    source = f"/vsigzip/{path}" if path.suffix == ".gz" else str(path)
    with pyogrio.open_arrow(source, batch_size=size, use_pyarrow=True) as (meta, reader):
        geometry = meta["geometry_name"] or "wkb_geometry"
        for batch in reader:
            frame = batch.to_pandas()
            points = shapely.from_wkb(frame.pop(geometry).to_numpy())
            points = np.where(shapely.get_type_id(points) == 0, points, shapely.centroid(points))
            frame[mapping.lon], frame[mapping.lat] = shapely.get_x(points), shapely.get_y(points)
            yield _as_text(frame)


def _as_text(frame: pd.DataFrame) -> pd.DataFrame:
    columns = {}
    for name in frame.columns:
        values = frame[name]
        missing = values.isna()
        if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all():
            values = values.astype("Int64")
        columns[name] = values.astype(str).where(~missing, "")
    found = pd.DataFrame(columns)
    found.attrs = frame.attrs
    return found


# --- turning into our terms ----------------------------------------------------------------------


class _Rejects:
    """The first thing that is wrong with each row of a batch."""

    def __init__(self, n: int) -> None:
        self.reason = np.full(n, "", dtype=object)
        self.column = np.full(n, "", dtype=object)
        self.value = np.full(n, "", dtype=object)

    def add(self, where: Any, reason: str, column: str, values: pd.Series) -> None:
        new = np.asarray(where) & (self.reason == "")
        self.reason[new], self.column[new] = reason, column
        self.value[new] = values.to_numpy(dtype=object)[new]

    @property
    def fine(self) -> Any:
        return self.reason == ""


def degrees(frame: pd.DataFrame, mapping: Mapping) -> tuple[Any, Any]:
    """Longitudes and latitudes, NaN where there is no number."""
    lon = pd.to_numeric(frame[mapping.lon], errors="coerce").to_numpy(dtype=np.float64)
    lat = pd.to_numeric(frame[mapping.lat], errors="coerce").to_numpy(dtype=np.float64)
    if mapping.crs != "EPSG:4326":
        move = pyproj.Transformer.from_crs(mapping.crs, "EPSG:4326", always_xy=True)
        lon, lat = move.transform(lon, lat)
    lon, lat = np.where(np.isfinite(lon), lon, np.nan), np.where(np.isfinite(lat), lat, np.nan)
    return lon, lat


def _check_places(
    frame: pd.DataFrame, mapping: Mapping, limits: BBox, rejects: _Rejects
) -> tuple[Any, Any]:
    lon, lat = degrees(frame, mapping)
    both = frame[mapping.lon].str.cat(frame[mapping.lat], sep=" ")
    name = f"{mapping.lon} {mapping.lat}"

    def inside(x: Any, y: Any) -> Any:
        return (x >= limits.west) & (x <= limits.east) & (y >= limits.south) & (y <= limits.north)

    rejects.add(np.isnan(lon) | np.isnan(lat), "no coordinates", name, both)
    rejects.add((lon == 0) & (lat == 0), "coordinates are zero", name, both)
    rejects.add(~inside(lon, lat) & inside(lat, lon), "coordinates are swapped", name, both)
    rejects.add((abs(lon) > 180) | (abs(lat) > 90), "coordinates out of range", name, both)
    rejects.add(~inside(lon, lat), "outside the city's limits", name, both)
    return lon, lat


def instants(frame: pd.DataFrame, moment: Moment, mapping: Mapping, first_row: int) -> pd.Series:
    """UTC instants, NaT where the text is empty or no format fits.

    An hour that comes twice when clocks go back is the first one; an hour that is left out when
    they go forward is the next that exists.
    """
    zone = mapping.zone
    if moment.column is None:
        local = _from_parts(frame, moment, first_row).dt
        zoned = local.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
        at: pd.Series[Any] = zoned.dt.tz_convert("UTC")
        return at
    given = frame[moment.column].str.strip()
    found = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    for written in moment.formats:
        form = "ISO8601" if written == "iso" else written
        left = found.isna() & (given != "")
        if not left.any():
            break
        texts = given[left]
        if written == "iso":
            zoned = texts.str.contains(r"(?:Z|[+-]\d\d:?\d\d|[+-]\d\d)$", regex=True)
            parsed = pd.to_datetime(texts[zoned], format="ISO8601", errors="coerce", utc=True)
            found.loc[parsed.index] = parsed.astype("datetime64[us, UTC]")
            texts = texts[~zoned]
        parsed = pd.to_datetime(texts, format=form, errors="coerce")
        parsed = parsed.dropna()
        if len(parsed):
            if parsed.dt.tz is None:
                parsed = parsed.dt.tz_localize(zone, ambiguous=True, nonexistent="shift_forward")
            found.loc[parsed.index] = parsed.dt.tz_convert("UTC").astype("datetime64[us, UTC]")
    return found


def _from_parts(frame: pd.DataFrame, moment: Moment, first_row: int) -> pd.Series:
    """A day of the stated year on the stated weekday, the week by the row's number."""
    year = pd.to_numeric(frame[moment.year], errors="coerce")
    start = pd.to_datetime(year.astype("Int64").astype(str) + "-01-01", errors="coerce")
    row = pd.Series(np.arange(first_row, first_row + len(frame)), index=frame.index)
    wanted = row % 7
    if moment.weekday:
        names = frame[moment.weekday].str.strip().str.lower()
        wanted = names.map({name: i for i, name in enumerate(_DAYS)})
    ahead = (wanted - start.dt.day_of_week) % 7
    # 37 and 52 have no common divisor: every week is met, and neighbours lie far apart.
    day = start + pd.to_timedelta(ahead + 7 * (row * 37 % 52), unit="D")
    if moment.hour:
        hour = pd.to_numeric(frame[moment.hour].str.extract(r"^(\d+)")[0], errors="coerce")
        day = day + pd.to_timedelta(hour, unit="h")
    return day.astype("datetime64[us]")


def _codes(frame: pd.DataFrame, words: Words) -> pd.Series:
    """Our words for theirs, None where there is none."""
    if words.column is None:
        return pd.Series(words.default, index=frame.index, dtype=object)
    given = frame[words.column].str.strip().str.casefold()
    exact = {k.casefold(): v for k, v in words.values.items() if not k.endswith("*")}
    starts = [(k[:-1].casefold(), v) for k, v in words.values.items() if k.endswith("*")]
    meaning: dict[str, str | None] = {}
    for value in given.unique():
        found = exact.get(value)
        if found is None:
            found = next((v for start, v in starts if value.startswith(start)), words.default)
        meaning[value] = found
    return given.map(meaning).astype(object)


def _joined(frame: pd.DataFrame, columns: list[str], separator: str) -> pd.Series:
    if not columns:
        return pd.Series("", index=frame.index, dtype=object)
    whole = frame[columns[0]].str.strip()
    for name in columns[1:]:
        part = frame[name].str.strip()
        whole = whole + np.where((whole != "") & (part != ""), separator, "") + part
    return whole.str.replace("\0", "", regex=False)


def convert(
    frame: pd.DataFrame,
    mapping: Mapping,
    limits: BBox,
    kinds: dict[str, int],
    first_row: int,
    now: datetime,
) -> tuple[Batch, pd.DataFrame]:
    """The rows we can take, and the others with row number, column, value and reason."""
    frame = frame.reset_index(drop=True)
    rejects = _Rejects(len(frame))
    rows = pd.Series(np.arange(first_row, first_row + len(frame)), index=frame.index)
    keys = frame[mapping.id].str.strip() if mapping.id else rows.astype(str)
    if mapping.id:
        rejects.add(keys == "", "no id", mapping.id, keys)
    lon, lat = _check_places(frame, mapping, limits, rejects)
    reported = instants(frame, mapping.reported, mapping, first_row)
    column = mapping.reported.column or str(mapping.reported.year)
    rejects.add(reported.isna(), "no time of report that can be read", column, frame[column])
    early, late = pd.Timestamp("1900-01-01", tz=UTC), pd.Timestamp(now + timedelta(days=1))
    rejects.add((reported < early) | (reported > late), "time out of range", column, frame[column])
    closed = pd.Series(pd.NaT, index=frame.index, dtype="datetime64[us, UTC]")
    if mapping.closed is not None:
        closed = instants(frame, mapping.closed, mapping, first_row)
        name = str(mapping.closed.column)
        given = frame[name].str.strip()
        rejects.add(closed.isna() & (given != ""), "time of closing cannot be read", name, given)
    what = _codes(frame, mapping.category)
    name = mapping.category.column or "category"
    shown = frame.get(name, what)
    rejects.add(what.isna(), "category is not in the mapping", name, shown)
    state = _codes(frame, mapping.status)
    name = mapping.status.column or "status"
    shown = frame.get(name, state)
    rejects.add(state.isna(), "status is not in the mapping", name, shown)
    fine = rejects.fine
    status = state[fine].map({one.code: int(one) for one in Status}).to_numpy(dtype=np.int16)
    closing = closed[fine].dt.tz_localize(None).to_numpy(dtype="datetime64[us]")
    address = _joined(frame, mapping.address, ", ")[fine]
    batch = Batch(
        lon[fine],
        lat[fine],
        what[fine].map(kinds).to_numpy(dtype=np.int16),
        status,
        reported[fine].dt.tz_localize(None).to_numpy(dtype="datetime64[us]"),
        # A complaint that is open has no time of closing, whatever the file says.
        np.where(status >= Status.RESOLVED, closing, np.datetime64("NaT", "us")),
        pa.array(_joined(frame, mapping.text, " · ")[fine], pa.large_string()),
        pa.array(address.where(address != "", None), pa.large_string()),
        pa.array(keys[fine], pa.large_string()),
    )
    refused = pd.DataFrame(
        {
            "row": rows[~fine] + 1,
            "column": rejects.column[~fine],
            "value": rejects.value[~fine],
            "reason": rejects.reason[~fine],
        }
    )
    return batch, refused


# --- storing -------------------------------------------------------------------------------------


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
        batch, refused = None, ragged.iloc[:0]
        if skipped < len(whole):
            start = first_row + skipped
            batch, refused = convert(whole.iloc[skipped:], mapping, limits, kinds, start, now)
        yield _Part(rows, skipped, end, ragged, batch, refused)


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
    when `stopping` answers True the import ends after the batch at hand.
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
        for part in _ahead(read):
            summary.read += part.rows + len(part.ragged)
            summary.skipped += part.skipped
            summary.rejected.update(part.ragged["reason"].tolist())
            _write_rejects(rejects, part.ragged)
            if part.batch is not None:
                with engine.begin() as connection:
                    if len(part.batch):
                        stored = store(connection, city_id, source_id, part.batch, places)
                        summary.added += stored.added
                        summary.changed += stored.changed
                        summary.same += len(part.batch) - stored.added - stored.changed
                    connection.execute(
                        text("UPDATE import_run SET next_row = :next WHERE id = :id"),
                        {"next": part.end, "id": run_id},
                    )
                summary.rejected.update(part.refused["reason"].tolist())
                _write_rejects(rejects, part.refused)
            progress(summary.read)
            if stopping():
                fold_all(engine)
                return summary
            fold_all(engine, lazily=True)
        fold_all(engine)
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
