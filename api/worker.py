"""The serving process: what `phananh serve` becomes once the database is ready.

A process of its own because preparing loads pandas and GDAL, which serving does without: 60 MiB.
"""

import gc
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import NoReturn

import uvicorn

from api import beside
from api.app import create_app
from api.client import proxying
from api.cluster import PrivateCluster
from api.settings import Settings
from geo.database import SERVICE_ROLE, psycopg_url
from geo.database import engine as make_engine

PROGRAM = [sys.executable, "-m", "api.serving_process"]
URL, OWNED, AS = "PHANANH_SERVING_URL", "PHANANH_SERVING_CLUSTER", "PHANANH_SERVING_AS"


def become(
    url: str, cluster: PrivateCluster | None, host: str, port: int, var: Path, *, private: bool
) -> NoReturn:
    """Replace this process by the worker, which stops `cluster` at its end.

    A `private` database lets the service in as its own role, which then cannot become the owner.
    """
    service = psycopg_url(url, user=SERVICE_ROLE) if private else ""
    environment: Mapping[str, str] = os.environ | {
        URL: url,
        AS: service,
        OWNED: str(cluster.var) if cluster is not None else "",
        "PHANANH_HOST": host,
        "PHANANH_PORT": str(port),
        "PHANANH_VAR": str(var),
        # Threads share two heaps: with one for each, memory that was freed stays with the process.
        "MALLOC_ARENA_MAX": os.environ.get("MALLOC_ARENA_MAX", "2"),
        # What is large goes back to the system as soon as it is freed.
        "MALLOC_MMAP_THRESHOLD_": os.environ.get("MALLOC_MMAP_THRESHOLD_", "262144"),
        "MALLOC_TRIM_THRESHOLD_": os.environ.get("MALLOC_TRIM_THRESHOLD_", "1048576"),
    }
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, PROGRAM, dict(environment))  # noqa: S606


class _Server(uvicorn.Server):
    """Lets streams end at a signal: they would be waited for."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        live = getattr(self.config.app.state, "live", None)  # type: ignore[union-attr]
        if live is not None:
            live.end()
        super().handle_exit(sig, frame)


def main() -> None:
    """Serve until a signal; Ctrl-C and SIGTERM stop the private cluster too."""
    settings = Settings()
    # uvicorn raises the signal again when it is done: end as after Ctrl-C.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    url, owned, service = (os.environ.pop(name) for name in (URL, OWNED, AS))
    if settings.service_url is not None:
        service = settings.service_url.get_secret_value()
    serving = make_engine(
        service or url,
        statement_timeout_ms=settings.statement_timeout_ms,
        pool_size=settings.connections,
        role=None if service else SERVICE_ROLE,
    )
    worker = beside.start(url) if settings.work else None
    app = create_app(serving, settings)
    # What is there now stays: looking through it again and again stops everything for 100 ms.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    try:
        server = _Server(
            uvicorn.Config(
                app,
                host=settings.host,
                port=settings.port,
                log_level="warning",
                access_log=False,
                server_header=False,
                timeout_graceful_shutdown=10,
                **proxying(settings),
            )
        )
        # As uvicorn.run does, which makes a server of its own; 3 says that it could not start.
        with suppress(KeyboardInterrupt):
            server.run()
        if not server.started:
            sys.exit(3)
    except KeyboardInterrupt:
        sys.exit(130)
    finally:
        serving.dispose()
        if worker is not None:
            beside.end(worker)
        if owned:
            PrivateCluster(Path(owned)).stop()
