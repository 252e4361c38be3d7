"""What routes ask for: a connection that lives as long as the request's transaction."""

from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Final

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from sqlalchemy import Connection

from geo.errors import UnknownLinkError


def _connection(request: Request) -> Iterator[Connection]:
    with request.app.state.engine.begin() as connection:
        yield connection


Database = Annotated[Connection, Depends(_connection, scope="function")]

# Who may call a route is written on it; a test asks every route for it.
EVERYONE: Final[list[str | Enum]] = ["everyone"]
HOLDER: Final[list[str | Enum]] = ["holder of a private link"]
SIGNED_IN: Final[list[str | Enum]] = ["whoever is signed in"]
OFFICIALS: Final[list[str | Enum]] = ["officials, in their areas"]
PLANNERS: Final[list[str | Enum]] = ["planners and supervisors, in their areas"]
ADMINS: Final[list[str | Enum]] = ["admins"]

_bearer = HTTPBearer(
    auto_error=False, scheme_name="private link", description="The token of a private link"
)
LONGEST_LINK: Final = 200


def _link(given: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]) -> str:
    if given is None or not 0 < len(given.credentials) <= LONGEST_LINK:
        raise UnknownLinkError(
            "send the token of a private link as 'Authorization: Bearer ...'"
            " / hãy mở trang bằng liên kết riêng của bạn"
        )
    return given.credentials


# Whose it is, `geo.participants.holder` knows.
Link = Annotated[str, Depends(_link)]
