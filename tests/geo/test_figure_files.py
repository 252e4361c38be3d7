"""Tables as files: nothing in them runs, nothing of them is lost."""

import pickle
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo import figure_files
from geo.complaint import Status
from geo.errors import BadFilterError
from geo.figure_files import WRITERS, Writing, write
from geo.names import CLASSES, PATTERNS, STATUSES, Names
from geo.notes import Note
from geo.sheets import MOST_LETTERS, Book, Dialect, Spec, harmless
from geo.significance import CLASSES as LEVELS
from geo.trends import Pattern
from geo.view import Column, Table, View

MADE = datetime(2026, 11, 2, 8, tzinfo=UTC)
NOTES = (Note("title", Names("Nội dung", "What"), Names("=1+1", "line\nbreak")),)
SQUARE = bytes.fromhex(
    "0106000000010000000103000000010000000400000000000000000000000000000000000000000000000000f03f"
    "0000000000000000000000000000f03f000000000000f03f00000000000000000000000000000000"
)


def small(*names: str | None) -> Table:
    """Areas with names that a spreadsheet might run."""
    columns = {
        "set": Column(["s"] * len(names)),
        "code": Column([str(n) for n in range(len(names))]),
        "name": Column(list(names)),
        "n": Column(list(range(len(names))), 0),
        "rate_per_1000": Column([None, *[0.5] * (len(names) - 1)], 3),
        "few": Column([True] * len(names)),
    }
    return Table(View("areas", set_code="s"), columns, 3, shapes=(SQUARE,) * len(names))


def carried(value: Any) -> Any:
    """As it arrives in another process."""
    return pickle.loads(pickle.dumps(value))  # noqa: S301


BAD = ("=1+1", "+84 912", "-2", "@SUM(A1)", "\tx", "＝1", 'quoted "; , ', "Ổ gà\nđường", None)


def test_no_form_of_a_spreadsheet_holds_a_formula(tmp_path: Path) -> None:
    table = small(*BAD)
    write("csv", table, Writing("t", MADE, NOTES), tmp_path / "a.csv")
    names = pd.read_csv(tmp_path / "a.csv")["name"]
    assert not names.dropna().str.startswith(tuple("=+-@\t＝")).any()
    assert names[6] == BAD[6]
    assert names[7] == BAD[7]
    write("xlsx", table, Writing("t", MADE, NOTES), tmp_path / "a.xlsx")
    for sheet in openpyxl.load_workbook(tmp_path / "a.xlsx"):
        assert {cell.data_type for row in sheet for cell in row} <= {"s", "n", "b"}
    figures = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert [figures.cell(row, 3).value for row in range(2, 11)] == list(BAD)
    # As text for whoever edits the cell, too.
    assert figures.cell(2, 3).quotePrefix
    assert not figures.cell(8, 3).quotePrefix


@given(st.text(max_size=8))
def test_what_is_made_harmless_begins_with_no_sign_of_a_formula(text: str) -> None:
    assert not str(harmless(text)).startswith(("=", "+", "-", "@", "\t", "\r", "\n"))
    assert text in str(harmless(text))


def test_a_decimal_comma_needs_another_separator() -> None:
    with pytest.raises(BadFilterError) as refused:
        Dialect("comma", "comma")
    assert refused.value.field == "decimal"


def test_an_error_of_a_filter_is_the_same_in_another_process() -> None:
    again = carried(BadFilterError("bbox", "too small"))
    assert (again.field, str(again)) == ("bbox", "too small")


def test_a_sheet_of_too_many_values_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(figure_files, "MOST_VALUES_XLSX", 11)
    with pytest.raises(BadFilterError, match="csv or parquet"):
        write("xlsx", small("a", "b"), Writing("t", MADE), tmp_path / "a.xlsx")


def test_a_text_longer_than_a_cell_is_cut_where_it_is_seen_and_counted(tmp_path: Path) -> None:
    with Book(tmp_path / "a.xlsx", "t", MADE) as book:
        assert book.rows("a", [Spec("text", 9)], [["x" * 40_000], ["y"]]) == 2
        assert book.cut == 1
    sheet = openpyxl.load_workbook(tmp_path / "a.xlsx").worksheets[0]
    assert len(sheet["A2"].value) == MOST_LETTERS
    assert sheet["A2"].value.endswith("…")


def test_every_form_can_be_written_from_another_process(tmp_path: Path) -> None:
    table, writing = carried((small("a", "b"), Writing("t", MADE, NOTES)))
    for form in WRITERS:
        write(form, table, writing, tmp_path / f"a.{form}")
        assert (tmp_path / f"a.{form}").stat().st_size


def test_a_server_starts_without_pandas_and_gdal() -> None:
    code = (
        "import sys, api.app; heavy = {'pandas', 'geopandas', 'pyogrio', 'pyarrow.parquet'};"
        " print(*sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_code_has_a_name_in_both_languages() -> None:
    assert set(STATUSES) == set(Status)
    assert set(PATTERNS) == set(Pattern)
    assert set(CLASSES) == set(LEVELS.values())
    for names in (*STATUSES.values(), *PATTERNS.values(), *CLASSES.values()):
        assert names.vi
        assert names.en
