"""What is personal of a complaint, at the command line: each look is written down."""

import getpass
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from api.commands.session import Var, out, prepared
from geo import looking
from geo.schema import complaint
from geo.schema import look as looks_table

Code = Annotated[str, typer.Argument(help="The complaint's code.")]
Reason = Annotated[str, typer.Option(help="Why; it is written down.", prompt=True)]
By = Annotated[str | None, typer.Option(help="Who asks; default: your account on this machine.")]


def _actor(by: str | None) -> str:
    return by or getpass.getuser()


def look(code: Code, reason: Reason, by: By = None, var: Var = None) -> None:
    """Show what is personal of a complaint; who looked, when and why is written down."""
    with prepared(var) as engine:
        with engine.begin() as connection:
            seen = looking.looked(connection, code, _actor(by), reason)
        # Only now: a look that could not be written down shows nothing.
        out.print(f"{seen.code}: the words as they were written", style="bold")
        out.print(seen.words, markup=False)
        if seen.address:
            out.print(f"address: {seen.address}", markup=False)
        if seen.masked:
            out.print("some of it is hidden in public")
        if seen.urgent:
            out.print("said to be urgent")
        for name, value in seen.answers.items():
            out.print(f"{name}: {value}", markup=False)
        table = Table("who", "e-mail", "confirmed", "language", "since")
        for one in seen.people:
            since = f"{one.since:%Y-%m-%d %H:%M}Z"
            mark = "yes" if one.confirmed else ""
            table.add_row(one.role, one.address or "", mark, one.language, since)
        out.print(table)


def unmask(code: Code, reason: Reason, by: By = None, var: Var = None) -> None:
    """Show in public the words as they were written, with nothing hidden."""
    with prepared(var) as engine, engine.begin() as connection:
        done = looking.unmask(connection, code, _actor(by), reason)
    out.print("the words are public as they were written" if done else "nothing was hidden")


def hide(
    code: Code,
    words: Annotated[str, typer.Argument(help="As they stand in the public text: a name ...")],
    reason: Reason,
    by: By = None,
    var: Var = None,
) -> None:
    """Hide words of a complaint in public; what was written stays in its personal part."""
    with prepared(var) as engine, engine.begin() as connection:
        times = looking.hide(connection, code, words, _actor(by), reason)
    out.print(f"hidden in {times} {'place' if times == 1 else 'places'}")


def looks(
    since: Annotated[datetime | None, typer.Option(help="A day, UTC.")] = None,
    limit: Annotated[int, typer.Option(min=1)] = 100,
    var: Var = None,
) -> None:
    """List who looked at what is personal, the latest first."""
    with prepared(var) as engine, engine.begin() as connection:
        asked = (
            select(looks_table, complaint.c.code)
            .outerjoin(complaint, complaint.c.id == looks_table.c.complaint_id)
            .order_by(looks_table.c.id.desc())
            .limit(limit)
        )
        if since is not None:
            asked = asked.where(looks_table.c.at >= since)
        table = Table("when", "who", "did", "complaint", "why")
        for row in connection.execute(asked):
            when = f"{row.at:%Y-%m-%d %H:%M}Z"
            table.add_row(when, row.actor, row.act, row.code or "", row.reason)
    out.print(table)
