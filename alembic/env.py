"""Runs migrations over the connection handed in by `geo.database.migrate`, or over DATABASE_URL."""

import os

import geoalchemy2.alembic_helpers as geoalchemy
from alembic import context
from sqlalchemy import Connection, create_engine

from geo import job_schema
from geo.database import psycopg_url
from geo.schema import metadata


def include_object(obj: object, name: str | None, kind: str, *rest: object) -> bool:
    """Tables of PostGIS and of the job queue, and geometry columns' implied indexes, are not ours.

    `words(...)` and `cell >> 18` index expressions cannot be compared as text; their presence
    is asserted by a test instead.
    """
    if kind == "table" and name is not None and name.startswith(job_schema.PREFIX):
        return False
    return geoalchemy.include_object(obj, name, kind, *rest)  # type: ignore[no-untyped-call]


def run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=metadata,
        include_object=include_object,
        process_revision_directives=geoalchemy.writer,
        render_item=geoalchemy.render_item,
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


given = context.config.attributes.get("connection")
if given is not None:
    run(given)
else:
    url = os.environ.get("DATABASE_URL")
    if not url:
        raise SystemExit("Set DATABASE_URL, or use: phananh migrate")
    with create_engine(psycopg_url(url)).connect() as opened:
        run(opened)
        opened.commit()
