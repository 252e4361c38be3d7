"""The audit log at the command line: whether it is whole, and what is in it."""

import sys
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from api.commands.session import Var, out, prepared
from geo import audit
from geo.schema import audit as entries

app = typer.Typer(no_args_is_help=True, help="The log of everything officials do.")


@app.command()
def verify(
    head: Annotated[
        str | None, typer.Option(help="A head that was noted earlier, from 'audit verify'.")
    ] = None,
    var: Var = None,
) -> None:
    """Check every entry against the one before; ends with 1 at the first that was tampered with."""
    with prepared(var) as engine, engine.connect() as connection:
        found = audit.verify(connection, head)
    if found.broken is not None:
        out.print(f"entry {found.broken}: {found.why}", style="red", markup=False)
        sys.exit(1)
    out.print(f"{found.n:,} entries are whole; the head is {found.head}", markup=False)
    out.print("note it elsewhere: with --head a cut-off end is noticed too")


@app.command()
def show(
    who: Annotated[str | None, typer.Option(help="Only of this account.")] = None,
    act: Annotated[str | None, typer.Option(help="Only acts that begin so: sign-in, work.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000)] = 50,
    var: Var = None,
) -> None:
    """The newest entries."""
    table = Table("n", "at", "who", "act", "what", "details")
    asked = select(entries).order_by(entries.c.id.desc()).limit(limit)
    if who is not None:
        asked = asked.where(entries.c.actor == who.lower())
    if act is not None:
        asked = asked.where(entries.c.act.startswith(act, autoescape=True))
    with prepared(var) as engine, engine.connect() as connection:
        for row in connection.execute(asked):
            said = ", ".join(f"{name}: {value}" for name, value in row.details.items())
            at = f"{row.at:%Y-%m-%d %H:%M:%S}Z"
            table.add_row(str(row.id), at, row.actor, row.act, row.subject, said)
    out.print(table)
