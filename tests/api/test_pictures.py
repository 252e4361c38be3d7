"""Maps to take along: the figures of every read, drawn, in pixels and on paper."""

import io
import os
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pypdf
import pytest
from fastapi.testclient import TestClient
from PIL import Image
from pyproj import Geod
from sqlalchemy import Engine

from api.app import create_app
from api.settings import Settings
from geo.bbox import BBox
from tiles import printing
from tiles.legend import HOT, RAMP
from tiles.lettering import Box
from tiles.window import Window

SVG = "{http://www.w3.org/2000/svg}"
FILTERS = ["", "domain=construction", "status=open&since=2025-06-01", "q=khong+co+chu+nay",
           "area=hanoi-district-2014:001&category=garbage,noise"]  # fmt: skip


@pytest.fixture(scope="module")
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    app = create_app(module_hanoi, Settings())
    with TestClient(app, raise_server_exceptions=False) as made:
        yield made


def drawing(client: TestClient, query: str) -> ET.Element:
    answer = client.get(f"/api/v1/map.svg?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return ET.fromstring(answer.content)


def by_id(root: ET.Element, name: str) -> ET.Element:
    (found,) = (one for one in root.iter() if one.get("id") == name)
    return found


def texts(root: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def titled(root: ET.Element) -> dict[str, tuple[int, str]]:
    """Of each path of the theme, by its title: how many shapes it has, and its colour."""
    found = {}
    for path in by_id(root, "theme").iter(f"{SVG}path"):
        title = path.findtext(f"{SVG}title") or ""
        found[title] = (path.get("d", "").count("M"), path.get("fill", ""))
    return found


@pytest.mark.parametrize("query", FILTERS)
def test_each_cell_is_drawn_with_its_number_in_the_colour_of_its_class(
    client: TestClient, query: str
) -> None:
    root = drawing(client, f"resolution=8&lang=en&{query}")
    counted = client.get(f"/api/v1/counts?by=cell&resolution=8&{query}").json()
    classes = client.get(f"/api/v1/classes?layer=cells&resolution=8&{query}").json()
    if "area=" in query:
        # The map shows the area asked for, and cells reach beyond it.
        assert f"{counted['total']:,} complaints" in " ".join(texts(root))
        return
    numbers, times = np.unique(counted["n"], return_counts=True)
    drawn = titled(root) if counted["total"] else {}
    expected = {
        f"{n:,} complaints": k for n, k in zip(numbers.tolist(), times.tolist(), strict=True)
    }
    assert {title: shapes for title, (shapes, _) in drawn.items()} == expected
    k = len(classes["breaks"]) + 1
    ramp = [RAMP[3]] if k == 1 else [RAMP[round(i * 5 / (k - 1))] for i in range(k)]
    for n in numbers.tolist():
        at = sum(n >= low for low in classes["breaks"])
        assert drawn[f"{n:,} complaints"][1] == ramp[at]
    assert f"{counted['total']:,} complaints" in " ".join(texts(root))


@pytest.mark.parametrize("query", FILTERS)
def test_each_area_tells_the_number_the_counts_have(client: TestClient, query: str) -> None:
    view = "view=105.2,20.5,106.1,21.5"
    root = drawing(client, f"layer=areas&set=hanoi-district-2014&lang=en&{view}&{query}")
    rows = client.get(f"/api/v1/counts?by=area&set=hanoi-district-2014&{query}").json()["rows"]
    told = titled(root)
    assert set(told) == {f"{row['name_en'] or row['name']}: {row['n']:,}" for row in rows}


def test_the_legend_has_the_classes_and_they_hold_every_cell(client: TestClient) -> None:
    told = texts(drawing(client, "resolution=8"))
    counted = client.get("/api/v1/counts?by=cell&resolution=8").json()
    classes = client.get("/api/v1/classes?layer=cells&resolution=8").json()
    lows = [classes["min"], *classes["breaks"]]
    highs = [low - 1 for low in classes["breaks"]] + [classes["max"]]
    held = 0
    for low, high in zip(lows, highs, strict=True):
        text = f"{low:g} – {high:g}" if high > low else f"{low:g}"
        brackets = told[told.index(text) + 1]
        held += int(brackets.strip("()").replace(".", ""))
    assert held == len(counted["cells"])


def test_hot_spots_and_trends_are_those_of_the_api(client: TestClient) -> None:
    query = "status=open,closed"
    hot = client.get(f"/api/v1/hotspots?resolution=8&{query}").json()
    root = drawing(client, f"layer=hotspots&lang=en&{query}")
    drawn = titled(root)
    for code, n in hot["classes"].items():
        if code != "none":
            assert drawn[HOT[code].en] == (n, HOT[code].colour)
    told = texts(root)
    assert hot["spots"]
    for one in hot["spots"][:3]:
        assert f"{one['n']:,}" in told
        assert told.count(str(one["rank"])) >= 2, "on the map and in the list"
    trends = client.get(f"/api/v1/trends?resolution=7&{query}").json()
    root = drawing(client, f"layer=trends&resolution=7&lang=en&{query}")
    shown = sum(shapes for shapes, _ in titled(root).values())
    assert shown == sum(n for code, n in trends["classes"].items() if code != "none")
    assert f"({trends['classes']['none']:,})" in texts(root)


@pytest.mark.parametrize("latitude", [-60.0, 0.0, 21.0, 48.0, 70.0])
@pytest.mark.parametrize("span", [0.004, 0.3, 4.0])
def test_the_scale_bar_is_as_long_as_the_ground_says(latitude: float, span: float) -> None:
    view = BBox(105, latitude - span / 3, 105 + span, latitude + span / 3)
    window = Window.of(view, Box(10, 50, 910, 650))
    bar = window.scale_bar(220)
    assert 220 / 2.5 <= bar.length <= 220
    degrees = np.degrees(bar.length / window.per_radian)
    east = 105 + float(degrees)
    *_, metres = Geod(ellps="WGS84").inv(105, window.latitude, east, window.latitude)
    # A geodesic is a little shorter than the parallel.
    assert metres == pytest.approx(bar.metres, rel=2e-3)
    shown = window.view
    corners = window.project(np.array([[shown.west, shown.north], [shown.east, shown.south]]))
    np.testing.assert_allclose(corners, [[10, 50], [910, 650]], atol=1e-6)


def test_the_bar_in_the_drawing_is_that_bar(client: TestClient) -> None:
    root = drawing(client, "view=105.8,21.0,105.9,21.05&lang=en")
    bar = by_id(root, "scale-bar")
    (frame,) = (
        one for one in by_id(root, "map").findall(f"{SVG}rect") if one.get("fill") == "none"
    )
    label = next(one for one in texts(root) if re.fullmatch(r"\d+ (km|m)", one))
    metres = float(label.split()[0]) * (1000 if label.endswith("km") else 1)
    wide = float(frame.get("width", 0))
    share = float(bar.get("width", 0)) / wide
    *_, across = Geod(ellps="WGS84").inv(105.8, 21.025, 105.9, 21.025)
    # The view fills the frame in one direction at least, and is never cut.
    assert metres / share >= across * 0.999
    assert metres / share <= across * 2.5


@pytest.mark.parametrize("layer", ["cells", "areas", "hotspots", "trends", "outliers"])
def test_no_text_stands_on_another_and_all_stand_on_the_sheet(
    client: TestClient, layer: str
) -> None:
    from tiles.lettering import width

    for query in ("width=390", "width=1200", "width=1200&view=105.7,20.9,105.95,21.1"):
        root = drawing(client, f"layer={layer}&{query}")
        boxes = []
        names = by_id(root, "names")
        for one in names.findall(f"{SVG}text"):
            if one.get("stroke"):
                continue
            size, x, y = (float(one.get(key, 0)) for key in ("font-size", "x", "y"))
            half = width(one.text or "", size) / 2
            boxes.append(Box(x - half, y - size * 0.8, x + half, y + size * 0.1))
        assert len(boxes) > 4
        for i, box in enumerate(boxes):
            assert not any(box.meets(other) for other in boxes[:i])


def test_what_people_wrote_stays_text(hanoi_engine: Engine) -> None:
    bad = '"><script>alert(1)</script><image href="http://x.y/z"/>&'
    with hanoi_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE area SET name = %s || code, name_en = name", (bad,))
        connection.exec_driver_sql("UPDATE source SET kind = 'import', name = %s", (bad,))
    client = TestClient(create_app(hanoi_engine, Settings()), raise_server_exceptions=False)
    for layer in ("cells", "areas", "hotspots", "outliers"):
        params = {"layer": layer, "q": f"{bad} \x01\ufffe\u2028]]>", "lang": "en"}
        if layer == "areas":
            del params["q"]
        answer = client.get("/api/v1/map.svg", params=params)
        assert answer.status_code == 200
        root = ET.fromstring(answer.content)
        assert {one.tag.removeprefix(SVG) for one in root.iter()} <= {
            "svg", "title", "desc", "g", "rect", "path", "text", "circle"
        }  # fmt: skip
        for one in root.iter():
            assert not any(key.startswith("on") or "href" in key for key in one.attrib)
        assert "<script" in " ".join(root.itertext())


def test_the_pixels_are_those_of_the_drawing(client: TestClient) -> None:
    answer = client.get("/api/v1/map.png?layer=hotspots&width=800&scale=2&domain=construction")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "image/png"
    image = Image.open(io.BytesIO(answer.content)).convert("RGB")
    root = drawing(client, "layer=hotspots&width=800&domain=construction")
    assert image.size == (1600, pytest.approx(2 * float(root.get("height", 0)), abs=2))
    pixels = np.asarray(image).reshape(-1, 3)
    hot = client.get("/api/v1/hotspots?resolution=8&domain=construction").json()["classes"]
    for code, n in hot.items():
        colour = HOT[code].colour
        held = (pixels == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=1).sum()
        assert held > 20 * n or code == "none", code
    plain = client.get("/api/v1/map.png?width=800")
    shown = np.asarray(Image.open(io.BytesIO(plain.content)).convert("RGB")).reshape(-1, 3)
    for colour in RAMP:
        assert (shown == [int(colour[i : i + 2], 16) for i in (1, 3, 5)]).all(axis=1).sum() > 100


@pytest.mark.parametrize(("paper", "orientation"), [("A4", "landscape"), ("A3", "portrait")])
def test_a_page_has_the_title_and_the_numbers_as_text(
    client: TestClient, paper: printing.Paper, orientation: printing.Orientation
) -> None:
    answer = client.get(f"/api/v1/map.pdf?paper={paper}&orientation={orientation}&resolution=8")
    assert answer.status_code == 200, answer.text
    (page,) = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    millimetres = sorted(round(float(one) / 72 * 25.4) for one in page.mediabox[2:])
    assert millimetres == list(printing.SIZES[paper])
    assert (page.mediabox[2] > page.mediabox[3]) == (orientation == "landscape")
    text = page.extract_text()
    assert "Hà Nội · Số phản ánh theo ô lục giác" in text
    assert "Dữ liệu mẫu, không phải phản ánh" in text
    for number in re.findall(r"\([\d.]+\)", " ".join(texts(drawing(client, "resolution=8")))):
        assert number in text


def test_nothing_is_fetched_for_a_page(tmp_path: Path) -> None:
    (tmp_path / "style.css").write_text("body::before { content: 'read from the disk' }")
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.2)
        port = listening.getsockname()[1]
        made = printing.pdf(
            f'<link rel="stylesheet" href="{(tmp_path / "style.css").as_uri()}">'
            f'<img src="http://127.0.0.1:{port}/x.png"><p>ok'
        )
        with pytest.raises(TimeoutError):
            listening.accept()
    assert pypdf.PdfReader(io.BytesIO(made)).pages[0].extract_text().strip() == "ok"


@pytest.mark.parametrize(
    ("path", "status", "field"),
    [
        ("map.svg?set=moon", 404, None),
        ("map.svg?layer=pins", 422, "layer"),
        ("map.svg?measure=rate", 422, "measure"),
        ("map.svg?layer=areas&measure=rate", 422, "measure"),
        ("map.svg?layer=trends&resolution=10", 422, "resolution"),
        ("map.svg?view=1,2,3", 422, "view"),
        ("map.svg?view=105,21,105,21", 422, "view"),
        ("map.svg?view=-180,-90,180,90", 422, "view"),
        ("map.svg?width=10", 422, "width"),
        ("map.png?width=4000&scale=3", 422, "scale"),
        ("map.png?scale=4", 422, "scale"),
        ("map.pdf?paper=A0", 422, "paper"),
        ("map.pdf?layer=trends&since=2026-10-01", 422, "since"),
    ],
)
def test_what_cannot_be_is_refused(
    client: TestClient, path: str, status: int, field: str | None
) -> None:
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status, answer.text
    if field:
        assert answer.json()["errors"][0]["field"] == field


SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize(
    "query",
    [
        "layer=areas&set=hanoi-district-2014&width=760",
        "layer=hotspots&set=hanoi-district-2014&width=400&lang=en",
    ],
)
def test_the_drawing_is_the_one_that_was_looked_at(client: TestClient, query: str) -> None:
    """After a change that is meant: run with PHANANH_SNAPSHOTS=write, and look at the files."""
    svg = client.get(f"/api/v1/map.svg?{query}").text
    made = re.sub(r"(Lập lúc|Made): [^<]*", r"\1: …", svg).replace("><", ">\n<") + "\n"
    path = SNAPSHOTS / f"map-{query.split('&', maxsplit=1)[0].partition('=')[2]}.svg"
    if os.environ.get("PHANANH_SNAPSHOTS") == "write":
        SNAPSHOTS.mkdir(exist_ok=True)
        path.write_text(made, "utf-8")
    assert made == path.read_text("utf-8")


def test_what_was_drawn_or_chosen_has_its_outline_and_a_line_in_the_legend(
    client: TestClient,
) -> None:
    view = "layer=cells&view=105.7,20.9,106,21.2&lang=en"
    corners = "105.8,21;105.9,21;105.9,21.1;105.8,21.1"
    for place in (f"polygon={corners}", "cell=87415cb4effffff", "area=hanoi-district-2014:001"):
        root = drawing(client, f"{view}&{place}")
        lines = [one for one in by_id(root, "borders") if one.get("stroke") == "#1d4ed8"]
        assert len(lines) == 1, place
        assert lines[0].get("stroke-dasharray") is None
        assert "the place asked for" in " ".join(texts(root))
    assert "the place asked for" not in " ".join(texts(drawing(client, view)))
