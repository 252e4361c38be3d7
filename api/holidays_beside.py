"""Public holidays for a process that answers requests: asked of a small one, and remembered.

The library would cost each server 20 MB for some forty days a year.
"""

import subprocess
import sys
import threading
import time
from datetime import date
from functools import lru_cache
from typing import Final

import structlog

from geo.database import ROOT
from geo.public_holidays import Year

log = structlog.get_logger()
TIMEOUT_S: Final = 10
# A machine that could not start a process is not asked for one by every request.
AGAIN_S: Final = 300
NONE: Final = Year(frozenset[date](), frozenset[date]())
_one_at_a_time: Final = threading.Lock()
_failed: dict[tuple[str, int], float] = {}


@lru_cache(maxsize=64)
def _asked(country: str, year: int) -> Year:
    told = subprocess.run(
        [sys.executable, "-m", "geo.public_holidays", country, str(year)],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=True,
        cwd=ROOT,
    )
    return Year.from_json(told.stdout)


def holidays_of(country: str, year: int) -> Year:
    """The holidays of a country in a year; none of a country that nobody knows them of.

    The first question for a year takes some 0.2 s.
    """
    with _one_at_a_time:
        if time.monotonic() - _failed.get((country, year), float("-inf")) < AGAIN_S:
            return NONE
        try:
            return _asked(country, year)
        except (OSError, subprocess.SubprocessError, ValueError) as error:
            _failed[country, year] = time.monotonic()
            log.warning("holidays_unknown", country=country, year=year, error=type(error).__name__)
            return NONE
