"""A column of a sheet: headings, paragraphs and lines of a legend, one below the other."""

from collections.abc import Callable

from tiles import svg
from tiles.lettering import width, wrapped

MUTED = "#475569"


class Flow:
    """Grows downwards from 0; `y` is how high it has become."""

    def __init__(self, room: float, size: float) -> None:
        self.room, self.size, self.y = room, size, 0.0
        self._drawn: list[str] = []

    def gap(self, height: float) -> None:
        """Nothing, so high."""
        self.y += height

    def words(
        self,
        words: str,
        *,
        size: float | None = None,
        bold: bool = False,
        fill: str = "#1c2733",
        most: int | None = None,
        indent: float = 0,
    ) -> None:
        """A paragraph, broken where the column ends."""
        size = size or self.size
        for line in wrapped(words, size, self.room - indent, bold=bold, most=most):
            self.y += size * 1.32
            self._drawn.append(
                svg.text(line, indent, self.y - size * 0.28, size, bold=bold, fill=fill)
            )

    def warning(self, words: str) -> None:
        """A paragraph that must be seen."""
        top = self.y
        self.gap(3)
        self.words(words, fill="#7c2d12", bold=True, size=self.size * 0.95, indent=10)
        self.gap(4)
        self._drawn.append(svg.element("rect", y=top, width=4, height=self.y - top, fill="#c2410c"))

    def entry(self, swatch: Callable[[float, float], str], words: str, tail: str = "") -> None:
        """A line of the legend; `swatch` draws its sample of 24 by 14 with its corner at x, y."""
        size = self.size
        lines = wrapped(words, size, self.room - 34 - (width(tail, size) + 8 if tail else 0))
        high = max(20.0, size * 1.3 * len(lines) + 3)
        self._drawn.append(swatch(0, self.y + 3))
        for i, line in enumerate(lines):
            base = self.y + 3 + size * (1 + 1.3 * i)
            self._drawn.append(svg.text(line, 34, base, size))
        if tail:
            base = self.y + 3 + size
            self._drawn.append(svg.text(tail, self.room, base, size, fill=MUTED, anchor="end"))
        self.y += high

    def item(self, mark: Callable[[float, float], str], words: str, tail: str) -> None:
        """A line of a list, with a mark of 20 across, its middle at x, y."""
        size = self.size * 0.95
        lines = wrapped(words, size, self.room - 26 - width(tail, size) - 8, most=2)
        self._drawn.append(mark(9, self.y + 11))
        for i, line in enumerate(lines):
            self._drawn.append(svg.text(line, 26, self.y + 11 + size * (0.36 + 1.25 * i), size))
        base = self.y + 11 + size * 0.36
        self._drawn.append(svg.text(tail, self.room, base, size, bold=True, anchor="end"))
        self.y += max(22.0, 7 + size * 1.25 * len(lines))

    def at(self, x: float, y: float) -> str:
        """All of it with its upper left corner at a point."""
        return svg.element("g", *self._drawn, transform=f"translate({x:g} {y:g})")
