"""Classes and colours of every layer: the same on the page, in reports and in pictures."""

from collections.abc import Iterable, Sequence
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.classes import Method, breaks
from geo.hotspots import Quadrant
from geo.names import QUADRANTS
from tiles.report_figures import Area

Language = Literal["vi", "en"]
Measure = Literal["n", "rate", "per_km2"]
# ColorBrewer YlOrRd, six classes, as on the page: ordered in lightness, safe for the colour-blind.
RAMP: Final = ("#ffffb2", "#fed976", "#feb24c", "#fd8d3c", "#f03b20", "#bd0026")
UNKNOWN: Final = "#cbd5e1"


class Mark(NamedTuple):
    """How a class of a statistic is drawn; `sign` says the same without colours."""

    colour: str
    sign: str
    vi: str
    en: str

    def name(self, lang: Language) -> str:
        return self.vi if lang == "vi" else self.en


# ColorBrewer RdBu, as on the page. In print a full outline is hot, a broken one and hatching cold.
HOT: Final[dict[str, Mark]] = {
    "hot99": Mark("#b2182b", "", "Nóng, tin cậy 99%", "Hot, 99% confidence"),
    "hot95": Mark("#ef8a62", "", "Nóng, tin cậy 95%", "Hot, 95% confidence"),
    "hot90": Mark("#fddbc7", "", "Nóng, tin cậy 90%", "Hot, 90% confidence"),
    "none": Mark("#ffffff", "", "Không khác ngẫu nhiên", "Not significant"),
    "cold90": Mark("#d1e5f0", "", "Lạnh, tin cậy 90%", "Cold, 90% confidence"),
    "cold95": Mark("#67a9cf", "", "Lạnh, tin cậy 95%", "Cold, 95% confidence"),
    "cold99": Mark("#2166ac", "", "Lạnh, tin cậy 99%", "Cold, 99% confidence"),
}
# RdBu's ends for what is like its neighbours, PuOr's for what stands out, as on the page.
OUTLIERS: Final[dict[str, Mark]] = {
    "high-high": Mark("#b2182b", "", *QUADRANTS[Quadrant.HIGH_HIGH]),
    "high-low": Mark("#e08214", "", *QUADRANTS[Quadrant.HIGH_LOW]),
    "low-high": Mark("#8073ac", "", *QUADRANTS[Quadrant.LOW_HIGH]),
    "low-low": Mark("#2166ac", "", *QUADRANTS[Quadrant.LOW_LOW]),
    "none": Mark("#ffffff", "", *QUADRANTS[Quadrant.NONE]),
}
# ColorBrewer Reds and Blues; the strongest for what asks for action first.
PATTERNS: Final[dict[str, Mark]] = {
    "intensifying_hot": Mark("#99000d", "▲", "đang nóng lên", "intensifying hot spot"),
    "new_hot": Mark("#cb181d", "✱", "mới nóng", "new hot spot"),
    "consecutive_hot": Mark("#ef3b2c", "●", "nóng liên tiếp", "consecutive hot spot"),
    "persistent_hot": Mark("#fb6a4a", "■", "nóng kéo dài", "persistent hot spot"),
    "diminishing_hot": Mark("#fc9272", "▼", "nóng, đang dịu", "diminishing hot spot"),
    "sporadic_hot": Mark("#fcbba1", "∼", "nóng từng lúc", "sporadic hot spot"),
    "oscillating_hot": Mark("#fee0d2", "±", "lúc nóng lúc lạnh, nay nóng", "oscillating hot spot"),
    "historical_hot": Mark("#fff5f0", "○", "từng nóng, nay không", "historical hot spot"),
    "none": Mark("#ffffff", "", "không có xu hướng rõ", "no pattern"),
    "intensifying_cold": Mark("#084594", "▲", "đang lạnh thêm", "intensifying cold spot"),
    "new_cold": Mark("#2171b5", "✱", "mới lạnh", "new cold spot"),
    "consecutive_cold": Mark("#4292c6", "●", "lạnh liên tiếp", "consecutive cold spot"),
    "persistent_cold": Mark("#6baed6", "■", "lạnh kéo dài", "persistent cold spot"),
    "diminishing_cold": Mark("#9ecae1", "▼", "lạnh, đang bớt", "diminishing cold spot"),
    "sporadic_cold": Mark("#c6dbef", "∼", "lạnh từng lúc", "sporadic cold spot"),
    "oscillating_cold": Mark(
        "#deebf7", "±", "lúc nóng lúc lạnh, nay lạnh", "oscillating cold spot"
    ),
    "historical_cold": Mark("#f7fbff", "○", "từng lạnh, nay không", "historical cold spot"),
}


def classes(
    values: Iterable[float], k: int = len(RAMP), method: Method = "quantile"
) -> list[float]:
    """The lower bounds of the second and later classes of what is not zero, as on the page."""
    return breaks(np.array([one for one in values if one], dtype=np.float64), method, k)


def measures(areas: Sequence[Area]) -> dict[Measure, list[float | None]]:
    """What areas can be coloured by; None where an area's population is not known."""
    found: dict[Measure, list[float | None]] = {"n": [float(one.n) for one in areas]}
    if any(one.population for one in areas):
        found["rate"] = [
            round(one.n * 1000 / one.population, 3) if one.population else None for one in areas
        ]
    found["per_km2"] = [round(one.n / one.area_km2, 3) for one in areas]
    return found


class Range(NamedTuple):
    """A class from `low` to `high`, which may be where the next begins, and its places."""

    low: float
    high: float
    colour: str
    places: int


def ramp(k: int) -> tuple[str, ...]:
    """The colours of k classes; with fewer than six they still end in the darkest."""
    if k == 1:
        return (RAMP[3],)
    return tuple(RAMP[round(i * (len(RAMP) - 1) / (k - 1))] for i in range(k))


def class_of(values: NDArray[np.float64], bounds: Sequence[float]) -> NDArray[np.int64]:
    """The number of each value's class, from 0."""
    return np.searchsorted(np.asarray(bounds, dtype=np.float64), values, side="right")


def ranges(values: NDArray[np.float64], bounds: Sequence[float], *, whole: bool) -> list[Range]:
    """The classes of what is neither zero nor missing; of whole numbers the bounds do not meet.

    >>> found = ranges(np.array([1, 1, 2, 5, 0]), [2], whole=True)
    >>> [(one.low, one.high, one.places) for one in found]
    [(1.0, 1.0, 2), (2.0, 5.0, 2)]
    """
    shown = values[np.isfinite(values) & (values > 0)]
    if not len(shown):
        return []
    counts = np.bincount(class_of(shown, bounds), minlength=len(bounds) + 1)
    lows = [float(shown.min()), *map(float, bounds)]
    highs = [float(one - 1 if whole else one) for one in bounds] + [float(shown.max())]
    colours = ramp(len(lows))
    return [
        Range(low, high, colour, int(n))
        for low, high, colour, n in zip(lows, highs, colours, counts, strict=True)
    ]


def by_class(codes: Iterable[str], of: dict[str, Mark]) -> dict[str, int]:
    """How many places each class has, in the order of the legend; those without any left out."""
    found: dict[str, Any] = {}
    for code in codes:
        found[code] = found.get(code, 0) + 1
    return {code: found[code] for code in of if code in found}
