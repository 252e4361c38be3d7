"""Where and when is the strongest unusual group of complaints? Kulldorff's scan over areas."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, text

from geo import counts
from geo.emergence import Period
from geo.errors import BadFilterError
from geo.filters import Filter
from geo.rollup import AREA
from geo.study import filled

Model = Literal["permutation", "population"]
# The scan goes through circles around every place: more places than this take minutes.
MOST_AREAS: Final = 700


class Cases(NamedTuple):
    """Areas in the order of their ids, and how many complaints each had in each period."""

    codes: tuple[str, ...]
    names: tuple[str, ...]
    names_en: tuple[str, ...]
    centres: NDArray[np.float64]
    """Points inside the areas, shape (areas, 2): lon, lat in degrees."""
    population: NDArray[np.float64]
    """NaN where it is not known."""
    n: NDArray[np.int64]
    """Shape (areas, periods)."""


def cases(
    connection: Connection, question: Filter, ids: Sequence[int], periods: Sequence[Period]
) -> Cases:
    """What a scan needs of some areas of one set; one count by area for each period."""
    if len(ids) > MOST_AREAS:
        raise BadFilterError("set", f"a scan takes at most {MOST_AREAS} areas, this set has more")
    rows = connection.execute(
        text(
            "SELECT id, code, concat_ws(' ', kind, name) AS name, name_en, population,"
            " ST_X(label) AS lon, ST_Y(label) AS lat"
            " FROM area WHERE id = ANY(:ids) ORDER BY id"
        ),
        {"ids": list(ids)},
    ).all()
    places = np.array([row.id for row in rows], dtype=np.int64)
    n = np.zeros((len(rows), len(periods)), dtype=np.int64)
    for number, period in enumerate(periods):
        asked = replace(question, since=period.since, until=period.until)
        found = connection.execute(counts.by_place(asked, AREA, places.tolist())).all()
        n[:, number] = filled(places, [(row.place, row.n) for row in found])
    return Cases(
        tuple(row.code for row in rows),
        tuple(row.name for row in rows),
        tuple(row.name_en for row in rows),
        np.array([(row.lon, row.lat) for row in rows], dtype=np.float64).reshape(-1, 2),
        np.array([row.population or np.nan for row in rows], dtype=np.float64),
        n,
    )
