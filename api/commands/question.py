"""The filter as options of a command: the same words as in an address."""

from typing import Annotated

import typer
from sqlalchemy import Connection

from api.query import known_by_now, read_vocabulary
from geo.filters import Filter, parse

Many = Annotated[list[str] | None, typer.Option(help="May be given again, or comma-separated.")]
Since = Annotated[str | None, typer.Option(help="A date or an RFC 3339 time.")]
Until = Annotated[str | None, typer.Option(help="The first moment no longer asked for.")]
Areas = Annotated[list[str] | None, typer.Option(help="SET:CODE")]
Box = Annotated[str | None, typer.Option(help="WEST,SOUTH,EAST,NORTH")]
Cells = Annotated[list[str] | None, typer.Option(help="H3 cells; their places together.")]
Outline = Annotated[str | None, typer.Option(help="LON,LAT;LON,LAT;... at least 3 corners.")]
AsOf = Annotated[str | None, typer.Option(help="As it was known at that time.")]
Words = Annotated[str | None, typer.Option(help="Words, with or without diacritics.")]


def asked(
    connection: Connection,
    city: Many,
    domain: Many,
    category: Many,
    status: Many,
    since: Since,
    until: Until,
    area: Areas,
    bbox: Box,
    q: Words,
    cell: Cells = None,
    polygon: Outline = None,
    as_of: AsOf = None,
) -> Filter:
    """The question the options ask; raises `BadFilterError` naming what is wrong."""
    found = parse(
        read_vocabulary(connection),
        city=city or (),
        domain=domain or (),
        category=category or (),
        status=status or (),
        since=since,
        until=until,
        area=area or (),
        bbox=bbox,
        cell=cell or (),
        polygon=polygon,
        q=q,
        as_of=as_of,
    )
    return known_by_now(found)
