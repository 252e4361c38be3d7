"""How the work goes: what is kept of it for figures, and who is sent a page of them each week

Revision: 0022
Revises: 0021
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
COLUMNS = ("reacted_at", "closed_by", "arrived_at", "handed_from", "pauses")


def upgrade() -> None:
    op.add_column(
        "work",
        sa.Column(
            "reacted_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was first accepted or closed",
        ),
    )
    op.add_column(
        "work",
        sa.Column(
            "closed_by",
            sa.BigInteger(),
            sa.ForeignKey("account.id", name=op.f("fk_work_closed_by")),
            nullable=True,
            comment="the official who closed it last",
        ),
    )
    op.add_column(
        "work",
        sa.Column(
            "arrived_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was last handed over",
        ),
    )
    op.add_column(
        "work",
        sa.Column(
            "handed_from",
            postgresql.ARRAY(sa.Integer()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="the areas that handed it over, in order",
        ),
    )
    op.add_column(
        "work",
        sa.Column("pauses", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
    )
    _fill()
    op.create_index("ix_work_reported", "work", ["city_id", "reported_at"])
    op.create_index(
        "ix_work_handed",
        "work",
        ["city_id", "reported_at"],
        postgresql_where=sa.text("handed_from <> '{}'"),
    )
    op.create_table(
        "weekly_subscription",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("area", sa.Text(), nullable=True, comment="set:code; null: all that is theirs"),
        sa.Column("sent_until", sa.Date(), nullable=True, comment="the Monday it was last sent on"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_weekly_subscription_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_weekly_subscription")),
        comment="officials who are sent the page of the week before each Monday",
    )
    op.create_index(
        "uq_weekly_subscription_account_id_area",
        "weekly_subscription",
        ["account_id", sa.text("coalesce(area, '')")],
        unique=True,
    )
    op.execute(sa.text((HERE / "0022_performance.sql").read_text().replace(":", r"\:")))


def _fill() -> None:
    """What can be told of the work so far."""
    op.execute(
        """
        UPDATE work w
           SET reacted_at = CASE WHEN w.status BETWEEN 2 AND 5
                 THEN least(w.accepted_at, CASE WHEN w.status > 3 THEN w.finished_at END) END,
               pauses = (SELECT count(*) FROM work_pause p WHERE p.complaint_id = w.complaint_id)
        """
    )
    op.execute(
        """
        UPDATE work w SET arrived_at = e.at, handed_from = e.ids
          FROM (SELECT complaint_id, max(at) AS at,
                       array_agg((change ->> 'from_id')::int ORDER BY id)
                         FILTER (WHERE change ->> 'from_id' IS NOT NULL) AS ids
                  FROM work_event WHERE act = 'hand-over' GROUP BY complaint_id) AS e
         WHERE e.complaint_id = w.complaint_id AND e.ids IS NOT NULL
        """
    )


def downgrade() -> None:
    op.execute("DROP FUNCTION work_before")
    op.execute("DROP VIEW work_measured, work_handed")
    op.execute("DROP TRIGGER work_measured ON work")
    op.execute("DROP FUNCTION work_measured")
    op.drop_table("weekly_subscription")
    op.drop_index("ix_work_handed", "work")
    op.drop_index("ix_work_reported", "work")
    for name in COLUMNS:
        op.drop_column("work", name)
