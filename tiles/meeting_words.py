"""What the report for a meeting says, in Vietnamese and English."""

from typing import Final

from tiles.legend import Language

_VI: Final = {
    "title": "Phản ánh của người dân · {city}",
    "lead": "{total} phản ánh, {period}. {filter}.",
    "hot_lead": "{n} điểm nóng vượt mức ngẫu nhiên; mạnh nhất: {name}, {of} phản ánh.",
    "no_hot_lead": "Không có nơi nào nóng hơn mức ngẫu nhiên.",
    "cannot_tell": "Quá ít phản ánh so với số ô nên chưa thể nói nơi nào nóng.",
    "page": "Trang",
    "spots": "Danh sách điểm nóng",
    "spots_say": "Các ô nóng chạm nhau là một điểm nóng, xếp theo tổng z, mạnh nhất trước. Số trên"
    " bản đồ là thứ hạng. “Tin cậy 95%”: trong mọi ô được gọi là nóng hoặc lạnh ở mức này, dự kiến"
    " khoảng một phần hai mươi là báo nhầm.",
    "more_spots": "Còn {n} điểm nóng yếu hơn không có trong bảng.",
    "rank": "Hạng",
    "where": "Nơi",
    "n": "Số phản ánh",
    "surety": "Mức tin cậy",
    "areas": "Các đơn vị hành chính",
    "areas_rated": "Trên 1.000 dân; số nhỏ là khoảng tin cậy 95% (Garwood 1936): nơi ít dân thì tỷ"
    " lệ kém chắc chắn.",
    "areas_unrated": "Chưa có dân số của các đơn vị này nên không có tỷ lệ trên 1.000 dân.",
    "name": "Tên",
    "population": "Dân số",
    "rate": "Trên 1.000 dân",
    "per_km2": "Trên km²",
    "outside": "Ngoài ranh giới",
    "total": "Tổng",
    "pattern": "Xu hướng",
    "cells": "Số ô",
    "where_first": "Nơi có nhiều phản ánh nhất trong số đó",
    "outside_areas": "ngoài mọi đơn vị",
    "method": "Cách làm và điều cần thận trọng",
}
_EN: Final = {
    "title": "Complaints of residents · {city}",
    "lead": "{total} complaints, {period}. {filter}.",
    "hot_lead": "{n} hot spots beyond chance; the strongest: {name}, {of} complaints.",
    "no_hot_lead": "No place is hotter than chance would give.",
    "cannot_tell": "There are too few complaints for so many cells to tell which places are hot.",
    "page": "Page",
    "spots": "List of hot spots",
    "spots_say": "Hot cells that touch are one hot spot, ranked by the sum of their z, the"
    " strongest first. The number on the map is the rank. “95% confidence”: of all cells called"
    " hot or cold at this level, about one in twenty is expected to be a false alarm.",
    "more_spots": "{n} weaker hot spots are not in the table.",
    "rank": "Rank",
    "where": "Place",
    "n": "Complaints",
    "surety": "Confidence",
    "areas": "Areas",
    "areas_rated": "Per 1,000 residents; the small numbers are the 95% interval (Garwood 1936): the"
    " rate of few residents is less certain.",
    "areas_unrated": "No population of these areas is known: there are no rates per 1,000"
    " residents.",
    "name": "Name",
    "population": "Population",
    "rate": "Per 1,000 residents",
    "per_km2": "Per km²",
    "outside": "Outside the boundaries",
    "total": "Total",
    "pattern": "Pattern",
    "cells": "Cells",
    "where_first": "Where most of these complaints are",
    "outside_areas": "outside all areas",
    "method": "Method and cautions",
}
WORDS: Final[dict[Language, dict[str, str]]] = {"vi": _VI, "en": _EN}
METHOD: Final[dict[Language, tuple[str, ...]]] = {
    "vi": (
        "Điểm nóng trả lời câu hỏi: trong một ô và các ô kề bên có nhiều phản ánh hơn mức ngẫu"
        " nhiên không, nếu cũng những phản ánh ấy nằm rải rác khắp nơi? Phép tính là Gi* của Getis"
        " và Ord (1995) trên mọi ô, kể cả ô không có phản ánh, đã hiệu chỉnh vì xét rất nhiều ô"
        " cùng lúc (Benjamini và Hochberg 1995).",
        "Kết quả không cho biết vì sao. Nhiều phản ánh có thể do nhiều sự cố, đông dân, hoặc nhiều"
        " người hay báo; số đếm trên bản đồ không chia cho dân số.",
        "Kết quả nói về ô cùng các ô kề bên, và gắn với cỡ ô: ô nhỏ hơn chứa ít phản ánh hơn và khó"
        " thấy khác biệt.",
        "Xu hướng xét từng tháng trọn vẹn, mỗi ô với các ô kề bên trong tháng đó và tháng trước;"
        " tên gọi theo quy tắc của ArcGIS (Emerging Hot Spot Analysis). Đó không phải dự báo.",
    ),
    "en": (
        "Hot spots answer: are there more complaints in a cell and the cells beside it than chance"
        " would give, if the same complaints lay scattered all over? It is Gi* of Getis and Ord"
        " (1995) over all cells, those without complaints included, corrected for looking at so"
        " many cells at once (Benjamini and Hochberg 1995).",
        "It does not say why. Many complaints may mean many faults, many people, or many people who"
        " report; the counts on the map are not divided by residents.",
        "It speaks of a cell and its neighbours together, and belongs to the size of cell: smaller"
        " cells hold fewer complaints and find less.",
        "Trends look at whole months, each cell with its neighbours in that month and the one"
        " before; the names follow ArcGIS (Emerging Hot Spot Analysis). They are no forecast.",
    ),
}
