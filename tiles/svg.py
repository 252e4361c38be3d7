"""Pieces of an SVG: every text is escaped here, and paths are written short."""

from html import escape
from typing import Final

import numpy as np
import shapely
from numpy.typing import NDArray

FONT: Final = "DejaVu Sans, Noto Sans, Liberation Sans, Arial, sans-serif"
Attribute = str | float | None


def legal(text: str) -> str:
    """The text without what XML 1.0 forbids, be it escaped or not.

    >>> legal("a\\x01b\\ud800c")
    'abc'
    """
    return "".join(
        one
        for one in text
        if one in "\t\n\r" or " " <= one < "\ud800" or "\ue000" <= one <= "\ufffd" or one > "\uffff"
    )


def escaped(text: str) -> str:
    """The text as it may stand between tags or in a quoted attribute.

    >>> escaped('<b onload="x">')
    '&lt;b onload=&quot;x&quot;&gt;'
    """
    return escape(legal(text))


def number(value: float) -> str:
    """With at most two decimals.

    >>> number(12.0), number(3.14159)
    ('12', '3.14')
    """
    return f"{value:.2f}".rstrip("0").rstrip(".") or "0"


def element(name: str, *content: str, **attributes: Attribute) -> str:
    """An element; `content` is SVG, attributes are escaped, `_` in their names is `-`.

    >>> element("rect", x=1.5, fill="#fff", stroke_width=2)
    '<rect x="1.5" fill="#fff" stroke-width="2"/>'
    """
    written = "".join(
        f' {key.replace("_", "-")}="{escaped(value) if isinstance(value, str) else number(value)}"'
        for key, value in attributes.items()
        if value is not None
    )
    inside = "".join(content)
    return f"<{name}{written}>{inside}</{name}>" if inside else f"<{name}{written}/>"


def text(
    words: str,
    x: float,
    y: float,
    size: float,
    *,
    bold: bool = False,
    fill: str = "#1c2733",
    anchor: str | None = None,
) -> str:
    """A line of text with its base line at y."""
    weight = "bold" if bold else None
    return element(
        "text", escaped(words), x=x, y=y, font_size=size, font_weight=weight, fill=fill,
        text_anchor=anchor,
    )  # fmt: skip


def haloed(words: str, x: float, y: float, size: float, *, bold: bool = False) -> str:
    """A line of text, centred, that can be read on any ground.

    Written twice: not every reader of SVG knows `paint-order`.
    """
    weight, line = "bold" if bold else None, escaped(words)
    place: dict[str, Attribute] = {
        "x": x, "y": y, "font_size": size, "font_weight": weight, "text_anchor": "middle"
    }  # fmt: skip
    halo: dict[str, Attribute] = {
        "fill": "#ffffff",
        "stroke": "#ffffff",
        "stroke_width": 2.6,
        "stroke_linejoin": "round",
    }
    return element("text", line, **place, **halo) + element("text", line, **place, fill="#111827")


def _steps(coordinates: NDArray[np.float64], *, closed: bool) -> str:
    """From corner to corner in tenths of a unit; corners that fall together are one."""
    tenths = np.rint(coordinates * 10).astype(np.int64)
    if closed:
        tenths = tenths[:-1]
    steps = np.diff(tenths, axis=0)
    steps = steps[(steps != 0).any(axis=1)]
    if len(steps) < (2 if closed else 1):
        return ""
    first = f"M{tenths[0, 0] / 10:g} {tenths[0, 1] / 10:g}l"
    return first + " ".join(f"{x / 10:g} {y / 10:g}" for x, y in steps.tolist()) + "z" * closed


def path(shape: shapely.Geometry) -> str:
    """The `d` of a path through lines and polygons; each outer ring begins with an `M`."""
    found = []
    for part in shapely.get_parts(shape).tolist():
        if isinstance(part, shapely.Polygon):
            rings = [part.exterior, *part.interiors]
            found += [_steps(shapely.get_coordinates(one), closed=True) for one in rings]
        elif isinstance(part, shapely.LineString):
            found.append(_steps(shapely.get_coordinates(part), closed=False))
        elif isinstance(part, shapely.GeometryCollection | shapely.MultiPolygon):
            found.append(path(part))
    return "".join(found)
