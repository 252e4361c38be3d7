"""The worker: a process that makes rounds at their times, by jobs in the same database.

procrastinate keeps the jobs: two workers share them, and what is due while none runs is made up
for. `python -m api.jobs` is what `phananh serve` starts beside itself.
"""

import asyncio
import logging
import os
import signal
import sys
import threading
import time
from contextlib import suppress
from datetime import UTC, datetime
from typing import Final

import procrastinate
import structlog
from procrastinate.exceptions import ConnectorException
from sqlalchemy.engine import make_url

from api import (
    audit_rounds,
    boundary_rounds,
    due_rounds,
    progress_round,
    rounds,
    sweeping,
    watch_rounds,
    weekly_rounds,
)
from api.folding import Folder
from api.settings import Settings
from api.storage import PhotoStore
from geo.database import engine as make_engine

log = structlog.get_logger()
ENDS_WITHIN_S: Final = 10
STALLED_AFTER_S: Final = 60
KEPT_HOURS: Final = 7 * 24
# No look of one night takes as long.
STATEMENT_TIMEOUT_MS: Final = 300_000


def queue(url: str, settings: Settings) -> procrastinate.App:
    """The rounds as jobs over a database; nothing runs until a worker does."""
    engine = make_engine(url, pool_size=12, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    plain = make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
    app = procrastinate.App(
        connector=procrastinate.PsycopgConnector(conninfo=plain, min_size=1, max_size=4)
    )

    # A round that waits is enough: it is not queued a second time. All of them can be repeated.
    @app.periodic(cron="* * * * *")
    @app.task(name="send", queueing_lock="send")
    def send(timestamp: int) -> None:
        rounds.send(engine, settings, datetime.now(UTC))

    @app.periodic(cron="* * * * *")
    @app.task(name="tell", queueing_lock="tell")
    def tell(timestamp: int) -> None:
        progress_round.tell(engine, settings)

    # Who confirms is looked after within minutes; for all others it is due once a night.
    @app.periodic(cron="*/5 * * * *")
    @app.task(name="observe", queueing_lock="observe")
    def observe(timestamp: int) -> None:
        rounds.observe(engine, settings, datetime.now(UTC))

    # New complaints are gathered for a minute, for all who watch together.
    @app.periodic(cron="* * * * *")
    @app.task(name="watch", queueing_lock="watch")
    def watch(timestamp: int) -> None:
        if watch_rounds.watch(engine, settings, datetime.now(UTC)):
            rounds.send(engine, settings, datetime.now(UTC))

    @app.periodic(cron="* * * * *")
    @app.task(name="push", queueing_lock="push")
    def push(timestamp: int) -> None:
        watch_rounds.push(engine, settings, datetime.now(UTC))

    # A thread hears of each change (see `run`); this is for what it could not count then.
    @app.periodic(cron="* * * * *")
    @app.task(name="deadlines", queueing_lock="deadlines")
    def deadlines(timestamp: int) -> None:
        due_rounds.count_due(engine)
        if due_rounds.remind(engine, settings, datetime.now(UTC)):
            rounds.send(engine, settings, datetime.now(UTC))

    # A thread hears of each draft (see `run`); days begin for none of them to be heard.
    @app.periodic(cron="* * * * *")
    @app.task(name="boundaries", queueing_lock="boundaries")
    def boundaries(timestamp: int) -> None:
        boundary_rounds.look(engine, datetime.now(UTC))

    @app.periodic(cron="* * * * *")
    @app.task(name="audit", queueing_lock="audit")
    def audit(timestamp: int) -> None:
        if audit_rounds.look(engine, settings):
            rounds.send(engine, settings, datetime.now(UTC))

    # Tried again every hour: a day has one.
    @app.periodic(cron="7 * * * *")
    @app.task(name="anchor", queueing_lock="anchor")
    def anchor(timestamp: int) -> None:
        audit_rounds.anchor(engine, settings, datetime.now(UTC))

    # Due on Monday morning; looked at all day, for what waited.
    @app.periodic(cron="7,37 * * * *")
    @app.task(name="weekly", queueing_lock="weekly")
    def weekly(timestamp: int) -> None:
        weekly_rounds.write(engine, settings, datetime.now(UTC))

    @app.periodic(cron="17 * * * *")
    @app.task(name="forget", queueing_lock="forget")
    def forget(timestamp: int) -> None:
        rounds.forget(engine, datetime.now(UTC))

    @app.periodic(cron="23 * * * *")
    @app.task(name="erase", queueing_lock="erase")
    def erase(timestamp: int) -> None:
        rounds.erase(engine, settings, datetime.now(UTC))

    store = PhotoStore(settings)

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="sweep", queueing_lock="sweep")
    def sweep(timestamp: int) -> None:
        now = datetime.now(UTC)
        sweeping.sweep(engine, store, now, sweeping.parts_due(now))

    @app.periodic(cron="*/10 * * * *")
    @app.task(name="tidy", queueing_lock="tidy")
    async def tidy(timestamp: int) -> None:
        # Of workers that were killed: their rounds come again by themselves.
        manager = app.job_manager
        for job in await manager.get_stalled_jobs(seconds_since_heartbeat=STALLED_AFTER_S):
            await manager.finish_job(job, status=procrastinate.jobs.Status.FAILED, delete_job=True)
        await manager.delete_old_jobs(KEPT_HOURS, include_failed=True)

    return app


def _watch(parent: int) -> None:
    """End with the process that started this one, though it was killed."""
    while os.getppid() == parent:
        time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(ENDS_WITHIN_S)
    # Rounds can be ended at any moment.
    os._exit(1)


async def work(url: str, settings: Settings) -> None:
    """Work until a signal comes; a database that is away is tried again, ever less often."""
    wait = 1.0
    while True:
        app = queue(url, settings)
        try:
            async with app.open_async():
                await app.run_worker_async(
                    # Mail and pushes go out while a long look is made.
                    concurrency=4,
                    shutdown_graceful_timeout=ENDS_WITHIN_S,
                    delete_jobs="successful",
                    install_signal_handlers=True,
                )
            break
        except (ConnectorException, OSError) as error:
            log.warning("worker_interrupted", error=type(error).__name__, again_in_s=wait)
        await asyncio.sleep(wait)
        wait = min(wait * 2, 30.0)


def run(url: str, settings: Settings, parent: int | None = None) -> None:
    """`work`, for as long as the process `parent` lives where one is given."""
    if parent is not None:
        threading.Thread(target=_watch, args=(parent,), name="watch", daemon=True).start()
    logging.getLogger("procrastinate").setLevel(logging.ERROR)
    counting = make_engine(url, pool_size=6, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    keeper = due_rounds.DueKeeper(counting)
    keeper.start()
    drafting = make_engine(url, pool_size=4, statement_timeout_ms=STATEMENT_TIMEOUT_MS)
    drafts = due_rounds.DueKeeper(
        drafting, "boundary_draft", lambda own: boundary_rounds.look(own, datetime.now(UTC))
    )
    drafts.start()
    folder = Folder(counting)
    folder.start()
    with suppress(KeyboardInterrupt):
        asyncio.run(work(url, settings))
    folder.stop()
    keeper.stop()
    drafts.stop()
    counting.dispose()
    drafting.dispose()


if __name__ == "__main__":
    # Until the worker listens for signals itself, they end it quietly.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    run(os.environ["DATABASE_URL"], Settings(), int(sys.argv[1]) if len(sys.argv) > 1 else None)
