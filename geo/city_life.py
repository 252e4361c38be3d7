"""How complaints arise in a made-up city: where, when, of which kind, and how they end.

Nothing here is fitted to a real city; the shapes are those of such data: a few spots hold much of
all, people report by day and on weekdays, floods come with the rain and dust with the dry winter.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np
import shapely
from numpy.typing import NDArray

from geo.arrival import Batch
from geo.city_repeats import City, Things, repeated, things
from geo.city_words import Said, briefly, streets
from geo.complaint import Status
from geo.periods import EPOCH, local_midnight

DAYS: Final = 3 * 365
SPOTS: Final = 60
IN_SPOTS, IN_PLANTED = 0.55, 0.06
APART_M: Final = 2_000
# Reports by hour of the local day: two peaks, few at night.
HOURS: Final = (
    1, 0.6, 0.4, 0.4, 0.6, 1.5, 4, 8, 12, 12, 10, 8, 6, 6, 9, 11, 11, 9, 7, 6, 6, 5, 3.5, 2,
)  # fmt: skip
# By month, January first: rain from June to September, dust in winter, no building around Tết.
SEASONS: Final = {
    "construction": (0.9, 0.5, 1.1, 1.2, 1.2, 1.0, 0.9, 0.9, 1.0, 1.1, 1.2, 1.1),
    "environment": (1.3, 1.1, 0.9, 0.8, 0.9, 1.1, 1.2, 1.2, 1.0, 0.8, 1.0, 1.3),
    "traffic": (1.0, 0.8, 1.0, 1.0, 1.0, 1.1, 1.2, 1.2, 1.2, 1.0, 0.9, 0.9),
}
SHARES: Final = {"construction": 0.25, "environment": 0.4, "traffic": 0.35}

Floats = NDArray[np.float64]


class Kind(NamedTuple):
    """A category: its id, code, Vietnamese name, its domain's code, and its meaning."""

    id: int
    code: str
    name: str
    domain: str
    meaning: str | None = None


@dataclass(frozen=True, slots=True)
class Planted:
    """A hot spot of one domain that appears or goes: `trend` is emerging or fading."""

    trend: str
    domain: str
    lon: float
    lat: float
    radius_m: float
    since: datetime
    until: datetime


def _metres(points: Floats, place: Floats) -> Floats:
    """Distances in metres, flat: right to a part in a thousand within a city."""
    away = (points - place) * 111_320
    return np.asarray(np.hypot(away[:, 0] * np.cos(np.radians(place[1])), away[:, 1]))


class CityLife:
    """Draws batches of complaints; the same for the same areas, kinds, seed and end.

    `repeats` is the share that tell of a thing another one told of: see `geo.city_repeats`.
    """

    def __init__(
        self,
        wkb: Sequence[bytes],
        area_km2: Sequence[float],
        kinds: Sequence[Kind],
        zone: str,
        seed: int,
        until: datetime,
        repeats: float = 0.0,
    ) -> None:
        rng = np.random.default_rng([seed, 2**31])
        self._seed, self._zone, self._repeats = seed, ZoneInfo(zone), repeats
        self._until = until.astimezone(UTC)
        self._last = (until.astimezone(self._zone).date() - EPOCH).days
        self._areas = np.array(shapely.from_wkb(list(wkb)))
        shapely.prepare(self._areas)
        self._outline = shapely.union_all(self._areas)
        shapely.prepare(self._outline)
        # Small areas are dense ones: a third of the land's share, the rest by people.
        share = np.sqrt(np.sqrt(np.array(area_km2)))
        self._area_share = share / share.sum()
        self._dense = 1 / np.sqrt(np.array(area_km2))
        self._dense /= self._dense.sum()
        self._domains = sorted({kind.domain for kind in kinds})
        weights = np.array([SHARES.get(code, 0.2) for code in self._domains])
        self._domain_share = weights / weights.sum()
        self._kinds = [self._of_domain(kinds, code, rng) for code in self._domains]
        self._days = [self._weights_of_days(code) for code in self._domains]
        self._names = {kind.id: kind for kind in kinds}
        # The n-th largest spot is about 1/n of the largest.
        self._spots = self._inside(rng, rng.choice(len(self._areas), SPOTS, p=self._dense))
        self._spot_m = rng.uniform(80, 600, SPOTS)
        lean = rng.integers(0, len(self._domains), SPOTS)
        size = 1 / np.arange(1, SPOTS + 1) ** 0.8
        self._spot_share = np.array(
            [size * np.where(lean == d, 3.0, 0.5) for d in range(len(self._domains))]
        )
        self._spot_share /= self._spot_share.sum(axis=1, keepdims=True)
        self._handling_days = {kind.id: float(rng.uniform(2, 12)) for kind in kinds}
        self.planted = self._plant(rng)

    def _of_domain(
        self, kinds: Sequence[Kind], code: str, rng: np.random.Generator
    ) -> tuple[NDArray[np.int64], Floats]:
        ids = np.array([kind.id for kind in kinds if kind.domain == code])
        weights = 1 / np.arange(1, len(ids) + 1)
        return rng.permutation(ids), weights / weights.sum()

    def _weights_of_days(self, domain: str) -> Floats:
        """Of the last three years' days: growth, weekends, seasons; cumulated to 1."""
        days = np.arange(self._last - DAYS + 1, self._last + 1)
        dates = days.astype("datetime64[D]")
        growth = 1 + 0.3 * np.arange(DAYS) / DAYS
        # 1970-01-01 was a Thursday.
        week = np.where((days + 3) % 7 >= 5, 0.6, 1.0)
        month = dates.astype("datetime64[M]").astype(int) % 12
        season = np.array(SEASONS.get(domain, (1.0,) * 12))[month]
        total = np.cumsum(growth * week * season)
        return np.asarray(total / total[-1])

    def _plant(self, rng: np.random.Generator) -> list[Planted]:
        begin = local_midnight(self._last - DAYS + 1, self._zone)
        found = []
        taken = self._spots
        for number in range(6):
            drawn = self._inside(rng, rng.choice(len(self._areas), 50, p=self._dense))
            # By itself, so that it can be found: the first one clear of all others, or the best.
            away = np.array([_metres(taken, one).min() for one in drawn])
            place = drawn[np.argmax(away >= APART_M) if (away >= APART_M).any() else away.argmax()]
            taken = np.vstack([taken, place])
            emerging = number < 3
            change = self._until - timedelta(days=(90, 180, 365)[number % 3])
            found.append(
                Planted(
                    "emerging" if emerging else "fading",
                    self._domains[number % len(self._domains)],
                    float(place[0]),
                    float(place[1]),
                    (150.0, 250.0, 400.0)[number % 3],
                    change if emerging else begin,
                    self._until if emerging else change,
                )
            )
        return found

    def _inside(self, rng: np.random.Generator, chosen: NDArray[np.int64]) -> Floats:
        """A random point in each chosen area, shape (n, 2)."""
        points = np.full((len(chosen), 2), np.nan)
        left = np.arange(len(chosen))
        bounds = shapely.bounds(self._areas)
        while len(left):
            low, high = bounds[chosen[left], :2], bounds[chosen[left], 2:]
            drawn = rng.uniform(low, high)
            good = shapely.contains_xy(self._areas[chosen[left]], drawn[:, 0], drawn[:, 1])
            points[left[good]] = drawn[good]
            left = left[~good]
        return points

    def _around(self, rng: np.random.Generator, centres: Floats, spread_m: Floats) -> Floats:
        """Points about centres; NaN where they fall outside the city."""
        metres = rng.normal(0, 1, centres.shape) * spread_m[:, None]
        metre = 1 / 111_320
        points = centres + metres * metre / np.column_stack(
            [np.cos(np.radians(centres[:, 1])), np.ones(len(centres))]
        )
        inside = shapely.contains_xy(self._outline, points[:, 0], points[:, 1])
        return np.where(inside[:, None], points, np.nan)

    def batch(self, number: int, size: int, n: int) -> Batch:
        """The first `n` of the `size` complaints of a batch; keys are numbers over all batches."""
        rng = np.random.default_rng([self._seed, number])
        which = rng.random(size)
        domain = rng.choice(len(self._domains), size, p=self._domain_share)
        plant = np.where(which < IN_PLANTED, rng.integers(0, len(self.planted), size), -1)
        for index, one in enumerate(self.planted):
            domain[plant == index] = self._domains.index(one.domain)
        points = self._places(rng, which, domain, plant)
        reported = self._instants(rng, domain, plant)
        kind = np.zeros(size, dtype=np.int16)
        for index, (ids, weights) in enumerate(self._kinds):
            mine = domain == index
            kind[mine] = rng.choice(ids, int(mine.sum()), p=weights)
        status, closed = self._endings(rng, kind, reported)
        keys = [str(number * size + i) for i in range(size)]
        texts, addresses = self._words(rng, kind, points)
        whole = Batch(
            points[:, 0], points[:, 1], kind, status, reported, closed, texts, addresses, keys
        )
        if self._repeats:
            whole = repeated(rng, whole, self.things(number, size), self._city(), streets)
        columns = (getattr(whole, one.name)[:n] for one in fields(whole))
        return Batch(*columns)

    def things(self, number: int, size: int) -> Things:
        """Which complaints of a batch are about the same thing."""
        return things(self._seed, number, size, self._repeats)

    def _city(self) -> City:
        def holds(points: Floats) -> NDArray[np.bool_]:
            return np.asarray(shapely.contains_xy(self._outline, points[:, 0], points[:, 1]))

        kinds = self._names.values()
        others = {
            one.id: [o.id for o in kinds if o.meaning == one.meaning and o.id != one.id]
            for one in kinds
            if one.meaning is not None
        }
        end = np.datetime64(self._until.replace(tzinfo=None), "us")
        return City(end, holds, {one.id: (one.code, one.name) for one in kinds}, others)

    def _places(self, rng: np.random.Generator, which: Floats, domain: Any, plant: Any) -> Floats:
        n = len(which)
        dense = rng.random(n) < 0.6
        chosen = np.where(
            dense,
            rng.choice(len(self._areas), n, p=self._dense),
            rng.choice(len(self._areas), n, p=self._area_share),
        )
        points = self._inside(rng, chosen)
        spot = np.zeros(n, dtype=np.int64)
        for index in range(len(self._domains)):
            mine = domain == index
            spot[mine] = rng.choice(SPOTS, int(mine.sum()), p=self._spot_share[index])
        centres, spread = self._spots[spot], self._spot_m[spot]
        for index, one in enumerate(self.planted):
            centres[plant == index] = (one.lon, one.lat)
            # Nine in ten within the radius.
            spread[plant == index] = one.radius_m / 2.15
        near = self._around(rng, centres, spread)
        hot = (which < IN_PLANTED + IN_SPOTS) & ~np.isnan(near[:, 0])
        return np.where(hot[:, None], near, points)

    def _instants(
        self, rng: np.random.Generator, domain: Any, plant: Any
    ) -> NDArray[np.datetime64]:
        n = len(domain)
        drawn, day = rng.random(n), np.zeros(n, dtype=np.int64)
        for index, total in enumerate(self._days):
            mine = domain == index
            day[mine] = np.searchsorted(total, drawn[mine])
        first = self._last - DAYS + 1
        for index, one in enumerate(self.planted):
            since, until = ((at.astimezone(self._zone).date() - EPOCH).days - first
                            for at in (one.since, one.until))  # fmt: skip
            mine = plant == index
            # Towards its end an emerging one is strongest, a fading one weakest.
            share = np.sqrt(drawn[mine]) if one.trend == "emerging" else 1 - np.sqrt(drawn[mine])
            day[mine] = since + (share * max(1, until - since)).astype(np.int64)
        day = np.clip(day, 0, DAYS - 1) + first
        hours = np.cumsum(HOURS) / np.sum(HOURS)
        second = np.searchsorted(hours, rng.random(n)) * 3600 + rng.integers(0, 3600, n)
        distinct, at = np.unique(day, return_inverse=True)
        starts = np.array(
            [local_midnight(int(one), self._zone).replace(tzinfo=None) for one in distinct],
            dtype="datetime64[us]",
        )
        end = np.datetime64(self._until.replace(tzinfo=None), "us")
        found = starts[at] + second.astype("timedelta64[s]")
        # What today has not brought yet came a week ago.
        return np.asarray(np.where(found < end, found, found - np.timedelta64(7, "D")))

    def _endings(
        self, rng: np.random.Generator, kind: Any, reported: NDArray[np.datetime64]
    ) -> tuple[NDArray[np.int16], NDArray[np.datetime64]]:
        n = len(kind)
        end = np.datetime64(self._until.replace(tzinfo=None), "us")
        median = np.array([self._handling_days[int(one)] for one in kind])
        taken = np.exp(rng.normal(np.log(median), 0.8)) * 86_400_000_000
        closed = reported + taken.astype("timedelta64[us]")
        done = (closed < end) & (rng.random(n) < 0.95)
        closing = rng.choice(
            [Status.RESOLVED, Status.REJECTED, Status.DUPLICATE], n, p=[0.86, 0.08, 0.06]
        )
        young = (end - reported) < np.timedelta64(1, "D")
        still = np.where(
            young,
            rng.choice([Status.RECEIVED, Status.ACCEPTED], n, p=[0.7, 0.3]),
            rng.choice(
                [Status.RECEIVED, Status.ACCEPTED, Status.IN_PROGRESS], n, p=[0.1, 0.3, 0.6]
            ),
        )
        status = np.where(done, closing, still).astype(np.int16)
        return status, np.where(done, closed, np.datetime64("NaT")).astype("datetime64[us]")

    def _words(self, rng: np.random.Generator, kind: Any, points: Floats) -> Said:
        if self._repeats:
            return Said([], [])
        known = [self._names[one] for one in kind.tolist()]
        names, domains = [one.name for one in known], [one.domain for one in known]
        return briefly(rng, names, domains, streets(points))
