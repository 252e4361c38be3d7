"""How wide a text is, where its lines break, and which labels have room."""

import unicodedata
from typing import Final, NamedTuple

# Advance widths of DejaVu Sans and its bold, in thousandths of the font's size, from the space to
# the tilde. Other fonts of the list are narrower: what has room in this one has it in them.
_PLAIN: Final = (
    317, 400, 459, 837, 636, 950, 779, 274, 390, 390, 500, 837, 317, 360, 317, 336, 636, 636, 636,
    636, 636, 636, 636, 636, 636, 636, 336, 336, 837, 837, 837, 530, 1000, 684, 686, 698, 770, 631,
    575, 774, 751, 294, 294, 655, 557, 862, 748, 787, 603, 787, 694, 634, 610, 731, 684, 988, 685,
    610, 685, 390, 336, 390, 837, 500, 500, 612, 634, 549, 634, 615, 352, 634, 633, 277, 277, 579,
    277, 974, 633, 611, 634, 634, 411, 520, 392, 633, 591, 817, 591, 591, 524, 636, 336, 636, 837,
)  # fmt: skip
_BOLD: Final = (
    348, 456, 520, 837, 695, 1001, 872, 306, 457, 457, 522, 837, 379, 415, 379, 365, 695, 695, 695,
    695, 695, 695, 695, 695, 695, 695, 399, 399, 837, 837, 837, 580, 1000, 773, 762, 733, 830, 683,
    683, 820, 836, 372, 372, 774, 637, 995, 836, 850, 732, 850, 770, 720, 682, 812, 773, 1103, 770,
    724, 725, 457, 365, 457, 837, 500, 500, 674, 715, 592, 715, 678, 435, 715, 711, 342, 342, 665,
    342, 1041, 711, 687, 715, 715, 493, 595, 478, 711, 651, 923, 645, 651, 582, 711, 365, 711, 837,
)  # fmt: skip
# Letters whose horn or bar makes them another width than the letter below it, and signs; the
# second number is the bold one.
_OTHERS: Final = {
    "Ư": (857, 835), "Ơ": (913, 873), "Đ": (774, 837), "đ": (634, 715), "–": (500, 500),
    "·": (317, 379), "°": (500, 500), "²": (400, 437), "“": (518, 657), "”": (518, 657),
}  # fmt: skip
_HORNED: Final = dict.fromkeys("ỨỪỬỮỰ", "Ư") | dict.fromkeys("ỚỜỞỠỢ", "Ơ")


def width(words: str, size: float, *, bold: bool = False) -> float:
    """The width of a line in the units of the font's size.

    >>> round(width("Hà Nội", 10), 1), width("Hà Nội", 10) == width("Ha Noi", 10)
    (33.2, True)
    """
    table, total = _BOLD if bold else _PLAIN, 0
    for letter in words:
        if other := _OTHERS.get(_HORNED.get(letter, letter)):
            total += other[bold]
            continue
        # A diacritic takes no room of its own: ộ is as wide as o.
        base = unicodedata.normalize("NFD", letter)[0]
        if " " <= base <= "~":
            total += table[ord(base) - 32]
        elif not unicodedata.combining(letter):
            total += 1000
    return total * size / 1000


def _cut(word: str, size: float, room: float, bold: bool) -> list[str]:
    """A word in pieces that have room; of one letter at least."""
    pieces = [""]
    for letter in word:
        if pieces[-1] and width(pieces[-1] + letter, size, bold=bold) > room:
            pieces.append("")
        pieces[-1] += letter
    return pieces


def wrapped(
    words: str, size: float, room: float, *, bold: bool = False, most: int | None = None
) -> list[str]:
    """Lines no wider than `room`; of more than `most` the last ends in an ellipsis.

    >>> wrapped("Điểm nóng phản ánh", 10, 62)
    ['Điểm nóng', 'phản ánh']
    """
    lines: list[str] = []
    for given in words.split():
        pieces = [given]
        if width(given, size, bold=bold) > room:
            pieces = _cut(given, size, room, bold)
        for piece in pieces:
            if lines and width(f"{lines[-1]} {piece}", size, bold=bold) <= room:
                lines[-1] += f" {piece}"
            else:
                lines.append(piece)
    if most is not None and len(lines) > most:
        last = lines[most - 1]
        while last and width(f"{last}…", size, bold=bold) > room:
            last = last[:-1]
        lines = [*lines[: most - 1], f"{last.rstrip()}…"]
    return lines


class Box(NamedTuple):
    """Left, top, right and bottom."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: "Box") -> bool:
        return (
            self.left < other.right
            and other.left < self.right
            and self.top < other.bottom
            and other.top < self.bottom
        )

    def within(self, other: "Box") -> bool:
        return (
            other.left <= self.left
            and other.top <= self.top
            and self.right <= other.right
            and self.bottom <= other.bottom
        )


class Room:
    """What is taken on a map: a label gets its place only where nothing else stands."""

    def __init__(self, frame: Box) -> None:
        self.frame, self._taken = frame, list[Box]()

    def take(self, box: Box) -> None:
        """Nothing else may stand here."""
        self._taken.append(box)

    def fits(self, box: Box) -> bool:
        """Take the place if it is free and within the frame."""
        if not box.within(self.frame) or any(box.meets(one) for one in self._taken):
            return False
        self._taken.append(box)
        return True


class Label(NamedTuple):
    """Lines of text, centred at x, the middle of all at y."""

    lines: tuple[str, ...]
    x: float
    y: float


def _broken(words: str) -> list[tuple[str, ...]]:
    """One line, then two as alike as can be."""
    parts = words.split()
    splits = [(" ".join(parts[:i]), " ".join(parts[i:])) for i in range(1, len(parts))]
    splits.sort(key=lambda pair: max(map(len, pair)))
    return [(words,), *splits[:1]]


def place(
    words: str, x: float, y: float, size: float, room: Room, most: tuple[float, float]
) -> Label | None:
    """The label in one line or two where it has room, no wider and higher than `most`."""
    for lines in _broken(words):
        wide, high = max(width(line, size) for line in lines), size * 1.15 * len(lines)
        if wide >= most[0] or high >= most[1]:
            continue
        box = Box(x - wide / 2 - 2, y - high / 2 - 1, x + wide / 2 + 2, y + high / 2 + 1)
        if room.fits(box):
            return Label(lines, x, y)
    return None
