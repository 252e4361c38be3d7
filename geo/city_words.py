"""How citizens of the made-up city say what they saw: no two the same way.

What a thing is and where it stands is drawn once for each thing; how much of it is said, and in
which words, for each report.
"""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.common_words import folded

# To the category's name, by domain.
ADDED: Final = {
    "construction": (
        "kéo dài nhiều tuần",
        "làm cả ban đêm",
        "không có biển báo phép",
        "đã phản ánh nhưng chưa xử lý",
    ),
    "environment": (
        "bốc mùi khó chịu",
        "tái diễn nhiều lần",
        "ảnh hưởng trẻ nhỏ",
        "từ sáng đến tối",
    ),
    "traffic": ("gây nguy hiểm cho xe máy", "giờ cao điểm", "đã có người ngã", "gần trường học"),
}
STREETS: Final = (
    "Giải Phóng", "Nguyễn Trãi", "Láng", "Cầu Giấy", "Kim Mã", "Trường Chinh", "Minh Khai",
    "Bạch Mai", "Đại Cồ Việt", "Tây Sơn", "Xuân Thủy", "Hồ Tùng Mậu", "Phạm Văn Đồng", "Âu Cơ",
    "Nguyễn Văn Cừ", "Ngô Gia Tự", "Quang Trung", "Lê Văn Lương", "Tố Hữu", "Hoàng Quốc Việt",
    "Thụy Khuê", "Đội Cấn", "Khâm Thiên", "Lò Đúc", "Tam Trinh", "Lĩnh Nam", "Ngọc Hồi",
)  # fmt: skip
# By category: what people call it.
SAID: Final[dict[str, tuple[str, ...]]] = {
    "no-permit": ("nhà xây không phép", "công trình không có giấy phép", "xây nhà trái phép"),
    "beyond-permit": ("nhà xây vượt tầng", "xây sai phép", "cơi thêm tầng tum", "xây quá phép"),
    "encroachment-land": ("lấn chiếm đất công", "quây tôn đất nông nghiệp", "lấn ao làm nhà"),
    "encroachment-pavement": ("cơi nới ra ngõ", "lấn chiếm ngõ chung", "xây bậc thềm lấn ngõ"),
    "unsafe-site": ("công trường không che chắn", "giàn giáo không an toàn", "cẩu treo trên đường"),
    "site-noise-dust": ("thi công ban đêm ồn", "công trình gây bụi", "khoan đục ngoài giờ"),
    "damage-neighbour": ("thi công làm nứt nhà", "đào móng lún nhà bên", "nứt tường do thi công"),
    "materials-on-street": ("đổ cát ra đường", "đống gạch trên vỉa hè", "vật liệu đổ bừa bãi"),
    "dangerous-building": ("nhà cũ sắp sập", "ban công nứt rơi vữa", "tường nghiêng nguy hiểm"),
    "illegal-billboard": ("biển quảng cáo sai quy định", "biển hiệu che khuất", "tờ rơi dán cột"),
    "garbage": ("rác không được thu gom", "đống rác ứ đọng", "rác thải tràn ra", "rác để lâu ngày"),
    "illegal-dumping": ("đổ trộm phế thải", "bãi rác tự phát", "vứt rác bừa bãi", "đổ trộm rác"),
    "open-burning": ("đốt rác", "đốt rơm rạ khói mù", "đốt phế liệu khét lẹt"),
    "air-dust": ("bụi mù mịt", "khói đen từ xưởng", "không khí ô nhiễm", "xe chở đất rơi bụi"),
    "noise": ("hát karaoke ồn ào", "loa kẹo kéo", "tiếng ồn từ quán bia", "nhạc mở quá to"),
    "water-pollution": ("hồ nước đen", "cá chết nổi", "kênh ô nhiễm", "xả thải ra sông"),
    "sewage": ("cống tắc", "nước thải tràn", "rãnh thoát nước bị bịt", "cống trào ngược"),
    "flooding": ("ngập úng", "nước ngập sâu", "mưa là ngập", "đường ngập không đi được"),
    "odour": ("mùi hôi thối", "bốc mùi nồng nặc", "mùi rác rất khó chịu"),
    "trees": ("cây đổ chắn lối", "cành cây khô sắp gãy", "cây che khuất đèn", "cây nghiêng"),
    "animals": ("chó thả rông", "ổ chuột", "muỗi nhiều", "chó dữ không rọ mõm"),
    "pothole": ("ổ gà", "mặt đường hỏng", "hố sụt", "đường bong tróc", "ổ voi"),
    "illegal-parking": ("ô tô đỗ sai", "đỗ xe chắn cửa", "xe tải đỗ cả ngày", "đỗ dưới biển cấm"),
    "pavement-obstruction": ("vỉa hè bị chiếm", "bán hàng tràn lòng đường", "quán kê bàn ghế"),
    "congestion": ("ùn tắc", "kẹt xe", "tắc đường", "xe cộ chen chúc"),
    "traffic-signal": ("đèn tín hiệu hỏng", "đèn đỏ không sáng", "đèn giao thông nháy loạn"),
    "signs-markings": ("biển báo bị che", "vạch sơn mờ", "mất biển báo", "vạch qua đường mất"),
    "street-lighting": ("đèn đường hỏng", "đèn cao áp không sáng", "đoạn đường tối om"),
    "manhole": ("nắp cống mất", "hố ga hở miệng", "nắp hố ga kênh", "nắp cống vỡ"),
    "accident-spot": ("hay xảy ra tai nạn", "khúc cua nguy hiểm", "điểm đen tai nạn"),
    "roadworks": ("đào đường không hoàn trả", "rào chắn bỏ lâu", "mặt đường đào dở dang"),
    "public-transport": ("xe buýt bỏ bến", "nhà chờ xe buýt hỏng", "điểm dừng không có mái"),
    "dangerous-driving": ("lạng lách", "xe chạy quá tốc độ", "đua xe nẹt pô", "đi ngược chiều"),
}  # fmt: skip
# {} is a number of the thing's own.
PLACES: Final = (
    "trước số {}", "đầu ngõ {}", "trong ngách {}", "đối diện số {}", "cột điện {}", "tổ dân phố {}",
    "cạnh chợ", "trước cổng trường tiểu học", "gần cây xăng", "ở ngã tư", "sau khu chung cư",
    "chân cầu vượt", "gần nhà văn hoá", "trước quán phở", "cạnh trạm biến áp", "lối vào công viên",
    "gần đình làng", "trước cửa ngân hàng", "cạnh bệnh viện", "bờ mương", "gần trường mầm non",
    "trước siêu thị", "gần bến xe", "ven hồ", "cạnh sân bóng", "trước trụ sở công an", "cổng chùa",
    "cạnh bưu điện", "lối lên cầu", "gần nghĩa trang", "trước tiệm thuốc", "cạnh bãi gửi xe",
)  # fmt: skip
DETAILS: Final = (
    "gây nguy hiểm cho xe máy", "đã có người ngã", "ảnh hưởng trẻ nhỏ", "bốc mùi khó chịu",
    "kéo dài nhiều tuần", "làm cả ban đêm", "người già đi lại khó khăn", "tái diễn nhiều lần",
    "giờ cao điểm", "từ sáng đến tối", "đã phản ánh nhưng chưa xử lý", "ruồi muỗi bu kín",
    "trời mưa càng khổ", "mất mỹ quan", "chắn lối xe cứu thương", "hàng xóm ai cũng bức xúc",
)  # fmt: skip
# what, where, more: any of the last two may be empty.
FORMS: Final = (
    "{0} {1}, {2}", "{1} {0}, {2}", "{0} {1}. {2}", "Đề nghị xử lý {0} {1}, {2}",
    "Kính gửi phường: {0} {1}, {2}", "Mấy hôm nay {0} {1}, {2}", "{2}, {0} {1}",
    "Tôi đi qua thấy {0} {1}. {2}", "{0} {1} {2}, mong sớm xử lý",
)  # fmt: skip
Ints = NDArray[np.int64]


class Said(NamedTuple):
    """Texts and addresses, one of each for every report."""

    texts: list[str]
    addresses: list[str | None]


def streets(points: NDArray[np.float64]) -> list[str]:
    """The street of each point; streets are long, so neighbours share one."""
    street = (np.floor(points[:, 0] * 200) * 31 + np.floor(points[:, 1] * 200) * 17).astype(int)
    return [STREETS[where % len(STREETS)] for where in street.tolist()]


def briefly(
    rng: np.random.Generator, names: Sequence[str], domains: Sequence[str], street: Sequence[str]
) -> Said:
    """Reports that tell little more than their category: quick to draw, for ten million."""
    pick = rng.integers(0, 2**16, len(names)).tolist()
    texts = []
    for name, domain, at in zip(names, domains, pick, strict=True):
        details = ADDED.get(domain, ("cần kiểm tra",))
        texts.append(f"{name}, {details[at % len(details)]}")
    addresses = [
        f"{1 + at % 300} {where}" if at % 5 else None
        for at, where in zip(pick, street, strict=True)
    ]
    return Said(texts, addresses)


def said(
    rng: np.random.Generator, thing: Ints, codes: Sequence[str], names: Sequence[str], street: Any
) -> Said:
    """Reports of things in words; `thing` is the row that first told of each row's thing.

    The codes and names are those of the things' own categories, the streets where they stand.
    """
    n = len(thing)
    # Of each thing: two ways to say where, a number, something to add.
    drawn = rng.integers(0, 2**20, (n, 4))[thing]
    # Of each report: which words, how much of it, and how.
    told = rng.integers(0, 2**20, (n, 4))
    chance = rng.random((n, 4))
    first, second = chance[:, 0] < 0.45, chance[:, 0] < 0.7
    place = np.where(first, drawn[:, 0], np.where(second, drawn[:, 1], -1))
    more = np.where(chance[:, 1] < 0.3, drawn[:, 3], np.where(chance[:, 1] < 0.5, told[:, 3], -1))
    number = 1 + drawn[:, 2] % 300
    columns = zip(
        codes, names, place.tolist(), more.tolist(), number.tolist(), told[:, :2].tolist(),
        (chance[:, 2] < 0.12).tolist(), strict=True,
    )  # fmt: skip
    texts = [_text(*one) for one in columns]
    # Some count the house before or the one after.
    house = np.maximum(1, number + told[:, 2] % 5 - 2)
    addresses = [
        f"{at} {where}" if part < 0.6 else where if part < 0.8 else None
        for at, where, part in zip(house.tolist(), street, chance[:, 3].tolist(), strict=True)
    ]
    return Said(texts, addresses)


def _text(
    code: str, name: str, place: int, more: int, number: int, pick: list[int], plain: bool
) -> str:
    ways = SAID.get(code) or (name,)
    what = ways[pick[0] % len(ways)]
    where = PLACES[place % len(PLACES)].format(number) if place >= 0 else ""
    detail = DETAILS[more % len(DETAILS)] if more >= 0 else ""
    whole = FORMS[pick[1] % len(FORMS)].format(what, where, detail)
    whole = " ".join(whole.split()).replace(" ,", ",").replace(" .", ".").strip(" ,.")
    # Many type without diacritics.
    return folded(whole) if plain else whole[0].upper() + whole[1:]
