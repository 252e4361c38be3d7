"""The filter parameters every read shares, and the vocabulary they are checked against."""

import threading
import time
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Query, Request
from sqlalchemy import Connection, Engine, select

from geo.bbox import BBox
from geo.filters import City, Filter, Place, Vocabulary, parse
from geo.schema import area, area_set, category, city, domain

Codes = Annotated[list[str], Query()]


def read_vocabulary(connection: Connection) -> Vocabulary:
    """All codes a filter may use."""
    cities = {
        row.code: City(
            row.id, row.code, ZoneInfo(row.timezone), BBox(row.west, row.south, row.east, row.north)
        )
        for row in connection.execute(select(city).order_by(city.c.id))
    }
    kinds = connection.execute(select(category.c.code, category.c.id, category.c.domain_id))
    areas = connection.execute(
        select(
            area_set.c.code, area.c.code.label("area"), area.c.id, area_set.c.city_id, area.c.set_id
        ).join(area, area.c.set_id == area_set.c.id)
    )
    return Vocabulary(
        cities=cities,
        domains=dict(connection.execute(select(domain.c.code, domain.c.id)).all()),
        categories={row.code: (row.id, row.domain_id) for row in kinds},
        areas={f"{row.code}:{row.area}": Place(row.id, row.city_id, row.set_id) for row in areas},
    )


class Words:
    """The vocabulary, read again when it is older than a few seconds."""

    def __init__(self, engine: Engine, seconds: float = 5.0) -> None:
        self._engine, self._seconds = engine, seconds
        self._lock = threading.Lock()
        self._read_at, self._words = float("-inf"), Vocabulary({}, {}, {}, {})

    def get(self) -> Vocabulary:
        with self._lock:
            if time.monotonic() - self._read_at > self._seconds:
                with self._engine.connect() as connection:
                    self._words = read_vocabulary(connection)
                self._read_at = time.monotonic()
            return self._words


def asked(
    request: Request,
    city: Codes = [],  # noqa: B006 - FastAPI copies it
    domain: Codes = [],  # noqa: B006
    category: Codes = [],  # noqa: B006
    status: Codes = [],  # noqa: B006
    since: str | None = None,
    until: str | None = None,
    area: Codes = [],  # noqa: B006
    bbox: str | None = None,
    q: str | None = None,
) -> Filter:
    """The question a request asks."""
    return parse(
        request.app.state.words.get(),
        city=city,
        domain=domain,
        category=category,
        status=status,
        since=since,
        until=until,
        area=area,
        bbox=bbox,
        q=q,
    )


Question = Annotated[Filter, Depends(asked)]
