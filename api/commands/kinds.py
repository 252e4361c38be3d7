"""Categories: which there are, and which are sensitive."""

from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select, text, update

from api.commands.session import Var, out, prepared
from geo.catalogue import catalogue
from geo.errors import NotFoundError
from geo.schema import category


def categories(
    code: Annotated[str | None, typer.Argument(help="One of them, to change it.")] = None,
    sensitive: Annotated[
        bool | None,
        typer.Option(help="Leave it out of every public read, or show it again."),
    ] = None,
    var: Var = None,
) -> None:
    """List the categories, or mark one as sensitive: its complaints are then not public."""
    with prepared(var) as engine, engine.begin() as connection:
        if code is not None and sensitive is not None:
            found = connection.execute(
                update(category).where(category.c.code == code).values(sensitive=sensitive)
            )
            if not found.rowcount:
                known = connection.execute(select(category.c.code).order_by(category.c.code))
                listed = ", ".join(known.scalars())
                raise NotFoundError(f"no category {code!r}; there are {listed}")
            # Servers read their words again, and draw their tiles anew.
            connection.execute(text("SELECT pg_notify('complaint', '*')"))
        table = Table("domain", "category", "vi", "en", "sensitive")
        for row in connection.execute(catalogue()):
            if code in (None, row.code):
                mark = "yes" if row.sensitive else ""
                table.add_row(row.domain, row.code, row.name_vi, row.name_en, mark)
    out.print(table)
