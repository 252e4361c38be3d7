"""What each complaint has taken, on two clocks.

Calendar time is what who reported it waits, from reporting on, nights and all. Working time is what
the office has had, from when it came there, without what stops the clock.
"""

from datetime import datetime
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from geo.deadlines import stopped
from geo.due_pass import Rules
from geo.duelines import Line, instant, line_over, micros
from geo.measured import NEVER, Ints, Measured
from geo.survival import Floats

HOUR: Final = 3_600_000_000
CLOCKS: Final = ("working", "calendar")


class Took(NamedTuple):
    """What each complaint took until something, in hours; NaN: it is not told of this one."""

    hours: Floats
    done: NDArray[np.bool_]


class Taken(NamedTuple):
    """By clock."""

    reaction: dict[str, Took]
    closing: dict[str, Took]
    stood: Floats
    """Working hours for which the clock stood still."""


def taken(of: Measured, rules: Rules, now: datetime) -> Taken:
    """What each complaint has taken so far. Raises `MappingError` for a calendar that is wrong."""
    lines = {
        int(city): line_over(
            rules.calendars[int(city)], [int(of.reported[of.city == city].min()), micros(now)], 0
        )
        for city in np.unique(of.city)
    }
    here = np.int64(micros(now))
    came = np.maximum(of.reported, of.arrived)
    open_ones = of.is_("open")
    # Of what was reported in the time alone: closings of it would leave out what lies open.
    came_then = of.is_("received")
    until = np.where(of.closed, of.finished, here)
    told = (of.closed | open_ones) & came_then
    reacted = of.reacted != NEVER
    first = np.where(reacted, of.reacted, here)
    asked = (reacted | open_ones) & came_then
    # Reacted to before it came: that was another's.
    own = asked & ~(reacted & (of.reacted < came))
    stops = _stops(of, rules, here)
    closing = _working(of, lines, stops, came, until)
    reaction = _working(of, lines, stops, came, first)
    return Taken(
        {
            "working": _took(reaction[0], reacted, own),
            "calendar": _took(first - of.reported, reacted, asked),
        },
        {
            "working": _took(closing[0], ~open_ones, told),
            "calendar": _took(until - of.reported, ~open_ones, told),
        },
        np.where(came_then, closing[1] / HOUR, 0.0),
    )


def _took(spans: Ints, done: NDArray[np.bool_], told: NDArray[np.bool_]) -> Took:
    return Took(np.where(told, np.maximum(spans, 0) / HOUR, np.nan), done)


def _stops(of: Measured, rules: Rules, here: np.int64) -> list[tuple[int, Ints]]:
    """When the clock of a row stood still, shape (k, 2); as far as its policy lets it."""
    found = []
    for one in of.stood:
        calendar = rules.calendars[int(of.city[one.row])]
        day = calendar.day_of(instant(int(of.reported[one.row])))
        limits = rules.limits(one.domain_id, one.category_id, day)
        still = [
            (micros(since), here if until is None else micros(until))
            for since, until in stopped(limits, one.pauses, calendar)
        ]
        if still:
            found.append((one.row, np.array(still, dtype=np.int64)))
    return found


def _working(
    of: Measured,
    lines: dict[int, Line],
    stops: list[tuple[int, Ints]],
    begin: Ints,
    end: Ints,
) -> tuple[Ints, Ints]:
    """Working time between instants without what stopped the clock, and what did."""
    spans, still = np.zeros(len(begin), np.int64), np.zeros(len(begin), np.int64)
    for city, line in lines.items():
        own = of.city == city
        spans[own] = line.passed(end[own]) - line.passed(begin[own])
    for row, ends in stops:
        passed = lines[int(of.city[row])].passed(
            np.clip(ends, begin[row], max(begin[row], end[row]))
        )
        still[row] = (passed[:, 1] - passed[:, 0]).sum()
    return np.maximum(spans - still, 0), still
