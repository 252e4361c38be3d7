"""how the stored counts are divided

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rollup_layout",
        sa.Column("layout", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("layout", name=op.f("pk_rollup_layout")),
        comment="how rollup is divided; where the program wants another, it counts anew",
    )


def downgrade() -> None:
    op.drop_table("rollup_layout")
