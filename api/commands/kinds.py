"""Categories: which there are, which are sensitive, and what they ask, tell and count as near."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table
from sqlalchemy import Connection, select, text, update

from api.commands.session import Var, out, prepared
from geo import category_settings
from geo.catalogue import catalogue
from geo.errors import NotFoundError, SettingsError
from geo.schema import category


def categories(
    code: Annotated[str | None, typer.Argument(help="One of them, to change it.")] = None,
    sensitive: Annotated[
        bool | None,
        typer.Option(help="Leave it out of every public read, or show it again."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--set", help="Take settings from a TOML file; what it leaves out stays."),
    ] = None,
    meaning: Annotated[
        str | None,
        typer.Option(help="A word shared by categories that may mean the same; '' for none."),
    ] = None,
    near_m: Annotated[int | None, typer.Option(help="How far the same thing may be put.")] = None,
    near_days: Annotated[int | None, typer.Option(help="How long such a thing lasts.")] = None,
    urgency: Annotated[
        bool | None, typer.Option(help="Ask whether it is urgent, or do not.")
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(help="Write the settings, of one or of all, as the file --set takes; - shows"),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    var: Var = None,
) -> None:
    """List the categories, mark one as sensitive, or set what they ask, tell and count as near."""
    options = {
        "meaning": meaning,
        "near_m": near_m,
        "near_days": near_days,
        "asks_urgency": urgency,
    }
    given: dict[str, Any] = {name: one for name, one in options.items() if one is not None}
    if meaning == "":
        given["meaning"] = None
    with prepared(var) as engine, engine.begin() as connection:
        changes = _of_file(file, code) if file is not None else {}
        if given or sensitive is not None:
            if code is None:
                raise SettingsError("say which category: phananh categories CODE ...")
            changes.setdefault(code, {}).update(given)
        for one, wanted in changes.items():
            category_settings.change(connection, one, wanted)
        if sensitive is False and not yes:
            out.print(f"What was reported of {code} until now becomes public, place and words too.")
            typer.confirm("Show it?", abort=True)
        if sensitive is not None:
            connection.execute(
                update(category).where(category.c.code == code).values(sensitive=sensitive)
            )
        if changes:
            # Servers read their words again, and draw their tiles anew.
            connection.execute(text("SELECT pg_notify('complaint', '*')"))
        if export is not None:
            _export(connection, code, export)
            return
        out.print(_table(connection, code))


def _of_file(file: Path, code: str | None) -> dict[str, dict[str, Any]]:
    """The settings in a file: of the category that is named, or of each one with a section."""
    whole = category_settings.read(file.read_text("utf-8"))
    if code is not None:
        own = whole.get(code)
        return {code: dict(own) if isinstance(own, dict) else whole}
    if wrong := [name for name, one in whole.items() if not isinstance(one, dict)]:
        raise SettingsError(
            f"{wrong[0]}: a setting of which category? Put it below [CODE], or say which:"
            " phananh categories CODE --set FILE"
        )
    return {name: dict(one) for name, one in whole.items()}


def _export(connection: Connection, code: str | None, file: Path) -> None:
    known = category_settings.present(connection)
    if code is not None and code not in known:
        raise NotFoundError(f"no category {code!r}; there are {', '.join(known)}")
    written = category_settings.as_toml({code: known[code]} if code is not None else known)
    if str(file) == "-":
        typer.echo(written, nl=False)
        return
    file.write_text(written, "utf-8")
    out.print(f"{file}")


def _table(connection: Connection, code: str | None) -> Table:
    known = connection.execute(select(category.c.code).order_by(category.c.code)).scalars().all()
    if code is not None and code not in known:
        raise NotFoundError(f"no category {code!r}; there are {', '.join(known)}")
    table = Table("domain")
    table.add_column("category", no_wrap=True)
    for name in ("name", "sensitive", "meaning", "near", "asks", "notice"):
        table.add_column(name)
    for row in connection.execute(catalogue()):
        if code in (None, row.code):
            table.add_row(
                row.domain,
                row.code,
                f"{row.name_vi}\n{row.name_en}",
                "yes" if row.sensitive else "",
                row.meaning or "",
                f"{row.near_m} m\n{row.near_days} days",
                f"{len(row.questions) or ''}{' urgency' if row.asks_urgency else ''}".strip(),
                ("stops" if row.notice["stops"] else "yes") if row.notice else "",
            )
    return table
