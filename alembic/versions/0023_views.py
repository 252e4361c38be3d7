"""saved views, and notices of what changed in the work

Revision: 0023
Revises: 0022
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.create_table(
        "work_view",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False, comment="whose it is"),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("query", sa.Text(), nullable=False, comment="as the address of the queue"),
        sa.Column("shared", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("length(name) BETWEEN 1 AND 80", name=op.f("ck_work_view_name")),
        sa.CheckConstraint("length(query) <= 4000", name=op.f("ck_work_view_query")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_work_view_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_view")),
        sa.UniqueConstraint("account_id", "name", name=op.f("uq_work_view_account_id_name")),
        comment="filters of the queue that officials keep; a filter, never rights",
    )
    op.execute(sa.text((HERE / "0023_views.sql").read_text().replace(":", r"\:")))


def downgrade() -> None:
    for trigger in ("work_told_new", "work_told_again"):
        op.execute(f"DROP TRIGGER {trigger} ON work")
    op.drop_table("work_view")
    op.execute("DROP FUNCTION work_told, work_view_for_asker, work_seen_by")
