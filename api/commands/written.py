"""Options of the commands that write files, and the rule that a file is whole or not there."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from geo.errors import FileError
from geo.sheets import Decimal, Delimiter

Separator = Annotated[Delimiter, typer.Option(help="Of a .csv: comma or semicolon.")]
Point = Annotated[Decimal, typer.Option(help="Of numbers in a .csv: point or comma.")]


def form_of(file: Path, known: Sequence[str]) -> str:
    """The form a file's ending asks for; raises `FileError` for one that is not known."""
    form = file.suffix.removeprefix(".").lower()
    if form not in known:
        listed = ", ".join(f".{name}" for name in known)
        raise FileError(f"{file.name}: no such kind of file; there are {listed}")
    return form


@contextmanager
def whole(file: Path) -> Iterator[Path]:
    """A path beside the file to write to; it gets the file's name when all went well."""
    part = file.with_name(f".{os.getpid()}-{file.name}")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)
