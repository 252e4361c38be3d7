"""Engines, migrations and small helpers over a connection."""

import re
import time
from collections.abc import Callable, Sequence
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Engine, Select, create_engine, event, inspect, text
from sqlalchemy.engine import Dialect, make_url
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.sql.elements import TextClause

if TYPE_CHECKING:
    from alembic.config import Config

ROOT = Path(__file__).resolve().parent.parent
_REVISION: Final = re.compile(r'^(down_)?revision = "(\w+)"$', re.MULTILINE)


def psycopg_url(url: str, user: str | None = None) -> str:
    """The URL with psycopg as its driver, whatever PostgreSQL URL was given; as another user."""
    parsed = make_url(url)
    if not parsed.drivername.startswith(("postgresql", "postgres")):
        raise ValueError(f"not a PostgreSQL address: {parsed.drivername}")
    if user is not None:
        parsed = parsed.set(username=user, password=None)
    return parsed.set(drivername="postgresql+psycopg").render_as_string(hide_password=False)


# What the service connects as: it owns nothing, so row-level security binds it.
SERVICE_ROLE: Final = "phananh_app"


def _options(statement_timeout_ms: int, role: str | None) -> str:
    # JIT compiles longer than our queries run. Plans are made for the values at hand: a generic
    # plan for "any range of days" is a poor one for each of them.
    return (
        f"-c jit=off -c plan_cache_mode=force_custom_plan -c timezone=UTC"
        f" -c statement_timeout={statement_timeout_ms}" + (f" -c role={role}" if role else "")
    )


def engine(
    url: str, *, statement_timeout_ms: int = 0, pool_size: int = 12, role: str | None = None
) -> Engine:
    """A blocking engine; 0 ms means no statement timeout.

    Commands and migrations work as the owner of the tables; what serves requests takes the `role`
    `SERVICE_ROLE`.
    """
    made = create_engine(
        psycopg_url(url),
        pool_size=pool_size,
        max_overflow=0,
        pool_timeout=5,
        # The connection used last: its catalogue and prepared statements are warm.
        pool_use_lifo=True,
        # Values may be a citizen's words: they never go into an error's message.
        hide_parameters=True,
        connect_args={
            "options": _options(statement_timeout_ms, role),
            "connect_timeout": 5,
            # Statements here are few and long: the second time one is asked it is kept ready.
            "prepare_threshold": 1,
        },
    )
    event.listen(made, "checkin", _noted)
    event.listen(made, "checkout", _alive(made.dialect))
    return made


# A connection that answered so lately is taken as alive: to ask each time is one question in five.
ALIVE_S: Final = 0.25


def _noted(connection: Any, record: Any) -> None:
    record.info["answered"] = time.monotonic()


def _alive(dialect: Dialect) -> Callable[[Any, Any, Any], None]:
    def asked(connection: Any, record: Any, proxy: Any) -> None:
        if time.monotonic() - record.info.get("answered", 0.0) < ALIVE_S:
            return
        try:
            dialect.do_ping(connection)
        except dialect.loaded_dbapi.Error as error:
            # The server was started anew: the others are of before too.
            raise InvalidatePoolError from error

    return asked


def alembic_config() -> "Config":
    # Serving does without it: 10 MiB.
    from alembic.config import Config

    return Config(toml_file=ROOT / "pyproject.toml")


def migrate(connection: Connection, revision: str = "head") -> None:
    """Bring the schema to a revision; `base` takes everything away."""
    from alembic import command

    config = alembic_config()
    config.attributes["connection"] = connection
    # Two servers starting at once: the second waits and finds nothing left to do.
    connection.execute(text("SELECT pg_advisory_xact_lock(1887, 0)"))
    step = command.downgrade if revision == "base" else command.upgrade
    step(config, revision)


def head_revision() -> str | None:
    """The newest revision among the files: the one that is no other's `down_revision`."""
    found = [
        _REVISION.findall(file.read_text("utf-8"))
        for file in (ROOT / "alembic" / "versions").glob("*.py")
    ]
    named = {name for file in found for down, name in file if not down}
    [*heads] = named - {name for file in found for down, name in file if down}
    return heads[0] if len(heads) == 1 else None


def current_revision(connection: Connection) -> str | None:
    """The revision the database is at; None for an empty one."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        text("SELECT version_num FROM alembic_version")
    ).scalar_one_or_none()
    return found


@cache
def sql(package: str, name: str) -> TextClause:
    """A statement from `<package>/sql/<name>.sql`."""
    return text(resources.files(package).joinpath("sql", f"{name}.sql").read_text("utf-8"))


def rows(connection: Connection, statement: Select[Any]) -> Sequence[Any]:
    """Run a Select once and return all of its rows."""
    return connection.execute(statement).all()
