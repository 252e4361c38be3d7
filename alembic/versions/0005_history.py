"""what changed since an instant is found by an index, and undone from the event alone

Revision: 0005
Revises: 0004
"""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.create_index("ix_event_at", "event", ["at"])
    # Several changes of one transaction keep their order.
    op.execute("ALTER TABLE event ALTER COLUMN at SET DEFAULT clock_timestamp()")
    op.execute((HERE / "0005_changes.sql").read_text())


def downgrade() -> None:
    triggers = (HERE / "0001_triggers.sql").read_text()
    begin = triggers.index("CREATE FUNCTION complaint_updated()")
    function = triggers[begin : triggers.index("END $$;", begin) + len("END $$;")]
    op.execute(function.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION", 1))
    op.execute("ALTER TABLE event ALTER COLUMN at SET DEFAULT now()")
    op.drop_index("ix_event_at", "event")
