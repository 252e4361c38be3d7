"""What routes ask for: a connection that lives as long as the request's transaction."""

from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Final

from fastapi import Depends, Request
from sqlalchemy import Connection


def _connection(request: Request) -> Iterator[Connection]:
    with request.app.state.engine.begin() as connection:
        yield connection


Database = Annotated[Connection, Depends(_connection, scope="function")]

# Who may call a route is written on it; a test asks every route for it.
EVERYONE: Final[list[str | Enum]] = ["everyone"]
