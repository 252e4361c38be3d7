"""How many people live in the areas of a set, from a table: a census comes as one, not as a map."""

import csv
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from sqlalchemy import Connection, bindparam, select, text, update

from geo.errors import BoundaryError, FileError, NotFoundError
from geo.schema import area, area_set

CODES: Final = ("code", "ma", "ward_code", "gso_code", "ma_xa")
COUNTS: Final = ("population", "residents", "dan_so", "pop")
# 65023, 65.023, 65,023, 65 023 and 65023.0; never a share of a person.
_WHOLE: Final = re.compile(r"(\d+)(?:\.0+)?")
_GROUPED: Final = re.compile(r"\d{1,3}([.,\u00a0\u202f ])\d{3}(?:\1\d{3})*")
# More than any city has: a column that is none of residents.
MOST: Final = 100_000_000


class Line(NamedTuple):
    """One line of a table: its number, the code of an area, its residents."""

    number: int
    code: str
    residents: int


class Changed(NamedTuple):
    """How many areas have another number now, and the names of those the table leaves out."""

    areas: int
    total: int
    left_out: list[str]


def read_population(
    path: Path, *, code: str | None = None, column: str | None = None
) -> list[Line]:
    """The lines of a CSV file (comma or semicolon, UTF-8); columns are guessed or named.

    Raises `FileError` for what is no such file, and `BoundaryError` naming the line that is wrong.
    """
    if not path.exists():
        raise FileError(f"there is no file {path}")
    try:
        whole = path.read_text("utf-8-sig")
    except UnicodeDecodeError:
        raise FileError(f"{path.name} is not UTF-8 text: save it as 'CSV UTF-8'") from None
    head = whole.partition("\n")[0]
    reader = csv.reader(whole.splitlines(), delimiter=";" if ";" in head else ",")
    fields = [name.strip() for name in next(reader, [])]
    at_code = _place(path, fields, code, CODES, "--code")
    at_count = _place(path, fields, column, COUNTS, "--column")
    found: dict[str, Line] = {}
    for row in reader:
        number = reader.line_num
        if not any(cell.strip() for cell in row):
            continue
        if len(row) <= max(at_code, at_count):
            raise BoundaryError(f"{path.name}, line {number}: has {len(row)} columns")
        name, said = row[at_code].strip(), row[at_count].strip()
        if not said:
            # Not counted: the area stays as it is.
            continue
        residents = _whole(said)
        if residents is None:
            raise BoundaryError(f"{path.name}, line {number}: {said!r} is no number of residents")
        if name in found:
            raise BoundaryError(
                f"{path.name}, line {number}: {name!r} stands in line {found[name].number} too"
            )
        found[name] = Line(number, name, residents)
    if not found:
        raise FileError(f"{path.name} has no line with residents")
    return list(found.values())


def set_population(connection: Connection, set_code: str, lines: list[Line]) -> Changed:
    """Give the areas of a set their residents; part of the caller's transaction.

    Areas that no line names keep what they have. A code that lost its leading zeros in a
    spreadsheet is known all the same. Raises `NotFoundError` for a set that is not there, and
    `BoundaryError` for a code that no area has.
    """
    rows = connection.execute(
        select(area.c.id, area.c.code, area.c.name, area.c.population)
        .join(area_set, area_set.c.id == area.c.set_id)
        .where(area_set.c.code == set_code)
        .order_by(area.c.code)
    ).all()
    if not rows:
        known = connection.execute(select(area_set.c.code).order_by(area_set.c.code)).scalars()
        raise NotFoundError(f"no boundary set {set_code!r}; there are {', '.join(known) or 'none'}")
    by_code = {row.code: row for row in rows}
    named = {_known(by_code, line, set_code): line for line in lines}
    if len(named) < len(lines):
        raise BoundaryError("two lines name the same area, one of them without leading zeros")
    values = [
        {"of": by_code[code].id, "residents": line.residents}
        for code, line in named.items()
        if by_code[code].population != line.residents
    ]
    if values:
        change = update(area).where(area.c.id == bindparam("of"))
        connection.execute(change.values(population=bindparam("residents")), values)
        connection.execute(text("SELECT pg_notify('complaint', '*')"))
    return Changed(
        len(values),
        sum(line.residents for line in lines),
        [row.name for row in rows if row.code not in named],
    )


def _place(
    path: Path, fields: list[str], given: str | None, guesses: tuple[str, ...], option: str
) -> int:
    lowered = [name.lower() for name in fields]
    for name in (given.lower(),) if given else guesses:
        if name in lowered:
            return lowered.index(name)
    wanted = given or "/".join(guesses)
    raise FileError(
        f"{path.name} has no column {wanted!r}; it has {', '.join(fields)}: name one with {option}"
    )


def _whole(said: str) -> int | None:
    if _GROUPED.fullmatch(said):
        said = re.sub(r"\D", "", said)
    whole = _WHOLE.fullmatch(said)
    found = int(whole[1]) if whole and len(whole[1]) < 12 else MOST
    return found if found < MOST else None


def _known(by_code: Mapping[str, object], line: Line, set_code: str) -> str:
    if line.code in by_code:
        return line.code
    for code in by_code:
        if line.code and code.lstrip("0") == line.code.lstrip("0"):
            return code
    raise BoundaryError(f"line {line.number}: {set_code} has no area {line.code!r}")
