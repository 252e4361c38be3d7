"""How answers are judged: figures against a count by hand, under every filter."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text
from statsmodels.stats.proportion import proportion_confint

from api.app import create_app
from api.settings import Settings
from geo.satisfaction import Tally, wilson

SET = "hanoi-ward-2025"
VERDICTS = ("satisfied", "accepted", "dissatisfied")
COLUMNS = ("answered", "rated", *VERDICTS, "reopened")


@pytest.fixture(scope="module")
def judged(module_hanoi: Engine) -> Engine:
    """Some 600 judgements of 400 of the sample's answered complaints, and of some open ones."""
    rng = random.Random(4)
    with module_hanoi.begin() as connection:
        rows = connection.execute(
            text("SELECT id, status, reported_at, closed_at FROM complaint ORDER BY id")
        ).all()
        answered = [row for row in rows if row.status in (4, 5)]
        reopened = [row for row in rows if row.status == 3][:15]
        for row in rng.sample(answered, 400) + reopened:
            back = row in reopened
            for n in range(1 if back else rng.choice((1, 1, 1, 2, 3))):
                role = "reporter" if n == 0 else "supporter"
                person = connection.execute(
                    text(
                        "INSERT INTO participant (complaint_id, role, link, device)"
                        " VALUES (:id, :role, :link, :link) RETURNING id"
                    ),
                    {"id": row.id, "role": role, "link": rng.randbytes(32)},
                ).scalar_one()
                closed = row.closed_at or row.reported_at + timedelta(days=3)
                connection.execute(
                    text(
                        "INSERT INTO rating (complaint_id, participant_id, closed_at, verdict,"
                        " reopened, at) VALUES (:id, :person, :closed, :verdict, :back, :at)"
                    ),
                    {
                        "id": row.id,
                        "person": person,
                        "closed": closed,
                        "verdict": "dissatisfied" if back else rng.choice(VERDICTS),
                        "back": back,
                        "at": closed + timedelta(days=rng.uniform(0, 20)),
                    },
                )
    return module_hanoi


@pytest.fixture(scope="module")
def client(judged: Engine) -> Iterator[httpx.Client]:
    with TestClient(create_app(judged, Settings())) as made:
        yield made


def ask(client: httpx.Client, **asked: Any) -> dict[str, Any]:
    answer = client.get("/api/v1/satisfaction", params=asked)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def by_hand(engine: Engine, where: str, key: str = "1", **values: Any) -> dict[Any, Counter[str]]:
    """Each complaint and each rating looked at, one after the other."""
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                f"SELECT {key} AS key, c.id, c.status, r.verdict, r.reopened FROM complaint c"
                " JOIN category k ON k.id = c.category_id JOIN domain d ON d.id = k.domain_id"
                f" LEFT JOIN rating r ON r.complaint_id = c.id WHERE {where}"
            ),
            values,
        ).all()
    sums: dict[Any, Counter[str]] = {}
    seen: set[Any] = set()
    for row in rows:
        found = sums.setdefault(row.key, Counter())
        if (row.key, row.id) not in seen:
            seen.add((row.key, row.id))
            found["answered"] += row.status in (4, 5)
            found["reopened"] += bool(row.reopened)
        if row.verdict is not None:
            found[row.verdict] += 1
            found["rated"] += 1
    return sums


def same(told: dict[str, Any], counted: Counter[str]) -> None:
    assert {name: told[name] for name in COLUMNS} == {name: counted[name] for name in COLUMNS}
    good = told["satisfied"] + told["accepted"]
    if told["rated"]:
        assert told["share"] == pytest.approx(good / told["rated"], abs=1e-4)
        assert told["low"] <= told["share"] <= told["high"]
    else:
        assert told["share"] is told["low"] is told["high"] is None
    assert told["few"] is (told["rated"] < 20)


@pytest.mark.parametrize(
    ("asked", "where"),
    [
        ({}, "true"),
        ({"domain": "traffic"}, "d.code = 'traffic'"),
        ({"category": "pothole,garbage"}, "k.code IN ('pothole', 'garbage')"),
        ({"status": "resolved"}, "c.status = 4"),
        ({"status": "open"}, "c.status <= 3"),
        ({"status": "withdrawn"}, "c.status = 7"),
        ({"since": "2026-01-01", "until": "2026-07-01"},
         "c.reported_at >= '2026-01-01 00:00+07' AND c.reported_at < '2026-07-01 00:00+07'"),
        ({"bbox": "105.8,21.0,105.9,21.1"},
         "ST_X(c.geom) BETWEEN 105.8 AND 105.9 AND ST_Y(c.geom) BETWEEN 21.0 AND 21.1"),
        ({"polygon": "105.7,20.9;105.95,20.95;105.8,21.1", "domain": "environment"},
         "d.code = 'environment' AND ST_Intersects(c.geom, ST_GeomFromText("
         "'POLYGON((105.7 20.9, 105.95 20.95, 105.8 21.1, 105.7 20.9))', 4326))"),
    ],
)  # fmt: skip
def test_the_figures_are_those_of_a_count_by_hand(
    client: httpx.Client, judged: Engine, asked: dict[str, Any], where: str
) -> None:
    counted = by_hand(judged, where)
    same(ask(client, **asked), counted.get(1, Counter()))
    for by, key in (
        ("domain", "d.code"),
        ("category", "k.code"),
        ("month", "to_char(c.reported_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'YYYY-MM')"),
    ):
        told = {row["key"]: row for row in ask(client, by=by, **asked)["rows"]}
        parts = by_hand(judged, where, key)
        wanted = {key for key, part in parts.items() if part["answered"] or part["rated"]}
        assert set(told) == wanted
        for name in wanted:
            same(told[name], parts[name])


def test_by_area_each_ward_has_its_own_and_all_add_up(client: httpx.Client, judged: Engine) -> None:
    found = ask(client, by="area", set=SET)
    told = {row["key"]: row for row in found["rows"]}
    parts = by_hand(
        judged,
        "true",
        "(SELECT a.code FROM complaint_area ca JOIN area a ON a.id = ca.area_id JOIN area_set s"
        f" ON s.id = a.set_id WHERE ca.complaint_id = c.id AND s.code = '{SET}')",
    )
    assert len(told) == 126
    for code, row in told.items():
        same(row, parts.get(code, Counter()))
    whole = ask(client)
    outside = parts.get(None, Counter())
    for name in COLUMNS:
        assert sum(row[name] for row in told.values()) + outside[name] == whole[name]
    # One area as a filter is its row.
    code = max(told, key=lambda one: told[one]["rated"])
    same(ask(client, area=f"{SET}:{code}"), parts[code])
    rows = ask(client, by="area", set=SET, area=f"{SET}:{code}")["rows"]
    assert [row["key"] for row in rows if row["rated"] or row["answered"]] == [code]


def test_the_figures_of_then_are_of_judgements_given_by_then(judged: Engine) -> None:
    then = datetime.now(UTC) + timedelta(minutes=2)
    with judged.begin() as connection:
        later = connection.execute(
            text(
                "UPDATE rating SET at = at + interval '20 years' WHERE id % 3 = 0 RETURNING verdict"
            )
        ).all()
    try:
        with TestClient(create_app(judged, Settings())) as client:
            now, past = ask(client), ask(client, as_of=then.isoformat())
    finally:
        with judged.begin() as connection:
            connection.execute(
                text("UPDATE rating SET at = at - interval '20 years' WHERE id % 3 = 0")
            )
    assert past["rated"] == now["rated"] - len(later)
    assert past["satisfied"] == now["satisfied"] - later.count(("satisfied",))
    assert past["answered"] == now["answered"]


def test_sensitive_categories_are_in_no_figure(judged: Engine) -> None:
    with judged.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'garbage'"))
    try:
        with TestClient(create_app(judged, Settings())) as client:
            same(ask(client), by_hand(judged, "k.code <> 'garbage'")[1])
            rows = ask(client, by="category")["rows"]
            assert "garbage" not in {row["key"] for row in rows}
            same(
                next(r for r in ask(client, by="domain")["rows"] if r["key"] == "environment"),
                by_hand(judged, "k.code <> 'garbage' AND d.code = 'environment'")[1],
            )
            assert client.get("/api/v1/satisfaction?category=garbage").status_code == 422
    finally:
        with judged.begin() as connection:
            connection.execute(text("UPDATE category SET sensitive = false"))


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"by": "area"}, 422),
        ({"by": "area", "set": "no-such"}, 404),
        ({"by": "domain", "set": SET}, 422),
        ({"by": "weekday"}, 422),
        ({"domain": "no-such"}, 422),
    ],
)
def test_a_question_that_cannot_be_answered_is_named(
    client: httpx.Client, asked: dict[str, Any], status: int
) -> None:
    assert client.get("/api/v1/satisfaction", params=asked).status_code == status


def test_the_interval_is_wilsons_and_wider_where_many_judge_one_complaint() -> None:
    for good, n in ((0, 1), (1, 1), (3, 7), (55, 100), (3957, 7194)):
        low, high = proportion_confint(good, n, method="wilson")
        assert wilson(good / n, n) == pytest.approx((low, high), abs=1e-6)
    alone = Tally(10, 6, 0, 4, 0, squares=10).share()
    together = Tally(10, 6, 0, 4, 0, squares=100).share()
    assert alone is not None
    assert together is not None
    assert alone[0] == together[0] == 0.6
    # Ten voices about one complaint are as one.
    assert together[1:] == pytest.approx(wilson(0.6, 1))
    assert together[2] - together[1] > 1.5 * (alone[2] - alone[1])
    assert Tally().share() is None
