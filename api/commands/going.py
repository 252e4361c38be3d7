"""How the work goes, as an account may count it."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, get_args

import typer
from rich.table import Table
from sqlalchemy import select

from api import files_of_figures
from api.commands.session import Var, out, prepared
from api.figures_of_work import told, wanted
from api.query import read_vocabulary
from api.weekly import monday_of, week
from geo import audit, weekly
from geo.errors import BadFilterError, NotFoundError
from geo.measured import By
from geo.schema import account
from tiles.weekly import document

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]


def performance(
    name: Annotated[str, typer.Option("--as", help="The account whose areas are counted.")],
    area: Annotated[list[str] | None, typer.Option(help="set:code; several may be given.")] = None,
    domain: Annotated[list[str] | None, typer.Option()] = None,
    by: Annotated[str, typer.Option(help=", ".join(get_args(By)))] = "area",
    since: Day = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day after the last.")
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(help="csv, xlsx or json; html or pdf: the weekly page of the first area."),
    ] = None,
    var: Var = None,
) -> None:
    """Show how the work goes, or write it to a file."""
    if by not in get_args(By):
        raise BadFilterError("by", f"by is one of {', '.join(get_args(By))}")
    form = file.suffix.removeprefix(".") if file else ""
    if file and form not in ("csv", "xlsx", "json", "html", "pdf"):
        raise BadFilterError("file", f"{file.name}: end it in .csv, .xlsx, .json, .html or .pdf")
    now = datetime.now(UTC)
    with prepared(var) as engine, engine.begin() as connection:
        row = connection.execute(
            select(account.c.id, account.c.language).where(account.c.name == name.lower())
        ).one_or_none()
        if row is None:
            raise NotFoundError(f"no account {name!r}")
        words = read_vocabulary(connection)
        with weekly.as_account(connection, row.id, now):
            if form in ("html", "pdf"):
                monday = until.date() if until else monday_of(now, words)
                first = area[0] if area else None
                of_week = week(connection, words, first, monday, row.language, now)
                page = document(of_week, row.language)
                found: dict[str, Any] = {"rows": []}
            else:
                asked = wanted(
                    words, connection, now=now, area=area or (), domain=domain or (),
                    since=since.date() if since else None, until=until.date() if until else None,
                    by=by,  # type: ignore[arg-type]
                )  # fmt: skip
                found = told(connection, asked, compare=False)
        if file:
            audit.append(connection, "export", "performance", actor="command", form=form, of=name)
    if file is None:
        out.print(_table(found, by))
        return
    if form in files_of_figures.MEDIA:
        files_of_figures.write(form, found, file, now)
    elif form == "json":
        file.write_text(json.dumps(found, default=str, ensure_ascii=False, indent=1), "utf-8")
    elif form == "html":
        file.write_text(page, "utf-8")
    else:
        from tiles.printing import pdf

        file.write_bytes(pdf(page))
    out.print(f"{file} is written")


def _table(found: dict[str, Any], by: str) -> Table:
    table = Table(
        by, "received", "open", "overdue", "closed", "in time", "hours to closing", "reaction",
        "content",
    )  # fmt: skip
    for row in (found["whole"] | {"name": "all", "key": ""}, *found["rows"]):
        closing, reaction = (row[what]["working"] for what in ("closing", "reaction"))
        table.add_row(
            str(row.get("name") or row["key"] or "none"),
            *(f"{row['n'][one]:,}" for one in ("received", "open", "overdue", "closed")),
            _said(row["in_time"], row["in_time"]["few"], 100, "%"),
            _said(closing["median"], closing["few"]),
            _said(reaction["median"], reaction["few"]),
            _said(row["satisfaction"], row["satisfaction"]["few"], 100, "%"),
        )
    return table


def _said(of: dict[str, Any], few: bool, times: float = 1, unit: str = "") -> str:
    """The figure, or why there is none, and its 95 % interval."""
    low, value, high = (
        "?" if of[one] is None else f"{of[one] * times:.1f}" for one in ("low", "value", "high")
    )
    if low == value == high == "?":
        return "-"
    return f"{'few' if few else value + unit} ({low} to {high})"
