"""progress that is told

Revision: 0011
Revises: 0010
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
CONFIRMED = sa.text("confirmed_at IS NOT NULL AND address IS NOT NULL")


def upgrade() -> None:
    op.add_column(
        "city",
        sa.Column(
            "working_time",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="hours, holidays and days that differ, as geo.working_time reads them",
        ),
    )
    op.create_index(
        "ix_participant_told", "participant", ["complaint_id"], postgresql_where=CONFIRMED
    )
    op.create_table(
        "progress",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.Uuid(), nullable=True),
        sa.Column("answer_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("num_nonnulls(event_id, answer_id) = 1", name=op.f("ck_progress_what")),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["answer.id"], name=op.f("fk_progress_answer_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_progress_participant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress")),
        comment="what is still to be told to whom: written by triggers, gone with its letter",
    )
    op.create_index(op.f("ix_progress_answer_id"), "progress", ["answer_id"])
    op.create_index(op.f("ix_progress_participant_id"), "progress", ["participant_id"])
    op.execute((HERE / "0011_progress.sql").read_text())


def downgrade() -> None:
    op.execute("DROP TRIGGER answer_to_tell ON answer; DROP TRIGGER event_to_tell ON event")
    op.execute("DROP FUNCTION answer_to_tell(); DROP FUNCTION event_to_tell()")
    op.drop_table("progress")
    op.drop_index("ix_participant_told", table_name="participant", postgresql_where=CONFIRMED)
    op.drop_column("city", "working_time")
