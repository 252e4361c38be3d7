"""Weeks, months and quarters of local days, as figures are told by."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from geo.duelines import micros
from geo.measured import PERIODS, Ints


class Frame(NamedTuple):
    """A week, month or quarter, of local days, half-open."""

    key: str
    since: date
    until: date


def frames(since: date, until: date, step: str) -> list[Frame]:
    """The periods that hold days from `since` to before `until`; the outer ones whole.

    >>> [one.key for one in frames(date(2026, 1, 30), date(2026, 2, 3), "month")]
    ['2026-01', '2026-02']
    """
    if step not in PERIODS:
        raise ValueError(f"no period: {step}")
    found, begin = [], _begin(since, step)
    while begin < until:
        end = _begin(begin + timedelta(days={"week": 7, "month": 31, "quarter": 92}[step]), step)
        names = {"week": f"{begin}", "month": f"{begin:%Y-%m}",
                 "quarter": f"{begin.year}-Q{begin.month // 3 + 1}"}  # fmt: skip
        found.append(Frame(names[step], begin, end))
        begin = end
    return found


def _begin(day: date, step: str) -> date:
    if step == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1, month=day.month if step == "month" else (day.month - 1) // 3 * 3 + 1)


def frame_keys(reported: Sequence[int] | Ints, some: Sequence[Frame], zone: ZoneInfo) -> Ints:
    """The number of each instant's frame."""
    begins = [micros(datetime.combine(one.since, time(), zone)) for one in some]
    at: Ints = np.asarray(reported, dtype=np.int64)
    return np.searchsorted(np.array(begins, np.int64), at, side="right").astype(np.int64) - 1
