"""A shortlist on the way: which complaint to visit after which."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from geo.complaint import Status, clean_code
from geo.database import sql
from geo.errors import BadFilterError
from geo.way import MOST_STOPS, distances_m, length_m, ordered
from geo.work_queue import SOON


class Stop(NamedTuple):
    """A complaint that is visited."""

    code: str
    lon: float
    lat: float
    presses: bool
    """Open, and urgent, overdue, or due soon."""


class Road(NamedTuple):
    """The visits in their order."""

    start: tuple[float, float] | None
    stops: tuple[Stop, ...]
    legs_m: tuple[float, ...]
    """To each stop from the one before it, or from the start; 0 where it begins."""
    missing: tuple[str, ...]
    """What was asked for and is not the asker's to see, or is not there: the two look alike."""


def cleaned(codes: Sequence[str]) -> list[str]:
    """The codes, each once, in the order they were given; raises `BadFilterError`."""
    found = list(dict.fromkeys(clean_code(one) for one in codes if one.strip()))
    if not 1 <= len(found) <= MOST_STOPS:
        raise BadFilterError(
            "codes",
            f"name 1 to {MOST_STOPS} complaints, not {len(found)}"
            f" / hãy nêu từ 1 đến {MOST_STOPS} phản ánh",
        )
    return found


def parse_start(given: str | None) -> tuple[float, float] | None:
    """`lon,lat`; raises `BadFilterError` for what is no place.

    >>> parse_start("105.85,21.03")
    (105.85, 21.03)
    """
    if given is None:
        return None
    try:
        lon, lat = map(float, given.split(","))
    except ValueError:
        raise BadFilterError("start", "start is a place: lon,lat / viết lon,lat") from None
    # Not a number fails here too.
    if not (-180 <= lon <= 180 and -90 <= lat <= 90):
        raise BadFilterError("start", "start is outside of the world: lon,lat / viết lon,lat")
    return lon, lat


def road(
    connection: Connection,
    codes: Sequence[str],
    start: tuple[float, float] | None,
    now: datetime,
    *,
    pressing_first: bool = False,
) -> Road:
    """The order of visits from `start`, or from the first of `codes`.

    With `pressing_first` all that press are visited before any other.
    """
    asked = cleaned(codes)
    rows = connection.execute(sql("geo", "work_road"), {"codes": asked}).all()
    place = {code: number for number, code in enumerate(asked)}
    stops = sorted(
        (Stop(row.code, row.lon, row.lat, _presses(row, now)) for row in rows),
        key=lambda one: place[one.code],
    )
    missing = tuple(code for code in asked if code not in {one.code for one in stops})
    groups = [stops]
    if pressing_first:
        groups = [[one for one in stops if one.presses is first] for first in (True, False)]
    way: list[Stop] = []
    for group in groups:
        way += _after((way[-1].lon, way[-1].lat) if way else start, group)
    points = [*([start] if start else []), *((one.lon, one.lat) for one in way)]
    between = distances_m(points)
    legs = [length_m(between, [n, n + 1]) for n in range(len(points) - 1)]
    return Road(start, tuple(way), tuple(legs if start else [0.0, *legs][: len(way)]), missing)


def _presses(row: Row[Any], now: datetime) -> bool:
    if not Status(row.status).is_open:
        return False
    return bool(row.urgent) or (row.due_at is not None and row.due_at < now + SOON)


def _after(start: tuple[float, float] | None, group: list[Stop]) -> list[Stop]:
    """A group in its order, from a place or from the first of it."""
    points = [(one.lon, one.lat) for one in group]
    if start is None or not group:
        return [group[n] for n in ordered(distances_m(points))]
    return [group[n - 1] for n in ordered(distances_m([start, *points]))[1:]]
