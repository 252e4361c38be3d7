"""The model that suggests kinds, kept by a server and read again when there is a newer one."""

import threading
import time
from datetime import datetime

from sqlalchemy import Engine

from geo import suggestion

# A newly taught model is used by every server within this.
LOOKED_AFTER_S = 60.0


class Suggestions:
    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._lock = threading.Lock()
        self._looked_at = float("-inf")
        self._made_at: datetime | None = None
        self._model: suggestion.Model | None = None

    def model(self) -> suggestion.Model | None:
        """The newest model; None before one was taught."""
        with self._lock:
            if time.monotonic() - self._looked_at >= LOOKED_AFTER_S:
                with self._engine.connect() as connection:
                    made_at = suggestion.stored_at(connection)
                    if made_at != self._made_at:
                        self._model = suggestion.stored(connection)
                        self._made_at = made_at
                self._looked_at = time.monotonic()
            return self._model
