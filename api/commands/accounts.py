"""Accounts of officials, at the command line: the first admin is made here."""

import getpass
import sys
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import select, text

from api.commands.session import Var, out, prepared
from geo import accounts, audit, passwords
from geo.errors import BadFilterError, NotFoundError
from geo.schema import account

app = typer.Typer(no_args_is_help=True, help="Accounts of officials, and their roles.")
Name = Annotated[str, typer.Argument(help="The name to sign in with.")]
Stdin = Annotated[bool, typer.Option("--password-stdin", help="Read it from standard input.")]
Role = Annotated[str | None, typer.Option(help="viewer, officer, supervisor, planner or admin.")]
Areas = Annotated[
    list[str] | None,
    typer.Option("--area", help="set:code, of any level; again for more. None: everywhere."),
]
Domains = Annotated[
    list[str] | None, typer.Option("--domain", help="A domain; again for more. None: all.")
]
Days = Annotated[int | None, typer.Option(min=1, help="For so many days; else until taken.")]


def _actor() -> str:
    return f"command:{getpass.getuser()}"


def _password(stdin: bool, *known: str) -> tuple[str, bool]:
    """A password that was given; or one to be changed, which is shown once."""
    if stdin:
        given = sys.stdin.readline().rstrip("\n")
    elif sys.stdin.isatty():
        given = typer.prompt("Password", hide_input=True, confirmation_prompt=True)
    else:
        made = passwords.made()
        out.print(f"one-time password, shown only now: {made}", markup=False)
        return made, True
    passwords.check(given, known)
    return given, False


@app.command()
def add(
    name: Name,
    role: Role = None,
    area: Areas = None,
    domain: Domains = None,
    full_name: Annotated[str, typer.Option(help="As colleagues see it.")] = "",
    password_stdin: Stdin = False,
    var: Var = None,
) -> None:
    """Make an account; its password is asked for, read, or made and shown once."""
    if role is None and (area or domain):
        raise BadFilterError("role", "say which role the areas and domains are for: --role officer")
    with prepared(var) as engine, engine.begin() as connection:
        given, must_change = _password(password_stdin, name, full_name)
        number = accounts.add(connection, name, full_name, given, must_change)
        if role is not None:
            accounts.give_role(connection, number, role, area or (), domain or ())
        audit.append(
            connection, "account.new", name.lower(), actor=_actor(), role=role, areas=area,
            domains=domain,
        )  # fmt: skip
    out.print(f"made the account {name.lower()}", markup=False)


@app.command()
def password(name: Name, password_stdin: Stdin = False, var: Var = None) -> None:
    """Give an account another password, and end its sessions."""
    with prepared(var) as engine, engine.begin() as connection:
        found = accounts.of_name(connection, name)
        given, must_change = _password(password_stdin, found.name, found.full_name)
        accounts.set_password(connection, found.id, given, must_change)
        audit.append(connection, "password", found.name, actor=_actor())
    out.print(f"{found.name} has another password", markup=False)


@app.command()
def role(
    name: Name,
    give: Annotated[str | None, typer.Option(help="The role to give.")] = None,
    take: Annotated[int | None, typer.Option(help="The number of a role to take away.")] = None,
    area: Areas = None,
    domain: Domains = None,
    days: Days = None,
    var: Var = None,
) -> None:
    """Give a role, for areas and domains, or take one away ('list' tells their numbers)."""
    if (give is None) == (take is None):
        raise BadFilterError("role", "say either --give ROLE or --take NUMBER")
    with prepared(var) as engine, engine.begin() as connection:
        found = accounts.of_name(connection, name)
        if take is not None:
            accounts.take_role(connection, found.id, take)
            audit.append(connection, "role.taken", found.name, actor=_actor(), role=take)
        else:
            until = datetime.now(UTC) + timedelta(days=days) if days else None
            given = str(give)
            accounts.give_role(connection, found.id, given, area or (), domain or (), until)
            audit.append(
                connection, "role.given", found.name, actor=_actor(), role=given, areas=area,
                domains=domain, days=days,
            )  # fmt: skip
    out.print(f"the roles of {found.name} are changed", markup=False)


def _enable(name: str, enabled: bool, var: Var) -> None:
    with prepared(var) as engine, engine.begin() as connection:
        found = accounts.of_name(connection, name)
        accounts.enable(connection, found.id, enabled)
        said = "account.enabled" if enabled else "account.disabled"
        audit.append(connection, said, found.name, actor=_actor())
    out.print(f"{found.name} may {'' if enabled else 'not '}sign in", markup=False)


@app.command()
def enable(name: Name, var: Var = None) -> None:
    """Let an account sign in again; also after too many wrong passwords."""
    _enable(name, True, var)


@app.command()
def disable(name: Name, var: Var = None) -> None:
    """Let an account no longer sign in, and end its sessions."""
    _enable(name, False, var)


@app.command()
def unlock(name: Name, var: Var = None) -> None:
    """Let an account that waits after wrong passwords or codes try again at once."""
    with prepared(var) as engine, engine.begin() as connection:
        found = accounts.of_name(connection, name)
        accounts.unlock(connection, found.id)
        audit.append(connection, "account.unlocked", found.name, actor=_actor())
    out.print(f"{found.name} need not wait", markup=False)


@app.command("totp-off")
def totp_off(name: Name, var: Var = None) -> None:
    """Take the second factor off the account of who lost it, and end its sessions."""
    with prepared(var) as engine, engine.begin() as connection:
        found = accounts.of_name(connection, name)
        if not accounts.take_factor(connection, found.id):
            raise NotFoundError(f"{found.name} has no second factor")
        audit.append(connection, "totp", found.name, actor=_actor(), on=False)
    out.print(f"{found.name} has no second factor now", markup=False)


@app.command("list")
def list_accounts(var: Var = None) -> None:
    """Every account, with its roles in force and their numbers."""
    table = Table("name", "full name", "may sign in", "second factor", "roles")
    with prepared(var) as engine, engine.connect() as connection:
        rows = connection.execute(
            select(
                account.c.id,
                account.c.name,
                account.c.full_name,
                account.c.enabled,
                account.c.second_factor,
            ).order_by(account.c.name)
        ).all()
        for row in rows:
            roles = connection.execute(
                text("SELECT * FROM account_roles(:id) r ORDER BY r.id"), {"id": row.id}
            )
            said = "\n".join(
                f"{one.id}: {one.role}, {', '.join(one.areas or ['everywhere'])}"
                f"{', ' + ', '.join(one.domains) if one.domains else ''}"
                for one in roles
            )
            may, factor = ("yes" if one else "no" for one in (row.enabled, row.second_factor))
            table.add_row(row.name, row.full_name, may, factor, said)
    out.print(table)
