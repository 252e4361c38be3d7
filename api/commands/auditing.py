"""The audit log at the command line: whether it is whole, and what is in it."""

import csv
import json
import sys
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select

from api import anchors
from api.commands.session import Var, actor, out, prepared
from api.settings import Settings
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
    settings = _settings(var)
    noted = [one for _, one in anchors.written(settings)]
    with prepared(var) as engine, engine.connect() as connection:
        found = audit.verify(connection, head, noted)
    if found.broken is not None:
        out.print(f"entry {found.broken}: {found.why}", style="red", markup=False)
        sys.exit(1)
    days = f", as {len(noted)} days noted" if noted else ""
    out.print(f"{found.n:,} entries are whole{days}; the head is {found.head}", markup=False)
    out.print("note it elsewhere: with --head a cut-off end is noticed too")


def _settings(var: Path | None) -> Settings:
    settings = Settings()
    return settings if var is None else settings.model_copy(update={"var": var})


@app.command()
def head(
    note: Annotated[
        bool, typer.Option(help="Write it into var/audit-anchors as of today.")
    ] = False,
    var: Var = None,
) -> None:
    """The number and the hash of the last entry, to be noted elsewhere."""
    with prepared(var) as engine, engine.connect() as connection:
        end = audit.end(connection)
    typer.echo(f"{end.id} {end.head}")
    if note and not anchors.write(_settings(var), datetime.now(UTC).date(), end):
        out.print("today is noted already")


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="A CSV file to write; - shows it.")],
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    until: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])] = None,
    var: Var = None,
) -> None:
    """Write entries as CSV, the oldest first; days are UTC's."""
    asked = select(entries).order_by(entries.c.id)
    if since is not None:
        asked = asked.where(entries.c.at >= since.replace(tzinfo=UTC))
    if until is not None:
        asked = asked.where(entries.c.at < until.replace(tzinfo=UTC))
    names = [one.name for one in entries.c if one.name != "hash"]
    with prepared(var) as engine, engine.begin() as connection:
        n = 0
        target = sys.stdout if str(file) == "-" else file.open("w", encoding="utf-8", newline="")
        with nullcontext(target) if target is sys.stdout else target as written:
            rows = csv.writer(written)
            rows.writerow([*names, "hash"])
            for row in connection.execution_options(yield_per=2_000).execute(asked):
                told = [getattr(row, name) for name in names[:-1]]
                details = json.dumps(row.details, ensure_ascii=False)
                rows.writerow([*told, details, bytes(row.hash).hex()])
                n += 1
        audit.append(connection, "export", "audit", actor=actor(), form="csv", rows=n)
    out.print(f"{n:,} entries")


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
