"""Domains and categories by command: added, named, ordered, switched, deleted."""

from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import select

from api.commands.session import Var, out, prepared
from geo import kind_changes
from geo.errors import SettingsError
from geo.kind_changes import CategoryKind, Kind
from geo.schema import category as categories
from geo.schema import domain as domains

Code = Annotated[str, typer.Argument(help="Of the domain or the category.")]
Colour = Annotated[str | None, typer.Option(help="As #15803d.")]
Place = Annotated[int | None, typer.Option(min=0, help="Its place in the order.")]
Shown = Annotated[bool | None, typer.Option("--enable/--disable", help="Whether it is offered.")]
New = Annotated[bool, typer.Option("--add", help="It is a new one.")]
Gone = Annotated[bool, typer.Option("--delete", help="Only what was never used.")]


def domain(
    code: Code,
    name_vi: str | None = None,
    name_en: str | None = None,
    colour: Colour = None,
    position: Place = None,
    enabled: Shown = None,
    add: New = False,
    remove: Gone = False,
    var: Var = None,
) -> None:
    """Change a domain, add one with --add, or delete one that is empty."""
    given = {"name_vi": name_vi, "name_en": name_en, "colour": colour, "position": position,
             "enabled": enabled}  # fmt: skip
    _do(var, code, Kind, given, add, remove)


def category(
    code: Code,
    of: Annotated[str | None, typer.Option("--domain", help="Whose it is.")] = None,
    name_vi: str | None = None,
    name_en: str | None = None,
    colour: Colour = None,
    position: Place = None,
    enabled: Shown = None,
    add: New = False,
    remove: Gone = False,
    var: Var = None,
) -> None:
    """Change a category, add one with --add, or delete one; what it asks: phananh categories."""
    given = {"domain": of, "name_vi": name_vi, "name_en": name_en, "colour": colour,
             "position": position, "enabled": enabled}  # fmt: skip
    _do(var, code, CategoryKind, given, add, remove)


def _do(
    var: Any, code: str, model: type[Kind], given: dict[str, Any], add: bool, remove: bool
) -> None:
    kind = kind_changes.checked(model, {k: v for k, v in given.items() if v is not None})
    if (add and remove) or not (add or remove or kind.given()):
        raise SettingsError("say what is to change: --name-vi ..., --disable, --add or --delete")
    table = categories if model is CategoryKind else domains
    with prepared(var) as engine, engine.begin() as connection:
        if add:
            kind_changes.add(connection, code, kind)
        elif remove:
            kind_changes.remove(connection, table, code)
        else:
            kind_changes.change(connection, code, kind)
        row = connection.execute(select(table).where(table.c.code == code)).one_or_none()
    if row is None:
        out.print(f"{code}: deleted")
        return
    shown = Table("code", "name", "colour", "place", "offered")
    names = f"{row.name_vi}\n{row.name_en}"
    shown.add_row(row.code, names, row.colour, str(row.position), "yes" if row.enabled else "no")
    out.print(shown)
