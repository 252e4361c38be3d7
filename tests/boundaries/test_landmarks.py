"""Places everyone knows: files of them, and which are near."""

from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from fastapi.testclient import TestClient
from pyproj import Geod
from sqlalchemy import Engine

from api.app import create_app
from api.query import read_vocabulary
from api.settings import Settings
from boundaries.landmarks import read_landmarks
from geo.errors import BoundaryError, FileError
from geo.landmarks import NEAR_M, Landmark, nearest, replace_landmarks

PLACES = [
    Landmark(105.8525, 21.0288, "Hồ Hoàn Kiếm", "Hoan Kiem Lake", "hồ"),
    Landmark(105.8490, 21.0287, "Nhà thờ Lớn", "", None),
    Landmark(105.8575, 21.0243, "Nhà hát Lớn", "Opera House", None),
    Landmark(105.6000, 21.2000, "Xa", "Far", None),
]


def _csv(folder: Path, text: str) -> Path:
    path = folder / "places.csv"
    path.write_text(text, encoding="utf-8-sig")
    return path


def test_a_csv_and_a_geojson_of_the_same_places_read_alike(tmp_path: Path) -> None:
    lines = [f"{p.name},{p.lat},{p.lon},{p.name_en},{p.kind or ''}" for p in PLACES]
    from_csv = read_landmarks(_csv(tmp_path, "\n".join(["Name,lat,lon,name_en,kind", *lines])))
    frame = gpd.GeoDataFrame(
        {"name": [p.name for p in PLACES], "name_en": [p.name_en for p in PLACES],
         "kind": [p.kind for p in PLACES]},
        geometry=shapely.points([p.lon for p in PLACES], [p.lat for p in PLACES]), crs=4326,
    )  # fmt: skip
    file = tmp_path / "places.geojson"
    frame.to_file(file)
    assert from_csv == PLACES
    assert read_landmarks(file) == PLACES


@pytest.mark.parametrize(
    ("text", "says"),
    [("a,b\n1,2", "no column 'name'"), ("name,lon,lat\nHồ,x,21", "line 2"),
     ("name,lon,lat\nHồ,105.8,21\nB,,", "line 3")],
)  # fmt: skip
def test_what_is_wrong_with_a_file_is_told_with_its_line(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises((BoundaryError, FileError), match=says):
        read_landmarks(_csv(tmp_path, text))
    with pytest.raises(FileError, match="no file"):
        read_landmarks(tmp_path / "none.csv")


def test_the_nearest_are_told_by_true_distance_and_the_far_ones_not(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        city = read_vocabulary(connection).cities["hanoi"]
        assert replace_landmarks(connection, city, PLACES) == 4
        lon, lat = 105.853, 21.026
        found = nearest(connection, city, lon, lat)
        geod = Geod(ellps="WGS84")
        true = sorted(
            (round(geod.inv(lon, lat, p.lon, p.lat)[2]), p.name)
            for p in PLACES
            if geod.inv(lon, lat, p.lon, p.lat)[2] <= NEAR_M
        )
        assert [(one.distance_m, one.name) for one in found] == true[:3]
        assert nearest(connection, city, 105.3, 21.2) == []
        # Loading again replaces; a name that lacks English has the Vietnamese.
        assert replace_landmarks(connection, city, PLACES[1:2]) == 1
        assert nearest(connection, city, lon, lat)[0].name_en == "Nhà thờ Lớn"
        with pytest.raises(BoundaryError, match="swapped"):
            replace_landmarks(connection, city, [Landmark(21.0, 105.8, "Hồ", "", None)])


def test_a_place_and_its_story_are_told_by_landmarks(hanoi_engine: Engine) -> None:
    with hanoi_engine.begin() as connection:
        city = read_vocabulary(connection).cities["hanoi"]
        replace_landmarks(connection, city, PLACES)
    client = TestClient(create_app(hanoi_engine, Settings()))
    at = client.get("/api/v1/locate?lon=105.8524&lat=21.0287").json()
    assert at["landmarks"][0]["name"] == "Hồ Hoàn Kiếm"
    story = client.get("/api/v1/story?polygon=105.85,21.02;105.86,21.02;105.86,21.03").json()
    assert {one["name"] for one in story["landmarks"]} >= {"Nhà hát Lớn"}
    assert client.get("/api/v1/story").json()["landmarks"] == []


@pytest.mark.real_data
def test_the_places_of_hanoi_load(hanoi_engine: Engine, shared: Path) -> None:
    places = read_landmarks(shared / "reference" / "hanoi-places.csv")
    with hanoi_engine.begin() as connection:
        city = read_vocabulary(connection).cities["hanoi"]
        assert replace_landmarks(connection, city, places) == len(places) > 10
