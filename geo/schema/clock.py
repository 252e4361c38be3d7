"""By when work is due: versions of calendars and policies, pauses, and what was told of them."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    PrimaryKeyConstraint,
    Table,
    Text,
    Uuid,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.schema.base import instant, metadata

calendar_version = Table(
    "calendar_version",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False, index=True),
    Column("valid_from", Date, nullable=False, comment="local day; before: city.working_time"),
    Column("working_time", JSONB, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=True, comment="null: a command"),
    Column("reason", Text, nullable=False),
    instant("created_at", now=True),
    comment="append-only: the days from `valid_from` on are those of the newest that has begun",
)

policy_version = Table(
    "policy_version",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("domain_id", ForeignKey("domain.id"), nullable=True),
    Column("category_id", ForeignKey("category.id"), nullable=True),
    Column("valid_from", Date, nullable=False, comment="local day of reporting"),
    Column("limits", JSONB, nullable=False),
    Column("account_id", ForeignKey("account.id"), nullable=True, comment="null: a command"),
    Column("reason", Text, nullable=False),
    instant("created_at", now=True),
    CheckConstraint("num_nonnulls(domain_id, category_id) <= 1", name="scope"),
    comment="append-only: limits of what is reported from `valid_from` on; neither: of all",
)

work_pause = Table(
    "work_pause",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False),
    instant("since"),
    instant("until", nullable=True, comment="null: it still stands still"),
    Column("reason", Text, nullable=False),
    Column("account_id", BigInteger, nullable=True),
    CheckConstraint("since <= until", name="period"),
    Index("ix_work_pause_complaint_id", "complaint_id", "since"),
    Index(
        "uq_work_pause_open",
        "complaint_id",
        unique=True,
        postgresql_where=text("until IS NULL"),
    ),
    comment="written by the trigger of `work` alone",
)

work_reminder = Table(
    "work_reminder",
    metadata,
    Column("complaint_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False, comment="remind, or escalate and its step"),
    instant("due_at"),
    instant("at", now=True),
    PrimaryKeyConstraint("complaint_id", "kind", "due_at"),
    comment="what was told of a deadline: once",
)

due_history = Table(
    "due_history",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False),
    instant("at", now=True),
    instant("accept_due_at", nullable=True),
    instant("handle_due_at", nullable=True),
    Index("ix_due_history_complaint_id", "complaint_id", "id"),
    comment="append-only: what was due until then",
)

reminder_setting = Table(
    "reminder_setting",
    metadata,
    Column("city_id", ForeignKey("city.id"), primary_key=True),
    Column("setting", JSONB, nullable=False),
    comment="when is reminded and escalated, as geo.escalation reads it",
)
