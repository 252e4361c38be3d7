"""Exported complaints as bytes and files.

Loads pandas, and is imported where it is first needed; GDAL and pyarrow where a form needs them.
"""

import contextlib
import io
import itertools
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import orjson
import pandas as pd
import shapely

from geo.figure_columns import listed
from geo.figure_files import NOTES_SHEET, Writing
from geo.frames import LOCAL, TIMES
from geo.names import Names
from geo.notes import Note
from geo.sheets import PLAIN, Book, Dialect, Spec, harmless, width_of

LIST_SHEET: Final = "Phản ánh - Complaints"
ISO: Final = "%Y-%m-%dT%H:%M:%S"


def as_csv(parts: Iterator[pd.DataFrame], dialect: Dialect = PLAIN) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a mark by which spreadsheets know it."""
    first = True
    for frame in parts:
        for column in TIMES:
            frame[column] = frame[column].dt.strftime(f"{ISO}Z")
        for column in LOCAL:
            # As every spreadsheet takes it for a time.
            frame[column] = frame[column].dt.strftime("%Y-%m-%d %H:%M:%S")
        words = frame.select_dtypes(exclude=["number", "bool"]).columns
        frame[words] = frame[words].astype(object).map(harmless)
        out = io.StringIO(newline="")
        frame.to_csv(
            out, index=False, header=first, lineterminator="\r\n",
            sep=dialect.separator, decimal="," if dialect.decimal == "comma" else ".",
        )  # fmt: skip
        yield (("\ufeff" if first else "") + out.getvalue()).encode()
        first = False


def as_geojson(parts: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    """A FeatureCollection, feature by feature."""
    yield b'{"type":"FeatureCollection","features":['
    separator = b""
    for frame in parts:
        for column in TIMES:
            frame[column] = frame[column].dt.strftime(f"{ISO}Z")
        for column in LOCAL:
            frame[column] = frame[column].dt.strftime(ISO)
        clean = frame.astype(object).where(frame.notna(), None)
        for row in clean.to_dict("records"):
            point = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
            feature = {"type": "Feature", "id": row["code"], "geometry": point, "properties": row}
            yield separator + orjson.dumps(feature, option=orjson.OPT_SERIALIZE_NUMPY)
            separator = b",\n"
    yield b"]}\n"


def to_parquet(parts: Iterator[pd.DataFrame], path: Path) -> None:
    """GeoParquet 1.1, a row group for each batch."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    facts = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": ["Point"]}},
    }
    writer: pq.ParquetWriter | None = None
    with contextlib.ExitStack() as stack:
        for frame in parts:
            frame["geometry"] = shapely.to_wkb(shapely.points(frame["lon"], frame["lat"]))
            if writer is None:
                times = pa.timestamp("us", tz="UTC")
                kinds = {
                    "lon": pa.float64(),
                    "lat": pa.float64(),
                    "sample": pa.bool_(),
                    "geometry": pa.binary(),
                    "reported_at": times,
                    "closed_at": times,
                    **dict.fromkeys(LOCAL, pa.timestamp("us")),
                }
                schema = pa.schema([(name, kinds.get(name, pa.string())) for name in frame.columns])
                schema = schema.with_metadata({"geo": json.dumps(facts)})
                writer = stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
            writer.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))


def to_gpkg(parts: Iterator[pd.DataFrame], path: Path) -> None:
    """A GeoPackage with one layer, `complaints`."""
    import geopandas as gpd
    import pyogrio

    for number, frame in enumerate(parts):
        points = shapely.points(frame.pop("lon"), frame.pop("lat"))
        for column in LOCAL:
            # A time of a GeoPackage is always UTC: one on other clocks is words.
            frame[column] = frame[column].dt.strftime(ISO)
        whole = gpd.GeoDataFrame(frame, geometry=points, crs=4326)
        pyogrio.write_dataframe(
            whole, path, layer="complaints", driver="GPKG", append=number > 0, geometry_type="Point"
        )


def to_xlsx(parts: Iterator[pd.DataFrame], path: Path, writing: Writing) -> None:
    """A sheet of complaints and one that says what they are; little is in memory at a time.

    Raises `BadFilterError` for more rows than a sheet has.
    """
    first = next(parts)
    names = [str(name) for name in first.columns]
    specs = [Spec(name, width_of(name, first[name].head(200)), _digits(name)) for name in names]

    def rows() -> Iterator[tuple[Any, ...]]:
        for frame in itertools.chain([first], parts):
            clean = frame.astype(object).where(frame.notna(), None)
            yield from clean.itertuples(index=False, name=None)

    with Book(path, writing.title, writing.made) as book:
        book.rows(LIST_SHEET, specs, rows())
        cut = [Note("cut", *_cut(book.cut))] if book.cut else []
        told = [Note(name, Names(name, name), listed(name)) for name in names]
        book.notes(NOTES_SHEET, [*writing.notes, *cut], told)


def _digits(name: str) -> int | None:
    return 6 if name in ("lon", "lat") else None


def _cut(n: int) -> tuple[Names, Names]:
    return Names("Bị cắt", "Cut"), Names(
        f"{n} nội dung dài hơn một ô Excel chứa được bị cắt ở dấu …; tệp CSV có đủ.",
        f"{n} texts longer than a cell of Excel holds end with …; the CSV has them whole.",
    )


STREAMED: Final[dict[str, Callable[[Iterator[pd.DataFrame]], Iterator[bytes]]]] = {
    "csv": as_csv,
    "geojson": as_geojson,
}
FILED: Final[dict[str, Callable[[Iterator[pd.DataFrame], Path], None]]] = {
    "parquet": to_parquet,
    "gpkg": to_gpkg,
}
