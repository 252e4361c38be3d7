"""Grounds on which a complaint may be refused: shipped ones, which operators confirm, and own."""

import re
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, func, select, update
from sqlalchemy.dialects.postgresql import insert

from geo.errors import BadFilterError, NotFoundError
from geo.schema import refusal_ground

_CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST: Final = 500


class Ground(NamedTuple):
    """A ground of refusals."""

    code: str
    vi: str
    en: str
    law: str
    enabled: bool
    shipped: bool
    """Whether nobody here has confirmed or changed it yet."""

    @property
    def public(self) -> str:
        """As a public answer names it."""
        return f"{self.vi} ({self.law})"


def present(connection: Connection, *, only_enabled: bool = False) -> list[Ground]:
    """All of them, in their order."""
    of = refusal_ground.c
    asked = select(of.code, of.vi, of.en, of.law, of.enabled, of.shipped)
    if only_enabled:
        asked = asked.where(of.enabled)
    return [Ground(*row) for row in connection.execute(asked.order_by(of.position, of.code))]


def named(connection: Connection, code: str) -> Ground:
    """The ground of a code; raises `BadFilterError` that lists those that may be used."""
    found = present(connection, only_enabled=True)
    for one in found:
        if one.code == code:
            return one
    known = ", ".join(one.code for one in found)
    raise BadFilterError(
        "ground",
        f"unknown ground {code!r}; there are {known} / hãy chọn một căn cứ: {known}",
    )


def put(connection: Connection, code: str, vi: str, en: str, law: str) -> None:
    """Add a ground, or give one other words: it is then this operator's own."""
    if len(code) > 60 or not _CODE.fullmatch(code):
        raise BadFilterError("code", "a code is lower-case letters, digits and hyphens")
    given = {"vi": vi.strip(), "en": en.strip(), "law": law.strip()}
    for field, said in given.items():
        if not any(letter.isalpha() for letter in said) or len(said) > LONGEST or "\0" in said:
            raise BadFilterError(
                field, f"words, at most {LONGEST} characters / cần có lời, tối đa {LONGEST} ký tự"
            )
    last = select(func.coalesce(func.max(refusal_ground.c.position), 0) + 1).scalar_subquery()
    values: dict[str, Any] = given | {"enabled": True, "shipped": False}
    connection.execute(
        insert(refusal_ground)
        .values(code=code, position=last, **values)
        .on_conflict_do_update(index_elements=["code"], set_=values | {"changed_at": func.now()})
    )


def remove(connection: Connection, code: str) -> None:
    """Offer a ground no more; refusals that name it stay. Raises `NotFoundError`."""
    gone = connection.execute(
        update(refusal_ground)
        .where(refusal_ground.c.code == code, refusal_ground.c.enabled)
        .values(enabled=False, changed_at=func.now())
    )
    if not gone.rowcount:
        raise NotFoundError(f"no ground {code!r} is in use / không có căn cứ {code!r}")
