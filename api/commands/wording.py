"""Templates of answers and grounds of refusals, at the command line."""

import getpass
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from api.commands.session import Var, out, prepared
from geo import audit, grounds, templates
from geo.templates import Wish

app = typer.Typer(no_args_is_help=True, help="Templates of answers, with fields to fill.")
grounds_app = typer.Typer(no_args_is_help=True, help="Grounds on which complaints are refused.")
Words = Annotated[
    Path, typer.Argument(help="A text file with {fields} in it; - reads what is typed.")
]


def _actor() -> str:
    return f"command:{getpass.getuser()}"


@app.command("list")
def list_templates(var: Var = None) -> None:
    """Every template, with its fields."""
    with prepared(var) as engine, engine.connect() as connection:
        found = templates.all_of_them(connection)
    table = Table("number", "name", "for", "language", "fields", "text")
    for one in found:
        scope = one.category or one.domain or "all"
        fields = ", ".join(one.fields)
        table.add_row(str(one.id), one.name, scope, one.language, fields, one.text[:80])
    out.print(table)


@app.command("add")
def add_template(
    name: Annotated[str, typer.Argument(help="As whoever answers sees it.")],
    file: Words,
    domain: Annotated[str | None, typer.Option(help="Only for this domain.")] = None,
    category: Annotated[str | None, typer.Option(help="Only for this category.")] = None,
    language: Annotated[str, typer.Option(help="vi or en.")] = "vi",
    var: Var = None,
) -> None:
    """Add a template; a bare one, or one with empty fields, closes nothing."""
    said = typer.get_text_stream("stdin").read() if str(file) == "-" else file.read_text("utf-8")
    with prepared(var) as engine, engine.begin() as connection:
        number = templates.add(connection, Wish(name, said, language, domain, category))
        audit.append(connection, "template.new", str(number), actor=_actor(), name=name)
    fields = ", ".join(templates.fields_of(said)) or "none"
    out.print(f"template {number} is there; its fields: {fields}", markup=False)


@app.command("remove")
def remove_template(
    number: Annotated[int, typer.Argument(help="As `templates list` shows it.")], var: Var = None
) -> None:
    """Take a template away; answers that were made from it stay."""
    with prepared(var) as engine, engine.begin() as connection:
        name = templates.remove(connection, number)
        audit.append(connection, "template.gone", str(number), actor=_actor(), name=name)
    out.print(f"the template {name!r} is gone", markup=False)


@grounds_app.command("list")
def list_grounds(var: Var = None) -> None:
    """Every ground; a shipped one was confirmed by nobody here yet."""
    with prepared(var) as engine, engine.connect() as connection:
        found = grounds.present(connection)
    table = Table("code", "vi", "en", "law", "state")
    for one in found:
        state = "shipped" if one.shipped else "own"
        table.add_row(one.code, one.vi, one.en, one.law, state if one.enabled else "not in use")
    out.print(table)


@grounds_app.command("put")
def put_ground(
    code: Annotated[str, typer.Argument(help="A new one, or one to change or confirm.")],
    vi: Annotated[str, typer.Option(help="In Vietnamese.")],
    en: Annotated[str, typer.Option(help="In English.")],
    law: Annotated[str, typer.Option(help="The law or rule, as citizens are told it.")],
    var: Var = None,
) -> None:
    """Add a ground, or give one other words."""
    with prepared(var) as engine, engine.begin() as connection:
        grounds.put(connection, code, vi, en, law)
        audit.append(connection, "ground.changed", code, actor=_actor(), law=law)
    out.print(f"the ground {code!r} is there", markup=False)


@grounds_app.command("remove")
def remove_ground(
    code: Annotated[str, typer.Argument(help="As `grounds list` shows it.")], var: Var = None
) -> None:
    """Offer a ground no more; refusals that name it stay."""
    with prepared(var) as engine, engine.begin() as connection:
        grounds.remove(connection, code)
        audit.append(connection, "ground.gone", code, actor=_actor())
    out.print(f"the ground {code!r} is not in use any more", markup=False)
