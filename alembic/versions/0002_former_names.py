"""former names of areas; city totals by all and by domain

Revision: 0002
Revises: 0001
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "area",
        sa.Column(
            "formerly",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="names of what was merged into it, for search",
        ),
    )
    op.execute(
        """
        INSERT INTO rollup (city_id, grid, span, kind, day, place, status, n)
        SELECT r.city_id, 0, r.span, k.kind, r.day, 0, r.status, sum(r.n)
          FROM rollup r JOIN category c ON c.id = r.kind
         CROSS JOIN LATERAL (VALUES (0::smallint), ((-c.domain_id)::smallint)) AS k(kind)
         WHERE r.grid = 0 AND r.kind > 0
         GROUP BY r.city_id, r.span, k.kind, r.day, r.status
        HAVING sum(r.n) <> 0
        """
    )


def downgrade() -> None:
    op.execute("DELETE FROM rollup WHERE grid = 0 AND kind <= 0")
    op.drop_column("area", "formerly")
