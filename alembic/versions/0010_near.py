"""what may already be reported: the open complaints of a place, and the settings of categories

Revision: 0010
Revises: 0009
"""

import sqlalchemy as sa
from alembic import op

from geo.category_settings import shipped
from geo.schema import category

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Categories nobody set get what new instances start with; here and once, so that an operator who
# empties them again is not overruled at the next start.
UNTOUCHED = (
    "questions = '[]' AND notice = '{}' AND NOT asks_urgency AND meaning IS NULL"
    " AND near_m = 100 AND near_days = 60"
)

SET = frozenset({"questions", "notice", "asks_urgency", "meaning", "near_m", "near_days"})


def upgrade() -> None:
    op.create_index(
        "ix_complaint_open",
        "complaint",
        [sa.literal_column("(cell >> 15)"), "category_id", sa.literal_column("reported_at DESC")],
        unique=False,
        postgresql_where=sa.text("status <= 3"),
    )
    for code, settings in shipped().items():
        op.execute(
            sa.update(category)
            .where(category.c.code == code, sa.text(UNTOUCHED))
            # Settings that came later have no column yet.
            .values({name: value for name, value in settings.row().items() if name in SET})
        )


def downgrade() -> None:
    op.drop_index("ix_complaint_open", table_name="complaint")
