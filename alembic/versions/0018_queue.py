"""queue: acts on many complaints at once, and their undoing

Revision: 0018
Revises: 0017
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    json = postgresql.JSONB(astext_type=sa.Text())
    op.create_table(
        "work_bulk",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of its token"),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column("body", json, nullable=False),
        sa.Column(
            "items", json, nullable=False, comment="[code, version seen] of each that will do"
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            nullable=False,
            server_default=sa.text("now()"),
        ),
        sa.Column(
            "done_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="null: shown, not done",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_bulk")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_work_bulk_account_id")
        ),
        sa.UniqueConstraint("hash", name=op.f("uq_work_bulk_hash")),
        comment="an act on many complaints, of one account; gone with one a day later",
    )
    op.create_index(op.f("ix_work_bulk_account_id"), "work_bulk", ["account_id"])
    op.create_table(
        "work_bulk_item",
        sa.Column("bulk_id", sa.BigInteger(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("before", json, nullable=False, comment="its work as it was"),
        sa.Column("after", sa.Integer(), nullable=True, comment="the version that the act made"),
        sa.Column("undone", sa.Boolean(), nullable=False, server_default=sa.text("false")),
        sa.PrimaryKeyConstraint("bulk_id", "complaint_id", name=op.f("pk_work_bulk_item")),
        sa.ForeignKeyConstraint(
            ["bulk_id"],
            ["work_bulk.id"],
            name=op.f("fk_work_bulk_item_bulk_id"),
            ondelete="CASCADE",
        ),
        comment="what it was done to",
    )
    op.execute((HERE / "0018_queue.sql").read_text())


def downgrade() -> None:
    op.execute("DROP FUNCTION work_bulk_undone, work_bulk_done, work_bulk_kept")
    op.drop_table("work_bulk_item")
    op.drop_table("work_bulk")
