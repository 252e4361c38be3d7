"""handling: what moves work out of sight, and whom it may be given to

Revision: 0017
Revises: 0016
"""

from pathlib import Path

from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0017_handling.sql").read_text())


def downgrade() -> None:
    op.execute(
        "DROP FUNCTION work_events_until, work_colleagues, account_may_act, work_handed_over"
    )
