"""What complaints can be of, and where they come from."""

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Identity,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.schema.base import instant, metadata

domain = Table(
    "domain",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("code", Text, nullable=False, unique=True),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    CheckConstraint("id > 0", name="positive"),
)

category = Table(
    "category",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("domain_id", ForeignKey("domain.id"), nullable=False),
    Column("code", Text, nullable=False, unique=True),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("colour", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column(
        "sensitive",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="public reads leave it out; see geo.privacy",
    ),
    Column("deadline", JSONB, nullable=False, server_default=text("'{}'")),
    Column("questions", JSONB, nullable=False, server_default=text("'[]'")),
    Column(
        "notice",
        JSONB,
        nullable=False,
        server_default=text("'{}'"),
        comment="told where it is chosen: vi, en, phone; stops: not taken here",
    ),
    Column("asks_urgency", Boolean, nullable=False, server_default=text("false")),
    Column(
        "meaning",
        Text,
        nullable=True,
        comment="categories with the same word may be about the same thing; null: only itself",
    ),
    Column("near_m", SmallInteger, nullable=False, server_default=text("100")),
    Column("near_days", SmallInteger, nullable=False, server_default=text("60")),
    Column(
        "answer_photo",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="a closing needs a photo of the place, taken afterwards",
    ),
    Column("answer_photo_m", SmallInteger, nullable=False, server_default=text("150")),
    Column(
        "answer_check",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="a supervisor looks at a closing before it is one",
    ),
    CheckConstraint("id > 0", name="positive"),
    CheckConstraint("answer_photo_m BETWEEN 10 AND 5000", name="answer_photo_m"),
    CheckConstraint("near_m BETWEEN 1 AND 2000 AND near_days BETWEEN 1 AND 3650", name="near"),
)

source = Table(
    "source",
    metadata,
    Column("id", SmallInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("licence", Text, nullable=True),
    Column("url", Text, nullable=True),
    instant("created_at", now=True),
    CheckConstraint("kind IN ('citizen', 'import', 'sample')", name="kind"),
)

model = Table(
    "model",
    metadata,
    Column("name", Text, primary_key=True),
    instant("made_at"),
    Column("measured", JSONB, nullable=False, comment="what cross-validation found"),
    Column("content", LargeBinary, nullable=False),
    comment="what was learnt from the complaints; see geo.teaching",
)
