"""Funnel plots and local smoothing of areas, against SciPy's Poisson and PySAL's smoother."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import shapely
from esda.smoothing import Spatial_Empirical_Bayes
from fastapi.testclient import TestClient
from libpysal.weights import W
from scipy.stats import poisson
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings

SET = "hanoi-ward-2025"
AREAS = f"/api/v1/counts?by=area&set={SET}"
LEVELS = (0.95, 0.998)


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    """Residents of very different numbers; of some areas none are known, and of one there are 0."""
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE area SET population = CASE WHEN mod(area.id, 13) = 0 THEN NULL"
                " ELSE 2000 * power(1.7, mod(area.id * 7, 10))::integer END"
                " FROM area_set s WHERE s.id = set_id AND s.code = :set"
            ),
            {"set": SET},
        )
        connection.execute(
            text(
                "UPDATE area SET population = 0 WHERE id ="
                " (SELECT min(id) FROM area WHERE mod(id, 13) = 5)"
            )
        )
    with TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False) as made:
        yield made


def ask(client: TestClient, query: str = "") -> Any:
    answer = client.get(AREAS + query)
    assert answer.status_code == 200, answer.text
    return answer.json()


def known(found: Any) -> list[Any]:
    return [row for row in found["rows"] if row["population"]]


@pytest.mark.parametrize("query", ["", "&domain=traffic", "&domain=environment&status=open"])
def test_limits_are_poisson_quantiles_of_what_the_overall_rate_has_expected(
    client: TestClient, query: str
) -> None:
    found = ask(client, f"&funnel=true{query}")
    rows = known(found)
    assert len(rows) > 100
    n, people = (np.array([row[key] for row in rows]) for key in ("n", "population"))
    expected = people * n.sum() / people.sum()
    limits = np.array([row["funnel"] for row in rows]) / 1000 * people[:, None, None]
    for k, level in enumerate(LEVELS):
        tail = (1 - level) / 2
        assert limits[:, k, 0] == pytest.approx(poisson.ppf(tail, expected), abs=1e-3)
        assert limits[:, k, 1] == pytest.approx(poisson.ppf(1 - tail, expected), abs=1e-3)
    beyond = (n > limits[:, 1, 1] + 0.5).astype(int) - (n < limits[:, 1, 0] - 0.5)
    assert beyond.tolist() == [row["unusual"] for row in rows]
    assert set(beyond.tolist()) == {-1, 0, 1} or query


def test_the_curves_part_areas_as_their_own_limits_do_and_reach_beyond_them_all(
    client: TestClient,
) -> None:
    found = ask(client, "&funnel=true")
    drawn, rows = found["funnel"], known(found)
    assert drawn["levels"] == list(LEVELS)
    people = np.array(drawn["population"])
    assert (np.diff(people) > 0).all()
    assert people[0] < min(row["population"] for row in rows)
    assert people[-1] > max(row["population"] for row in rows)
    overall = sum(row["n"] for row in rows) / sum(row["population"] for row in rows)
    for k, level in enumerate(LEVELS):
        tail = (1 - level) / 2
        lower, upper = (np.array(drawn[side][k]) / 1000 * people for side in ("lower", "upper"))
        least, most = (poisson.ppf(p, overall * people) for p in (tail, 1 - tail))
        # Six digits of a rate per 1,000, of 100,000 residents.
        assert ((lower > least - 1 - 1e-4) & (lower < least + 1e-4)).all()
        assert ((upper > most - 1e-4) & (upper < most + 1 + 1e-4)).all()


def test_areas_without_residents_have_no_limits_and_without_the_question_none_has(
    client: TestClient,
) -> None:
    found = ask(client, "&funnel=true")
    unknown = [row for row in found["rows"] if not row["population"]]
    assert {row["population"] for row in unknown} == {0, None}
    assert not any("funnel" in row for row in unknown)
    assert all("funnel" in row for row in known(found))
    plain = ask(client)
    assert "funnel" not in plain
    for row in found["rows"]:
        row.pop("funnel", None)
    assert plain == {key: value for key, value in found.items() if key != "funnel"}


def test_where_no_residents_are_known_there_is_no_funnel(hanoi_engine: Engine) -> None:
    client = TestClient(create_app(hanoi_engine, Settings()))
    found = ask(client, "&funnel=true")
    assert found["funnel"] is None
    assert all(row["rate_smoothed_local"] is None for row in found["rows"])
    assert not any("funnel" in row for row in found["rows"])


def test_without_any_complaint_every_area_is_as_expected(client: TestClient) -> None:
    found = ask(client, "&funnel=true&since=2019-01-01&until=2019-01-02")
    assert found["total"] == 0
    assert all(row["funnel"] == [[0, 0], [0, 0]] for row in known(found))
    assert {row["unusual"] for row in found["rows"]} == {0}
    assert {row["rate_smoothed_local"] for row in known(found)} == {0}


@pytest.mark.parametrize(
    "query",
    [
        "by=month&funnel=true",
        f"by=area&set={SET}&funnel=true&area={SET}:00070",
        f"by=area&set={SET}&funnel=true&bbox=105.8,21,105.9,21.1",
        f"by=area&set={SET}&funnel=true&polygon=105.8,21;105.9,21;105.9,21.1",
        f"by=area&set={SET}&funnel=perhaps",
    ],
)
def test_a_funnel_of_parts_of_the_city_or_of_no_areas_is_refused_by_name(
    client: TestClient, query: str
) -> None:
    answer = client.get(f"/api/v1/counts?{query}")
    assert answer.status_code == 422
    assert "funnel" in answer.json()["errors"][0]["field"]


@pytest.mark.parametrize("query", ["", "&domain=environment"])
def test_locally_smoothed_rates_are_those_of_pysal(
    client: TestClient, module_hanoi: Engine, query: str
) -> None:
    rows = {row["key"]: row for row in known(ask(client, query))}
    with module_hanoi.connect() as connection:
        shapes = {
            row.code: shapely.from_wkb(bytes(row.wkb))
            for row in connection.execute(
                text(
                    "SELECT a.code, ST_AsBinary(geom) AS wkb FROM area a JOIN area_set s"
                    " ON s.id = set_id WHERE s.code = :set"
                ),
                {"set": SET},
            )
        }
    # An area of unknown residents is no one's neighbour.
    touching = {
        one: [other for other in rows if other != one and shapes[one].touches(shapes[other])]
        for one in rows
    }
    ids = [one for one in rows if touching[one]]
    n, people = (
        np.array([rows[one][key] for one in rows], dtype=float) for key in ("n", "population")
    )
    neighbours = W(touching, id_order=list(rows), silence_warnings=True)
    smoothed = Spatial_Empirical_Bayes(n, people, neighbours).r.ravel() * 1000
    expected = dict(zip(rows, smoothed, strict=True))
    assert len(ids) > 100
    for one in ids:
        assert rows[one]["rate_smoothed_local"] == pytest.approx(expected[one], abs=6e-4)
    assert any(
        abs(rows[one]["rate_smoothed_local"] - rows[one]["rate_smoothed"]) > 0.01 for one in ids
    )


def test_classes_of_locally_smoothed_rates_are_of_what_the_table_has(client: TestClient) -> None:
    asked = f"/api/v1/classes?layer=areas&set={SET}&measure=rate_smoothed_local"
    found = client.get(asked).json()
    smoothed = [row["rate_smoothed_local"] for row in known(ask(client)) if row["n"]]
    assert (found["min"], found["max"]) == (min(smoothed), max(smoothed))
    assert found["count"] == len(smoothed)
    assert set(found["breaks"]) <= set(smoothed)
    assert client.get("/api/v1/classes?measure=rate_smoothed_local").status_code == 422
