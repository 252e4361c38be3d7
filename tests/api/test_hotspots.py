"""Hot spots through the API: figures that agree with the counts and with an independent Gi*."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

import h3.api.basic_str as h3
import mapbox_vector_tile
import numpy as np
import pymannkendall as mann_kendall
import pytest
from esda import G_Local
from fastapi.testclient import TestClient
from libpysal.weights import W
from morecantile import tms
from scipy.stats import chi2, poisson
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings
from geo.sample import SampleOrder, planted

ORDER = SampleOrder(1, "hanoi-ward-2025", 3000, 5, datetime(2026, 11, 1, tzinfo=UTC))
FILTERS = ["", "domain=construction", "status=open&since=2025-06-01", "category=pothole,noise"]


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


@pytest.mark.parametrize("query", FILTERS)
def test_cells_agree_with_the_counts_and_with_esda(client: TestClient, query: str) -> None:
    found = client.get(f"/api/v1/hotspots?resolution=7&{query}").json()
    columns = found["columns"]
    counted = client.get(f"/api/v1/counts?by=cell&resolution=7&{query}").json()
    assert found["total"] == counted["total"] == found["inside"] + found["outside"]
    n = dict(zip(counted["cells"], counted["n"], strict=True))
    assert columns["n"] == [n.get(cell, 0) for cell in columns["cell"]]
    assert sum(found["classes"].values()) == found["places"] == len(columns["cell"])
    # The same from libraries that share no code with ours.
    every = set(columns["cell"])
    near = {
        cell: [one for one in h3.grid_disk(cell, 1) if one in every and one != cell]
        for cell in columns["cell"]
    }
    theirs = G_Local(
        np.array(columns["n"], float), W(near, id_order=columns["cell"], silence_warnings=True),
        transform="B", star=True, permutations=0,
    )  # fmt: skip
    np.testing.assert_allclose(columns["z"], theirs.Zs, atol=1e-4)


def test_a_spot_lies_where_its_complaints_are_and_is_as_large_as_its_cells(
    client: TestClient,
) -> None:
    met = 0
    for query in FILTERS:
        found = client.get(f"/api/v1/hotspots?resolution=7&{query}").json()
        columns = found["columns"]
        met += len(found["spots"])
        facts = zip(columns["n"], np.round(columns["z"], 3), strict=True)
        of = dict(zip(columns["cell"], facts, strict=True))
        for one in found["spots"]:
            assert one["n"] == sum(of[cell][0] for cell in one["cells"])
            km2 = sum(h3.cell_area(cell, "km^2") for cell in one["cells"])
            assert one["area_km2"] == pytest.approx(km2, rel=1e-3)
            corners = [at for cell in one["cells"] for at in h3.cell_to_boundary(cell)]
            lats, lons = zip(*corners, strict=True)
            bounds = [min(lons), min(lats), max(lons), max(lats)]
            assert one["bbox"] == pytest.approx(bounds, abs=1e-9)
            held = h3.latlng_to_cell(one["lat"], one["lon"], 7)
            best = max(of[cell][1] for cell in one["cells"])
            assert of[held][1] == pytest.approx(best, abs=2e-3)
            assert of[held][0] == max(
                of[cell][0] for cell in one["cells"] if of[cell][1] >= of[held][1]
            )
    assert met > 0


def test_all_cells_of_the_region_take_part_and_no_others(
    client: TestClient, module_hanoi: Engine
) -> None:
    whole = client.get("/api/v1/hotspots?resolution=7").json()
    few = client.get("/api/v1/hotspots?resolution=7&domain=traffic&since=2026-10-25").json()
    assert whole["columns"]["cell"] == few["columns"]["cell"]
    assert 0 in whole["columns"]["n"]
    area = client.get("/api/v1/hotspots?resolution=9&area=hanoi-district-2014:001").json()
    with module_hanoi.connect() as connection:
        km2 = connection.execute(
            text(
                "SELECT area_km2 FROM area a JOIN area_set s ON s.id = a.set_id"
                " WHERE s.code = 'hanoi-district-2014' AND a.code = '001'"
            )
        ).scalar_one()
    assert km2 / 0.105 < area["places"] < 2.2 * km2 / 0.105
    counted = client.get("/api/v1/counts?by=status&area=hanoi-district-2014:001").json()
    assert area["inside"] == counted["total"]
    assert area["outside"] == 0


def test_the_planted_hot_spots_are_found_and_named(
    client: TestClient, module_hanoi: Engine
) -> None:
    with module_hanoi.connect() as connection:
        true = planted(connection, ORDER)
    seen = 0
    for one in true:
        period = {"since": one.since.isoformat(), "until": one.until.isoformat()}
        asked = {"resolution": 8, "domain": one.domain, "permutations": 0, **period}
        found = client.get("/api/v1/hotspots", params=asked).json()
        hot = {cell for spot in found["spots"] for cell in spot["cells"]}
        around = h3.grid_disk(h3.latlng_to_cell(one.lat, one.lon, 8), 1)
        seen += not hot.isdisjoint(around)
    # A hundred complaints or so in half a year: the larger ones of the six.
    assert seen >= 4
    assert [spot["rank"] for spot in found["spots"]] == list(range(1, len(found["spots"]) + 1))
    assert all(spot["areas"] for spot in found["spots"])
    n = dict(zip(found["columns"]["cell"], found["columns"]["n"], strict=True))
    for one in found["spots"]:
        assert one["n"] == sum(n[cell] for cell in one["cells"])


def test_areas_take_a_measure_and_cells_do_not(client: TestClient) -> None:
    for measure in ("n", "per_km2", "rate"):
        found = client.get(f"/api/v1/hotspots?set=hanoi-district-2014&measure={measure}").json()
        assert len(found["columns"]["code"]) == 30
        known = [value is not None for value in found["columns"]["value"]]
        assert [z is not None for z in found["columns"]["z"]] == known
    assert client.get("/api/v1/hotspots?measure=rate").status_code == 422
    shapes = client.get("/api/v1/hotspots?set=hanoi-district-2014&format=geojson").json()
    assert [one["properties"]["code"] for one in shapes["features"]] == found["columns"]["code"]


def test_a_permutation_p_is_the_same_for_the_same_seed(client: TestClient) -> None:
    asked = "/api/v1/hotspots?resolution=6&permutations=199&seed="
    first, again, other = (client.get(asked + seed).json()["columns"]["p"] for seed in "112")
    assert first == again != other
    assert min(first) >= 1 / 200


def test_tiles_show_every_cell_with_its_class(client: TestClient) -> None:
    found = client.get("/api/v1/hotspots?resolution=7&domain=construction").json()["columns"]
    expected = dict(zip(found["cell"], zip(found["n"], found["class"], strict=True), strict=True))
    for z in (8, 11):
        shown = {}
        for tile in tms.get("WebMercatorQuad").tiles(105.2, 20.5, 106.1, 21.5, [z]):
            answer = client.get(
                f"/tiles/hotspots/{z}/{tile.x}/{tile.y}.mvt?resolution=7&domain=construction"
            )
            if answer.status_code == 204:
                continue
            for feature in mapbox_vector_tile.decode(answer.content)["hotspots"]["features"]:
                p = feature["properties"]
                shown[p["cell"]] = (p["n"], p["class"])
        assert shown == expected, z


def test_a_report_changes_the_hot_spots_and_their_tile(client: TestClient) -> None:
    address = "/tiles/hotspots/9/406/225.mvt?resolution=7"
    before = client.get(address)
    total = client.get("/api/v1/hotspots?format=spots&resolution=7").json()["total"]
    said = {"lon": 105.85, "lat": 21.03, "category": "pothole", "text": "Ổ gà"}
    assert client.post("/api/v1/complaints", json=said).status_code == 201
    after = client.get("/api/v1/hotspots?format=spots&resolution=7").json()
    assert after["total"] == total + 1
    assert "columns" not in after
    assert client.get(address).headers["etag"] != before.headers["etag"]


def test_what_cannot_be_answered_is_said(client: TestClient) -> None:
    for query, word in (
        ("resolution=10", "coarser"),
        ("resolution=9&format=geojson", "columns"),
        ("bbox=10,10,11,11", "outside the city"),
        ("resolution=5", "greater than or equal to 6"),
        ("set=nowhere", "boundaries"),
    ):
        answer = client.get(f"/api/v1/hotspots?{query}")
        assert answer.status_code in (404, 422)
        assert word in json.dumps(answer.json()), answer.json()


def test_trends_have_the_counts_of_their_periods_and_agree_with_pymannkendall(
    client: TestClient,
) -> None:
    found = client.get("/api/v1/trends?resolution=6&domain=traffic").json()
    columns, periods = found["columns"], found["periods"]
    months = client.get("/api/v1/counts?by=month&domain=traffic").json()["rows"]
    counted = {row["key"]: row["n"] for row in months}
    # Whole months only: the first and the last of the sample are cut.
    assert [period[:7] for period in periods] == [row["key"] for row in months][1:][: len(periods)]
    assert len(periods) >= len(months) - 2
    assert found["series"] == [counted[period[:7]] for period in periods]
    series = np.array(columns["series"])
    assert series.shape == (found["places"], len(periods))
    assert series.sum(axis=0).tolist() == found["series"]
    for row in (0, found["places"] // 2, int(series.sum(axis=1).argmax())):
        theirs = mann_kendall.original_test(series[row])
        assert columns["z"][row] == pytest.approx(theirs.z, abs=1e-4)
        assert columns["p"][row] == pytest.approx(theirs.p, abs=1e-5)
    assert sum(found["classes"].values()) == found["places"]


def test_a_trend_of_too_few_periods_is_refused_with_a_way_out(client: TestClient) -> None:
    answer = client.get("/api/v1/trends?since=2026-01-01&until=2026-06-01")
    assert answer.status_code == 422
    assert "longer time or a shorter step" in answer.json()["errors"][0]["message"]
    weeks = client.get("/api/v1/trends?since=2026-01-01&until=2026-06-01&step=week&resolution=6")
    assert weeks.status_code == 200
    assert weeks.json()["periods"][0] == "2026-01-05"
    none = client.get("/api/v1/trends?category=pothole&q=khongcogi")
    assert none.status_code == 422


def test_the_pattern_of_a_cell_is_the_same_in_the_tile(client: TestClient) -> None:
    query = "resolution=6&step=quarter"
    columns = client.get(f"/api/v1/trends?{query}").json()["columns"]
    expected = dict(zip(columns["cell"], columns["category"], strict=True))
    shown = {}
    for tile in tms.get("WebMercatorQuad").tiles(105.2, 20.5, 106.1, 21.5, [9]):
        answer = client.get(f"/tiles/trends/9/{tile.x}/{tile.y}.mvt?{query}")
        if answer.status_code == 200:
            for feature in mapbox_vector_tile.decode(answer.content)["trends"]["features"]:
                shown[feature["properties"]["cell"]] = feature["properties"]["class"]
    assert shown == expected


def test_rates_come_with_their_interval_and_what_chance_would_carry(
    client: TestClient, module_hanoi: Engine
) -> None:
    with module_hanoi.begin() as connection:
        connection.execute(
            text(
                "UPDATE area SET population = CASE WHEN area.code = '001' THEN NULL ELSE 100000 END"
                " FROM area_set s WHERE s.id = set_id AND s.code = 'hanoi-district-2014'"
            )
        )
    found = client.get("/api/v1/counts?by=area&set=hanoi-district-2014").json()
    rows = {row["key"]: row for row in found["rows"]}
    unknown = rows.pop("001")
    assert unknown["rate"] is unknown["rate_low"] is unknown["rate_smoothed"] is None
    assert unknown["unusual"] == 0
    n = np.array([row["n"] for row in rows.values()])
    assert found["rate"] == pytest.approx(n.sum() / len(n) / 100, abs=1e-3)
    for row in rows.values():
        low, high = chi2.ppf(0.025, 2 * row["n"]) / 2, chi2.ppf(0.975, 2 * row["n"] + 2) / 2
        assert row["rate_low"] == pytest.approx(np.nan_to_num(low) / 100, abs=1e-3)
        assert row["rate_high"] == pytest.approx(high / 100, abs=1e-3)
        expected = n.mean()
        beyond = int(row["n"] > poisson.ppf(0.999, expected))
        beyond -= int(row["n"] < poisson.ppf(0.001, expected))
        assert row["unusual"] == beyond
        between = sorted((row["rate"], found["rate"]))
        assert between[0] - 1e-3 <= row["rate_smoothed"] <= between[1] + 1e-3


def test_a_planted_group_of_the_last_weeks_is_the_strongest(
    client: TestClient, module_hanoi: Engine
) -> None:
    with module_hanoi.begin() as connection:
        row = connection.execute(
            text(
                "SELECT a.id, a.code, ST_X(a.label) AS lon, ST_Y(a.label) AS lat FROM area a"
                " JOIN area_set s ON s.id = a.set_id WHERE s.code = 'hanoi-ward-2025'"
                " ORDER BY a.code LIMIT 1 OFFSET 40"
            )
        ).one()
        connection.execute(
            text(
                "UPDATE complaint SET geom = ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"
                " WHERE id IN (SELECT id FROM complaint WHERE reported_at BETWEEN"
                " '2026-10-19T00:00:00+07:00' AND '2026-10-25T20:00:00+07:00' LIMIT 15)"
            ),
            {"lon": row.lon, "lat": row.lat},
        )
    asked = "/api/v1/clusters?set=hanoi-ward-2025&until=2026-10-26"
    found = client.get(asked).json()
    first = found["clusters"][0]
    assert row.code in [area["code"] for area in first["areas"]]
    assert first["p"] <= 0.05
    assert first["observed"] > 3 * first["expected"]
    assert first["until"].startswith("2026-10-25T17:00")
    assert client.get(asked).json() == found
    answer = client.get("/api/v1/clusters?set=hanoi-ward-2025&model=population")
    assert answer.status_code == 422
    assert "permutation" in answer.json()["errors"][0]["message"]


def test_before_and_after_come_with_their_doubt(client: TestClient) -> None:
    asked = "/api/v1/compare?area=hanoi-district-2014:001&at=2026-03-02&weeks=26"
    found = client.get(asked).json()
    for side in ("area", "rest"):
        one = found[side]
        assert (one["before"], one["after"]) == (sum(one["series"][:26]), sum(one["series"][26:]))
        assert one["lower"] <= one["ratio"] <= one["upper"]
    against = found["against_rest"]
    assert against["ratio"] == pytest.approx(
        found["area"]["ratio"] / found["rest"]["ratio"], rel=0.01
    )
    assert against["lower"] < against["ratio"] < against["upper"]
    assert against["overdispersion"] >= 1
    missing = client.get("/api/v1/compare?at=2026-03-02")
    assert missing.status_code == 422
    assert "which place" in missing.json()["errors"][0]["message"]


def test_few_complaints_make_no_hot_spots_by_chance(client: TestClient) -> None:
    """Ten complaints scattered over the city: the normal p would call dozens of cells hot."""
    asked = "/api/v1/hotspots?resolution=8&format=spots&since=2026-10-25&until=2026-10-28"
    found = client.get(asked).json()
    assert found["few"]
    assert 3 < found["inside"] < 60
    assert sum(n for code, n in found["classes"].items() if code.startswith("hot")) == 0
    normal = client.get(asked + "&permutations=0").json()
    assert sum(n for code, n in normal["classes"].items() if code.startswith("hot")) > 10


def test_a_spot_is_named_by_where_its_complaints_lie(
    client: TestClient, module_hanoi: Engine
) -> None:
    found = client.get("/api/v1/hotspots?resolution=7&domain=construction&permutations=0").json()
    spot = found["spots"][0]
    cells = [int(cell, 16) for cell in spot["cells"]]
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT a.name_en, count(*) AS n FROM complaint c"
                " JOIN category k ON k.id = c.category_id JOIN domain d ON d.id = k.domain_id"
                " JOIN complaint_area ca ON ca.complaint_id = c.id JOIN area a ON a.id = ca.area_id"
                " JOIN area_set s ON s.id = a.set_id WHERE s.code = 'hanoi-ward-2025'"
                " AND d.code = 'construction' AND cell_parent(c.cell, 7) = ANY(:cells)"
                " GROUP BY 1 ORDER BY 2 DESC"
            ),
            {"cells": cells},
        ).all()
    true = {row.name_en: row.n for row in rows}
    assert set(spot["areas_en"]) <= set(true)
    # A sample tells: the first named has nearly as many as the true first.
    assert true[spot["areas_en"][0]] >= 0.7 * max(true.values())


@pytest.mark.parametrize("resolution", [6, 8, 9, 11])
def test_the_list_of_a_cell_has_as_many_as_the_cell(client: TestClient, resolution: int) -> None:
    query = "domain=traffic&status=open"
    counted = client.get(f"/api/v1/counts?by=cell&resolution={resolution}&{query}").json()
    for i in (0, len(counted["cells"]) // 2, int(np.argmax(counted["n"]))):
        cell, n = counted["cells"][i], counted["n"][i]
        listed = client.get(f"/api/v1/complaints?{query}&cell={cell}&limit=500&total=true").json()
        assert listed["total"] == len(listed["features"]) == n
        areas = client.get(f"/api/v1/counts?by=area&set=hanoi-ward-2025&{query}&cell={cell}")
        assert sum(row["n"] for row in areas.json()["rows"]) + areas.json()["outside"] == n
    for wrong in ("xyz", "8a2a1072b59ffff0", "8d2a1072b59bfff", "ffffffffffffffff"):
        answer = client.get(f"/api/v1/complaints?cell={wrong}")
        assert answer.status_code == 422, wrong


def test_a_spot_tells_since_when_it_is_hot_and_whether_it_grows(client: TestClient) -> None:
    path = "/api/v1/hotspots?resolution=7&format=spots&history=1&domain=environment"
    found = client.get(path).json()
    trends = client.get("/api/v1/trends?resolution=7&domain=environment").json()
    columns = trends["columns"]
    series = dict(zip(columns["cell"], columns["series"], strict=True))
    pattern = dict(zip(columns["cell"], columns["category"], strict=True))
    assert found["spots"]
    for spot in found["spots"]:
        sums = np.array([series[cell] for cell in spot["cells"]]).sum(axis=0)
        assert spot["series"] == sums.tolist()
        theirs = mann_kendall.original_test(sums)
        assert spot["trend_z"] == pytest.approx(theirs.z, abs=1e-3)
        assert spot["trend_p"] == pytest.approx(theirs.p, abs=1e-4)
        rises = 0 if theirs.p > 0.05 else np.sign(theirs.z)
        assert spot["trend"] == {1: "rising", 0: "steady", -1: "falling"}[rises]
        assert spot["since_month"] is None or spot["since_month"] in trends["periods"]
        # A cell that is hot in the last period by its pattern makes the spot hot now.
        now = {"new_hot", "consecutive_hot", "intensifying_hot"}
        if any(pattern[cell] in now for cell in spot["cells"]):
            assert spot["since_month"] is not None


def test_a_spot_is_named_by_the_area_that_holds_most_of_it(
    client: TestClient, module_hanoi: Engine
) -> None:
    with module_hanoi.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT concat_ws(' ', a.kind, a.name) AS name, ST_AsText(a.geom) AS wkt FROM area"
                " a JOIN area_set s ON s.id = a.set_id WHERE s.code = 'hanoi-ward-2025'"
            )
        ).all()
    import shapely

    shapes = {row.name: shapely.from_wkt(row.wkt) for row in rows}
    columns = client.get("/api/v1/hotspots?resolution=8").json()
    n = dict(zip(columns["columns"]["cell"], columns["columns"]["n"], strict=True))
    assert columns["spots"]
    for spot in columns["spots"]:
        held: dict[str, float] = {}
        for cell in spot["cells"]:
            hexagon = shapely.Polygon([(lon, lat) for lat, lon in h3.cell_to_boundary(cell)])
            for name, shape in shapes.items():
                if part := shape.intersection(hexagon).area:
                    held[name] = held.get(name, 0.0) + n[cell] * part / hexagon.area
        # By seven points of each cell, which is not its area to the last metre.
        most = max(held.values())
        assert held[spot["areas"][0]] >= 0.75 * most
        assert set(spot["areas"]) <= set(held)
