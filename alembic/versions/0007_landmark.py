"""places everyone knows

Revision: 0007
Revises: 0006
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "landmark",
        sa.Column("id", sa.Integer(), sa.Identity(), nullable=False),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_landmark_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_landmark")),
        comment="places everyone knows, to say where something is",
    )
    op.create_index(op.f("ix_landmark_city_id"), "landmark", ["city_id"])
    op.create_index("ix_landmark_geom", "landmark", ["geom"], postgresql_using="gist")


def downgrade() -> None:
    op.drop_index("ix_landmark_geom", table_name="landmark")
    op.drop_index(op.f("ix_landmark_city_id"), table_name="landmark")
    op.drop_table("landmark")
