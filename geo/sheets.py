"""Tables for spreadsheets: CSV as each country's Excel reads it, and XLSX; no cell is a formula."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, NamedTuple, TextIO

from geo.errors import BadFilterError
from geo.notes import Note

# A spreadsheet takes a cell that begins with one of these for a formula (OWASP, "CSV Injection").
FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
# Excel's limits: https://support.microsoft.com/office/1672b34d-7043-467e-8e27-269d656771c3
MOST_ROWS: Final = 1_048_575
"""Below the row of headers."""
MOST_LETTERS: Final = 32_767
CUT: Final = " …"

Delimiter = Literal["comma", "semicolon"]
Decimal = Literal["point", "comma"]


def harmless(value: object) -> object:
    """The value; words that a spreadsheet would run get an apostrophe before them.

    >>> harmless("=1+1"), harmless("Ổ gà"), harmless(-2)
    ("'=1+1", 'Ổ gà', -2)
    """
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a CSV is written; raises `BadFilterError` for marks that cannot be told apart."""

    delimiter: Delimiter = "comma"
    decimal: Decimal = "point"

    def __post_init__(self) -> None:
        if self.delimiter == self.decimal == "comma":
            raise BadFilterError(
                "decimal", "with a decimal comma the columns need delimiter=semicolon"
            )

    @property
    def separator(self) -> str:
        return ";" if self.delimiter == "semicolon" else ","

    def number(self, value: float, digits: int) -> str:
        """With all its decimals.

        >>> Dialect("semicolon", "comma").number(0.5, 3)
        '0,500'
        """
        text = f"{value:.{digits}f}"
        return text.replace(".", ",") if self.decimal == "comma" else text

    def writer(self, out: TextIO) -> Any:
        """A `csv.writer` of this dialect (RFC 4180)."""
        return csv.writer(out, delimiter=self.separator, lineterminator="\r\n")


PLAIN: Final = Dialect()


class Spec(NamedTuple):
    """A column of a sheet."""

    name: str
    width: int
    """In letters."""
    digits: int | None = None
    """Decimals of its numbers."""


def width_of(name: str, values: Iterable[object]) -> int:
    """Letters that show the header and most values whole."""
    longest = max((len(str(one)) for one in values if one is not None), default=0)
    return max(len(name) + 3, min(48, longest + 1))


class Book:
    """An XLSX file written row by row: however long it is, little of it is in memory."""

    def __init__(self, path: Path, title: str, made: datetime) -> None:
        options = {
            "constant_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "tmpdir": str(path.parent),
            "remove_timezone": True,
        }
        import xlsxwriter

        self._book = xlsxwriter.Workbook(str(path), options)
        self._book.set_properties(
            {"title": title, "created": made.astimezone(UTC).replace(tzinfo=None)}
        )
        self._head = self._book.add_format({"bold": True, "bottom": 1, "bg_color": "#e8eef4"})
        self._wrapped = self._book.add_format({"text_wrap": True, "valign": "top"})
        self._term = self._book.add_format({"bold": True, "valign": "top"})
        self._time = self._book.add_format({"num_format": "yyyy-mm-dd hh:mm"})
        self._quoted = self._book.add_format({"quote_prefix": True})
        self._numbers: dict[int, Any] = {}
        self.cut = 0
        """How many texts were longer than a cell holds."""

    def __enter__(self) -> "Book":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        # After an error too: the rows wait in open temporary files.
        self._book.close()

    def _number(self, digits: int) -> Any:
        if digits not in self._numbers:
            mask = "#,##0" + ("." + "0" * digits if digits else "")
            self._numbers[digits] = self._book.add_format({"num_format": mask})
        return self._numbers[digits]

    def rows(self, title: str, specs: Sequence[Spec], rows: Iterable[Sequence[Any]]) -> int:
        """A sheet with a frozen header and a filter; returns how many rows it has.

        Raises `BadFilterError` for more than a sheet holds: none is ever left out.
        """
        sheet = self._book.add_worksheet(title)
        sheet.freeze_panes(1, 0)
        for at, spec in enumerate(specs):
            sheet.set_column(at, at, spec.width)
            sheet.write_string(0, at, spec.name, self._head)
        formats = [None if spec.digits is None else self._number(spec.digits) for spec in specs]
        number = 0
        for number, row in enumerate(rows, 1):
            if number > MOST_ROWS:
                raise too_many_rows()
            for at, value in enumerate(row):
                self._cell(sheet, number, at, value, formats[at])
        sheet.autofilter(0, 0, max(number, 1), len(specs) - 1)
        return number

    def _cell(self, sheet: Any, row: int, at: int, value: Any, form: Any) -> None:
        if value is None:
            return
        if isinstance(value, str):
            if len(value) > MOST_LETTERS:
                value = value[: MOST_LETTERS - len(CUT)] + CUT
                self.cut += 1
            # Marked as text, so that editing it makes no formula of it either.
            sheet.write_string(row, at, value, self._quoted if value.startswith(FORMULA) else None)
        elif isinstance(value, bool):
            sheet.write_boolean(row, at, value)
        elif isinstance(value, datetime):
            sheet.write_datetime(row, at, value, self._time)
        else:
            sheet.write_number(row, at, value, form)

    def notes(self, title: str, notes: Sequence[Note], columns: Sequence[Note]) -> None:
        """A sheet with what the figures are, and below it what each column is."""
        sheet = self._book.add_worksheet(title)
        sheet.set_column(0, 0, 28)
        sheet.set_column(1, 1, 60)
        sheet.set_column(2, 2, 28)
        sheet.set_column(3, 3, 60)
        row = 0
        for one in notes:
            for at, (text, form) in enumerate(
                [
                    (one.term.vi, self._term),
                    (one.text.vi, self._wrapped),
                    (one.term.en, self._term),
                    (one.text.en, self._wrapped),
                ]
            ):
                sheet.write_string(row, at, text[:MOST_LETTERS], form)
            row += 1
        row += 1
        for at, text in enumerate(["Cột", "Nội dung", "Column", "What it is"]):
            sheet.write_string(row, at, text, self._head)
        for one in columns:
            row += 1
            sheet.write_string(row, 0, one.key, self._term)
            sheet.write_string(row, 1, one.text.vi, self._wrapped)
            sheet.write_string(row, 2, one.key, self._term)
            sheet.write_string(row, 3, one.text.en, self._wrapped)


def too_many_rows() -> BadFilterError:
    """What is said of more complaints than a sheet has rows."""
    return BadFilterError(
        "form",
        f"more than {MOST_ROWS:,} complaints do not fit into one sheet:"
        " ask for less time or fewer areas, or take csv or parquet",
    )


def comment_lines(notes: Sequence[Note]) -> Iterator[str]:
    """The notes as lines that begin with `#`, for a CSV that is asked for them."""
    for one in notes:
        for term, text in zip(one.term, one.text, strict=True):
            yield f"# {term}: {' '.join(text.split())}\r\n"
