"""Complaints, their history, and the counts kept of them."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo.schema.base import instant, metadata

complaint = Table(
    "complaint",
    metadata,
    Column("id", Uuid, nullable=False, comment="version 7: in order of arrival"),
    Column("code", Text, nullable=False),
    Column("city_id", SmallInteger, nullable=False),
    Column("source_id", SmallInteger, nullable=False),
    Column("source_key", Text, nullable=True, comment="the source's own id"),
    Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Column("cell", BigInteger, nullable=False, comment="H3, resolution 12"),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    instant("reported_at"),
    instant("closed_at", nullable=True),
    instant("updated_at", now=True),
    Column("text", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("code"),
    UniqueConstraint("source_id", "source_key"),
    CheckConstraint("((cell >> 52) & 127) = 12 AND (cell >> 59) = 1", name="leaf"),
    CheckConstraint("status BETWEEN 1 AND 7", name="status"),
    # The newest first, for the list; and counting a stretch of time without touching the table.
    Index(
        "ix_complaint_list",
        "city_id",
        text("reported_at DESC"),
        text("id DESC"),
        postgresql_include=["cell", "category_id", "status"],
    ),
    # Counting a kind over a stretch of time without touching the table.
    Index(
        "ix_complaint_kind",
        "city_id",
        "category_id",
        "reported_at",
        postgresql_include=["cell", "status"],
    ),
    # Counting a place (a cell of resolution 9: `cell >> 18`) over a stretch of time, likewise.
    Index(
        "ix_complaint_place",
        text("(cell >> 18)"),
        "reported_at",
        postgresql_include=["cell", "city_id", "category_id", "status"],
    ),
    # What is still open at a place (a cell of resolution 10: `cell >> 15`), the newest first: a
    # sixth of a city's complaints or less, however long it has collected them.
    Index(
        "ix_complaint_open",
        text("(cell >> 15)"),
        "category_id",
        text("reported_at DESC"),
        postgresql_where=text("status <= 3"),
    ),
    # Duplicates and what was withdrawn are few: a list of them must not read through all others.
    Index("ix_complaint_few", "status", "reported_at", "id", postgresql_where=text("status >= 6")),
    # A large pending list keeps arrivals cheap; autovacuum merges it.
    Index(
        "ix_complaint_words",
        text("words(address, text)"),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "65536"},
    ),
)

complaint_area = Table(
    "complaint_area",
    metadata,
    Column("area_id", Integer, nullable=False),
    instant("reported_at"),
    Column("complaint_id", Uuid, nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    PrimaryKeyConstraint(
        "area_id",
        "reported_at",
        "complaint_id",
        postgresql_include=["cell", "category_id", "status"],
    ),
    comment="one row per complaint and boundary set; a covering copy kept by triggers",
)

event = Table(
    "event",
    metadata,
    Column("id", Uuid, server_default=func.gen_random_uuid(), nullable=False),
    Column("complaint_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("kind", Text, nullable=False, comment="status, category, moved, text ..."),
    Column("actor", Text, nullable=True, comment="who asked: a role or a command, never a name"),
    Column("change", JSONB, nullable=False),
    PrimaryKeyConstraint("id"),
    Index("ix_event_complaint_id_at", "complaint_id", "at"),
    Index("ix_event_at", "at"),
    comment="append-only: each change after the arrival, which the complaint itself records",
)

pending = Table(
    "pending",
    metadata,
    Column("city_id", SmallInteger, nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("day", Integer, nullable=False, comment="local days since 1970-01-01"),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("area_ids", ARRAY(Integer), nullable=False),
    Column("n", Integer, nullable=False, comment="signed: -1 takes a complaint away"),
    comment="changes not yet folded into rollup",
)

rollup = Table(
    "rollup",
    metadata,
    Column("city_id", SmallInteger, nullable=False),
    Column("grid", SmallInteger, nullable=False, comment="0 city, 1 area, 6..10 H3 resolution"),
    Column("span", SmallInteger, nullable=False, comment="length of the block in days"),
    Column("kind", SmallInteger, nullable=False, comment="0 all, -domain.id, category.id"),
    Column("status", SmallInteger, nullable=False, comment="0 all of them"),
    Column("day", Integer, nullable=False, comment="first local day of the block"),
    Column(
        "region",
        BigInteger,
        nullable=False,
        comment="0, area_set.id, or an ancestor of the cells",
    ),
    Column("places", ARRAY(BigInteger), nullable=False, comment="category.id, area.id or cells"),
    Column("counts", ARRAY(Integer), nullable=False, comment="how many complaints each place has"),
    PrimaryKeyConstraint("city_id", "grid", "span", "kind", "status", "day", "region"),
)

rollup_layout = Table(
    "rollup_layout",
    metadata,
    Column("layout", Text, primary_key=True),
    comment="how rollup is divided; where the program wants another, it counts anew",
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of the request's body"),
    Column("code", Text, nullable=False),
    instant("created_at", now=True),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("source_id", SmallInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("next_row", BigInteger, nullable=False, server_default=text("0")),
    Column("summary", JSONB, nullable=False, server_default=text("'{}'")),
    instant("started_at", now=True),
    instant("finished_at", nullable=True),
    UniqueConstraint("source_id", "checksum"),
)
