"""Run the service, migrate, fold counts."""

import signal
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import Progress
from sqlalchemy import Engine, text

from api.commands.session import Var, bring_up, database, locate, out
from api.query import read_vocabulary
from api.settings import Settings
from api.storage import PhotoStore
from api.worker import become
from boundaries.hanoi import WARDS, ensure_hanoi
from boundaries.landmarks import ensure_hanoi_landmarks
from geo.database import engine as make_engine
from geo.recount import fold_all
from geo.recount import rebuild as recount_all
from geo.sample import DUPLICATES, SampleOrder
from geo.sample import sample as add_sample
from geo.suggestion import stored_at


def prepare(engine: Engine, folder: Path | None, sample: int) -> None:
    """Schema, catalogue, Hanoi, and a sample where there is no complaint at all."""
    bring_up(engine)
    with engine.begin() as connection:
        for loaded in ensure_hanoi(connection, folder):
            out.print(f"  boundaries: {loaded.areas} areas loaded")
        city = read_vocabulary(connection).cities["hanoi"]
        hanoi = city.id
        if places := ensure_hanoi_landmarks(connection, city):
            out.print(f"  {places} known places (phananh load-landmarks brings others)")
        empty = not connection.execute(text("SELECT EXISTS (SELECT FROM complaint)")).scalar_one()
        if empty and sample:
            out.print(f"  {sample} sample complaints (phananh sample --remove takes them away)")
            until = datetime.now(UTC) - timedelta(minutes=1)
            add_sample(connection, SampleOrder(hanoi, WARDS.code, sample, 1, until, DUPLICATES))
        if stored_at(connection) is None:
            from geo.teaching import teach

            teach(connection, datetime.now(UTC))
            out.print("  kinds are suggested from words (phananh train teaches it anew)")


def serve(
    port: Annotated[int, typer.Option(envvar="PHANANH_PORT")] = 8000,
    host: Annotated[str, typer.Option(envvar="PHANANH_HOST")] = "127.0.0.1",
    var: Var = None,
    sample: Annotated[int, typer.Option(help="Sample rows for an empty database.")] = 20000,
) -> None:
    """Run the service with Hanoi; Ctrl-C stops all of it."""
    settings = Settings()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    PhotoStore(settings if var is None else settings.model_copy(update={"var": var})).check()
    url, cluster = locate(var)
    owned = cluster if cluster is not None and cluster.started else None
    engine = make_engine(url)
    try:
        prepare(engine, settings.boundary_dir, sample)
    except BaseException:
        engine.dispose()
        if owned is not None:
            owned.stop()
        raise
    engine.dispose()
    out.print(f"[bold]phananh: http://{host}:{port}/[/bold]  (Ctrl-C stops it)")
    become(url, owned, host, port, var or settings.var, private=cluster is not None)


def migrate(var: Var = None) -> None:
    """Bring the database's schema up to date."""
    with database(var) as engine:
        bring_up(engine)


def refresh(
    rebuild: Annotated[
        bool, typer.Option("--rebuild", help="Count everything anew from the complaints.")
    ] = False,
    var: Var = None,
) -> None:
    """Fold pending changes into the stored counts."""
    with database(var) as engine:
        if not rebuild:
            out.print(f"{fold_all(engine):,} changes folded")
            return
        with Progress(console=out) as bar:
            task = bar.add_task("counting", total=None)
            blocks = recount_all(
                engine, lambda done, of: bar.update(task, completed=done, total=of)
            )
        out.print(f"counted anew: {blocks} blocks of 256 days")
