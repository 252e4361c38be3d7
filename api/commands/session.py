"""What every command needs: the database, the screen, and the parts of a first start."""

import getpass
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from sqlalchemy import Engine, event

from api.cluster import PrivateCluster
from api.settings import Settings
from geo.catalogue import ensure_catalogue
from geo.database import engine as make_engine
from geo.database import migrate as run_migrations
from geo.recount import ensure_layout
from geo.row_security import ensure_quick

out = Console(stderr=True, highlight=False)
Var = Annotated[Path | None, typer.Option(envvar="PHANANH_VAR", help="Private database and files.")]


def locate(var: Path | None) -> tuple[str, PrivateCluster | None]:
    """The server at DATABASE_URL, or the private cluster, started; its address."""
    url = os.environ.get("DATABASE_URL")
    if url:
        return url, None
    cluster = PrivateCluster(var or Settings().var)
    return cluster.start(), cluster


def actor() -> str:
    """Who a command is in the audit log."""
    return f"command:{getpass.getuser()}"


def _named(connection: Any, record: Any) -> None:
    # What the database writes down of a change by itself says whose command made it.
    connection.execute("SELECT set_config('phananh.command', %s, false)", (actor(),))
    connection.commit()


@contextmanager
def database(var: Path | None) -> Iterator[Engine]:
    """The server at DATABASE_URL, or the private cluster for as long as it is needed."""
    url, cluster = locate(var)
    engine = make_engine(url, pool_size=10, statement_timeout_ms=0)
    event.listen(engine, "connect", _named)
    try:
        yield engine
    finally:
        engine.dispose()
        if cluster is not None and cluster.started:
            cluster.stop()


def bring_up(engine: Engine) -> None:
    """Schema, domains and categories, and stored counts as this version wants them."""
    with engine.begin() as connection:
        run_migrations(connection)
        ensure_catalogue(connection)
        ensure_quick(connection)
    with Progress(console=out, transient=True) as bar:
        task = bar.add_task("counting", total=None)
        if ensure_layout(engine, lambda done, of: bar.update(task, completed=done, total=of)):
            out.print("  the stored counts were made anew for this version")


@contextmanager
def prepared(var: Path | None) -> Iterator[Engine]:
    """The database with its schema and catalogue up to date."""
    with database(var) as engine:
        bring_up(engine)
        yield engine
