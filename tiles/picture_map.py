"""The map of a picture: land, the theme, borders, names and the scale, as SVG."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.cells import centres, polygons, shape_of
from tiles import svg
from tiles.legend import UNKNOWN, Language, Mark, class_of, ramp
from tiles.lettering import Box, Room, place
from tiles.picture_words import WORDS
from tiles.report_figures import Ground
from tiles.report_words import area_name, number
from tiles.strokes import COLD_LINE, stroke_of
from tiles.themes import Classed, Marked, Shapes, Theme, shapes_of
from tiles.window import Window

WATER, LAND, BORDER = "#e8edf1", "#ffffff", "#475569"
# As many hot spots are numbered on the map and listed beside it.
NUMBERED: Final = 10
# A sign in a cell narrower than this would be a dot.
LEAST_SIGN: Final = 7.5


def is_dark(colour: str) -> bool:
    """Whether white letters can be read better on it than black ones (WCAG 2, contrast ratio)."""
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return luminance < 0.179


def digits_of(values: NDArray[np.float64]) -> int:
    """How many decimals tell the values apart: as in the report."""
    known = values[np.isfinite(values)]
    if not len(known) or (known == np.rint(known)).all():
        return 0
    return 1 if known.max() >= 10 else 2


def swatch(colour: str, *, line: str = BORDER, width: float = 0.8, dash: str | None = None,
           hatch: float | None = None, hatched: str = COLD_LINE, sign: str = "",
) -> Callable[[float, float], str]:  # fmt: skip
    """What draws a sample for the legend, of 24 by 14."""

    def drawn(x: float, y: float) -> str:
        parts = [svg.element("rect", x=x, y=y, width=24, height=14, fill=colour)]
        if hatch:
            lines = hatching(shapely.box(x, y, x + 24, y + 14), hatch)
            parts.append(svg.element("path", d=svg.path(lines), stroke=hatched, stroke_width=0.8))
        parts.append(
            svg.element(
                "rect",
                x=x,
                y=y,
                width=24,
                height=14,
                fill="none",
                stroke=line,
                stroke_width=width,
                stroke_dasharray=dash,
            )
        )
        if sign:
            ink = "#ffffff" if is_dark(colour) else "#000000"
            parts.append(svg.text(sign, x + 12, y + 11, 11, fill=ink, anchor="middle"))
        return "".join(parts)

    return drawn


def mark_swatch(code: str, mark: Mark) -> Callable[[float, float], str]:
    """The sample of a class of a statistic: its colour, outline, hatching and sign."""
    stroke = stroke_of(code)
    if stroke.line is None:
        return swatch(mark.colour, sign=mark.sign, hatch=stroke.hatch)
    return swatch(mark.colour, line=stroke.line, width=stroke.width, dash=stroke.dash,
                  hatch=stroke.hatch, hatched=stroke.hatched)  # fmt: skip


def spot_mark(rank: int) -> Callable[[float, float], str]:
    """What draws the number of a hot spot in a circle."""

    def drawn(x: float, y: float) -> str:
        return svg.element(
            "circle", cx=x, cy=y, r=8.5, fill="#ffffff", stroke="#111827", stroke_width=1.6
        ) + svg.text(str(rank), x, y + 3.7, 10, bold=True, fill="#111827", anchor="middle")

    return drawn


def hatching(shape: shapely.Geometry, step: float) -> shapely.Geometry:
    """Lines at 45 degrees, `step` apart, within a shape; drawn as lines, every reader has them."""
    left, top, right, bottom = shapely.bounds(shape)
    if not np.isfinite(left):
        return shapely.MultiLineString()
    apart = step * np.sqrt(2)
    high = bottom - top
    # The same lines whatever the shape, so that neighbours join.
    starts = np.arange(np.floor((left + top) / apart), np.ceil((right + bottom) / apart) + 1)
    x = starts * apart - top
    ends = np.stack([np.column_stack([x, np.full_like(x, top)]),
                     np.column_stack([x - high, np.full_like(x, bottom)])], axis=1)  # fmt: skip
    return shapely.intersection(shapely.multilinestrings(shapely.linestrings(ends)), shape)


def _titled(shapes: Sequence[shapely.Geometry], title: str, fill: str) -> str:
    drawn = "".join(svg.path(one) for one in shapes)
    if not drawn:
        return ""
    return svg.element("path", svg.element("title", svg.escaped(title)), d=drawn, fill=fill)


def _classed(ground: Ground, theme: Classed, drawn: Shapes, lang: Language) -> str:
    colours = ramp(len(theme.breaks) + 1)
    words, parts = WORDS[lang], []
    if theme.kind == "cells":
        # Cells with one number are one path: short, and the number can be read from it.
        for n in np.unique(theme.values).tolist():
            fill = colours[int(class_of(np.array([n]), theme.breaks)[0])]
            title = f"{number(n, lang)} {words['complaints']}"
            parts.append(_titled(drawn[theme.values == n].tolist(), title, fill))
    else:
        digits = digits_of(theme.values)
        for area, shape, value in zip(ground.areas, drawn, theme.values.tolist(), strict=True):
            known = value == value  # noqa: PLR0124
            name = area_name(area.name, area.name_en, area.kind, lang)
            title = f"{name}: {number(value, lang, digits) if known else words['unknown']}"
            fill = UNKNOWN
            if known:
                at = int(class_of(np.array([value]), theme.breaks)[0])
                fill = colours[at] if value else LAND
            parts.append(_titled([shape], title, fill))
    edge: dict[str, svg.Attribute] = {
        "stroke": "#3c1e00",
        "stroke_opacity": 0.3,
        "stroke_width": 0.5,
    }
    return svg.element("g", *parts, id="theme", **edge)


def _marked(theme: Marked, drawn: Shapes, at: NDArray[np.int64], lang: Language) -> str:
    parts, lines = [], []
    codes = np.array([theme.codes[i] for i in at], dtype=object)
    for code, mark in theme.marks.items():
        here = drawn[codes == code]
        if code == "none" or not len(here):
            continue
        parts.append(_titled(here.tolist(), mark.name(lang), mark.colour))
        stroke = stroke_of(code)
        whole = shapely.union_all(shapely.buffer(here, 0.02))
        if stroke.hatch:
            inside = svg.path(hatching(whole, stroke.hatch))
            if inside:
                lines.append(
                    svg.element(
                        "path",
                        d=inside,
                        stroke=stroke.hatched,
                        stroke_width=0.6,
                        stroke_opacity=0.7,
                        fill="none",
                    )
                )
        if stroke.line:
            lines.append(
                svg.element(
                    "path",
                    d=svg.path(whole),
                    fill="none",
                    stroke=stroke.line,
                    stroke_width=stroke.width,
                    stroke_dasharray=stroke.dash,
                )
            )
    edge: dict[str, svg.Attribute] = {"stroke": BORDER, "stroke_opacity": 0.35, "stroke_width": 0.4}
    return svg.element("g", *parts, id="theme", **edge) + svg.element("g", *lines)


def _signs(theme: Marked, window: Window, at: NDArray[np.int64]) -> str:
    if theme.kind != "trends" or not len(at):
        return ""
    wide = np.ptp(shapely.get_coordinates(window.shapes(polygons(theme.cells[at[:1]])))[:, 0:1])
    if wide < LEAST_SIGN:
        return ""
    size = min(12.0, 0.85 * float(wide))
    points = window.project(centres(theme.cells[at]))
    parts = []
    for (x, y), code in zip(points.tolist(), (theme.codes[i] for i in at), strict=True):
        if Box(x, y, x, y).within(window.box):
            mark = theme.marks[code]
            ink = "#ffffff" if is_dark(mark.colour) else "#000000"
            parts.append(svg.text(mark.sign, x, y + size * 0.36, size, fill=ink, anchor="middle"))
    return svg.element("g", *parts, id="signs")


def _names(ground: Ground, window: Window, room: Room, size: float, lang: Language) -> str:
    """Names where they have room, those of the areas with the most complaints first."""
    areas = sorted(ground.areas, key=lambda one: (-one.n, one.code))
    parts = []
    for one in areas:
        ((x, y),) = window.project(np.array([[one.lon, one.lat]])).tolist()
        shape = shapely.geometry.shape(one.shape)
        left, top, right, bottom = shapely.bounds(shapely.transform(shape, window.project))
        wide, high = float(right - left), float(bottom - top)
        words = one.name if lang == "vi" else one.name_en or one.name
        label = place(words, x, y, size, room, (wide, high))
        if label is None:
            continue
        first = y - size * 1.15 * (len(label.lines) - 1) / 2 + size * 0.36
        parts += [
            svg.haloed(line, x, first + i * size * 1.15, size) for i, line in enumerate(label.lines)
        ]
    return svg.element("g", *parts, id="names")


def asked_for(ground: Ground) -> list[shapely.Geometry]:
    """The places a question is limited to: areas, a hexagon, a drawn outline; in degrees."""
    found = [shapely.from_geojson(row.shape) for row in ground.chosen]
    if ground.question.cells:
        found.append(shape_of(ground.question.cells))
    if ground.question.polygon:
        found.append(shapely.Polygon(ground.question.polygon))
    return found


def _borders(ground: Ground, window: Window) -> str:
    box = window.box
    lines = shapely.boundary(shapely.transform(shapes_of(ground), window.project))
    cut = shapely.clip_by_rect(lines, box.left, box.top, box.right, box.bottom)
    # What two areas share is drawn once.
    once = shapely.line_merge(shapely.union_all(shapely.simplify(cut, 0.2), grid_size=0.1))
    parts = [svg.element("path", d=svg.path(once), stroke=BORDER, stroke_width=0.7, fill="none")]
    blue: dict[str, svg.Attribute] = {"stroke": "#1d4ed8", "stroke_width": 2.2, "fill": "none"}
    places = asked_for(ground)
    if asked := ground.question.bbox:
        places.append(shapely.box(*asked))
    for i, shape in enumerate(places):
        outline = shapely.boundary(shapely.transform(shape, window.project))
        outline = shapely.clip_by_rect(outline, box.left, box.top, box.right, box.bottom)
        dash = "8 6" if asked and i + 1 == len(places) else None
        parts.append(svg.element("path", d=svg.path(outline), stroke_dasharray=dash, **blue))
    return svg.element("g", *parts, id="borders")


def scale_and_north(window: Window, lang: Language, room: Room) -> str:
    """The scale bar at the lower left and the arrow to the north at the upper right."""
    box, words = window.box, WORDS[lang]
    bar = window.scale_bar((box.right - box.left) / 4)
    x, y = box.left + 14, box.bottom - 14
    in_km = bar.metres >= 1000
    length = bar.metres / 1000 if in_km else bar.metres
    digits = 0 if length >= 1 else 2
    text = f"{number(length, lang, digits)} {words['km' if in_km else 'm']}"
    room.take(Box(x - 8, y - 24, x + bar.length + 8, y + 10))
    half = bar.length / 2
    plate = svg.element("rect", x=x - 8, y=y - 24, width=bar.length + 16, height=34,
                        fill="#ffffff", fill_opacity=0.8)  # fmt: skip
    scale = svg.element(
        "g", plate,
        svg.element("rect", x=x, y=y - 5, width=half, height=5, fill="#111827"),
        svg.element("rect", x=x + half, y=y - 5, width=half, height=5, fill="#ffffff"),
        svg.element("rect", x=x, y=y - 5, width=bar.length, height=5, fill="none",
                    stroke="#111827", stroke_width=1, id="scale-bar"),
        svg.text(text, x + half, y - 9, 10.5, anchor="middle"),
    )  # fmt: skip
    ax, ay = box.right - 22, box.top + 12
    room.take(Box(ax - 14, ay - 6, ax + 14, ay + 42))
    arrow = svg.element(
        "g",
        svg.element("path", d=f"M{ax:g} {ay:g}l8 24l-8 -6l-8 6z", fill="#111827"),
        svg.haloed(words["north"], ax, ay + 37, 12, bold=True),
    )
    return scale + arrow


def draw_map(
    ground: Ground, theme: Theme, window: Window, lang: Language, size: float, numbered: int
) -> str:
    """The map in the window's box; `size` is that of names, `numbered` how many hot spots."""
    box = window.box
    frame: dict[str, svg.Attribute] = {"x": box.left, "y": box.top, "width": box.right - box.left,
             "height": box.bottom - box.top}  # fmt: skip
    room = Room(Box(box.left + 3, box.top + 3, box.right - 3, box.bottom - 3))
    land = "".join(svg.path(one) for one in window.shapes(shapes_of(ground)))
    parts = [
        svg.element("rect", **frame, fill=WATER),
        svg.element("path", d=land, fill=LAND) if land else "",
    ]
    scale, marks = scale_and_north(window, lang, room), []
    if isinstance(theme, Classed):
        parts += [_classed(ground, theme, window.shapes(theme.shapes), lang)]
        parts += [_borders(ground, window)]
    else:
        at = theme.found
        drawn = window.shapes(polygons(theme.cells[at]))
        seen = ~shapely.is_empty(drawn)
        at, drawn = at[seen], drawn[seen]
        parts += [_marked(theme, drawn, at, lang), _borders(ground, window)]
        parts += [_signs(theme, window, at)]
        for one in theme.spots[:numbered]:
            ((x, y),) = window.project(np.array([[one.lon, one.lat]])).tolist()
            # Beside the spot, not on it.
            beside = Box(x + 2, y - 20, x + 21, y - 1)
            if beside.within(box):
                room.take(beside)
                lead = svg.element(
                    "path", d=f"M{x:.1f} {y:.1f}l6 -6", stroke="#111827", stroke_width=1.4
                )
                marks.append(lead + spot_mark(one.rank + 1)(x + 11.5, y - 10.5))
    parts += [_names(ground, window, room, size, lang), *reversed(marks), scale]
    parts += [svg.element("rect", **frame, fill="none", stroke=BORDER, stroke_width=1)]
    return svg.element("g", *parts, id="map")
