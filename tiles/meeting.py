"""A report for a meeting as one HTML document made for paper: the maps in it are SVG."""

from collections.abc import Sequence
from importlib import resources
from typing import Any, Final

import numpy as np
import shapely
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from geo.cells import centres
from geo.rates import rate_interval
from geo.significance import CLASSES
from tiles import picture_words as say
from tiles import report_words as words_of
from tiles.legend import Language, by_class
from tiles.meeting_words import METHOD, WORDS
from tiles.picture import Sheet, draw
from tiles.printing import Orientation, Paper, printed
from tiles.report_figures import Ground
from tiles.report_words import area_name, number
from tiles.themes import Marked, shapes_of

# More are a download: the page says how many it leaves out.
MOST_ROWS: Final = 40
PIXELS_PER_MM: Final = 96 / 25.4

_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    resources.files("tiles").joinpath("meeting.html").read_text("utf-8")
)


def _map(ground: Ground, theme: Marked, sheet: Sheet, lang: Language) -> Markup:
    view = ground.extent.wider(max(0.0005, 0.02 * (ground.extent.east - ground.extent.west)))
    # `draw` escapes every text.
    return Markup(draw(ground, theme, view, sheet, lang).svg)  # noqa: S704


def _hot(ground: Ground, theme: Marked | None, sheet: Sheet, lang: Language) -> dict[str, Any]:
    words = WORDS[lang]
    spots = theme.spots if theme else ()
    rest = number(len(spots) - MOST_ROWS, lang)
    return {
        "title": say.WORDS[lang]["hotspots"],
        "missing": words_of.WORDS[lang]["no_hotspots"],
        "maps": [_map(ground, theme, sheet, lang)] if theme else [],
        "rest": words["more_spots"].format(n=rest) if len(spots) > MOST_ROWS else "",
        "rows": [
            {
                "rank": one.rank + 1,
                "name": say.spot_name(one, lang),
                "n": number(one.n, lang),
                "km2": number(one.area_km2, lang, 1),
                "mark": theme.marks[CLASSES[one.level]].name(lang) if theme else "",
                "z": number(one.z, lang, 1),
            }
            for one in spots[:MOST_ROWS]
        ],
    }


def _areas(ground: Ground, lang: Language) -> dict[str, Any]:
    people = np.array([one.population or np.nan for one in ground.areas], dtype=np.float64)
    # A stored count is never below zero; pending changes of a moment may leave one there.
    events = np.maximum([one.n for one in ground.areas], 0)
    interval, rated = rate_interval(events, people), bool(np.isfinite(people).any())
    rows = []
    for i in sorted(range(len(ground.areas)), key=lambda i: (-ground.areas[i].n, i)):
        one, known = ground.areas[i], bool(np.isfinite(people[i]))
        low, high = 1000 * float(interval.lower[i]), 1000 * float(interval.upper[i])
        rows.append(
            {
                "name": area_name(one.name, one.name_en, one.kind, lang),
                "n": number(one.n, lang),
                "population": number(one.population, lang) if one.population else "",
                "rate": number(one.n * 1000 / one.population, lang, 2) if one.population else "",
                "interval": f"{number(low, lang, 2)}–{number(high, lang, 2)}" if known else "",
                "per_km2": number(one.n / one.area_km2, lang, 1),
            }
        )
    return {
        "rows": rows,
        "rated": rated,
        "says": WORDS[lang]["areas_rated" if rated else "areas_unrated"],
        "outside": number(ground.outside, lang),
        "total": number(ground.total, lang),
    }


def _places(ground: Ground, theme: Marked, lang: Language) -> list[str]:
    """The area each marked cell's centre lies in."""
    outside = WORDS[lang]["outside_areas"]
    points = shapely.points(centres(theme.cells[theme.found]))
    cell, area = shapely.STRtree(shapes_of(ground)).query(points, predicate="intersects")
    names = {int(one): ground.areas[int(at)] for one, at in zip(cell, area, strict=True)}
    return [
        area_name(names[i].name, names[i].name_en, names[i].kind, lang) if i in names else outside
        for i in range(len(points))
    ]


def _trends(ground: Ground, theme: Marked | None, sheet: Sheet, lang: Language) -> dict[str, Any]:
    found: dict[str, Any] = {
        "title": say.WORDS[lang]["trends"],
        "missing": words_of.WORDS[lang]["no_trends"],
        "maps": [],
        "rows": [],
    }
    if theme is None:
        return found
    places = _places(ground, theme, lang)
    codes, n = np.array(theme.codes, dtype=object), theme.n
    marked = theme.found
    for code, cells in by_class(theme.codes, theme.marks).items():
        sums: dict[str, int] = {}
        for at, place in zip(marked, places, strict=True):
            if codes[at] == code:
                sums[place] = sums.get(place, 0) + int(n[at])
        first = sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:3]
        found["rows"].append(
            {
                "sign": theme.marks[code].sign,
                "name": theme.marks[code].name(lang),
                "cells": number(cells, lang),
                "n": number(int(n[codes == code].sum()), lang),
                "where": ", ".join(f"{name} ({number(k, lang)})" for name, k in first),
            }
        )
    found["maps"] = [_map(ground, theme, sheet, lang)]
    found["says"] = " ".join(say.method(ground, theme, lang)[1:])
    return found


def _lead(ground: Ground, hot: Marked | None, lang: Language) -> str:
    words = WORDS[lang]
    lead = words["lead"].format(
        total=number(ground.total, lang),
        period=words_of.period(ground, lang),
        filter=words_of.sentence(ground, lang),
    )
    if hot is None:
        return lead
    if not hot.spots:
        return f"{lead} {words['cannot_tell' if hot.few else 'no_hot_lead']}"
    first = hot.spots[0]
    told = words["hot_lead"].format(
        n=number(len(hot.spots), lang), name=say.spot_name(first, lang), of=number(first.n, lang)
    )
    return f"{lead} {told}"


def quoted(text: str) -> Markup:
    """A text as a CSS string in a style of HTML; the space after an escape is part of it."""
    codes = "".join(one if one.isalnum() or one in " ·" else f"\\{ord(one):06x} " for one in text)
    return Markup(f'"{codes}"')  # noqa: S704 - letters, digits and escapes alone


def document(
    ground: Ground, found: Sequence[Marked], lang: Language, paper: Paper, orientation: Orientation
) -> str:
    """The report of a question: maps and tables of hot spots, areas and trends, and the method."""
    by_kind = {one.kind: one for one in found}
    hot, trends = by_kind.get("hotspots"), by_kind.get("trends")
    wide, high = (PIXELS_PER_MM * side for side in printed(paper, orientation))
    # The first page has a title above its map, that of trends a table below it.
    first = Sheet(wide, min(high * 0.66, wide * 0.85), bare=True)
    later = Sheet(wide, min(high * 0.58, wide * 0.8), bare=True)
    title = WORDS[lang]["title"].format(city=words_of.city_names(ground, lang))
    few = [say.WORDS[lang]["few"]] if hot is not None and hot.few else []
    return _PAGE.render(
        lang=lang,
        paper=paper,
        orientation=orientation,
        words=WORDS[lang],
        title=title,
        running=quoted(f"{title} · {words_of.period(ground, lang)}"),
        lead=_lead(ground, hot, lang),
        warnings=words_of.marks(ground, lang) + few,
        hot=_hot(ground, hot, first, lang),
        areas=_areas(ground, lang),
        trends=_trends(ground, trends, later, lang),
        method=[*METHOD[lang], *(say.method(ground, hot, lang)[-1:] if hot else [])],
        origins=words_of.origins(ground, lang),
    )
