"""one index finds what an official may see; the log is appended to at the end of a transaction

Revision: 0025
Revises: 0024
"""

from pathlib import Path

from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0025_work_sight.sql").read_text())


def downgrade() -> None:
    op.execute("DROP TRIGGER work_event_audited ON work_event")
    op.execute(
        "CREATE TRIGGER work_event_audited AFTER INSERT ON work_event"
        " FOR EACH ROW EXECUTE FUNCTION work_event_audited()"
    )
    op.execute("DROP POLICY see ON work")
    op.execute(
        "CREATE POLICY see ON work FOR SELECT"
        " USING (sees && (SELECT asker_keys('inside'))"
        "        OR domain_id = ANY ((SELECT asker_everywhere('inside'))::smallint[]))"
    )
    op.execute("DROP INDEX ix_work_sight")
    op.execute("DROP FUNCTION asker_sight")
