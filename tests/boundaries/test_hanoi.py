"""Hanoi's maps: the true files, and what is built without them."""

import csv
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
from sqlalchemy import Engine, text

from boundaries.hanoi import ensure_hanoi
from boundaries.read import read_areas
from boundaries.sources.hanoi import approximate_districts, approximate_wards
from geo.errors import BoundaryError, FileError
from geo.places import Places

AREAS = text(
    "SELECT s.code AS set_code, coalesce(initcap(a.kind) || ' ', '') || a.name AS name"
    " FROM area a JOIN area_set s ON s.id = a.set_id"
    " WHERE a.id = ANY(areas_at(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 1::smallint))"
)


def test_without_files_hanoi_has_126_wards_and_30_districts_marked_approximate(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        wards, districts = ensure_hanoi(connection)
        assert (wards.areas, districts.areas) == (126, 30)
        assert ensure_hanoi(connection) == []
        marks = connection.execute(text("SELECT approximate, note_vi FROM area_set")).all()
    assert all(mark.approximate and "load-boundaries" in mark.note_vi for mark in marks)


@pytest.mark.real_data
def test_the_approximate_maps_resemble_the_true_ones(shared: Path) -> None:
    for file, derived, least in (
        ("hanoi-districts-2014.geojson", approximate_districts, 0.88),
        ("hanoi-wards-2025.geojson", approximate_wards, 0.78),
    ):
        true, _ = read_areas(shared / "boundaries" / file)
        both = true.merge(derived()[0], on="code")
        assert len(both) == len(true)
        a = gpd.GeoSeries(both.geometry_x, crs=4326).to_crs(32648)
        b = gpd.GeoSeries(both.geometry_y, crs=4326).to_crs(32648)
        assert a.intersection(b).area.sum() / a.area.sum() > least


@pytest.mark.real_data
def test_true_files_replace_the_approximate_sets_once(engine: Engine, shared: Path) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection)
    with engine.begin() as connection:
        assert [load.changed for load in ensure_hanoi(connection, shared / "boundaries")] == [
            True,
            True,
        ]
    with engine.begin() as connection:
        assert [load.changed for load in ensure_hanoi(connection, shared / "boundaries")] == [
            False,
            False,
        ]
        left = connection.execute(text("SELECT count(*) FROM area")).scalar_one()
    assert left == 126 + 30


@pytest.mark.real_data
def test_known_places_lie_in_the_areas_they_are_said_to(engine: Engine, shared: Path) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection, shared / "boundaries")
        places = csv.DictReader((shared / "reference" / "hanoi-places.csv").open(encoding="utf-8"))
        for place in places:
            point = {"lon": float(place["lon"]), "lat": float(place["lat"])}
            found = {row.set_code: row.name.lower() for row in connection.execute(AREAS, point)}
            for column, code in (
                ("district_2014", "hanoi-district-2014"),
                ("ward_2025", "hanoi-ward-2025"),
            ):
                if place[column] == "-":
                    assert code not in found, place
                elif place[column]:
                    assert found[code] == place[column].lower(), place


@pytest.mark.real_data
def test_python_and_sql_put_points_on_edges_in_the_same_area(engine: Engine, shared: Path) -> None:
    with engine.begin() as connection:
        ensure_hanoi(connection, shared / "boundaries")
        edges = connection.execute(
            text(
                "SELECT ST_X(p.geom) AS x, ST_Y(p.geom) AS y FROM area a,"
                " ST_DumpPoints(a.geom) p WHERE a.id % 40 = 0"
            )
        ).all()[::5]
        lon, lat = np.array([e.x for e in edges]), np.array([e.y for e in edges])
        points, areas = Places.load(connection, 1).areas(lon, lat)
        found: dict[int, list[int]] = {}
        for point, area in zip(points.tolist(), areas.tolist(), strict=True):
            found.setdefault(point, []).append(area)
        sql = connection.execute(
            text(
                "SELECT n - 1 AS i, areas_at(ST_SetSRID(ST_MakePoint(x, y), 4326), 1::smallint) a"
                " FROM unnest(CAST(:x AS float[]), CAST(:y AS float[])) WITH ORDINALITY t(x, y, n)"
            ),
            {"x": lon.tolist(), "y": lat.tolist()},
        )
        assert all(found.get(row.i, []) == row.a for row in sql)


def test_files_that_are_not_maps_are_refused_by_name(tmp_path: Path) -> None:
    broken = tmp_path / "broken.geojson"
    broken.write_text('{"type": "FeatureCollection", "features": [')
    with pytest.raises(FileError, match=r"broken\.geojson"):
        read_areas(broken)


def test_a_feature_without_geometry_is_named(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"code": ["1", "2"], "name": ["A", "B"]},
        geometry=gpd.GeoSeries.from_wkt(["POLYGON((0 0,0 1,1 1,0 0))", None]),
        crs=4326,
    )
    frame.to_file(tmp_path / "a.gpkg")
    with pytest.raises(BoundaryError, match=r"feature 2 \(code 2, B\): no geometry"):
        read_areas(tmp_path / "a.gpkg")
