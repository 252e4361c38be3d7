"""Single complaints in words: digests by mail, and the few words of a push."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from sqlalchemy import Row

from api import letter_words
from api.letters import TEMPLATES, About, Links
from api.watch_words import (
    WORDS,
    clock,
    excerpt,
    kind_name,
    place,
    several,
    spelled,
    state_name,
    ward,
)
from geo.follows import Language
from geo.outbox import Letter
from geo.pushes import Message
from tiles.report_words import number

# A push service takes 4,096 bytes, encrypted; a long question would not leave room for words.
LONGEST_PATH: Final = 1500


class Item(NamedTuple):
    """One complaint of a digest."""

    title: str
    facts: str
    words: str
    url: str


def digest(
    key: str, follow: Row[Any], what: About, links: Links, found: Sequence[Row[Any]]
) -> Letter:
    """The letter with what a follow is told now, the newest first."""
    lang: Language = follow.language
    words, zone = WORDS[lang], what.question.cities[0].zone
    items = [_item(row, links.base, zone, lang) for row in found]
    total = int(found[0].total)
    many = words["digest_many"].format(n=number(total, lang))
    rest = total - len(items)
    given: Mapping[str, Any] = {
        "lang": lang,
        "words": words,
        "subject": items[0].title if total == 1 else many,
        "intro": words["digest_intro"].format(question=what.words(lang)),
        "items": items,
        "more": words["more"].format(n=number(rest, lang)) if rest else "",
        "all": links.base + list_path(follow, found, zone),
        "footer": letter_words.WORDS[lang]["footer"],
        "manage": letter_words.WORDS[lang]["manage"],
        "links": links,
    }
    return Letter(
        key=key,
        follow_id=follow.id,
        recipient=follow.address,
        subject=given["subject"],
        plain=TEMPLATES.get_template("digest.txt").render(given),
        html=TEMPLATES.get_template("digest.html").render(given),
        stop_url=links.stop,
    )


def _item(row: Row[Any], base: str, zone: ZoneInfo, lang: Language) -> Item:
    words = WORDS[lang]
    titled = words["closed" if row.kind == "closed" else "digest_one"]
    at: datetime = row.closed_at if row.kind == "closed" and row.closed_at else row.reported_at
    facts = (
        f"{words['code']} {spelled(row.code)}",
        clock(at, zone, lang),
        state_name(row.status, lang),
    )
    return Item(
        title=titled.format(what=kind_name(row, lang), where=place(row, lang)),
        facts=" · ".join(facts),
        words=excerpt(row.text),
        url=f"{base}/c/{row.code}",
    )


def list_path(follow: Row[Any], found: Sequence[Row[Any]], zone: ZoneInfo) -> str:
    """The map with what a follow is about, since the day of the earliest that is told."""
    first = min(row.reported_at for row in found).astimezone(zone).date()
    shown = urlencode({"layer": "complaints", "since": first.isoformat(), "lang": follow.language})
    return f"/?{'&'.join(filter(None, (follow.question, shown)))}"


def told(key: str, follow: Row[Any], found: Sequence[Row[Any]], zone: ZoneInfo) -> Message:
    """What a browser is told of a follow: kinds and wards, none of anybody's words."""
    lang: Language = follow.language
    words, total = WORDS[lang], int(found[0].total)
    wards = several([ward(row, lang) for row in found], lang)
    if total == 1:
        title = words["push_closed" if found[0].kind == "closed" else "push_one"]
        body, path = f"{kind_name(found[0], lang)} · {wards}", f"/c/{found[0].code}"
    else:
        title = words["push_many"].format(n=number(total, lang))
        kinds = list(dict.fromkeys(kind_name(row, lang) for row in found))
        body = f"{', '.join(kinds[:3])}{'…' if len(kinds) > 3 else ''} · {wards}"
        path = list_path(follow, found, zone)
    return Message(
        key,
        follow.push_id,
        follow.id,
        {
            "t": title,
            "b": body,
            "u": path if len(path) <= LONGEST_PATH else "/",
            "g": f"watch-{follow.id}-{follow.until}",
            "f": follow.id,
            "s": words["push_stop"],
            "l": lang,
        },
    )


def progress(row: Row[Any]) -> Message:
    """What a browser is told of how its own complaint goes on."""
    lang: Language = row.language
    words, state = WORDS[lang], state_name(row.status, lang)
    at = f"{row.at:%Y%m%dT%H%M%S.%f}"
    said = words["push_answered"].format(state=state) if row.answered else state
    return Message(
        f"progress:{row.push_id}:{row.complaint_id}:{at}",
        row.push_id,
        None,
        {
            "t": words["push_progress"].format(code=spelled(row.code)),
            "b": words["push_asked"] if row.asked else said,
            "u": f"/c/{row.code}",
            "g": f"progress-{row.code}-{at}",
            "f": None,
            "s": words["push_stop"],
            "l": lang,
        },
    )
