"""The extra questions of a category, and whether answers fit them.

A question is stored as JSON: `code`, `kind`, `vi`, `en`, `required`, `options` (for one and many),
`min` and `max`, `public`. The bounds are values of a number, characters of a text, how many are
chosen of many, and days (2026-12-31) of a date.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, NamedTuple, Self

from sqlalchemy import Connection, select

from geo.errors import BadAnswersError, BadFilterError, NotTakenHereError
from geo.masking import mask
from geo.schema import category, domain

LONGEST_TEXT: Final = 500
LARGEST: Final = 1e12
LINE_BREAKS: Final = frozenset("\n\r\t")


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a category."""

    code: str
    kind: str
    required: bool = False
    options: tuple[str, ...] = ()
    least: Any = None
    most: Any = None
    public: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> Self:
        """A question as the category holds it."""
        return cls(
            code=str(stored["code"]),
            kind=str(stored["kind"]),
            required=bool(stored.get("required", False)),
            options=tuple(str(one["code"]) for one in stored.get("options") or ()),
            least=stored.get("min"),
            most=stored.get("max"),
            public=bool(stored.get("public", False)),
        )


class Asked(NamedTuple):
    """What a category wants to know of a report."""

    id: int
    code: str
    questions: tuple[Question, ...]
    asks_urgency: bool
    notice: Mapping[str, Any]

    def check_taken(self) -> None:
        """Raises `NotTakenHereError`, with the notice, where reports of it go elsewhere."""
        if self.notice.get("stops"):
            raise NotTakenHereError(
                {key: self.notice.get(key) for key in ("vi", "en", "phone") if key in self.notice}
            )


def asked(connection: Connection, code: str) -> Asked:
    """What an enabled category asks; raises `BadFilterError` where there is none with this code."""
    row = connection.execute(
        select(category.c.id, category.c.questions, category.c.asks_urgency, category.c.notice)
        .join(domain, domain.c.id == category.c.domain_id)
        .where(category.c.code == code, category.c.enabled, domain.c.enabled)
    ).one_or_none()
    if row is None:
        raise BadFilterError(
            "category", f"unknown category {code!r} / không có loại phản ánh {code!r}"
        )
    known = tuple(Question.of(one) for one in row.questions)
    return Asked(row.id, code, known, row.asks_urgency, row.notice or {})


class _WrongError(Exception):
    """An answer does not fit its question."""


def cleaned(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """The answers as they are stored, in the order of the questions; what is empty is left out.

    Raises `BadAnswersError` that names every field that is wrong. Cleaning twice changes nothing.

    >>> depth = Question("depth", "number", required=True, least=0, most=200)
    >>> cleaned([depth], {"depth": 30})
    {'depth': 30}
    >>> cleaned([depth], {})
    Traceback (most recent call last):
    geo.errors.BadAnswersError: answers.depth: an answer is needed / answers.depth: cần trả lời
    """
    known = {one.code for one in questions}
    wrong = [
        (f"answers.{_short(code)}", "there is no such question / không có câu hỏi này")
        for code in answers
        if code not in known
    ]
    kept: dict[str, Any] = {}
    for question in questions:
        try:
            answer = _answer(question, answers.get(question.code))
        except _WrongError as error:
            wrong.append((f"answers.{question.code}", str(error)))
            continue
        if answer is not None:
            kept[question.code] = answer
        elif question.required:
            wrong.append((f"answers.{question.code}", "an answer is needed / cần trả lời"))
    if wrong:
        raise BadAnswersError(wrong)
    return kept


def public_answers(questions: Sequence[Question], answers: Mapping[str, Any]) -> dict[str, Any]:
    """What everyone may see of answers: to public questions, words without what names a person."""
    return {
        one.code: mask(str(answers[one.code])).text if one.kind == "text" else answers[one.code]
        for one in questions
        if one.public and one.code in answers
    }


def _short(code: str) -> str:
    shown = "".join(letter if letter.isprintable() else "?" for letter in code[:41])
    return shown if len(shown) <= 40 else shown[:40] + "…"


def _answer(question: Question, said: Any) -> Any:
    """One answer, or None where nothing was said."""
    if said is None:
        return None
    return _KINDS[question.kind](question, said)


def _text(question: Question, said: Any) -> str | None:
    if not isinstance(said, str):
        raise _WrongError("write words / hãy viết chữ")
    words = unicodedata.normalize("NFC", said).strip()
    if any(unicodedata.category(one) == "Cc" and one not in LINE_BREAKS for one in words):
        raise _WrongError("control characters are no words / có ký tự điều khiển")
    if not words:
        return None
    most = min(int(question.most), LONGEST_TEXT) if question.most is not None else LONGEST_TEXT
    if len(words) > most:
        raise _WrongError(f"at most {most} characters / nhiều nhất {most} ký tự")
    if question.least is not None and len(words) < question.least:
        least = int(question.least)
        raise _WrongError(f"at least {least} characters / ít nhất {least} ký tự")
    return words


def _number(question: Question, said: Any) -> int | float:
    if isinstance(said, bool) or not isinstance(said, int | float):
        raise _WrongError("write a number, like 2.5 / hãy viết một số, ví dụ 2.5")
    # Not a number is in no range.
    if not -LARGEST <= said <= LARGEST:
        raise _WrongError("this number is too large / số này quá lớn")
    if question.least is not None and said < question.least:
        raise _WrongError(f"at least {question.least} / ít nhất {question.least}")
    if question.most is not None and said > question.most:
        raise _WrongError(f"at most {question.most} / nhiều nhất {question.most}")
    return said


def _one(question: Question, said: Any) -> str | None:
    if said == "":
        return None
    if not isinstance(said, str) or said not in question.options:
        raise _WrongError(_choices("choose one of", "hãy chọn một trong", question))
    return said


def _many(question: Question, said: Any) -> list[str] | None:
    if not isinstance(said, list) or any(
        not isinstance(one, str) or one not in question.options for one in said
    ):
        raise _WrongError(_choices("a list of some of", "danh sách chọn từ", question))
    if not said:
        return None
    # Each once, in the order in which they are asked.
    chosen = [one for one in question.options if one in said]
    if question.least is not None and len(chosen) < question.least:
        least = int(question.least)
        raise _WrongError(f"choose at least {least} / hãy chọn ít nhất {least}")
    if question.most is not None and len(chosen) > question.most:
        most = int(question.most)
        raise _WrongError(f"choose at most {most} / hãy chọn nhiều nhất {most}")
    return chosen


def _choices(english: str, vietnamese: str, question: Question) -> str:
    options = ", ".join(question.options)
    return f"{english}: {options} / {vietnamese}: {options}"


def _date(question: Question, said: Any) -> str | None:
    if said == "":
        return None
    try:
        day = date.fromisoformat(said)
    except (TypeError, ValueError):
        raise _WrongError("write a day like 2026-12-31 / hãy viết ngày như 2026-12-31") from None
    if question.least is not None and day < date.fromisoformat(question.least):
        raise _WrongError(f"not before {question.least} / không trước {question.least}")
    if question.most is not None and day > date.fromisoformat(question.most):
        raise _WrongError(f"not after {question.most} / không sau {question.most}")
    return day.isoformat()


_KINDS: Final[dict[str, Callable[[Question, Any], Any]]] = {
    "text": _text,
    "number": _number,
    "one": _one,
    "many": _many,
    "date": _date,
}
