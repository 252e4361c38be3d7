"""row-level security of complaints and of what is private about them

Revision: 0016
Revises: 0015
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
TABLES = (
    "complaint",
    "complaint_area",
    "answer",
    "submission",
    "participant",
    "look",
    "photo",
    "photo_origin",
    "photo_alike",
    "idempotency",
)


def upgrade() -> None:
    op.execute(sa.text((HERE / "0016_row_security.sql").read_text().replace(":", r"\:")))


def downgrade() -> None:
    policies = op.get_bind().execute(
        sa.text("SELECT tablename, policyname FROM pg_policies WHERE tablename = ANY(:tables)"),
        {"tables": list(TABLES)},
    )
    for table, name in policies.all():
        op.execute(f"DROP POLICY {name} ON {table}")
    for table in (*TABLES, "rating", "mail", "follower"):
        if table in TABLES:
            op.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")
        op.execute(f"GRANT SELECT, INSERT, UPDATE, DELETE ON {table} TO phananh_app")
    # Triggers stay SECURITY DEFINER: it makes no difference to an owner.
    op.execute(
        "DROP FUNCTION follower_of, asker_sees, somebody_asks, sensitive_released,"
        " photo_alike_mark, complaint_told, complaint_held, report_taken, rating_reason,"
        " said_in_public, supporters_of, sensitive_ids, shown_upload, shown_complaint,"
        " shown_participant, shown_hash"
    )
