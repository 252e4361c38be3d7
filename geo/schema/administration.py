"""What admins set: drafts of boundary sets, settings, and alerts on unusual acts."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo.schema.base import instant, metadata

boundary_draft = Table(
    "boundary_draft",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False),
    Column("code", Text, nullable=False, comment="of the set it is to be"),
    Column("spec", JSONB, nullable=False, comment="as boundaries.load.SetSpec"),
    Column("reading", JSONB, nullable=False, comment="columns, crs, layer"),
    Column("file", LargeBinary, nullable=True, comment="until it was read"),
    Column("state", Text, nullable=False),
    Column("problem", Text, nullable=True, comment="why it was refused or failed"),
    Column("done", Integer, nullable=False, server_default=text("0")),
    Column("of", Integer, nullable=False, server_default=text("0")),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    Column(
        "comparison", JSONB, nullable=True, comment="with the set it replaces, when it was read"
    ),
    Column("starts", Date, nullable=True, comment="local day it comes into force"),
    Column(
        "ends",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="codes of sets that end on that day",
    ),
    Column("former", JSONB, nullable=True, comment="what undoing it puts back"),
    Column("moved", Integer, nullable=True, comment="open complaints that went over"),
    Column("account_id", ForeignKey("account.id"), nullable=True, comment="null: a command"),
    instant("created_at", now=True),
    instant("changed_at", now=True),
    instant("activated_at", nullable=True),
    CheckConstraint(
        "state IN ('uploaded', 'reading', 'ready', 'refused', 'planned', 'activating',"
        " 'active', 'failed', 'undoing', 'undone', 'former')",
        name="state",
    ),
    comment="boundary sets that are looked at before they come into force",
)

boundary_draft_area = Table(
    "boundary_draft_area",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True, comment="ascends with code in a draft"),
    Column("draft_id", ForeignKey("boundary_draft.id", ondelete="CASCADE"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=True),
    Column("parent", Text, nullable=True),
    Column("formerly", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("population", Integer, nullable=True),
    Column("area_km2", Double, nullable=False),
    Column("geom", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=False),
    UniqueConstraint("draft_id", "code"),
)

boundary_draft_part = Table(
    "boundary_draft_part",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column(
        "area_id",
        ForeignKey("boundary_draft_area.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("draft_id", BigInteger, nullable=False),
    Column("geom", Geometry("POLYGON", 4326, spatial_index=False), nullable=False),
    Index("ix_boundary_draft_part_geom", "geom", postgresql_using="gist"),
    comment="cut by ST_Subdivide, as area_part",
)

boundary_day = Table(
    "boundary_day",
    metadata,
    Column("city_id", ForeignKey("city.id"), primary_key=True),
    Column("day", Date, nullable=False),
    comment="the last local day whose sets in force have their work",
)

setting = Table(
    "setting",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", JSONB, nullable=False, comment="as geo.instance_settings reads it"),
    Column("account_id", ForeignKey("account.id"), nullable=True, comment="null: a command"),
    instant("changed_at", now=True),
    comment="what admins change while the service runs; no secrets",
)

audit_alert = Table(
    "audit_alert",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("key", Text, nullable=False, unique=True, comment="what it is of: told once"),
    Column("actor", Text, nullable=False),
    Column("first_entry", BigInteger, nullable=False, comment="of audit"),
    Column("last_entry", BigInteger, nullable=False),
    Column("details", JSONB, nullable=False, server_default=text("'{}'")),
    instant("at", now=True),
    instant("seen_at", nullable=True),
    Column("seen_by", ForeignKey("account.id"), nullable=True),
    Column("note", Text, nullable=True),
    comment="unusual looks and acts; found by the worker alone",
)

audit_watched = Table(
    "audit_watched",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("entry", BigInteger, nullable=False, comment="of audit: looked at up to it"),
    CheckConstraint("one", name="one"),
)
