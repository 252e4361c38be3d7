"""What a table of figures is: the view it shows, its columns, and the places they speak of."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

import numpy as np
import shapely
from numpy.typing import NDArray
from sqlalchemy import Connection

from geo import cells, emergence, outliers, significance, study
from geo.emergence import Emergence, StepOf
from geo.filters import Filter
from geo.hotspots import local_moran
from geo.outliers import Moran, Outliers
from geo.significance import Hot, Measure


class Column(NamedTuple):
    """Values of one kind; None, or NaN in an array of numbers, where one is not known."""

    values: Sequence[Any] | NDArray[Any]
    digits: int | None = None
    """Decimals of a number, 0 for whole ones; None for words and for true or false."""

    def plain(self) -> list[Any]:
        """The values as Python's own, None where one is not known."""
        if not isinstance(self.values, np.ndarray):
            return list(self.values)
        listed: list[Any] = self.values.tolist()
        if self.values.dtype.kind == "f":
            return [None if value != value else value for value in listed]  # noqa: PLR0124
        return listed


@dataclass(frozen=True, slots=True)
class View:
    """What is shown of a question, in the words of the API."""

    layer: str
    resolution: int = 8
    set_code: str | None = None
    set_ids: tuple[int, ...] = ()
    """The ids of the set's areas; empty without a set."""
    k: int = 1
    step: StepOf = "month"
    measure: Measure = "n"
    permutations: int | None = None
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of one length by their names, and the places they speak of."""

    view: View
    columns: Mapping[str, Column]
    total: int
    """All complaints that match, those outside the places included."""
    cells: NDArray[np.int64] | None = None
    shapes: tuple[bytes, ...] = ()
    """WKB of the areas, in degrees; empty where the places are cells."""
    facts: Mapping[str, Any] = field(default_factory=dict)
    """What else the API says of the whole, such as the classes found."""

    def __len__(self) -> int:
        return len(self.shapes) if self.cells is None else len(self.cells)

    def geometry(self) -> NDArray[np.object_]:
        """The outlines in degrees, shape (n,)."""
        if self.cells is not None:
            return cells.polygons(self.cells) if len(self.cells) else np.empty(0, dtype=object)
        return np.asarray(shapely.from_wkb(np.array(self.shapes, dtype=object)))


class Answers(Protocol):
    """Where what takes long comes from: made now (`Fresh`), or kept by a server."""

    def cells(
        self, connection: Connection, question: Filter, resolution: int, k: int
    ) -> study.CellStudy: ...

    def areas(self, connection: Connection, ids: tuple[int, ...]) -> study.AreaStudy: ...

    def hot_cells(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        permutations: int | None = None,
        seed: int = 0,
    ) -> Hot: ...

    def emergence(
        self, connection: Connection, question: Filter, resolution: int, k: int, step: StepOf
    ) -> Emergence: ...

    def outliers(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        permutations: int | None = None,
        seed: int = 0,
    ) -> Outliers: ...

    @property
    def moran(self) -> Moran:
        """What works out local Moran, perhaps in another process."""
        ...


class Fresh:
    """Makes every answer anew."""

    def cells(
        self, connection: Connection, question: Filter, resolution: int, k: int
    ) -> study.CellStudy:
        """The cells of a question's region."""
        return study.cell_study(connection, question, resolution, k)

    def areas(self, connection: Connection, ids: tuple[int, ...]) -> study.AreaStudy:
        """The areas of a set and which of them touch."""
        return study.area_study(connection, ids)

    def hot_cells(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        permutations: int | None = None,
        seed: int = 0,
    ) -> Hot:
        """Gi* of the cells under a filter."""
        region = study.cell_study(connection, question, resolution, k)
        return significance.hot_cells(
            connection, question, region, resolution, permutations=permutations, seed=seed
        )

    def emergence(
        self, connection: Connection, question: Filter, resolution: int, k: int, step: StepOf
    ) -> Emergence:
        """Patterns in place and time under a filter."""
        region = study.cell_study(connection, question, resolution, k)
        periods = emergence.periods_of(connection, question, step)
        return emergence.emergence(connection, question, region, resolution, periods)

    def outliers(
        self,
        connection: Connection,
        question: Filter,
        resolution: int,
        k: int,
        permutations: int | None = None,
        seed: int = 0,
    ) -> Outliers:
        """Local Moran of the cells under a filter."""
        region = study.cell_study(connection, question, resolution, k)
        return outliers.cell_outliers(
            connection, question, region, resolution, permutations=permutations, seed=seed
        )

    @property
    def moran(self) -> Moran:
        """Local Moran in this process."""
        return local_moran
