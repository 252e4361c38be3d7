"""Before and after, and unusual groups, over real rows."""

from datetime import date

import numpy as np
import pytest
from sqlalchemy import Engine, text

from api.query import read_vocabulary
from geo.clusters import cases
from geo.effects import effect
from geo.emergence import periods_of
from geo.errors import BadFilterError
from geo.filters import Filter, parse


def _question(engine: Engine, **asked: object) -> Filter:
    with engine.connect() as connection:
        return parse(read_vocabulary(connection), **asked)  # type: ignore[arg-type]


def test_weeks_of_an_area_and_of_the_rest_are_counted_as_the_rows_are(
    module_hanoi: Engine,
) -> None:
    question = _question(module_hanoi, area=["hanoi-district-2014:001"], domain=["traffic"])
    at = date(2026, 3, 2)
    with module_hanoi.connect() as connection:
        found = effect(connection, question, at, 8)
        rows = connection.execute(
            text(
                "SELECT (local_day(c.reported_at, 'Asia/Ho_Chi_Minh') - local_day("
                " '2026-01-05T00:00:00+07:00', 'Asia/Ho_Chi_Minh')) / 7 AS week,"
                " EXISTS (SELECT FROM complaint_area ca JOIN area a ON a.id = ca.area_id"
                "  JOIN area_set s ON s.id = a.set_id WHERE s.code = 'hanoi-district-2014'"
                "  AND a.code = '001' AND ca.complaint_id = c.id) AS inside, count(*) AS n"
                " FROM complaint c JOIN category k ON k.id = c.category_id"
                " JOIN domain d ON d.id = k.domain_id WHERE d.code = 'traffic'"
                " AND c.reported_at >= '2026-01-05T00:00:00+07:00'"
                " AND c.reported_at < '2026-04-27T00:00:00+07:00' GROUP BY 1, 2"
            )
        ).all()
    area, rest = np.zeros(16, int), np.zeros(16, int)
    for row in rows:
        (area if row.inside else rest)[row.week] += row.n
    assert found.area.tolist() == area.tolist()
    assert found.rest.tolist() == rest.tolist()
    assert (found.first.since, found.second.until) == (date(2026, 1, 5), date(2026, 4, 27))
    assert float(found.rest_ratio.ratio) == pytest.approx(rest[8:].sum() / rest[:8].sum())


def test_a_comparison_needs_a_place(module_hanoi: Engine) -> None:
    with module_hanoi.connect() as connection, pytest.raises(BadFilterError, match="which place"):
        effect(connection, _question(module_hanoi), date(2026, 3, 2), 8)


def test_a_scan_gets_every_complaint_of_its_areas_once(module_hanoi: Engine) -> None:
    question = _question(module_hanoi)
    with module_hanoi.connect() as connection:
        ids = read_vocabulary(connection).sets["hanoi-ward-2025"]
        periods = periods_of(connection, question, "month")
        found = cases(connection, question, ids, periods)
        true = connection.execute(
            text(
                "SELECT count(*) FROM complaint_area ca JOIN area a ON a.id = ca.area_id"
                " JOIN area_set s ON s.id = a.set_id WHERE s.code = 'hanoi-ward-2025'"
                " AND ca.reported_at >= :since AND ca.reported_at < :until"
            ),
            {"since": periods[0].since, "until": periods[-1].until},
        ).scalar_one()
    assert found.n.shape == (len(ids), len(periods))
    assert found.n.sum() == true
    assert list(found.codes) == sorted(found.codes)


def test_weeks_the_city_knows_nothing_of_are_left_out(module_hanoi: Engine) -> None:
    question = _question(module_hanoi, area=["hanoi-district-2014:001"])
    with module_hanoi.connect() as connection:
        # The sample ends with October 2026.
        found = effect(connection, question, date(2026, 10, 5), 12)
        assert (found.before, len(found.area)) == (12, 15)
        assert found.second.until == date(2026, 10, 26)
        area = found.area
        assert float(found.area_ratio.ratio) == pytest.approx(area[12:].mean() / area[:12].mean())
        with pytest.raises(BadFilterError, match="0 after"):
            effect(connection, question, date(2026, 10, 30), 12)
