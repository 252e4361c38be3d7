"""Two free periods over HTTP, and what is refused."""

import csv
from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings

PLACE = "/api/v1/compare?area=hanoi-district-2014:001"
YEARS = "first=2025-01-01/2025-07-01&second=2026-01-01/2026-07-01"


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(module_hanoi, Settings())) as made:
        yield made


def test_two_periods_say_what_was_taken_of_them(client: TestClient) -> None:
    found = client.get(f"{PLACE}&{YEARS}").json()
    assert (found["first"], found["second"]) == ("2025-01-01/2025-06-25", "2026-01-01/2026-06-25")
    assert found["left_out_days"] == {"first": 6, "second": 6}
    assert (found["since"], found["at"], found["until"]) == (
        "2025-01-01", "2026-01-01", "2026-06-25",
    )  # fmt: skip
    assert found["weeks_before"] == 25
    assert len(found["weeks"]) == 50
    assert (found["weeks"][24], found["weeks"][25]) == ("2025-06-18", "2026-01-01")
    for side in ("area", "rest"):
        one = found[side]
        assert (one["before"], one["after"]) == (sum(one["series"][:25]), sum(one["series"][25:]))
        assert one["ratio"] == pytest.approx(one["after"] / one["before"], abs=1e-4)
        assert one["lower"] <= one["ratio"] <= one["upper"]
    against = found["against_rest"]
    assert against["lower"] < against["ratio"] < against["upper"]
    assert against["overdispersion"] >= 1
    # What was taken, asked for again, is taken whole.
    again = client.get(f"{PLACE}&first={found['first']}&second={found['second']}").json()
    assert again == found | {"left_out_days": {"first": 0, "second": 0}}


def test_two_sides_of_a_day_answer_as_the_periods_that_meet_there(client: TestClient) -> None:
    """The last three weeks lie beyond what the city has complaints of, either way."""
    of_day = client.get(f"{PLACE}&at=2026-09-14&weeks=9").json()
    of_periods = client.get(
        f"{PLACE}&first=2026-07-13/2026-09-14&second=2026-09-14/2026-11-16"
    ).json()
    assert of_day == of_periods
    assert of_day["left_out_days"] == {"first": 0, "second": 21}
    assert len(client.get(f"{PLACE}&at=2026-03-02").json()["weeks"]) == 24


def test_the_second_period_may_be_the_earlier_one(client: TestClient) -> None:
    found = client.get(
        f"{PLACE}&first=2026-01-01/2026-07-01&second=2025-01-01/2025-07-01"
    ).json()  # fmt: skip
    assert (found["since"], found["at"], found["until"]) == (
        "2025-01-01", "2025-01-01", "2026-06-25",
    )  # fmt: skip
    assert found["weeks"][0] == "2026-01-01"


@pytest.mark.parametrize("place", ["bbox=105.80,21.00,105.88,21.06", "cell=87415cb4effffff"])
def test_any_place_is_compared_under_the_filter(client: TestClient, place: str) -> None:
    all_of_it, one_domain = (
        client.get(f"/api/v1/compare?{place}&{YEARS}{more}").json()
        for more in ("", "&domain=traffic")
    )
    assert 0 < one_domain["area"]["before"] < all_of_it["area"]["before"]
    counted = client.get(f"/api/v1/counts?by=status&{place}&since=2025-01-01&until=2025-06-25")
    assert all_of_it["area"]["before"] == counted.json()["total"]


@pytest.mark.parametrize(
    ("asked", "field", "says"),
    [
        ("", "at", "say what to compare"),
        (f"at=2026-03-02&{YEARS}", "at", "not both"),
        ("at=2026-03-02&second=2026-01-01/2026-07-01", "at", "not both"),
        ("first=2025-01-01/2025-07-01", "second", "go together"),
        ("second=2025-01-01/2025-07-01", "first", "go together"),
        (f"{YEARS}&weeks=12", "weeks", "weeks goes with at"),
        ("weeks=12", "at", "say what to compare"),
        ("first=&second=2026-01-01/2026-07-01", "first", "2025-01-01/2025-07-01"),
        ("first=2025-01-01/2025-07-01&second=spring", "second", "2025-01-01/2025-07-01"),
        ("first=2025-07-01/2025-01-01&second=2026-01-01/2026-07-01", "first", "must begin before"),
        ("first=0001-01-01/9999-12-31&second=2026-01-01/2026-07-01", "first", "1900 to 2199"),
        ("first=2025-01-01/2026-02-01&second=2026-01-01/2026-07-01", "second", "overlaps"),
        (
            "first=2025-01-01/2025-01-10&second=2026-01-01/2026-07-01",
            "first",
            "2 to 104 whole weeks, not 1",
        ),
        ("first=2010-01-01/2010-07-01&second=2026-01-01/2026-07-01", "first", "has complaints"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    client: TestClient, asked: str, field: str, says: str
) -> None:
    answer = client.get(f"{PLACE}&{asked}")
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    (error,) = answer.json()["errors"]
    assert error["field"] == field
    assert says in error["message"]


def test_periods_need_a_place(client: TestClient) -> None:
    answer = client.get(f"/api/v1/compare?{YEARS}")
    assert answer.status_code == 422
    assert "which place" in answer.json()["errors"][0]["message"]


def test_a_comparison_as_a_file_says_what_the_answer_says(
    client: TestClient, tmp_path: Path
) -> None:
    asked = f"area=hanoi-district-2014:001&{YEARS}"
    told = client.get(f"/api/v1/compare?{asked}").json()
    answer = client.get(f"/api/v1/compare.csv?{asked}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(answer.text.removeprefix("\ufeff").splitlines()))
    assert [row["side"] for row in rows] == ["area", "rest", "area_against_rest"]
    for row, side in zip(rows, ("area", "rest", "against_rest"), strict=True):
        for column, name in (("ratio", "ratio"), ("ratio_low", "lower"), ("ratio_high", "upper")):
            assert float(row[column]) == pytest.approx(told[side][name], abs=1e-4)
        assert (row["weeks_first"], row["weeks_second"]) == ("25", "25")
    assert [int(rows[0][one]) for one in ("n_first", "n_second")] == [
        told["area"]["before"], told["area"]["after"],
    ]  # fmt: skip
    weeks = client.get(f"/api/v1/compare.csv?{asked}&part=weeks&notes=true").text
    lines = weeks.removeprefix("\ufeff").splitlines()
    assert any("01/01/2025 – 24/06/2025 → 01/01/2026 – 24/06/2026" in one for one in lines)
    rows = list(csv.DictReader(one for one in lines if not one.startswith("#")))
    assert [row["week_since"] for row in rows] == told["weeks"]
    assert [int(row["n_area"]) for row in rows] == told["area"]["series"]
    assert [int(row["n_rest"]) for row in rows] == told["rest"]["series"]

    book = tmp_path / "compare.xlsx"
    book.write_bytes(client.get(f"/api/v1/compare.xlsx?{asked}").content)
    read = openpyxl.load_workbook(book)
    first, second, notes = read.worksheets
    assert first["A4"].value == "area_against_rest"
    assert second.max_row == 51
    assert [one.value for one in second["D"][1:]] == told["area"]["series"]
    assert any("Trước và sau" in str(row[1].value) for row in notes.iter_rows())
    assert client.get(f"/api/v1/compare.pdf?{asked}").status_code == 404
    assert client.get("/api/v1/compare.csv?area=hanoi-district-2014:001").status_code == 422
