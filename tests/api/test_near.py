"""The question whether it is already reported, over HTTP."""

from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo.near import EXCERPT

PIN = {"lon": 105.8412, "lat": 21.0245, "category": "pothole"}
NEAR = "/api/v1/complaints/near"


@pytest.fixture
def client(hanoi_engine: Engine) -> TestClient:
    return TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)


def _report(client: TestClient, words: str, **more: object) -> str:
    said = {**PIN, "text": words, **more}
    return str(client.post("/api/v1/complaints", json=said).json()["properties"]["code"])


def test_a_pin_is_told_what_is_open_beside_it(client: TestClient) -> None:
    words = " ".join(f"Ổ gà thứ {number} trước cổng trường số {number}." for number in range(9))
    code = _report(client, words, lat=21.0246)
    answer = client.get(NEAR, params=PIN)
    assert answer.status_code == 200
    found = answer.json()
    assert (found["within_m"], found["days"]) == (60, 120)
    [one] = [near for near in found["near"] if near["code"] == code]
    assert one["distance_m"] == pytest.approx(11, abs=1)
    assert len(one["text"]) <= EXCERPT
    assert one["text"].endswith("…")
    assert one["photo"] is None
    assert set(one) == {
        "code", "category", "domain", "status", "text", "address", "reported_at", "distance_m",
        "supporters", "photo", "lon", "lat", "score", "likely",
    }  # fmt: skip
    assert datetime.now(UTC) - datetime.fromisoformat(one["reported_at"]) < timedelta(minutes=1)


def test_words_make_the_same_thing_likelier_and_are_not_kept_on_the_way(client: TestClient) -> None:
    code = _report(client, "Hố sụt trước tiệm thuốc An Khang")

    def score(words: str) -> float:
        answer = client.post(NEAR, json={**PIN, "text": words})
        assert answer.headers["cache-control"] == "no-store"
        [one] = [near for near in answer.json()["near"] if near["code"] == code]
        return float(one["score"])

    assert score("hố sụt ở tiệm thuốc An Khang") > score("ổ gà giữa cầu vượt")
    assert client.post(NEAR, json=PIN).status_code == 200


def test_a_stored_complaint_has_neighbours_but_itself(client: TestClient) -> None:
    one, two = _report(client, "Ổ gà"), _report(client, "Ổ gà sâu")
    found = client.get(f"/api/v1/complaints/{one}/near").json()["near"]
    codes = [near["code"] for near in found]
    assert two in codes
    assert one not in codes
    spaced = f"{two[:3].lower()}-{two[3:]}"
    assert client.get(f"/api/v1/complaints/{spaced}/near").status_code == 200
    assert client.get("/api/v1/complaints/NOTHING/near").status_code == 404


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"lon": 200}, "lon"),
        ({"category": "nothing"}, "category"),
        ({"category": "A b"}, "category"),
        ({"lat": None}, "lat"),
    ],
)
def test_what_is_wrong_is_named(client: TestClient, wrong: dict[str, object], field: str) -> None:
    asked = {name: one for name, one in {**PIN, **wrong}.items() if one is not None}
    for answer in (client.get(NEAR, params=asked), client.post(NEAR, json=asked)):
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == field


def test_nothing_sensitive_is_near_and_no_distance_tells_where_it_is(
    client: TestClient, hanoi_engine: Engine
) -> None:
    hidden, shown = _report(client, "Ổ gà", category="roadworks"), _report(client, "Ổ gà")
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'roadworks'"))
    for answer in (client.get(NEAR, params=PIN), client.post(NEAR, json=PIN)):
        codes = [near["code"] for near in answer.json()["near"]]
        assert shown in codes
        assert hidden not in codes
    assert client.get(f"/api/v1/complaints/{hidden}/near").json()["near"] == []


def test_the_first_photo_is_shown_small_and_a_hidden_one_is_not(
    client: TestClient, hanoi_engine: Engine
) -> None:
    code = _report(client, "Ổ gà")
    with hanoi_engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO photo (id, complaint_id, position, width, height, bytes, digest,"
                " likeness) SELECT gen_random_uuid(), id, n, 800, 600, 9, sha256(n::text::bytea), 0"
                " FROM complaint, generate_series(1, 2) n WHERE code = :code"
            ),
            {"code": code},
        )

    def photo() -> str | None:
        found = client.get(NEAR, params=PIN).json()["near"]
        [one] = [near for near in found if near["code"] == code]
        return one["photo"]

    first = photo()
    assert first is not None
    assert first.endswith("-small.jpg")
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE photo SET hidden = true"))
    assert photo() is None
