"""Accounts of officials, what they may do and where, their work on complaints, and the audit log.

Row-level security of these tables is in `alembic/versions/0014_officials.sql`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.schema import Computed

from geo.schema.base import instant, metadata

account = Table(
    "account",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False, unique=True, comment="to sign in with: lower case"),
    Column("full_name", Text, nullable=False),
    Column("unit", Text, nullable=True, comment="the office a person works in"),
    Column("email", Text, nullable=True),
    Column("language", Text, nullable=False, server_default="vi"),
    Column("password", Text, nullable=True, comment="argon2id; null: signs in elsewhere"),
    Column("must_change", Boolean, nullable=False, server_default=text("false")),
    Column("totp", LargeBinary, nullable=True, comment="secret of the second factor, sealed"),
    Column("totp_step", BigInteger, nullable=True, comment="last step used: none counts twice"),
    Column(
        "totp_wanted",
        LargeBinary,
        nullable=True,
        comment="a secret that no code was given of yet, sealed",
    ),
    Column(
        "second_factor",
        Boolean,
        Computed("totp IS NOT NULL", persisted=True),
        comment="whether there is one: all that may be told",
    ),
    Column("issuer", Text, nullable=True, comment="of OpenID Connect"),
    Column("subject", Text, nullable=True),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("failures", SmallInteger, nullable=False, server_default=text("0")),
    instant("locked_until", nullable=True),
    instant("created_at", now=True),
    UniqueConstraint("issuer", "subject"),
    CheckConstraint("name = lower(name) AND name <> ''", name="name"),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    comment="officials; citizens need none",
)

account_session = Table(
    "account_session",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("hash", LargeBinary, nullable=False, unique=True, comment="SHA-256 of its token"),
    Column(
        "former",
        LargeBinary,
        nullable=True,
        unique=True,
        comment="SHA-256 of the token before, good until `former_until`",
    ),
    instant("former_until", nullable=True),
    Column("client", Text, nullable=False, server_default="", comment="the browser, in words"),
    Column(
        "whole",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="false until the second factor is given: it opens nothing yet",
    ),
    Column(
        "strong",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="begun with a second factor, here or where the person signed on",
    ),
    instant("created_at", now=True),
    instant("seen_at", now=True),
    instant("rotated_at", now=True),
    instant("expires_at"),
    instant("ended_at", nullable=True),
)

account_recovery = Table(
    "account_recovery",
    metadata,
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False),
    Column("hash", LargeBinary, nullable=False, comment="SHA-256 of a code"),
    instant("used_at", nullable=True),
    PrimaryKeyConstraint("account_id", "hash"),
    comment="codes that stand in for a lost second factor, each once",
)

account_role = Table(
    "account_role",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("areas", ARRAY(Text), nullable=True, comment="set:code of any level; null: everywhere"),
    Column("domains", ARRAY(Text), nullable=True, comment="codes; null: all of them"),
    instant("since", now=True),
    instant("until", nullable=True, comment="null: until it is taken away"),
    Column(
        "delegated_by",
        ForeignKey("account.id"),
        nullable=True,
        comment="whose role it stands in for; ends when theirs does",
    ),
    Column("stands_for", ForeignKey("account_role.id", ondelete="CASCADE"), nullable=True),
    Column("reason", Text, nullable=True),
    instant("created_at", now=True),
    CheckConstraint("role IN ('viewer', 'officer', 'supervisor', 'planner', 'admin')", name="role"),
    CheckConstraint("cardinality(areas) > 0 AND cardinality(domains) > 0", name="limits"),
    CheckConstraint("since < until", name="period"),
    CheckConstraint(
        "num_nonnulls(delegated_by, stands_for) IN (0, 2)"
        " AND (delegated_by IS NULL OR until IS NOT NULL)",
        name="delegation",
    ),
    comment="what an account may do, and where",
)

work = Table(
    "work",
    metadata,
    Column("complaint_id", Uuid, nullable=False),
    # Copies kept by triggers.
    Column("city_id", SmallInteger, nullable=False),
    Column("domain_id", SmallInteger, nullable=False),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("cell", BigInteger, nullable=False),
    instant("reported_at"),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    Column("area_ids", ARRAY(Integer), nullable=False, comment="where it lies, in every set"),
    Column("area_id", Integer, nullable=True, comment="who handles it: an area in force"),
    Column(
        "handler_ids",
        ARRAY(Integer),
        nullable=False,
        comment="areas, one of each set, whose officials handle it",
    ),
    Column(
        "handed",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="handed over: its place no longer says who handles it",
    ),
    Column(
        "acts",
        ARRAY(BigInteger),
        Computed("work_keys(handler_ids, domain_id)", persisted=True),
        comment="keys (see work_key) of who may change it",
    ),
    Column(
        "sees",
        ARRAY(BigInteger),
        Computed("work_keys(handler_ids || area_ids, domain_id)", persisted=True),
        comment="keys of who may see it",
    ),
    Column("assignee_id", ForeignKey("account.id"), nullable=True),
    instant("assigned_at", nullable=True),
    instant("accepted_at", nullable=True),
    instant("finished_at", nullable=True, comment="when it was last resolved or rejected"),
    instant("accept_due_at", nullable=True),
    instant("handle_due_at", nullable=True),
    instant("due_at", nullable=True, comment="what is due next; null: nothing, or not counted yet"),
    Column(
        "due_stale",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="its deadlines are to be counted anew",
    ),
    instant("paused_at", nullable=True, comment="since when its clock stands still"),
    Column("pause_reason", Text, nullable=True),
    Column("reopened", SmallInteger, nullable=False, server_default=text("0")),
    Column("bounces", SmallInteger, nullable=False, server_default=text("0")),
    Column(
        "check_state",
        Text,
        nullable=False,
        server_default="none",
        comment="asked: a supervisor is to look at the closing",
    ),
    Column("duplicate_of", Uuid, nullable=True),
    Column("version", Integer, nullable=False, server_default=text("1")),
    instant("updated_at", now=True),
    PrimaryKeyConstraint("complaint_id"),
    CheckConstraint("check_state IN ('none', 'asked', 'refused')", name="check_state"),
    Index("ix_work_sees", "sees", postgresql_using="gin"),
    # What the policy asks: keys of areas, and the domain for who has it everywhere.
    Index("ix_work_sight", text("array_append(sees, domain_id::bigint)"), postgresql_using="gin"),
    Index(
        "ix_work_due",
        "city_id",
        "due_at",
        "complaint_id",
        postgresql_where=text("status <= 3"),
    ),
    Index(
        "ix_work_area_due",
        "area_id",
        "due_at",
        "complaint_id",
        postgresql_where=text("status <= 3"),
    ),
    Index("ix_work_assignee", "assignee_id", postgresql_where=text("assignee_id IS NOT NULL")),
    Index("ix_work_stale", "complaint_id", postgresql_where=text("due_stale")),
    Index("ix_work_finished", "area_id", "finished_at"),
    Index(
        "ix_work_duplicate_of", "duplicate_of", postgresql_where=text("duplicate_of IS NOT NULL")
    ),
    comment="who handles a complaint by when: a row for each that is open or was handled here",
)

work_event = Table(
    "work_event",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("account_id", ForeignKey("account.id"), nullable=True, comment="null: the system"),
    Column("act", Text, nullable=False, comment="assign, hand-over, ask ..."),
    Column("reason", Text, nullable=True),
    Column("change", JSONB, nullable=False, server_default=text("'{}'")),
    Index("ix_work_event_complaint_id", "complaint_id", "id"),
    Index("ix_work_event_act_at", "act", "at"),
    comment="append-only: what officials did with a complaint; for officials alone",
)

work_note = Table(
    "work_note",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False, index=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("key", Text, nullable=True, unique=True, comment="of a device: sent twice, kept once"),
    instant("at", now=True),
    comment="internal notes, for officials of the area alone",
)

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger, nullable=False, autoincrement=False),
    Column("at", DateTime(timezone=True), nullable=False),
    Column("account_id", BigInteger, nullable=True),
    Column("actor", Text, nullable=False, comment="the account's name then, or the command"),
    Column("act", Text, nullable=False),
    Column("subject", Text, nullable=False, comment="what it was done to: a code, an account ..."),
    Column("details", JSONB, nullable=False),
    Column("hash", LargeBinary, nullable=False, comment="of the entry before it and of this one"),
    PrimaryKeyConstraint("id"),
    Index("ix_audit_at", "at"),
    Index("ix_audit_account_id_at", "account_id", "at"),
    Index("ix_audit_act_at", "act", "at"),
    Index("ix_audit_subject", "subject", "id"),
    comment="append-only chain; written by audit_append alone",
)

audit_head = Table(
    "audit_head",
    metadata,
    Column("one", Boolean, primary_key=True, server_default=text("true")),
    Column("id", BigInteger, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    CheckConstraint("one", name="one"),
    comment="the end of the chain: whoever appends holds it",
)
