"""Tables of figures as files; GDAL, pandas and pyarrow are imported where one is needed.

A server writes these in a process of its own (`api.heavy`), so what is given can be pickled.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import orjson
import shapely

from geo.errors import BadFilterError
from geo.figure_columns import described
from geo.names import Names
from geo.notes import Note, as_json
from geo.sheets import PLAIN, Book, Dialect, Spec, comment_lines, harmless, width_of
from geo.view import Column, Table

# Some ten seconds of writing: two million cells are more than Excel scrolls through.
MOST_VALUES_XLSX: Final = 1_500_000
# Degrees: a centimetre.
DIGITS: Final = 7
FIGURES_SHEET: Final = "Số liệu - Figures"
NOTES_SHEET: Final = "Ghi chú - Notes"


@dataclass(frozen=True, slots=True)
class Writing:
    """What a file is written with; the notes go where its form has a place for them."""

    title: str
    made: datetime
    notes: tuple[Note, ...] = ()
    dialect: Dialect = PLAIN
    comments: bool = False
    """Whether a CSV begins with the notes, as lines with `#`."""


def dictionary(names: Sequence[str]) -> list[Note]:
    """What each column is."""
    return [Note(name, Names(name, name), described(name)) for name in names]


def _rows(table: Table) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.plain() for column in table.columns.values()), strict=True)


def write_csv(table: Table, writing: Writing, path: Path) -> None:
    """UTF-8 with the mark by which spreadsheets know it; a clean table unless notes are asked."""
    with path.open("w", encoding="utf-8-sig", newline="") as out:
        if writing.comments:
            out.writelines(comment_lines(writing.notes))
        rows = writing.dialect.writer(out)
        rows.writerow(table.columns)
        texts = [_texts(column, writing.dialect) for column in table.columns.values()]
        rows.writerows(zip(*texts, strict=True))


def _texts(column: Column, dialect: Dialect) -> Iterator[object]:
    for value in column.plain():
        if value is None:
            yield ""
        elif isinstance(value, bool):
            yield "true" if value else "false"
        elif column.digits is not None:
            yield dialect.number(value, column.digits)
        else:
            yield harmless(value)


def write_xlsx(table: Table, writing: Writing, path: Path) -> None:
    """The figures on one sheet, what they are on a second.

    Raises `BadFilterError` where there are more than a spreadsheet is good for.
    """
    if len(table) * len(table.columns) > MOST_VALUES_XLSX:
        raise BadFilterError(
            "resolution",
            f"{len(table):,} rows of {len(table.columns)} columns are too many for a spreadsheet:"
            " use a coarser resolution, or csv or parquet",
        )
    specs = [
        Spec(name, width_of(name, column.plain()[:500]), column.digits)
        for name, column in table.columns.items()
    ]
    with Book(path, writing.title, writing.made) as book:
        book.rows(FIGURES_SHEET, specs, _rows(table))
        book.notes(NOTES_SHEET, writing.notes, dictionary(list(table.columns)))


def write_geojson(table: Table, writing: Writing, path: Path) -> None:
    """RFC 7946; what the figures are stands in the members `name` and `figures`."""
    shapes = shapely.transform(table.geometry(), lambda at: np.round(at, DIGITS))
    names = list(table.columns)
    identity = (
        table.columns["cell"].values
        if table.cells is not None
        else [f"{table.view.set_code}:{code}" for code in table.columns["code"].values]
    )
    head = {
        "type": "FeatureCollection",
        "name": writing.title,
        "figures": as_json(writing.notes),
        "columns": as_json(dictionary(names)),
    }
    with path.open("wb") as out:
        out.write(orjson.dumps(head)[:-1] + b',"features":[')
        separator = b"\n"
        for key, row, shape in zip(identity, _rows(table), shapes, strict=True):
            feature = {
                "type": "Feature",
                "id": key,
                "geometry": orjson.Fragment(shapely.to_geojson(shape)),
                "properties": dict(zip(names, row, strict=True)),
            }
            out.write(separator + orjson.dumps(feature))
            separator = b",\n"
        out.write(b"\n]}\n")


def _metadata(table: Table, writing: Writing) -> dict[str, str]:
    """For files that keep pairs of words."""
    told = {
        "title": writing.title,
        "figures": as_json(writing.notes),
        "columns": as_json(dictionary(list(table.columns))),
    }
    return {
        key: one if isinstance(one, str) else json.dumps(one, ensure_ascii=False)
        for key, one in told.items()
    }


def write_gpkg(table: Table, writing: Writing, path: Path) -> None:
    """A GeoPackage with one layer, named as the figures; what they are is in `gpkg_metadata`."""
    import pyogrio

    from geo.geoframes import geoframe

    kind = "Polygon" if table.cells is not None else "MultiPolygon"
    pyogrio.write_dataframe(
        geoframe(table), path, layer=table.view.layer, driver="GPKG", geometry_type=kind,
        layer_metadata=_metadata(table, writing),
    )  # fmt: skip


def write_parquet(table: Table, writing: Writing, path: Path) -> None:
    """GeoParquet 1.1; what the figures are is in the schema's metadata, under `phananh`."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from geo.geoframes import geoframe

    frame = geoframe(table)
    bounds = {} if frame.empty else {"bbox": [round(one, 9) for one in frame.total_bounds]}
    kind = "Polygon" if table.cells is not None else "MultiPolygon"
    facts = {
        "version": "1.1.0",
        "primary_column": "geometry",
        "columns": {"geometry": {"encoding": "WKB", "geometry_types": [kind], **bounds}},
    }
    plain = frame.drop(columns="geometry")
    plain["geometry"] = frame.geometry.to_wkb()
    schema = pa.schema(
        [
            pa.field(name, _arrow(table.columns[name]) if name in table.columns else pa.binary())
            for name in plain.columns
        ],
        metadata={
            "geo": json.dumps(facts),
            "phananh": json.dumps(_metadata(table, writing), ensure_ascii=False),
        },
    )
    arrow = pa.Table.from_pandas(plain, schema=schema, preserve_index=False)
    pq.write_table(arrow.replace_schema_metadata(schema.metadata), path, compression="zstd")


def _arrow(column: Column) -> Any:
    import pyarrow as pa

    if column.digits is None:
        return pa.bool_() if any(isinstance(one, bool) for one in column.plain()) else pa.string()
    return pa.int64() if column.digits == 0 else pa.float64()


WRITERS: Final[dict[str, Callable[[Table, Writing, Path], None]]] = {
    "csv": write_csv,
    "xlsx": write_xlsx,
    "geojson": write_geojson,
    "gpkg": write_gpkg,
    "parquet": write_parquet,
}
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "geojson": "application/geo+json",
    "gpkg": "application/geopackage+sqlite3",
    "parquet": "application/vnd.apache.parquet",
}


def write(form: str, table: Table, writing: Writing, path: Path) -> None:
    """Write a table in one of the forms of `WRITERS`."""
    WRITERS[form](table, writing, path)
