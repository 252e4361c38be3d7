"""Complaint files in."""

import os
from pathlib import Path
from typing import Annotated

import typer

from api.commands.progress import stoppable
from api.commands.session import Var, actor, out, prepared
from geo import audit
from geo.errors import MappingError
from geo.ingest import run_import
from geo.mapping import read_mapping, shipped
from geo.tabular import BATCH


def import_file(
    file: Annotated[Path | None, typer.Argument(help="CSV (gz too), GeoJSON, Parquet")] = None,
    mapping: Annotated[str | None, typer.Option(help="A shipped mapping, or a TOML file.")] = None,
    city: Annotated[str | None, typer.Option(help="Another city than the mapping's.")] = None,
    rejects: Annotated[Path | None, typer.Option(help="Default: FILE.rejects.csv")] = None,
    batch: Annotated[int, typer.Option(min=100)] = BATCH,
    mappings: Annotated[bool, typer.Option(help="List the shipped mappings.")] = False,
    var: Var = None,
) -> None:
    """Import complaints; run it again to go on after an interruption."""
    if mappings:
        for name in shipped():
            out.print(f"{name}: {read_mapping(name).source.name}")
        return
    if file is None or mapping is None:
        raise MappingError("say which FILE and which --mapping (--mappings lists the shipped ones)")
    chosen = read_mapping(mapping)
    refused = rejects or file.with_name(file.name + ".rejects.csv")
    if not os.access(refused.parent, os.W_OK):
        refused = Path.cwd() / refused.name
    # The number of rows is known only at the end; until then, none is shown.
    with prepared(var) as engine, stoppable(file.name, None) as (progress, stopping):
        done = run_import(
            engine,
            file,
            chosen,
            rejects=refused,
            city_code=city,
            size=batch,
            progress=progress,
            stopping=stopping,
        )
        if done.added or done.changed:
            with engine.begin() as connection:
                audit.append(
                    connection, "import", file.name, actor=actor(), added=done.added,
                    changed=done.changed, rejected=done.refused,
                )  # fmt: skip
    if done.read == 0:
        out.print(f"{file.name}: imported to its end before; nothing to do")
        return
    out.print(
        f"{done.read:,} rows read: {done.added:,} added, {done.changed:,} changed,"
        f" {done.same:,} known, {done.refused:,} rejected"
        + (f", {done.skipped:,} done before" if done.skipped else "")
    )
    if done.masked:
        out.print(f"  {done.masked:,} texts with numbers or addresses of persons, hidden there")
    for reason, n in done.rejected.most_common():
        out.print(f"  {n:,} {reason}")
    if done.refused:
        out.print(f"  see {refused}")
