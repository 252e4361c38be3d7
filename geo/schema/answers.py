"""What answers are made of: templates, grounds of a refusal, questions, closings that wait."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKey,
    Identity,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo.schema.base import instant, metadata

answer_template = Table(
    "answer_template",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("name", Text, nullable=False),
    Column("domain_id", ForeignKey("domain.id"), nullable=True),
    Column("category_id", ForeignKey("category.id"), nullable=True),
    Column("language", Text, nullable=False, server_default="vi"),
    Column("text", Text, nullable=False, comment="with {fields} that are to be filled"),
    instant("changed_at", now=True),
    UniqueConstraint("name", "language"),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    CheckConstraint("num_nonnulls(domain_id, category_id) <= 1", name="scope"),
    comment="answers to begin with; neither domain nor category: for all",
)

refusal_ground = Table(
    "refusal_ground",
    metadata,
    Column("code", Text, primary_key=True),
    Column("vi", Text, nullable=False),
    Column("en", Text, nullable=False),
    Column("law", Text, nullable=False, comment="the law or rule, as citizens are told it"),
    Column("position", SmallInteger, nullable=False, server_default=text("0")),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column(
        "shipped",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="as it came with the product: nobody here has confirmed it",
    ),
    instant("changed_at", now=True),
    comment="why a complaint may be refused",
)

work_question = Table(
    "work_question",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False, index=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("text", Text, nullable=False),
    instant("at", now=True),
    Column("reply", Text, nullable=True, comment="private: of the reporter, erased with the rest"),
    instant("replied_at", nullable=True),
    comment="what officials asked the reporter, and the reply: for these two alone",
)

work_closing = Table(
    "work_closing",
    metadata,
    Column("complaint_id", Uuid, primary_key=True),
    Column("account_id", ForeignKey("account.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("photos", ARRAY(Uuid), nullable=False, comment="uploads, in their order"),
    Column("proof", JSONB, nullable=False, comment="what their files said of time and place"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    comment="an answer that is to close it once a supervisor has looked at it",
)
