"""Exported complaints as bytes and files. Loads pandas and GDAL: imported where first needed."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import geopandas as gpd
import orjson
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pyogrio
import shapely

# A spreadsheet takes a cell that begins with one of these for a formula.
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def _harmless(value: object) -> object:
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


def as_csv(parts: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a mark by which spreadsheets know it."""
    first = True
    for frame in parts:
        for column in ("reported_at", "closed_at"):
            frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        words = frame.select_dtypes(exclude=["number", "bool"]).columns
        frame[words] = frame[words].astype(object).map(_harmless)
        out = io.StringIO(newline="")
        frame.to_csv(out, index=False, header=first, lineterminator="\r\n")
        yield (("\ufeff" if first else "") + out.getvalue()).encode()
        first = False


def as_geojson(parts: Iterator[pd.DataFrame]) -> Iterator[bytes]:
    """A FeatureCollection, feature by feature."""
    yield b'{"type":"FeatureCollection","features":['
    separator = b""
    for frame in parts:
        for column in ("reported_at", "closed_at"):
            frame[column] = frame[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
        clean = frame.astype(object).where(frame.notna(), None)
        for row in clean.to_dict("records"):
            point = {"type": "Point", "coordinates": [row.pop("lon"), row.pop("lat")]}
            feature = {"type": "Feature", "id": row["code"], "geometry": point, "properties": row}
            yield separator + orjson.dumps(feature, option=orjson.OPT_SERIALIZE_NUMPY)
            separator = b",\n"
    yield b"]}\n"


def to_parquet(parts: Iterator[pd.DataFrame], path: Path) -> None:
    """GeoParquet 1.1, a row group for each batch."""
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
                }
                schema = pa.schema([(name, kinds.get(name, pa.string())) for name in frame.columns])
                schema = schema.with_metadata({"geo": json.dumps(facts)})
                writer = stack.enter_context(pq.ParquetWriter(path, schema, compression="zstd"))
            writer.write_table(pa.Table.from_pandas(frame, schema=schema, preserve_index=False))


def to_gpkg(parts: Iterator[pd.DataFrame], path: Path) -> None:
    """A GeoPackage with one layer, `complaints`."""
    for number, frame in enumerate(parts):
        points = shapely.points(frame.pop("lon"), frame.pop("lat"))
        whole = gpd.GeoDataFrame(frame, geometry=points, crs=4326)
        pyogrio.write_dataframe(
            whole, path, layer="complaints", driver="GPKG", append=number > 0, geometry_type="Point"
        )


STREAMED: Final[dict[str, Callable[[Iterator[pd.DataFrame]], Iterator[bytes]]]] = {
    "csv": as_csv,
    "geojson": as_geojson,
}
FILED: Final[dict[str, Callable[[Iterator[pd.DataFrame], Path], None]]] = {
    "parquet": to_parquet,
    "gpkg": to_gpkg,
}
