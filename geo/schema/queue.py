"""Acts on many complaints at once: what was shown before, and what can still be undone.

Rows of items are written by functions of `alembic/versions/0018_queue.sql` alone.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.schema.base import instant, metadata

work_bulk = Table(
    "work_bulk",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of its token"),
    Column("act", Text, nullable=False),
    Column("body", JSONB, nullable=False),
    Column("items", JSONB, nullable=False, comment="[code, version seen] of each that will do"),
    instant("created_at", now=True),
    instant("done_at", nullable=True, comment="null: shown, not done"),
    comment="an act on many complaints, of one account; gone with one a day later",
)

work_bulk_item = Table(
    "work_bulk_item",
    metadata,
    Column("bulk_id", ForeignKey("work_bulk.id", ondelete="CASCADE"), nullable=False),
    Column("complaint_id", Uuid, nullable=False),
    Column("code", Text, nullable=False),
    Column("before", JSONB, nullable=False, comment="its work as it was"),
    Column("after", Integer, nullable=True, comment="the version that the act made"),
    Column("undone", Boolean, nullable=False, server_default=text("false")),
    Column("answer_id", BigInteger, nullable=True, comment="what it was answered"),
    PrimaryKeyConstraint("bulk_id", "complaint_id"),
    comment="what it was done to",
)
