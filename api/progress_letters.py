"""Mail about the progress of a complaint to those who reported or support it."""

from typing import Final

from api.contact_letters import ContactLinks, letter
from api.letters import Item
from api.progress_words import WORDS
from geo.complaint import Status
from geo.follows import Language
from geo.names import STATUSES
from geo.outbox import Letter
from geo.progress import Step, Told
from geo.rating import REOPENS

# Of more steps between two rounds the last are told: an import may bring years of them.
MOST_STEPS: Final = 10


def progress(told: Told, links: ContactLinks, private: str | None) -> Letter:
    """The letter of all that somebody has not heard; `private` is the token of their own link."""
    lang: Language = told.person.language
    words, about = WORDS[lang], told.about
    steps = told.steps[-MOST_STEPS:]
    page = f"{links.base}/c/{about.code}"
    answered = Status(about.status) in REOPENS
    target = page if private is None else f"{links.base}/mine#{private}"
    outro = [words["judge"]] if answered and private is not None else []
    if private is not None:
        outro.append(words["private"])
    button = words["judge_button" if answered and private is not None else "see_button"]
    return letter(
        f"progress:{told.person.id}:{told.number}",
        told.person,
        links,
        words["subject"].format(code=about.code, what=_headline(steps, lang)),
        intro=words["reported" if told.person.role == "reporter" else "supported"],
        facts=_facts(told, page, lang),
        items=[_item(step, lang, sensitive=about.sensitive) for step in steps],
        outro=" ".join(outro),
        button=(button, target),
    )


def _name(status: Status, lang: Language) -> str:
    return getattr(STATUSES[status], lang)  # type: ignore[no-any-return]


def _headline(steps: tuple[Step, ...], lang: Language) -> str:
    """The last state, or that there is an answer."""
    last = next((step.status for step in reversed(steps) if step.status is not None), None)
    if last is None:
        return WORDS[lang]["asked" if steps and steps[-1].asked else "answered"]
    return _name(last, lang).lower()


def _facts(told: Told, page: str, lang: Language) -> list[tuple[str, str]]:
    """Of a sensitive complaint the code and the state alone."""
    words, about = WORDS[lang], told.about
    facts = [(words["code"], about.code)]
    if not about.sensitive:
        facts.append((words["category"], about.name_en if lang == "en" else about.name_vi))
        if about.address:
            facts.append((words["address"], about.address))
    state = _name(Status(about.status), lang)
    return [*facts, (words["state"], state), (words["page"], page)]


def _item(step: Step, lang: Language, *, sensitive: bool) -> Item:
    words = WORDS[lang]
    state = _name(step.status, lang) if step.status is not None else ""
    if step.words is None:
        return Item(words["reopened" if step.reopened else "moved"].format(state=state), (), "")
    if step.asked:
        # It is theirs who get the letter, whatever the matter: but mail is read by others too.
        said = words["sensitive_answer"] if sensitive else step.words
        lines = (*(line for line in (said or "").splitlines() if line.strip()), words["reply"])
        return Item(words["question"], lines, "")
    title = words["answer_with"].format(state=state) if state else words["answer"]
    if sensitive:
        return Item(title, (words["sensitive_answer"],), "")
    return Item(title, tuple(line for line in step.words.splitlines() if line.strip()), "")
