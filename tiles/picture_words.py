"""What a picture says beside the words of a report, in Vietnamese and English."""

from typing import Final

from geo.cells import average_area_km2
from geo.significance import Spot
from tiles.legend import Language
from tiles.report_figures import Ground
from tiles.report_words import area_name, city_names, day, number
from tiles.themes import Classed, Marked, Theme

_VI: Final = {
    "cells": "Số phản ánh theo ô lục giác",
    "areas_n": "Số phản ánh theo đơn vị hành chính",
    "areas_rate": "Phản ánh trên 1.000 dân",
    "areas_per_km2": "Phản ánh trên km²",
    "hotspots": "Điểm nóng phản ánh",
    "trends": "Xu hướng điểm nóng",
    "outliers": "Cụm và ngoại lệ",
    "per_cell": "Số phản ánh trong mỗi ô",
    "n": "Số phản ánh",
    "rate": "Số phản ánh trên 1.000 dân",
    "per_km2": "Số phản ánh trên km²",
    "hotspots_legend": "So với mức ngẫu nhiên",
    "trends_legend": "Qua các kỳ",
    "outliers_legend": "So với các ô bên cạnh",
    "cells_in_brackets": "Trong ngoặc: số ô",
    "areas_in_brackets": "Trong ngoặc: số đơn vị",
    "unknown": "chưa rõ dân số",
    "zero": "không có",
    "spots": "Điểm nóng, mạnh nhất trước",
    "no_spots": "Không có nơi nào nóng hơn mức ngẫu nhiên.",
    "more": "… và {n} điểm nữa",
    "complaints": "phản ánh",
    "few": "Quá ít phản ánh so với số ô để kết luận chắc chắn: hãy chọn ô lớn hơn hoặc thời gian"
    " dài hơn.",
    "raw": "So với số phản ánh, không phải số dân: nơi ít người báo có thể trông lạnh.",
    "raw_low": "So với số phản ánh, không phải số dân: nơi ít người báo có thể trông thấp.",
    "gi": "Gi* (Getis–Ord) của mọi ô, kể cả ô không có phản ánh; đã hiệu chỉnh tỷ lệ phát hiện"
    " nhầm.",
    "moran": "Moran cục bộ I (Anselin) của mọi ô, kể cả ô không có phản ánh: cao, thấp so với trung"
    " bình của vùng; p từ {n} hoán vị, đã hiệu chỉnh tỷ lệ phát hiện nhầm, lớp nêu khi q ≤ 0,05.",
    "strokes": "Gạch chéo: ô thấp. Viền đứt hay chấm: ô khác hẳn xung quanh.",
    "emerging": "Gi* theo nơi và thời gian, {n} kỳ từ {first} đến {last}.",
    "grid": "Ô lục giác H3 cấp {resolution}, trung bình {area} km² mỗi ô.",
    "outside": "Ngoài mọi đơn vị: {n}.",
    "north": "B",
    "km": "km",
    "m": "m",
    "legend": "Chú giải",
    "chosen": "nơi đang xem",
}
_EN: Final = {
    "cells": "Complaints by hexagon",
    "areas_n": "Complaints by area",
    "areas_rate": "Complaints per 1,000 residents",
    "areas_per_km2": "Complaints per km²",
    "hotspots": "Hot spots of complaints",
    "trends": "Trends of hot spots",
    "outliers": "Clusters and outliers",
    "per_cell": "Complaints in each cell",
    "n": "Complaints",
    "rate": "Complaints per 1,000 residents",
    "per_km2": "Complaints per km²",
    "hotspots_legend": "Against chance",
    "trends_legend": "Through the periods",
    "outliers_legend": "Compared with the cells around",
    "cells_in_brackets": "In brackets: how many cells",
    "areas_in_brackets": "In brackets: how many areas",
    "unknown": "population not known",
    "zero": "none",
    "spots": "Hot spots, the strongest first",
    "no_spots": "No place is hotter than chance would give.",
    "more": "… and {n} more",
    "complaints": "complaints",
    "few": "Too few complaints for so many cells to be sure: choose larger cells or a longer time.",
    "raw": "Compared with the number of complaints, not of residents: a place where few report may"
    " look cold.",
    "raw_low": "Compared with the number of complaints, not of residents: a place where few report"
    " may look low.",
    "gi": "Gi* (Getis–Ord) of all cells, those without complaints included; corrected for the false"
    " discovery rate.",
    "moran": "Local Moran's I (Anselin) of all cells, those without complaints included: high and"
    " low beside the mean of the region; p from {n} permutations, corrected for the false discovery"
    " rate, classes where q ≤ 0.05.",
    "strokes": "Hatched: a low cell. Broken or dotted outline: a cell unlike those around it.",
    "emerging": "Gi* in place and time, {n} periods from {first} to {last}.",
    "grid": "H3 hexagons of resolution {resolution}, {area} km² each on average.",
    "outside": "Outside all areas: {n}.",
    "north": "N",
    "km": "km",
    "m": "m",
    "legend": "Legend",
    "chosen": "the place asked for",
}
WORDS: Final[dict[Language, dict[str, str]]] = {"vi": _VI, "en": _EN}


def key_of(theme: Theme) -> str:
    """The key of the theme's title."""
    return f"areas_{theme.measure}" if theme.kind == "areas" else theme.kind


def title(ground: Ground, theme: Theme, lang: Language) -> str:
    """`Hà Nội · Điểm nóng phản ánh`."""
    return f"{city_names(ground, lang)} · {WORDS[lang][key_of(theme)]}"


def legend_title(theme: Theme, lang: Language) -> str:
    words = WORDS[lang]
    if isinstance(theme, Classed):
        return words["per_cell"] if theme.kind == "cells" else words[theme.measure]
    return words[f"{theme.kind}_legend"]


def spot_name(one: Spot, lang: Language) -> str:
    """The street and the areas of a hot spot, or its place in degrees."""
    names = ", ".join(one.areas if lang == "vi" else one.areas_en)
    named = " · ".join(filter(None, (one.street, names)))
    return named[:1].upper() + named[1:] or f"{one.lat:.4f}, {one.lon:.4f}"


def method(ground: Ground, theme: Theme, lang: Language) -> list[str]:
    """How the theme was made, a sentence each."""
    words, found = WORDS[lang], []
    if isinstance(theme, Marked):
        found.append(words["raw_low" if theme.kind == "outliers" else "raw"])
        if theme.kind == "hotspots":
            found.append(words["gi"])
        elif theme.kind == "outliers":
            found.append(words["strokes"])
            found.append(words["moran"].format(n=number(theme.permutations, lang)))
        elif theme.periods:
            first, last, n = theme.periods
            found.append(
                words["emerging"].format(n=n, first=day(first, lang), last=day(last, lang))
            )
    if theme.resolution is not None:
        km2 = average_area_km2(theme.resolution)
        area = number(km2, lang, 2 if km2 < 10 else 0)
        found.append(words["grid"].format(resolution=theme.resolution, area=area))
    elif ground.outside:
        found.append(words["outside"].format(n=number(ground.outside, lang)))
    return found


def chosen(ground: Ground, lang: Language) -> str:
    """The areas asked for."""
    return ", ".join(area_name(row.name, row.name_en, row.kind, lang) for row in ground.chosen)
