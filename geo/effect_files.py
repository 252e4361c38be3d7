"""A comparison of two periods as a file: what was found, and the weeks it was found in."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np

from geo.effects import Effect
from geo.figure_columns import described
from geo.figure_files import FIGURES_SHEET, NOTES_SHEET, Writing
from geo.names import Names
from geo.notes import Note
from geo.sheets import Book, Spec, comment_lines, harmless, width_of

Part = Literal["result", "weeks"]
MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
WEEKS_SHEET: Final = "Tuần - Weeks"
# Each column with the decimals of its numbers; None for words.
RESULT: Final[dict[str, int | None]] = {
    "side": None, "n_first": 0, "n_second": 0, "weeks_first": 0, "weeks_second": 0,
    "ratio": 4, "ratio_low": 4, "ratio_high": 4, "p": 6, "few": None,
}  # fmt: skip
WEEKS: Final[dict[str, int | None]] = {
    "period": 0, "week_since": None, "week_until": None, "n_area": 0, "n_rest": 0,
}  # fmt: skip


def _finite(value: Any) -> float | None:
    return float(value) if np.isfinite(value) else None


def result(of: Effect) -> list[tuple[Any, ...]]:
    """A row for the area, one for the rest of its city, and one for the one against the other.

    A ratio that no number says (none before) is empty, and so is an end of its interval.
    """
    weeks = (of.first.weeks, of.second.weeks)

    def side(name: str, series: Any, found: Any) -> tuple[Any, ...]:
        counted = (int(series[: of.before].sum()), int(series[of.before :].sum()))
        told = (_finite(one) for one in (found.ratio, found.lower, found.upper, found.p))
        return (name, *counted, *weeks, *told, bool(found.few))

    against = of.difference
    told = (_finite(one) for one in (against.ratio, against.lower, against.upper, against.p))
    return [
        side("area", of.area, of.area_ratio),
        side("rest", of.rest, of.rest_ratio),
        ("area_against_rest", None, None, *weeks, *told, bool(against.few)),
    ]


def weekly(of: Effect) -> list[tuple[Any, ...]]:
    """A row for each week of the first period (1), then of the second (2)."""

    def begins() -> Iterator[tuple[int, date]]:
        for number, period in ((1, of.first), (2, of.second)):
            for week in range(period.weeks):
                yield number, period.since + timedelta(weeks=week)

    return [
        (number, since.isoformat(), (since + timedelta(weeks=1)).isoformat(), int(here), int(rest))
        for (number, since), here, rest in zip(begins(), of.area, of.rest, strict=True)
    ]


def write(form: str, part: Part, of: Effect, writing: Writing, path: Path) -> None:
    """An xlsx with both tables and the notes, or one of them as a csv; `form` is one of `MEDIA`."""
    tables = {"result": (RESULT, result(of)), "weeks": (WEEKS, weekly(of))}
    if form == "csv":
        _csv(*tables[part], writing, path)
        return
    with Book(path, writing.title, writing.made) as book:
        for title, (columns, rows) in zip(
            (FIGURES_SHEET, WEEKS_SHEET), tables.values(), strict=True
        ):
            specs = [
                Spec(name, width_of(name, [row[at] for row in rows]), digits)
                for at, (name, digits) in enumerate(columns.items())
            ]
            book.rows(title, specs, rows)
        names = [Note(one, Names(one, one), described(one)) for one in (*RESULT, *WEEKS)]
        book.notes(NOTES_SHEET, writing.notes, names)


def _csv(
    columns: dict[str, int | None], rows: Sequence[tuple[Any, ...]], writing: Writing, path: Path
) -> None:
    def text(value: Any, digits: int | None) -> object:
        if value is None:
            return ""
        if isinstance(value, bool):
            return "true" if value else "false"
        return harmless(value) if digits is None else writing.dialect.number(value, digits)

    with path.open("w", encoding="utf-8-sig", newline="") as out:
        if writing.comments:
            out.writelines(comment_lines(writing.notes))
        lines = writing.dialect.writer(out)
        lines.writerow(columns)
        lines.writerows(
            [text(*pair) for pair in zip(row, columns.values(), strict=True)] for row in rows
        )
