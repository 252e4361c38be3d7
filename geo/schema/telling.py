"""Who is told of what: follows, watches, mail and push."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    Uuid,
    func,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo.schema.base import instant, metadata, told_from

follower = Table(
    "follower",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("address", Text, nullable=False, unique=True, comment="private: for mail alone"),
    instant("created_at", now=True),
    comment="persons who asked for mail; a row goes with the last thing it follows",
)

follow = Table(
    "follow",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column(
        "follower_id",
        ForeignKey("follower.id", ondelete="CASCADE"),
        nullable=True,
        index=True,
        comment="null: the city's own, public",
    ),
    Column("city_id", ForeignKey("city.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("question", Text, nullable=False, comment="canonical query string"),
    Column("resolution", SmallInteger, nullable=True),
    Column("set_code", Text, nullable=True),
    Column(
        "spot",
        ARRAY(BigInteger),
        nullable=True,
        comment="cells that are followed; null: every hot spot of the question",
    ),
    Column("language", Text, nullable=False),
    Column("schedule", Text, nullable=False),
    Column(
        "state",
        JSONB,
        nullable=False,
        server_default=text("'{}'"),
        comment="what the last observation left to compare with",
    ),
    Column("observed_on", Date, nullable=True, comment="local day; null: not yet"),
    Column(
        "push_id",
        ForeignKey("push_subscription.id", ondelete="CASCADE"),
        nullable=True,
        index=True,
        comment="told there, and not by mail",
    ),
    Column(
        "watch_id",
        ForeignKey("watch.id"),
        nullable=True,
        index=True,
        comment="of single complaints: the question that is watched",
    ),
    Column(
        "told",
        BigInteger,
        nullable=False,
        server_default=text("0"),
        comment="the last sighting that is told, or came before it began",
    ),
    Column(
        "progress",
        Boolean,
        nullable=False,
        server_default=text("false"),
        comment="told of closings too",
    ),
    instant("confirmed_at", nullable=True),
    instant("created_at", now=True),
    CheckConstraint("kind IN ('hotspot', 'scan', 'report', 'complaints')", name="kind"),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    CheckConstraint("schedule IN ('instant', 'daily', 'weekly', 'monthly')", name="schedule"),
    CheckConstraint("(kind = 'complaints') = (watch_id IS NOT NULL)", name="watch"),
    CheckConstraint("num_nonnulls(follower_id, push_id) <= 1", name="channel"),
)

watch = Table(
    "watch",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False),
    Column("question", Text, nullable=False, comment="canonical query string"),
    Column("domain_ids", ARRAY(SmallInteger), nullable=True, comment="null: all"),
    Column("category_ids", ARRAY(SmallInteger), nullable=True, comment="null: all"),
    Column("areas", ARRAY(Text), nullable=True, comment="set:code, as the question has them"),
    Column(
        "outline",
        Geometry("GEOMETRY", 4326, spatial_index=False),
        nullable=True,
        comment="no complaint outside of it answers the question",
    ),
    UniqueConstraint("city_id", "question"),
    Index("ix_watch_outline", "outline", postgresql_using="gist"),
    Index("ix_watch_areas", "areas", postgresql_using="gin"),
    Index(
        "ix_watch_anywhere",
        "city_id",
        postgresql_where=text("outline IS NULL AND areas IS NULL"),
    ),
    comment="questions whose new complaints somebody is told of, found by a complaint's place",
)

happening = Table(
    "happening",
    metadata,
    Column("complaint_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False, comment="arrived, closed, status or answered"),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.now()),
    told_from(),
    comment="what happened to complaints and was not looked at yet for those who watch",
)

sighting = Table(
    "sighting",
    metadata,
    Column("n", BigInteger, Identity(), primary_key=True, comment="in the order of commits"),
    Column("watch_id", ForeignKey("watch.id", ondelete="CASCADE"), nullable=False),
    Column("complaint_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    instant("at", now=True),
    UniqueConstraint("watch_id", "complaint_id", "kind"),
    CheckConstraint("kind IN ('arrived', 'closed')", name="kind"),
    Index("ix_sighting_watch_id_n", "watch_id", "n"),
    Index("ix_sighting_at", "at"),
    comment="complaints that answer a watched question; a follow's `told` says up to where it is",
)

push_subscription = Table(
    "push_subscription",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("endpoint", Text, nullable=False, unique=True, comment="private: who has it may push"),
    Column("p256dh", Text, nullable=False, comment="the browser's public key"),
    Column("auth", Text, nullable=False, comment="the browser's secret of authentication"),
    Column("language", Text, nullable=False, server_default="vi"),
    instant("created_at", now=True),
    CheckConstraint("language IN ('vi', 'en')", name="language"),
    comment="browsers that asked for web push; a row goes with the last thing it follows",
)

participant_push = Table(
    "participant_push",
    metadata,
    Column("participant_id", ForeignKey("participant.id", ondelete="CASCADE"), primary_key=True),
    Column(
        "push_id",
        ForeignKey("push_subscription.id", ondelete="CASCADE"),
        primary_key=True,
        index=True,
    ),
    instant("created_at", now=True),
    comment="who is told by push how their own complaint goes on",
)

push_message = Table(
    "push_message",
    metadata,
    Column("id", Uuid, server_default=func.gen_random_uuid(), primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="what it tells: told once"),
    Column(
        "push_id",
        ForeignKey("push_subscription.id", ondelete="CASCADE"),
        nullable=False,
        index=True,
    ),
    Column("follow_id", ForeignKey("follow.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("payload", JSONB(none_as_null=True), nullable=True, comment="erased when it is sent"),
    instant("not_before", now=True),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    instant("sent_at", nullable=True),
    instant("failed_at", nullable=True),
    instant("created_at", now=True),
    CheckConstraint(
        "payload IS NOT NULL OR sent_at IS NOT NULL OR failed_at IS NOT NULL", name="payload"
    ),
    Index(
        "ix_push_message_waiting",
        "not_before",
        postgresql_where=text("sent_at IS NULL AND failed_at IS NULL"),
    ),
    comment="as mail: what is still to be pushed, and the keys of what was",
)

follow_token = Table(
    "follow_token",
    metadata,
    Column("hash", LargeBinary, primary_key=True, comment="SHA-256 of a token in a mail"),
    Column("follow_id", ForeignKey("follow.id", ondelete="CASCADE"), nullable=False, index=True),
    instant("created_at", now=True),
)

news = Table(
    "news",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("follow_id", ForeignKey("follow.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("day", Date, nullable=False, comment="the last whole local day it is about"),
    instant("found_at", now=True),
    Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("areas_en", ARRAY(Text), nullable=False),
    Column("street", Text, nullable=True),
    Column("cells", ARRAY(BigInteger), nullable=False),
    Column("figures", JSONB, nullable=False),
    instant("told_at", nullable=True),
    CheckConstraint("kind IN ('new', 'grew', 'faded', 'gone', 'returned', 'group')", name="kind"),
)

mail = Table(
    "mail",
    metadata,
    Column("id", Uuid, server_default=func.gen_random_uuid(), primary_key=True),
    Column("key", Text, nullable=False, unique=True, comment="what it tells: told once"),
    Column("follow_id", ForeignKey("follow.id", ondelete="CASCADE"), nullable=True, index=True),
    Column(
        "participant_id",
        ForeignKey("participant.id", ondelete="CASCADE"),
        nullable=True,
        index=True,
    ),
    Column("account_id", ForeignKey("account.id", ondelete="CASCADE"), nullable=True, index=True),
    Column("recipient", Text, nullable=True, comment="erased when it is sent"),
    Column("subject", Text, nullable=True),
    Column("plain", Text, nullable=True),
    Column("html", Text, nullable=True),
    Column("stop_url", Text, nullable=True),
    Column(
        "report", JSONB(none_as_null=True), nullable=True, comment="the view to draw and attach"
    ),
    instant("not_before", now=True),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    instant("sent_at", nullable=True),
    instant("failed_at", nullable=True),
    instant("created_at", now=True),
    CheckConstraint(
        "recipient IS NOT NULL OR sent_at IS NOT NULL OR failed_at IS NOT NULL", name="recipient"
    ),
    CheckConstraint("num_nonnulls(follow_id, participant_id, account_id) = 1", name="occasion"),
    Index(
        "ix_mail_waiting",
        "not_before",
        postgresql_where=text("sent_at IS NULL AND failed_at IS NULL"),
    ),
    comment="outbox: what is still to be sent, and the keys of what was",
)
