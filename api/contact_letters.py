"""Mail about one complaint to those who reported or support it, as text and as plain HTML."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from sqlalchemy import Row

from api.contact_words import WORDS
from api.letters import TEMPLATES, Item
from geo.follows import Language
from geo.outbox import Letter


class ContactLinks(NamedTuple):
    """Addresses of one person's mail about one complaint; `token` is in none but these."""

    base: str
    token: str

    @property
    def page(self) -> str:
        return f"{self.base}/contact/{self.token}"

    @property
    def stop(self) -> str:
        return f"{self.page}/stop"


def facts_of(about: Row[Any], lang: Language) -> list[tuple[str, str]]:
    """A row of `geo.contacts.by_token` in words; of a sensitive complaint the code alone."""
    words = WORDS[lang]
    facts = [(words["code"], about.code)]
    if not about.sensitive:
        facts.append((words["category"], about.name_en if lang == "en" else about.name_vi))
    return [*facts, (words["when"], words["when_news"])]


def confirmation(about: Row[Any], links: ContactLinks, at: datetime) -> Letter:
    """The letter that asks whether the address is right, and wanted."""
    lang: Language = about.language
    words = WORDS[lang]
    key = f"contact:{about.id}:{at.astimezone(UTC):%Y%m%dT%H%M%S.%f}"
    return letter(
        key, about, links, words["confirm_subject"].format(code=about.code),
        intro=words["confirm_intro"], facts=facts_of(about, lang), outro=words["confirm_do"],
        button=(words["confirm_button"], links.page), footer=words["footer_first"],
    )  # fmt: skip


def letter(
    key: str,
    person: Row[Any],
    links: ContactLinks,
    subject: str,
    *,
    intro: str,
    facts: Sequence[tuple[str, str]] = (),
    items: Sequence[Item] = (),
    outro: str = "",
    button: tuple[str, str] | None = None,
    footer: str | None = None,
) -> Letter:
    """A letter to a person, a row of `participant`, whose address is confirmed or asked for."""
    words = WORDS[person.language]
    given = {
        "lang": person.language, "words": words, "subject": subject, "intro": intro,
        "facts": facts, "items": items, "outro": outro, "button": button,
        "footer": footer or words["footer"], "links": links,
    }  # fmt: skip
    plain = TEMPLATES.get_template("letter.txt").render(given)
    html = TEMPLATES.get_template("letter.html").render(given)
    return Letter(
        key, None, person.address, subject, plain, html, links.stop, participant_id=person.id
    )
