"""Map files of every common kind, mended where they can be, refused by name where not."""

import hashlib
import threading
import unicodedata
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.cli import app
from boundaries.download import download
from boundaries.names import fold_name, same_name
from boundaries.read import read_areas
from geo.errors import BoundaryError, FileError

SQUARES = [shapely.box(105.0, 21.0, 105.1, 21.1), shapely.box(105.1, 21.0, 105.2, 21.1)]


def squares(shapes: list[shapely.Geometry] | None = None) -> gpd.GeoDataFrame:
    names = ["Phường Hoà Bình", "Xã Đông Anh"]
    return gpd.GeoDataFrame(
        {"code": ["001", "002"], "name": names, "population": [1000, 2000]},
        geometry=shapes or SQUARES,
        crs=4326,
    )


@pytest.mark.parametrize("crs", [4326, 3857, 32648])
@pytest.mark.parametrize("form", ["geojson", "gpkg", "shp", "fgb"])
def test_any_form_and_reference_system_gives_the_same_areas(
    tmp_path: Path, form: str, crs: int
) -> None:
    path = tmp_path / f"areas.{form}"
    squares().to_crs(crs).to_file(path, encoding="utf-8" if form == "shp" else None)
    areas, report = read_areas(path)
    assert areas.code.tolist() == ["001", "002"]
    assert areas.name.tolist() == ["Hoà Bình", "Đông Anh"]
    assert areas.kind.tolist() == ["phường", "xã"]
    assert areas.population.tolist() == [1000, 2000]
    for found, drawn in zip(areas.geometry, SQUARES, strict=True):
        assert found.symmetric_difference(drawn).area < 1e-9
    assert report.overlap_m2 < 1
    assert report.gap_m2 == 0


def test_a_small_bow_is_mended_and_said_a_large_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "areas.geojson"
    tick = [(105.0, 21.0), (105.1, 21.0), (105.1, 21.1), (105.0499, 21.1), (105.05, 21.1001),
            (105.0498, 21.1001), (105.0501, 21.1), (105.0, 21.1)]  # fmt: skip
    squares([shapely.Polygon(tick), SQUARES[1]]).to_file(path)
    areas, report = read_areas(path)
    assert shapely.is_valid(areas.geometry.to_numpy()).all()
    assert report.repairs == ["feature 1 (code 001, Phường Hoà Bình): invalid geometry mended"]
    bow = shapely.Polygon([(105.0, 21.0), (105.1, 21.1), (105.1, 21.0), (105.0, 21.1)])
    squares([bow, SQUARES[1]]).to_file(path)
    with pytest.raises(BoundaryError, match=r"001.*crosses itself"):
        read_areas(path)


def test_what_is_no_area_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "areas.geojson"
    squares([shapely.LineString([(105, 21), (106, 21)]), SQUARES[1]]).to_file(path)
    with pytest.raises(BoundaryError, match=r"feature 1 \(code 001.*LineString"):
        read_areas(path)
    squares([shapely.Polygon(), SQUARES[1]]).to_file(path)
    with pytest.raises(BoundaryError, match=r"feature 1.*no geometry"):
        read_areas(path)
    path.write_text("not a map at all", "utf-8")
    with pytest.raises(FileError, match=r"areas\.geojson cannot be read as a map file"):
        read_areas(path)


def test_overlaps_and_gaps_are_measured_in_square_metres(tmp_path: Path) -> None:
    path = tmp_path / "areas.gpkg"
    ring = shapely.box(105, 21, 105.1, 21.1) - shapely.box(105.04, 21.04, 105.05, 21.05)
    squares([ring, shapely.box(105.099, 21.0, 105.2, 21.1)]).to_file(path)
    _, report = read_areas(path)
    utm = gpd.GeoSeries(
        [shapely.box(105.099, 21, 105.1, 21.1), shapely.box(105.04, 21.04, 105.05, 21.05)], crs=4326
    ).to_crs(32648)
    assert report.overlap_m2 == pytest.approx(utm.area[0], rel=0.01)
    assert report.gap_m2 == pytest.approx(utm.area[1], rel=0.01)
    assert len(report.overlaps) == 1


Run = Callable[..., str]


@pytest.fixture
def phananh(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command over the test's database; what it says, or the sentence it fails with."""
    monkeypatch.setenv("DATABASE_URL", engine.url.render_as_string(hide_password=False))

    def run(*arguments: object) -> str:
        done = CliRunner().invoke(app, [str(one) for one in arguments])
        return str(done.exception) if done.exception is not None else "done"

    return run


def test_a_city_and_a_set_of_its_own_by_command(
    phananh: Run, engine: Engine, tmp_path: Path
) -> None:
    path = tmp_path / "areas.fgb"
    squares().to_file(path)
    city = ("add-city", "test-town", "--name-vi", "Thử", "--name-en", "Test")
    assert "unknown time zone" in phananh(*city, "--timezone", "Moon/Base")
    zone = ("--timezone", "Europe/Dublin")
    assert "--outline" in phananh(*city, *zone)
    assert phananh(*city, *zone, "--outline", path) == "done"
    load = ("load-boundaries", path, "--set", "test-town-wards")
    assert "--city" in phananh(*load, "--level", "ward", "--name-vi", "P", "--name-en", "W")
    assert "--level" in phananh(*load, "--city", "test-town")
    assert "add-city" in phananh(*load, "--city", "nowhere", "--level", "w",
                                 "--name-vi", "P", "--name-en", "W")  # fmt: skip
    whole = (*load, "--city", "test-town", "--level", "ward", "--name-vi", "P", "--name-en", "W")
    assert phananh(*whole, "--since", "2020-01-01") == "done"
    with engine.connect() as connection:
        facts = "SELECT id, since::text, level, loaded_at FROM area_set"
        first = connection.execute(text(facts)).one()
    assert first[1:3] == ("2020-01-01", "ward")
    # Known by now: the same file changes nothing, and what is not said stays as it is.
    assert phananh(*load) == "done"
    with engine.connect() as connection:
        assert connection.execute(text(facts)).one() == first
    assert phananh(*load, "--until", "2019-01-01") != "done"
    assert phananh(*load, "--until", "soon") == "--until 'soon' is not a date like 2025-07-01"


def test_a_present_ward_is_found_by_a_former_name(hanoi_engine: Engine) -> None:
    with hanoi_engine.connect() as connection:
        found = connection.execute(
            text(
                "SELECT a.name, cardinality(a.formerly) FROM area a WHERE 'Phường Hàng Bạc' ="
                " ANY(a.formerly)"
            )
        ).all()
        pairs = connection.execute(text("SELECT sum(cardinality(formerly)) FROM area")).scalar_one()
    assert [row.name for row in found] == ["Hoàn Kiếm"]
    # 794 in all; the approximate map lacks a ward at most.
    assert 780 <= pairs <= 794


TONES = st.sampled_from("\u0300\u0301\u0303\u0309\u0323")
PAIRS = st.sampled_from([("o", "a"), ("o", "e"), ("u", "y")])
LETTERS = st.sampled_from(["", "h", "t", "kh", "l"])


@given(LETTERS, PAIRS, TONES)
def test_a_name_is_the_same_wherever_its_tone_is_written(
    start: str, vowels: tuple[str, str], tone: str
) -> None:
    first, second = vowels
    assert same_name(f"Xã {start}{first}{tone}{second}", f"Xã {start}{first}{second}{tone}")


@given(st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyàáảãạằắẳẵặầấẩẫậ ĐHN", max_size=20))
def test_the_unicode_form_of_a_name_does_not_matter(name: str) -> None:
    once = fold_name(unicodedata.normalize("NFC", name))
    assert once == fold_name(unicodedata.normalize("NFD", name))
    assert fold_name(once) == once


def test_names_with_different_tones_differ() -> None:
    assert not same_name("Hoa", "Hòa")
    assert not same_name("Hóa", "Hòa")
    assert not same_name("Đông Anh", "Đống Anh")


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A web server over a folder."""
    folder = tmp_path / "web"
    folder.mkdir()
    handler = partial(SimpleHTTPRequestHandler, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", folder
        server.shutdown()


def test_an_address_is_loaded_only_when_it_holds_what_was_pinned(
    web: tuple[str, Path], tmp_path: Path
) -> None:
    address, folder = web
    (folder / "areas.geojson").write_text('{"type": "FeatureCollection"}', "utf-8")
    right = hashlib.sha256((folder / "areas.geojson").read_bytes()).hexdigest()
    source, kept = f"{address}/areas.geojson", tmp_path / "downloads"
    for wrong, said in ((None, "--sha256"), ("abc", "64 hexadecimal"), ("0" * 64, "pinned")):
        with pytest.raises(FileError, match=said):
            download(source, wrong, kept)
    assert not kept.exists() or list(kept.iterdir()) == []
    path = download(source, right.upper(), kept)
    assert path.read_bytes() == (folder / "areas.geojson").read_bytes()
    # What is there already is not asked for again, and a changed address is found out.
    (folder / "areas.geojson").write_text("{}", "utf-8")
    assert download(source, right, kept) == path
    path.unlink()
    with pytest.raises(FileError, match="pinned"):
        download(source, right, kept)
    with pytest.raises(FileError, match="does not answer"):
        download("http://127.0.0.1:1/none.geojson", right, kept)
