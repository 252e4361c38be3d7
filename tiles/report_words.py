"""What a report says, in Vietnamese and English."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, Final, Protocol
from zoneinfo import ZoneInfo

from geo.cells import to_hex
from geo.complaint import CLOSED, OPEN, Status
from geo.filters import Filter
from geo.names import STATUSES
from geo.periods import EPOCH
from tiles.legend import Language
from tiles.report_figures import MOST_PINS, Figures, Ground

Words = dict[str, str]

_VI: Final[Words] = {
    "title": "Báo cáo phản ánh",
    "complaints": "phản ánh",
    "everything": "Mọi phản ánh",
    "domain": "Lĩnh vực",
    "category": "Loại",
    "status": "Trạng thái",
    "area": "Nơi",
    "cell": "Trong ô",
    "bbox": "Trong khung",
    "polygon": "Trong hình tự vẽ",
    "corners": "góc",
    "hexagons": "ô lục giác",
    "as_of": "Số liệu như đã biết lúc",
    "hidden": "Không kể các loại nhạy cảm",
    "q": "Có chữ",
    "none": "Không có phản ánh nào phù hợp.",
    "open": "chưa xong",
    "closed": "đã xong",
    "nothing_asked": "không có loại nào phù hợp",
    "sample": "Dữ liệu mẫu, không phải phản ánh thật.",
    "approximate": "Ranh giới gần đúng.",
    "about": "Về báo cáo này",
    "made": "Lập lúc",
    "source": "Nguồn phản ánh",
    "sample_mark": "dữ liệu mẫu",
    "borders_of": "Ranh giới",
    "licence": "giấy phép",
    "outside_all": "Ngoài mọi đơn vị",
    "too_many": "{total} phản ánh, nhiều hơn {most}: không vẽ từng phản ánh một."
    " Các ô lục giác thể hiện đủ tất cả.",
    "grid": "Ô lục giác H3 cấp {resolution}, trung bình {area} km² mỗi ô.",
    "no_population": "Chưa có dân số của các đơn vị nên không có số trên 1.000 dân.",
    "private": "Không có nội dung hay địa chỉ của phản ánh nào trong tệp này.",
    "offline": "Tệp này mở được khi không có mạng.",
    "cells": "Ô lục giác",
    "months": "Theo thời gian",
    "heat": "Bản đồ nhiệt",
    "areas_n": "Đơn vị: số phản ánh",
    "areas_rate": "Đơn vị: trên 1.000 dân",
    "areas_per_km2": "Đơn vị: trên km²",
    "pins": "Từng phản ánh",
    "hotspots": "Điểm nóng",
    "trends": "Xu hướng điểm nóng",
    "spots": "Danh sách điểm nóng",
    "no_spots": "Không có nơi nào nóng hơn mức ngẫu nhiên.",
    "strength": "độ mạnh z =",
    "around": "Ở đây và các ô bên cạnh",
    "on_map": "Xem trên bản đồ",
    "no_hotspots": "Không có lớp điểm nóng: thống kê cần có phản ánh, và một vùng không quá lớn của"
    " một thành phố có đường bao.",
    "no_trends": "Không có lớp xu hướng: cần ít nhất 10 tháng trọn vẹn có phản ánh, trong một vùng"
    " không quá lớn của một thành phố có đường bao.",
    "borders": "Ranh giới",
    "names": "Tên đơn vị",
    "layers": "Lớp bản đồ",
    "legend": "Chú giải",
    "per_cell": "Số phản ánh trong mỗi ô",
    "per_step": "Số phản ánh trong mỗi ô và mỗi {step}",
    "month": "tháng",
    "quarter": "quý",
    "year": "năm",
    "n": "Số phản ánh",
    "rate": "Số phản ánh trên 1.000 dân",
    "per_km2": "Số phản ánh trên km²",
    "of_cells": "Trong ngoặc: có bao nhiêu ô.",
    "of_areas": "Trong ngoặc: có bao nhiêu đơn vị.",
    "heat_note": "Để nhìn nhanh; con số xem ở lớp ô lục giác.",
    "few": "ít",
    "many": "nhiều",
    "unknown": "chưa rõ dân số",
    "in_cell": "phản ánh trong ô này",
    "whole": "cả giai đoạn",
    "play": "Chạy",
    "pause": "Dừng",
    "time": "Thời gian",
    "table": "Bảng số liệu",
    "close": "Đóng",
    "name": "Tên",
    "population": "Dân số",
    "outside": "Ngoài ranh giới",
    "total": "Tổng",
    "zoom_in": "Phóng to",
    "zoom_out": "Thu nhỏ",
    "map": "Bản đồ",
}
_EN: Final[Words] = {
    "title": "Complaint report",
    "complaints": "complaints",
    "everything": "All complaints",
    "domain": "Domain",
    "category": "Category",
    "status": "Status",
    "area": "Place",
    "cell": "In cell",
    "bbox": "Within",
    "polygon": "Within a drawn outline",
    "corners": "corners",
    "hexagons": "hexagons",
    "as_of": "Figures as known at",
    "hidden": "Without sensitive categories",
    "q": "With the words",
    "none": "No complaint matches.",
    "open": "open",
    "closed": "closed",
    "nothing_asked": "no category that matches",
    "sample": "Sample data, not real complaints.",
    "approximate": "Boundaries are approximate.",
    "about": "About this report",
    "made": "Made",
    "source": "Source of the complaints",
    "sample_mark": "sample data",
    "borders_of": "Boundaries",
    "licence": "licence",
    "outside_all": "Outside all areas",
    "too_many": "{total} complaints are more than {most}: they are not drawn one by one."
    " The hexagons show all of them.",
    "grid": "H3 hexagons of resolution {resolution}, {area} km² each on average.",
    "no_population": "No population of the areas is known: there are no rates per 1,000 residents.",
    "private": "No complaint's text or address is in this file.",
    "offline": "This file opens without a network.",
    "cells": "Hexagons",
    "months": "Through time",
    "heat": "Heat",
    "areas_n": "Areas: complaints",
    "areas_rate": "Areas: per 1,000 residents",
    "areas_per_km2": "Areas: per km²",
    "pins": "Single complaints",
    "hotspots": "Hot spots",
    "trends": "Trends of hot spots",
    "spots": "List of hot spots",
    "no_spots": "No place is hotter than chance would give.",
    "strength": "strength z =",
    "around": "Here and in the cells beside it",
    "on_map": "Show on the map",
    "no_hotspots": "No layer of hot spots: it takes complaints, and a region, not too large, of one"
    " city with an outline.",
    "no_trends": "No layer of trends: it takes complaints over at least 10 whole months, in a"
    " region, not too large, of one city with an outline.",
    "borders": "Boundaries",
    "names": "Names of areas",
    "layers": "Map layers",
    "legend": "Legend",
    "per_cell": "Complaints in each cell",
    "per_step": "Complaints in each cell and {step}",
    "month": "month",
    "quarter": "quarter",
    "year": "year",
    "n": "Complaints",
    "rate": "Complaints per 1,000 residents",
    "per_km2": "Complaints per km²",
    "of_cells": "In brackets: how many cells.",
    "of_areas": "In brackets: how many areas.",
    "heat_note": "For a first look; the hexagons have the figures.",
    "few": "few",
    "many": "many",
    "unknown": "population not known",
    "in_cell": "complaints in this cell",
    "whole": "whole period",
    "play": "Play",
    "pause": "Pause",
    "time": "Time",
    "table": "Table",
    "close": "Close",
    "name": "Name",
    "population": "Population",
    "outside": "Outside all areas",
    "total": "Total",
    "zoom_in": "Zoom in",
    "zoom_out": "Zoom out",
    "map": "Map",
}
WORDS: Final[dict[str, Words]] = {"vi": _VI, "en": _EN}
STATES: Final[dict[str, dict[Status, str]]] = {
    "vi": {status: named.vi for status, named in STATUSES.items()},
    "en": {status: named.en for status, named in STATUSES.items()},
}


class Asked(Protocol):
    """A question with the names of what it asks for."""

    @property
    def question(self) -> Filter: ...
    @property
    def kinds(self) -> Sequence[Any]: ...
    @property
    def chosen(self) -> Sequence[Any]: ...


class Answered(Asked, Protocol):
    """And what its answer covers; `Ground` has both."""

    @property
    def days(self) -> tuple[int, int] | None: ...
    @property
    def cities(self) -> Sequence[Any]: ...


def number(value: float, lang: Language, digits: int = 0) -> str:
    """With the language's marks for thousands and decimals.

    >>> number(1234.5, "vi", 1)
    '1.234,5'
    """
    text = f"{value:,.{digits}f}"
    return text.translate(str.maketrans(",.", ".,")) if lang == "vi" else text


def day(at: date, lang: Language) -> str:
    return f"{at:%d/%m/%Y}" if lang == "vi" else f"{at.day} {at:%B %Y}"


def instant(at: datetime, zone: ZoneInfo, lang: Language) -> str:
    local = at.astimezone(zone)
    return f"{local:%H:%M} {day(local.date(), lang)} (UTC{local.isoformat()[-6:]})"


def period(figures: Answered, lang: Language) -> str:
    """From the first to the last day, both included; with the hour where an end is no midnight."""
    question, zone = figures.question, figures.question.cities[0].zone
    ends: list[str] = []
    found = figures.days or (None, None)
    for at, known, last in ((question.since, found[0], False), (question.until, found[1], True)):
        if at is None:
            ends.append("…" if known is None else day(EPOCH + timedelta(days=known), lang))
            continue
        local = at.astimezone(zone)
        whole = (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
        shown = local.date() - timedelta(days=1) if last and whole else local.date()
        ends.append(day(shown, lang) if whole else f"{local:%H:%M} {day(shown, lang)}")
    return " – ".join(ends)


def _called(vi: str, en: str, lang: Language) -> str:
    return vi if lang == "vi" else en or vi


def sentence(figures: Asked, lang: Language) -> str:
    """The filter in words."""
    words, question = WORDS[lang], figures.question
    parts: list[tuple[str, list[str]]] = []
    if question.domains:
        names = {k.domain_id: _called(k.domain_vi, k.domain_en, lang) for k in figures.kinds}
        parts.append(("domain", [names[one] for one in question.domains if one in names]))
    if question.categories:
        names = {k.id: _called(k.name_vi, k.name_en, lang) for k in figures.kinds}
        listed = [names[one] for one in question.categories if one in names]
        parts.append(("category", listed or [words["nothing_asked"]]))
    if question.statuses:
        group = {OPEN: words["open"], CLOSED: words["closed"]}.get(frozenset(question.statuses))
        each = [STATES[lang][one].lower() for one in question.statuses]
        parts.append(("status", [group] if group else each))
    if figures.chosen:
        named = [area_name(row.name, row.name_en, row.kind, lang) for row in figures.chosen]
        parts.append(("area", named))
    if question.cells:
        few = len(question.cells) <= 3
        listed = [to_hex(one) for one in question.cells]
        parts.append(("cell", listed if few else [f"{len(listed)} {words['hexagons']}"]))
    if question.bbox:
        box = question.bbox
        east, north = ("Đ", "B") if lang == "vi" else ("E", "N")
        lon, lat = ([number(at, lang, 3) for at in pair] for pair in (box[::2], box[1::2]))
        parts.append(("bbox", [f"{'–'.join(lon)}° {east}, {'–'.join(lat)}° {north}"]))
    if question.words:
        parts.append(("q", [f"“{' '.join(question.words)}”"]))
    if question.polygon:
        parts.append(("polygon", [f"{len(question.polygon)} {words['corners']}"]))
    if question.as_of:
        parts.append(("as_of", [instant(question.as_of, question.cities[0].zone, lang)]))
    said = [f"{words[key]}: {', '.join(values)}" for key, values in parts] or [words["everything"]]
    if question.hidden:
        said.append(words["hidden"])
    return "; ".join(said)


def area_name(name: str, name_en: str, kind: str | None, lang: Language) -> str:
    """`Phường Đống Đa`, `Dong Da`."""
    if lang == "en":
        return name_en or name
    if kind and not name.lower().startswith(kind.lower()):
        return f"{kind[:1].upper()}{kind[1:]} {name}"
    return name


def city_names(figures: Answered, lang: Language) -> str:
    return ", ".join(_called(row.name_vi, row.name_en, lang) for row in figures.cities)


def origins(figures: Ground, lang: Language) -> list[tuple[str, str]]:
    """When it was made, and whose complaints and boundaries these are: a term and a sentence."""
    words = WORDS[lang]
    found = [(words["made"], instant(figures.made, figures.question.cities[0].zone, lang))]
    # Ours has no name but what it is.
    sources = [
        words["sample_mark"] if row.kind == "sample" else row.name for row in figures.sources
    ]
    if sources:
        found.append((words["source"], ", ".join(sources)))
    for row in figures.sets:
        licence = f", {words['licence']} {row.licence}" if row.licence else ""
        text = f"{_called(row.name_vi, row.name_en, lang)}. {row.source}{licence}."
        if row.approximate:
            text += f" {words['approximate']}"
        found.append((words["borders_of"], text))
    return found


def notes(figures: Figures, lang: Language, cell_km2: float) -> list[tuple[str, str]]:
    """What stands under "about": a term, which may be empty, and a sentence."""
    words, found = WORDS[lang], origins(figures, lang)
    if figures.areas:
        found.append((words["outside_all"], number(figures.outside, lang)))
        if all(one.population is None for one in figures.areas):
            found.append(("", words["no_population"]))
    area = number(cell_km2, lang, 2 if cell_km2 < 10 else 0)
    found.append(("", words["grid"].format(resolution=figures.resolution, area=area)))
    found.append(("", f"{words['private']} {words['offline']}"))
    return found


def marks(figures: Ground, lang: Language) -> list[str]:
    """That the data are a sample, that boundaries are approximate, that nothing matches."""
    words, found = WORDS[lang], []
    if any(row.kind == "sample" for row in figures.sources):
        found.append(words["sample"])
    if any(row.approximate for row in figures.sets):
        found.append(words["approximate"])
    if figures.total == 0:
        found.append(words["none"])
    return found


def warnings(figures: Figures, lang: Language) -> list[str]:
    """What must be seen before the map is read."""
    words, found = WORDS[lang], marks(figures, lang)
    if figures.pins is None:
        total, most = number(figures.total, lang), number(MOST_PINS, lang)
        found.append(words["too_many"].format(total=total, most=most))
    return found
