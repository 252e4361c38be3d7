"""A database full of sample complaints, and the service over it."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import Engine, text

from api.cluster import PrivateCluster
from api.limit_settings import LimitSettings
from bench.machine import ROOT
from bench.wire import HOST, Wire
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.catalogue import ensure_catalogue
from geo.database import engine as make_engine
from geo.database import migrate
from geo.recount import ensure_layout, fold_all
from geo.sample import SampleOrder, sample_all

UNTIL = datetime(2026, 11, 1, tzinfo=UTC)
SEED = 1
PART = 500_000
TRUE_BOUNDARIES = ROOT.parent / "shared" / "data" / "boundaries"


# One client asks all the questions: what one is allowed is measured by `bench.abuse` alone.
UNLIMITED = {
    f"PHANANH_{name.upper()}": "1000000000 per hour"
    for name in LimitSettings.model_fields
    if name.startswith(("limit_", "challenge_")) and name not in ("limit_store", "challenge_links")
} | {
    "PHANANH_FLOOD_FLOOR": "1000000000",
    "PHANANH_REPEATS_S": "0",
    "PHANANH_COST_PER_MINUTE_S": "1000000000",
    "PHANANH_COST_BURST_S": "1000000000",
    "PHANANH_COST_AT_ONCE": "1000",
}


def say(message: str) -> None:
    print(f"bench: {message}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def cluster(var: Path) -> Iterator[Engine]:
    """A private PostGIS of its own, stopped at the end unless it ran before."""
    private = PrivateCluster(var)
    made = make_engine(private.start())
    try:
        yield made
    finally:
        made.dispose()
        if private.started:
            private.stop()


def fill(engine: Engine, rows: int) -> dict[str, Any]:
    """Hanoi with its sample; what is there already is kept. Says how long the rest took."""
    with engine.begin() as connection:
        migrate(connection)
        ensure_catalogue(connection)
        true = (TRUE_BOUNDARIES / "hanoi-wards-2025.geojson").exists()
        ensure_hanoi(connection, TRUE_BOUNDARIES if true else None)
    if ensure_layout(engine):
        say("  counted anew for this version")
    if removed := clean(engine):
        say(f"  {removed:,} rows of a measurement that was stopped are taken away")
    begun, added = time.perf_counter(), 0

    def progress(done: int) -> None:
        if done % PART == 0 or done == rows:
            rate = done / (time.perf_counter() - begun)
            say(f"  {done:,} of {rows:,} rows, {rate:,.0f} rows/s")

    if _stored(engine) < rows:
        order = SampleOrder(1, WARDS.code, rows, SEED, UNTIL)
        added = sample_all(engine, order, progress=progress)
    seconds = time.perf_counter() - begun
    if added:
        tidy(engine)
    warm(engine)
    with engine.connect() as connection:
        size = connection.execute(text("SELECT pg_database_size(current_database())")).scalar_one()
    return {
        "rows": _stored(engine),
        "added": added,
        "rows_per_s": round(added / seconds) if added else None,
        "database_mib": round(size / 2**20),
        "true_boundaries": true,
    }


def warm(engine: Engine) -> None:
    """Pages into memory, as after a day of service; what does not fit is left on disk."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("CREATE EXTENSION IF NOT EXISTS pg_prewarm"))
        connection.execute(
            text(
                "SELECT pg_prewarm(i.oid) FROM pg_class t JOIN pg_index x ON x.indrelid = t.oid"
                " JOIN pg_class i ON i.oid = x.indexrelid JOIN pg_am m ON m.oid = i.relam"
                " WHERE t.relname IN ('complaint', 'complaint_area', 'rollup')"
                " AND m.amname <> 'gin' ORDER BY t.relname"
            )
        )
        connection.execute(text("SELECT pg_prewarm('rollup')"))


def tidy(engine: Engine) -> None:
    """As autovacuum would leave it after a while; it would disturb the measurements."""
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.execute(text("VACUUM (ANALYZE)"))
        connection.execute(text("CHECKPOINT"))


def _stored(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("SELECT count(*) FROM complaint")).scalar_one())


def clean(engine: Engine) -> int:
    """Take away what measurements wrote, so that the database can be used again."""
    which = (
        "SELECT c.id FROM complaint c JOIN source s ON s.id = c.source_id WHERE s.kind <> 'sample'"
    )
    with engine.begin() as connection:
        connection.execute(text("SELECT set_config('phananh.erase', 'sample', true)"))
        connection.execute(text(f"DELETE FROM event WHERE complaint_id IN ({which})"))
        removed = connection.execute(text(f"DELETE FROM complaint WHERE id IN ({which})")).rowcount
        connection.execute(text("DELETE FROM import_run"))
    if removed:
        fold_all(engine)
        tidy(engine)
    return removed


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, path: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    """Until the server answers; raises RuntimeError with the log's end when it does not."""
    # On a machine that is busy with other things it takes minutes.
    for _ in range(1500):
        if process.poll() is not None:
            break
        with contextlib.suppress(OSError, EOFError):
            if Wire(port, 10).get(path).status == 200:
                return
        time.sleep(0.2)
    tail = "\n".join(log.read_text("utf-8", "replace").splitlines()[-8:])
    raise RuntimeError(f"the server did not start:\n{tail}")


@contextlib.contextmanager
def server(
    command: list[str], environment: dict[str, str], port: int, ready: str, log: Path
) -> Iterator[psutil.Process]:
    """A server process that answers at `ready`; ended with the block."""
    clean_environment = {k: v for k, v in os.environ.items() if not k.startswith("PHANANH_")}
    clean_environment.pop("DATABASE_URL", None)
    # The nightly look at what is followed is another process, for the night.
    clean_environment["PHANANH_WORK"] = "false"
    with log.open("wb") as output:
        process = subprocess.Popen(
            command, cwd=ROOT, env=clean_environment | environment, stdout=output, stderr=output
        )
        try:
            wait_for(port, ready, process, log)
            yield psutil.Process(process.pid)
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def service(
    var: Path, port: int, log: Path, environment: dict[str, str] = UNLIMITED
) -> contextlib.AbstractContextManager[psutil.Process]:
    """`phananh serve` with one worker; it adopts the cluster that is running in `var`."""
    command = [sys.executable, "-m", "api.cli", "serve", "--var", str(var), "--port", str(port)]
    return server([*command, "--sample", "0"], environment, port, "/readyz", log)
