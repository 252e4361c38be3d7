"""hot spots that are followed, what was found, mail that waits, and jobs

Revision: 0004
Revises: 0003
"""

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

from geo import job_schema

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

NOW = sa.text("now()")


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    default = None if nullable else NOW
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def upgrade() -> None:
    op.create_table(
        "follower",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False, comment="private: for mail alone"),
        _instant("created_at", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follower")),
        sa.UniqueConstraint("address", name=op.f("uq_follower_address")),
        comment="persons who asked for mail; a row goes with the last thing it follows",
    )
    op.create_table(
        "follow",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column(
            "follower_id", sa.BigInteger(), nullable=True, comment="null: the city's own, public"
        ),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False, comment="canonical query string"),
        sa.Column("resolution", sa.SmallInteger(), nullable=True),
        sa.Column("set_code", sa.Text(), nullable=True),
        sa.Column(
            "spot",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=True,
            comment="cells that are followed; null: every hot spot of the question",
        ),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text(), nullable=False),
        sa.Column(
            "state",
            postgresql.JSONB(),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="what the last observation left to compare with",
        ),
        sa.Column("observed_on", sa.Date(), nullable=True, comment="local day; null: not yet"),
        _instant("confirmed_at"),
        _instant("created_at", nullable=False),
        sa.CheckConstraint("kind IN ('hotspot', 'scan', 'report')", name=op.f("ck_follow_kind")),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_follow_language")),
        sa.CheckConstraint(
            "schedule IN ('daily', 'weekly', 'monthly')", name=op.f("ck_follow_schedule")
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_follow_city_id_city")),
        sa.ForeignKeyConstraint(
            ["follower_id"],
            ["follower.id"],
            name=op.f("fk_follow_follower_id_follower"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow")),
    )
    op.create_index(op.f("ix_follow_follower_id"), "follow", ["follower_id"])
    op.create_table(
        "follow_token",
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of a token in a mail"),
        sa.Column("follow_id", sa.BigInteger(), nullable=False),
        _instant("created_at", nullable=False),
        sa.ForeignKeyConstraint(
            ["follow_id"],
            ["follow.id"],
            name=op.f("fk_follow_token_follow_id_follow"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_follow_token")),
    )
    op.create_index(op.f("ix_follow_token_follow_id"), "follow_token", ["follow_id"])
    op.create_table(
        "news",
        sa.Column("id", sa.BigInteger(), sa.Identity(), nullable=False),
        sa.Column("follow_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False, comment="the last whole local day it is about"),
        _instant("found_at", nullable=False),
        sa.Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
        sa.Column("areas", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("areas_en", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("street", sa.Text(), nullable=True),
        sa.Column("cells", postgresql.ARRAY(sa.BigInteger()), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        _instant("told_at"),
        sa.CheckConstraint(
            "kind IN ('new', 'grew', 'faded', 'gone', 'returned', 'group')",
            name=op.f("ck_news_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["follow_id"], ["follow.id"], name=op.f("fk_news_follow_id_follow"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_news")),
    )
    op.create_index(op.f("ix_news_follow_id"), "news", ["follow_id"])
    op.create_table(
        "mail",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it tells: told once"),
        sa.Column("follow_id", sa.BigInteger(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True, comment="erased when it is sent"),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("plain", sa.Text(), nullable=True),
        sa.Column("html", sa.Text(), nullable=True),
        sa.Column("stop_url", sa.Text(), nullable=True),
        sa.Column(
            "report", postgresql.JSONB(), nullable=True, comment="the view to draw and attach"
        ),
        _instant("not_before", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        _instant("sent_at"),
        _instant("failed_at"),
        _instant("created_at", nullable=False),
        sa.CheckConstraint(
            "recipient IS NOT NULL OR sent_at IS NOT NULL OR failed_at IS NOT NULL",
            name=op.f("ck_mail_recipient"),
        ),
        sa.ForeignKeyConstraint(
            ["follow_id"], ["follow.id"], name=op.f("fk_mail_follow_id_follow"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mail")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_key")),
        comment="outbox: what is still to be sent, and the keys of what was",
    )
    op.create_index(op.f("ix_mail_follow_id"), "mail", ["follow_id"])
    op.create_index(
        "ix_mail_waiting",
        "mail",
        ["not_before"],
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )
    job_schema.bring_up(op.get_bind())


def downgrade() -> None:
    job_schema.take_away(op.get_bind())
    for table in ("mail", "news", "follow_token", "follow", "follower"):
        op.drop_table(table)
