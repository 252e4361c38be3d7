"""The pieces of a picture: letters, labels, paths, hatching and classes."""

import itertools
import random
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
import shapely
from fontTools.ttLib import TTFont
from hypothesis import given
from hypothesis import strategies as st

from tiles import svg
from tiles.legend import HOT, PATTERNS, RAMP, class_of, ramp, ranges
from tiles.lettering import Box, Room, place, width, wrapped
from tiles.picture_map import hatching, is_dark

DEJAVU = Path("/usr/share/fonts/truetype/dejavu")


@pytest.mark.skipif(not DEJAVU.exists(), reason="needs fonts-dejavu-core")
@pytest.mark.parametrize("bold", [False, True])
def test_a_text_is_as_wide_as_the_font_says(bold: bool) -> None:
    font = TTFont(DEJAVU / ("DejaVuSans-Bold.ttf" if bold else "DejaVuSans.ttf"))
    glyphs, advances = font.getBestCmap(), font["hmtx"]
    for words in (
        "Phường Văn Miếu – Quốc Tử Giám",
        "ĐƯỜNG LÁNG, Ỷ La",
        "1.234 km² · 99%",
        "Ơ Ớ Ự ứ",
    ):
        true = sum(advances[glyphs[ord(one)]][0] for one in words) / 2048 * 10
        assert width(words, 10, bold=bold) == pytest.approx(true, rel=0.02)


@given(st.text(max_size=300), st.floats(20, 400))
def test_lines_keep_every_letter_and_stay_within_their_room(words: str, room: float) -> None:
    lines = wrapped(words, 10, room)
    assert "".join("".join(lines).split()) == "".join(words.split())
    for line in lines:
        assert width(line, 10) <= room or len(line) == 1
    few = wrapped(words, 10, room, most=2)
    assert len(few) <= 2
    assert (len(lines) > 2) == (bool(few) and few[-1].endswith("…") and few != lines)


@given(st.text())
def test_whatever_is_written_is_xml_and_comes_back(words: str) -> None:
    read = ET.fromstring(svg.element("t", svg.escaped(words), a=words))
    kept = svg.legal(words)
    assert (read.text or "").replace("\n", "\r") == kept.replace("\r\n", "\r").replace("\n", "\r")


def test_labels_never_meet_and_stay_in_the_frame() -> None:
    rng = random.Random(5)
    frame = Box(0, 0, 300, 200)
    room = Room(frame)
    room.take(Box(100, 50, 200, 150))
    placed = []
    for _ in range(300):
        label = place("Cầu Giấy", rng.uniform(-20, 320), rng.uniform(-20, 220), 10, room, (60, 30))
        if label:
            wide = max(width(line, 10) for line in label.lines)
            high = 11.5 * len(label.lines)
            placed.append(Box(label.x - wide / 2, label.y - high / 2,
                              label.x + wide / 2, label.y + high / 2))  # fmt: skip
    assert len(placed) > 20
    for i, box in enumerate(placed):
        assert box.within(frame)
        assert not box.meets(Box(100, 50, 200, 150))
        assert not any(box.meets(other) for other in placed[:i])


def test_hatching_stays_within_its_shape_and_covers_it_evenly() -> None:
    shape = shapely.Point(50, 70).buffer(40).difference(shapely.Point(50, 70).buffer(15))
    for step in (4.0, 10.0):
        lines = hatching(shape, step)
        assert shapely.difference(lines, shapely.buffer(shape, 1e-6)).length < 1e-6
        # Lines that are `step` apart have a length of the area by the step.
        assert lines.length == pytest.approx(shape.area / step, rel=0.05)
    assert shapely.is_empty(hatching(shapely.Polygon(), 4))


def test_a_path_has_one_start_for_each_ring_and_no_corner_twice() -> None:
    ring = shapely.Polygon(
        [(0, 0), (10, 0), (10, 0.01), (10, 10), (0, 10)], [[(2, 2), (4, 2), (4, 4)]]
    )
    drawn = svg.path(ring)
    assert drawn.count("M") == drawn.count("z") == 2
    assert "l0 0" not in drawn
    assert svg.path(shapely.Polygon()) == ""
    assert svg.path(shapely.box(0, 0, 0.01, 0.01)) == ""


@given(
    st.lists(st.integers(0, 50), max_size=80), st.lists(st.integers(2, 50), max_size=5, unique=True)
)
def test_ranges_hold_every_value_once(values: list[int], bounds: list[int]) -> None:
    held = np.array(values, dtype=float)
    shown = ranges(held, sorted(bounds), whole=True)
    assert sum(one.places for one in shown) == (held > 0).sum()
    for one in shown:
        inside = (held >= one.low) & (held <= one.high) & (held > 0)
        assert one.places == 0 or inside.sum() == one.places
    assert len(set(ramp(len(bounds) + 1))) == len(bounds) + 1
    assert set(class_of(held, sorted(bounds)).tolist()) <= set(range(len(bounds) + 1))


def test_classes_differ_without_their_colours() -> None:
    """In grey, the ramp is ordered; signs, or lines and hatching, tell the others apart."""

    def grey(colour: str) -> float:
        red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
        return 0.299 * red + 0.587 * green + 0.114 * blue

    tones = [grey(one) for one in RAMP]
    assert tones == sorted(tones, reverse=True)
    assert min(a - b for a, b in itertools.pairwise(tones)) > 10
    for side in ("hot", "cold"):
        signs = [one.sign for code, one in PATTERNS.items() if code.endswith(side)]
        assert len(set(signs)) == len(signs) == 8
        assert all(signs)
    assert len({one.colour for one in HOT.values()}) == 7
    assert is_dark("#99000d")
    assert not is_dark("#ffffb2")
