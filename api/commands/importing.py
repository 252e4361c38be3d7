"""Complaint files in."""

import os
import signal
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.session import Var, out, prepared
from geo.errors import MappingError
from geo.ingest import BATCH, run_import
from geo.mapping import read_mapping, shipped


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
    asked = False

    def stop(*_: object) -> None:
        nonlocal asked
        asked = True
        out.print("  stopping after this batch; run the same command to go on")

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with prepared(var) as engine, Progress(*columns, console=out) as bar:
        # The number of rows is known only at the end; until then, none is shown.
        task = bar.add_task(file.name, total=None, rate="")
        before = signal.signal(signal.SIGINT, stop)

        def progress(rows: int) -> None:
            speed = bar.tasks[0].speed
            bar.update(task, completed=rows, rate=f"{speed:,.0f} rows/s" if speed else "")

        try:
            done = run_import(
                engine,
                file,
                chosen,
                rejects=refused,
                city_code=city,
                size=batch,
                progress=progress,
                stopping=lambda: asked,
            )
        finally:
            signal.signal(signal.SIGINT, before)
    if done.read == 0:
        out.print(f"{file.name}: imported to its end before; nothing to do")
        return
    out.print(
        f"{done.read:,} rows read: {done.added:,} added, {done.changed:,} changed,"
        f" {done.same:,} known, {done.refused:,} rejected"
        + (f", {done.skipped:,} done before" if done.skipped else "")
    )
    for reason, n in done.rejected.most_common():
        out.print(f"  {n:,} {reason}")
    if done.refused:
        out.print(f"  see {refused}")
