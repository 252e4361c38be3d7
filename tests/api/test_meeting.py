"""Hot spots and trends in the reports: the figures of the API, on a page and on paper."""

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pypdf
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from sqlalchemy import Engine, text
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app as commands
from api.routes import sharing
from api.settings import Settings
from geo.errors import FileError
from tiles import report_content

built = pytest.mark.skipif(
    not (sharing.LIBRARIES / "leaflet.js").exists(),
    reason="the web app is not built; script/test builds it",
)


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def shown(client: TestClient, query: str) -> dict[str, Any]:
    """What the page draws from."""
    page = client.get(f"/api/v1/report.html?{query}").text
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found
    read: dict[str, Any] = json.loads(found.group(1))
    return read


def pages(client: TestClient, query: str) -> list[str]:
    answer = client.get(f"/api/v1/report.pdf?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/pdf"
    return [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(answer.content)).pages]


def plain(words: str) -> str:
    return " ".join(words.split())


@built
@pytest.mark.parametrize("query", ["", "category=pothole,noise", "area=hanoi-district-2014:001"])
def test_the_page_has_the_hot_spots_and_trends_of_the_api(client: TestClient, query: str) -> None:
    data = shown(client, f"lang=en&{query}")["studied"]
    hot = client.get(f"/api/v1/hotspots?resolution=8&{query}").json()
    drawn = data["hotspots"]
    assert drawn["classes"] == hot["classes"]
    columns = hot["columns"]
    marked = [i for i, code in enumerate(columns["class"]) if code != "none"]
    assert drawn["n"] == [columns["n"][i] for i in marked]
    codes = [one["code"] for one in drawn["marks"]]
    assert [codes[k] for k in drawn["class"]] == [columns["class"][i] for i in marked]
    assert [(one["rank"], one["n"]) for one in drawn["spots"]] == [
        (one["rank"], one["n"]) for one in hot["spots"]
    ]
    assert (drawn["few"] != "") == hot["few"]
    trends = client.get(f"/api/v1/trends?resolution=8&{query}").json()
    assert data["trends"]["classes"] == trends["classes"]
    for one, told in zip(drawn["spots"], hot["spots"], strict=True):
        assert all(name in one["name"] for name in told["areas_en"])


@built
def test_a_layer_that_cannot_be_told_is_left_out_and_the_page_says_why(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = shown(client, "since=2026-09-01")
    assert set(data["studied"]) == {"hotspots"}
    page = client.get("/api/v1/report.html?since=2026-09-01").text
    assert "Không có lớp xu hướng" in page
    assert shown(client, "q=khong+co+chu+nay")["studied"] == {}
    monkeypatch.setattr(report_content, "EASY_CELLS", 3)
    data = shown(client, "")
    assert set(data["studied"]) <= {"trends"}


def test_the_paper_tells_the_figures_of_the_api(client: TestClient) -> None:
    found = pages(client, "lang=vi")
    whole = plain(" ".join(found))
    hot = client.get("/api/v1/hotspots?resolution=8").json()
    assert "Phản ánh của người dân · Hà Nội" in plain(found[0])
    assert "3.000 phản ánh" in plain(found[0])
    assert f"{len(hot['spots'])} điểm nóng vượt mức ngẫu nhiên" in plain(found[0])
    assert "Dữ liệu mẫu, không phải phản ánh thật." in whole
    assert f"Trang 1 / {len(found)}" in plain(found[0])
    table = next(page for page in found if "Danh sách điểm nóng" in page)
    for one in hot["spots"][:10]:
        assert re.search(rf"\b{one['rank']}\b", table)
        assert f"{one['n']:,}".replace(",", ".") in table
    counted = client.get("/api/v1/counts?by=area&set=hanoi-ward-2025").json()
    for row in counted["rows"]:
        assert f"{row['name']} {row['n']}" in whole.replace(".", "")
    trends = client.get("/api/v1/trends?resolution=8").json()
    last = plain(next(page for page in found if "Xu hướng điểm nóng" in page and "Số ô" in page))
    for code, n in trends["classes"].items():
        assert f"{n:,}".replace(",", ".") in last, code
    assert "Cách làm và điều cần thận trọng" in whole


def test_rates_have_their_intervals_where_a_population_is_known(hanoi_engine: Engine) -> None:
    client = TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE area SET population = 20000 WHERE code = '00070'"))
    whole = plain(" ".join(pages(client, "lang=en&set=hanoi-ward-2025&q=a")))
    rows = client.get("/api/v1/counts?by=area&set=hanoi-ward-2025&q=a").json()["rows"]
    (row,) = (one for one in rows if one["key"] == "00070")
    told = re.search(rf"Hoan Kiem {row['n']} 20,000 ([\d.]+) ([\d.]+)–([\d.]+) ", whole)
    assert told
    for text_of, key in zip(told.groups(), ("rate", "rate_low", "rate_high"), strict=True):
        assert float(text_of) == pytest.approx(row[key], abs=0.0051)


def test_markup_in_names_is_text_on_paper(hanoi_engine: Engine) -> None:
    bad = '<img src="file:///etc/passwd"></style><b>"}'
    with hanoi_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE city SET name_vi = %s, name_en = %s", (bad, bad))
        connection.exec_driver_sql("UPDATE area SET name = %s || code, name_en = name", (bad,))
    client = TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)
    found = pages(client, "orientation=landscape&status=open")
    assert 'src="file:///etc/passwd"' in plain(" ".join(found)).replace(" ", "").replace(
        "imgsrc", "img src"
    )
    assert "Trang 1 /" in plain(found[0])


def test_nothing_that_matches_is_a_report_all_the_same(client: TestClient) -> None:
    found = plain(" ".join(pages(client, "q=khong+co+chu+nay")))
    assert "Không có phản ánh nào phù hợp." in found
    assert "Không có lớp điểm nóng" in found


@built
def test_a_command_writes_what_the_name_says(
    client: TestClient, module_hanoi: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", module_hanoi.url.render_as_string(hide_password=False))

    def run(*words: str) -> None:
        done = CliRunner().invoke(commands, ["report", *words])
        if done.exception:
            raise done.exception

    asked = ["--domain", "environment", "--lang", "en"]
    run(str(tmp_path / "a.svg"), "--layer", "areas", *asked)
    same = client.get("/api/v1/map.svg?layer=areas&domain=environment&lang=en").text
    times = re.compile(r"Made: [^<]*")
    assert times.sub("", (tmp_path / "a.svg").read_text("utf-8")) == times.sub("", same)
    run(str(tmp_path / "b.png"), "--scale", "2", "--width", "400", *asked)
    assert Image.open(tmp_path / "b.png").size[0] == 800
    run(str(tmp_path / "c.pdf"), *asked)
    run(str(tmp_path / "d.pdf"), "--layer", "hotspots", "--paper", "A3", *asked)
    report, picture = (pypdf.PdfReader(tmp_path / name) for name in ("c.pdf", "d.pdf"))
    assert len(report.pages) > 3
    assert len(picture.pages) == 1
    assert "Hot spots of complaints" in picture.pages[0].extract_text()
    run(str(tmp_path / "e.html"), *asked)
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "a.svg", "b.png", "c.pdf", "d.pdf", "e.html"
    ]  # fmt: skip
    for wrong in (["x.txt"], [], ["x.svg", "--layer", "pins"], ["x.pdf", "--paper", "A0"]):
        with pytest.raises(FileError):
            run(*wrong)
