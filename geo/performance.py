"""How the work goes: counts, times and shares of what is handled, each with its interval.

They are of what is handled in some areas: complaints by when they were reported, closings by when
they were closed (`geo.measures.BY_CLOSING`). Times are those of `geo.taken`.
"""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final, NamedTuple

import numpy as np
from sqlalchemy import Connection, select, text

from geo.due_pass import Rules
from geo.filters import Filter
from geo.measured import (
    PERIODS,
    Asked,
    Handed,
    Ints,
    Judged,
    Measured,
    handed_out,
    judged,
    measured,
)
from geo.measures import BY_CLOSING, HANDED_OUT, MEASURES
from geo.reporting_frames import Frame, frame_keys, frames
from geo.satisfaction import Tally, wilson
from geo.schema import account
from geo.survival import Quantile, quantiles
from geo.taken import CLOCKS, Taken, Took, taken

# Of fewer, one more or less moves a figure far: the interval is told alone.
FEW: Final = 20
SHARES: Final = (0.5, 0.9)


class Times(NamedTuple):
    """How long it took, in hours."""

    n: int
    """How many it is told of, open ones too."""
    done: int
    median: Quantile
    p90: Quantile

    @property
    def few(self) -> bool:
        return self.done < FEW


class Figures(NamedTuple):
    """Of one row."""

    n: dict[str, int]
    """By measure."""
    linked: tuple[str, ...]
    """The measures all of whose complaints the asker may see."""
    reaction: dict[str, Times]
    """By clock."""
    closing: dict[str, Times]
    satisfaction: Tally
    stood_h: float
    """Working hours for which clocks stood still."""


def figures(
    of: Measured,
    took: Taken,
    rated: Sequence[Judged],
    given: Sequence[Handed],
) -> Figures:
    """Of some complaints together."""
    inside = of.inside
    n, linked = {}, []
    for name in MEASURES:
        flags = of.is_(name)
        n[name] = int(flags.sum())
        if n[name] and bool(inside[flags].all()):
            linked.append(name)
    out = {one.complaint: one.inside for one in given}
    n[HANDED_OUT] = len(out)
    if out and all(out.values()):
        linked.append(HANDED_OUT)
    tally = Tally()
    for one in rated:
        times = one.satisfied + one.accepted + one.dissatisfied
        tally = tally.plus(
            Tally(0, one.satisfied, one.accepted, one.dissatisfied, one.reopened, times**2)
        )
    return Figures(
        n,
        tuple(linked),
        {clock: _times(took.reaction[clock]) for clock in CLOCKS},
        {clock: _times(took.closing[clock]) for clock in CLOCKS},
        # Judgements are of what was reported in the time.
        tally._replace(answered=int((of.closed & of.is_("received")).sum())),
        round(float(took.stood.sum()), 2),
    )


def _times(took: Took) -> Times:
    told = ~np.isnan(took.hours)
    hours, done = took.hours[told], took.done[told]
    return Times(len(hours), int(done.sum()), *quantiles(hours, done, SHARES))


def before_here(connection: Connection, of: Filter) -> Times:
    """How long, on the calendar, what was closed before anyone here handled it took."""
    hours: list[float] = []
    for city in of.cities:
        areas = [one.id for one in of.areas if one.city_id == city.id]
        if of.areas and not areas:
            continue
        found = connection.execute(
            text(
                "SELECT work_before(:city, :since, :until, CAST(:areas AS integer[]),"
                " CAST(:domains AS smallint[]), CAST(:categories AS smallint[]))"
            ),
            {
                "city": city.id, "since": of.since, "until": of.until, "areas": areas,
                "domains": list(of.domains), "categories": list(of.categories),
            },
        ).scalar_one()  # fmt: skip
        hours += [seconds / 3600 for seconds in found]
    times = np.array(hours)
    return _times(Took(times, np.ones(len(times), dtype=bool)))


def share_in_time(n: dict[str, int]) -> tuple[float, float, float, int] | None:
    """Closed in time of what was closed, or lies open beyond its limit, with its 95 % interval and
    of how many.

    What was handed over and missed its limit is left out: who got it had not all of the time.
    """
    of = n["kept"] + n["missed"] - n["missed_handed"]
    if not of:
        return None
    share = n["kept"] / of
    return (share, *wilson(share, of), of)


def grouped(
    of: Measured,
    took: Taken,
    rated: Sequence[Judged],
    given: Sequence[Handed],
    keys: Ints,
    judged_keys: Ints,
    handed_keys: Ints,
) -> dict[int, Figures]:
    """Figures by key, in the order of the keys."""
    order = np.argsort(keys, kind="stable")
    found, first = np.unique(keys[order], return_index=True)
    parts = dict(zip(found.tolist(), np.split(order, first[1:]), strict=True)) if len(keys) else {}
    rated_of, given_of = _split(rated, judged_keys), _split(given, handed_keys)
    nothing = np.zeros(0, dtype=np.int64)
    rows = {}
    for key in sorted({*parts, *given_of}):
        rows[key] = figures(
            *_part(of, took, parts.get(key, nothing)), rated_of.get(key, []), given_of.get(key, [])
        )
    return rows


def _split(items: Sequence[Any], keys: Ints) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for item, key in zip(items, keys.tolist(), strict=True):
        found.setdefault(key, []).append(item)
    return found


def _part(of: Measured, took: Taken, rows: Ints) -> tuple[Measured, Taken]:
    some = of._replace(
        key=of.key[rows], city=of.city[rows], flags=of.flags[rows], reported=of.reported[rows],
        arrived=of.arrived[rows], reacted=of.reacted[rows], finished=of.finished[rows],
        due=of.due[rows], stood=(),
    )  # fmt: skip
    both = [
        {clock: Took(one.hours[rows], one.done[rows]) for clock, one in time_of.items()}
        for time_of in (took.reaction, took.closing)
    ]
    return some, Taken(both[0], both[1], took.stood[rows])


def _at_moments(of: Measured, took: Taken) -> tuple[Measured, Taken, Ints]:
    """Each as what was reported, and as what was closed or missed, and when that was."""
    came = np.flatnonzero(of.is_("received"))
    ended = np.flatnonzero(of.is_("closed") | of.is_("missed"))
    both = np.concatenate([came, ended])
    late = np.arange(len(both)) >= len(came)
    flags = np.where(
        late,
        of.only(BY_CLOSING)[both],
        of.only([one for one in MEASURES if one not in BY_CLOSING])[both],
    )
    finished = np.where(of.closed, of.finished, of.due)[both]
    moments = np.where(late, finished, of.reported[both])
    some, times = _part(of, took, both)
    # Times are of what was reported.
    reaction, closing = (
        {clock: one._replace(hours=np.where(late, np.nan, one.hours)) for clock, one in own.items()}
        for own in (times.reaction, times.closing)
    )
    stood = np.where(late, 0.0, times.stood)
    return some._replace(flags=flags), Taken(reaction, closing, stood), moments


class Row(NamedTuple):
    """Figures of one area, unit, person or time."""

    key: int | str
    """Id of the area, domain, category or account, the unit's name, or the period; 0, "": none."""
    figures: Figures
    frame: Frame | None = None


class Performance(NamedTuple):
    whole: Figures
    rows: list[Row]


def performance(
    connection: Connection, asked: Asked, rules: Rules, days: tuple[date, date] | None = None
) -> Performance:
    """What the asker may count under the question; `days` are those of the filter, for periods."""
    of = measured(connection, asked)
    took = taken(of, rules, asked.now)
    rated, given = judged(connection, asked), handed_out(connection, asked)
    whole = figures(of, took, rated, given)
    if asked.by is None:
        return Performance(whole, [])
    if asked.by in PERIODS:
        if days is None:
            raise ValueError("periods need the days they are of")
        some, zone = frames(*days, asked.by), asked.filter.cities[0].zone
        of, took, moments = _at_moments(of, took)
        keys = [
            frame_keys(one, some, zone)
            for one in (
                moments,
                [one.reported for one in rated],
                [one.reported for one in given],
            )
        ]
        found = grouped(of, took, rated, given, *keys)
        return Performance(
            whole,
            [Row(one.key, found.get(n) or _none(of, took), one) for n, one in enumerate(some)],
        )
    plain = [of.key, *(np.array([one.key for one in some], np.int64) for some in (rated, given))]
    if asked.by != "unit":
        found = grouped(of, took, rated, given, *plain)
        return Performance(whole, [Row(key, one) for key, one in found.items()])
    known = connection.execute(select(account.c.id, account.c.unit))
    units: dict[int, str | None] = {row.id: row.unit for row in known}
    names = sorted({units.get(int(key)) or "" for key in np.unique(of.key)})
    number = {name: n for n, name in enumerate(names)}
    by_unit = [
        np.array([number[units.get(int(key)) or ""] for key in keys], np.int64) for keys in plain
    ]
    found = grouped(of, took, rated, given, *by_unit)
    return Performance(whole, [Row(names[key], one) for key, one in found.items()])


def _none(of: Measured, took: Taken) -> Figures:
    return figures(*_part(of, took, np.zeros(0, np.int64)), [], [])
