"""Following hot spots: silent where nothing happens, and told once where something does."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

import h3.api.basic_int as h3
import numpy as np
import pytest
from numpy.typing import NDArray

from geo.cells import neighbours
from geo.following import (
    ALARM_P,
    LASTING,
    WINDOW,
    Group,
    Night,
    Tracked,
    change,
    chosen,
    follow_all,
    fresh,
    observe,
)
from geo.hotspots import benjamini_hochberg, getis_ord, joined, significance_class

CELLS = np.sort(np.array(list(h3.grid_disk(0x88415CB4E5FFFFF, 9)), dtype=np.int64))
WEIGHTS = neighbours(CELLS, 1)
MIDDLE = WEIGHTS[[len(CELLS) // 2]].indices
BEGIN = date(2026, 1, 1)
Counts = NDArray[np.int64]


def night(daily: Counts, number: int) -> Night:
    """The look of a night, from complaints by cell and day; the first has eight weeks before it."""
    weeks = daily[:, number : number + 56].reshape(len(CELLS), 8, 7).sum(axis=2)
    n = weeks[:, 4:].sum(axis=1).astype(float)
    z, p = getis_ord(n, WEIGHTS)
    level = significance_class(z, benjamini_hochberg(p))
    day = BEGIN + timedelta(days=number)
    return Night(day, CELLS, weeks, level, joined(level, WEIGHTS), WEIGHTS)


def rates(days: int, *, hot: float = 3.0) -> NDArray[np.float64]:
    """Expected complaints of each cell on each day: 0.2, in seven cells more."""
    expected = np.full((len(CELLS), days + 56), 0.2)
    expected[MIDDLE] *= hot
    return expected


def year(daily: Counts, nights: int, *, adopting: bool = False) -> Iterator[tuple[int, str]]:
    first = night(daily, 0)
    tracked = follow_all(first) if adopting else [chosen(first, CELLS[MIDDLE].tolist())]
    for number in range(1, nights):
        tracked, news = observe(tracked, night(daily, number), adopting=adopting)
        for one in news:
            yield number, one.kind


@pytest.mark.parametrize("adopting", [False, True])
def test_where_nothing_changes_hardly_anything_is_told(adopting: bool) -> None:
    rng = np.random.default_rng(1)
    told = [
        kind for _ in range(12) for _, kind in year(rng.poisson(rates(240)), 240, adopting=adopting)
    ]
    # Eight years in all; 0.1 a year were found over thirty.
    assert len(told) <= 3, Counter(told)


def test_a_city_that_changes_everywhere_is_no_news_of_a_place() -> None:
    rng = np.random.default_rng(2)
    told: list[str] = []
    for _ in range(6):
        expected = rates(200)
        expected[:, 120:] *= 1.8
        told += [kind for _, kind in year(rng.poisson(expected), 200)]
    assert len(told) <= 1, told


def test_a_spot_that_doubles_is_told_within_five_weeks_and_once() -> None:
    rng = np.random.default_rng(3)
    noticed = 0
    for _ in range(10):
        expected = rates(150)
        expected[MIDDLE, 56 + 60 :] *= 2
        told = [(at, kind) for at, kind in year(rng.poisson(expected), 150) if at >= 60]
        grown = [at for at, kind in told if kind == "grew"]
        noticed += bool(grown) and grown[0] <= 60 + 35
        # Windows apart: what is told for the old growth is not told again in the same four weeks.
        assert all(b - a >= WINDOW.days for a, b in pairwise(grown))
    assert noticed >= 9


def test_growth_at_the_edge_of_a_spot_is_told_too() -> None:
    rng = np.random.default_rng(4)
    ring = np.setdiff1d(np.unique(WEIGHTS[MIDDLE].indices), MIDDLE)
    expected = rates(120)
    expected[ring, 56 + 60 :] *= 3
    assert "grew" in [kind for _, kind in year(rng.poisson(expected), 120)]


def test_a_spot_that_ends_is_told_as_faded_then_as_gone_and_when_it_comes_back() -> None:
    rng = np.random.default_rng(5)
    expected = rates(300)
    expected[MIDDLE, 56 + 80 : 56 + 190] = 0.2
    told = [kind for _, kind in year(rng.poisson(expected), 300)]
    assert told[:3] == ["faded", "gone", "returned"]


def test_a_new_spot_is_told_once_those_of_the_first_night_are_not() -> None:
    rng = np.random.default_rng(6)
    expected = rates(150)
    corner = WEIGHTS[[3]].indices
    expected[corner, 56 + 50 :] *= 6
    told = list(year(rng.poisson(expected), 150, adopting=True))
    assert [kind for _, kind in told] == ["new"]
    assert 50 < told[0][0] < 85


def test_a_single_cell_stands_for_the_hot_spot_around_it() -> None:
    daily = np.random.default_rng(7).poisson(rates(1, hot=5))
    first = night(daily, 0)
    of_one = chosen(first, [int(CELLS[MIDDLE[3]])])
    assert of_one.state == "hot"
    assert set(CELLS[MIDDLE].tolist()) <= set(of_one.cells)
    nowhere = chosen(first, [int(CELLS[3])])
    assert nowhere.state == "candidate"
    assert set(nowhere.cells) == set(CELLS[WEIGHTS[[3]].indices].tolist())


def test_bunches_are_no_evidence() -> None:
    weeks = np.full((len(CELLS), 8), 5)
    place = np.array([0])
    weeks[0] = [10, 10, 10, 10, 20, 20, 20, 20]
    steady = change(Night(BEGIN, CELLS, weeks, *_nothing(), WEIGHTS), place)
    weeks[0] = [10, 10, 10, 10, 0, 0, 0, 80]
    bunched = change(Night(BEGIN, CELLS, weeks, *_nothing(), WEIGHTS), place)
    assert steady.ratio == bunched.ratio == 2
    assert steady.p < 0.001 < bunched.p
    assert bunched.lower < steady.lower < 2 < steady.upper < bunched.upper


def _nothing() -> tuple[Any, Any]:
    return np.zeros(len(CELLS), np.int8), np.full(len(CELLS), -1)


def test_what_is_remembered_comes_back_from_json_as_it_was() -> None:
    first = night(np.random.default_rng(8).poisson(rates(40, hot=5)), 0)
    for one in follow_all(first):
        assert Tracked.from_json(one.as_json()) == one


def test_a_group_is_told_once_for_as_long_as_it_lasts() -> None:
    day = date(2026, 5, 1)
    areas = frozenset({"a", "b", "c"})
    told, known = fresh([(areas, 0.001), (frozenset({"x"}), 0.02)], [], day)
    assert told == [0]
    for later in range(1, 40):
        # It moves a little every night, and is weak on some of them.
        moved = areas | {f"d{later % 3}"}
        p = 0.001 if later % 5 else 0.5
        told, known = fresh([(moved, p)], known, day + timedelta(days=later))
        assert told == []
    told, _ = fresh([(areas, 0.001)], known, day + timedelta(days=40 + 15))
    assert told == [0]


def test_an_alarm_comes_about_once_a_year_by_chance() -> None:
    rng = np.random.default_rng(9)
    known: list[Group] = []
    alarms = 0
    for night_number in range(365 * 60):
        area = frozenset({str(rng.integers(100))})
        day = BEGIN + timedelta(days=night_number)
        told, known = fresh([(area, float(rng.uniform()))], known, day)
        alarms += len(told)
    assert 40 <= alarms <= 80
    assert 1 / 366 < ALARM_P < 1 / 364
    assert LASTING * 2 == 56
