"""Boundary sets looked at before they come into force, by command."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from sqlalchemy import Engine, select

from api.boundary_rounds import look
from api.commands.session import Var, actor, out, prepared
from boundaries import activate, drafts
from boundaries import preview as previews
from boundaries.load import SetSpec
from geo import audit
from geo.errors import BoundaryError, NotFoundError
from geo.schema import city

app = typer.Typer(no_args_is_help=True, help="Boundary sets: look, bring into force, undo.")
Draft = Annotated[int, typer.Argument(min=1, help="The number of a draft.")]
Day = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="In force from this day.")
]
Ends = Annotated[
    list[str] | None, typer.Option(help="A set that ends then; else the one of its level.")
]


@app.command("list")
def listed(var: Var = None) -> None:
    """The sets there are, and the drafts."""
    with prepared(var) as engine, engine.connect() as connection:
        table = Table("set", "level", "name", "areas", "since", "until", "in force")
        for one in previews.sets(connection):
            days = [str(one[name] or "") for name in ("since", "until")]
            yes = "yes" if one["in_force"] else ""
            table.add_row(one["code"], one["level"], one["name_vi"], str(one["areas"]), *days, yes)
        found = previews.listed(connection)
    out.print(table)
    if found:
        table = Table("draft", "set", "state", "from", "moved", "problem")
        for one in found:
            told = [str(one[name] or "") for name in ("starts", "moved", "problem")]
            table.add_row(str(one["id"]), one["code"], one["state"], *told)
        out.print(table)


@app.command()
def draft(
    file: Annotated[Path, typer.Argument(help="GeoJSON or GeoPackage.")],
    set_code: Annotated[str, typer.Option("--set", help="The set it is, or replaces.")],
    city_code: Annotated[str, typer.Option("--city")] = "hanoi",
    level: str = "",
    name_vi: str = "",
    name_en: str = "",
    columns: Annotated[str, typer.Option(help="code=MA,name=TEN ...")] = "",
    crs: str = "",
    layer: str = "",
    var: Var = None,
) -> None:
    """Read a set without bringing it into force, and say what it would change."""
    spec = SetSpec(set_code, level, name_vi, name_en, file.name)
    reading = {"columns": drafts.columns_of(columns), "crs": crs, "layer": layer}
    with prepared(var) as engine:
        with engine.begin() as connection:
            asked = select(city.c.id).where(city.c.code == city_code)
            city_id = connection.execute(asked).scalar()
            if city_id is None:
                raise NotFoundError(f"no city {city_code!r}")
            whole = drafts.described(connection, spec)
            number = drafts.put(connection, city_id, whole, reading, file.read_bytes())
            audit.append(connection, "boundaries.sent", set_code, actor=actor(), draft=number)
        look(engine, datetime.now(UTC))
        with engine.connect() as connection:
            row = drafts.of(connection, number)
        if row.state != "ready":
            raise BoundaryError(row.problem or f"the draft is {row.state}")
        _tell(engine, number)


@app.command()
def preview(number: Draft, since: Day = None, ends: Ends = None, var: Var = None) -> None:
    """What bringing a draft into force would do: areas, open complaints, roles."""
    with prepared(var) as engine:
        _tell(engine, number, since, ends)


def _tell(
    engine: Engine, number: int, since: datetime | None = None, ends: list[str] | None = None
) -> None:
    with engine.connect() as connection:
        found = previews.preview(
            connection, number, datetime.now(UTC), since.date() if since else None, ends,
            function="boundary_moves_of",
        )  # fmt: skip
    out.print(f"draft {number}: {found['code']}, {found['state']}, from {found['from']}")
    for line in [*found["report"].get("repairs", []), *found["report"].get("overlaps", [])]:
        out.print(f"  {line}", markup=False)
    if compared := found["difference"]:
        table = Table("area", "name", "what", "share moved", "with")
        for one in compared["changes"]:
            if one["what"] != "same":
                other = ", ".join(f"{code} {share:.0%}" for code, share in one["other"][:4])
                share = f"{one['moved_share']:.1%}"
                table.add_row(one["code"], one["name"], one["what"], share, other)
        out.print(table)
        out.print(f"against {compared['base']}: {compared['moved_share']:.1%} of the ground moves")
    out.print(f"{found['moved']:,} of {found['open']:,} open complaints change hands")
    for one in found["moves"][:20]:
        out.print(f"  {one['n']:>7,}  {one['from']} -> {one['to']}", markup=False)
    for one in found["roles"]:
        named = ", ".join(one["instead"]) or "none is like it"
        said = f"  role {one['role_id']} of {one['account']}: {one['area']} {one['why']}; {named}"
        out.print(said, style="yellow", markup=False)


@app.command("activate")
def start(number: Draft, since: Day = None, ends: Ends = None, var: Var = None) -> None:
    """Bring a draft into force, today at once, else at midnight by the worker."""
    with prepared(var) as engine:
        now = datetime.now(UTC)
        with engine.begin() as connection:
            day = activate.plan(connection, number, now, since.date() if since else None, ends)
            row = drafts.of(connection, number)
            audit.append(
                connection, "boundaries.planned", row.code, actor=actor(), draft=number,
                starts=str(day), ends=row.ends,
            )  # fmt: skip
        look(engine, now)
        _after(engine, number)


def _after(engine: Engine, number: int) -> None:
    with engine.connect() as connection:
        row = drafts.of(connection, number)
    if row.problem:
        raise BoundaryError(row.problem)
    moved = "" if row.moved is None else f", {row.moved:,} open complaints changed hands"
    out.print(f"{row.state}{moved}")


@app.command()
def undo(number: Draft, var: Var = None) -> None:
    """Take a plan back; of what is in force, put back what was before."""
    with prepared(var) as engine:
        with engine.begin() as connection:
            activate.cancel(connection, number)
            code = drafts.of(connection, number).code
            audit.append(connection, "boundaries.cancelled", code, actor=actor(), draft=number)
        look(engine, datetime.now(UTC))
        _after(engine, number)
