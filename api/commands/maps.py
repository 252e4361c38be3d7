"""Boundary sets and cities."""

from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import text

from api.commands.session import Var, out, prepared
from boundaries.hanoi import DISTRICTS, WARDS, ensure_hanoi
from boundaries.load import load_set
from boundaries.read import read_areas
from geo.errors import PhananhError


def load_boundaries(
    file: Path,
    set_code: Annotated[str, typer.Option("--set", help="hanoi-ward-2025, hanoi-district-2014")],
    crs: str | None = None,
    var: Var = None,
) -> None:
    """Replace one of Hanoi's sets by the areas of a map file."""
    known = {spec.code: spec for spec in (WARDS, DISTRICTS)}
    if set_code not in known:
        raise PhananhError(f"unknown set {set_code!r}; known: {', '.join(known)}")
    areas, report = read_areas(file, crs=crs)
    with prepared(var) as engine, engine.begin() as connection:
        ensure_hanoi(connection)
        city = connection.execute(text("SELECT id FROM city WHERE code = 'hanoi'")).scalar_one()
        loaded = load_set(connection, city, known[set_code], areas, report)
    for line in [*report.repairs, *report.overlaps]:
        out.print(f"  {line}")
    out.print(f"  overlaps {report.overlap_m2:.1f} m², gaps {report.gap_m2:.1f} m²")
    done = f"{loaded.assigned} complaints assigned" if loaded.changed else "nothing changed"
    out.print(f"{set_code}: {loaded.areas} areas, {done}")
