"""Templates of answers: words to begin with, and {fields} that whoever answers fills."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, delete, insert, or_, select, text, update
from sqlalchemy.exc import IntegrityError

from geo.errors import BadFilterError, ConflictError, NotFoundError
from geo.schema import answer_template, category, domain

FIELD: Final = re.compile(r"\{([^{}\n]{1,60})\}")
LONGEST: Final = 4_000
LANGUAGES: Final = ("vi", "en")
_WORD: Final = re.compile(r"[^\W\d_]+")


class Template(NamedTuple):
    """A template of answers."""

    id: int
    name: str
    domain: str | None
    category: str | None
    language: str
    text: str

    @property
    def fields(self) -> list[str]:
        """The names of its fields, each once, in their order."""
        return fields_of(self.text)


def fields_of(words: str) -> list[str]:
    """The names in braces, each once, in their order.

    >>> fields_of("Ngày {ngày} đã {việc đã làm}, {ngày}.")
    ['ngày', 'việc đã làm']
    """
    return list(dict.fromkeys(one.strip() for one in FIELD.findall(words)))


def filled(template: Template, values: Mapping[str, str]) -> str:
    """The words with the values of the fields; raises `BadFilterError` that names what is wrong."""
    if unknown := set(values) - set(template.fields):
        raise BadFilterError(
            "fields",
            f"the template {template.name!r} has no field {', '.join(sorted(unknown))}"
            f" / mẫu này không có mục {', '.join(sorted(unknown))}",
        )
    return FIELD.sub(lambda one: values.get(one[1].strip(), "").strip() or one[0], template.text)


def bag(words: str) -> Counter[str]:
    """How often each word is said: letters alone, in lower case; numbers do not count."""
    return Counter(_WORD.findall(words.lower()))


def beyond(words: str, others: str) -> int:
    """How many words there are that the others do not have.

    >>> beyond("Đã vá ổ gà ngày 12", "Đã vá ổ gà ngày 3")
    0
    """
    return (bag(words) - bag(others)).total()


def bare(words: str, template: Template, least: int) -> bool:
    """Whether the words are this template and next to nothing else."""
    fixed = FIELD.sub(" ", template.text)
    said = bag(fixed)
    # Some common words of a long template say nothing: most of it must be there.
    there = (said & bag(words)).total()
    return said.total() > 0 and there >= 0.7 * said.total() and beyond(words, fixed) < least


def _rows() -> Any:
    return (
        select(
            answer_template.c.id,
            answer_template.c.name,
            domain.c.code.label("domain"),
            category.c.code.label("category"),
            answer_template.c.language,
            answer_template.c.text,
        )
        .select_from(answer_template)
        .outerjoin(domain, domain.c.id == answer_template.c.domain_id)
        .outerjoin(category, category.c.id == answer_template.c.category_id)
        .order_by(
            answer_template.c.category_id.is_(None),
            answer_template.c.domain_id.is_(None),
            answer_template.c.name,
            answer_template.c.id,
        )
    )


def all_of_them(connection: Connection) -> list[Template]:
    """Every template; those of a category first, those for all last."""
    return [Template(*row) for row in connection.execute(_rows())]


def fitting(connection: Connection, category_id: int, domain_id: int) -> list[Template]:
    """The templates for what is of a category; its own first."""
    of = answer_template.c
    asked = _rows().where(
        or_(of.category_id == category_id, of.category_id.is_(None)),
        or_(of.domain_id == domain_id, of.domain_id.is_(None)),
    )
    return [Template(*row) for row in connection.execute(asked)]


class Wish(NamedTuple):
    """A template as somebody wants it."""

    name: str
    text: str
    language: str = "vi"
    domain: str | None = None
    category: str | None = None


def _checked(connection: Connection, wish: Wish) -> dict[str, Any]:
    name, said = wish.name.strip(), wish.text.strip()
    if not 0 < len(name) <= 120:
        raise BadFilterError("name", "a name has 1 to 120 characters / tên mẫu có 1–120 ký tự")
    if not any(letter.isalpha() for letter in said) or len(said) > LONGEST or "\0" in said:
        raise BadFilterError(
            "text", f"a template has words, at most {LONGEST} characters / mẫu cần có lời"
        )
    if FIELD.sub("", said).count("{") or FIELD.sub("", said).count("}"):
        raise BadFilterError(
            "text",
            "a field is a name in braces, as {ngày xong} / mục cần điền viết trong ngoặc nhọn,"
            " ví dụ {ngày xong}",
        )
    if wish.language not in LANGUAGES:
        raise BadFilterError("language", f"one of {', '.join(LANGUAGES)}")
    if wish.domain is not None and wish.category is not None:
        raise BadFilterError("domain", "either a domain or a category / chỉ chọn một trong hai")
    return {
        "name": name,
        "text": said,
        "language": wish.language,
        "domain_id": _known(connection, domain, "domain", wish.domain),
        "category_id": _known(connection, category, "category", wish.category),
        "changed_at": text("now()"),
    }


def _known(connection: Connection, table: Any, field: str, code: str | None) -> int | None:
    if code is None:
        return None
    found = connection.execute(select(table.c.id).where(table.c.code == code)).scalar()
    if found is None:
        raise BadFilterError(field, f"unknown {field} {code!r}")
    return int(found)


def add(connection: Connection, wish: Wish) -> int:
    """A new template; returns its id. Raises `ConflictError` where its name is taken."""
    values = _checked(connection, wish)
    try:
        with connection.begin_nested():
            added = insert(answer_template).values(values).returning(answer_template.c.id)
            return int(connection.execute(added).scalar_one())
    except IntegrityError:
        raise _taken(wish.name) from None


def change(connection: Connection, number: int, wish: Wish) -> None:
    """Give a template other words; raises `NotFoundError` and as `add`."""
    values = _checked(connection, wish)
    try:
        with connection.begin_nested():
            changed = connection.execute(
                update(answer_template).where(answer_template.c.id == number).values(values)
            )
    except IntegrityError:
        raise _taken(wish.name) from None
    if not changed.rowcount:
        raise _missing(number)


def remove(connection: Connection, number: int) -> str:
    """Take a template away; answers made from it stay. Returns its name."""
    name = connection.execute(
        delete(answer_template)
        .where(answer_template.c.id == number)
        .returning(answer_template.c.name)
    ).scalar()
    if name is None:
        raise _missing(number)
    return str(name)


def _taken(name: str) -> ConflictError:
    return ConflictError(f"there is a template {name!r} already / đã có mẫu tên {name!r}")


def _missing(number: int) -> NotFoundError:
    return NotFoundError(f"no template has the number {number} / không có mẫu số {number}")


def told(templates: Sequence[Template]) -> list[dict[str, Any]]:
    """As whoever answers sees them: `code` is what an answer names one by."""
    return [
        {
            "code": str(one.id),
            "name": one.name,
            "language": one.language,
            "text": one.text,
            "fields": [{"code": name, "name": name, "required": True} for name in one.fields],
        }
        for one in templates
    ]
