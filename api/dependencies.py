"""What routes ask for: a connection that lives as long as the request's transaction."""

from collections.abc import Iterator
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy import Connection


def _connection(request: Request) -> Iterator[Connection]:
    with request.app.state.engine.begin() as connection:
        yield connection


Database = Annotated[Connection, Depends(_connection, scope="function")]
