"""places that are watched

Revision: 0012
Revises: 0011
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

NOW = sa.text("now()")
TRIGGERS = (Path(__file__).parent / "0012_triggers.sql").read_text()


def _instant(name: str, *, nullable: bool = True) -> sa.Column[object]:
    default = None if nullable else NOW
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger(), sa.Identity(), nullable=False)


def _references(table: str, column: str, to: str, *, cascade: bool = True) -> sa.Constraint:
    name = op.f(f"fk_{table}_{column}")
    return sa.ForeignKeyConstraint(
        [column], [f"{to}.id"], name=name, ondelete="CASCADE" if cascade else None
    )


def _watches() -> None:
    op.create_table(
        "watch",
        _number("id"),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("question", sa.Text(), nullable=False, comment="canonical query string"),
        sa.Column(
            "domain_ids", postgresql.ARRAY(sa.SmallInteger()), nullable=True, comment="null: all"
        ),
        sa.Column(
            "category_ids", postgresql.ARRAY(sa.SmallInteger()), nullable=True, comment="null: all"
        ),
        sa.Column(
            "areas",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="set:code, as the question has them",
        ),
        sa.Column(
            "outline",
            Geometry("GEOMETRY", 4326, spatial_index=False),
            nullable=True,
            comment="no complaint outside of it answers the question",
        ),
        _references("watch", "city_id", "city", cascade=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_watch")),
        sa.UniqueConstraint("city_id", "question", name=op.f("uq_watch_city_id_question")),
        comment="questions whose new complaints somebody is told of, found by a complaint's place",
    )
    op.create_index("ix_watch_outline", "watch", ["outline"], postgresql_using="gist")
    op.create_index("ix_watch_areas", "watch", ["areas"], postgresql_using="gin")
    op.create_index(
        "ix_watch_anywhere",
        "watch",
        ["city_id"],
        postgresql_where=sa.text("outline IS NULL AND areas IS NULL"),
    )
    op.create_table(
        "happening",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False, comment="arrived, closed, status or answered"),
        _instant("at", nullable=False),
        comment="what happened to complaints and was not looked at yet for those who watch",
    )
    op.create_table(
        "sighting",
        sa.Column(
            "n", sa.BigInteger(), sa.Identity(), nullable=False, comment="in the order of commits"
        ),
        sa.Column("watch_id", sa.BigInteger(), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        _instant("at", nullable=False),
        sa.CheckConstraint("kind IN ('arrived', 'closed')", name=op.f("ck_sighting_kind")),
        _references("sighting", "watch_id", "watch"),
        sa.PrimaryKeyConstraint("n", name=op.f("pk_sighting")),
        sa.UniqueConstraint(
            "watch_id",
            "complaint_id",
            "kind",
            name=op.f("uq_sighting_watch_id_complaint_id_kind"),
        ),
        comment="complaints that answer a watched question; a follow's `told` says up to where it"
        " is",
    )
    op.create_index("ix_sighting_watch_id_n", "sighting", ["watch_id", "n"])
    op.create_index("ix_sighting_at", "sighting", ["at"])


def _pushes() -> None:
    op.create_table(
        "push_subscription",
        _number("id"),
        sa.Column("endpoint", sa.Text(), nullable=False, comment="private: who has it may push"),
        sa.Column("p256dh", sa.Text(), nullable=False, comment="the browser's public key"),
        sa.Column(
            "auth", sa.Text(), nullable=False, comment="the browser's secret of authentication"
        ),
        sa.Column("language", sa.Text(), nullable=False, server_default="vi"),
        _instant("created_at", nullable=False),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_push_subscription_language")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_subscription")),
        sa.UniqueConstraint("endpoint", name=op.f("uq_push_subscription_endpoint")),
        comment="browsers that asked for web push; a row goes with the last thing it follows",
    )
    op.create_table(
        "participant_push",
        sa.Column("participant_id", sa.BigInteger(), nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=False),
        _instant("created_at", nullable=False),
        _references("participant_push", "participant_id", "participant"),
        _references("participant_push", "push_id", "push_subscription"),
        sa.PrimaryKeyConstraint("participant_id", "push_id", name=op.f("pk_participant_push")),
        comment="who is told by push how their own complaint goes on",
    )
    op.create_index(op.f("ix_participant_push_push_id"), "participant_push", ["push_id"])


def _messages() -> None:
    op.create_table(
        "push_message",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it tells: told once"),
        sa.Column("push_id", sa.BigInteger(), nullable=False),
        sa.Column("follow_id", sa.BigInteger(), nullable=True),
        sa.Column("payload", postgresql.JSONB(), nullable=True, comment="erased when it is sent"),
        _instant("not_before", nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        _instant("sent_at"),
        _instant("failed_at"),
        _instant("created_at", nullable=False),
        sa.CheckConstraint(
            "payload IS NOT NULL OR sent_at IS NOT NULL OR failed_at IS NOT NULL",
            name=op.f("ck_push_message_payload"),
        ),
        _references("push_message", "push_id", "push_subscription"),
        _references("push_message", "follow_id", "follow"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_push_message")),
        sa.UniqueConstraint("key", name=op.f("uq_push_message_key")),
        comment="as mail: what is still to be pushed, and the keys of what was",
    )
    for column in ("push_id", "follow_id"):
        op.create_index(op.f(f"ix_push_message_{column}"), "push_message", [column])
    op.create_index(
        "ix_push_message_waiting",
        "push_message",
        ["not_before"],
        postgresql_where=sa.text("sent_at IS NULL AND failed_at IS NULL"),
    )


def _checks(kinds: str, schedules: str) -> None:
    for name, condition in (
        ("kind", f"kind IN ({kinds})"),
        ("schedule", f"schedule IN ({schedules})"),
    ):
        op.drop_constraint(op.f(f"ck_follow_{name}"), "follow")
        op.create_check_constraint(op.f(f"ck_follow_{name}"), "follow", condition)


def upgrade() -> None:
    _watches()
    _pushes()
    no, zero = sa.text("false"), sa.text("0")
    for column in (
        sa.Column("push_id", sa.BigInteger(), nullable=True, comment="told there, and not by mail"),
        sa.Column(
            "watch_id",
            sa.BigInteger(),
            nullable=True,
            comment="of single complaints: the question that is watched",
        ),
        sa.Column(
            "told",
            sa.BigInteger(),
            nullable=False,
            server_default=zero,
            comment="the last sighting that is told, or came before it began",
        ),
        sa.Column(
            "progress",
            sa.Boolean(),
            nullable=False,
            server_default=no,
            comment="told of closings too",
        ),
    ):
        op.add_column("follow", column)
    for column, to, ondelete in (
        ("push_id", "push_subscription", "CASCADE"),
        ("watch_id", "watch", None),
    ):
        op.create_foreign_key(
            op.f(f"fk_follow_{column}"), "follow", to, [column], ["id"], ondelete=ondelete
        )
        op.create_index(op.f(f"ix_follow_{column}"), "follow", [column])
    _checks("'hotspot', 'scan', 'report', 'complaints'", "'instant', 'daily', 'weekly', 'monthly'")
    op.create_check_constraint(
        op.f("ck_follow_watch"), "follow", "(kind = 'complaints') = (watch_id IS NOT NULL)"
    )
    op.create_check_constraint(
        op.f("ck_follow_channel"), "follow", "num_nonnulls(follower_id, push_id) <= 1"
    )
    _messages()
    op.execute(TRIGGERS)


def downgrade() -> None:
    for name in ("complaint_arrived", "complaint_went_on"):
        op.execute(f"DROP TRIGGER {name} ON complaint")
        op.execute(f"DROP FUNCTION {name}")
    op.execute("DROP TRIGGER complaint_answered ON answer")
    op.execute("DROP FUNCTION complaint_answered")
    op.drop_table("push_message")
    op.execute("DELETE FROM follow WHERE kind = 'complaints'")
    op.execute(
        "DELETE FROM follower r WHERE NOT EXISTS (SELECT FROM follow WHERE follower_id = r.id)"
    )
    for name in ("watch", "channel"):
        op.drop_constraint(op.f(f"ck_follow_{name}"), "follow")
    _checks("'hotspot', 'scan', 'report'", "'daily', 'weekly', 'monthly'")
    for column in ("push_id", "watch_id", "told", "progress"):
        op.drop_column("follow", column)
    for table in ("participant_push", "push_subscription", "sighting", "happening", "watch"):
        op.drop_table(table)
