"""Who takes part in a complaint, photos, answers and ratings."""

from geoalchemy2 import Geometry
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
    text,
)
from sqlalchemy.dialects.postgresql import JSONB

from geo.schema.base import instant, metadata, told_from

submission = Table(
    "submission",
    metadata,
    Column("complaint_id", Uuid, primary_key=True),
    Column("words", Text, nullable=True, comment="as written, where the public text is masked"),
    Column("address", Text, nullable=True, comment="as written, where the public one is masked"),
    Column("answers", JSONB, nullable=False, server_default=text("'{}'"), comment="by question"),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    instant("editable_until"),
    instant("erased_at", nullable=True),
    comment="what only the reporter and entitled officials see of a citizen's report",
)

participant = Table(
    "participant",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False, index=True),
    Column("role", Text, nullable=False),
    Column("link", LargeBinary, nullable=False, unique=True, comment="SHA-256 of the private link"),
    Column("device", LargeBinary, nullable=True, comment="SHA-256 of a device's random token"),
    Column("address", Text, nullable=True, comment="private: for mail alone"),
    Column("confirmation", LargeBinary, nullable=True, comment="SHA-256 of the mailed token"),
    instant("confirmed_at", nullable=True),
    Column("language", Text, nullable=False, server_default="vi"),
    instant("erased_at", nullable=True),
    instant("created_at", now=True),
    CheckConstraint("role IN ('reporter', 'supporter')", name="role"),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    # One reporter; a device supports a complaint once.
    Index(
        "ix_participant_reporter",
        "complaint_id",
        unique=True,
        postgresql_where=text("role = 'reporter'"),
    ),
    Index(
        "ix_participant_device",
        "complaint_id",
        "device",
        unique=True,
        postgresql_where=text("role = 'supporter'"),
    ),
    Index("ix_participant_confirmation", "confirmation"),
    # Who is told of progress: few of all, looked up for every change of a state.
    Index(
        "ix_participant_told",
        "complaint_id",
        postgresql_where=text("confirmed_at IS NOT NULL AND address IS NOT NULL"),
    ),
    comment="who reported or supports a complaint; nothing about the person is required",
)

look = Table(
    "look",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    instant("at", now=True),
    Column("complaint_id", Uuid, nullable=False, index=True),
    Column("act", Text, nullable=False),
    Column("actor", Text, nullable=False, comment="who looked: an account, never a reporter"),
    Column("reason", Text, nullable=False),
    CheckConstraint("act IN ('look', 'unmask', 'hide', 'erase')", name="act"),
    Index("ix_look_at", "at"),
    comment="append-only: who saw or changed what is personal, and why",
)

photo = Table(
    "photo",
    metadata,
    Column("id", Uuid, primary_key=True, comment="random: part of the public address"),
    Column("complaint_id", Uuid, nullable=True, index=True, comment="null: not yet sent"),
    Column("answer_id", ForeignKey("answer.id"), nullable=True, index=True),
    Column("upload", LargeBinary, nullable=True, unique=True, comment="SHA-256 of its token"),
    Column("position", SmallInteger, nullable=False, server_default=text("0")),
    Column("hidden", Boolean, nullable=False, server_default=text("false")),
    Column(
        "held",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="of an answer that waits for a supervisor: not swept away meanwhile",
    ),
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the stored picture"),
    Column("likeness", BigInteger, nullable=False, comment="64-bit perceptual hash"),
    instant("created_at", now=True),
    Index("ix_photo_unsent", "created_at", postgresql_where=text("complaint_id IS NULL")),
    # Quarters of the hash: pictures that differ in up to seven bits have one that differs in one
    # bit at most. Whole candidates are in the index, so that the table is not touched.
    *(
        Index(
            f"ix_photo_quarter_{n}",
            text(f"((likeness >> {16 * n}) & 65535)"),
            "likeness",
            postgresql_include=["id", "complaint_id"],
            postgresql_where=text("complaint_id IS NOT NULL"),
        )
        for n in range(4)
    ),
)

photo_alike = Table(
    "photo_alike",
    metadata,
    Column("photo_id", ForeignKey("photo.id", ondelete="CASCADE"), nullable=False),
    Column("other_id", ForeignKey("photo.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("distance", SmallInteger, nullable=False, comment="bits by which their hashes differ"),
    PrimaryKeyConstraint("photo_id", "other_id"),
    comment="for officials: a photo, and earlier ones of other complaints that look like it",
)

photo_discarded = Table(
    "photo_discarded",
    metadata,
    Column("photo_id", Uuid, primary_key=True),
    instant("at", now=True),
    comment="files still to be taken from the store; written by triggers",
)

photo_origin = Table(
    "photo_origin",
    metadata,
    Column("photo_id", ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, index=True, comment="SHA-256 as uploaded"),
    Column("media_type", Text, nullable=False),
    instant("taken_at", nullable=True),
    Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=True),
    comment="private: what the file said of itself before all of it was removed",
)

answer = Table(
    "answer",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False, index=True),
    Column("text", Text, nullable=False),
    Column("status", SmallInteger, nullable=True, comment="what the complaint became with it"),
    instant("at", now=True),
    # Closings with the same words, whatever their case, signs and accents.
    Index(
        "ix_answer_digest", text("answer_digest(text)"), "at", postgresql_where=text("status = 4")
    ),
    comment="what was answered, in public",
)

rating = Table(
    "rating",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("complaint_id", Uuid, nullable=False, index=True),
    Column("participant_id", ForeignKey("participant.id", ondelete="CASCADE"), nullable=False),
    Column("closed_at", DateTime(timezone=True), nullable=False, comment="of the closing judged"),
    Column("verdict", Text, nullable=False),
    Column("reason", Text, nullable=True, comment="private"),
    Column("reopened", Boolean, nullable=False, server_default=text("false")),
    instant("at", now=True),
    UniqueConstraint("participant_id", "closed_at"),
    CheckConstraint("verdict IN ('satisfied', 'accepted', 'dissatisfied')", name="verdict"),
    # Once, whoever asks.
    Index(
        "ix_rating_reopened",
        "complaint_id",
        unique=True,
        postgresql_where=text("reopened"),
    ),
    Index("ix_rating_at", "at"),
)

progress = Table(
    "progress",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column(
        "participant_id",
        ForeignKey("participant.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("event_id", Uuid, nullable=True),
    Column("answer_id", ForeignKey("answer.id", ondelete="CASCADE"), nullable=True, index=True),
    Column(
        "question_id",
        ForeignKey("work_question.id", ondelete="CASCADE"),
        nullable=True,
        index=True,
    ),
    instant("created_at", now=True),
    told_from(),
    CheckConstraint("num_nonnulls(event_id, answer_id, question_id) = 1", name="what"),
    comment="what is still to be told to whom: written by triggers, gone with its letter",
)
