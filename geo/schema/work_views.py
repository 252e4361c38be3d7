"""Filters of the queue that officials keep; its row security is in `0023_views.sql`."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from geo.schema.base import instant, metadata

work_view = Table(
    "work_view",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column(
        "account_id",
        ForeignKey("account.id", ondelete="CASCADE"),
        nullable=False,
        comment="whose it is",
    ),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False, comment="as the address of the queue"),
    Column("shared", Boolean, nullable=False, server_default=text("false")),
    instant("created_at", now=True),
    UniqueConstraint("account_id", "name"),
    CheckConstraint("length(name) BETWEEN 1 AND 80", name="name"),
    CheckConstraint("length(query) <= 4000", name="query"),
    comment="filters of the queue that officials keep; a filter, never rights",
)
