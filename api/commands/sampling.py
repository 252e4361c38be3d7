"""Sample complaints."""

import csv
import json
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Connection, text

from api.commands.progress import stoppable
from api.commands.session import Var, out, prepared
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.errors import MappingError, NotFoundError
from geo.sample import (
    DUPLICATES,
    SampleOrder,
    planted,
    planted_duplicates,
    remove_sample,
    sample_all,
)


def _city_of(connection: Connection, set_code: str) -> int:
    """Raises NotFoundError, naming the sets there are."""
    sets = {
        str(row.code): int(row.city_id)
        for row in connection.execute(
            text("SELECT code, city_id FROM area_set WHERE ready ORDER BY code")
        )
    }
    if set_code not in sets:
        raise NotFoundError(f"no boundary set {set_code!r}; there are {', '.join(sets) or 'none'}")
    return sets[set_code]


def sample(
    n: Annotated[int, typer.Option("--n", min=1, help="How many complaints.")] = 20000,
    seed: Annotated[int, typer.Option(min=0, help="Another seed, other complaints.")] = 1,
    set_code: Annotated[str, typer.Option("--set", help="Areas to fill.")] = WARDS.code,
    until: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], help="Three years end here. Default: today, 00:00 UTC."),
    ] = None,
    planted_file: Annotated[
        Path | None, typer.Option("--planted", help="Write the planted hot spots here, as JSON.")
    ] = None,
    duplicates: Annotated[
        float,
        typer.Option(min=0, max=0.5, help="Share that tells of what another one told of."),
    ] = DUPLICATES,
    duplicates_file: Annotated[
        Path | None,
        typer.Option(
            "--planted-duplicates", help="Write which are about the same thing here, as CSV."
        ),
    ] = None,
    remove: Annotated[
        bool, typer.Option("--remove", help="Take all sample rows of the set's city away.")
    ] = False,
    var: Var = None,
) -> None:
    """Add made-up complaints, marked as such, or remove them.

    The same numbers, seed, areas, end and share of duplicates give the same complaints; a second
    run adds none, and one after Ctrl-C goes on.
    """
    with prepared(var) as engine:
        with engine.begin() as connection:
            ensure_hanoi(connection)
            city = _city_of(connection, set_code)
            if remove:
                out.print(f"{remove_sample(connection, city):,} sample complaints removed")
                return
        now = datetime.now(UTC)
        today = now.replace(hour=0, minute=0, second=0, microsecond=0)
        end = until.replace(tzinfo=UTC) if until else today
        if end > now:
            raise MappingError("--until lies in the future; complaints cannot")
        order = SampleOrder(city, set_code, n, seed, end, duplicates)
        with stoppable("sample", n) as (progress, stopping):
            added = sample_all(engine, order, progress=progress, stopping=stopping)
        out.print(f"{added:,} sample complaints added (--remove takes them away)")
        if planted_file is not None:
            with engine.connect() as connection:
                found = [asdict(one) for one in planted(connection, order)]
            planted_file.write_text(
                json.dumps(found, default=lambda at: at.isoformat(), indent=2) + "\n", "utf-8"
            )
            out.print(f"  {len(found)} planted hot spots: {planted_file}")
        if duplicates_file is not None:
            with engine.connect() as connection:
                pairs = planted_duplicates(connection, order)
            with duplicates_file.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("code", "first"), *pairs])
            out.print(f"  {len(pairs):,} planted duplicates: {duplicates_file}")
