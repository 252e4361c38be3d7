"""The filter parameters every read shares, and the vocabulary they are checked against."""

import threading
import time
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from sqlalchemy import Connection, Engine, select

from geo.bbox import BBox
from geo.errors import BadFilterError, NotFoundError
from geo.filters import City, Filter, Place, Vocabulary, parse
from geo.schema import area, area_set, category, city, domain

# A browser whose clock is ahead may ask for its own present.
CLOCKS_DIFFER: Final = timedelta(minutes=5)
Codes = Annotated[list[str], Query()]


def read_vocabulary(connection: Connection) -> Vocabulary:
    """All codes a filter may use."""
    cities = {
        row.code: City(
            row.id, row.code, ZoneInfo(row.timezone), BBox(row.west, row.south, row.east, row.north)
        )
        for row in connection.execute(select(city).order_by(city.c.id))
    }
    kinds = connection.execute(
        select(category.c.code, category.c.id, category.c.domain_id, category.c.sensitive)
    ).all()
    areas: dict[str, Place] = {}
    sets: dict[str, list[int]] = {}
    rows = connection.execute(
        select(
            area_set.c.code, area.c.code.label("area"), area.c.id, area_set.c.city_id, area.c.set_id
        )
        .join(area, area.c.set_id == area_set.c.id)
        .where(area_set.c.ready)
        .order_by(area.c.id)
    )
    for row in rows:
        areas[f"{row.code}:{row.area}"] = Place(row.id, row.city_id, row.set_id)
        sets.setdefault(row.code, []).append(row.id)
    return Vocabulary(
        cities=cities,
        domains=dict(connection.execute(select(domain.c.code, domain.c.id)).all()),
        categories={row.code: (row.id, row.domain_id) for row in kinds},
        areas=areas,
        sets={code: tuple(ids) for code, ids in sets.items()},
        sensitive=frozenset(row.id for row in kinds if row.sensitive),
    )


def areas_of_set(request: Request, code: str | None) -> tuple[int, ...]:
    """The ids of a set's areas; raises where there is no such set."""
    if code is None:
        raise BadFilterError("set", "areas are those of a set: say which with set=<boundary set>")
    found = request.app.state.words.get().sets.get(code)
    if found is None:
        raise NotFoundError(f"no boundary set {code!r}; /api/v1/boundaries lists them")
    return tuple(found)


class Words:
    """The vocabulary, read again when it is older than a few seconds.

    A running server's keeper refreshes it; `get` reads by itself only where there is no keeper.
    """

    def __init__(self, engine: Engine, seconds: float = 5.0) -> None:
        self._engine, self._seconds = engine, seconds
        self._lock = threading.Lock()
        self._read_at, self._words = float("-inf"), Vocabulary({}, {}, {}, {})
        self.kept = False

    def get(self) -> Vocabulary:
        if not self.kept or self._read_at == float("-inf"):
            self.refresh()
        return self._words

    def refresh(self, *, force: bool = False) -> None:
        with self._lock:
            if force or time.monotonic() - self._read_at > self._seconds:
                with self._engine.connect() as connection:
                    self._words = read_vocabulary(connection)
                self._read_at = time.monotonic()


async def asked(
    request: Request,
    city: Codes = [],  # noqa: B006 - FastAPI copies it
    domain: Codes = [],  # noqa: B006
    category: Codes = [],  # noqa: B006
    status: Codes = [],  # noqa: B006
    since: str | None = None,
    until: str | None = None,
    area: Codes = [],  # noqa: B006
    bbox: str | None = None,
    cell: Codes = [],  # noqa: B006
    polygon: Annotated[str | None, Query(description="lon,lat;lon,lat;... at least 3")] = None,
    q: str | None = None,
    as_of: Annotated[str | None, Query(description="as it was known then")] = None,
) -> Filter:
    """The question a request asks."""
    question = parse(
        request.app.state.words.get(),
        city=city,
        domain=domain,
        category=category,
        status=status,
        since=since,
        until=until,
        area=area,
        bbox=bbox,
        cell=cell,
        polygon=polygon,
        q=q,
        as_of=as_of,
    )
    return known_by_now(question)


def known_by_now(question: Filter) -> Filter:
    """The question itself; raises `BadFilterError` where it asks what will be known."""
    if question.as_of and question.as_of > datetime.now(UTC) + CLOCKS_DIFFER:
        raise BadFilterError("as_of", "as_of lies in the future: nobody knows yet")
    return question


Question = Annotated[Filter, Depends(asked)]
