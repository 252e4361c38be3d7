"""Officials for tests: accounts with roles, and sessions of theirs."""

import secrets
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from fastapi.testclient import TestClient
from sqlalchemy import Engine, insert

from api.auth import COOKIE, HEADER
from geo.database import SERVICE_ROLE
from geo.database import engine as make_engine
from geo.participants import hashed
from geo.schema import account, account_role, account_session


class Person(NamedTuple):
    """An official who is signed in."""

    id: int
    name: str
    token: str
    role_ids: tuple[int, ...]

    def __call__(self, client: TestClient) -> TestClient:
        """The client, now this person's."""
        client.cookies.set(COOKIE, self.token)
        client.headers[HEADER] = "1"
        return client


def official(
    engine: Engine,
    *roles: str,
    areas: Sequence[str] | None = None,
    domains: Sequence[str] | None = None,
    name: str | None = None,
    until: datetime | None = None,
    must_change: bool = False,
) -> Person:
    """A new account with these roles, all of them for `areas` and `domains`, and a session."""
    called, token = name or f"a{secrets.token_hex(4)}", secrets.token_urlsafe(32)
    now = datetime.now(UTC)
    with engine.begin() as connection:
        number = connection.execute(
            insert(account)
            .values(name=called, full_name=called.title(), must_change=must_change)
            .returning(account.c.id)
        ).scalar_one()
        ids = [
            connection.execute(
                insert(account_role)
                .values(
                    account_id=number,
                    role=role,
                    areas=list(areas) if areas is not None else None,
                    domains=list(domains) if domains is not None else None,
                    since=now - timedelta(days=1),
                    until=until,
                )
                .returning(account_role.c.id)
            ).scalar_one()
            for role in roles
        ]
        connection.execute(
            insert(account_session).values(
                account_id=number, hash=hashed(token), expires_at=now + timedelta(hours=8)
            )
        )
    return Person(number, called, token, tuple(ids))


def service_engine(engine: Engine) -> Engine:
    """An engine to the same database as the service connects: bound by row-level security."""
    url = engine.url.render_as_string(hide_password=False)
    return make_engine(url, role=SERVICE_ROLE, pool_size=8)
