"""figures of a time find what was closed in it

Revision: 0030
Revises: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_work_closed",
        "work",
        ["city_id", "finished_at"],
        postgresql_where=sa.text("status IN (4, 5)"),
    )
    op.create_index(
        "ix_work_handle_due",
        "work",
        ["city_id", "handle_due_at"],
        postgresql_where=sa.text("status <= 3"),
    )


def downgrade() -> None:
    op.drop_index("ix_work_handle_due", "work")
    op.drop_index("ix_work_closed", "work")
