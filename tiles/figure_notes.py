"""What a file of figures says of itself, in Vietnamese and English."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, Row, and_, select

from geo import counts
from geo.catalogue import catalogue
from geo.cells import average_area_km2
from geo.filters import Filter
from geo.names import Names
from geo.notes import Note
from geo.schema import area, area_set, city, complaint, source
from geo.view import Table, View
from tiles import report_words as words
from tiles.legend import Language

TERMS: Final[dict[str, Names]] = {
    "title": Names("Nội dung", "What"),
    "filter": Names("Bộ lọc", "Filter"),
    "period": Names("Thời gian", "Period"),
    "made": Names("Lập lúc", "Made"),
    "total": Names("Tổng số phản ánh", "Complaints in all"),
    "outside": Names("Ngoài các nơi trong bảng", "Outside the places of the table"),
    "warning": Names("Lưu ý", "Mind"),
    "method": Names("Cách tính", "Method"),
    "permutations": Names("Số lần hoán vị", "Permutations"),
    "source": Names("Nguồn phản ánh", "Source of the complaints"),
    "boundaries": Names("Ranh giới", "Boundaries"),
    "address": Names("Lập lại tại", "Made again at"),
}
TITLES: Final[dict[str, Names]] = {
    "cells": Names("Số phản ánh theo ô lục giác", "Complaints by hexagon"),
    "areas": Names("Số phản ánh theo đơn vị hành chính", "Complaints by area"),
    "hotspots": Names("Điểm nóng", "Hot spots"),
    "trends": Names("Xu hướng điểm nóng", "Trends of hot spots"),
    "outliers": Names("Cụm và ngoại lệ", "Clusters and outliers"),
    "compare": Names("Trước và sau", "Before and after"),
    "complaints": Names("Danh sách phản ánh", "List of complaints"),
}
# Layers that show cells unless a set is asked for.
OF_CELLS: Final = ("cells", "hotspots", "trends", "outliers")
METHODS: Final[dict[str, Names]] = {
    "cells": Names(
        "Đếm số phản ánh trong mỗi ô lục giác H3; ô không có phản ánh không có trong bảng.",
        "Complaints counted by H3 cell; cells without any are not in the table.",
    ),
    "areas": Names(
        "Đếm số phản ánh trong mỗi đơn vị. Khoảng tin cậy 95% của tỷ lệ theo Garwood (1936), tỷ lệ"
        " làm trơn theo Marshall (1991), bất thường theo Spiegelhalter (2005).",
        "Complaints counted by area. 95% interval of the rate: Garwood (1936); smoothed rate:"
        " Marshall (1991); unusual: Spiegelhalter (2005).",
    ),
    "hotspots": Names(
        "Gi* của Getis và Ord (1995) trên mọi ô hoặc đơn vị, kể cả nơi không có phản ánh; p hai"
        " phía, hiệu chỉnh thành q theo Benjamini và Hochberg (1995); nóng và lạnh ở 90, 95, 99%"
        " khi q không quá 0,10, 0,05, 0,01. So với số phản ánh, không phải số dân.",
        "Getis-Ord Gi* (1995) of all cells or areas, those without complaints included; two-sided"
        " p, corrected as q (Benjamini and Hochberg 1995); hot and cold at 90, 95, 99% where q is"
        " at most 0.10, 0.05, 0.01. Complaints are compared, not residents.",
    ),
    "trends": Names(
        "Gi* theo không gian và thời gian (láng giềng trong kỳ này và kỳ trước), q trên mọi ô và"
        " mọi kỳ, ngưỡng 0,05; các kiểu như Emerging Hot Spot Analysis của ArcGIS; trend_z và"
        " trend_p: Mann-Kendall.",
        "Gi* in place and time (neighbours in the period and the one before), q over all cells and"
        " periods, at 0.05; patterns as in ArcGIS's Emerging Hot Spot Analysis; trend_z and"
        " trend_p: Mann-Kendall.",
    ),
    "outliers": Names(
        "Moran cục bộ I của Anselin (1995) trên mọi ô hoặc đơn vị, kể cả nơi không có phản ánh: mỗi"
        " nơi so với các nơi bên cạnh; p hai phía bằng hoán vị có điều kiện, hiệu chỉnh thành q"
        " theo Benjamini và Hochberg (1995); lớp được nêu khi q không quá 0,05. Cao và thấp là so"
        " với trung bình của vùng.",
        "Anselin's local Moran's I (1995) of all cells or areas, those without complaints included:"
        " each place beside its neighbours; two-sided p by conditional permutation, corrected as q"
        " (Benjamini and Hochberg 1995); the class is told where q is at most 0.05. High and low"
        " are above and below the mean of the region.",
    ),
    "compare": Names(
        "Tỷ số số phản ánh mỗi tuần với khoảng tin cậy chính xác (Clopper và Pearson 1934); nơi ấy"
        " so với phần còn lại của thành phố (khác biệt của khác biệt), với phương sai mà các tuần"
        " cho thấy. Chỉ tính tuần trọn vẹn. Cho biết nơi này thay đổi khác nơi khác, không cho biết"
        " vì sao.",
        "Ratios of complaints a week with exact intervals (Clopper and Pearson 1934); the place"
        " against the rest of its city (difference in differences), with the variance weeks show."
        " Whole weeks alone. It says that this place went another way, not why.",
    ),
    "complaints": Names(
        "Mỗi phản ánh một dòng, mới nhất ở trên.", "One row for each complaint, the newest first."
    ),
}
SAMPLE: Final = Names("Dữ liệu mẫu, không phải phản ánh thật.", "Sample data, not real complaints.")
APPROXIMATE: Final = Names(
    "Ranh giới gần đúng, không dùng cho việc hành chính.",
    "Boundaries are approximate, not for official use.",
)
FEW: Final = Names(
    "Quá ít phản ánh so với số ô để kết luận chắc chắn: hãy chọn ô lớn hơn hoặc thời gian dài hơn.",
    "Too few complaints for so many cells to be sure: choose larger cells or a longer time.",
)


class Background(NamedTuple):
    """What the database knows of a question, besides its figures."""

    question: Filter
    made: datetime
    days: tuple[int, int] | None
    """The first and last local day with a complaint, since 1970-01-01."""
    kinds: tuple[Row[Any], ...]
    chosen: tuple[Row[Any], ...]
    cities: tuple[Row[Any], ...]
    sets: tuple[Row[Any], ...]
    """The boundary set of the view, or the present ones."""
    sources: tuple[Row[Any], ...]


def background(
    connection: Connection, question: Filter, made: datetime, set_code: str | None = None
) -> Background:
    """Names, sources and boundaries behind a question."""
    numbers = [int(row.place) for row in connection.execute(counts.by_day(question))]
    ids = [one.id for one in question.cities]
    own = select(complaint.c.id).where(
        complaint.c.source_id == source.c.id, complaint.c.city_id.in_(ids)
    )
    present = and_(area_set.c.city_id.in_(ids), area_set.c.until.is_(None), area_set.c.ready)
    asked = [one.id for one in question.areas]
    named = select(area.c.name, area.c.name_en, area.c.kind).where(area.c.id.in_(asked))
    sets = select(area_set).where(present if set_code is None else area_set.c.code == set_code)
    return Background(
        question,
        made,
        (min(numbers), max(numbers)) if numbers else None,
        tuple(connection.execute(catalogue())),
        tuple(connection.execute(named.order_by(area.c.id))),
        tuple(connection.execute(select(city).where(city.c.id.in_(ids)).order_by(city.c.id))),
        tuple(connection.execute(sets.order_by(area_set.c.code))),
        tuple(connection.execute(select(source).where(own.exists()).order_by(source.c.id))),
    )


def _both(make: Any) -> Names:
    return Names(make("vi"), make("en"))


def _note(key: str, text: Names) -> Note:
    return Note(key, TERMS[key], text)


def _what(layer: str, view: View | None, of: Background) -> Names:
    places = Names(words.city_names(of, "vi"), words.city_names(of, "en"))
    named = TITLES.get(layer, Names(layer, layer))
    grid = ("", "")
    if view is not None and layer in OF_CELLS and not view.set_ids:
        km2 = average_area_km2(view.resolution)
        digits = 2 if km2 < 10 else 0
        grid = (
            f", H3 cấp {view.resolution} (trung bình {words.number(km2, 'vi', digits)} km² mỗi ô)",
            f", H3 resolution {view.resolution} ({words.number(km2, 'en', digits)} km² on average)",
        )
    elif view is not None and view.set_code:
        grid = (f", {of.sets[0].name_vi}", f", {of.sets[0].name_en}") if of.sets else grid
    return Names(f"{named.vi}{grid[0]}, {places.vi}", f"{named.en}{grid[1]}, {places.en}")


def _origins(of: Background) -> Names:
    def listed(lang: Language) -> str:
        mark, licence = words.WORDS[lang]["sample_mark"], words.WORDS[lang]["licence"]
        parts = []
        for row in of.sources:
            more = [f"{licence} {row.licence}"] if row.licence else []
            more += [row.url] if row.url else []
            name = mark.capitalize() if row.kind == "sample" else row.name
            parts.append(name + (f" ({', '.join(more)})" if more else ""))
        return "; ".join(parts)

    return _both(listed)


def _borders(row: Row[Any]) -> Names:
    def told(lang: Language) -> str:
        name = row.name_vi if lang == "vi" else row.name_en
        licence = f", {words.WORDS[lang]['licence']} {row.licence}" if row.licence else ""
        return f"{name} ({row.code}). {row.source}{licence}."

    return _both(told)


def notes(
    layer: str,
    of: Background,
    *,
    total: int,
    view: View | None = None,
    facts: Mapping[str, Any] | None = None,
    address: str | None = None,
) -> tuple[Note, ...]:
    """The notes of a file; `address` is where the same can be asked again."""
    facts = facts or {}
    zone = of.question.cities[0].zone
    found = [
        _note("title", _what(layer, view, of)),
        _note("filter", _both(lambda lang: words.sentence(of, lang))),
        _note("period", _both(lambda lang: words.period(of, lang))),
        _note("made", _both(lambda lang: words.instant(of.made, zone, lang))),
        _note("total", _both(lambda lang: words.number(total, lang))),
    ]
    if "outside" in facts:
        outside = int(facts["outside"])
        found.append(_note("outside", _both(lambda lang: words.number(outside, lang))))
    warned = [SAMPLE] if any(row.kind == "sample" for row in of.sources) else []
    warned += [APPROXIMATE] if any(row.approximate for row in of.sets) else []
    warned += [FEW] if facts.get("few") else []
    if warned:
        joined = (" ".join(one.vi for one in warned), " ".join(one.en for one in warned))
        found.append(_note("warning", Names(*joined)))
    found.append(_note("method", METHODS.get(layer, Names(layer, layer))))
    if "permutations" in facts:
        deals = int(facts["permutations"])
        found.append(_note("permutations", _both(lambda lang: words.number(deals, lang))))
    if of.sources:
        found.append(_note("source", _origins(of)))
    if of.sets:
        borders = [_borders(row) for row in of.sets]
        joined = ("; ".join(one.vi for one in borders), "; ".join(one.en for one in borders))
        found.append(_note("boundaries", Names(*joined)))
    if address is not None:
        found.append(_note("address", Names(address, address)))
    return tuple(found)


def of_comparison(of: Background, periods: Names, total: int, address: str) -> tuple[Note, ...]:
    """The notes of a comparison, whose periods are not those of the filter."""
    return tuple(
        _note("period", periods) if one.key == "period" else one
        for one in notes("compare", of, total=total, address=address)
    )


def of_table(table: Table, of: Background, address: str | None = None) -> tuple[Note, ...]:
    """The notes of a table of figures."""
    return notes(
        table.view.layer, of, total=table.total, view=table.view, facts=table.facts,
        address=address,
    )  # fmt: skip
