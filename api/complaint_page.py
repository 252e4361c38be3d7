"""The page of one complaint as the server sends it: whole without a script, in words for anyone.

It takes the public answer of the API and nothing else, so that no page says more than the API.
"""

from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from api.letters import TEMPLATES
from api.page_words import KINDS_EN, WORDS
from api.web_app import STATIC
from geo.follows import Language
from geo.landmarks import Near

PAGE: Final = "complaint/index.html"
# What the page of the build is filled at.
HEAD, BODY, FACTS = "<!--head-->", "<!--body-->", "<!--facts-->"
EXCERPT: Final = 160
# Search engines may list a page, but keep no copy: a complaint can be masked or erased later.
OPEN, CLOSED_TO_ROBOTS = "noarchive", "noindex, noarchive"


class Kind(NamedTuple):
    """Names of a category and of its domain."""

    category_vi: str
    category_en: str
    domain_vi: str
    domain_en: str
    colour: str


class Around(NamedTuple):
    """What is not in the answer of the API and told all the same."""

    kind: Kind
    zone: ZoneInfo
    landmarks: list[Near]


class Filled(NamedTuple):
    """Words of a page: what it is called, what is said of it, and to robots."""

    head: str
    body: str
    facts: str


def excerpt(text: str, most: int = EXCERPT) -> str:
    """The first words, on one line.

    >>> excerpt("Ổ gà lớn, sâu 20 cm", 10)
    'Ổ gà lớn,…'
    """
    line = " ".join(text.split())
    if len(line) <= most:
        return line
    return line[: most - 1].rsplit(" ", 1)[0] + "…"


def _area(one: dict[str, Any], lang: Language) -> str:
    if lang == "vi":
        return f"{one['kind'] or ''} {one['name']}".strip()
    name, kind = str(one["name_en"]), KINDS_EN.get((one["kind"] or "").lower(), "")
    return name if kind in name.lower() else f"{name} {kind}"


def place_in_words(properties: dict[str, Any], landmarks: list[Near], lang: Language) -> str:
    """Address, ward and the nearest known place; nothing where the place is not public."""
    words = WORDS[lang]
    areas = [_area(one, lang) for one in properties.get("areas", []) if one.get("until") is None]
    near = [
        words["near_to"].format(
            name=one.name if lang == "vi" else one.name_en, metres=one.distance_m
        )
        for one in landmarks[:1]
    ]
    return " · ".join(part for part in (properties.get("address"), *areas, *near) if part)


def _told(event: dict[str, Any], words: dict[str, str]) -> str:
    kind = str(event.get("kind", ""))
    if kind in ("reopened", "left"):
        return words[kind]
    state = event.get("to") or (kind if kind == "received" else "changed")
    return words.get(str(state), words["changed"])


def _facts(feature: dict[str, Any], around: Around, lang: Language) -> dict[str, Any]:
    words, p = WORDS[lang], feature["properties"]

    def clock(iso: str | None) -> str:
        if iso is None:
            return words["unknown_time"]
        at = datetime.fromisoformat(iso).astimezone(around.zone)
        return f"{at:%H:%M} {at.day}/{at.month}/{at.year}"

    sensitive = bool(p.get("sensitive"))
    kind = around.kind
    promise = p.get("promise")
    return {
        "code": p["code"],
        "category": kind.category_vi if lang == "vi" else kind.category_en,
        "state": p["status"],
        "sensitive": sensitive,
        "text": p["text"],
        "reported": clock(p["reported_at"]),
        "place": "" if sensitive else place_in_words(p, around.landmarks, lang),
        "supporters": p.get("supporters") or 0,
        "promise": clock(promise["due_at"]) if promise else "",
        "promised": words[f"promise_{promise['basis']}"] if promise else "",
        "photos": p.get("photos") or [],
        "answers": [
            {"text": one["text"], "at": clock(one.get("at")), "photos": one.get("photos") or []}
            for one in p.get("answers") or []
        ],
        "timeline": [(clock(one.get("at")), _told(one, words)) for one in p.get("timeline", [])],
    }


def filled(feature: dict[str, Any], around: Around, lang: Language, base: str) -> Filled:
    """The parts of the page of a complaint; `base` is the address of the service."""
    words, facts = WORDS[lang], _facts(feature, around, lang)
    state = words[facts["state"]]
    where = facts["place"].split(" · ")
    ward = next((part for part in where if part != feature["properties"].get("address")), "")
    # Of a sensitive one nothing is said that a preview in a chat would show to others.
    title = f"{words['code']} {facts['code']}: {state}"
    description = f"{state}. {words[facts['state'] + '_says']}"
    if not facts["sensitive"]:
        title = " · ".join(part for part in (facts["category"], ward, state) if part)
        description = excerpt(facts["text"]) or description
    shut = facts["sensitive"] or facts["state"] == "withdrawn"
    photographed = bool(facts["photos"]) and not facts["sensitive"]
    image = facts["photos"][0]["large"] if photographed else "/icons/icon-512.png"
    given = {
        "lang": lang,
        "words": words,
        "title": f"{title} – {words['service']}",
        "description": description,
        "robots": CLOSED_TO_ROBOTS if shut else OPEN,
        "url": f"{base}/c/{facts['code']}",
        "image": base + image,
        "photographed": photographed,
        "message": "",
        "facts": facts,
    }
    kind = around.kind
    known = {
        "feature": feature,
        "category": {"vi": kind.category_vi, "en": kind.category_en},
        "domain": {"vi": kind.domain_vi, "en": kind.domain_en},
        "colour": kind.colour,
        "zone": around.zone.key,
        "landmarks": [one._asdict() for one in around.landmarks],
    }
    # Within a script element only `<` could end it.
    data = orjson.dumps(known).decode().replace("<", "\\u003c")
    return Filled(
        TEMPLATES.get_template("complaint_head.html").render(given),
        TEMPLATES.get_template("complaint_body.html").render(given),
        f'<script type="application/json" id="facts">{data}</script>',
    )


def saying(title: str, message: str, lang: Language, *, needs_script: bool = False) -> Filled:
    """The parts of a page that says one thing, or says it only where no script runs."""
    words = WORDS[lang]
    given = {
        "lang": lang,
        "words": words,
        "title": title,
        "description": message,
        "robots": CLOSED_TO_ROBOTS,
        "url": "",
        "message": message,
        "needs_script": needs_script,
        "facts": None,
    }
    return Filled(
        TEMPLATES.get_template("complaint_head.html").render(given),
        TEMPLATES.get_template("complaint_body.html").render(given),
        # The script is told that there is none; the page of a private link is told nothing.
        "" if needs_script else '<script type="application/json" id="facts">null</script>',
    )


def built() -> str | None:
    """The page as it was built, or None where the web app is not."""
    try:
        return (STATIC / PAGE).read_text("utf-8")
    except FileNotFoundError:
        return None


def page(shell: str, parts: Filled, lang: Language) -> str:
    """The whole page."""
    whole = shell.replace('<html lang="vi"', f'<html lang="{lang}"', 1)
    whole = whole.replace("<title>Bản đồ phản ánh</title>", "", 1)
    for mark, part in ((HEAD, parts.head), (BODY, parts.body), (FACTS, parts.facts)):
        whole = whole.replace(mark, part, 1)
    return whole
