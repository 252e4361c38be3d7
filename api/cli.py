"""The command `phananh`."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
import uvicorn
from rich.console import Console
from sqlalchemy import Engine, text

from api.app import create_app
from api.cluster import ClusterError, PrivateCluster
from api.settings import Settings
from boundaries.hanoi import DISTRICTS, WARDS, ensure_hanoi
from boundaries.load import load_set
from boundaries.read import read_areas
from geo.catalogue import ensure_catalogue
from geo.database import engine as make_engine
from geo.database import migrate as run_migrations
from geo.errors import PhananhError
from geo.rollup import fold
from geo.sample import remove_sample
from geo.sample import sample as add_sample

app = typer.Typer(no_args_is_help=True, add_completion=False, help="The complaint map.")
out = Console(stderr=True, highlight=False)
Var = Annotated[Path | None, typer.Option(envvar="PHANANH_VAR", help="Private database and files.")]


@contextmanager
def database(var: Path | None) -> Iterator[Engine]:
    """The server at DATABASE_URL, or the private cluster for as long as it is needed."""
    url, cluster = os.environ.get("DATABASE_URL"), None
    if not url:
        cluster = PrivateCluster(var or Settings().var)
        url = cluster.start()
    engine = make_engine(url, pool_size=10, statement_timeout_ms=0)
    try:
        yield engine
    finally:
        engine.dispose()
        if cluster is not None and cluster.started:
            cluster.stop()


def prepare(engine: Engine, folder: Path | None, sample: int) -> None:
    """Schema, catalogue, Hanoi, and a sample where there is no complaint at all."""
    with engine.begin() as connection:
        run_migrations(connection)
        ensure_catalogue(connection)
    with engine.begin() as connection:
        for loaded in ensure_hanoi(connection, folder):
            out.print(f"  boundaries: {loaded.areas} areas loaded")
        hanoi = connection.execute(text("SELECT id FROM city WHERE code = 'hanoi'")).scalar_one()
        empty = not connection.execute(text("SELECT EXISTS (SELECT FROM complaint)")).scalar_one()
        if empty and sample:
            out.print(f"  {sample} sample complaints (phananh sample --remove takes them away)")
            until = datetime.now(UTC) - timedelta(minutes=1)
            add_sample(connection, hanoi, WARDS.code, sample, 1, until)


@app.command()
def serve(
    port: Annotated[int, typer.Option(envvar="PHANANH_PORT")] = 8000,
    host: Annotated[str, typer.Option(envvar="PHANANH_HOST")] = "127.0.0.1",
    var: Var = None,
    sample: Annotated[int, typer.Option(help="Sample rows for an empty database.")] = 20000,
) -> None:
    """Run the service with Hanoi; Ctrl-C stops all of it."""
    settings = Settings()
    # uvicorn raises the signal again when it is done: end as after Ctrl-C, so that the private
    # cluster is stopped too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with database(var) as engine:
        prepare(engine, settings.boundary_dir, sample)
        out.print(f"[bold]phananh: http://{host}:{port}/[/bold]  (Ctrl-C stops it)")
        uvicorn.run(create_app(engine, settings), host=host, port=port, log_level="warning")


@app.command()
def migrate(var: Var = None) -> None:
    """Bring the database's schema up to date."""
    with database(var) as engine, engine.begin() as connection:
        run_migrations(connection)
        ensure_catalogue(connection)


@app.command("load-boundaries")
def load_boundaries(
    file: Path,
    set_code: Annotated[str, typer.Option("--set", help="hanoi-ward-2025, hanoi-district-2014")],
    crs: str | None = None,
    var: Var = None,
) -> None:
    """Replace one of Hanoi's sets by the areas of a map file."""
    known = {spec.code: spec for spec in (WARDS, DISTRICTS)}
    if set_code not in known:
        raise PhananhError(f"unknown set {set_code!r}; known: {', '.join(known)}")
    areas, report = read_areas(file, crs=crs)
    with database(var) as engine, engine.begin() as connection:
        run_migrations(connection)
        ensure_catalogue(connection)
        ensure_hanoi(connection)
        city = connection.execute(text("SELECT id FROM city WHERE code = 'hanoi'")).scalar_one()
        loaded = load_set(connection, city, known[set_code], areas, report)
    for line in [*report.repairs, *report.overlaps]:
        out.print(f"  {line}")
    out.print(f"  overlaps {report.overlap_m2:.1f} m², gaps {report.gap_m2:.1f} m²")
    done = f"{loaded.assigned} complaints assigned" if loaded.changed else "nothing changed"
    out.print(f"{set_code}: {loaded.areas} areas, {done}")


@app.command()
def sample(
    n: Annotated[int, typer.Option("--n", min=1)] = 20000,
    seed: int = 1,
    remove: Annotated[bool, typer.Option(help="Take all sample rows away.")] = False,
    var: Var = None,
) -> None:
    """Add sample complaints to Hanoi, or remove them."""
    with database(var) as engine, engine.begin() as connection:
        run_migrations(connection)
        ensure_catalogue(connection)
        ensure_hanoi(connection)
        city = connection.execute(text("SELECT id FROM city WHERE code = 'hanoi'")).scalar_one()
        if remove:
            out.print(f"{remove_sample(connection, city)} sample complaints removed")
        else:
            added = add_sample(connection, city, WARDS.code, n, seed, datetime.now(UTC))
            out.print(f"{added} sample complaints added")


@app.command()
def refresh(var: Var = None) -> None:
    """Fold pending changes into the stored counts."""
    with database(var) as engine, engine.begin() as connection:
        out.print(f"{fold(connection)} changes folded")


def main() -> None:
    """Errors a person can mend end as one sentence, not as a traceback."""
    try:
        app()
    except ClusterError as error:
        out.print(f"phananh: {error}\n  How to mend it: {error.remedy}", style="red", markup=False)
        sys.exit(1)
    except PhananhError as error:
        out.print(f"phananh: {error}", style="red", markup=False)
        sys.exit(1)
