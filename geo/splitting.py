"""Splitting a complaint that holds several matters: each part becomes one, linked both ways."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple
from uuid import uuid4

import numpy as np
from sqlalchemy import Connection, func, select, update

from geo.asking import Asker
from geo.cells import leaf_cells
from geo.complaint import new_code
from geo.errors import BadFilterError, OutsideCityError
from geo.held import Held, write
from geo.masking import mask
from geo.schema import category, complaint, work

MOST_PARTS: Final = 5
LONGEST: Final = 4_000


class Part(NamedTuple):
    """A matter of its own; without a place it is where the whole is."""

    text: str
    category: str
    lon: float | None = None
    lat: float | None = None


def split(
    connection: Connection, who: Asker, held: Held, parts: Sequence[Part], at: datetime
) -> list[str]:
    """Make a complaint of each part; what is split goes on as it is. Returns the new codes.

    The new ones are of the same source and time, received, and without a reporter: who reported the
    whole follows the whole. Raises `BadFilterError` and `OutsideCityError`.
    """
    if not 1 <= len(parts) <= MOST_PARTS:
        raise BadFilterError("parts", f"1 to {MOST_PARTS} parts / từ 1 đến {MOST_PARTS} phần")
    here = connection.execute(
        select(
            func.ST_X(complaint.c.geom).label("lon"), func.ST_Y(complaint.c.geom).label("lat")
        ).where(complaint.c.id == held.id)
    ).one()
    made = []
    for number, part in enumerate(parts):
        lon, lat = (here.lon, here.lat) if part.lon is None else (part.lon, part.lat)
        kind, words = _kind(connection, number, part), _words(number, part)
        [leaf] = leaf_cells(np.array([lon]), np.array([lat])).tolist()
        code = new_code()
        inside = connection.execute(
            select(func.work_split(held.id, uuid4(), code, words, kind, lon, lat, leaf))
        ).scalar_one()
        if not inside:
            raise OutsideCityError(
                "this place lies outside of the city / vị trí này ngoài thành phố"
            )
        made.append(code)
    connection.execute(
        update(work)
        .where(work.c.complaint_id == held.id)
        .values(version=held.version + 1, updated_at=at)
    )
    write(connection, who, held, "split", None, into=made)
    return made


def _kind(connection: Connection, number: int, part: Part) -> int:
    found = connection.execute(
        select(category.c.id).where(category.c.code == part.category, category.c.enabled)
    ).scalar()
    if found is None:
        raise BadFilterError(f"parts.{number}.category", f"unknown category {part.category!r}")
    return int(found)


def _words(number: int, part: Part) -> str:
    said = part.text.strip()
    if not any(letter.isalnum() for letter in said) or len(said) > LONGEST or "\0" in said:
        raise BadFilterError(
            f"parts.{number}.text",
            f"each part says what it is about, in at most {LONGEST} characters"
            f" / mỗi phần cần nội dung, tối đa {LONGEST} ký tự",
        )
    # It is public, as the words of every report.
    return mask(said).text
