"""Before and after for a hexagon or a drawn shape, over real rows."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import Engine, func, select

from api.query import read_vocabulary
from geo import counts
from geo.effects import effect
from geo.filters import Filter, parse
from geo.schema import complaint

ZONE = ZoneInfo("Asia/Ho_Chi_Minh")
AT = date(2026, 3, 2)
SHAPES = {
    "cell": ["87415cb4effffff"],
    "polygon": "105.80,21.00;105.88,21.00;105.88,21.06;105.80,21.06",
    "bbox": "105.80,21.00,105.88,21.06",
}


def _question(engine: Engine, **asked: object) -> Filter:
    with engine.connect() as connection:
        return parse(read_vocabulary(connection), **asked)  # type: ignore[arg-type]


@pytest.mark.parametrize("shape", sorted(SHAPES))
def test_a_place_and_the_rest_are_together_all_complaints_of_those_weeks(
    module_hanoi: Engine, shape: str
) -> None:
    question = _question(module_hanoi, **{shape: SHAPES[shape]})
    since = datetime.combine(AT - timedelta(weeks=8), datetime.min.time(), ZONE)
    until = datetime.combine(AT + timedelta(weeks=8), datetime.min.time(), ZONE)
    with module_hanoi.connect() as connection:
        found = effect(connection, question, AT, 8)
        every = connection.execute(
            select(func.count())
            .select_from(complaint)
            .where(complaint.c.reported_at >= since, complaint.c.reported_at < until)
        ).scalar_one()
        inside = sum(
            row.n
            for row in connection.execute(
                counts.by_day(replace(question, since=since, until=until))
            )
        )
    assert 0 < inside < every
    assert int(found.area.sum()) == inside
    assert int(found.area.sum() + found.rest.sum()) == every


def test_a_box_and_the_same_box_drawn_change_alike(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection:
        box, drawn = (
            effect(connection, _question(module_hanoi, **{shape: SHAPES[shape]}), AT, 8)
            for shape in ("bbox", "polygon")
        )
    assert box.area.tolist() == drawn.area.tolist()
    assert box.rest.tolist() == drawn.rest.tolist()
