"""What has become of hot spots that are followed: told when it matters, and only then.

Pure functions of one night after another. Windows are the last 28 whole local days and the 28
before. The thresholds were chosen on simulated cities in which nothing happens
(`tests/geo/test_following.py`, docs/following.md): the same news about one spot, or a change that
chance would give, is not told.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import Any, Final, Literal, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from geo.cells import from_hex, hexes
from geo.compare import overdispersion, rate_ratio

WEEKS: Final = 8
# Weeks of the window that is compared with the one before.
LATER: Final = np.arange(WEEKS) >= WEEKS // 2
WINDOW: Final = timedelta(days=7 * WEEKS // 2)
# Growth is told from a quarter more on, fading from a fifth less on: a quarter the other way.
GROWN: Final = 1.25
# Of the exact test, for one spot in one night. A year of nights is some thirteen windows apart.
ALPHA: Final = 0.001
# The share of the smaller one's cells that two have in common to be one.
OVERLAP: Final = 0.5
# Nights in a row: at its edge of significance a spot comes and goes from one night to the next.
# One that has come with a rise is told after three, one that has risen slowly, or is gone, when a
# whole window has passed.
PRESENT: Final = 3
LASTING: Final = 28
# Class of `geo.hotspots.significance_class` of what is told as new or back: 99 %.
CERTAIN: Final = 3
# A spot was chosen for being high, so that some of its fall is chance: until its window is in
# neither of the two, fading is not told (regression to the mean).
SETTLED: Final = 2 * WINDOW
# What is gone so long is no longer remembered where all spots are followed.
FORGOTTEN: Final = timedelta(days=365)
# One alarm by chance a year, where every night is looked at.
ALARM_P: Final = 1 / 365
# A group that is not seen for so long is another one when it comes again.
SAME_GROUP: Final = timedelta(days=14)

Kind = Literal["new", "grew", "faded", "gone", "returned", "group"]
State = Literal["candidate", "hot", "gone"]


class Night(NamedTuple):
    """What one night's look found: cells of the study ascending, and a row for each."""

    day: date
    """The first local day no longer counted."""
    cells: NDArray[np.int64]
    weeks: NDArray[np.int64]
    """Complaints of the last eight whole weeks, the earliest first; shape (cells, 8)."""
    level: NDArray[np.int8]
    """Class of significance of the last 28 days; shape (cells,)."""
    spot: NDArray[np.int64]
    """Which hot spot of the last 28 days a cell belongs to, -1 for none."""
    direct: csr_array
    """Neighbours one step apart."""


@dataclass(frozen=True, slots=True)
class Tracked:
    """A place that is followed: its cells stay those it was chosen by, so that counts compare."""

    cells: tuple[int, ...]
    since: date
    state: State
    nights: int = 0
    """How many nights in a row have spoken against the state."""
    told: Mapping[str, date] = field(default_factory=dict)
    """When each kind of news was told last."""

    def as_json(self) -> dict[str, Any]:
        return {
            "cells": hexes(self.cells),
            "since": self.since.isoformat(),
            "state": self.state,
            "nights": self.nights,
            "told": {kind: day.isoformat() for kind, day in self.told.items()},
        }

    @classmethod
    def from_json(cls, given: Mapping[str, Any]) -> Self:
        return cls(
            tuple(from_hex(cell) for cell in given["cells"]),
            date.fromisoformat(given["since"]),
            given["state"],
            given["nights"],
            {kind: date.fromisoformat(day) for kind, day in given["told"].items()},
        )


class Change(NamedTuple):
    """Complaints of a place in the last 28 days against the 28 before."""

    before: int
    after: int
    ratio: float
    lower: float
    upper: float
    p: float
    """Two-sided, of no change of the place, or of none but the rest's: the larger of the two."""
    against_rest: float
    """The ratio divided by that of all other cells; NaN where these had none."""


class News(NamedTuple):
    kind: Kind
    cells: tuple[int, ...]
    """Of the followed place, or for a new one of the hot spot."""
    now: tuple[int, ...]
    """Of the hot spots of the night that are this place; empty where it is none."""
    change: Change


class _Spot(NamedTuple):
    cells: frozenset[int]
    level: int


def overlap(one: frozenset[Any], other: frozenset[Any]) -> float:
    """Common members by those of the smaller set (Szymkiewicz-Simpson); 0 where one is empty.

    >>> overlap(frozenset({1, 2, 3, 4}), frozenset({3, 4, 5}))
    0.6666666666666666
    """
    fewer = min(len(one), len(other))
    return len(one & other) / fewer if fewer else 0.0


def change(night: Night, at: NDArray[np.int64]) -> Change:
    """The change of a place, given as positions among the cells of the night.

    Interval and p are those of `geo.compare.rate_ratio` for counts divided by how much more than
    chance the place's share varies from week to week (`geo.compare.overdispersion`): ten neighbours
    about one lamp are no ten complaints.
    """
    inside = night.weeks[at].sum(axis=0)
    rest = night.weeks.sum(axis=0) - inside
    before, after = int(inside[~LATER].sum()), int(inside[LATER].sum())
    factor = float(overdispersion(inside, rest, LATER).factor)
    factor = factor if np.isfinite(factor) else 1.0
    fewer = (np.floor(before / factor), np.floor(after / factor))
    tested = rate_ratio(*fewer)
    ratio = after / before if before else (np.inf if after else np.nan)
    lower, upper, p, against = *(float(x) for x in tested[1:4]), np.nan
    rest_before, rest_after = int(rest[~LATER].sum()), int(rest[LATER].sum())
    if rest_before and rest_after:
        # The season and the number of reporters change everywhere: they are no news of a place.
        against = ratio * rest_before / rest_after
        p = max(p, float(rate_ratio(*fewer, rest_before, rest_after).p))
    return Change(before, after, float(ratio), lower, upper, p, float(against))


def _spots(night: Night) -> list[_Spot]:
    return [
        _Spot(frozenset(night.cells[at].tolist()), int(night.level[at].max()))
        for at in (
            np.flatnonzero(night.spot == n) for n in range(int(night.spot.max(initial=-1)) + 1)
        )
        if len(at)
    ]


def _positions(night: Night, cells: Iterable[int]) -> NDArray[np.int64]:
    """Those of the cells that the study has."""
    at = np.isin(night.cells, np.fromiter(cells, dtype=np.int64))
    return np.flatnonzero(at)


def chosen(night: Night, cells: Sequence[int]) -> Tracked:
    """A place to follow: the cells given, or for a single one the hot spot that it lies in.

    A single cell in no hot spot is followed with its neighbours.
    """
    found = frozenset(cells)
    if len(found) == 1:
        around = [one.cells for one in _spots(night) if found <= one.cells]
        if around:
            found = around[0]
        elif len(at := _positions(night, found)):
            found = frozenset(night.cells[night.direct[at].indices].tolist())
    hot = any(overlap(found, one.cells) >= OVERLAP for one in _spots(night))
    return _begun(found, night.day, "hot" if hot else "candidate")


def _begun(cells: Iterable[int], day: date, state: State) -> Tracked:
    # Whoever follows a spot has just seen how it stands.
    told = {"grew": day} if state == "hot" else {}
    return Tracked(tuple(sorted(cells)), day, state, 0, told)


def follow_all(night: Night) -> list[Tracked]:
    """Every hot spot of a first night, none of them news."""
    return [_begun(one.cells, night.day, "hot") for one in _spots(night)]


def observe(
    tracked: Sequence[Tracked], night: Night, *, adopting: bool
) -> tuple[list[Tracked], list[News]]:
    """What has become of the followed places, and what there is to tell.

    With `adopting` hot spots that are none of them are followed from now on, and told once they
    have been there for some nights.
    """
    spots = _spots(night)
    kept: list[Tracked] = []
    news: list[News] = []
    known: set[int] = set()
    for one in tracked:
        own = frozenset(one.cells)
        same = [n for n, spot in enumerate(spots) if overlap(own, spot.cells) >= OVERLAP]
        known.update(same)
        after, kinds = _followed(one, night, [spots[n] for n in same], adopting=adopting)
        if after is not None:
            kept.append(after)
        at = _positions(night, own)
        now = tuple(sorted(frozenset[int]().union(*(spots[n].cells for n in same))))
        news.extend(News(kind, one.cells, now, change(night, at)) for kind in kinds)
    if adopting:
        kept.extend(
            replace(_begun(spot.cells, night.day, "candidate"), nights=1)
            for n, spot in enumerate(spots)
            if n not in known and spot.level >= CERTAIN
        )
    return kept, news


def _followed(
    one: Tracked, night: Night, same: Sequence[_Spot], *, adopting: bool
) -> tuple[Tracked | None, list[Kind]]:
    """One place after a night; None where it is no longer followed."""
    level, at = max((spot.level for spot in same), default=0), _positions(night, one.cells)
    if one.state == "hot":
        kinds = _changed(one, night)
        nights = 0 if same else one.nights + 1
        if nights >= LASTING:
            return _told(replace(one, state="gone", nights=0), night.day, [*kinds, "gone"])
        return _told(replace(one, nights=nights), night.day, kinds)
    there = level >= CERTAIN
    nights = one.nights + 1 if there else 0
    if nights >= LASTING or (nights >= PRESENT and _grown(change(night, at))):
        kind: Kind = "returned" if one.state == "gone" else "new"
        # It was chosen anew, for being high now.
        again = replace(one, state="hot", since=night.day, nights=0)
        told, kinds = _told(again, night.day, [kind])
        return replace(told, told={**told.told, "grew": night.day}), kinds
    passed = one.state == "candidate" and not there
    old = one.state == "gone" and night.day - one.told.get("gone", one.since) > FORGOTTEN
    if adopting and (passed or old):
        return None, []
    return replace(one, nights=nights), []


def _told(one: Tracked, day: date, kinds: list[Kind]) -> tuple[Tracked, list[Kind]]:
    return replace(one, told={**one.told, **dict.fromkeys(kinds, day)}), kinds


def _changed(one: Tracked, night: Night) -> list[Kind]:
    """Whether a hot spot has grown or faded, more than the rest, and was not told so lately."""
    at = _positions(night, one.cells)
    if not len(at):
        return []

    def quiet(kind: Kind) -> bool:
        return kind in one.told and night.day - one.told[kind] < WINDOW

    if not quiet("grew"):
        # It may grow at its edges. Both sets are fixed beforehand: cells that are hot now would
        # be chosen for being high now.
        ring = np.unique(night.direct[at].indices)
        if any(_grown(change(night, place), tests=2) for place in (at, ring)):
            return ["grew"]
    if not quiet("faded") and night.day - one.since >= SETTLED:
        found = change(night, at)
        less = max(found.ratio, found.against_rest) <= 1 / GROWN
        if less and found.p <= ALPHA:
            return ["faded"]
    return []


def _grown(found: Change, tests: int = 1) -> bool:
    return min(found.ratio, found.against_rest) >= GROWN and found.p <= ALPHA / tests


class Group(NamedTuple):
    """An unusual group that was found by a scan: codes of its areas, and the night it was seen."""

    areas: frozenset[str]
    seen: date


def fresh(
    found: Sequence[tuple[frozenset[str], float]], known: Sequence[Group], day: date
) -> tuple[list[int], list[Group]]:
    """Which of tonight's groups (areas, p) are to be told, and the groups to remember.

    A group is told once for as long as it lasts: it is the same while it shares half of the areas
    of the smaller one and was seen within two weeks.
    """
    remembered = [one for one in known if day - one.seen <= SAME_GROUP]
    told: list[int] = []
    for n, (areas, p) in enumerate(found):
        if p > ALARM_P:
            continue
        same = [one for one in remembered if overlap(areas, one.areas) >= OVERLAP]
        if not same:
            told.append(n)
        remembered = [one for one in remembered if one not in same]
        remembered.append(Group(areas.union(*(one.areas for one in same)), day))
    return told, remembered
