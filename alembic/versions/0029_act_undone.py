"""single acts can be taken back as acts on many are

Revision: 0029
Revises: 0028
"""

from pathlib import Path

from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0029_act_undone.sql").read_text())


def downgrade() -> None:
    before = (HERE / "0026_answers_undone.sql").read_text()
    begin = before.index("-- Bring a complaint's work back")
    end = before.index("REVOKE ALL ON FUNCTION work_answer_undone")
    op.execute(before[begin:end].replace("CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
    op.execute("DROP FUNCTION work_act_kept")
