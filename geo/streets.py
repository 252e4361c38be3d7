"""Which street a place is on, by the addresses that citizens wrote there."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from sqlalchemy import Connection

from geo import cells
from geo.database import sql

# How often each street is named by some addresses of a cell.
Tally = Mapping[str, int]
Tallies = Callable[[Connection, Sequence[int]], Mapping[int, Tally]]
# A street that fewer name of those who name any is not told: it may be one person's mistake.
LEAST_SHARE: Final = 0.2


def tallies(connection: Connection, places: Sequence[int]) -> dict[int, Tally]:
    """The tally of each of the cells; cells of any resolution."""
    if not places:
        return {}
    ranges = [cells.leaf_range(place) for place in places]
    rows = connection.execute(
        sql("geo", "cell_streets"),
        {
            "cell": list(places),
            "low": [low for low, _ in ranges],
            "high": [high for _, high in ranges],
        },
    )
    found: dict[int, dict[str, int]] = {place: {} for place in places}
    for row in rows:
        found[int(row.cell)][str(row.street)] = int(row.n)
    return dict(found)


def street(named: Sequence[Tally]) -> str | None:
    """The street most addresses of some cells name, the first of equals; None without one.

    >>> street([{"Láng": 3, "": 1}, {"Kim Mã": 2}])
    'Láng'
    """
    whole: Counter[str] = Counter()
    for one in named:
        whole.update(one)
    best = min((one for one in whole if one), key=lambda one: (-whole[one], one), default=None)
    return best if best is not None and whole[best] >= LEAST_SHARE * whole.total() else None
