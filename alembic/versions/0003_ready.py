"""sets that are being loaded are not shown

Revision: 0003
Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "area_set",
        sa.Column(
            "ready",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="false while it is being loaded or taken away: assigned to, but not shown",
        ),
    )


def downgrade() -> None:
    op.execute("DELETE FROM area_set WHERE NOT ready")
    op.drop_column("area_set", "ready")
