"""docs/categories.md and docs/near.md say what is so."""

import re
from pathlib import Path

from geo.category_settings import EMPTY, Notice, Question, Settings, checked, read, shipped
from geo.near import COMPARED, LIKELY, MOST, OF_ALL, WEIGHTS

DOCS = Path(__file__).resolve().parents[1] / "docs"
CATEGORIES = (DOCS / "categories.md").read_text("utf-8")
NEAR = (DOCS / "near.md").read_text("utf-8")


def test_the_example_is_right() -> None:
    [example] = re.findall(r"```toml\n(.*?)```", CATEGORIES, re.S)
    settings = checked(read(example))
    assert settings.notice is not None
    assert [one.kind for one in settings.questions] == ["text", "one"]


def test_every_key_is_told() -> None:
    told = set(re.findall(r"`(\w+)", CATEGORIES))
    for part in (Settings, Notice, Question):
        assert set(part.model_fields) <= told, part
    assert f"| {EMPTY.near_m}, {EMPTY.near_days} |" in CATEGORIES


def test_the_weights_and_bounds_told_are_those_that_are_used() -> None:
    rows = dict(re.findall(r"^\| (\w*) ?\| .* \| (−?[\d.]+) \|$", NEAR, re.M))
    for name in ("place", "time", "same", "words"):
        assert float(rows[name]) == getattr(WEIGHTS, name), name
    assert f"| constant | −{-WEIGHTS.constant} |" in NEAR
    assert f"nothing to compare, {WEIGHTS.usual_words}" in NEAR
    assert LIKELY == 0.5
    assert MOST == 10
    assert f"at most {OF_ALL} complaints are read and {COMPARED} compared" in NEAR
    pothole, flooding = shipped()["pothole"], shipped()["flooding"]
    assert f"ổ gà {pothole.near_m} m và {pothole.near_days} ngày" in NEAR
    assert f"ngập úng {flooding.near_m} m và {flooding.near_days} ngày" in NEAR
