"""The question every read asks. A `Filter` that exists is right; `parse` says what is not."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from shapely import Polygon

from geo.bbox import BBox
from geo.cells import LEAF, from_hex, resolution_of
from geo.complaint import CLOSED, OPEN, Status
from geo.errors import BadFilterError

# What a hand draws; more is a boundary set.
MOST_CORNERS: Final = 200
# A hot spot has some ten; an address must hold them all.
MOST_CELLS: Final = 200


@dataclass(frozen=True, slots=True)
class City:
    """What a filter needs to know of a city."""

    id: int
    code: str
    zone: ZoneInfo
    limits: BBox


class Place(NamedTuple):
    """One area a filter asks for."""

    id: int
    city_id: int
    set_id: int


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """The codes a filter may use, read once and kept by the caller."""

    cities: Mapping[str, City]
    domains: Mapping[str, int]
    categories: Mapping[str, tuple[int, int]]
    """Category code to (id, domain id)."""
    areas: Mapping[str, Place]
    """By `set:code`."""
    sets: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    """The ids of the areas of each set."""
    sensitive: frozenset[int] = frozenset()
    """Ids of the categories that public reads leave out."""


@dataclass(frozen=True, slots=True)
class Filter:
    """Empty tuples and None ask for everything; times are half-open and aware."""

    cities: tuple[City, ...]
    domains: tuple[int, ...] = ()
    categories: tuple[int, ...] = ()
    hidden: tuple[int, ...] = ()
    """Categories left out of everything: those that are sensitive, for who may not see them."""
    statuses: tuple[Status, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    areas: tuple[Place, ...] = ()
    bbox: BBox | None = None
    cells: tuple[int, ...] = ()
    """H3 cells, ascending, at most as fine as a leaf: what hexagons of the map count together."""
    polygon: tuple[tuple[float, float], ...] = ()
    """The corners (lon, lat) of one drawn outline, not closed; edges are straight in degrees."""
    words: tuple[str, ...] = ()
    as_of: datetime | None = None
    """Answer with what was known at this instant: see `geo.asof`."""

    @property
    def counted(self) -> bool:
        """Whether stored counts can answer, with no look at single complaints."""
        return not (self.areas or self.drawn or self.words)

    @property
    def areas_alone(self) -> bool:
        """Whether areas of one set are all that keeps stored counts from answering.

        Areas of one set hold no complaint twice; areas of two sets may.
        """
        one_set = len({one.set_id for one in self.areas}) == 1
        return one_set and not (self.drawn or self.words)

    @property
    def drawn(self) -> bool:
        """Whether a box, cells or an outline limit it."""
        return bool(self.bbox or self.cells or self.polygon)

    def of_city(self, city: City) -> "Filter":
        """The same question asked of one city alone."""
        areas = tuple(one for one in self.areas if one.city_id == city.id)
        return replace(self, cities=(city,), areas=areas)


def split(values: Iterable[str]) -> list[str]:
    """Repeated and comma-separated values as one list, in order, without repeats."""
    parts = (part.strip() for value in values for part in value.split(","))
    return list(dict.fromkeys(part for part in parts if part))


def _known(name: str, codes: Sequence[str], known: Mapping[str, object]) -> None:
    for code in codes:
        if code not in known:
            listed = ", ".join(sorted(known)[:40])
            raise BadFilterError(name, f"unknown {name} {code!r}; known: {listed}")


def _cell(text: str) -> int:
    try:
        found = from_hex(text)
    except ValueError:
        raise BadFilterError("cell", f"{text!r} is no H3 cell, like 88415cb4e5fffff") from None
    if resolution_of(found) > LEAF:
        raise BadFilterError("cell", f"{text} is finer than resolution {LEAF}")
    return found


def parse_polygon(text: str) -> tuple[tuple[float, float], ...]:
    """Corners from `lon,lat;lon,lat;...`; raises `BadFilterError` for what is no outline.

    >>> parse_polygon("105.8,21;105.9,21;105.9,21.1")
    ((105.8, 21.0), (105.9, 21.0), (105.9, 21.1))
    """
    try:
        pairs = [tuple(map(float, pair.split(","))) for pair in text.strip("; ").split(";")]
        corners = [(lon, lat) for lon, lat in pairs]
    except ValueError:
        raise BadFilterError(
            "polygon", "polygon is a list of corners: lon,lat;lon,lat;lon,lat"
        ) from None
    if corners[0] == corners[-1]:
        corners.pop()
    if not 3 <= len(corners) <= MOST_CORNERS:
        raise BadFilterError(
            "polygon", f"polygon has {len(corners)} corners, not 3 to {MOST_CORNERS}"
        )
    # Not a number fails here too.
    if not all(-180 <= lon <= 180 and -90 <= lat <= 90 for lon, lat in corners):
        raise BadFilterError("polygon", "polygon has a corner outside of the world: lon,lat")
    shape = Polygon(corners)
    if not shape.is_valid or not shape.area:
        raise BadFilterError("polygon", "the sides of the polygon cross or touch each other")
    return tuple(corners)


def parse_time(name: str, text: str, zone: ZoneInfo) -> datetime:
    """RFC 3339, or a date that means its first instant in the zone; raises `BadFilterError`."""
    try:
        if len(text) == 10:
            found = datetime.combine(date.fromisoformat(text), time(), zone)
        else:
            # A '+' that was not escaped arrives as a space.
            found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
            if found.tzinfo is None:
                found = found.replace(tzinfo=zone)
        found = found.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadFilterError(
            name, f"{text!r} is neither a date (2026-11-24) nor a time (2026-11-24T08:00:00+07:00)"
        ) from None
    if not 1900 <= found.year <= 2199:
        raise BadFilterError(name, f"{text!r} lies outside the years 1900 to 2199")
    return found


def parse(
    vocabulary: Vocabulary,
    *,
    city: Iterable[str] = (),
    domain: Iterable[str] = (),
    category: Iterable[str] = (),
    status: Iterable[str] = (),
    since: str | None = None,
    until: str | None = None,
    area: Iterable[str] = (),
    bbox: str | None = None,
    cell: Iterable[str] = (),
    polygon: str | None = None,
    q: str | None = None,
    as_of: str | None = None,
) -> Filter:
    """A Filter from public parameters; raises `BadFilterError` naming the parameter."""
    cities, domains, categories = split(city), split(domain), split(category)
    areas, statuses, hexagons = split(area), split(status), split(cell)
    _known("city", cities, vocabulary.cities)
    _known("domain", domains, vocabulary.domains)
    _known("category", categories, vocabulary.categories)
    for code in areas:
        if code not in vocabulary.areas:
            raise BadFilterError("area", f"unknown area {code!r}; write <set>:<code>")
    chosen = tuple(vocabulary.cities[code] for code in cities) or tuple(vocabulary.cities.values())
    zone = chosen[0].zone if chosen else ZoneInfo("UTC")
    begin = parse_time("since", since, zone) if since else None
    end = parse_time("until", until, zone) if until else None
    if begin and end and begin >= end:
        raise BadFilterError("until", "until must be later than since")
    wanted: set[Status] = set()
    for code in statuses:
        group = {"open": OPEN, "closed": CLOSED}.get(code)
        wanted |= group if group else {Status.from_code(code)}
    if len(hexagons) > MOST_CELLS:
        raise BadFilterError("cell", f"{len(hexagons)} cells are more than {MOST_CELLS}")
    kinds = [vocabulary.categories[code] for code in categories]
    for code in categories:
        if vocabulary.categories[code][0] in vocabulary.sensitive:
            raise BadFilterError(
                "category", f"{code} is sensitive: it is counted in /api/v1/sensitive alone"
            )
    domain_ids = tuple(sorted(vocabulary.domains[code] for code in domains))
    if kinds and domain_ids:
        kinds = [kind for kind in kinds if kind[1] in domain_ids]
    if q is not None and len(q) > 200:
        raise BadFilterError("q", "q is longer than 200 characters")
    return Filter(
        cities=chosen,
        domains=() if categories else domain_ids,
        categories=(tuple(sorted(kind[0] for kind in kinds)) or (-1,)) if categories else (),
        hidden=tuple(sorted(vocabulary.sensitive)),
        statuses=tuple(sorted(wanted)),
        since=begin,
        until=end,
        areas=tuple(sorted(vocabulary.areas[code] for code in areas)),
        bbox=BBox.parse(bbox) if bbox else None,
        cells=tuple(sorted({_cell(one) for one in hexagons})),
        polygon=parse_polygon(polygon) if polygon else (),
        words=tuple(q.split()) if q else (),
        as_of=parse_time("as_of", as_of, zone) if as_of else None,
    )
