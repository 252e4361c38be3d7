"""Sensitive categories: the public sees what it would see if their complaints did not exist."""

from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings

HIDDEN = ("noise", "illegal-parking")
QUERIES = ["", "domain=environment", "status=open&since=2025-06-01", "bbox=105.8,21,105.9,21.1",
           "area=hanoi-ward-2025:00070", "q=duong"]  # fmt: skip
PATHS = [
    "/api/v1/counts?by=status&{}",
    "/api/v1/counts?by=category&{}",
    "/api/v1/counts?by=day&{}",
    "/api/v1/counts?by=area&set=hanoi-ward-2025&{}",
    "/api/v1/counts?by=cell&resolution=9&{}",
    "/api/v1/complaints?limit=100&total=1&{}",
    "/api/v1/export.csv?{}",
    "/api/v1/history?step=week&{}",
    "/api/v1/rhythm?{}",
    "/api/v1/story?{}",
    "/api/v1/hotspots?resolution=7&{}",
    "/api/v1/series?resolution=7&{}",
    "/tiles/cells/10/813/450.mvt?{}",
    "/tiles/complaints/13/6505/3607.mvt?{}",
    "/tiles/areas/10/813/450.mvt?set=hanoi-ward-2025&{}",
]


def _flag(engine: Engine) -> None:
    with engine.begin() as connection:
        done = connection.execute(
            text("UPDATE category SET sensitive = true WHERE code = ANY(:codes)"),
            {"codes": list(HIDDEN)},
        )
        assert done.rowcount == len(HIDDEN)


@pytest.fixture(scope="module")
def without(module_hanoi: Engine) -> Iterator[TestClient]:
    """The city in which nobody ever complained of the hidden kinds."""
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "DELETE FROM complaint WHERE category_id IN"
                " (SELECT id FROM category WHERE code = ANY(:codes))"
            ),
            {"codes": list(HIDDEN)},
        )
    _flag(module_hanoi)
    with TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False) as made:
        yield made


@pytest.fixture
def flagged(hanoi_engine: Engine) -> Iterator[TestClient]:
    _flag(hanoi_engine)
    with TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False) as made:
        yield made


def test_no_public_read_tells_of_sensitive_complaints(
    flagged: TestClient, without: TestClient
) -> None:
    for query in QUERIES:
        for path in PATHS:
            asked = path.format(query)
            shown, expected = flagged.get(asked), without.get(asked)
            assert shown.status_code == expected.status_code, (asked, shown.text[:300])
            assert shown.content == expected.content, asked
    # The comparison means something: there are such complaints.
    assert flagged.get("/api/v1/counts?domain=environment").json()["total"] > 0


def test_asking_for_a_sensitive_category_is_refused_and_says_where_it_is_told(
    flagged: TestClient,
) -> None:
    answer = flagged.get("/api/v1/counts?category=noise")
    assert answer.status_code == 422
    assert "/api/v1/sensitive" in answer.text
    marked = [
        one["code"]
        for domain in flagged.get("/api/v1/domains").json()["domains"]
        for one in domain["categories"]
        if one["sensitive"]
    ]
    assert sorted(marked) == sorted(HIDDEN)


def _truth(engine: Engine) -> dict[tuple[str, str, str], int]:
    with engine.connect() as connection:
        rows = connection.execute(
            text(
                """
                SELECT k.code, a.code AS area, count(*) AS n,
                       date_trunc('quarter', timezone('Asia/Ho_Chi_Minh', c.reported_at))::date
                         AS quarter
                  FROM complaint c
                  JOIN category k ON k.id = c.category_id AND k.sensitive
                  JOIN area a ON a.id = ANY(areas_at(c.geom, c.city_id))
                  JOIN area_set s ON s.id = a.set_id AND s.code = 'hanoi-ward-2025'
                 GROUP BY k.code, a.code, quarter
                """
            )
        )
        return {(row.code, row.area, row.quarter.isoformat()): row.n for row in rows}


def test_only_counts_that_are_large_enough_are_told(
    flagged: TestClient, hanoi_engine: Engine
) -> None:
    truth = _truth(hanoi_engine)
    app: Any = flagged.app
    for least in (2, 3):
        app.state.settings.sensitive_least = least
        told = flagged.get("/api/v1/sensitive").json()
        rows = {(row["category"], row["area"], row["quarter"]): row["n"] for row in told["rows"]}
        assert told["set"] == "hanoi-ward-2025"
        assert min(rows.values()) >= least
        last = max(quarter for _, _, quarter in rows)
        assert rows == {key: n for key, n in truth.items() if n >= least and key[2] <= last}
        # The quarter that still goes on is not told.
        assert last < "2026-10-01"


def test_its_code_tells_how_a_complaint_stands_and_nothing_else(
    flagged: TestClient, hanoi_engine: Engine
) -> None:
    with hanoi_engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT code, text, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM complaint c"
                " WHERE category_id = (SELECT id FROM category WHERE code = 'noise') LIMIT 1"
            )
        ).one()
    shown = flagged.get(f"/api/v1/complaints/{row.code}")
    found = shown.json()
    assert found["properties"]["status"]
    assert row.text not in shown.text
    assert found["properties"]["areas"] == []
    lon, lat = found["geometry"]["coordinates"]
    assert (lon, lat) != (row.lon, row.lat)
    searched = flagged.get(f"/api/v1/search?q={row.code}").json()["results"][0]
    assert [searched["lon"], searched["lat"]] == [lon, lat]
