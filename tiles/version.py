"""When the drawn places last changed: what tells a kept tile that it is out of date."""

import threading
from collections.abc import Iterable
from typing import Final

from geo.bbox import BBox
from geo.cells import COARSEST, touching

# A region of more cells than this is simply everywhere.
MOST_CELLS: Final = 64

Region = frozenset[int] | None
"""Cells of resolution 6; None is everywhere."""


def region(box: BBox | None) -> Region:
    """The cells whose complaints a box may show, with a margin; None for a large box."""
    if box is None or box.east - box.west > 0.5 or box.north - box.south > 0.5:
        return None
    # Descendants reach a little beyond a cell: 0.06 degrees is more than one edge.
    found = frozenset(touching(box.wider(0.06), COARSEST).tolist())
    return found if len(found) <= MOST_CELLS else None


class Clock:
    """Counts changes. Written by one thread, read by all.

    While nobody listens for changes, `trusted` is False and nothing kept may be used.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._at: dict[int, int] = {}
        self._everywhere = 0
        self.now = 0
        self.trusted = False

    def changed(self, cells: Iterable[int] | None) -> None:
        """Cells of resolution 6 changed; None: anything may have."""
        with self._lock:
            self.now += 1
            if cells is None:
                self._everywhere = self.now
                self._at.clear()
            else:
                self._at.update(dict.fromkeys(cells, self.now))

    def still(self, stamp: int, where: Region) -> bool:
        """Whether nothing of the region has changed since `now` was `stamp`."""
        if stamp == self.now:
            return True
        if where is None or stamp < self._everywhere:
            return False
        at = self._at
        return all(at.get(cell, 0) <= stamp for cell in where)
