"""Work given to who handles it, whenever boundaries come into force, are replaced or taken away."""

from typing import Final

from sqlalchemy import Connection, Engine, text

# Work routed in one transaction: a fraction of a second, in which others wait for these rows alone.
BATCH: Final = 2_000
_FIRST: Final = "00000000-0000-0000-0000-000000000000"
_ALL: Final = 2**31 - 1
_PART: Final = text("SELECT last, n, moved FROM work_routed_part(:city, :after, :most)")


def route(engine: Engine, city_id: int) -> int:
    """Route all work of a city, some rows at a time; returns how many open ones changed hands."""
    after, moved = _FIRST, 0
    while True:
        with engine.begin() as connection:
            found = connection.execute(
                _PART, {"city": city_id, "after": after, "most": BATCH}
            ).one()
        if found.last is None:
            return moved
        after, moved = found.last, moved + found.moved


def route_part(connection: Connection, city_id: int) -> int:
    """The same in the caller's transaction, for a city with little work."""
    found = connection.execute(_PART, {"city": city_id, "after": _FIRST, "most": _ALL}).one()
    return int(found.moved)
