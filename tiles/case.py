"""One complaint as a document for the file: facts, a map of the place, and all that was done."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from importlib import resources
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup
from sqlalchemy import Connection

from geo.bbox import BBox
from geo.database import sql
from geo.names import Names
from tiles import svg
from tiles.case_words import WORDS, act_name, change_of, status_name
from tiles.legend import Language
from tiles.lettering import Box, Room, place, width
from tiles.meeting import quoted
from tiles.picture_map import BORDER, LAND, WATER, scale_and_north
from tiles.report_words import number
from tiles.window import Window

# Of the map, in its own units and on the ground to each side of the place.
SIDE: Final = 300.0
AROUND_DEGREES: Final = 0.0115
# A thousand metres of names are no map: the first ones that have room.
MOST_LANDMARKS: Final = 6

_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    resources.files("tiles").joinpath("case.html").read_text("utf-8")
)


class Case(NamedTuple):
    """What the document is made of."""

    facts: Mapping[str, Any]
    """Of `geo.handling.facts`."""
    zone: ZoneInfo
    categories: Mapping[str, Names]
    domains: Mapping[str, Names]
    photos: Mapping[str, bytes]
    """JPEGs by the photo's id, as small as they are shown in lists."""
    made: datetime
    by: str


def _view(lon: float, lat: float) -> BBox:
    wide = AROUND_DEGREES / float(np.cos(np.radians(lat)))
    return BBox(lon - wide, lat - AROUND_DEGREES, lon + wide, lat + AROUND_DEGREES)


def map_of(connection: Connection, facts: Mapping[str, Any], lang: Language) -> str:
    """The place among the borders and known places around it, as SVG."""
    lon, lat, own = facts["lon"], facts["lat"], facts["area"] or {}
    box = Box(0, 0, SIDE, SIDE)
    window = Window.of(_view(lon, lat), box)
    view = window.view
    given = {
        "west": view.west, "south": view.south, "east": view.east, "north": view.north,
        "city": facts["city"], "set": own.get("set", ""), "area": own.get("code", ""),
    }  # fmt: skip
    rows = connection.execute(sql("geo", "work_place"), given).all()
    areas = [row for row in rows if row.landmark is None]
    shapes = window.shapes(np.array([shapely.from_wkb(row.shape) for row in areas], dtype=object))
    room = Room(Box(3, 3, SIDE - 3, SIDE - 3))
    half = SIDE / 2
    room.take(Box(half - 12, half - 12, half + 12, half + 12))
    scale = scale_and_north(window, lang, room)
    parts = [svg.element("rect", width=SIDE, height=SIDE, fill=WATER)]
    for row, shape in zip(areas, shapes, strict=True):
        fill = "#fff7e6" if row.own else LAND
        wide = 1.4 if row.own else 0.7
        parts.append(
            svg.element("path", d=svg.path(shape), fill=fill, stroke=BORDER, stroke_width=wide)
        )
    for row, shape in zip(areas, shapes, strict=True):
        parts.append(_name(row, shape, room, lang))
    parts += _landmarks([row for row in rows if row.landmark is not None], window, room, lang)
    parts.append(
        svg.element(
            "circle", cx=half, cy=half, r=7, fill="#b91c1c", stroke="#ffffff", stroke_width=2
        )
    )
    frame = svg.element("rect", width=SIDE, height=SIDE, fill="none", stroke=BORDER)
    inner = "".join([*parts, scale, frame])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SIDE:g} {SIDE:g}"'
        f' font-family="{svg.FONT}">{inner}</svg>'
    )


def _name(row: Any, shape: shapely.Geometry, room: Room, lang: Language) -> str:
    if shapely.is_empty(shape):
        return ""
    middle = shapely.point_on_surface(shape)
    left, top, right, bottom = shapely.bounds(shape).tolist()
    words = row.name if lang == "vi" else row.name_en or row.name
    label = place(words, middle.x, middle.y, 11, room, (right - left, bottom - top))
    if label is None:
        return ""
    first = middle.y - 11 * 1.15 * (len(label.lines) - 1) / 2 + 4
    return "".join(
        svg.haloed(line, middle.x, first + i * 11 * 1.15, 11, bold=row.own)
        for i, line in enumerate(label.lines)
    )


def _landmarks(rows: Sequence[Any], window: Window, room: Room, lang: Language) -> list[str]:
    drawn: list[str] = []
    for row in rows:
        point = shapely.from_wkb(row.shape)
        ((x, y),) = window.project(np.array([[point.x, point.y]])).tolist()
        words = row.name if lang == "vi" else row.name_en or row.name
        wide = width(words, 8.5) / 2
        if len(drawn) < MOST_LANDMARKS and room.fits(
            Box(x - wide - 2, y - 16, x + wide + 2, y + 4)
        ):
            dot = svg.element("rect", x=x - 2, y=y - 2, width=4, height=4, fill="#475569")
            drawn.append(dot + svg.haloed(words, x, y - 6, 8.5))
    return drawn


def document(case: Case, map_svg: str, lang: Language) -> str:
    """The document in HTML; all its pictures stand in it."""
    facts, words = case.facts, WORDS[lang]
    shown = {one: _inlined(jpeg) for one, jpeg in case.photos.items()}
    asked = [*facts["photos"], *(one for answer in facts["answers"] for one in answer["photos"])]
    missing = sum(str(one["id"]) not in shown for one in asked)
    steps, waiting = facts["timeline"], facts.get("closing")
    category = _named(case.categories, facts["category"], lang)
    title = f"{words['title']} {facts['code']} · {category}"
    return _PAGE.render(
        lang=lang,
        words=words,
        title=title,
        running=quoted(f"{words['title']} {facts['code']} · {words['inside']}"),
        made=f"{words['made']} {_at(case, case.made)}, {words['by']} {case.by}",
        sensitive=facts["sensitive"],
        facts=_facts(case, lang),
        # Every text in it is escaped already.
        map=Markup(map_svg),  # noqa: S704
        text=facts["text"],
        replies=_replies(facts["details"], lang),
        photos=[shown[str(one["id"])] for one in facts["photos"] if str(one["id"]) in shown],
        missing=f"{missing} {words['missing']}" if missing else "",
        answers=[
            {
                "at": _at(case, one["at"]),
                "status": one["status"] and status_name(one["status"], lang),
                "text": one["text"],
                "photos": [shown[str(i["id"])] for i in one["photos"] if str(i["id"]) in shown],
            }
            for one in facts["answers"]
        ],
        waiting=waiting and {**waiting, "at": _at(case, waiting["at"])},
        public=[_step(case, one, lang) for one in steps if one["public"]],
        internal=[_step(case, one, lang) for one in steps if not one["public"]],
        notes=[
            {"at": _at(case, one["at"]), "who": one["who"] or words["system"], "text": one["text"]}
            for one in facts["notes"]
        ],
    )


def _inlined(jpeg: bytes) -> str:
    return "data:image/jpeg;base64," + base64.b64encode(jpeg).decode()


def _named(names: Mapping[str, Names], code: str, lang: Language) -> str:
    return str(getattr(names[code], lang)) if code in names else code


def _at(case: Case, moment: datetime | str) -> str:
    """On the city's clocks."""
    at = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
    return f"{at.astimezone(case.zone):%H:%M %d/%m/%Y}"


def _step(case: Case, step: Mapping[str, Any], lang: Language) -> dict[str, str]:
    categories = {code: str(getattr(name, lang)) for code, name in case.categories.items()}
    change = change_of(step["change"], categories, lang)
    if not change and step["act"] == "assign":
        change = str((step["change"] or {}).get("to") or "")
    return {
        "at": _at(case, step["at"]),
        "who": step["who"] or WORDS[lang]["system"],
        "act": act_name(step["act"], lang),
        "change": change,
        "reason": step["reason"] or "",
    }


def _replies(questions: Sequence[Mapping[str, Any]], lang: Language) -> list[tuple[str, str]]:
    """Answers to the category's questions, where there are any in words."""
    said = f"value_{lang}"
    return [(str(one[lang]), str(one[said])) for one in questions if said in one and lang in one]


def _facts(case: Case, lang: Language) -> list[tuple[str, str]]:
    facts, words = case.facts, WORDS[lang]
    due = words["no_due"]
    if facts["due_at"]:
        due = _at(case, facts["due_at"]) + (f" ({words['overdue']})" if facts["overdue"] else "")
    area = facts["area"] and (facts["area"]["name"] if lang == "vi" else facts["area"]["name_en"])
    found = {
        "status": status_name(facts["status"], lang),
        "domain": _named(case.domains, facts["domain"], lang),
        "category": _named(case.categories, facts["category"], lang),
        "area": area,
        "assignee": facts["assignee"]["full_name"] if facts["assignee"] else words["nobody"],
        "reported_at": _at(case, facts["reported_at"]),
        "due_at": due,
        "paused": facts["paused"]
        and f"{_at(case, facts['paused']['since'])}: "
        f"{facts['paused'].get(lang) or facts['paused']['reason'] or ''}",
        "closed_at": facts["closed_at"] and _at(case, facts["closed_at"]),
        "urgent": words["yes"] if facts["urgent"] else "",
        "address": facts["address"],
        "place": f"{facts['lon']:.6f}, {facts['lat']:.6f}",
        "reopened": facts["reopened"] and number(facts["reopened"], lang),
        "bounces": facts["bounces"] and number(facts["bounces"], lang),
        "supporters": facts["supporters"] and number(facts["supporters"], lang),
        "duplicate_of": facts["duplicate_of"],
        "duplicates": ", ".join(facts["duplicates"]),
    }
    return [(words[key], str(value)) for key, value in found.items() if value]
