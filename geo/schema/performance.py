"""How the work goes: the views that figures are counted from, and who is sent them each week."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Date,
    ForeignKey,
    Identity,
    Index,
    Integer,
    SmallInteger,
    Table,
    Text,
    Uuid,
    column,
    table,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.types import DateTime

from geo.schema.base import instant, metadata

_INSTANT = DateTime(timezone=True)

# Views, which `alembic check` is not to ask for.
work_measured = table(
    "work_measured",
    column("complaint_id", Uuid),
    column("city_id", SmallInteger),
    column("domain_id", SmallInteger),
    column("category_id", SmallInteger),
    column("status", SmallInteger),
    column("reported_at", _INSTANT),
    column("urgent", Boolean),
    column("area_id", Integer),
    column("handler_ids", ARRAY(Integer)),
    column("due_at", _INSTANT),
    column("accept_due_at", _INSTANT),
    column("handle_due_at", _INSTANT),
    column("reacted_at", _INSTANT),
    column("finished_at", _INSTANT),
    column("arrived_at", _INSTANT),
    column("reopened", SmallInteger),
    column("paused_at", _INSTANT),
    column("pauses", SmallInteger),
    column("stood", JSONB),
    column("handled_by", BigInteger),
    column("inside", Boolean),
    column("supervised", Boolean),
)
work_handed = table(
    "work_handed",
    column("complaint_id", Uuid),
    column("city_id", SmallInteger),
    column("domain_id", SmallInteger),
    column("category_id", SmallInteger),
    column("reported_at", _INSTANT),
    column("from_id", Integer),
    column("inside", Boolean),
)

weekly_subscription = Table(
    "weekly_subscription",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("area", Text, nullable=True, comment="set:code; null: all that is theirs"),
    Column("sent_until", Date, nullable=True, comment="the Monday it was last sent on"),
    instant("created_at", now=True),
    Index(
        "uq_weekly_subscription_account_id_area",
        "account_id",
        text("coalesce(area, '')"),
        unique=True,
    ),
    comment="officials who are sent the page of the week before each Monday",
)
