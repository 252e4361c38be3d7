"""What codes are called, in Vietnamese and English: for files that people read."""

from typing import Final, NamedTuple

from geo.complaint import Status
from geo.hotspots import Quadrant
from geo.trends import Pattern


class Names(NamedTuple):
    """The same in both languages."""

    vi: str
    en: str


STATUSES: Final[dict[Status, Names]] = {
    Status.RECEIVED: Names("Chờ tiếp nhận", "Received"),
    Status.ACCEPTED: Names("Đã nhận xử lý", "Accepted"),
    Status.IN_PROGRESS: Names("Đang xử lý", "In progress"),
    Status.RESOLVED: Names("Đã giải quyết", "Resolved"),
    Status.REJECTED: Names("Từ chối", "Rejected"),
    Status.DUPLICATE: Names("Trùng", "Duplicate"),
    Status.WITHDRAWN: Names("Đã rút", "Withdrawn"),
}

# By the codes of `geo.significance.CLASSES`.
CLASSES: Final[dict[str, Names]] = {
    "hot99": Names("Nóng, tin cậy 99%", "Hot, 99% confidence"),
    "hot95": Names("Nóng, tin cậy 95%", "Hot, 95% confidence"),
    "hot90": Names("Nóng, tin cậy 90%", "Hot, 90% confidence"),
    "none": Names("Không khác ngẫu nhiên", "No different from chance"),
    "cold90": Names("Lạnh, tin cậy 90%", "Cold, 90% confidence"),
    "cold95": Names("Lạnh, tin cậy 95%", "Cold, 95% confidence"),
    "cold99": Names("Lạnh, tin cậy 99%", "Cold, 99% confidence"),
}

# Of local Moran, as on the page.
QUADRANTS: Final[dict[Quadrant, Names]] = {
    Quadrant.HIGH_HIGH: Names("cao giữa nơi cao", "high among high"),
    Quadrant.HIGH_LOW: Names("cao giữa nơi thấp", "high among low"),
    Quadrant.LOW_HIGH: Names("thấp giữa nơi cao", "low among high"),
    Quadrant.LOW_LOW: Names("thấp giữa nơi thấp", "low among low"),
    Quadrant.NONE: Names("không khác ngẫu nhiên", "no different from chance"),
}

PATTERNS: Final[dict[Pattern, Names]] = {
    Pattern.NONE: Names("không có xu hướng rõ", "no clear pattern"),
    Pattern.NEW_HOT: Names("mới nóng", "new hot spot"),
    Pattern.CONSECUTIVE_HOT: Names("nóng liên tiếp", "hot in a row"),
    Pattern.INTENSIFYING_HOT: Names("đang nóng lên", "hot, intensifying"),
    Pattern.PERSISTENT_HOT: Names("nóng kéo dài", "hot, persistent"),
    Pattern.DIMINISHING_HOT: Names("nóng, đang dịu", "hot, diminishing"),
    Pattern.SPORADIC_HOT: Names("nóng từng lúc", "hot on and off"),
    Pattern.OSCILLATING_HOT: Names("lúc nóng lúc lạnh, nay nóng", "hot now, cold before"),
    Pattern.HISTORICAL_HOT: Names("từng nóng, nay không", "once hot, not now"),
    Pattern.NEW_COLD: Names("mới lạnh", "new cold spot"),
    Pattern.CONSECUTIVE_COLD: Names("lạnh liên tiếp", "cold in a row"),
    Pattern.INTENSIFYING_COLD: Names("đang lạnh thêm", "cold, intensifying"),
    Pattern.PERSISTENT_COLD: Names("lạnh kéo dài", "cold, persistent"),
    Pattern.DIMINISHING_COLD: Names("lạnh, đang bớt", "cold, diminishing"),
    Pattern.SPORADIC_COLD: Names("lạnh từng lúc", "cold on and off"),
    Pattern.OSCILLATING_COLD: Names("lúc nóng lúc lạnh, nay lạnh", "cold now, hot before"),
    Pattern.HISTORICAL_COLD: Names("từng lạnh, nay không", "once cold, not now"),
}
