"""How a class of a statistic is told without colours: by its outline and its hatching."""

from typing import Final, NamedTuple

HOT_LINE, COLD_LINE = "#450a0a", "#0c2d57"
BROKEN, DOTTED = "4 2.5", "1.8 2.2"


class Stroke(NamedTuple):
    """In CSS pixels."""

    line: str | None = None
    """The colour of the outline; None for none of its own."""
    width: float = 0.0
    dash: str | None = None
    hatch: float | None = None
    """How far apart the lines of the hatching are; None without."""
    hatched: str = COLD_LINE
    """The colour of the hatching."""


# Hot is a full outline, cold a broken one and hatched; the surer, the heavier and the denser.
# Of outliers the low ones are hatched, and a broken outline stands out from its surroundings.
STROKES: Final[dict[str, Stroke]] = {
    "hot99": Stroke(HOT_LINE, 2.2),
    "hot95": Stroke(HOT_LINE, 1.4),
    "hot90": Stroke(HOT_LINE, 0.8),
    "cold90": Stroke(COLD_LINE, 0.8, BROKEN, 10.0),
    "cold95": Stroke(COLD_LINE, 1.4, BROKEN, 6.5),
    "cold99": Stroke(COLD_LINE, 2.2, BROKEN, 4.0),
    "high-high": Stroke(HOT_LINE, 1.8),
    "high-low": Stroke(HOT_LINE, 1.8, BROKEN),
    "low-high": Stroke(COLD_LINE, 1.8, DOTTED, 4.0),
    "low-low": Stroke(COLD_LINE, 0.8, None, 6.5, "#ffffff"),
}


def stroke_of(code: str) -> Stroke:
    """The outline and hatching of a class; those of trends have signs instead of outlines.

    >>> stroke_of("new_cold").hatch, stroke_of("new_hot").hatch, stroke_of("none").line
    (6.5, None, None)
    """
    return STROKES.get(code) or Stroke(hatch=6.5 if code.endswith("_cold") else None)
