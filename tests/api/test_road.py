"""A shortlist in the order of the way, as officials of different areas are told it."""

from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from pyproj import Geod
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings

SET = "hanoi-ward-2025"
Served = Callable[[Person | None], TestClient]


@pytest.fixture(scope="module")
def served(module_hanoi: Engine) -> Iterator[Served]:
    engine = service_engine(module_hanoi)
    app = create_app(engine, Settings())

    def client(who: Person | None) -> TestClient:
        made = TestClient(app, raise_server_exceptions=False)
        return who(made) if who is not None else made

    yield client
    engine.dispose()


@pytest.fixture(scope="module")
def wards(module_hanoi: Engine) -> list[tuple[str, list[str]]]:
    """The two wards with most open complaints, and the codes of these."""
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.code, array_agg(c.code ORDER BY c.code) AS codes FROM work w"
                " JOIN complaint c ON c.id = w.complaint_id JOIN area a ON a.id = w.area_id"
                " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 2"
            )
        ).all()
    return [(f"{SET}:{row.code}", row.codes) for row in rows]


def test_the_order_begins_where_it_is_told_and_its_legs_are_its_lines(
    module_hanoi: Engine, served: Served, wards: list[tuple[str, list[str]]]
) -> None:
    client = served(official(module_hanoi, "officer", areas=[wards[0][0]]))
    codes = wards[0][1][:12]
    listed = client.get(f"/api/v1/work/road?codes={','.join(codes)}")
    assert listed.headers["Cache-Control"] == "no-store"
    found = listed.json()
    assert found["order"][0]["code"] == codes[0]
    assert {one["code"] for one in found["order"]} == set(codes)
    far = client.get("/api/v1/work/road", params={"codes": codes, "start": "105.0,21.0"}).json()
    assert far["line"]["coordinates"][0] == [105.0, 21.0]
    line, geod = far["line"]["coordinates"], Geod(ellps="WGS84")
    for (a, b), one in zip(pairwise(line), far["order"], strict=True):
        assert [one["lon"], one["lat"]] == b
        assert one["leg_m"] == pytest.approx(geod.inv(*a, *b)[2], rel=0.006, abs=1)
    assert far["length_m"] == pytest.approx(sum(one["leg_m"] for one in far["order"]), abs=10)


def test_what_presses_comes_first_where_that_is_asked_for(
    module_hanoi: Engine, served: Served, wards: list[tuple[str, list[str]]]
) -> None:
    ward, codes = wards[0]
    chosen, late = codes[:10], set(codes[6:9])
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE work SET due_stale = false, due_at = now() - interval '1 hour'"
                " WHERE complaint_id IN (SELECT id FROM complaint WHERE code = ANY (:late))"
            ),
            {"late": list(late)},
        )
    client = served(official(module_hanoi, "viewer", areas=[ward]))
    found = client.get("/api/v1/work/road", params={"codes": chosen, "first": "due"}).json()
    assert {one["code"] for one in found["order"][:3]} == late
    assert [one["presses"] for one in found["order"]] == [True] * 3 + [False] * 7


def test_a_complaint_of_another_area_looks_like_one_that_is_not_there(
    module_hanoi: Engine, served: Served, wards: list[tuple[str, list[str]]]
) -> None:
    (ward, own), (_, others) = wards
    client = served(official(module_hanoi, "officer", areas=[ward]))
    found = client.get(f"/api/v1/work/road?codes={others[0]},{own[0]},ABCDEFGHJ").json()
    assert [one["code"] for one in found["order"]] == [own[0]]
    assert found["missing"] == [others[0], "ABCDEFGHJ"]
    assert found["line"] is None
    assert str(found).count(others[0]) == 1


def test_who_is_not_signed_in_or_only_plans_gets_no_way(
    module_hanoi: Engine, served: Served, wards: list[tuple[str, list[str]]]
) -> None:
    path = f"/api/v1/work/road?codes={wards[0][1][0]}"
    assert served(None).get(path).status_code == 401
    assert served(official(module_hanoi, "planner")).get(path).status_code == 403
    assert served(official(module_hanoi, "admin")).get(path).status_code == 403


@pytest.mark.parametrize(
    "query",
    ["", "codes=", "codes=%00", "codes=a&start=1", "codes=a&start=nan,1", "codes=a&start=1,91",
     "codes=a&first=x", "codes=" + ",".join(f"C{n}" for n in range(51))],
)  # fmt: skip
def test_what_is_no_shortlist_is_refused_in_words(
    module_hanoi: Engine, served: Served, query: str
) -> None:
    answer = served(official(module_hanoi, "officer")).get(f"/api/v1/work/road?{query}")
    assert answer.status_code in (400, 422)
    assert answer.json()["detail"]
