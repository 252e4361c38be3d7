"""Deadlines of many complaints at once: working time as a line, read in both directions.

The spans of a calendar follow each other; the working time before each is a running sum. How much
has passed at an instant, and when so much has passed, are two binary searches. Whole microseconds,
so that it is to the last one what `geo.working_time` counts.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from geo.calendars import CityCalendar
from geo.working_time import Calendar

Instants = NDArray[np.int64]
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
BEYOND: Final = np.iinfo(np.int64).max
"""Later than the line reaches."""


def micros(at: datetime) -> int:
    return (at - EPOCH) // MICROSECOND


def instant(micros: int) -> datetime:
    return EPOCH + int(micros) * MICROSECOND


class Line:
    """The working time of a calendar from one local day to another, both included."""

    def __init__(self, calendar: Calendar | CityCalendar, first: date, last: date) -> None:
        days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
        spans = [sorted(calendar.spans(day)) for day in days]
        flat = [(micros(begin), micros(end)) for day in spans for begin, end in day]
        pairs = np.array(flat, dtype=np.int64).reshape(-1, 2)
        self._begins = pairs[:, 0]
        self._sums = np.concatenate([[0], np.cumsum(pairs[:, 1] - pairs[:, 0])]).astype(np.int64)
        self._days = np.array([_midnight(day, calendar.zone) for day in days], dtype=np.int64)
        worked = np.array([bool(day) for day in spans])
        self._worked = np.cumsum(worked)
        ends = [micros(max(end for _, end in day)) for day in spans if day]
        self._ends = np.array(ends, dtype=np.int64)

    def passed(self, at: Instants) -> Instants:
        """The working time from the line's begin until each instant."""
        if not self._begins.size:
            return np.zeros_like(at)
        n = np.maximum(np.searchsorted(self._begins, at, side="right") - 1, 0)
        within = np.clip(at - self._begins[n], 0, self._sums[n + 1] - self._sums[n])
        passed: Instants = self._sums[n] + within
        return passed

    def when(self, passed: Instants) -> Instants:
        """The first instant by which so much has passed; `BEYOND` where it never has."""
        n = np.searchsorted(self._sums[1:], passed, side="left")
        there = n < self._begins.size
        n = np.where(there, n, 0)
        if not self._begins.size:
            return np.full_like(passed, BEYOND)
        return np.where(there, self._begins[n] + passed - self._sums[n], BEYOND)

    def after(self, starts: Instants, duration: timedelta) -> Instants:
        """As `add_working`, for each start."""
        if duration <= timedelta():
            return starts
        return self.when(self.passed(starts) + duration // MICROSECOND)

    def day_ends(self, starts: Instants, days: int) -> Instants:
        """As `end_of_working_day` for at least one day, for each start."""
        own = np.searchsorted(self._days, starts, side="right") - 1
        n = self._worked[own] + days - 1
        there = n < self._ends.size
        if not self._ends.size:
            return np.full_like(starts, BEYOND)
        return np.where(there, self._ends[np.where(there, n, 0)], BEYOND)


def _midnight(day: date, zone: ZoneInfo) -> int:
    return micros(datetime.combine(day, time(), zone).astimezone(UTC))


def line_over(calendar: Calendar | CityCalendar, starts: Sequence[int], years: int = 1) -> Line:
    """Long enough for starts, and what is due within some years of the last of them."""
    first = calendar.day_of(instant(min(starts))) - timedelta(days=1)
    last = calendar.day_of(instant(max(starts))) + timedelta(days=1 + 366 * years)
    return Line(calendar, first, last)
