"""The page of a week for one area: what came, what waits, and how long it takes; for paper too."""

from datetime import date, datetime
from importlib import resources
from typing import Any, Final, NamedTuple

from jinja2 import Environment, StrictUndefined

from tiles.legend import Language
from tiles.report_words import day, number
from tiles.weekly_words import METHOD, WORDS

_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    resources.files("tiles").joinpath("weekly.html").read_text("utf-8")
)
Figures = dict[str, Any]
"""A row as `/api/v1/performance` tells it."""


class Week(NamedTuple):
    """What the page is made of."""

    area: str | None
    """Its name; None: all that are the reader's."""
    since: date
    until: date
    """Not in it."""
    week: Figures
    before: Figures
    now: Figures
    """Of all that was ever received."""
    quarter: Figures
    by_domain: list[Figures]
    by_week: list[Figures]
    made: datetime
    """On the city's clocks."""


def _hours(value: float, lang: Language) -> str:
    """Long times in days of eight working hours."""
    words = WORDS[lang]
    if value < 16:
        return f"{number(value, lang, 1)} {words['hours']}"
    return f"{number(value / 8, lang, 1)} {words['workdays']}"


def _percent(value: float, lang: Language) -> str:
    return f"{number(100 * value, lang, 1)}%"


def _interval(of: Figures, said: Any, lang: Language) -> str:
    low, high = of["low"], of["high"]
    if low is None and high is None:
        return ""
    if low is None:
        return f"{WORDS[lang]['under']} {said(high, lang)}"
    if high is None:
        return f"{WORDS[lang]['over']} {said(low, lang)}"
    first, last = said(low, lang), said(high, lang)
    unit = last[last.find(" ") :] if " " in last else ""
    # The unit of both is said once.
    return f"{first.removesuffix(unit)} – {last}"


def _estimate(of: Figures, n: int, said: Any, lang: Language, *, few: bool) -> tuple[str, str]:
    """The figure, or why there is none, and its interval."""
    if not n:
        return "–", ""
    words = WORDS[lang]
    value = (
        said(of["value"], lang) if of["value"] is not None else words["few" if few else "unknown"]
    )
    return value, _interval(of, said, lang)


def _share(row: Figures, name: str, lang: Language) -> tuple[str, str]:
    of = row[name]
    return _estimate(of, of["n"], _percent, lang, few=of["few"])


def _time(row: Figures, what: str, which: str, lang: Language) -> tuple[str, str]:
    of = row[what]["working"]
    return _estimate(of[which], of["n"], _hours, lang, few=of["few"])


def _counts(
    row: Figures, names: tuple[str, ...], lang: Language, before: Figures | None = None
) -> list[dict[str, Any]]:
    words = WORDS[lang]
    return [
        {
            "title": words[name],
            "value": number(row["n"][name], lang),
            "more": [f"{words['before']}: {number(before['n'][name], lang)}"] if before else [],
        }
        for name in names
    ]


def _estimates(row: Figures, lang: Language) -> list[dict[str, Any]]:
    words = WORDS[lang]
    found = []
    for name in ("in_time", "satisfaction"):
        value, small = _share(row, name, lang)
        of = f"{words['of']} {number(row[name]['n'], lang)}"
        found.append({"title": words[name], "value": value, "more": [small, of]})
    for what in ("reaction", "closing"):
        value, small = _time(row, what, "median", lang)
        late, around = _time(row, what, "p90", lang)
        found.append(
            {
                "title": f"{words[what]}, {words['median']}",
                "value": value,
                "more": [small, f"{words['p90']}: {late}", around],
            }
        )
    return found


def _line(row: Figures, name: str, lang: Language) -> dict[str, Any]:
    counts = ("received", "open", "overdue", "closed")
    cells = [(number(row["n"][one], lang), "") for one in counts]
    cells += [_share(row, "in_time", lang), _time(row, "closing", "median", lang),
              _share(row, "satisfaction", lang)]  # fmt: skip
    return {"name": name, "cells": [{"value": one, "small": small} for one, small in cells]}


def document(of: Week, lang: Language, back: str | None = None) -> str:
    """The page as HTML in which everything stands that it shows; `back`: where it was opened."""
    words = WORDS[lang]
    last = date.fromordinal(of.until.toordinal() - 1)
    head = [words[one] for one in ("received", "open", "overdue", "closed", "in_time")]
    head += [f"{words['closing']}, {words['median']}", words["satisfaction"]]
    domains = [_line(row, row["name_en"] if lang == "en" else row["name"], lang)
               for row in of.by_domain]  # fmt: skip
    weeks = [_line(row, day(row["since"], lang), lang) for row in of.by_week]
    moved = ("received", "closed", "reopened", "handed_in", "handed_out")
    return _PAGE.render(
        lang=lang,
        words=words,
        lead=words["lead"].format(
            area=of.area or words["everywhere"], since=day(of.since, lang), until=day(last, lang)
        ),
        sections=[
            (words["week"], _counts(of.week, moved, lang, of.before)),
            (words["now"], _counts(of.now, ("open", "overdue", "unreacted", "paused"), lang)),
            (words["quarter"], _estimates(of.quarter, lang)),
        ],
        tables=[
            (words["by_domain"], [words["domain"], *head], domains),
            (words["by_week"], [words["week_of"], *head], weeks),
        ],
        method=METHOD[lang],
        back=back,
        made=words["made"].format(at=f"{of.made:%H:%M} {day(of.made.date(), lang)}"),
    )
