"""The examples on the pages of methods are right, and each page speaks both languages."""

import doctest
from pathlib import Path

import numpy as np
import pytest
import shapely

from geo.bbox import BBox

PAGES = sorted((Path(__file__).parents[1] / "docs/methods").glob("*.md"))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(page: Path) -> None:
    known = {"np": np, "shapely": shapely, "BBox": BBox}
    parsed = doctest.DocTestParser().get_doctest(
        page.read_text("utf-8"), known, page.name, str(page), 0
    )
    with np.printoptions(legacy="1.25"):
        assert doctest.DocTestRunner(verbose=False).run(parsed).failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_page_is_in_both_languages_and_linked(page: Path) -> None:
    english, vietnamese = page.read_text("utf-8").split("\n---\n")
    assert "What it does not say" in english
    assert "Không cho biết điều gì" in vietnamese
    for formula, source, part in (
        ("Formula", "Sources", english),
        ("Công thức", "Nguồn", vietnamese),
    ):
        assert f"**{source}.**" in part
        assert f"**{formula}" in part or page.stem == "reporting"
    assert f"docs/methods/{page.name}" in (page.parents[2] / "README.md").read_text("utf-8")


def test_the_newer_pages_show_examples() -> None:
    for name in ("outliers", "density", "reporting"):
        (page,) = (one for one in PAGES if one.stem == name)
        assert ">>>" in page.read_text("utf-8"), name
