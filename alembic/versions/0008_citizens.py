"""what citizens send and get: private links, supporters, photos, answers and ratings

Revision: 0008
Revises: 0007
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "answer",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column(
            "status", sa.SmallInteger(), nullable=True, comment="what the complaint became with it"
        ),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer")),
        comment="what was answered, in public",
    )
    op.create_index(op.f("ix_answer_complaint_id"), "answer", ["complaint_id"], unique=False)
    op.create_table(
        "participant",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("link", sa.LargeBinary(), nullable=False, comment="SHA-256 of the private link"),
        sa.Column(
            "device", sa.LargeBinary(), nullable=True, comment="SHA-256 of a device's random token"
        ),
        sa.Column("address", sa.Text(), nullable=True, comment="private: for mail alone"),
        sa.Column(
            "confirmation", sa.LargeBinary(), nullable=True, comment="SHA-256 of the mailed token"
        ),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_participant_language")),
        sa.CheckConstraint("role IN ('reporter', 'supporter')", name=op.f("ck_participant_role")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
        sa.UniqueConstraint("link", name=op.f("uq_participant_link")),
        comment="who reported or supports a complaint; nothing about the person is required",
    )
    op.create_index(
        op.f("ix_participant_complaint_id"), "participant", ["complaint_id"], unique=False
    )
    op.create_index("ix_participant_confirmation", "participant", ["confirmation"], unique=False)
    op.create_index(
        "ix_participant_device",
        "participant",
        ["complaint_id", "device"],
        unique=True,
        postgresql_where=sa.text("role = 'supporter'"),
    )
    op.create_index(
        "ix_participant_reporter",
        "participant",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("role = 'reporter'"),
    )
    op.create_table(
        "submission",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column(
            "words", sa.Text(), nullable=True, comment="as written, where the public text is masked"
        ),
        sa.Column(
            "address",
            sa.Text(),
            nullable=True,
            comment="as written, where the public one is masked",
        ),
        sa.Column(
            "answers",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="by question",
        ),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("editable_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_submission")),
        comment="what only the reporter and entitled officials see of a citizen's report",
    )
    op.create_table(
        "photo",
        sa.Column("id", sa.Uuid(), nullable=False, comment="random: part of the public address"),
        sa.Column("complaint_id", sa.Uuid(), nullable=True, comment="null: not yet sent"),
        sa.Column("answer_id", sa.BigInteger(), nullable=True),
        sa.Column("upload", sa.LargeBinary(), nullable=True, comment="SHA-256 of its token"),
        sa.Column("position", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("hidden", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("width", sa.Integer(), nullable=False),
        sa.Column("height", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.Integer(), nullable=False),
        sa.Column(
            "digest", sa.LargeBinary(), nullable=False, comment="SHA-256 of the stored picture"
        ),
        sa.Column("likeness", sa.BigInteger(), nullable=False, comment="64-bit perceptual hash"),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(["answer_id"], ["answer.id"], name=op.f("fk_photo_answer_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_photo")),
        sa.UniqueConstraint("upload", name=op.f("uq_photo_upload")),
    )
    op.create_index(op.f("ix_photo_answer_id"), "photo", ["answer_id"], unique=False)
    op.create_index(op.f("ix_photo_complaint_id"), "photo", ["complaint_id"], unique=False)
    op.create_index(
        "ix_photo_unsent",
        "photo",
        ["created_at"],
        unique=False,
        postgresql_where=sa.text("complaint_id IS NULL"),
    )
    op.create_table(
        "rating",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "closed_at", sa.DateTime(timezone=True), nullable=False, comment="of the closing judged"
        ),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True, comment="private"),
        sa.Column("reopened", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint(
            "verdict IN ('satisfied', 'accepted', 'dissatisfied')", name=op.f("ck_rating_verdict")
        ),
        sa.ForeignKeyConstraint(
            ["participant_id"],
            ["participant.id"],
            name=op.f("fk_rating_participant_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rating")),
        sa.UniqueConstraint(
            "participant_id", "closed_at", name=op.f("uq_rating_participant_id_closed_at")
        ),
    )
    op.create_index("ix_rating_at", "rating", ["at"], unique=False)
    op.create_index(op.f("ix_rating_complaint_id"), "rating", ["complaint_id"], unique=False)
    op.create_index(
        "ix_rating_reopened",
        "rating",
        ["complaint_id"],
        unique=True,
        postgresql_where=sa.text("reopened"),
    )
    op.create_table(
        "photo_origin",
        sa.Column("photo_id", sa.Uuid(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False, comment="SHA-256 as uploaded"),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("taken_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=True),
        sa.ForeignKeyConstraint(
            ["photo_id"], ["photo.id"], name=op.f("fk_photo_origin_photo_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("photo_id", name=op.f("pk_photo_origin")),
        comment="private: what the file said of itself before all of it was removed",
    )
    op.create_index(op.f("ix_photo_origin_digest"), "photo_origin", ["digest"], unique=False)
    op.add_column(
        "category",
        sa.Column(
            "notice",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="told where it is chosen: vi, en, phone; stops: not taken here",
        ),
    )
    op.add_column(
        "category",
        sa.Column("asks_urgency", sa.Boolean(), server_default=sa.text("false"), nullable=False),
    )
    op.add_column(
        "category",
        sa.Column(
            "meaning",
            sa.Text(),
            nullable=True,
            comment="categories with the same word may be about the same thing; null: only itself",
        ),
    )
    op.add_column(
        "category",
        sa.Column("near_m", sa.SmallInteger(), server_default=sa.text("100"), nullable=False),
    )
    op.add_column(
        "category",
        sa.Column("near_days", sa.SmallInteger(), server_default=sa.text("60"), nullable=False),
    )
    op.add_column("mail", sa.Column("participant_id", sa.BigInteger(), nullable=True))
    op.alter_column("mail", "follow_id", existing_type=sa.BIGINT(), nullable=True)
    op.create_index(op.f("ix_mail_participant_id"), "mail", ["participant_id"], unique=False)
    op.create_foreign_key(
        op.f("fk_mail_participant_id"),
        "mail",
        "participant",
        ["participant_id"],
        ["id"],
        ondelete="CASCADE",
    )
    op.create_check_constraint(
        op.f("ck_category_near"),
        "category",
        "near_m BETWEEN 1 AND 2000 AND near_days BETWEEN 1 AND 3650",
    )
    op.create_check_constraint(
        op.f("ck_mail_occasion"), "mail", "num_nonnulls(follow_id, participant_id) = 1"
    )


def downgrade() -> None:
    # Mail to those who take part in a complaint has no place in the former table.
    op.execute("DELETE FROM mail WHERE follow_id IS NULL")
    op.drop_constraint(op.f("ck_mail_occasion"), "mail")
    op.drop_constraint(op.f("ck_category_near"), "category")
    op.drop_constraint(op.f("fk_mail_participant_id"), "mail", type_="foreignkey")
    op.drop_index(op.f("ix_mail_participant_id"), table_name="mail")
    op.alter_column("mail", "follow_id", existing_type=sa.BIGINT(), nullable=False)
    op.drop_column("mail", "participant_id")
    op.drop_column("category", "near_days")
    op.drop_column("category", "near_m")
    op.drop_column("category", "meaning")
    op.drop_column("category", "asks_urgency")
    op.drop_column("category", "notice")
    op.drop_index(op.f("ix_photo_origin_digest"), table_name="photo_origin")
    op.drop_table("photo_origin")
    op.drop_index("ix_rating_reopened", table_name="rating", postgresql_where=sa.text("reopened"))
    op.drop_index(op.f("ix_rating_complaint_id"), table_name="rating")
    op.drop_index("ix_rating_at", table_name="rating")
    op.drop_table("rating")
    op.drop_index(
        "ix_photo_unsent", table_name="photo", postgresql_where=sa.text("complaint_id IS NULL")
    )
    op.drop_index(op.f("ix_photo_complaint_id"), table_name="photo")
    op.drop_index(op.f("ix_photo_answer_id"), table_name="photo")
    op.drop_table("photo")
    op.drop_table("submission")
    op.drop_index(
        "ix_participant_reporter",
        table_name="participant",
        postgresql_where=sa.text("role = 'reporter'"),
    )
    op.drop_index(
        "ix_participant_device",
        table_name="participant",
        postgresql_where=sa.text("role = 'supporter'"),
    )
    op.drop_index("ix_participant_confirmation", table_name="participant")
    op.drop_index(op.f("ix_participant_complaint_id"), table_name="participant")
    op.drop_table("participant")
    op.drop_index(op.f("ix_answer_complaint_id"), table_name="answer")
    op.drop_table("answer")
