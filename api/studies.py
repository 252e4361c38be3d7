"""Heavy answers kept while they hold, and made one at a time, so that tiles never wait for them."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import date
from typing import Any, Final, TypeVar

from anyio import CapacityLimiter
from cachetools import TTLCache
from sqlalchemy import Connection

from geo import emergence, incidents, outliers, significance, streets, study, surface
from geo.density import Correction, Kernel
from geo.errors import OverloadedError
from geo.filters import Filter
from geo.hotspots import local_moran
from geo.privacy import Released, released
from tiles.version import Clock

T = TypeVar("T")
# What would wait longer than this many others is told to come again.
MOST_WAITING: Final = 12
# Some 200 bytes each.
MOST_STREETS: Final = 40_000
STREETS_FOR_S: Final = 600
RELEASED_FOR_S: Final = 600
# Regions change with boundaries alone, which are announced as changes of everything.
NOWHERE: Final[frozenset[int]] = frozenset()


class Kept:
    """The last answers, each good until something it depends on changes."""

    def __init__(
        self,
        clock: Clock,
        most: int,
        *,
        with_complaints: bool,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        self._clock, self._most, self._most_waiting = clock, most, most_waiting
        self._where = None if with_complaints else NOWHERE
        self._kept: OrderedDict[Hashable, tuple[int, Any]] = OrderedDict()
        self._making = threading.Lock()
        self._waiting = 0

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The kept answer, or one made now; callers who come meanwhile wait for it."""
        if self._waiting >= self._most_waiting:
            raise OverloadedError("too many long calculations are waiting at this moment")
        self._waiting += 1
        try:
            return self._made(key, make)
        finally:
            self._waiting -= 1

    def _made(self, key: Hashable, make: Callable[[], T]) -> T:
        with self._making:
            found = self._kept.get(key)
            if found and self._clock.trusted and self._clock.still(found[0], self._where):
                self._kept.move_to_end(key)
                answer: T = found[1]
                return answer
            stamp = self._clock.now
            made = make()
            self._kept[key] = (stamp, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
            return made


class Studies:
    """Regions with their neighbours, and the significance of what lies in them."""

    def __init__(self, clock: Clock, moran: outliers.Moran = local_moran) -> None:
        self.moran = moran
        """Where local Moran is worked out: in this process, or in one for heavy work."""
        self._regions = Kept(clock, 8, with_complaints=False)
        # Tables of areas ask for these: they neither wait for regions of cells nor are refused.
        self._areas = Kept(clock, 16, with_complaints=False, most_waiting=1000)
        self._found = Kept(clock, 12, with_complaints=True)
        self._trends = Kept(clock, 4, with_complaints=True)
        self._outliers = Kept(clock, 8, with_complaints=True)
        self._watched = Kept(clock, 6, with_complaints=True)
        self._surfaces = Kept(clock, 6, with_complaints=True)
        # Streets hardly change; of a category marked as sensitive none is left by then.
        self._streets: TTLCache[int, streets.Tally] = TTLCache(MOST_STREETS, STREETS_FOR_S)
        self._naming = threading.Lock()
        self._released: TTLCache[Hashable, list[Released]] = TTLCache(32, RELEASED_FOR_S)
        self._releasing = threading.Lock()
        self._limiter: CapacityLimiter | None = None

    def tallies(self, connection: Connection, places: Sequence[int]) -> dict[int, streets.Tally]:
        """The tallies of the cells' streets, most of them known from before."""
        with self._naming:
            known = {one: self._streets[one] for one in places if one in self._streets}
        found = streets.tallies(connection, [one for one in places if one not in known])
        with self._naming:
            self._streets.update(found)
        return known | found

    def released(
        self, connection: Connection, set_id: int, kinds: frozenset[int], least: int, today: date
    ) -> list[Released]:
        """What is told of sensitive categories: it counts every complaint, and hardly changes."""
        key = (set_id, kinds, least, today)
        with self._releasing:
            if (found := self._released.get(key)) is None:
                found = self._released[key] = released(connection, set_id, least, today)
        return found

    def limiter(self) -> CapacityLimiter:
        """How many requests may wait for a heavy answer in threads; for the event loop alone."""
        if self._limiter is None:
            self._limiter = CapacityLimiter(4)
        return self._limiter

    def cells(
        self, connection: Connection, question: Filter, resolution: int, k: int
    ) -> study.CellStudy:
        """The cells of a question's region."""
        key = (
            "cells",
            study.one_city(question).id,
            question.areas,
            question.bbox,
            question.cells,
            question.polygon,
            resolution,
            k,
        )
        return self._regions.get(key, lambda: study.cell_study(connection, question, resolution, k))

    def areas(self, connection: Connection, ids: tuple[int, ...]) -> study.AreaStudy:
        """The areas of a set and which of them touch."""
        return self._areas.get(ids, lambda: study.area_study(connection, ids))

    def hot_cells(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        permutations: int | None = None,
        seed: int = 0,
    ) -> significance.Hot:
        """Gi* of the cells under a filter."""
        region = self.cells(connection, question, resolution, k)
        return self._found.get(
            ("cells", question, resolution, k, permutations, seed),
            lambda: significance.hot_cells(
                connection, question, region, resolution, permutations=permutations, seed=seed
            ),
        )

    def emergence(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        step: emergence.StepOf,
    ) -> emergence.Emergence:
        """Patterns in place and time under a filter."""
        region = self.cells(connection, question, resolution, k)

        def made() -> emergence.Emergence:
            periods = emergence.periods_of(connection, question, step)
            return emergence.emergence(connection, question, region, resolution, periods)

        return self._trends.get((question, resolution, k, step), made)

    def outliers(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        permutations: int | None = None,
        seed: int = 0,
    ) -> outliers.Outliers:
        """Local Moran of the cells under a filter."""
        region = self.cells(connection, question, resolution, k)
        return self._outliers.get(
            (question, resolution, k, permutations, seed),
            lambda: outliers.cell_outliers(
                connection, question, region, resolution,
                permutations=permutations, seed=seed, moran=self.moran,
            ),
        )  # fmt: skip

    def surface(
        self,
        connection: Connection,
        question: Filter,
        bandwidth_m: float,
        cell_m: float | None,
        kernel: Kernel,
        correction: Correction,
        crs: surface.Crs,
    ) -> surface.Surface:
        """The density of the complaints under a filter."""
        return self._surfaces.get(
            (question, bandwidth_m, cell_m, kernel, correction, crs),
            lambda: surface.surface(
                connection, question, bandwidth_m=bandwidth_m, cell_m=cell_m,
                kernel=kernel, correction=correction, crs=crs,
            ),
        )  # fmt: skip

    def watched(
        self,
        connection: Connection,
        question: Filter,
        ids: list[int],
        resolution: int,
        cap_days: int,
    ) -> incidents.Watched:
        """The incidents of areas under a filter, and the further reports about them."""
        return self._watched.get(
            (question, tuple(ids), resolution, cap_days),
            lambda: incidents.watched(
                connection, question, ids, resolution=resolution, cap_days=cap_days
            ),
        )
