"""Changes are folded into the stored counts by the worker: it sees every complaint, and the service
keeps answering meanwhile."""

import threading
from typing import Final

import structlog
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from geo.recount import fold_all, is_loading

log = structlog.get_logger()
# Few changes cost a read little; folding them costs more.
FEW: Final = 1000


class Folder:
    """A thread that folds at times; a lock in the database lets one fold at a time."""

    def __init__(self, engine: Engine, *, seconds: float = 10.0) -> None:
        self._engine, self._seconds = engine, seconds
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="fold", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stop.set()
        self._thread.join(timeout=10)

    def fold(self) -> int:
        """Fold if much waits and no bulk load runs, which folds itself; returns how many rows."""
        with self._engine.connect() as connection:
            waiting = int(connection.execute(text("SELECT count(*) FROM pending")).scalar_one())
            if waiting <= FEW or is_loading(connection):
                return 0
        return fold_all(self._engine, wait=False)

    def _run(self) -> None:
        while not self._stop.wait(self._seconds):
            try:
                self.fold()
            except SQLAlchemyError as error:
                log.warning("folding_interrupted", error=type(error).__name__)
            except Exception as error:
                log.error("folding_interrupted", exc_info=error)
