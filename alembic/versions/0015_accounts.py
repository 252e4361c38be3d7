"""accounts: what the service may do with them

Revision: 0015
Revises: 0014
"""

from pathlib import Path

from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0015_accounts.sql").read_text())


def downgrade() -> None:
    op.execute(
        "DROP FUNCTION account_facts, account_failed, session_begun, session_used, session_shown,"
        " password_changed, language_changed"
    )
