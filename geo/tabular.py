"""Files of rows, read in batches of text columns: CSV, Parquet, and whatever GDAL reads."""

import gzip
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
import pyogrio
import shapely

from geo.errors import FileError, MappingError
from geo.mapping import Mapping

BATCH: Final = 50_000


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        magic = file.read(2)
    if magic == b"\x1f\x8b":
        return cast(BinaryIO, gzip.open(path, "rb"))
    if path.suffix == ".gz":
        raise FileError(f"{path.name} is not a gzip file, though its name says so")
    return path.open("rb")


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
