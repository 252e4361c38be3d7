"""categories that public reads leave out

Revision: 0006
Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "category",
        sa.Column(
            "sensitive",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="public reads leave it out; see geo.privacy",
        ),
    )
    # Servers read their words again.
    op.execute("NOTIFY complaint, '*'")


def downgrade() -> None:
    op.drop_column("category", "sensitive")
