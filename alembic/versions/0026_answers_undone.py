"""Answers to many can be undone: until then nobody is told of them

Revision: 0026
Revises: 0025
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
# Of the transaction that writes it; so the triggers that do stay as they are.
TOLD_FROM = "(nullif(current_setting('phananh.told_from', true), ''))::timestamptz"


def upgrade() -> None:
    for table in ("progress", "happening"):
        op.add_column(
            table,
            sa.Column(
                "told_from",
                sa.DateTime(timezone=True),
                server_default=sa.text(TOLD_FROM),
                nullable=True,
                comment="not told before: it can still be undone",
            ),
        )
    op.add_column(
        "work_bulk_item",
        sa.Column("answer_id", sa.BigInteger(), nullable=True, comment="what it was answered"),
    )
    op.create_index(
        "ix_complaint_few",
        "complaint",
        ["status", "reported_at", "id"],
        postgresql_where=sa.text("status >= 6"),
    )
    op.execute((HERE / "0026_answers_undone.sql").read_text())


def downgrade() -> None:
    before = (HERE / "0018_queue.sql").read_text()
    functions = before[before.index("-- Note how a complaint's work is") :]
    op.execute(functions.replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    op.execute("DROP FUNCTION work_answer_undone, asker_opened, work_held")
    views = (HERE / "0022_performance.sql").read_text()
    begin, end = views.index("CREATE VIEW work_measured"), views.index("REVOKE INSERT, UPDATE")
    op.execute(views[begin:end].replace("CREATE VIEW", "CREATE OR REPLACE VIEW"))
    op.create_index("ix_work_sees", "work", ["sees"], postgresql_using="gin")
    op.execute("ALTER INDEX ix_work_sight RESET (fastupdate)")
    op.execute(
        "ALTER TABLE work RESET (autovacuum_vacuum_scale_factor, autovacuum_analyze_scale_factor)"
    )
    op.drop_index("ix_complaint_few", "complaint")
    op.drop_column("work_bulk_item", "answer_id")
    op.drop_column("happening", "told_from")
    op.drop_column("progress", "told_from")
