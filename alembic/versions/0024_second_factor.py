"""second factor, sign-on elsewhere, delegation

Revision: 0024
Revises: 0023
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
FUNCTIONS = (
    "session_waiting, session_made_whole, session_strong, factor_owner, factor_facts,"
    " factor_wanted, factor_set, factor_given, factor_spent, recovery_given, factor_removed,"
    " recovery_left, role_delegated, delegation_ended, delegations_shown, account_made,"
    " account_changed, is_last_admin, account_enabled, role_given, role_taken, password_given,"
    " sessions_ended, factor_taken, account_of_sign_on, own_sessions_ended, account_secret,"
    " account_unbound"
)


def _run(name: str) -> None:
    op.execute(sa.text((HERE / name).read_text().replace(":", r"\:")))


def upgrade() -> None:
    op.add_column(
        "account",
        sa.Column(
            "totp_wanted",
            sa.LargeBinary,
            nullable=True,
            comment="a secret that no code was given of yet, sealed",
        ),
    )
    op.add_column(
        "account",
        sa.Column(
            "second_factor",
            sa.Boolean,
            sa.Computed("totp IS NOT NULL", persisted=True),
            comment="whether there is one: all that may be told",
        ),
    )
    op.add_column(
        "account_session",
        sa.Column(
            "strong",
            sa.Boolean,
            nullable=False,
            server_default=sa.text("false"),
            comment="begun with a second factor, here or where the person signed on",
        ),
    )
    op.create_table(
        "account_recovery",
        sa.Column(
            "account_id",
            sa.BigInteger,
            sa.ForeignKey("account.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("hash", sa.LargeBinary, nullable=False, comment="SHA-256 of a code"),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("account_id", "hash"),
        comment="codes that stand in for a lost second factor, each once",
    )
    _run("0024_second_factor.sql")
    _run("0024_delegation.sql")
    _run("0024_admins.sql")


def downgrade() -> None:
    op.execute(f"DROP FUNCTION {FUNCTIONS}")
    _run("0024_down.sql")
    op.drop_table("account_recovery")
    op.drop_column("account_session", "strong")
    op.drop_column("account", "second_factor")
    op.drop_column("account", "totp_wanted")
