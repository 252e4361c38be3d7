"""functions that every report calls keep their plans

Revision: 0027
Revises: 0026
"""

from pathlib import Path

from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0027_kept_plans.sql").read_text())


def downgrade() -> None:
    op.execute((HERE / "0027_down.sql").read_text())
