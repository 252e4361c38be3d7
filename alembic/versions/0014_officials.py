"""officials: accounts, their work, the audit log, row-level security

Revision: 0014
Revises: 0013
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent


def upgrade() -> None:
    op.execute((HERE / "0014_keys.sql").read_text())
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False, comment="to sign in with: lower case"),
        sa.Column("full_name", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=True, comment="the office a person works in"),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("language", sa.Text(), server_default="vi", nullable=False),
        sa.Column(
            "password", sa.Text(), nullable=True, comment="argon2id; null: signs in elsewhere"
        ),
        sa.Column("must_change", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "totp", sa.LargeBinary(), nullable=True, comment="secret of the second factor, sealed"
        ),
        sa.Column(
            "totp_step", sa.BigInteger(), nullable=True, comment="last step used: none counts twice"
        ),
        sa.Column("issuer", sa.Text(), nullable=True, comment="of OpenID Connect"),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("failures", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("language IN ('vi', 'en')", name=op.f("ck_account_language")),
        sa.CheckConstraint("name = lower(name) AND name <> ''", name=op.f("ck_account_name")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("issuer", "subject", name=op.f("uq_account_issuer_subject")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
        comment="officials; citizens need none",
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column(
            "actor", sa.Text(), nullable=False, comment="the account's name then, or the command"
        ),
        sa.Column("act", sa.Text(), nullable=False),
        sa.Column(
            "subject",
            sa.Text(),
            nullable=False,
            comment="what it was done to: a code, an account ...",
        ),
        sa.Column("details", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "hash",
            sa.LargeBinary(),
            nullable=False,
            comment="of the entry before it and of this one",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        comment="append-only chain; written by audit_append alone",
    )
    op.create_index("ix_audit_account_id_at", "audit", ["account_id", "at"], unique=False)
    op.create_index("ix_audit_act_at", "audit", ["act", "at"], unique=False)
    op.create_index("ix_audit_at", "audit", ["at"], unique=False)
    op.create_index("ix_audit_subject", "audit", ["subject", "id"], unique=False)
    op.create_table(
        "audit_head",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("one", name=op.f("ck_audit_head_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_head")),
        comment="the end of the chain: whoever appends holds it",
    )
    op.create_table(
        "account_role",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column(
            "areas",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="set:code of any level; null: everywhere",
        ),
        sa.Column(
            "domains",
            postgresql.ARRAY(sa.Text()),
            nullable=True,
            comment="codes; null: all of them",
        ),
        sa.Column(
            "since", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "until",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="null: until it is taken away",
        ),
        sa.Column(
            "delegated_by",
            sa.BigInteger(),
            nullable=True,
            comment="whose role it stands in for; ends when theirs does",
        ),
        sa.Column("stands_for", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "role IN ('viewer', 'officer', 'supervisor', 'planner', 'admin')",
            name=op.f("ck_account_role_role"),
        ),
        sa.CheckConstraint(
            "cardinality(areas) > 0 AND cardinality(domains) > 0",
            name=op.f("ck_account_role_limits"),
        ),
        sa.CheckConstraint(
            "num_nonnulls(delegated_by, stands_for) IN (0, 2)"
            " AND (delegated_by IS NULL OR until IS NOT NULL)",
            name=op.f("ck_account_role_delegation"),
        ),
        sa.CheckConstraint("since < until", name=op.f("ck_account_role_period")),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_role_account_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["delegated_by"], ["account.id"], name=op.f("fk_account_role_delegated_by")
        ),
        sa.ForeignKeyConstraint(
            ["stands_for"],
            ["account_role.id"],
            name=op.f("fk_account_role_stands_for"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_role")),
        comment="what an account may do, and where",
    )
    op.create_index(
        op.f("ix_account_role_account_id"), "account_role", ["account_id"], unique=False
    )
    op.create_table(
        "account_session",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("hash", sa.LargeBinary(), nullable=False, comment="SHA-256 of its token"),
        sa.Column(
            "former",
            sa.LargeBinary(),
            nullable=True,
            comment="SHA-256 of the token before, good until `former_until`",
        ),
        sa.Column("former_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "client", sa.Text(), server_default="", nullable=False, comment="the browser, in words"
        ),
        sa.Column(
            "whole",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="false until the second factor is given: it opens nothing yet",
        ),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column(
            "seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column(
            "rotated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["account_id"],
            ["account.id"],
            name=op.f("fk_account_session_account_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account_session")),
        sa.UniqueConstraint("former", name=op.f("uq_account_session_former")),
        sa.UniqueConstraint("hash", name=op.f("uq_account_session_hash")),
    )
    op.create_index(
        op.f("ix_account_session_account_id"), "account_session", ["account_id"], unique=False
    )
    op.create_table(
        "work",
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("domain_id", sa.SmallInteger(), nullable=False),
        sa.Column("category_id", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("urgent", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column(
            "area_ids",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="where it lies, in every set",
        ),
        sa.Column(
            "area_id", sa.Integer(), nullable=True, comment="who handles it: an area in force"
        ),
        sa.Column(
            "handler_ids",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="areas, one of each set, whose officials handle it",
        ),
        sa.Column(
            "handed",
            sa.Boolean(),
            server_default=sa.text("false"),
            nullable=False,
            comment="handed over: its place no longer says who handles it",
        ),
        sa.Column(
            "acts",
            postgresql.ARRAY(sa.BigInteger()),
            sa.Computed("work_keys(handler_ids, domain_id)", persisted=True),
            nullable=True,
            comment="keys (see work_key) of who may change it",
        ),
        sa.Column(
            "sees",
            postgresql.ARRAY(sa.BigInteger()),
            sa.Computed("work_keys(handler_ids || area_ids, domain_id)", persisted=True),
            nullable=True,
            comment="keys of who may see it",
        ),
        sa.Column("assignee_id", sa.BigInteger(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "finished_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="when it was last resolved or rejected",
        ),
        sa.Column("accept_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "due_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="what is due next; null: nothing, or not counted yet",
        ),
        sa.Column(
            "due_stale",
            sa.Boolean(),
            server_default=sa.text("true"),
            nullable=False,
            comment="its deadlines are to be counted anew",
        ),
        sa.Column(
            "paused_at",
            sa.DateTime(timezone=True),
            nullable=True,
            comment="since when its clock stands still",
        ),
        sa.Column("pause_reason", sa.Text(), nullable=True),
        sa.Column("reopened", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("bounces", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "check_state",
            sa.Text(),
            server_default="none",
            nullable=False,
            comment="asked: a supervisor is to look at the closing",
        ),
        sa.Column("duplicate_of", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "check_state IN ('none', 'asked', 'refused')", name=op.f("ck_work_check_state")
        ),
        sa.ForeignKeyConstraint(["assignee_id"], ["account.id"], name=op.f("fk_work_assignee_id")),
        sa.PrimaryKeyConstraint("complaint_id", name=op.f("pk_work")),
        comment="who handles a complaint by when: a row for each that is open or was handled here",
    )
    op.create_index(
        "ix_work_area_due",
        "work",
        ["area_id", "due_at", "complaint_id"],
        unique=False,
        postgresql_where=sa.text("status <= 3"),
    )
    op.create_index(
        "ix_work_assignee",
        "work",
        ["assignee_id"],
        unique=False,
        postgresql_where=sa.text("assignee_id IS NOT NULL"),
    )
    op.create_index(
        "ix_work_due",
        "work",
        ["city_id", "due_at", "complaint_id"],
        unique=False,
        postgresql_where=sa.text("status <= 3"),
    )
    op.create_index(
        "ix_work_duplicate_of",
        "work",
        ["duplicate_of"],
        unique=False,
        postgresql_where=sa.text("duplicate_of IS NOT NULL"),
    )
    op.create_index("ix_work_finished", "work", ["area_id", "finished_at"], unique=False)
    op.create_index("ix_work_sees", "work", ["sees"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_work_stale",
        "work",
        ["complaint_id"],
        unique=False,
        postgresql_where=sa.text("due_stale"),
    )
    op.create_table(
        "work_event",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at",
            sa.DateTime(timezone=True),
            server_default=sa.text("clock_timestamp()"),
            nullable=False,
        ),
        sa.Column("account_id", sa.BigInteger(), nullable=True, comment="null: the system"),
        sa.Column("act", sa.Text(), nullable=False, comment="assign, hand-over, ask ..."),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column(
            "change",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_work_event_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_event")),
        comment="append-only: what officials did with a complaint; for officials alone",
    )
    op.create_index("ix_work_event_act_at", "work_event", ["act", "at"], unique=False)
    op.create_index(
        "ix_work_event_complaint_id", "work_event", ["complaint_id", "id"], unique=False
    )
    op.create_table(
        "work_note",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=True, comment="of a device: sent twice, kept once"),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_work_note_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_work_note")),
        sa.UniqueConstraint("key", name=op.f("uq_work_note_key")),
        comment="internal notes, for officials of the area alone",
    )
    op.create_index(op.f("ix_work_note_complaint_id"), "work_note", ["complaint_id"], unique=False)
    op.add_column("mail", sa.Column("account_id", sa.BigInteger(), nullable=True))
    op.create_foreign_key(
        op.f("fk_mail_account_id"), "mail", "account", ["account_id"], ["id"], ondelete="CASCADE"
    )
    op.create_index(op.f("ix_mail_account_id"), "mail", ["account_id"])
    op.drop_constraint("ck_mail_occasion", "mail")
    op.create_check_constraint(
        op.f("ck_mail_occasion"), "mail", "num_nonnulls(follow_id, participant_id, account_id) = 1"
    )
    op.execute(sa.text((HERE / "0014_officials.sql").read_text().replace(":", r"\:")))
    # What is open now has its work too.
    op.execute("SELECT work_begun(array(SELECT id FROM complaint WHERE status <= 3))")


def downgrade() -> None:
    op.execute((HERE / "0014_down.sql").read_text())
    op.drop_constraint("ck_mail_occasion", "mail")
    op.execute("DELETE FROM mail WHERE account_id IS NOT NULL")
    op.drop_column("mail", "account_id")
    op.create_check_constraint(
        op.f("ck_mail_occasion"), "mail", "num_nonnulls(follow_id, participant_id) = 1"
    )
    for name in (
        "work_note",
        "work_event",
        "work",
        "account_role",
        "account_session",
        "account",
        "audit",
        "audit_head",
    ):
        op.drop_table(name)
    op.execute("DROP FUNCTION work_keys; DROP FUNCTION work_key")
