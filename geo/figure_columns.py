"""What each column of a table of figures is, in Vietnamese and English."""

import re
from typing import Final

from geo.names import Names

_SERIES: Final = re.compile(r"n_(\d{4})_(\d\d)_(\d\d)")
COLUMNS: Final[dict[str, Names]] = {
    "cell": Names("Mã ô lục giác H3", "H3 cell"),
    "lon": Names("Kinh độ của tâm ô, độ (WGS 84)", "Longitude of the cell's centre, degrees"),
    "lat": Names("Vĩ độ của tâm ô, độ (WGS 84)", "Latitude of the cell's centre, degrees"),
    "area_km2": Names("Diện tích, km²", "Area, km²"),
    "area_code": Names(
        "Mã đơn vị hiện nay chứa tâm ô; trống nếu ở ngoài",
        "Code of the present area that holds the cell's centre; empty outside",
    ),
    "area_name": Names("Tên đơn vị đó", "Name of that area"),
    "area_name_en": Names("Tên đơn vị đó, không dấu hoặc tiếng Anh", "Name of that area, English"),
    "set": Names("Bộ ranh giới", "Boundary set"),
    "code": Names("Mã đơn vị", "Code of the area"),
    "name": Names("Tên đơn vị", "Name of the area"),
    "name_en": Names("Tên đơn vị, không dấu hoặc tiếng Anh", "Name of the area, English"),
    "kind": Names("Loại đơn vị: phường, xã, quận, huyện", "Kind of area, in Vietnamese"),
    "n": Names("Số phản ánh", "Complaints"),
    "population": Names("Dân số; trống nếu chưa biết", "Residents; empty where unknown"),
    "n_per_km2": Names("Số phản ánh trên km²", "Complaints per km²"),
    "rate_per_1000": Names("Số phản ánh trên 1.000 dân", "Complaints per 1,000 residents"),
    "rate_low_per_1000": Names(
        "Cận dưới của khoảng tin cậy 95% của tỷ lệ", "Lower end of the rate's 95% interval"
    ),
    "rate_high_per_1000": Names(
        "Cận trên của khoảng tin cậy 95% của tỷ lệ", "Upper end of the rate's 95% interval"
    ),
    "rate_smoothed_per_1000": Names(
        "Tỷ lệ làm trơn (Bayes thực nghiệm): nơi ít dân được kéo về mức chung",
        "Smoothed rate (empirical Bayes): where few live it is drawn to the overall rate",
    ),
    "rate_smoothed_local_per_1000": Names(
        "Tỷ lệ làm trơn theo láng giềng: nơi ít dân được kéo về mức của các đơn vị liền kề",
        "Rate smoothed by its neighbours: where few live it is drawn to that of the areas around",
    ),
    "unusual": Names(
        "1 hoặc -1: tỷ lệ cao hoặc thấp đến mức ngẫu nhiên chỉ gây ra 1 trong 500 lần; 0: không",
        "1 or -1: a rate so high or low that chance alone gives it one time in 500; 0: neither",
    ),
    "few": Names(
        "Dưới 20 phản ánh hoặc chưa biết dân số: không nên xếp hạng",
        "Fewer than 20 complaints, or residents unknown: not to be ranked",
    ),
    "gi_z": Names(
        "Gi* của ô hoặc đơn vị cùng các láng giềng, tính bằng độ lệch chuẩn",
        "Gi* of the place and its neighbours, in standard deviations",
    ),
    "p": Names("Xác suất ngẫu nhiên (hai phía)", "Two-sided p"),
    "q": Names(
        "p đã hiệu chỉnh cho nhiều phép thử (tỷ lệ phát hiện sai)",
        "p corrected for many tests (false discovery rate)",
    ),
    "moran_i": Names(
        "Moran cục bộ: trên 0 là giống các nơi bên cạnh, dưới 0 là khác",
        "Local Moran's I: above 0 like its neighbours, below 0 unlike them",
    ),
    "moran_z": Names(
        "Moran cục bộ, tính bằng độ lệch chuẩn", "Local Moran's I in standard deviations"
    ),
    "class": Names(
        "Lớp: hot99 ... cold99; high-high, high-low, low-high, low-low; none",
        "Class: hot99 ... cold99; high-high, high-low, low-high, low-low; none",
    ),
    "class_vi": Names("Lớp bằng tiếng Việt", "Class in Vietnamese"),
    "class_en": Names("Lớp bằng tiếng Anh", "Class in English"),
    "spot_rank": Names(
        "Thứ hạng của điểm nóng chứa nơi này, 1 là mạnh nhất; trống: không thuộc điểm nóng nào",
        "Rank of the hot spot the place belongs to, 1 the strongest; empty: none",
    ),
    "pattern": Names("Kiểu điểm nóng theo thời gian", "How the hot or cold spot came to be"),
    "pattern_vi": Names("Kiểu bằng tiếng Việt", "Pattern in Vietnamese"),
    "pattern_en": Names("Kiểu bằng tiếng Anh", "Pattern in English"),
    "trend_z": Names(
        "Mann-Kendall của số phản ánh qua các kỳ, tính bằng độ lệch chuẩn",
        "Mann-Kendall of the counts over the periods, in standard deviations",
    ),
    "side": Names(
        "area: nơi được xét; rest: phần còn lại của thành phố; area_against_rest: nơi ấy so với"
        " phần còn lại",
        "area: the place; rest: the rest of its city; area_against_rest: the one against the other",
    ),
    "n_first": Names("Số phản ánh trong giai đoạn thứ nhất", "Complaints in the first period"),
    "n_second": Names("Số phản ánh trong giai đoạn thứ hai", "Complaints in the second period"),
    "weeks_first": Names("Số tuần của giai đoạn thứ nhất", "Weeks of the first period"),
    "weeks_second": Names("Số tuần của giai đoạn thứ hai", "Weeks of the second period"),
    "ratio": Names(
        "Số phản ánh mỗi tuần ở giai đoạn thứ hai, so với giai đoạn thứ nhất; của"
        " area_against_rest: tỷ số của nơi ấy chia cho của phần còn lại",
        "Complaints a week in the second period, by those in the first; of area_against_rest the"
        " ratio of the place by that of the rest",
    ),
    "ratio_low": Names("Cận dưới của khoảng tin cậy 95%", "Lower end of its 95% interval"),
    "ratio_high": Names("Cận trên của khoảng tin cậy 95%", "Upper end of its 95% interval"),
    "period": Names("1: giai đoạn thứ nhất; 2: giai đoạn thứ hai", "1: first period; 2: second"),
    "week_since": Names("Ngày đầu của tuần", "First day of the week"),
    "week_until": Names("Ngày sau tuần ấy", "The day after the week"),
    "n_area": Names("Số phản ánh ở nơi được xét", "Complaints in the place"),
    "n_rest": Names("Số phản ánh ở phần còn lại", "Complaints in the rest of the city"),
    "trend_p": Names("Xác suất ngẫu nhiên của xu hướng (hai phía)", "Two-sided p of the trend"),
}
LISTED: Final[dict[str, Names]] = {
    "code": Names("Mã phản ánh", "Public code of the complaint"),
    "city": Names("Thành phố", "City"),
    "domain": Names("Mã lĩnh vực", "Code of the domain"),
    "category": Names("Mã loại", "Code of the category"),
    "category_vi": Names("Loại bằng tiếng Việt", "Category in Vietnamese"),
    "category_en": Names("Loại bằng tiếng Anh", "Category in English"),
    "status": Names("Mã trạng thái", "Code of the status"),
    "reported_at": Names("Gửi lúc, giờ UTC", "Reported, UTC"),
    "closed_at": Names("Xong lúc, giờ UTC", "Closed, UTC"),
    "lon": Names("Kinh độ, độ (WGS 84)", "Longitude, degrees"),
    "lat": Names("Vĩ độ, độ (WGS 84)", "Latitude, degrees"),
    "cell": Names("Mã ô lục giác H3 cấp 12", "H3 cell of resolution 12"),
    "address": Names("Địa chỉ", "Address"),
    "text": Names("Nội dung", "Text"),
    "source": Names("Nguồn", "Source"),
    "sample": Names("Dữ liệu mẫu hay không", "Whether it is sample data"),
    "domain_vi": Names("Lĩnh vực bằng tiếng Việt", "Domain in Vietnamese"),
    "domain_en": Names("Lĩnh vực bằng tiếng Anh", "Domain in English"),
    "status_vi": Names("Trạng thái bằng tiếng Việt", "Status in Vietnamese"),
    "status_en": Names("Trạng thái bằng tiếng Anh", "Status in English"),
    "reported_local": Names("Gửi lúc, giờ địa phương", "Reported, the city's time"),
    "closed_local": Names("Xong lúc, giờ địa phương", "Closed, the city's time"),
}


def listed(column: str) -> Names:
    """What a column of the list of complaints is; each boundary set has three.

    >>> listed("hanoi-ward-2025_name").en
    'Name of the area of hanoi-ward-2025 it lies in'
    """
    if column in LISTED:
        return LISTED[column]
    if column.endswith("_name_en"):
        vi, en = "Tên tiếng Anh hoặc không dấu của", "English name of"
    elif column.endswith("_name"):
        vi, en = "Tên", "Name of"
    else:
        vi, en = "Mã", "Code of"
    code = column.removesuffix("_en").removesuffix("_name")
    return Names(f"{vi} đơn vị chứa phản ánh, bộ {code}", f"{en} the area of {code} it lies in")


def described(column: str) -> Names:
    """What a column is; a series has one for each period, named by its first day.

    >>> described("n_2026_03_01").en
    'Complaints in the period from 2026-03-01'
    """
    if (found := _SERIES.fullmatch(column)) is not None:
        year, month, day = found.groups()
        return Names(
            f"Số phản ánh trong kỳ từ {day}/{month}/{year}",
            f"Complaints in the period from {year}-{month}-{day}",
        )
    return COLUMNS[column]
