"""pictures that look alike, and files that are to go with what is taken away

Revision: 0009
Revises: 0008
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.create_table(
        "photo_alike",
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column(
            "distance",
            sa.SmallInteger(),
            nullable=False,
            comment="bits by which their hashes differ",
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["photo.id"], name=op.f("fk_photo_alike_other_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_photo_alike_photo_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("photo_id", "other_id", name=op.f("pk_photo_alike")),
        comment="for officials: a photo, and earlier ones of other complaints that look like it",
    )
    op.create_index(op.f("ix_photo_alike_other_id"), "photo_alike", ["other_id"], unique=False)
    op.create_table(
        "photo_discarded",
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_photo_discarded")),
        comment="files still to be taken from the store; written by triggers",
    )
    for n in range(4):
        op.create_index(
            f"ix_photo_quarter_{n}",
            "photo",
            [sa.text(f"((likeness >> {16 * n}) & 65535)"), "likeness"],
            unique=False,
            postgresql_include=["id", "complaint_id"],
            postgresql_where=sa.text("complaint_id IS NOT NULL"),
        )
    op.execute((HERE / "0009_triggers.sql").read_text())


def downgrade() -> None:
    op.execute("DROP TRIGGER submission_erased ON submission")
    op.execute("DROP TRIGGER complaint_withdrawn ON complaint")
    op.execute("DROP TRIGGER photo_hidden ON photo")
    op.execute("DROP TRIGGER photo_deleted ON photo")
    op.execute("DROP FUNCTION reporters_photos_go()")
    op.execute("DROP FUNCTION photo_discarded()")
    for n in range(4):
        op.drop_index(f"ix_photo_quarter_{n}", table_name="photo")
    op.drop_table("photo_discarded")
    op.drop_index(op.f("ix_photo_alike_other_id"), table_name="photo_alike")
    op.drop_table("photo_alike")
