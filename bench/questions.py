"""Random questions: filters no tile was asked for before, and tiles over the city."""

import math
import random
from datetime import timedelta
from typing import Any, NamedTuple
from urllib.parse import urlencode

from sqlalchemy import Connection, text

from api.query import read_vocabulary
from bench.filled import UNTIL
from geo.complaint import Status
from geo.filters import Filter, Vocabulary, parse
from tiles.address import TileAddress

YEARS = 3


class Question(NamedTuple):
    """A filter as it stands in an address, and as the service understands it."""

    query: str
    filter: Filter


class Asker:
    """Draws filters and tiles; the same for the same seed."""

    def __init__(self, connection: Connection, seed: int) -> None:
        self._rng = random.Random(seed)
        self._words: Vocabulary = read_vocabulary(connection)
        enabled = connection.execute(
            text(
                "SELECT d.code AS domain, c.code FROM category c JOIN domain d"
                " ON d.id = c.domain_id WHERE d.enabled AND c.enabled ORDER BY c.id"
            )
        ).all()
        self._domains = sorted({row.domain for row in enabled})
        self._categories = [row.code for row in enabled]
        share = connection.execute(text("SELECT count(*) FROM complaint")).scalar_one()
        percent = min(100.0, 2_000_000 / max(share, 1) / 10)
        found = connection.execute(
            text(
                "SELECT ST_X(geom), ST_Y(geom) FROM complaint"
                f" TABLESAMPLE SYSTEM ({percent}) LIMIT 200000"
            )
        ).all()
        self._points = [(float(lon), float(lat)) for lon, lat in found]
        self._limits = next(iter(self._words.cities.values())).limits

    def question(self) -> Question:
        """Domain, category, status and time, each there or not."""
        rng = self._rng
        given: dict[str, Any] = {}
        kind = rng.random()
        if kind < 0.45:
            given["domain"] = rng.sample(self._domains, min(len(self._domains), rng.choice([1, 2])))
        elif kind < 0.65:
            given["category"] = rng.sample(self._categories, rng.choice([1, 2, 3]))
        if rng.random() < 0.5:
            one = [rng.choice(list(Status)).code]
            given["status"] = rng.choice([["open"], ["closed"], one])
        # Whole seconds apart or whole days; no two stretches of a run are alike.
        length = timedelta(seconds=math.exp(rng.uniform(math.log(3600), math.log(94e6))))
        since = UNTIL - timedelta(seconds=rng.randrange(YEARS * 365 * 86400))
        if rng.random() < 0.5:
            given["since"] = (since - timedelta(microseconds=since.microsecond)).isoformat()
            given["until"] = (since + length).replace(microsecond=0).isoformat()
        else:
            given["since"] = since.date().isoformat()
            given["until"] = (since + length + timedelta(days=1)).date().isoformat()
        end = rng.random()
        if end < 0.2:
            del given["until"]
        elif end < 0.3:
            del given["since"]
        return Question(urlencode(given, doseq=True), parse(self._words, **given))

    def tile(self, zoom: int) -> TileAddress:
        """A tile over the city: half of them where complaints are, half anywhere."""
        box = self._limits
        lon, lat = self._rng.uniform(box.west, box.east), self._rng.uniform(box.south, box.north)
        if self._points and self._rng.random() < 0.5:
            lon, lat = self._rng.choice(self._points)
        n = 1 << zoom
        y = (1 - math.asinh(math.tan(math.radians(lat))) / math.pi) / 2 * n
        return TileAddress.of(zoom, int((lon + 180) / 360 * n), int(y))

    def place(self) -> tuple[float, float]:
        """A point where a complaint was: inside the city."""
        return self._rng.choice(self._points)

    def category(self) -> str:
        return self._rng.choice(self._categories)
