"""The list of work as files: what officials take along of what they may see, row by row.

What is personal is in none of them; the rows are those the database lets the asker read.
"""

import csv
import io
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection

from geo import work_queue
from geo.complaint import Status
from geo.follows import Language
from geo.names import STATUSES, Names
from geo.notes import Note
from geo.sheets import Book, Spec, harmless, width_of
from geo.work_queue import Asked

# As many rows are read and written at a time.
BATCH: Final = 2_000
SHEET: Final = Names("Việc cần xử lý", "Work to do")
NOTES: Final = Names("Giải thích", "Notes")
LOCAL: Final = "%Y-%m-%d %H:%M:%S"
ISO: Final = "%Y-%m-%dT%H:%M:%SZ"
_YES: Final = {True: Names("Có", "Yes"), False: Names("Không", "No")}


class Column(NamedTuple):
    """A column of every file; `key` is its name where programs read it."""

    key: str
    head: Names
    told: Names
    digits: int | None = None


COLUMNS: Final = (
    Column("code", Names("Mã", "Code"), Names("Mã công khai", "Public code")),
    Column("status", Names("Trạng thái", "Status"), Names("Hiện nay", "As it is now")),
    Column("urgent", Names("Khẩn", "Urgent"), Names("Người gửi nói là khẩn", "Said to be urgent")),
    Column("domain", Names("Lĩnh vực", "Domain"), Names("Lĩnh vực", "Domain")),
    Column("category", Names("Loại", "Category"), Names("Loại phản ánh", "Kind of complaint")),
    Column("reported_at", Names("Gửi lúc", "Reported"), Names("Giờ địa phương", "Local time")),
    Column(
        "due_at", Names("Hạn", "Due"),
        Names("Hạn kế tiếp, giờ địa phương; trống: không có", "Next limit, local; empty: none"),
    ),
    Column(
        "overdue", Names("Quá hạn", "Overdue"),
        Names("Tại lúc tạo tệp", "At the moment the file was made"),
    ),
    Column("area_code", Names("Mã đơn vị", "Area code"), Names("Đơn vị xử lý", "Who handles it")),
    Column("area", Names("Đơn vị", "Area"), Names("Đơn vị xử lý", "Who handles it")),
    Column("assignee", Names("Người xử lý", "Handled by"), Names("Trống: chưa giao", "Or nobody")),
    Column("address", Names("Địa chỉ", "Address"), Names("Như đã gửi", "As reported")),
    Column(
        "text", Names("Nội dung", "Text"),
        Names("Bản công khai: thông tin cá nhân đã che", "As the public reads it: masked"),
    ),
    Column("reopened", Names("Lần mở lại", "Reopened"), Names("Số lần", "How often"), 0),
    Column(
        "bounces", Names("Lần chuyển đơn vị", "Handed over"), Names("Số lần", "How often"), 0
    ),
    Column("paused", Names("Tạm dừng", "Paused"), Names("Thời hạn tạm dừng", "The clock stands")),
    Column(
        "checking", Names("Chờ kiểm tra", "To be checked"),
        Names("Kết quả chờ lãnh đạo xem", "The closing waits for a supervisor"),
    ),
    Column(
        "supporters", Names("Người cùng phản ánh", "Supporters"),
        Names("Ngoài người gửi", "Beside the reporter"), 0,
    ),
    Column("photos", Names("Số ảnh", "Photos"), Names("Ảnh đang hiện", "Shown ones"), 0),
    Column("lon", Names("Kinh độ", "Longitude"), Names("WGS 84", "WGS 84"), 6),
    Column("lat", Names("Vĩ độ", "Latitude"), Names("WGS 84", "WGS 84"), 6),
)  # fmt: skip

Item = dict[str, Any]


def items(connection: Connection, asked: Asked) -> Iterator[Item]:
    """Each row by the keys of `COLUMNS`, names as `Names`, times in the city's zone: one cursor."""
    found = connection.execution_options(yield_per=BATCH).execute(work_queue.whole(asked))
    zones: dict[str, ZoneInfo] = {}
    for row in found:
        zone = zones.setdefault(row.timezone, ZoneInfo(row.timezone))
        status = Status(row.status)
        yield {
            "code": row.code,
            "status": (status.code, STATUSES[status]),
            "urgent": row.urgent,
            "domain": (row.domain, Names(row.domain_vi, row.domain_en)),
            "category": (row.category, Names(row.category_vi, row.category_en)),
            "reported_at": row.reported_at.astimezone(zone),
            "due_at": row.due_at and row.due_at.astimezone(zone),
            "overdue": row.due_at is not None and row.due_at < asked.now and status.is_open,
            "area_code": row.area,
            "area": row.area and Names(f"{row.area_kind or ''} {row.area_vi}".strip(), row.area_en),
            "assignee": row.assignee,
            "address": row.address,
            "text": row.text,
            "reopened": row.reopened,
            "bounces": row.bounces,
            "paused": row.paused_at is not None,
            "checking": row.check_state == "asked",
            "supporters": row.supporters,
            "photos": row.photos,
            "lon": row.lon,
            "lat": row.lat,
        }


def _cell(value: Any, lang: Language) -> Any:
    """A value as a person reads it in a table."""
    if isinstance(value, Names):
        return getattr(value, lang)
    if isinstance(value, tuple):
        return getattr(value[1], lang)
    return getattr(_YES[value], lang) if isinstance(value, bool) else value


def _for_programs(item: Item) -> Item:
    """Codes, and times in UTC, under the same names in every language."""
    found: Item = {}
    for key, value in item.items():
        if key == "area":
            found[key], found["area_en"] = value or (None, None)
        elif isinstance(value, tuple):
            found[key] = value[0]
        elif isinstance(value, datetime):
            found[key] = value.astimezone(ZoneInfo("UTC")).strftime(ISO)
        else:
            found[key] = value
    return found


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == BATCH:
            yield batch
            batch = []
    yield batch


def as_csv(rows: Iterable[Item], lang: Language) -> Iterator[bytes]:
    """RFC 4180 in UTF-8 with a mark by which spreadsheets know it; no cell is a formula."""
    head: list[list[Any]] = [[getattr(one.head, lang) for one in COLUMNS]]
    mark = "\ufeff"
    for batch in _batches(chain(head, (_line(row, lang) for row in rows))):
        out = io.StringIO(newline="")
        csv.writer(out, lineterminator="\r\n").writerows(batch)
        yield (mark + out.getvalue()).encode()
        mark = ""


def _line(item: Item, lang: Language) -> list[Any]:
    cells = (_cell(item[one.key], lang) for one in COLUMNS)
    return [
        one.strftime(LOCAL) if isinstance(one, datetime) else "" if one is None else harmless(one)
        for one in cells
    ]


def as_geojson(rows: Iterable[Item]) -> Iterator[bytes]:
    """A FeatureCollection with codes and UTC times, a line for each feature."""
    before = b'{"type":"FeatureCollection","features":[\n'
    for batch in _batches(rows):
        lines = []
        for item in batch:
            facts = _for_programs(item)
            point = {"type": "Point", "coordinates": [facts.pop("lon"), facts.pop("lat")]}
            lines.append(
                orjson.dumps(
                    {"type": "Feature", "id": facts["code"], "geometry": point, "properties": facts}
                )
            )
        if lines:
            yield before + b",\n".join(lines)
            before = b",\n"
    yield (b"" if before == b",\n" else before) + b"\n]}\n"


def to_xlsx(rows: Iterable[Item], path: Path, lang: Language, made: datetime) -> None:
    """A sheet with real dates and words that are never formulas, and one that says what they are.

    Raises `BadFilterError` for more rows than a sheet has.
    """
    told = [Note(one.key, one.head, one.told) for one in COLUMNS]
    # The wide ones are wrapped by whoever reads them; a sheet is not written twice to measure it.
    wide = {"text": 60, "address": 40, "category": 28, "area": 24, "assignee": 24}
    specs = [
        Spec(head := getattr(one.head, lang), wide.get(one.key, width_of(head, ())), one.digits)
        for one in COLUMNS
    ]
    with Book(path, getattr(SHEET, lang), made) as book:
        cells = ([_cell(item[one.key], lang) for one in COLUMNS] for item in rows)
        book.rows(getattr(SHEET, lang), specs, cells)
        book.notes(getattr(NOTES, lang), _notes(made), told)


def _notes(made: datetime) -> list[Note]:
    at = f"{made:%Y-%m-%d %H:%M} {made.tzname()}"
    inside = Names(
        "Tài liệu nội bộ: không có thông tin cá nhân của người gửi, nhưng không để đưa ra ngoài.",
        "For officials: nothing personal of the reporters is in it, yet it is not for others.",
    )
    return [
        Note("made", Names("Tạo lúc", "Made"), Names(at, at)),
        Note("inside", Names("Lưu ý", "Note"), inside),
    ]


def to_gpkg(rows: Iterable[Item], path: Path) -> None:
    """A GeoPackage with one layer, `work`: codes and UTC times."""
    import geopandas as gpd
    import pandas as pd
    import pyogrio
    import shapely

    times = ("reported_at", "due_at")
    names = [name for one in COLUMNS for name in _names_of(one.key)]
    for number, batch in enumerate(_batches(rows)):
        if number and not batch:
            continue
        frame = pd.DataFrame.from_records([_for_programs(item) for item in batch], columns=names)
        for name in times:
            frame[name] = pd.to_datetime(frame[name], utc=True).astype("datetime64[ms, UTC]")
        points = shapely.points(frame.pop("lon").astype(float), frame.pop("lat").astype(float))
        whole = gpd.GeoDataFrame(frame, geometry=points, crs=4326)
        pyogrio.write_dataframe(
            whole, path, layer="work", driver="GPKG", append=number > 0, geometry_type="Point"
        )


def _names_of(key: str) -> tuple[str, ...]:
    return (key, f"{key}_en") if key == "area" else (key,)
