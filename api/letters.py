"""Mail in words: confirmations, news and reports, as text and as plain HTML."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from sqlalchemy import Connection, Row, select

from api.letter_words import WORDS
from geo.catalogue import catalogue
from geo.filters import Filter
from geo.follows import Language
from geo.nightly import NAMED_BY, names_of
from geo.outbox import Letter
from geo.schema import area
from tiles.report_words import area_name, day, number, sentence

TEMPLATES: Final = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=select_autoescape(["html"]),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


class About(NamedTuple):
    """A question with the names of what it asks for."""

    question: Filter
    chosen: Sequence[Any]
    kinds: Sequence[Any]
    places: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    """Names of the areas of a followed spot, in Vietnamese and in English."""

    def words(self, lang: Language) -> str:
        return sentence(self, lang)


def about(connection: Connection, question: Filter, spot: Sequence[int] | None = None) -> About:
    """Short reads: the catalogue, and the names of the chosen areas and of a spot's."""
    ids = [one.id for one in question.areas]
    names = select(area.c.name, area.c.name_en, area.c.kind).where(area.c.id.in_(ids))
    chosen = connection.execute(names.order_by(area.c.id)).all() if ids else []
    places: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
    if spot:
        places = names_of(connection, question, np.array(spot[:NAMED_BY], dtype=np.int64))
    return About(question, chosen, connection.execute(catalogue()).all(), places)


class Item(NamedTuple):
    """One piece of news."""

    title: str
    lines: tuple[str, ...]
    url: str


class Links(NamedTuple):
    """Addresses of one follow; `token` is in none but these."""

    base: str
    token: str

    @property
    def page(self) -> str:
        return f"{self.base}/follow/{self.token}"

    @property
    def stop(self) -> str:
        return f"{self.page}/stop"


def subject_of(follow: Row[Any], lang: Language) -> str:
    """What is followed, in a few words."""
    kind = "spot" if follow.kind == "hotspot" and follow.spot is not None else follow.kind
    return WORDS[lang][kind]


def confirmation(key: str, follow: Row[Any], address: str, what: About, links: Links) -> Letter:
    """The first letter, whose page asks whether to begin."""
    lang: Language = follow.language
    words = WORDS[lang]
    # Words to search for may be an advertisement of who gave somebody else's address.
    facts = facts_of(follow, what._replace(question=replace(what.question, words=())), lang)
    subject = words["confirm_subject"].format(what=subject_of(follow, lang))
    return _letter(
        key, follow, address, links, subject,
        intro=words["confirm_intro"], facts=facts, outro=words["confirm_do"],
        button=(words["confirm_button"], links.page), footer=words["footer_first"],
    )  # fmt: skip


def facts_of(follow: Row[Any], what: About, lang: Language) -> list[tuple[str, str]]:
    """What is followed, of which complaints, and when mail comes: terms and their words."""
    words = WORDS[lang]
    named = what.places[1 if lang == "en" else 0]
    return [
        (words["what"], ": ".join(filter(None, (subject_of(follow, lang), ", ".join(named))))),
        (words["question"], what.words(lang)),
        (words["when"], words[follow.schedule]),
    ]


def tidings(
    key: str, follow: Row[Any], address: str, what: About, links: Links, found: Sequence[Row[Any]]
) -> Letter:
    """News of one follow in one letter."""
    lang: Language = follow.language
    words = WORDS[lang]
    items = [item(one, follow, links.base, lang) for one in found]
    if len(items) == 1:
        subject = words["news_subject_one"].format(headline=items[0].title)
    else:
        about_what = subject_of(follow, lang)
        subject = words["news_subject_many"].format(n=len(items), what=about_what)
    return _letter(
        key, follow, address, links, subject,
        intro=words["news_intro"].format(question=what.words(lang)), items=items,
    )  # fmt: skip


def report(
    key: str, follow: Row[Any], address: str, what: About, links: Links, first: date, end: date
) -> Letter:
    """The letter a report is attached to, for the local days from `first` until before `end`."""
    lang: Language = follow.language
    words = WORDS[lang]
    period = f"{day(first, lang)} – {day(end - timedelta(days=1), lang)}"
    view = {
        "question": follow.question,
        "since": first.isoformat(),
        "until": end.isoformat(),
        "set": follow.set_code,
        "resolution": follow.resolution,
        "lang": lang,
    }
    given = {k: v for k, v in view.items() if k != "question" and v is not None}
    query = "&".join(filter(None, (follow.question, urlencode(given))))
    subject = words["report_subject"].format(period=period)
    letter = _letter(
        key, follow, address, links, subject,
        intro=words["report_intro"].format(period=period, question=what.words(lang)),
        button=(words["report_button"], f"{links.base}/api/v1/report.html?{query}"),
    )  # fmt: skip
    return letter._replace(report=view)


def place_of(one: Row[Any], lang: Language) -> str:
    """Where news is, in a few words: street and area, or how many areas."""
    words, names = WORDS[lang], one.areas_en if lang == "en" else one.areas
    if not names:
        lon, lat = (number(x, lang, 4) for x in (one.lon, one.lat))
        return words["nowhere"].format(lon=lon, lat=lat)
    where = area_name(names[0], names[0], None, lang)
    if one.kind == "group" and len(names) > 1:
        where = words["more_areas"].format(first=where, n=len(names) - 1)
    return f"{one.street}, {where}" if one.street else where


def item(one: Row[Any], follow: Row[Any], base: str, lang: Language) -> Item:
    """A row of `news` in words; `follow` is whose it is."""
    words, figures = WORDS[lang], one.figures
    title = words[one.kind].format(place=place_of(one, lang))
    if one.kind == "group":
        said = words["grouped"].format(
            observed=number(figures["observed"], lang),
            expected=number(figures["expected"], lang, 1),
            times=number(figures["relative_risk"] or 0, lang, 1),
            first=day(date.fromisoformat(figures["first_day"]), lang),
            day=day(one.day, lang),
            p=number(figures["p"], lang, 4),
        )
        lines: tuple[str, ...] = (said,)
        shown = f"layer=areas&set={follow.set_code}&view=12/{one.lon:.4f}/{one.lat:.4f}"
    else:
        compared = words["compared"].format(
            after=number(figures["after"], lang),
            before=number(figures["before"], lang),
            day=day(one.day, lang),
            change=_change(figures, lang),
        )
        size = "size_gone" if one.kind == "gone" else "size"
        km2, now = (number(figures[key], lang, 1) for key in ("km2", "km2_now"))
        lines = (compared, words[size].format(km2=km2, km2_now=now))
        shown = f"layer=hotspots&size={follow.resolution}&view=14/{one.lon:.4f}/{one.lat:.4f}"
    query = "&".join(filter(None, (follow.question, shown)))
    return Item(title, lines, f"{base}/?{query}")


def _change(figures: dict[str, Any], lang: Language) -> str:
    if figures["ratio"] is None or figures["upper"] is None:
        return ""

    def percent(ratio: float) -> str:
        change = round(100 * (ratio - 1))
        return f"{'+' if change > 0 else '−' if change < 0 else ''}{number(abs(change), lang)} %"

    return WORDS[lang]["change"].format(
        percent=percent(figures["ratio"]),
        lower=percent(figures["lower"]),
        upper=percent(figures["upper"]),
    )


def _letter(
    key: str,
    follow: Row[Any],
    address: str,
    links: Links,
    subject: str,
    *,
    intro: str,
    facts: Sequence[tuple[str, str]] = (),
    items: Sequence[Item] = (),
    outro: str = "",
    button: tuple[str, str] | None = None,
    footer: str | None = None,
) -> Letter:
    words = WORDS[follow.language]
    given = {
        "lang": follow.language, "words": words, "subject": subject, "intro": intro,
        "facts": facts, "items": items, "outro": outro, "button": button,
        "footer": footer or words["footer"], "links": links,
    }  # fmt: skip
    plain = TEMPLATES.get_template("letter.txt").render(given)
    html = TEMPLATES.get_template("letter.html").render(given)
    return Letter(key, follow.id, address, subject, plain, html, links.stop)
