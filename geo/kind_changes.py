"""Domains and categories changed while the service runs: added, named, ordered, switched, deleted.

What was ever used is switched off, not deleted: its complaints go on having a kind.
"""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection, Table, delete, func, insert, select, text, update
from sqlalchemy.exc import IntegrityError

from geo import category_settings
from geo.errors import ConflictError, NotFoundError, SettingsError
from geo.schema import category, domain

CODE: Final = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
# Numbers below are those of catalogue.toml, now or in versions to come.
FIRST_DOMAIN: Final = 1_001
FIRST_CATEGORY: Final = 10_001
Name = Annotated[str, StringConstraints(min_length=1, max_length=120, strip_whitespace=True)]
Colour = Annotated[str, StringConstraints(pattern=r"^#[0-9a-fA-F]{6}$", to_lower=True)]


class Kind(BaseModel):
    """What a domain or a category is called and how it looks; only what is given changes."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name_vi: Name | None = None
    name_en: Name | None = None
    colour: Colour | None = None
    position: Annotated[int, Field(ge=0, le=30_000)] | None = None
    enabled: bool | None = None

    def given(self) -> dict[str, Any]:
        return self.model_dump(exclude_none=True)


class CategoryKind(Kind):
    """A category is besides of a domain, and may be left out of all public reads."""

    domain: str | None = None
    sensitive: bool | None = None


def checked(model: type[Kind], given: Mapping[str, Any]) -> Kind:
    """The change; raises `SettingsError` that names what is wrong."""
    try:
        return model.model_validate(given)
    except ValidationError as error:
        raise SettingsError(
            "; ".join(
                f"{'.'.join(map(str, one['loc']))}: {one['msg'].removeprefix('Value error, ')}"
                for one in error.errors()
            )
        ) from None


def listed(connection: Connection) -> list[dict[str, Any]]:
    """All domains in order, with all their categories, those that are switched off too."""
    own = ("code", "name_vi", "name_en", "colour", "position", "enabled")
    by_id: dict[int, dict[str, Any]] = {}
    for row in connection.execute(select(domain).order_by(domain.c.position, domain.c.id)):
        by_id[row.id] = {name: getattr(row, name) for name in own} | {"categories": []}
    kinds = connection.execute(select(category).order_by(category.c.position, category.c.id))
    for row in kinds:
        of = by_id[row.domain_id]
        told = {name: getattr(row, name) for name in (*own, "sensitive")}
        settings = category_settings.of_row(row).model_dump(mode="json", exclude_none=True)
        of["categories"].append(told | {"domain": of["code"], "settings": settings})
    return list(by_id.values())


def add(connection: Connection, code: str, kind: Kind) -> int:
    """A new domain, or a category of one, with a number of its own; returns the number.

    Raises `SettingsError` where a name, a colour or the domain is missing, `ConflictError` for a
    code that is taken.
    """
    table, first = _table(kind)
    if not CODE.fullmatch(code) or len(code) > 40:
        raise SettingsError(
            "code: lower-case letters, digits and hyphens, at most 40 / mã không hợp lệ"
        )
    values = _values(connection, kind)
    wanted = ("name_vi", "name_en", *(("domain_id",) if table is category else ("colour",)))
    if missing := [name for name in wanted if name not in values]:
        raise SettingsError(
            f"give {', '.join(missing).replace('_id', '')} too / còn thiếu thông tin"
        )
    if connection.execute(select(table.c.id).where(table.c.code == code)).first():
        raise ConflictError(f"there is a {table.name} {code!r} already / mã này đã có")
    siblings = select(func.coalesce(func.max(table.c.position), -1) + 1)
    if table is category:
        values.setdefault("colour", _colour_of(connection, values["domain_id"]))
        values |= category_settings.EMPTY.row()
        siblings = siblings.where(table.c.domain_id == values["domain_id"])
    values.setdefault("position", connection.execute(siblings).scalar_one())
    last = connection.execute(select(func.max(table.c.id)).where(table.c.id >= first)).scalar()
    number = (last or first - 1) + 1
    connection.execute(insert(table).values(id=number, code=code, **values))
    announce(connection)
    return number


def change(connection: Connection, code: str, kind: Kind) -> dict[str, Any]:
    """Change what is given; returns what it was before, with which the change is undone.

    Raises `NotFoundError`.
    """
    table, _ = _table(kind)
    row = connection.execute(select(table).where(table.c.code == code)).one_or_none()
    if row is None:
        raise NotFoundError(f"no {table.name} {code!r} / không có mã này")
    values = _values(connection, kind)
    before = {name: getattr(row, name) for name in values}
    if "domain_id" in before:
        owner = select(domain.c.code).where(domain.c.id == before.pop("domain_id"))
        before["domain"] = connection.execute(owner).scalar_one()
        if values["domain_id"] != row.domain_id and _used(connection, row.id):
            # Counts and rights of what is stored are by domain.
            raise ConflictError(
                f"{code} is in use: it stays in its domain; add another category"
                " / loại này đang được dùng nên không chuyển lĩnh vực được"
            )
    if values:
        connection.execute(update(table).where(table.c.id == row.id).values(**values))
        announce(connection)
    return before


def remove(connection: Connection, table: Table, code: str) -> None:
    """Delete a domain or a category that was never used; raises `ConflictError` for others."""
    number = connection.execute(select(table.c.id).where(table.c.code == code)).scalar()
    if number is None:
        raise NotFoundError(f"no {table.name} {code!r} / không có mã này")
    held = select(category.c.id).where(category.c.domain_id == number)
    used = (
        connection.execute(held).first() is not None
        if table is domain
        else _used(connection, number)
    )
    if used:
        raise ConflictError(
            f"{code} is in use: switch it off instead / đang được dùng: hãy tắt thay vì xoá"
        )
    try:
        with connection.begin_nested():
            connection.execute(delete(table).where(table.c.id == number))
    except IntegrityError:
        raise ConflictError(
            f"{code} is named elsewhere: switch it off instead / còn nơi khác dùng: hãy tắt đi"
        ) from None
    announce(connection)


def _table(kind: Kind) -> tuple[Table, int]:
    if isinstance(kind, CategoryKind):
        return category, FIRST_CATEGORY
    return domain, FIRST_DOMAIN


def _values(connection: Connection, kind: Kind) -> dict[str, Any]:
    values = kind.given()
    if (code := values.pop("domain", None)) is not None:
        number = connection.execute(select(domain.c.id).where(domain.c.code == code)).scalar()
        if number is None:
            raise NotFoundError(f"no domain {code!r} / không có lĩnh vực này")
        values["domain_id"] = number
    return values


def _colour_of(connection: Connection, domain_id: int) -> str:
    asked = select(domain.c.colour).where(domain.c.id == domain_id)
    return str(connection.execute(asked).scalar_one())


def _used(connection: Connection, number: int) -> bool:
    return bool(connection.execute(text("SELECT category_used(:id)"), {"id": number}).scalar_one())


def announce(connection: Connection) -> None:
    """Tell running servers of it."""
    # They read their words again, and draw their tiles anew.
    connection.execute(text("SELECT pg_notify('complaint', '*')"))
