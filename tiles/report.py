"""One self-contained page with a folium map of a question: it opens without any network.

Folium writes links to CDNs; here the same libraries, which `npm --prefix web run build` copies
from npm packages, are written into the page, and the page's own policy forbids it to load
anything else.
"""

import base64
import hashlib
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any, Final, Literal

import folium
import orjson
from folium.map import Layer
from folium.template import Template
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from geo.cells import average_area_km2
from geo.errors import FileError
from tiles import report_words as words_of
from tiles.legend import Language, measures
from tiles.report_content import content, drawable
from tiles.report_figures import Figures
from tiles.report_words import WORDS
from tiles.themes import Marked

LIBRARIES: Final = ("leaflet.js", "leaflet-heat.js", "leaflet-markercluster.js")
Kind = Literal["hexagons", "months", "heat", "areas", "studied", "pins", "borders", "names"]


def script_json(value: object) -> Markup:
    """JSON that may stand in a script, whatever it holds: the escapes of Jinja's `tojson`.

    >>> print(script_json("</script><b>"))
    "\\u003c/script\\u003e\\u003cb\\u003e"
    """
    text = orjson.dumps(value, option=orjson.OPT_SERIALIZE_NUMPY).decode()
    for symbol in "<>&'\u2028\u2029":
        text = text.replace(symbol, f"\\u{ord(symbol):04x}")
    return Markup(text)  # noqa: S704 - no symbol is left that could end the script


def _own(name: str) -> str:
    return resources.files("tiles").joinpath(name).read_text("utf-8")


def library(folder: Path, name: str) -> str:
    """A built file; raises `FileError` that says how to make it."""
    try:
        return (folder / name).read_text("utf-8").replace("\r\n", "\n")
    except FileNotFoundError:
        raise FileError(
            f"{folder / name} is missing: build the web app first (npm --prefix web ci,"
            " then npm --prefix web run build; script/server does both)"
        ) from None


_PAGE: Final = Environment(autoescape=True, undefined=StrictUndefined).from_string(
    _own("report.html")
)


class Page(folium.Figure):
    """The HTML around the map; each script is named in the page's policy by its hash."""

    def __init__(self, folder: Path, context: dict[str, Any]) -> None:
        super().__init__()
        self._context = context
        self._scripts = [library(folder, name) for name in LIBRARIES] + [_own("report.js")]
        self._styles = [library(folder, "leaflet.css"), _own("report.css")]
        self.policy = ""

    def render(self, **kwargs: Any) -> str:
        for child in list(self._children.values()):
            child.render(**kwargs)
        last = self.script.render(**kwargs)
        if any("</script" in one.lower() or "\r" in one for one in (*self._scripts, last)):
            raise ValueError("a script would end before its end")
        self.policy = policy([*self._scripts, last])
        return _PAGE.render(
            self._context,
            policy=self.policy,
            styles=[Markup(one) for one in self._styles],  # noqa: S704 - files of our own
            scripts=[Markup(one) for one in self._scripts],  # noqa: S704
            map=Markup(self.html.render(**kwargs)),  # noqa: S704 - an element with an id
            last=Markup(last),  # noqa: S704 - made by script_json and folium's tojavascript
        )


def policy(scripts: list[str]) -> str:
    """A content security policy under which these scripts run, and nothing is ever loaded."""
    hashes = (base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in scripts)
    named = " ".join(f"'sha256-{one}'" for one in dict.fromkeys(hashes))
    return (
        f"default-src 'none'; script-src {named}; style-src 'unsafe-inline'; img-src data:;"
        " base-uri 'none'; form-action 'none'"
    )


class ReportMap(folium.Map):
    """A folium map without bootstrap, jQuery and icon fonts, and without its links to them.

    Branca compiles what a macro has rendered as a template once more, so a name with braces would
    be run on the server: nothing that people wrote may pass through folium. The figures stand in
    the page as data.
    """

    _template = Template(
        """
        {% macro html(this, kwargs) %}<div class="folium-map" id="{{ this.get_name() }}"></div>
        {% endmacro %}
        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = L.map({{ this.get_name()|tojson }}, {
                maxZoom: 18, center: {{ this.location|tojson }}, ...{{ this.options|tojavascript }}
            });
            const report = phananhReport(
                {{ this.get_name() }}, JSON.parse(document.getElementById("data").textContent)
            );
        {% endmacro %}
        """
    )

    def __init__(self, centre: tuple[float, float]) -> None:
        super().__init__(
            location=centre, tiles=None, zoom_start=10, zoom_control=False,
            prefer_canvas=True, zoom_snap=0.25,
        )  # fmt: skip
        self.default_js, self.default_css = [], []


class Drawn(Layer):
    """A layer that `report.js` draws; themes (`overlay` false) replace each other."""

    _template = Template(
        """
        {% macro script(this, kwargs) %}
            const {{ this.get_name() }} = report.{{ this.kind }}({{ this.argument|tojson }});
        {% endmacro %}
        """
    )

    def __init__(
        self, kind: Kind, name: str, *, overlay: bool = False, show: bool = False,
        argument: str = "",
    ) -> None:  # fmt: skip
        # Leaflet writes the names of its control as HTML: they are words of our own.
        super().__init__(name=name, overlay=overlay, show=show)
        self._name = "Drawn"
        self.kind, self.argument = kind, argument


class Layers(folium.LayerControl):
    """Open where there is room for it."""

    def __init__(self) -> None:
        super().__init__(collapsed=folium.JsCode("innerWidth < 760"))  # type: ignore[arg-type]


def draw(
    figures: Figures, lang: Language, libraries: Path, found: Sequence[Marked] = ()
) -> tuple[str, str]:
    """The page, and the policy that its scripts run under.

    `found` are the hot spots and the trends, as far as there are any; `libraries` is where the
    build puts Leaflet. Raises `FileError` where it did not.
    """
    words, box = WORDS[lang], figures.extent
    drawn = ReportMap(((box.south + box.north) / 2, (box.west + box.east) / 2))
    page = Page(
        libraries,
        {
            "lang": lang,
            "words": words,
            "title": f"{words['title']} · {words_of.city_names(figures, lang)}",
            "total": words_of.number(figures.total, lang),
            "period": words_of.period(figures, lang),
            "filter": words_of.sentence(figures, lang),
            "warnings": words_of.warnings(figures, lang),
            "notes": [
                *words_of.notes(figures, lang, average_area_km2(figures.resolution)),
                *_absent(drawable(found), words),
            ],
            "has_spots": any(one.spots for one in drawable(found).values()),
            "has_table": bool(figures.areas),
            "data": script_json(content(figures, lang, found)),
        },
    )
    page.add_child(drawn)
    drawn.fit_bounds([[box.south, box.west], [box.north, box.east]], padding=(10, 10))
    for layer in _layers(figures, drawable(found), words):
        layer.add_to(drawn)
    Layers().add_to(drawn)
    return page.render(), page.policy


def _absent(found: dict[str, Marked], words: dict[str, str]) -> list[tuple[str, str]]:
    """Why a layer is missing."""
    return [("", words[f"no_{kind}"]) for kind in ("hotspots", "trends") if kind not in found]


def _layers(figures: Figures, found: dict[str, Marked], words: dict[str, str]) -> list[Drawn]:
    layers = [Drawn("hexagons", words["cells"], show=True)]
    if len(figures.steps) > 1:
        layers.append(Drawn("months", words["months"]))
    layers.append(Drawn("heat", words["heat"]))
    for measure in measures(figures.areas) if figures.areas else ():
        layers.append(Drawn("areas", words[f"areas_{measure}"], argument=measure))
    for kind in found:
        layers.append(Drawn("studied", words[kind], argument=kind))
    if figures.pins:
        layers.append(Drawn("pins", words["pins"], overlay=True))
    if figures.areas:
        layers.append(Drawn("borders", words["borders"], overlay=True, show=True))
        layers.append(Drawn("names", words["names"], overlay=True, show=True))
    return layers
