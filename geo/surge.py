"""How many reports at once are usual in a place, so that far more of them are noticed."""

import math
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from sqlalchemy import Connection

from geo.cells import children, probes
from geo.database import sql

RESOLUTION: Final = 7
"""Of the cells that are looked at: some 5 km²."""
WITHIN: Final = timedelta(minutes=10)
# Days that are looked back at; today and yesterday may be what is judged.
DAYS: Final = 28
LEFT_OUT: Final = timedelta(days=2)
# One day or two of an attack, or of a storm, do not make the next one usual.
RANK: Final = 3
# Reports come while people are awake: a busy ten minutes have four times those of a mean one.
PER_DAY: Final = 144 / 4
# Far above what is usual, even at a busy time.
FAR: Final = 5


def believed(connection: Connection, cell: int, at: datetime, floor: int) -> int:
    """Reports within ten minutes in a cell of resolution 7 that are still nothing unusual.

    Five times a busy ten minutes of the third-busiest day of the four weeks before, at least
    `floor`.
    """
    until = at - LEFT_OUT
    busy = connection.execute(
        sql("geo", "busy_day"),
        {
            "cells": probes(children(np.array([cell], dtype=np.int64), 9)).tolist(),
            "since": until - timedelta(days=DAYS),
            "until": until,
            "rank": RANK,
        },
    ).scalar()
    return max(floor, math.ceil(FAR * (busy or 0) / PER_DAY))
