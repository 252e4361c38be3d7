"""Sample complaints."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy import text

from api.commands.session import Var, out, prepared
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.sample import remove_sample
from geo.sample import sample as add_sample


def sample(
    n: Annotated[int, typer.Option("--n", min=1)] = 20000,
    seed: int = 1,
    remove: Annotated[bool, typer.Option(help="Take all sample rows away.")] = False,
    var: Var = None,
) -> None:
    """Add sample complaints to Hanoi, or remove them."""
    with prepared(var) as engine, engine.begin() as connection:
        ensure_hanoi(connection)
        city = connection.execute(text("SELECT id FROM city WHERE code = 'hanoi'")).scalar_one()
        if remove:
            out.print(f"{remove_sample(connection, city)} sample complaints removed")
        else:
            added = add_sample(connection, city, WARDS.code, n, seed, datetime.now(UTC))
            out.print(f"{added} sample complaints added")
