"""A map for a meeting or a paper as one SVG: nothing in it is fetched, and nothing runs."""

from dataclasses import dataclass
from typing import Final, NamedTuple

from geo.bbox import BBox
from tiles import picture_words as say
from tiles import report_words as words_of
from tiles import svg
from tiles.flow import MUTED, Flow
from tiles.legend import UNKNOWN, Language, by_class, ranges
from tiles.lettering import Box
from tiles.picture_map import (
    LAND,
    NUMBERED,
    asked_for,
    digits_of,
    draw_map,
    mark_swatch,
    spot_mark,
    swatch,
)
from tiles.report_figures import Ground
from tiles.themes import Classed, Marked, Theme
from tiles.window import Window, aspect

# Beyond this a picture is the same one, larger: its letters must stay readable.
WIDEST: Final = 1400
# From here on the legend stands beside the map, not below it.
BESIDE: Final = 700


@dataclass(frozen=True, slots=True)
class Sheet:
    """How large a picture is, in CSS pixels; without a height it is as high as it needs."""

    width: float
    height: float | None = None
    bare: bool = False
    """The map and its legend alone, for a page that says the rest."""

    @property
    def wide(self) -> bool:
        return self.width >= BESIDE and (self.height is None or self.width > self.height)


class Picture(NamedTuple):
    """An SVG document and its size in CSS pixels."""

    svg: str
    title: str
    width: float
    height: float


def _legend(flow: Flow, ground: Ground, theme: Theme, lang: Language) -> None:
    """Classes with their numbers, and in brackets how many cells or areas each has."""
    words = say.WORDS[lang]
    flow.words(say.legend_title(theme, lang), bold=True, size=flow.size * 1.08)
    flow.gap(3)
    if isinstance(theme, Marked):
        for code, n in by_class(theme.codes, theme.marks).items():
            mark = theme.marks[code]
            flow.entry(mark_swatch(code, mark), mark.name(lang), f"({words_of.number(n, lang)})")
    else:
        _classes(flow, theme, lang)
    which = "areas_in_brackets" if theme.kind == "areas" else "cells_in_brackets"
    flow.words(words[which], size=flow.size * 0.85, fill=MUTED)
    if asked_for(ground):
        flow.gap(4)
        flow.entry(swatch("none", line="#1d4ed8", width=2.2), words["chosen"])


def _classes(flow: Flow, theme: Classed, lang: Language) -> None:
    words, digits = say.WORDS[lang], 0 if theme.whole else digits_of(theme.values)
    shown = ranges(theme.values, theme.breaks, whole=theme.whole)
    for i, one in enumerate(shown):
        low, high = (words_of.number(at, lang, digits) for at in (one.low, one.high))
        below = "" if theme.whole or i + 1 == len(shown) else "<"
        text = low if low == high and not below else f"{low} – {below}{high}"
        flow.entry(swatch(one.colour), text, f"({words_of.number(one.places, lang)})")
    if not shown:
        flow.words(words_of.WORDS[lang]["none"])
    if zeros := int((theme.values == 0).sum()):
        flow.entry(swatch(LAND), "0", f"({words_of.number(zeros, lang)})")
    if unknown := int((theme.values != theme.values).sum()):
        flow.entry(swatch(UNKNOWN), words["unknown"], f"({words_of.number(unknown, lang)})")


def _spots(flow: Flow, theme: Marked, most: int, lang: Language) -> None:
    words = say.WORDS[lang]
    flow.gap(10)
    flow.words(words["spots"], bold=True, size=flow.size * 1.08)
    flow.gap(2)
    shown = theme.spots[:most]
    for one in shown:
        flow.item(spot_mark(one.rank + 1), say.spot_name(one, lang), words_of.number(one.n, lang))
    if not theme.spots:
        # Where there are too few, the warning says so: that is no answer.
        flow.words("–" if theme.few else words["no_spots"])
    elif len(theme.spots) > len(shown):
        rest = words_of.number(len(theme.spots) - len(shown), lang)
        flow.words(words["more"].format(n=rest), size=flow.size * 0.85, fill=MUTED)


def _about(flow: Flow, ground: Ground, theme: Theme, lang: Language) -> None:
    """What must be seen first, then how it was made, from what and when."""
    for one in words_of.marks(ground, lang):
        flow.gap(6)
        flow.warning(one)
    if isinstance(theme, Marked) and theme.few:
        flow.gap(6)
        flow.warning(say.WORDS[lang]["few"])
    flow.gap(8)
    for sentence in say.method(ground, theme, lang):
        flow.words(sentence, size=flow.size * 0.85, fill=MUTED)
        flow.gap(2)
    flow.gap(4)
    for term, text in words_of.origins(ground, lang):
        flow.words(f"{term}: {text}", size=flow.size * 0.85, fill=MUTED)
        flow.gap(2)


def _head(ground: Ground, theme: Theme, room: float, size: float, lang: Language) -> Flow:
    flow, words = Flow(room, size), say.WORDS[lang]
    flow.words(say.title(ground, theme, lang), bold=True, size=size * 1.7, most=3)
    flow.gap(2)
    total = words_of.number(ground.total, lang)
    flow.words(
        f"{total} {words['complaints']} · {words_of.period(ground, lang)}",
        bold=True,
        size=size * 1.1,
    )
    flow.words(words_of.sentence(ground, lang), size=size, fill=MUTED, most=4)
    flow.gap(8)
    return flow


def _columns(
    ground: Ground, theme: Theme, room: float, size: float, sheet: Sheet, lang: Language, most: int
) -> list[Flow]:
    """The legend and what is said about the picture: one column, or two side by side."""
    two = not sheet.wide and room >= 460 and not sheet.bare
    first = Flow((room - 24) / 2 if two else room, size)
    _legend(first, ground, theme, lang)
    if isinstance(theme, Marked) and theme.kind == "hotspots" and not sheet.bare:
        _spots(first, theme, most, lang)
    if sheet.bare:
        return [first]
    rest = Flow(first.room, size) if two else first
    _about(rest, ground, theme, lang)
    return [first, rest] if two else [first]


def _fitting(
    ground: Ground, theme: Theme, room: float, size: float, sheet: Sheet, lang: Language,
    highest: float | None,
) -> tuple[list[Flow], int]:  # fmt: skip
    """The columns with as many hot spots as there is room for, and how many that is."""
    for most in range(NUMBERED, 0, -1):
        found = _columns(ground, theme, room, size, sheet, lang, most)
        if highest is None or max(one.y for one in found) <= highest:
            break
    return found, most


def draw(ground: Ground, theme: Theme, view: BBox, sheet: Sheet, lang: Language) -> Picture:
    """The picture of a theme as an SVG document that has all it needs."""
    logical = min(sheet.width, WIDEST)
    shrunk = logical / sheet.width
    height = None if sheet.height is None else sheet.height * shrunk
    size = 12.5 if logical >= BESIDE else 11.5
    # A page has margins of its own.
    margin = 22.0 if logical >= BESIDE else 12.0
    if sheet.bare or height is not None:
        margin = 0.0
    room = logical - 2 * margin
    head = Flow(room, size) if sheet.bare else _head(ground, theme, room, size, lang)
    top = margin + head.y
    if sheet.wide:
        aside = min(300.0, max(210.0, room * 0.24))
        left = None if height is None else height - top - margin
        columns, most = _fitting(ground, theme, aside, size, sheet, lang, left)
        across = room - aside - 20
        deep = max(min(across / aspect(view), across * 0.85), across * 0.45)
        deep = max(deep, columns[0].y) if left is None else left
        places = [(margin + across + 20, top)]
        end = top + max(deep, columns[0].y)
    else:
        columns, most = _fitting(
            ground, theme, room, size, sheet, lang, None if height is None else height * 0.45
        )
        below = max(one.y for one in columns)
        across = room
        deep = max(min(across / aspect(view), across * 1.25), across * 0.7)
        if height is not None:
            deep = max(height - top - below - margin - 14, height * 0.2)
        step = room / 2 + 12
        places = [(margin + i * step, top + deep + 14) for i in range(len(columns))]
        end = top + deep + 14 + below
    window = Window.of(view, Box(margin, top, margin + across, top + deep))
    drawn = draw_map(ground, theme, window, lang, 10.0 if logical >= BESIDE else 9.0, most)
    high = end + margin if height is None else height
    title = say.title(ground, theme, lang)
    told = f"{words_of.sentence(ground, lang)}. {words_of.period(ground, lang)}"
    document = svg.element(
        "svg",
        svg.element("title", svg.escaped(title), id="title"),
        svg.element("desc", svg.escaped(told), id="desc"),
        svg.element("rect", width=logical, height=high, fill="#ffffff"),
        head.at(margin, margin),
        drawn,
        *(one.at(x, y) for one, (x, y) in zip(columns, places, strict=True)),
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {logical:g} {high:.1f}",
        width=sheet.width,
        height=high / shrunk,
        lang=lang,
        role="img",
        aria_labelledby="title desc",
        font_family=svg.FONT,
    )
    return Picture(document, title, sheet.width, high / shrunk)
