"""deadlines: versions of calendars and policies, pauses, reminders

Revision: 0019
Revises: 0018
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
TABLES = (
    "calendar_version",
    "policy_version",
    "work_pause",
    "work_reminder",
    "due_history",
    "reminder_setting",
)


def _instant(name: str, *, nullable: bool = False, now: bool = False, comment: str | None = None):
    default = sa.text("now()") if now else None
    return sa.Column(
        name, sa.DateTime(timezone=True), nullable=nullable, server_default=default, comment=comment
    )


def _versions(name: str, *own: sa.schema.SchemaItem, keyed: tuple[str, ...], comment: str) -> None:
    op.create_table(
        name,
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        *own,
        sa.Column("account_id", sa.BigInteger(), nullable=True, comment="null: a command"),
        sa.Column("reason", sa.Text(), nullable=False),
        _instant("created_at", now=True),
        sa.PrimaryKeyConstraint("id", name=op.f(f"pk_{name}")),
        *(
            sa.ForeignKeyConstraint([f"{one}_id"], [f"{one}.id"], name=op.f(f"fk_{name}_{one}_id"))
            for one in (*keyed, "account")
        ),
        comment=comment,
    )


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    _versions(
        "calendar_version",
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column(
            "valid_from", sa.Date(), nullable=False, comment="local day; before: city.working_time"
        ),
        sa.Column("working_time", json, nullable=False),
        keyed=("city",),
        comment="append-only: the days from `valid_from` on are those of the newest that has begun",
    )
    op.create_index(op.f("ix_calendar_version_city_id"), "calendar_version", ["city_id"])
    _versions(
        "policy_version",
        sa.Column("domain_id", sa.SmallInteger(), nullable=True),
        sa.Column("category_id", sa.SmallInteger(), nullable=True),
        sa.Column("valid_from", sa.Date(), nullable=False, comment="local day of reporting"),
        sa.Column("limits", json, nullable=False),
        sa.CheckConstraint(
            "num_nonnulls(domain_id, category_id) <= 1", name=op.f("ck_policy_version_scope")
        ),
        keyed=("domain", "category"),
        comment="append-only: limits of what is reported from `valid_from` on; neither: of all",
    )
    op.create_table(
        "work_pause",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        _instant("since"),
        _instant("until", nullable=True, comment="null: it still stands still"),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("since <= until", name=op.f("ck_work_pause_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_pause")),
        comment="written by the trigger of `work` alone",
    )
    op.create_index("ix_work_pause_complaint_id", "work_pause", ["complaint_id", "since"])
    op.create_index(
        "uq_work_pause_open",
        "work_pause",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "work_reminder",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="remind, or escalate and its step"),
        _instant("due_at"),
        _instant("at", now=True),
        sa.PrimaryKeyConstraint("complaint_id", "kind", "due_at", name=op.f("pk_work_reminder")),
        comment="what was told of a deadline: once",
    )
    op.create_table(
        "due_history",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        _instant("at", now=True),
        _instant("accept_due_at", nullable=True),
        _instant("handle_due_at", nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_due_history")),
        comment="append-only: what was due until then",
    )
    op.create_index("ix_due_history_complaint_id", "due_history", ["complaint_id", "id"])
    op.create_table(
        "reminder_setting",
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("setting", json, nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_reminder_setting_city_id")),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_reminder_setting")),
        comment="when is reminded and escalated, as geo.escalation reads it",
    )
    op.execute(sa.text((HERE / "0019_deadlines.sql").read_text().replace(":", r"\:")))
    # What stands still already has its pause.
    op.execute(
        "INSERT INTO work_pause (complaint_id, since, reason)"
        " SELECT complaint_id, paused_at, coalesce(pause_reason, '') FROM work"
        " WHERE paused_at IS NOT NULL"
    )


def downgrade() -> None:
    for table in ("category", "city"):
        op.execute(f"DROP TRIGGER work_rules_changed ON {table}")
    for trigger in ("work_clock", "work_stale_new", "work_stale_again", "work_clock_gone"):
        op.execute(f"DROP TRIGGER {trigger} ON work")
    for name in TABLES:
        op.drop_table(name)
    op.execute(
        "DROP FUNCTION work_clock, work_stale, work_recounted, work_rules_changed,"
        " work_clock_gone, work_pauses, work_clocks"
    )
