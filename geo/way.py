"""In which order to visit places: the shortest way for few, a short one for many."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from geo.scan import EARTH_M

# So many stops after the start are tried in all orders (Held and Karp, 1962): some milliseconds.
EXACT: Final = 8
MOST_STOPS: Final = 50
# Turning a stretch around has to save more than rounding does.
_LEAST_M: Final = 1e-6

Metres = NDArray[np.float64]


def distances_m(points: Sequence[tuple[float, float]]) -> Metres:
    """Great-circle distances between all points (lon, lat in degrees), shape (n, n).

    >>> distances_m([(105.0, 21.0), (105.0, 22.0)]).round()[0].tolist()
    [0.0, 111195.0]
    """
    lon, lat = np.radians(np.asarray(points, dtype=np.float64).reshape(-1, 2)).T
    up, across = np.subtract.outer(lat, lat), np.subtract.outer(lon, lon)
    half = (
        np.sin(up / 2) ** 2 + np.multiply.outer(np.cos(lat), np.cos(lat)) * np.sin(across / 2) ** 2
    )
    found: Metres = 2 * EARTH_M * np.arcsin(np.sqrt(np.clip(half, 0, 1)))
    return found


def length_m(between: Metres, way: Sequence[int]) -> float:
    """How long a way is, given the distances between its places."""
    return float(sum(between[a, b] for a, b in pairwise(way)))


def ordered(between: Metres) -> list[int]:
    """All places, each once, from the first one on; nobody comes back in the end.

    The shortest way for up to `EXACT` places after the first. For more: always the nearest next,
    then stretches are turned around while that makes it shorter (2-opt; G. Croes, 1958).
    """
    n = len(between)
    if n <= 2:
        return list(range(n))
    return _exact(between) if n - 1 <= EXACT else _turned(between, _nearest(between))


def _exact(between: Metres) -> list[int]:
    stops = range(1, len(between))
    # The shortest way from the first through a set of places to one of them, and what was before.
    best: dict[tuple[int, int], tuple[float, int]] = {
        (1 << stop, stop): (float(between[0, stop]), 0) for stop in stops
    }
    everything = sum(1 << stop for stop in stops)
    for visited in range(2, everything + 1, 2):
        for last in stops:
            rest = visited & ~(1 << last)
            if rest == visited or not rest:
                continue
            best[visited, last] = min(
                (best[rest, before][0] + float(between[before, last]), before)
                for before in stops
                if rest >> before & 1
            )
    last = min(stops, key=lambda stop: best[everything, stop][0])
    way, visited = [], everything
    while last:
        way.append(last)
        before = best[visited, last][1]
        visited &= ~(1 << last)
        last = before
    return [0, *reversed(way)]


def _nearest(between: Metres) -> list[int]:
    way, left = [0], set(range(1, len(between)))
    while left:
        # Of two as near, the one that was named first.
        way.append(min(left, key=lambda place: (between[way[-1], place], place)))
        left.remove(way[-1])
    return way


def _turned(between: Metres, way: list[int]) -> list[int]:
    better = True
    while better:
        better = False
        for i in range(1, len(way) - 1):
            for j in range(i + 1, len(way)):
                before, first, last = way[i - 1], way[i], way[j]
                saved = between[before, first] - between[before, last]
                if j + 1 < len(way):
                    saved += between[last, way[j + 1]] - between[first, way[j + 1]]
                if saved > _LEAST_M:
                    way[i : j + 1] = way[i : j + 1][::-1]
                    better = True
    return way
