"""the words of reports that were withdrawn are no longer public

Revision: 0028
Revises: 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("SELECT set_config('phananh.actor', 'withdrawing', true)")
    # What was erased is not kept anew.
    op.execute(
        "UPDATE submission s SET words = coalesce(s.words, c.text),"
        " address = coalesce(s.address, c.address)"
        " FROM complaint c WHERE c.id = s.complaint_id AND c.status = 7 AND s.erased_at IS NULL"
    )
    op.execute(
        "UPDATE complaint c SET text = '', address = NULL FROM submission s"
        " WHERE s.complaint_id = c.id AND c.status = 7"
    )
    op.execute("SELECT set_config('phananh.actor', '', true)")


def downgrade() -> None:
    """What was withdrawn stays out of public sight."""
