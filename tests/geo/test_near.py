"""What may already be reported: near in place, time and meaning, open, and never sensitive."""

import random
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, Engine, text

from geo.cells import LEAF, around, leaf_cells, parents, probes
from geo.common_words import folded, shared, telling
from geo.database import sql
from geo.errors import BadFilterError, NotFoundError
from geo.near import (
    COMPARED,
    MOST,
    OF_ALL,
    RESOLUTION,
    Asked,
    _values,
    kinds,
    near,
    near_stored,
    scores,
)
from geo.reporting import Report, take

AT = datetime(2026, 11, 20, 9, tzinfo=UTC)
LON, LAT = 105.8412, 21.0245
METRE = 1 / 111_320
PIN = Asked(LON, LAT, "pothole", AT)


@pytest.fixture
def db(hanoi_engine: Engine) -> Any:
    """Hanoi without complaints."""
    with hanoi_engine.begin() as connection:
        connection.execute(text("SELECT set_config('phananh.erase', 'sample', true)"))
        connection.execute(text("DELETE FROM event"))
        connection.execute(text("DELETE FROM complaint"))
        yield connection
        connection.rollback()


def _report(
    db: Connection,
    north_m: float = 0,
    category: str = "pothole",
    days: float = 1,
    words: str = "Ổ gà",
    address: str | None = None,
) -> str:
    said = Report(LON, LAT + north_m * METRE, category, words, address)
    return take(db, said, AT - timedelta(days=days), None, b"secret").code


def _codes(db: Connection, asked: Asked = PIN) -> list[str]:
    return [one.code for one in near(db, asked).near]


def _set(db: Connection, code: str, values: str) -> None:
    db.execute(text(f"UPDATE complaint SET {values} WHERE code = :code"), {"code": code})


def test_what_is_open_and_near_is_found_with_how_far_and_how_it_stands(db: Connection) -> None:
    code = _report(db, 30, words="Ổ gà trước cổng trường", address="12 Láng")
    _set(db, code, "status = 3")
    found = near(db, PIN)
    assert (found.within_m, found.days) == (60, 120)
    [one] = found.near
    assert (one.code, one.category, one.domain) == (code, "pothole", "traffic")
    assert one.status.code == "in_progress"
    assert one.distance_m == pytest.approx(30, abs=0.5)
    assert (one.text, one.address) == ("Ổ gà trước cổng trường", "12 Láng")
    assert one.supporters == 0
    assert 0 < one.score < 1


def test_the_distance_and_the_days_are_those_of_the_category(db: Connection) -> None:
    inside, _beyond = _report(db, 59), _report(db, 62)
    recent, _old = _report(db, days=119), _report(db, days=121)
    assert set(_codes(db)) == {inside, recent}
    db.execute(text("UPDATE category SET near_m = 61, near_days = 2 WHERE code = 'pothole'"))
    found = near(db, PIN)
    assert [one.code for one in found.near] == [inside]
    assert (found.within_m, found.days) == (61, 2)


def test_only_categories_of_the_same_meaning_are_looked_at(db: Connection) -> None:
    own, other = _report(db), _report(db, category="roadworks")
    _report(db, category="congestion")
    assert _codes(db) == [own, other]
    db.execute(text("UPDATE category SET meaning = NULL WHERE code = 'roadworks'"))
    assert _codes(db) == [own]


@pytest.mark.parametrize("status", [4, 5, 6, 7])
def test_what_is_closed_or_withdrawn_is_no_longer_near(db: Connection, status: int) -> None:
    code = _report(db)
    assert _codes(db) == [code]
    _set(db, code, f"status = {status}, closed_at = now()")
    assert _codes(db) == []


def test_sensitive_complaints_are_near_nothing_and_nothing_is_near_them(db: Connection) -> None:
    own, other = _report(db), _report(db, category="roadworks")
    db.execute(text("UPDATE category SET sensitive = true WHERE code = 'roadworks'"))
    assert _codes(db) == [own]
    # Who pins a sensitive kind is still told of what is public.
    assert _codes(db, PIN._replace(category="roadworks")) == [own]
    assert near_stored(db, other).near == []
    assert [one.code for one in near_stored(db, own).near] == []


def test_a_stored_complaint_is_not_near_itself_and_looks_at_its_own_time(db: Connection) -> None:
    one, two = _report(db, days=100), _report(db, 10, days=150)
    late = _report(db, 20, days=0)
    assert {near.code for near in near_stored(db, one).near} == {two, late}
    assert [near.code for near in near_stored(db, two).near] == [one]
    with pytest.raises(NotFoundError):
        near_stored(db, "AAAAAAAAA")


def test_a_category_nobody_can_choose_is_refused(db: Connection) -> None:
    for code in ("nothing", "disorder"):
        with pytest.raises(BadFilterError, match=code):
            near(db, PIN._replace(category=code))


def test_words_in_common_come_first_with_or_without_diacritics(db: Connection) -> None:
    other = _report(db, 5, words="Ổ gà cạnh chợ Mơ, giữa làn")
    same = _report(db, 25, words="ổ gà lớn ngay cổng trường Đoàn Thị Điểm")
    assert _codes(db) == [other, same]
    told = PIN._replace(words=("truoc cong truong Doan Thi Diem co o ga",))
    found = near(db, told).near
    assert [one.code for one in found] == [same, other]
    [other_before, same_before] = [one.score for one in near(db, PIN).near]
    assert found[0].score > same_before
    assert found[1].score < other_before
    assert found[0].likely


def test_what_is_far_and_long_ago_is_listed_but_not_likely(db: Connection) -> None:
    _report(db, 2, days=0.2)
    _report(db, 55, days=100)
    assert [one.likely for one in near(db, PIN).near] == [True, False]


def test_those_who_support_it_are_counted(db: Connection) -> None:
    code = _report(db)
    db.execute(
        text(
            "INSERT INTO participant (complaint_id, role, link)"
            " SELECT id, 'supporter', sha256(n::text::bytea)"
            " FROM complaint, generate_series(1, 3) n WHERE code = :code"
        ),
        {"code": code},
    )
    assert near(db, PIN).near[0].supporters == 3


def _crowd(db: Connection, n: int) -> None:
    db.execute(
        text(
            """
            INSERT INTO complaint (id, code, city_id, source_id, geom, cell, category_id, status,
                                   reported_at, text)
            SELECT gen_random_uuid(), 'X' || n, c.city_id, c.source_id, c.geom, c.cell,
                   c.category_id, 1, c.reported_at - n * interval '1 minute', 'Ổ gà số ' || n
              FROM complaint c, generate_series(1, :n) n WHERE c.code = :code
            """
        ),
        {"n": n, "code": _report(db)},
    )


def test_at_a_place_where_thousands_are_open_few_are_read(db: Connection) -> None:
    _crowd(db, 5000)
    db.execute(text("ANALYZE complaint"))
    plan = _plan(db)
    assert "ix_complaint_open" in plan
    assert "Seq Scan on complaint" not in plan
    rows = max(int(part.split()[0]) for part in plan.split("actual rows=")[1:])
    assert rows <= OF_ALL
    assert len(near(db, PIN).near) == MOST
    assert COMPARED < OF_ALL


def _plan(db: Connection) -> str:
    statement = text(f"EXPLAIN (ANALYZE, TIMING OFF) {sql('geo', 'near').text}")
    values = _values(PIN, kinds(db, "pothole"))
    return "\n".join(db.execute(statement, values).scalars())


@settings(max_examples=60, deadline=None)
@given(
    st.floats(-179, 179),
    st.floats(-65, 65),
    st.floats(1, 600),
    st.integers(9, 11),
    st.randoms(use_true_random=False),
)
def test_the_cells_around_a_point_hold_all_that_is_near(
    lon: float, lat: float, reach_m: float, resolution: int, rng: random.Random
) -> None:
    cover = around(lon, lat, reach_m, resolution)
    assert len(np.unique(cover)) == len(cover)
    turn = np.array([rng.uniform(0, 2 * np.pi) for _ in range(60)])
    away = reach_m * np.sqrt([rng.uniform(0, 1) for _ in range(60)]) * METRE
    east = away * np.cos(turn) / np.cos(np.radians(lat))
    leaves = leaf_cells(lon + east, lat + away * np.sin(turn))
    assert np.isin(parents(leaves, resolution), cover).all()
    assert np.isin(leaves >> (3 * (15 - resolution)), probes(cover, resolution)).all()


def test_the_nearest_cells_come_first() -> None:
    cover = around(LON, LAT, 300, RESOLUTION)
    own = parents(leaf_cells(np.array([LON]), np.array([LAT])), RESOLUTION)
    assert cover[0] == own[0]
    assert RESOLUTION < LEAF
    assert 25 < len(cover) < 60


WORDS = st.text(st.sampled_from("ổ gà ĐƯỜNG Láng 12a, Ỹẵ đ.ñç"), max_size=40)


@settings(max_examples=50, deadline=None)
@given(WORDS)
def test_folding_here_is_folding_in_the_database(module_hanoi: Engine, words: str) -> None:
    with module_hanoi.connect() as connection:
        asked = connection.execute(text("SELECT fold(:words)"), {"words": words})
        assert folded(words) == asked.scalar_one()


@settings(max_examples=50, deadline=None)
@given(WORDS, WORDS)
def test_words_in_common_are_the_same_from_both_sides(one: str, two: str) -> None:
    a, b = telling([one]), telling([two])
    assert shared(a, b) == shared(b, a)
    assert 0 <= shared(a, b) < 1
    assert shared(a, a) >= shared(a, b)


SHARE = st.floats(0, 1)


@settings(deadline=None)
@given(SHARE, SHARE, SHARE, st.booleans())
def test_closer_sooner_and_alike_is_never_less_likely(
    distance: float, age: float, words: float, same: bool
) -> None:
    def score(*parts: float) -> float:
        return float(scores(*(np.array([part]) for part in parts))[0])

    whole = score(distance, age, float(same), words)
    assert 0 <= whole <= 1
    assert score(distance / 2, age, float(same), words) >= whole
    assert score(distance, age / 2, float(same), words) >= whole
    assert score(distance, age, 1.0, words) >= whole
    assert score(distance, age, float(same), (1 + words) / 2) >= whole
