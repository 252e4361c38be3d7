"""How the work goes, over HTTP: who may ask, and that each number lists its rows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fastapi.testclient import TestClient
from officials import Person, official, service_engine
from sqlalchemy import Engine, text, update
from work_history import plant

from api.app import create_app
from api.settings import Settings
from geo.schema import account

NOW = datetime.now(UTC)
SET = "hanoi-ward-2025"
Served = Callable[[Person | None], TestClient]


@pytest.fixture(scope="module")
def people(module_hanoi: Engine) -> list[Person]:
    found = [official(module_hanoi, "officer") for _ in range(3)]
    with module_hanoi.begin() as connection:
        connection.execute(
            update(account).where(account.c.id == found[0].id).values(unit="Đội môi trường")
        )
    plant(module_hanoi, NOW, 11, [one.id for one in found])
    return found


@pytest.fixture(scope="module")
def served(module_hanoi: Engine, people: list[Person]) -> Iterator[Served]:
    engine = service_engine(module_hanoi)
    app = create_app(engine, Settings())

    def client(who: Person | None) -> TestClient:
        made = TestClient(app, raise_server_exceptions=False)
        return who(made) if who is not None else made

    yield client
    engine.dispose()


@pytest.fixture(scope="module")
def ward(module_hanoi: Engine, people: list[Person]) -> str:
    """The ward that handles most."""
    with module_hanoi.connect() as connection:
        code = connection.execute(
            text(
                "SELECT a.code FROM work w JOIN area a ON a.id = w.area_id"
                " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 1"
            )
        ).scalar_one()
    return f"{SET}:{code}"


def ask(client: TestClient, query: str = "") -> Any:
    answer = client.get(f"/api/v1/performance?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


def listed(client: TestClient, row: dict[str, Any], measure: str) -> int:
    answer = client.get(f"/api/v1/work?{row['query']}&measure={measure}&limit=1")
    assert answer.status_code == 200, answer.text
    return int(answer.json()["total"])


@pytest.mark.parametrize(
    "query", ["", "by=area", "by=domain", "by=category&domain=environment", "by=month", "by=unit",
              "by=person", "by=quarter&since=2026-01-01"],
)  # fmt: skip
def test_each_number_is_that_of_the_rows_it_lists(
    module_hanoi: Engine, served: Served, ward: str, query: str
) -> None:
    for client in (
        served(official(module_hanoi, "supervisor")),
        served(official(module_hanoi, "supervisor", areas=[ward])),
    ):
        found = ask(client, query)
        tried = 0
        busiest = sorted(found["rows"], key=lambda row: -row["n"]["received"])[:2]
        for row in [found["whole"], *busiest]:
            for measure in row["linked"]:
                assert listed(client, row, measure) == row["n"][measure], (measure, row["query"])
                tried += 1
        assert tried > 8


def test_who_plans_counts_all_that_is_theirs_and_lists_none(
    module_hanoi: Engine, served: Served, ward: str
) -> None:
    client = served(official(module_hanoi, "planner", areas=[ward]))
    found = ask(client, "by=area")
    officer = ask(served(official(module_hanoi, "officer", areas=[ward])), "by=area")
    assert found["whole"]["n"] == officer["whole"]["n"]
    assert found["whole"]["linked"] == []
    assert {row["code"] for row in found["rows"] if row["n"]["received"]} == {ward.split(":")[1]}
    assert client.get("/api/v1/work?measure=received").status_code == 403


def test_an_area_of_others_is_refused(module_hanoi: Engine, served: Served, ward: str) -> None:
    with module_hanoi.connect() as connection:
        other = connection.execute(
            text("SELECT s.code || ':' || a.code FROM work w JOIN area a ON a.id = w.area_id"
                 " JOIN area_set s ON s.id = a.set_id"
                 " WHERE s.code || ':' || a.code <> :ward LIMIT 1"),
            {"ward": ward},
        ).scalar_one()  # fmt: skip
    client = served(official(module_hanoi, "supervisor", areas=[ward]))
    answer = client.get(f"/api/v1/performance?area={other}")
    assert answer.status_code == 403
    assert "không phải địa bàn của bạn" in answer.json()["detail"]


def test_who_may_not_is_refused_in_words(module_hanoi: Engine, served: Served) -> None:
    assert served(None).get("/api/v1/performance").status_code == 401
    admin = served(official(module_hanoi, "admin"))
    assert admin.get("/api/v1/performance").status_code == 403
    officer = served(official(module_hanoi, "officer"))
    assert officer.get("/api/v1/performance?by=person").status_code == 403
    for query in ("since=2026-05-02&until=2026-05-02", "area=x:1", "by=area&set=none", "by=rank"):
        answer = officer.get(f"/api/v1/performance?{query}")
        assert answer.status_code in (404, 422), query
        assert answer.headers["content-type"] == "application/problem+json"
    for query in ("measure=none", f"handler={SET}:1", "unit=x"):
        assert officer.get(f"/api/v1/work?{query}").status_code == 422, query


def test_of_few_the_interval_is_told_alone_and_rows_stand_by_name(
    module_hanoi: Engine, served: Served
) -> None:
    found = ask(served(official(module_hanoi, "supervisor")), "by=area")
    names = [row["name"] for row in found["rows"] if row["key"]]
    assert names == sorted(names)
    few = [row for row in found["rows"] if row["closing"]["working"]["few"]]
    assert few
    assert all(row["closing"]["working"]["median"]["value"] is None for row in few)
    assert not found["whole"]["closing"]["working"]["few"]
    assert found["whole"]["closing"]["working"]["median"]["value"] > 0


def test_the_time_before_is_as_long(module_hanoi: Engine, served: Served) -> None:
    client = served(official(module_hanoi, "supervisor"))
    until = NOW.date()
    since = until - timedelta(days=30)
    found = ask(client, f"since={since}&until={until}&compare=true")
    before = ask(client, f"since={since - timedelta(days=30)}&until={since}")
    assert found["before"]["n"] == before["whole"]["n"]
    assert found["before"]["until"] == str(since)


def test_what_was_closed_before_it_came_here_is_told_apart(
    module_hanoi: Engine, served: Served, ward: str
) -> None:
    statement = text(
        "SELECT extract(epoch FROM c.closed_at - c.reported_at) / 3600 FROM complaint c"
        " JOIN complaint_area a ON a.complaint_id = c.id AND a.reported_at = c.reported_at"
        " JOIN area w ON w.id = a.area_id JOIN area_set s ON s.id = w.set_id"
        " WHERE c.status IN (4, 5) AND c.closed_at IS NOT NULL AND s.code || ':' || w.code = :ward"
        " AND c.id NOT IN (SELECT complaint_id FROM work)"
    )
    with module_hanoi.connect() as connection:
        hours = sorted(
            float(one) for one in connection.execute(statement, {"ward": ward}).scalars()
        )
        all_of_them = connection.execute(
            text("SELECT count(*) FROM complaint WHERE status IN (4, 5) AND closed_at IS NOT NULL"
                 " AND id NOT IN (SELECT complaint_id FROM work)")
        ).scalar_one()  # fmt: skip
    address = "/api/v1/performance/before-here?since=2022-06-01&until=2027-01-01"
    assert len(hours) > 20
    for role in ("officer", "planner"):
        found = served(official(module_hanoi, role, areas=[ward])).get(address).json()
        assert found["n"] == found["done"] == len(hours)
        middle = hours[(len(hours) + 1) // 2 - 1]
        assert found["median"]["value"] == pytest.approx(middle, abs=0.01)
    everywhere = served(official(module_hanoi, "viewer"))
    assert everywhere.get(address).json()["n"] == all_of_them
    assert everywhere.get(f"{address}&area={ward}").json()["n"] == len(hours)
    other = served(official(module_hanoi, "officer", areas=[ward], domains=["health"]))
    assert other.get(address).json()["n"] < len(hours)


def test_a_district_of_the_old_map_counts_what_its_wards_do(
    module_hanoi: Engine, served: Served
) -> None:
    client = served(official(module_hanoi, "supervisor"))
    found = ask(client, f"by=area&set={SET}")
    assert sum(row["n"]["received"] for row in found["rows"]) == found["whole"]["n"]["received"]
