"""The notebook of the docs is right: valid, without outputs, and runs from top to bottom."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import folium
import geopandas as gpd
import nbformat
import pytest
from sqlalchemy import Engine

NOTEBOOK = Path(__file__).resolve().parents[1] / "docs" / "hotspots.ipynb"


@pytest.fixture(scope="module")
def notebook() -> Any:
    found = nbformat.read(NOTEBOOK, as_version=4)
    nbformat.validate(found)
    return found


@pytest.fixture(scope="module")
def names(notebook: Any, module_hanoi: Engine) -> Iterator[dict[str, Any]]:
    """What all code cells leave behind, run one after the other."""
    space: dict[str, Any] = {"__name__": "__main__"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DATABASE_URL", module_hanoi.url.render_as_string(hide_password=False))
        for cell in notebook.cells:
            if cell.cell_type == "code":
                compiled = compile(cell.source, f"{NOTEBOOK.name}:{cell.id}", "exec")
                exec(compiled, space)  # noqa: S102 - our own notebook
        yield space


def test_no_output_is_kept_in_the_notebook(notebook: Any) -> None:
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(code) >= 10
    assert all(not cell.outputs and cell.execution_count is None for cell in code)


def test_every_title_is_followed_by_vietnamese(notebook: Any) -> None:
    titles = [cell.source for cell in notebook.cells if cell.source.startswith("#")]
    titles = [text for text in titles if text.startswith(("# ", "## "))]
    assert len(titles) >= 7
    assert all(text.split("\n\n", 1)[1].startswith("*") for text in titles)


def test_the_notebook_runs_from_top_to_bottom(names: dict[str, Any]) -> None:
    for frame in ("hot", "trends", "areas", "spots"):
        assert isinstance(names[frame], gpd.GeoDataFrame)
        assert len(names[frame])
    assert names["apart"] < 1e-4
    assert len(names["areas"]) == 126
    assert isinstance(names["drawn"], folium.Map)
    assert "hot-spots.gpkg" in {one.name for one in names["folder"].iterdir()}


def test_the_map_of_the_notebook_lies_over_the_city(names: dict[str, Any]) -> None:
    south, west, north, east = (names[one] for one in ("south", "west", "north", "east"))
    assert (south, west) == pytest.approx((20.6, 105.3), abs=0.15)
    assert (north, east) == pytest.approx((21.4, 106.0), abs=0.15)
    page = names["drawn"].get_root().render()
    shown = {name for name in names["COLOURS"] if f'"class": "{name}"' in page}
    assert shown == set(names["hot"]["class"])
