"""Pictures of outliers: the figures of /api/v1/outliers, told apart with and without colours."""

import io
import re
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pypdf
import pytest
from fastapi.testclient import TestClient
from numpy.typing import ArrayLike
from PIL import Image
from scipy.sparse import csr_array
from sqlalchemy import Engine
from typer.testing import CliRunner

from api.app import create_app
from api.cli import app
from api.settings import Settings
from geo.hotspots import LocalMoran, Quadrant, local_moran
from geo.outliers import CLASSES
from tiles.legend import OUTLIERS
from tiles.strokes import stroke_of

SVG = "{http://www.w3.org/2000/svg}"
FOUND = ("high-high", "high-low", "low-high", "low-low")
PAGE = (Path(__file__).resolve().parents[2] / "web/src/outliers.ts").read_text("utf-8")
QUERY = "resolution=7"
# How many cells are given each class, of those with the most complaints.
PAINTED = {Quadrant.HIGH_HIGH: 21, Quadrant.HIGH_LOW: 3, Quadrant.LOW_HIGH: 2, Quadrant.LOW_LOW: 13}


@pytest.fixture
def client(module_hanoi: Engine) -> Iterator[TestClient]:
    with TestClient(create_app(module_hanoi, Settings()), raise_server_exceptions=False) as made:
        yield made


def painted(values: ArrayLike, weights: csr_array, *, permutations: int, seed: int) -> LocalMoran:
    """Local Moran in which every class is found: sample complaints have no pattern like that."""
    told = local_moran(values, weights, permutations=99, seed=seed)
    most = np.argsort(-np.asarray(values), kind="stable")
    p = np.ones(len(most))
    quadrant = told.quadrant.copy()
    at = 0
    for one, times in PAINTED.items():
        here = most[at : at + times]
        quadrant[here], p[here] = one, 1e-6
        at += times
    return told._replace(quadrant=quadrant, p=p)


@pytest.fixture
def full(client: TestClient) -> TestClient:
    """A service in which all four classes are found."""
    client.app.state.studies.moran = painted  # type: ignore[attr-defined]
    return client


def drawing(client: TestClient, query: str) -> ET.Element:
    answer = client.get(f"/api/v1/map.svg?layer=outliers&{query}")
    assert answer.status_code == 200, answer.text
    return ET.fromstring(answer.content)


def by_id(root: ET.Element, name: str) -> ET.Element:
    (found,) = (one for one in root.iter() if one.get("id") == name)
    return found


def texts(root: ET.Element) -> list[str]:
    return ["".join(one.itertext()) for one in root.iter(f"{SVG}text")]


def titled(root: ET.Element) -> dict[str, tuple[int, str]]:
    """Of each path of the theme, by its title: how many shapes it has, and its colour."""
    return {
        path.findtext(f"{SVG}title") or "": (path.get("d", "").count("M"), path.get("fill", ""))
        for path in by_id(root, "theme").iter(f"{SVG}path")
    }


def legend(root: ET.Element, lang: str = "en") -> dict[str, int]:
    """The number behind the name of each class."""
    told = texts(root)
    found = {}
    for code, mark in OUTLIERS.items():
        name = mark.en if lang == "en" else mark.vi
        if name in told:
            found[code] = int(re.sub(r"\D", "", told[told.index(name) + 1]))
    return found


def classes(client: TestClient, query: str) -> dict[str, int]:
    answer = client.get(f"/api/v1/outliers?format=summary&{query}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json()["classes"])


@pytest.mark.parametrize(
    "query",
    ["resolution=8&domain=construction", "resolution=7&domain=traffic", "resolution=6&status=open",
     "resolution=7&q=khongcochunay", "resolution=7&until=2026-06-01"],
)  # fmt: skip
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_the_picture_has_the_classes_of_the_api(client: TestClient, query: str, lang: str) -> None:
    expected = classes(client, query)
    root = drawing(client, f"lang={lang}&{query}")
    assert legend(root, lang) == expected
    drawn = {title: shapes for title, (shapes, _) in titled(root).items()}
    named = {code: mark.vi if lang == "vi" else mark.en for code, mark in OUTLIERS.items()}
    assert drawn == {named[code]: n for code, n in expected.items() if code != "none"}


def test_every_class_is_drawn_and_counted_in_its_colour(full: TestClient) -> None:
    expected = classes(full, QUERY)
    assert set(expected) == set(CLASSES.values())
    root = drawing(full, f"lang=en&{QUERY}")
    assert legend(root) == expected
    for code in FOUND:
        assert titled(root)[OUTLIERS[code].en] == (expected[code], OUTLIERS[code].colour)
    told = full.get(f"/api/v1/outliers?format=summary&{QUERY}").json()
    said = " ".join(texts(root))
    assert f"{told['total']:,} complaints" in said
    assert f"{told['permutations']:,} permutations" in said
    assert "Clusters and outliers" in said


def test_colours_and_names_are_those_of_the_page() -> None:
    for code, colour in re.findall(r'"([a-z-]+)": \{ colour: "(#\w+)"', PAGE):
        assert OUTLIERS[code].colour == colour
    vi, en = (line for line in PAGE.splitlines() if re.match(r"  (vi|en): ", line))
    for code, mark in OUTLIERS.items():
        for line, name in ((vi, mark.vi), (en, mark.en)):
            assert re.search(rf'"?{code}"?: "{name}"', line), (code, name)


def test_without_colours_low_is_hatched_and_what_stands_out_has_a_broken_outline(
    full: TestClient,
) -> None:
    strokes = {code: stroke_of(code) for code in FOUND}
    assert {code for code, one in strokes.items() if one.hatch} == {"low-high", "low-low"}
    assert {code for code, one in strokes.items() if one.dash} == {"high-low", "low-high"}
    for a, b in combinations(strokes.values(), 2):
        assert (a.width, a.dash, a.hatch) != (b.width, b.dash, b.hatch)
    root = drawing(full, f"lang=en&{QUERY}")
    for one in strokes.values():
        lines = [
            path for path in root.iter(f"{SVG}path")
            if path.get("fill") == "none" and path.get("stroke") == one.line
            and float(path.get("stroke-width", 0)) == one.width
            and path.get("stroke-dasharray") == one.dash
        ]  # fmt: skip
        samples = [
            box for box in root.iter(f"{SVG}rect")
            if box.get("stroke") == one.line and float(box.get("stroke-width", 0)) == one.width
            and box.get("stroke-dasharray") == one.dash
        ]  # fmt: skip
        assert (len(lines), len(samples)) == (1, 1), one
    hatched = [one for one in root.iter(f"{SVG}path") if one.get("stroke-opacity") == "0.7"]
    assert len(hatched) == 2
    assert "Hatched: a low cell." in " ".join(texts(root))


def test_pixels_and_pages_are_of_the_drawing(full: TestClient) -> None:
    answer = full.get(f"/api/v1/map.png?layer=outliers&width=900&{QUERY}")
    assert answer.status_code == 200, answer.text
    pixels = np.asarray(Image.open(io.BytesIO(answer.content)).convert("RGB")).reshape(-1, 3)
    for code in FOUND:
        colour = [int(OUTLIERS[code].colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (pixels == colour).all(axis=1).sum() > 60, code
    answer = full.get(f"/api/v1/map.pdf?layer=outliers&{QUERY}")
    assert answer.status_code == 200, answer.text
    (page,) = pypdf.PdfReader(io.BytesIO(answer.content)).pages
    said = page.extract_text()
    assert "Cụm và ngoại lệ" in said
    for code, n in classes(full, QUERY).items():
        assert re.search(rf"{OUTLIERS[code].vi}\s+\({n}\)", said), code


def test_figures_kept_from_another_moment_are_not_drawn(
    full: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = classes(full, QUERY)
    studies: Any = full.app.state.studies  # type: ignore[attr-defined]
    kept = studies.outliers

    def older(*asked: Any) -> Any:
        found = kept(*asked)
        return found._replace(total=found.total - 1, quadrant=np.zeros_like(found.quadrant))

    monkeypatch.setattr(studies, "outliers", older)
    assert legend(drawing(full, f"lang=en&{QUERY}")) == expected


def test_one_calculation_serves_the_page_the_file_and_the_picture(client: TestClient) -> None:
    studies: Any = client.app.state.studies  # type: ignore[attr-defined]
    assert studies.moran.func == client.app.state.heavy.run, (  # type: ignore[attr-defined]
        "in a process of its own"
    )
    made = []

    def counted(*given: Any, **options: Any) -> LocalMoran:
        made.append(options)
        return local_moran(*given, **options)

    studies.moran = counted
    asked = f"{QUERY}&domain=construction"
    for path in (
        f"/api/v1/outliers?{asked}", f"/tiles/outliers/9/406/225.mvt?{asked}",
        f"/api/v1/figures.csv?layer=outliers&{asked}", f"/api/v1/map.svg?layer=outliers&{asked}",
        f"/api/v1/layer.pmtiles?layer=outliers&maxzoom=8&{asked}",
    ):  # fmt: skip
        assert client.get(path).status_code in (200, 204), path
    assert len(made) == 1


@pytest.mark.parametrize(
    ("query", "field"),
    [("measure=rate", "measure"), ("resolution=10", "resolution"), ("resolution=11", "resolution")],
)
def test_outliers_that_cannot_be_drawn_are_refused(
    client: TestClient, query: str, field: str
) -> None:
    answer = client.get(f"/api/v1/map.svg?layer=outliers&{query}")
    assert answer.status_code == 422, answer.text
    assert answer.json()["errors"][0]["field"] == field


def test_the_command_draws_outliers_too(
    client: TestClient, module_hanoi: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = module_hanoi.url.render_as_string(hide_password=False)
    monkeypatch.setenv("DATABASE_URL", url)
    path = tmp_path / "outliers.svg"
    words = ["--layer", "outliers", "--resolution", "7", "--lang", "en", "--domain", "traffic"]
    done = CliRunner().invoke(app, ["report", str(path), *words])
    assert done.exit_code == 0, done.output
    root = ET.fromstring(path.read_text("utf-8"))
    assert legend(root) == classes(client, "resolution=7&domain=traffic")
