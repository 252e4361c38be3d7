"""What a picture or a report needs of the database, read in one snapshot."""

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection

from geo import outliers as local
from geo import significance
from geo.bbox import BBox
from geo.classes import Method
from geo.emergence import StepOf
from geo.errors import BadFilterError, NotFoundError
from geo.filters import Filter
from geo.view import Answers
from tiles import themes
from tiles.legend import Measure
from tiles.picture import Sheet
from tiles.printing import Orientation, Paper, printed
from tiles.report_figures import Ground, read_ground
from tiles.window import parse_view

Layer = Literal["cells", "areas", "hotspots", "trends", "outliers"]
MM_PER_PIXEL = 25.4 / 96


@dataclass(frozen=True, slots=True)
class Order:
    """Which map of a question; what is None is chosen to fit."""

    layer: Layer = "cells"
    set_code: str | None = None
    resolution: int | None = None
    measure: Measure = "n"
    method: Method = "quantile"
    view: str | None = None
    step: StepOf = "month"

    def __post_init__(self) -> None:
        if self.measure != "n" and self.layer != "areas":
            raise BadFilterError("measure", "cells have one measure: n; rates are for layer=areas")
        if self.layer == "trends" and (self.resolution or 0) > 9:
            raise BadFilterError("resolution", "trends are found in cells of resolution 6 to 9")


def hot_spots(
    connection: Connection, studies: Answers, question: Filter, resolution: int, total: int
) -> themes.Marked:
    """Hot spots as `/api/v1/hotspots` has them; `total` is what the caller's snapshot holds."""
    hot = studies.hot_cells(connection, question, resolution, 1)
    if hot.total != total:
        # Kept from a moment before or after this snapshot.
        region = studies.cells(connection, question, resolution, 1)
        hot = significance.hot_cells(connection, question, region, resolution)
    spots = significance.spots(connection, hot)
    return themes.hot_spots(hot, spots, resolution)


def trends(
    connection: Connection, studies: Answers, question: Filter, resolution: int, step: StepOf
) -> themes.Marked:
    """Trends as `/api/v1/trends` has them."""
    return themes.trends(studies.emergence(connection, question, resolution, 1, step), resolution)


def outliers(
    connection: Connection, studies: Answers, question: Filter, resolution: int, total: int
) -> themes.Marked:
    """Outliers as `/api/v1/outliers` has them; `total` is what the caller's snapshot holds."""
    found = studies.outliers(connection, question, resolution, 1)
    if found.total != total:
        # Kept from a moment before or after this snapshot.
        region = studies.cells(connection, question, resolution, 1)
        found = local.cell_outliers(connection, question, region, resolution, moran=studies.moran)
    return themes.outliers(found, resolution)


def findings(
    connection: Connection, studies: Answers, ground: Ground, resolution: int | None
) -> tuple[themes.Marked, ...]:
    """Hot spots and monthly trends, as far as the question lets them be told."""
    question, size = ground.question, resolution or 8
    found: list[themes.Marked] = []
    if not ground.total:
        return ()
    with suppress(BadFilterError, NotFoundError):
        found.append(hot_spots(connection, studies, question, size, ground.total))
    with suppress(BadFilterError, NotFoundError):
        found.append(trends(connection, studies, question, min(size, 9), "month"))
    return tuple(found)


def read(
    connection: Connection, studies: Answers, question: Filter, order: Order, made: datetime
) -> tuple[Ground, themes.Theme, BBox]:
    """The ground, the theme and the view of a picture; raises what the parts of it raise."""
    asked = None if order.view is None else parse_view(order.view)
    ground = read_ground(connection, question, made, order.set_code)
    view = asked or ground.extent.wider(
        max(0.0005, 0.02 * (ground.extent.east - ground.extent.west))
    )
    theme: themes.Theme
    if order.layer == "cells":
        theme = themes.cells(connection, ground, view, order.resolution, order.method)
    elif order.layer == "areas":
        theme = themes.areas(ground, order.measure, order.method)
    elif order.layer == "hotspots":
        theme = hot_spots(connection, studies, question, order.resolution or 8, ground.total)
    elif order.layer == "outliers":
        theme = outliers(connection, studies, question, order.resolution or 8, ground.total)
    else:
        theme = trends(connection, studies, question, order.resolution or 8, order.step)
    return ground, theme, view


def page(paper: Paper, orientation: Orientation) -> Sheet:
    """The sheet that fills a page; on A3 everything is a fifth larger, and there is more room."""
    wide, high = printed(paper, orientation)
    larger = MM_PER_PIXEL * (1.2 if paper == "A3" else 1)
    return Sheet(wide / larger, high / larger)
