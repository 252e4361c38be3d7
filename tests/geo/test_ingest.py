"""Complaint files in: every row accounted for, whatever is wrong with it."""

import gzip
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import Engine, text

from geo.errors import ConflictError, FileError, MappingError
from geo.ingest import _alone, run_import
from geo.mapping import Mapping, read_mapping, shipped
from geo.outline import outline_of_points

GENERATED = """
id = "key"
lon = "x"
lat = "y"
text = ["what", "more"]
[source]
code = "test"
name = "Test"
[city]
code = "town"
name_vi = "Phố"
name_en = "Town"
timezone = "Europe/Dublin"
[category]
column = "what"
[category.values]
"hole*" = "pothole"
lamp = "street-lighting"
[status]
column = "state"
[status.values]
open = "received"
done = "resolved"
[reported]
column = "at"
formats = ["%d/%m/%Y %H:%M", "iso"]
"""


def _mapping(folder: Path, content: str = GENERATED) -> Mapping:
    (folder / "m.toml").write_text(content, "utf-8")
    return read_mapping(str(folder / "m.toml"))


def _rows(n: int) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "key": [f"k{i}" for i in range(n)],
            "x": [f"{-6.2 - i % 50 / 1000}" for i in range(n)],
            "y": [f"{53.3 + i % 70 / 1000}" for i in range(n)],
            "what": ["hole, deep" if i % 3 else "LAMP" for i in range(n)],
            "more": ['says "hi"\nand more' for _ in range(n)],
            "state": ["open" if i % 4 else "done" for i in range(n)],
            "at": ["25/06/2024 12:30" for _ in range(n)],
        }
    )


def _count(engine: Engine, query: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(query)).scalar_one())


def test_each_thing_that_can_be_wrong_with_a_row_is_named(engine: Engine, tmp_path: Path) -> None:
    wrong = _rows(10)
    wrong["key"] = [f"w{i}" for i in range(9)] + [""]
    columns = ["x", "y", "x", "x", "what", "state", "at", "at"]
    values = ["", "n/a", "0", "400", "fountain", "lost", "yesterday", "25/06/2084 12:30"]
    for i, (column, value) in enumerate(zip(columns, values, strict=True)):
        wrong.loc[i, column] = value
    wrong.loc[2, "y"] = "0"
    wrong.loc[8, ["x", "y"]] = ["53.3", "-6.2"]
    far = _rows(1).assign(key="far", x="10.0", y="50.0")
    file = tmp_path / "f.csv"
    pd.concat([_rows(2000), wrong, far]).to_csv(file, index=False)
    with file.open("a") as more:
        more.write("one,field,too,few\n")
    done = run_import(engine, file, _mapping(tmp_path), rejects=tmp_path / "r.csv", size=700)
    assert done.read == 2012
    assert done.added == 2000
    assert dict(done.rejected) == {
        "no coordinates": 2,
        "coordinates are zero": 1,
        "coordinates out of range": 1,
        "category is not in the mapping": 1,
        "status is not in the mapping": 1,
        "no time of report that can be read": 1,
        "time out of range": 1,
        "coordinates are swapped": 1,
        "no id": 1,
        "outside the city's limits": 1,
        "wrong number of columns": 1,
    }
    told = pd.read_csv(tmp_path / "r.csv")
    assert len(told) == 12
    assert told.set_index("reason").loc["category is not in the mapping", "value"] == "fountain"
    # Summer time in Dublin is UTC+1.
    at = datetime(2024, 6, 25, 11, 30, tzinfo=UTC).isoformat()
    assert _count(engine, f"SELECT count(*) FROM complaint WHERE reported_at = '{at}'") == 2000


def test_an_interrupted_import_goes_on_and_a_finished_one_changes_nothing(
    engine: Engine, tmp_path: Path
) -> None:
    file = tmp_path / "f.csv.gz"
    with gzip.open(file, "wt") as out:
        _rows(1000).to_csv(out, index=False)
    mapping, rejects = _mapping(tmp_path), tmp_path / "r.csv"
    parquet = tmp_path / "f.parquet"
    _rows(1000).to_parquet(parquet)
    stops = iter([False, False, True])
    first = run_import(
        engine, parquet, mapping, rejects=rejects, size=300, stopping=lambda: next(stops)
    )
    assert (first.added, first.read) == (600, 600)
    rest = run_import(engine, parquet, mapping, rejects=rejects, size=300)
    assert (rest.added, rest.skipped, rest.read) == (400, 600, 1000)
    assert run_import(engine, parquet, mapping, rejects=rejects).read == 0
    # The same rows in another file: known.
    again = run_import(engine, file, mapping, rejects=rejects, size=300)
    assert (again.added, again.changed, again.same) == (0, 0, 1000)
    assert not rejects.exists()
    stored = _count(
        engine,
        "SELECT sum(n) FROM (SELECT unnest(counts) AS n FROM rollup WHERE grid = 0 AND span = 256"
        " AND kind = 0 AND status = 0) AS s",
    )
    assert stored == _count(engine, "SELECT count(*) FROM complaint") == 1000


def test_files_that_are_not_what_they_say_are_refused(engine: Engine, tmp_path: Path) -> None:
    mapping, rejects = _mapping(tmp_path), tmp_path / "r.csv"
    cases = {
        "empty.csv": b"",
        "text.csv.gz": b"key,x,y\n",
        "binary.csv": b"key,x\0y",
        "latin.csv": _rows(3).to_csv(index=False).replace("LAMP", "é").encode("latin-1"),
        "head.csv": b"key,x,y,what,more,state,at\n",
        "no.parquet": b"PAR1 but not really",
        "no.geojson": b"{",
    }
    for name, content in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(FileError, match=name.split(".")[0]):
            run_import(engine, tmp_path / name, mapping, rejects=rejects)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(MappingError, match="'key'"):
        run_import(engine, tmp_path / "other.csv", mapping, rejects=rejects)
    assert _count(engine, "SELECT count(*) FROM complaint") == 0


def test_a_second_importer_of_the_same_source_is_told_so(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    _rows(10).to_csv(file, index=False)
    with _alone(engine, "test"), pytest.raises(ConflictError, match="another import"):
        run_import(engine, file, _mapping(tmp_path), rejects=tmp_path / "r.csv")
    assert run_import(engine, file, _mapping(tmp_path), rejects=tmp_path / "r.csv").added == 10


def test_geojson_in_another_reference_system_lands_in_the_same_place(
    engine: Engine, tmp_path: Path
) -> None:
    import geopandas as gpd

    rows = _rows(200)
    points = gpd.points_from_xy(rows.x.astype(float), rows.y.astype(float), crs=4326)
    frame = gpd.GeoDataFrame(rows.drop(columns=["x", "y"]), geometry=points)
    frame.to_file(tmp_path / "f.geojson")
    mapping = _mapping(tmp_path)
    run_import(engine, tmp_path / "f.geojson", mapping, rejects=tmp_path / "r.csv")
    irish = _mapping(tmp_path, GENERATED.replace('id = "key"', 'crs = "EPSG:2157"\nid = "key"'))
    moved = frame.to_crs(2157)
    rows["x"], rows["y"] = moved.geometry.x.astype(str), moved.geometry.y.astype(str)
    rows.to_csv(tmp_path / "f.csv", index=False)
    done = run_import(engine, tmp_path / "f.csv", irish, rejects=tmp_path / "r.csv")
    assert done.added == done.refused == 0
    assert done.changed + done.same == 200


def test_mappings_are_checked_and_name_the_key(tmp_path: Path) -> None:
    for name in shipped():
        assert read_mapping(name).columns()
    for change, key in (
        (('timezone = "Europe/Dublin"', 'timezone = "Mars/North"'), "city.timezone"),
        (('open = "received"', 'open = "new"'), "status"),
        (('lon = "x"', 'long = "x"'), "lon"),
    ):
        with pytest.raises(MappingError, match=key):
            _mapping(tmp_path, GENERATED.replace(*change))
    with pytest.raises(MappingError, match="no mapping"):
        read_mapping("moon")


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "mapping", "rows"),
    [
        ("la-311-2020.csv.gz", "la-311", 10_000),
        ("nyc-311-animals.csv.gz", "nyc-311", 5_895),
        ("ireland_road_collisions.parquet", "ireland-road-collisions", 68_936),
    ],
)
def test_real_files_load_as_cities_of_their_own(
    engine: Engine, shared: Path, tmp_path: Path, name: str, mapping: str, rows: int
) -> None:
    file = shared / "complaints" / name
    done = run_import(engine, file, read_mapping(mapping), rejects=tmp_path / "r.csv")
    assert done.read == rows == done.added + done.refused
    assert done.refused < rows / 90
    inside = (
        "SELECT count(*) FROM complaint c JOIN city t ON t.id = c.city_id"
        " AND ST_Intersects(t.outline, c.geom)"
    )
    assert _count(engine, inside) >= 0.995 * done.added
    if mapping == "la-311":
        frame = pd.read_csv(file, dtype=str)
        frame = frame[frame.latitude.notna()]
        closed = _count(engine, "SELECT count(*) FROM complaint WHERE status = 4")
        assert closed == (frame.status == "Closed").sum()


def test_an_outline_leaves_out_a_typing_error() -> None:
    import numpy as np

    rng = np.random.default_rng(2)
    lon, lat = rng.normal(105.8, 0.05, 5000), rng.normal(21.0, 0.05, 5000)
    lon[0], lat[0] = 15.8, 2.1
    west, south, east, north = outline_of_points(lon, lat).bounds
    assert 105 < west < east < 107
    assert 20 < south < north < 22
