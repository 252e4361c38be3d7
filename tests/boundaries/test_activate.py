"""Boundary sets looked at, brought into force and undone: work goes where it was said."""

import itertools
import json
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import geopandas as gpd
import pytest
import shapely
from officials import official
from sqlalchemy import Engine, text

from api.boundary_rounds import look
from boundaries import activate, drafts, route
from boundaries.difference import difference
from boundaries.load import SetSpec
from geo import asking
from geo.database import SERVICE_ROLE
from geo.errors import BadFilterError, ConflictError, FileError

NOW = datetime.now(UTC)
SPEC = SetSpec("stripes", "ward", "Dải", "Stripes", "test")


def stripes(n: int, shift: float = 0.0) -> bytes:
    """The region of Hanoi in vertical stripes, as a file."""
    edges = [105.2 + shift + i * 1.0 / n for i in range(n + 1)]
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"{i:03}", "name": f"Phường Dải {i}", "population": 1000 * i},
            "geometry": shapely.geometry.mapping(shapely.box(a, 20.4, b, 21.6)),
        }
        for i, (a, b) in enumerate(itertools.pairwise(edges))
    ]
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def drafted(engine: Engine, file: bytes, spec: SetSpec = SPEC) -> int:
    with engine.begin() as connection:
        number = drafts.put(connection, 1, drafts.described(connection, spec), {}, file)
    look(engine, NOW)
    with engine.connect() as connection:
        row = drafts.of(connection, number)
        assert row.state == "ready", row.problem
    return number


def in_force(engine: Engine, number: int, **given: Any) -> None:
    with engine.begin() as connection:
        activate.plan(connection, number, NOW, **given)
    look(engine, NOW)
    with engine.connect() as connection:
        row = drafts.of(connection, number)
        assert row.state == "active", (row.state, row.problem)


def handlers(engine: Engine) -> dict[Any, str | None]:
    """Who handles each open complaint: set and area by their codes."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT w.complaint_id, s.code || ':' || a.code AS area FROM work w"
                " LEFT JOIN area a ON a.id = w.area_id LEFT JOIN area_set s ON s.id = a.set_id"
                " WHERE w.status <= 3"
            )
        )
        return {row.complaint_id: row.area for row in rows}


def said(engine: Engine, number: int, ends: list[str]) -> Counter[tuple[Any, Any]]:
    with engine.connect() as connection:
        rows = connection.execute(
            text("SELECT was, goes, n FROM boundary_moves_of(:id, :day, :ends)"),
            {"id": number, "day": activate.today(connection, 1, NOW), "ends": ends},
        ).all()
    found: Counter[tuple[Any, Any]] = Counter()
    for row in rows:
        if row.was != row.goes:
            found[row.was, row.goes] += row.n
    return found


def seen(engine: Engine, token: str) -> int:
    """How much open work an official sees, asked as the service."""
    with engine.begin() as connection:
        connection.execute(text(f"SET LOCAL ROLE {SERVICE_ROLE}"))
        asking.show(connection, token)
        return int(
            connection.execute(text("SELECT count(*) FROM work WHERE status <= 3")).scalar_one()
        )


def moved(before: dict[Any, Any], after: dict[Any, Any]) -> Counter[tuple[Any, Any]]:
    return Counter((before[one], after[one]) for one in before if before[one] != after[one])


def test_what_a_preview_says_is_where_the_work_goes_and_undoing_brings_it_back(
    hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(route, "BATCH", 300)
    before = handlers(hanoi_engine)
    ward = Counter(one for one in before.values() if one).most_common(1)[0][0]
    old, new = official(hanoi_engine, "officer", areas=[ward]), None
    mine = seen(hanoi_engine, old.token)
    assert mine > 0
    number = drafted(hanoi_engine, stripes(9))
    new = official(hanoi_engine, "officer", areas=["stripes:004"])
    promised = said(hanoi_engine, number, ["hanoi-ward-2025"])
    # Nothing has happened to anybody yet.
    assert handlers(hanoi_engine) == before
    in_force(hanoi_engine, number)
    after = handlers(hanoi_engine)
    until = text("SELECT until FROM area_set WHERE code = 'hanoi-ward-2025'")
    with hanoi_engine.connect() as connection:
        ended = connection.execute(until).scalar_one()
        assert ended == activate.today(connection, 1, NOW)
    assert moved(before, after) == promised
    assert sum(promised.values()) == sum(1 for one in before if before[one] != after[one]) > 100
    # Officials of the new set see their work, and those with roles of the old one still do.
    assert seen(hanoi_engine, new.token) == Counter(after.values())["stripes:004"]
    assert seen(hanoi_engine, old.token) == mine
    with hanoi_engine.begin() as connection:
        told = connection.execute(
            text("SELECT count(*) FROM work_event WHERE act = 're-route'")
        ).scalar_one()
        assert told == sum(promised.values()) == drafts.of(connection, number).moved
        activate.cancel(connection, number)
    look(hanoi_engine, NOW)
    assert handlers(hanoi_engine) == before
    with hanoi_engine.connect() as connection:
        assert connection.execute(until).scalar_one() is None
        assert drafts.of(connection, number).state == "undone"


def test_a_set_replaced_by_corrected_shapes_keeps_roles_hand_overs_and_what_is_closed(
    hanoi_engine: Engine,
) -> None:
    in_force(hanoi_engine, drafted(hanoi_engine, stripes(9)))
    with hanoi_engine.begin() as connection:
        one, other = connection.execute(
            text(
                "SELECT (array_agg(complaint_id))[1:2] FROM work w JOIN area a ON a.id = w.area_id"
                " WHERE a.code = '004' AND w.status <= 3"
            )
        ).scalar_one()
        connection.execute(
            text(
                "UPDATE work w SET area_id = a.id, handler_ids = ARRAY[a.id], handed = true"
                " FROM area a JOIN area_set s ON s.id = a.set_id"
                " WHERE s.code = 'stripes' AND a.code = '001' AND w.complaint_id = :one"
            ),
            {"one": one},
        )
        connection.execute(
            text("UPDATE complaint SET status = 4, closed_at = now() WHERE id = :id"), {"id": other}
        )
        version = connection.execute(
            text("SELECT version FROM work WHERE complaint_id = :id"), {"id": one}
        ).scalar_one()
    person = official(hanoi_engine, "officer", areas=["stripes:001"])
    closer = official(hanoi_engine, "officer", areas=["stripes:004"])
    before = handlers(hanoi_engine)
    number = drafted(hanoi_engine, stripes(9, shift=0.01))
    promised = said(hanoi_engine, number, [])
    in_force(hanoi_engine, number)
    after = handlers(hanoi_engine)
    assert moved(before, after) == promised
    assert after[one] == "stripes:001"
    assert sum(promised.values()) > 0
    with hanoi_engine.begin() as connection:
        connection.execute(text(f"SET LOCAL ROLE {SERVICE_ROLE}"))
        asking.show(connection, person.token)
        mine = text("SELECT version FROM work WHERE complaint_id = :id")
        # Whoever has it open need not look again: nothing about it changed.
        assert connection.execute(mine, {"id": one}).scalar_one() == version
        asking.show(connection, closer.token)
        assert connection.execute(mine, {"id": other}).scalar_one_or_none() is not None
    with hanoi_engine.begin() as connection:
        activate.cancel(connection, number)
    look(hanoi_engine, NOW)
    assert handlers(hanoi_engine) == before


def test_a_future_day_changes_nothing_until_its_local_midnight(hanoi_engine: Engine) -> None:
    number = drafted(hanoi_engine, stripes(5))
    before = handlers(hanoi_engine)
    with hanoi_engine.begin() as connection:
        day = activate.today(connection, 1, NOW) + timedelta(days=20)
        activate.plan(connection, number, NOW, starts=day)
    midnight = datetime.combine(day, datetime.min.time(), UTC) - timedelta(hours=7)
    assert look(hanoi_engine, midnight - timedelta(seconds=1)) == 0
    assert handlers(hanoi_engine) == before
    assert look(hanoi_engine, midnight) == 1
    with hanoi_engine.connect() as connection:
        row = connection.execute(text("SELECT since FROM area_set WHERE code = 'stripes'")).one()
        assert row.since == day
        assert drafts.of(connection, number).state == "active"


def test_work_turns_on_the_day_a_set_that_is_loaded_already_begins(hanoi_engine: Engine) -> None:
    in_force(hanoi_engine, drafted(hanoi_engine, stripes(5)))
    before = handlers(hanoi_engine)
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE area_set SET until = current_date - 1, since = NULL"
                 " WHERE code = 'stripes'")
        )  # fmt: skip
        connection.execute(text("UPDATE area_set SET until = NULL WHERE code LIKE 'hanoi-ward%'"))
        connection.execute(text("UPDATE boundary_day SET day = current_date - 4"))
    assert activate.turn(hanoi_engine, NOW) > 0
    assert handlers(hanoi_engine) != before
    assert activate.turn(hanoi_engine, NOW) == 0


@pytest.mark.parametrize(
    ("file", "says"),
    [
        (b"PK\x03\x04 not a map", "FeatureCollection"),
        (b'{"type": "Topology"}', "FeatureCollection"),
        (b"<OGRVRTDataSource><SrcDataSource>/etc/passwd", "FeatureCollection"),
    ],
)
def test_what_is_no_map_file_is_not_even_kept(engine: Engine, file: bytes, says: str) -> None:
    with engine.begin() as connection, pytest.raises(FileError, match=says):
        drafts.put(connection, 1, SPEC, {}, file)


def test_a_file_with_a_bad_feature_is_refused_in_words_and_days_are_checked(
    hanoi_engine: Engine,
) -> None:
    broken = json.loads(stripes(3))
    broken["features"][1]["properties"]["code"] = "000"
    with hanoi_engine.begin() as connection:
        number = drafts.put(connection, 1, SPEC, {}, json.dumps(broken).encode())
    look(hanoi_engine, NOW)
    with hanoi_engine.begin() as connection:
        row = drafts.of(connection, number)
        assert (row.state, "000" in row.problem) == ("refused", True)
        with pytest.raises(ConflictError):
            activate.plan(connection, number, NOW)
    number = drafted(hanoi_engine, stripes(3))
    with hanoi_engine.begin() as connection:
        with pytest.raises(BadFilterError, match="later day"):
            activate.plan(connection, number, NOW, starts=date(2020, 1, 1))
        with pytest.raises(BadFilterError, match="no other set"):
            activate.plan(connection, number, NOW, ends=["nowhere"])


def test_the_difference_names_what_is_new_gone_changed_and_renamed() -> None:
    def areas(**boxes: tuple[float, float, str]) -> gpd.GeoDataFrame:
        return gpd.GeoDataFrame(
            {
                "code": list(boxes),
                "name": [name for _, _, name in boxes.values()],
                "population": [10] * len(boxes),
            },
            geometry=[shapely.box(105 + a, 21, 105 + b, 21.1) for a, b, _ in boxes.values()],
            crs=4326,
        )

    before = areas(a=(0, 0.1, "A"), b=(0.1, 0.2, "B"), c=(0.2, 0.3, "C"), d=(0.3, 0.4, "D"))
    after = areas(a=(0, 0.15, "A"), b=(0.15, 0.2, "B"), d=(0.3, 0.4, "Đ"), e=(0.2, 0.3, "E"))
    found = difference(before, after)
    assert {one.code: one.what for one in found.changes} == {
        "a": "changed", "b": "changed", "c": "gone", "d": "renamed", "e": "new",
    }  # fmt: skip
    of = {one.code: one for one in found.changes}
    assert of["c"].other[0][0] == "e"
    assert of["a"].moved_share == pytest.approx(1 / 3, abs=0.001)
    # Half of b went to a, and all of c to e: 0.15 of 0.4 degrees.
    assert found.moved_share == pytest.approx(0.375, abs=0.001)
    assert (found.population_before, found.population_after) == (40, 40)
