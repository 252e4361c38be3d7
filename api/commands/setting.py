"""Settings of the running instance, by command."""

import json
from typing import Annotated, Any

import typer
from rich.table import Table

from api.commands.session import Var, actor, out, prepared
from geo import audit, instance_settings
from geo.errors import SettingsError

app = typer.Typer(no_args_is_help=True, help="Settings that hold without a restart.")


@app.command("list")
def listed(var: Var = None) -> None:
    """Every setting, its value and what it means."""
    table = Table("setting", "value", "shipped", "means")
    with prepared(var) as engine, engine.connect() as connection:
        for group in instance_settings.listed(connection):
            for one in group["values"]:
                words = f"{one['en']}\n{one['vi']}"
                name = f"{group['name']}.{one['key']}"
                table.add_row(name, json.dumps(one["value"]), json.dumps(one["default"]), words)
    out.print(table)


@app.command("set")
def change(
    name: Annotated[str, typer.Argument(help="As alerts.export_rows.")],
    value: Annotated[str, typer.Argument(help="A number, true, false; null: as shipped.")],
    var: Var = None,
) -> None:
    """Change one."""
    group, dot, key = name.partition(".")
    try:
        wanted: Any = json.loads(value)
    except json.JSONDecodeError:
        wanted = value
    if not dot:
        raise SettingsError(f"{name}: write the group too, as alerts.export_rows")
    with prepared(var) as engine, engine.begin() as connection:
        before = instance_settings.change(connection, group, {key: wanted})
        audit.append(connection, "setting", group, actor=actor(), changed=[key])
    was = "as shipped" if before[key] is None else json.dumps(before[key])
    out.print(f"{name}: {json.dumps(wanted)} (before: {was})", markup=False)
