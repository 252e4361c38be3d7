"""looks at what is personal, and what was learnt

Revision: 0013
Revises: 0012
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "look",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column(
            "actor",
            sa.Text(),
            nullable=False,
            comment="who looked: an account, never a reporter",
        ),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.CheckConstraint("act IN ('look', 'unmask', 'hide', 'erase')", name=op.f("ck_look_act")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_look")),
        comment="append-only: who saw or changed what is personal, and why",
    )
    op.create_table(
        "model",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column(
            "measured",
            postgresql.JSONB(),
            nullable=False,
            comment="what cross-validation found",
        ),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_model")),
        comment="what was learnt from the complaints; see geo.teaching",
    )
    op.create_index(op.f("ix_look_complaint_id"), "look", ["complaint_id"])
    op.create_index("ix_look_at", "look", ["at"])
    op.execute(
        """
        CREATE FUNCTION look_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
          RAISE EXCEPTION 'looks are append-only';
        END $$;
        CREATE TRIGGER look_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON look
          FOR EACH STATEMENT EXECUTE FUNCTION look_is_append_only();
        """
    )


def downgrade() -> None:
    op.drop_table("model")
    op.drop_table("look")
    op.execute("DROP FUNCTION look_is_append_only")
