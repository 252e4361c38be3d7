"""Figures of the work as a sheet: the whole first, then a line for each row."""

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from geo.measures import HANDED_OUT, MEASURES
from geo.sheets import PLAIN, Book, Spec, harmless

MEDIA: Final = {
    "csv": "text/csv; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_TIMES: Final = tuple(
    (what, clock, which) for what in ("reaction", "closing") for clock in ("working", "calendar")
    for which in ("median", "p90")
)  # fmt: skip


def columns() -> list[str]:
    """`_h`: hours; `_low` and `_high`: ends of the 95 % interval. Empty: too few, or not known."""
    times = [
        f"{what}_{clock}_{which}_h{end}" for what, clock, which in _TIMES
        for end in ("", "_low", "_high")
    ]  # fmt: skip
    shares = [
        f"{name}{end}" for name in ("share_in_time", "content_share")
        for end in ("", "_low", "_high", "_of")
    ]  # fmt: skip
    return ["key", "name", *MEASURES, HANDED_OUT, *shares, *times, "stood_h"]


def lines(told: dict[str, Any]) -> Iterator[list[Any]]:
    """The values of each line, in the order of the columns."""
    for row in (told["whole"] | {"key": "", "name": "*"}, *told["rows"]):
        shares = [
            row[name][end] for name in ("in_time", "satisfaction")
            for end in ("value", "low", "high", "n")
        ]  # fmt: skip
        times = [
            row[what][clock][which][end] for what, clock, which in _TIMES
            for end in ("value", "low", "high")
        ]  # fmt: skip
        # Numbers of accounts are nobody's outside; a person is the name alone.
        key = row.get("code", row["key"] if isinstance(row["key"], str) else "")
        counts = [row["n"][name] for name in (*MEASURES, HANDED_OUT)]
        yield [key, row.get("name", row["key"] or ""), *counts, *shares, *times, row["stood_h"]]


def write(form: str, told: dict[str, Any], path: Path, made: datetime) -> None:
    """Write the sheet; `form` is one of `MEDIA`."""
    names = columns()
    if form == "xlsx":
        with Book(path, "phananh", made) as book:
            specs = [Spec(name, max(12, len(name) + 2)) for name in names]
            book.rows("figures", specs, ([harmless_text(one) for one in row]
                                         for row in lines(told)))  # fmt: skip
        return
    # With a mark, so that Excel shows Vietnamese.
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = PLAIN.writer(file)
        writer.writerow(names)
        for row in lines(told):
            writer.writerow([harmless(one) for one in row])


def harmless_text(value: Any) -> Any:
    """What a book takes: words, numbers and nothing; a book marks formulas itself."""
    return value if isinstance(value, int | float | None) else str(value)
