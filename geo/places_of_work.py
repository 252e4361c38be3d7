"""Which boundary set figures of areas are told by where none is named."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection, text

from geo.errors import BadFilterError


def set_in_force(connection: Connection, city_id: int, asked: Sequence[int], now: datetime) -> str:
    """The set of the areas that are asked for, else the newest in force in a city.

    Raises `BadFilterError` where there is none.
    """
    found = connection.execute(
        text(
            """
            SELECT s.code FROM area_set s JOIN city t ON t.id = s.city_id
             WHERE s.ready AND s.city_id = :city
               AND (s.id = ANY (CAST(:asked AS integer[]))
                    OR ((s.since IS NULL OR s.since <= (:now AT TIME ZONE t.timezone)::date)
                        AND (s.until IS NULL OR s.until > (:now AT TIME ZONE t.timezone)::date)))
             ORDER BY s.id = ANY (CAST(:asked AS integer[])) DESC, s.since DESC NULLS LAST, s.id
             LIMIT 1
            """
        ),
        {"city": city_id, "asked": list(asked), "now": now},
    ).scalar()
    if found is None:
        raise BadFilterError("set", "no boundary set is in force: name one with set=")
    return str(found)
