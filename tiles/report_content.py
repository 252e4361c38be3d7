"""What the script of a report draws from: all figures of the page, as JSON."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

import numpy as np
import orjson
import shapely
from numpy.typing import NDArray

from geo.cells import polygons
from geo.complaint import Status
from geo.periods import EPOCH
from geo.significance import CLASSES
from tiles import picture_words as say
from tiles import report_words as words_of
from tiles.legend import RAMP, Language, by_class, classes, measures
from tiles.report_figures import EASY_CELLS, Figures
from tiles.report_words import WORDS
from tiles.themes import Marked

# Degrees are written in hundred-thousandths: a metre.
UNIT: Final = 100_000


def outlines(cells: NDArray[np.int64]) -> list[list[int]]:
    """Each cell as lon, lat, then steps from corner to corner, in units of 1e-5 degrees."""
    found = []
    for shape in polygons(cells) if len(cells) else ():
        corners = np.rint(shapely.get_coordinates(shape)[:-1] * UNIT).astype(np.int64)
        found.append(np.diff(corners, axis=0, prepend=[[0, 0]]).ravel().tolist())
    return found


def _areas(figures: Figures, lang: Language) -> dict[str, Any]:
    return {
        "names": [
            words_of.area_name(one.name, one.name_en, one.kind, lang) for one in figures.areas
        ],
        "labels": [one.name if lang == "vi" else one.name_en or one.name for one in figures.areas],
        "at": [[one.lat, one.lon] for one in figures.areas],
        "population": [one.population for one in figures.areas],
        "shapes": [one.shape for one in figures.areas],
        "measures": {
            key: {
                "values": values,
                "breaks": classes([one for one in values if one is not None]),
            }
            for key, values in measures(figures.areas).items()
        },
        "outside": figures.outside,
    }


def _pins(figures: Figures, lang: Language) -> dict[str, Any] | None:
    if figures.pins is None:
        return None
    kinds = sorted({pin.category_id for pin in figures.pins})
    named = {row.id: row for row in figures.kinds}
    return {
        "kinds": [
            [
                (named[one].name_vi if lang == "vi" else named[one].name_en),
                named[one].domain_colour,
            ]
            for one in kinds
        ],
        "rows": [
            [pin.code, pin.lat, pin.lon, kinds.index(pin.category_id),
             words_of.STATES[lang][Status(pin.status)],
             words_of.day(EPOCH + timedelta(days=int(pin.day)), lang)]
            for pin in figures.pins
        ],
    }  # fmt: skip


def _studied(figures: Figures, found: Marked, lang: Language) -> dict[str, Any]:
    """The cells that have a class, and how many have none."""
    at = found.found
    keys = list(found.marks)
    return {
        "outlines": outlines(found.cells[at]),
        "class": [keys.index(found.codes[i]) for i in at],
        "n": found.n[at].tolist(),
        "z": np.round(found.z[at], 2).tolist(),
        "marks": [
            {"code": code, "colour": one.colour, "sign": one.sign, "name": one.name(lang)}
            for code, one in found.marks.items()
        ],
        "classes": by_class(found.codes, found.marks),
        "few": say.WORDS[lang]["few"] if found.few else "",
        "notes": say.method(figures, found, lang),
        "spots": [
            {
                "rank": one.rank + 1,
                "name": say.spot_name(one, lang),
                "n": one.n,
                "z": round(one.z, 3),
                "km2": one.area_km2,
                "class": found.marks[CLASSES[one.level]].name(lang),
                "at": [round(one.lat, 5), round(one.lon, 5)],
            }
            for one in found.spots
        ],
    }  # fmt: skip


def drawable(found: Sequence[Marked]) -> dict[str, Marked]:
    """The statistics that have few enough cells for a phone, by kind."""
    return {one.kind: one for one in found if len(one.found) <= EASY_CELLS}


def content(figures: Figures, lang: Language, found: Sequence[Marked] = ()) -> dict[str, Any]:
    """All that the page's script draws from."""
    asked = figures.question.bbox
    step = figures.steps[0].key if figures.steps else ""
    return {
        "lang": lang,
        "words": WORDS[lang],
        "ramp": RAMP,
        "step": "quarter" if "Q" in step else "month" if "-" in step else "year",
        "total": figures.total,
        "cells": {
            "outlines": outlines(figures.cells),
            "n": figures.n.tolist(),
            "breaks": classes(figures.n.tolist()),
        },
        "steps": {
            "keys": [one.key for one in figures.steps],
            # Ascending positions as differences: short numbers.
            "cells": [np.diff(one.cells, prepend=0).tolist() for one in figures.steps],
            "n": [one.n.tolist() for one in figures.steps],
            "breaks": classes([float(n) for one in figures.steps for n in one.n]),
        },
        "areas": _areas(figures, lang),
        "studied": {kind: _studied(figures, one, lang) for kind, one in drawable(found).items()},
        "chosen": [orjson.loads(row.shape) for row in figures.chosen],
        "box": [[asked.south, asked.west], [asked.north, asked.east]] if asked else None,
        "pins": _pins(figures, lang),
    }
