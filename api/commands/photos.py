"""The photos of a complaint, for those who run the service: listed, hidden, swept."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table
from sqlalchemy import Connection, select

from api import sweeping
from api.commands.session import Var, out, prepared
from api.settings import Settings
from api.storage import PREFIXES, PhotoStore
from geo import photos as stored
from geo.complaint import clean_code
from geo.errors import NotFoundError, PhananhError
from geo.schema import complaint


class UsageError(PhananhError):
    """What was asked for does not go together."""


def photos(
    code: Annotated[str | None, typer.Argument(help="Code of a complaint, to list its.")] = None,
    hide: Annotated[
        UUID | None, typer.Option(help="Id of a photo to show to nobody any more.")
    ] = None,
    reason: Annotated[str, typer.Option(help="Why it is hidden; kept, not public.")] = "",
    sweep: Annotated[
        bool, typer.Option("--sweep", help="Take away what nobody is to see, now and everywhere.")
    ] = False,
    var: Var = None,
) -> None:
    """List the photos of a complaint, hide one for good, or sweep the store."""
    if hide is None and code is None and not sweep:
        raise UsageError("say a complaint's code, --hide ID --reason WHY, or --sweep")
    if hide is not None and not reason.strip():
        raise UsageError("say why, for those who come after you: --reason WHY")
    settings = Settings() if var is None else Settings(var=var)
    store = PhotoStore(settings)
    with prepared(var) as engine:
        with engine.begin() as connection:
            if hide is not None:
                stored.hide(connection, hide, reason.strip(), "command")
        if hide is not None:
            sweeping.empty(engine, store)
            out.print(f"hidden, and its files taken away: {hide}")
        if code is not None:
            with engine.connect() as connection:
                out.print(_table(connection, code))
        if sweep:
            taken = sweeping.sweep(engine, store, datetime.now(UTC), range(PREFIXES))
            out.print(f"files of {taken} photos taken away")


def _table(connection: Connection, code: str) -> Table:
    number = connection.execute(
        select(complaint.c.id).where(complaint.c.code == clean_code(code))
    ).scalar_one_or_none()
    if number is None:
        raise NotFoundError(f"no complaint has the code {code!r}")
    table = Table("photo", "size", "hidden", "of", "taken", "from the place", "looks like")
    for one in stored.listed(connection, number):
        table.add_row(
            str(one.id),
            f"{one.width}x{one.height}",
            "yes" if one.hidden else "",
            "answer" if one.of_answer else "report",
            f"{one.taken_at:%Y-%m-%d %H:%M} UTC" if one.taken_at else "",
            f"{one.away_m:,.0f} m" if one.away_m is not None else "",
            " ".join(one.alike),
        )
    return table
