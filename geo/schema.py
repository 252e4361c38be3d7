"""Every table. The triggers that keep counts exact are in `alembic/versions/*.sql`.

Two habits explain the shape of what follows:

* Facts that grow with the number of complaints carry no foreign keys. Each key check costs a
  lookup per row, and the rows are written by triggers and set-based statements that make them
  right. Small tables (city, domain, area_set ...) have foreign keys.
* `rollup` is changed only by `geo.rollup.fold`; writers append signed rows to `pending` instead,
  so that no two of them ever wait for the same counter. A read sums both.
"""

from geoalchemy2 import Geometry
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    LargeBinary,
    MetaData,
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

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _instant(name: str, *, nullable: bool = False, now: bool = False) -> Column[object]:
    default = func.now() if now else None
    return Column(name, DateTime(timezone=True), nullable=nullable, server_default=default)


city = Table(
    "city",
    metadata,
    Column("id", SmallInteger, Identity(), primary_key=True),
    Column("code", Text, nullable=False, unique=True),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("timezone", Text, nullable=False, comment="IANA name; local days are counted in it"),
    Column("languages", ARRAY(Text), nullable=False),
    Column(
        "working_time",
        JSONB,
        nullable=False,
        server_default=text("'{}'"),
        comment="hours, holidays and days that differ, as geo.working_time reads them",
    ),
    Column("outline", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=True),
    Column("outline_origin", Text, nullable=False, comment="file, boundaries or complaints"),
    Column("west", Double, nullable=False, comment="the limits no complaint may lie beyond"),
    Column("south", Double, nullable=False),
    Column("east", Double, nullable=False),
    Column("north", Double, nullable=False),
    _instant("created_at", now=True),
    CheckConstraint("west < east AND south < north", name="limits"),
    CheckConstraint("outline_origin IN ('file', 'boundaries', 'complaints')", name="origin"),
)

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
    CheckConstraint("id > 0", name="positive"),
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
    _instant("created_at", now=True),
    CheckConstraint("kind IN ('citizen', 'import', 'sample')", name="kind"),
)

area_set = Table(
    "area_set",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False, index=True),
    Column("code", Text, nullable=False, unique=True),
    Column("level", Text, nullable=False, comment="ward, district ...: a word, never a rank"),
    Column("name_vi", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("since", Date, nullable=True, comment="first local day in force; null: always"),
    Column("until", Date, nullable=True, comment="first local day no longer in force"),
    Column("approximate", Boolean, nullable=False, server_default=text("false")),
    Column("note_vi", Text, nullable=True),
    Column("note_en", Text, nullable=True),
    Column("source", Text, nullable=False),
    Column("licence", Text, nullable=True),
    Column("checksum", Text, nullable=False, comment="of names, codes and shapes as loaded"),
    Column("report", JSONB, nullable=False, server_default=text("'{}'")),
    _instant("loaded_at", now=True),
    Column(
        "ready",
        Boolean,
        nullable=False,
        server_default=text("true"),
        comment="false while it is being loaded or taken away: assigned to, but not shown",
    ),
    CheckConstraint("since < until", name="period"),
)

area = Table(
    "area",
    metadata,
    Column("id", Integer, Identity(), primary_key=True, comment="ascends with code in a set"),
    Column("set_id", ForeignKey("area_set.id", ondelete="CASCADE"), nullable=False),
    Column("code", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=True, comment="phường, xã, quận, huyện, thị xã ..."),
    Column("parent", Text, nullable=True, comment="code of the area above, in whatever set"),
    Column(
        "formerly",
        ARRAY(Text),
        nullable=False,
        server_default=text("'{}'"),
        comment="names of what was merged into it, for search",
    ),
    Column("population", Integer, nullable=True),
    Column("population_year", SmallInteger, nullable=True),
    Column("area_km2", Double, nullable=False),
    Column("geom", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=False),
    Column("label", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    UniqueConstraint("set_id", "code"),
    CheckConstraint("population >= 0", name="population"),
    CheckConstraint("area_km2 > 0", name="area"),
)

area_part = Table(
    "area_part",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("area_id", ForeignKey("area.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("set_id", Integer, nullable=False),
    Column("city_id", SmallInteger, nullable=False),
    Column("geom", Geometry("POLYGON", 4326, spatial_index=False), nullable=False),
    Index("ix_area_part_geom", "geom", postgresql_using="gist"),
    comment="the areas cut by ST_Subdivide, for exact and fast point lookups",
)

area_shape = Table(
    "area_shape",
    metadata,
    Column("area_id", ForeignKey("area.id", ondelete="CASCADE"), nullable=False),
    Column("zoom", SmallInteger, nullable=False, comment="drawn up to this zoom"),
    Column("set_id", Integer, nullable=False),
    Column("geom", Geometry("MULTIPOLYGON", 3857, spatial_index=False), nullable=False),
    PrimaryKeyConstraint("area_id", "zoom"),
    Index("ix_area_shape_geom", "geom", postgresql_using="gist"),
    comment="the areas simplified together, so that neighbours still share their edges",
)

landmark = Table(
    "landmark",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("city_id", ForeignKey("city.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("name_en", Text, nullable=False),
    Column("kind", Text, nullable=True),
    Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Index("ix_landmark_geom", "geom", postgresql_using="gist"),
    comment="places everyone knows, to say where something is",
)

complaint = Table(
    "complaint",
    metadata,
    Column("id", Uuid, nullable=False, comment="version 7: in order of arrival"),
    Column("code", Text, nullable=False),
    Column("city_id", SmallInteger, nullable=False),
    Column("source_id", SmallInteger, nullable=False),
    Column("source_key", Text, nullable=True, comment="the source's own id"),
    Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Column("cell", BigInteger, nullable=False, comment="H3, resolution 12"),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    _instant("reported_at"),
    _instant("closed_at", nullable=True),
    _instant("updated_at", now=True),
    Column("text", Text, nullable=False, server_default=""),
    Column("address", Text, nullable=True),
    PrimaryKeyConstraint("id"),
    UniqueConstraint("code"),
    UniqueConstraint("source_id", "source_key"),
    CheckConstraint("((cell >> 52) & 127) = 12 AND (cell >> 59) = 1", name="leaf"),
    CheckConstraint("status BETWEEN 1 AND 7", name="status"),
    # The newest first, for the list; and counting a stretch of time without touching the table.
    Index(
        "ix_complaint_list",
        "city_id",
        text("reported_at DESC"),
        text("id DESC"),
        postgresql_include=["cell", "category_id", "status"],
    ),
    # Counting a kind over a stretch of time without touching the table.
    Index(
        "ix_complaint_kind",
        "city_id",
        "category_id",
        "reported_at",
        postgresql_include=["cell", "status"],
    ),
    # Counting a place (a cell of resolution 9: `cell >> 18`) over a stretch of time, likewise.
    Index(
        "ix_complaint_place",
        text("(cell >> 18)"),
        "reported_at",
        postgresql_include=["cell", "city_id", "category_id", "status"],
    ),
    # What is still open at a place (a cell of resolution 10: `cell >> 15`), the newest first: a
    # sixth of a city's complaints or less, however long it has collected them.
    Index(
        "ix_complaint_open",
        text("(cell >> 15)"),
        "category_id",
        text("reported_at DESC"),
        postgresql_where=text("status <= 3"),
    ),
    # A large pending list keeps arrivals cheap; autovacuum merges it.
    Index(
        "ix_complaint_words",
        text("words(address, text)"),
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "65536"},
    ),
)

complaint_area = Table(
    "complaint_area",
    metadata,
    Column("area_id", Integer, nullable=False),
    _instant("reported_at"),
    Column("complaint_id", Uuid, nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    PrimaryKeyConstraint(
        "area_id",
        "reported_at",
        "complaint_id",
        postgresql_include=["cell", "category_id", "status"],
    ),
    comment="one row per complaint and boundary set; a covering copy kept by triggers",
)

event = Table(
    "event",
    metadata,
    Column("id", Uuid, server_default=func.gen_random_uuid(), nullable=False),
    Column("complaint_id", Uuid, nullable=False),
    Column("at", DateTime(timezone=True), nullable=False, server_default=func.clock_timestamp()),
    Column("kind", Text, nullable=False, comment="status, category, moved, text ..."),
    Column("actor", Text, nullable=True, comment="who asked: a role or a command, never a name"),
    Column("change", JSONB, nullable=False),
    PrimaryKeyConstraint("id"),
    Index("ix_event_complaint_id_at", "complaint_id", "at"),
    Index("ix_event_at", "at"),
    comment="append-only: each change after the arrival, which the complaint itself records",
)

pending = Table(
    "pending",
    metadata,
    Column("city_id", SmallInteger, nullable=False),
    Column("cell", BigInteger, nullable=False),
    Column("day", Integer, nullable=False, comment="local days since 1970-01-01"),
    Column("category_id", SmallInteger, nullable=False),
    Column("status", SmallInteger, nullable=False),
    Column("area_ids", ARRAY(Integer), nullable=False),
    Column("n", Integer, nullable=False, comment="signed: -1 takes a complaint away"),
    comment="changes not yet folded into rollup",
)

rollup = Table(
    "rollup",
    metadata,
    Column("city_id", SmallInteger, nullable=False),
    Column("grid", SmallInteger, nullable=False, comment="0 city, 1 area, 6..10 H3 resolution"),
    Column("span", SmallInteger, nullable=False, comment="length of the block in days"),
    Column("kind", SmallInteger, nullable=False, comment="0 all, -domain.id, category.id"),
    Column("status", SmallInteger, nullable=False, comment="0 all of them"),
    Column("day", Integer, nullable=False, comment="first local day of the block"),
    Column(
        "region",
        BigInteger,
        nullable=False,
        comment="0, area_set.id, or an ancestor of the cells",
    ),
    Column("places", ARRAY(BigInteger), nullable=False, comment="category.id, area.id or cells"),
    Column("counts", ARRAY(Integer), nullable=False, comment="how many complaints each place has"),
    PrimaryKeyConstraint("city_id", "grid", "span", "kind", "status", "day", "region"),
)

rollup_layout = Table(
    "rollup_layout",
    metadata,
    Column("layout", Text, primary_key=True),
    comment="how rollup is divided; where the program wants another, it counts anew",
)

model = Table(
    "model",
    metadata,
    Column("name", Text, primary_key=True),
    _instant("made_at"),
    Column("measured", JSONB, nullable=False, comment="what cross-validation found"),
    Column("content", LargeBinary, nullable=False),
    comment="what was learnt from the complaints; see geo.teaching",
)

idempotency = Table(
    "idempotency",
    metadata,
    Column("key", Text, primary_key=True),
    Column("fingerprint", Text, nullable=False, comment="SHA-256 of the request's body"),
    Column("code", Text, nullable=False),
    _instant("created_at", now=True),
)

import_run = Table(
    "import_run",
    metadata,
    Column("id", Integer, Identity(), primary_key=True),
    Column("source_id", SmallInteger, nullable=False),
    Column("file", Text, nullable=False),
    Column("checksum", Text, nullable=False),
    Column("next_row", BigInteger, nullable=False, server_default=text("0")),
    Column("summary", JSONB, nullable=False, server_default=text("'{}'")),
    _instant("started_at", now=True),
    _instant("finished_at", nullable=True),
    UniqueConstraint("source_id", "checksum"),
)

submission = Table(
    "submission",
    metadata,
    Column("complaint_id", Uuid, primary_key=True),
    Column("words", Text, nullable=True, comment="as written, where the public text is masked"),
    Column("address", Text, nullable=True, comment="as written, where the public one is masked"),
    Column("answers", JSONB, nullable=False, server_default=text("'{}'"), comment="by question"),
    Column("urgent", Boolean, nullable=False, server_default=text("false")),
    _instant("editable_until"),
    _instant("erased_at", nullable=True),
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
    _instant("confirmed_at", nullable=True),
    Column("language", Text, nullable=False, server_default="vi"),
    _instant("erased_at", nullable=True),
    _instant("created_at", now=True),
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
    _instant("at", now=True),
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
    Column("width", Integer, nullable=False),
    Column("height", Integer, nullable=False),
    Column("bytes", Integer, nullable=False),
    Column("digest", LargeBinary, nullable=False, comment="SHA-256 of the stored picture"),
    Column("likeness", BigInteger, nullable=False, comment="64-bit perceptual hash"),
    _instant("created_at", now=True),
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
    _instant("at", now=True),
    comment="files still to be taken from the store; written by triggers",
)

photo_origin = Table(
    "photo_origin",
    metadata,
    Column("photo_id", ForeignKey("photo.id", ondelete="CASCADE"), primary_key=True),
    Column("digest", LargeBinary, nullable=False, index=True, comment="SHA-256 as uploaded"),
    Column("media_type", Text, nullable=False),
    _instant("taken_at", nullable=True),
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
    _instant("at", now=True),
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
    _instant("at", now=True),
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
    _instant("created_at", now=True),
    CheckConstraint("num_nonnulls(event_id, answer_id) = 1", name="what"),
    comment="what is still to be told to whom: written by triggers, gone with its letter",
)

follower = Table(
    "follower",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("address", Text, nullable=False, unique=True, comment="private: for mail alone"),
    _instant("created_at", now=True),
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
    _instant("confirmed_at", nullable=True),
    _instant("created_at", now=True),
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
    comment="what happened to complaints and was not looked at yet for those who watch",
)

sighting = Table(
    "sighting",
    metadata,
    Column("n", BigInteger, Identity(), primary_key=True, comment="in the order of commits"),
    Column("watch_id", ForeignKey("watch.id", ondelete="CASCADE"), nullable=False),
    Column("complaint_id", Uuid, nullable=False),
    Column("kind", Text, nullable=False),
    _instant("at", now=True),
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
    _instant("created_at", now=True),
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
    _instant("created_at", now=True),
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
    _instant("not_before", now=True),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    _instant("sent_at", nullable=True),
    _instant("failed_at", nullable=True),
    _instant("created_at", now=True),
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
    _instant("created_at", now=True),
)

news = Table(
    "news",
    metadata,
    Column("id", BigInteger, Identity(), primary_key=True),
    Column("follow_id", ForeignKey("follow.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("kind", Text, nullable=False),
    Column("day", Date, nullable=False, comment="the last whole local day it is about"),
    _instant("found_at", now=True),
    Column("geom", Geometry("POINT", 4326, spatial_index=False), nullable=False),
    Column("areas", ARRAY(Text), nullable=False),
    Column("areas_en", ARRAY(Text), nullable=False),
    Column("street", Text, nullable=True),
    Column("cells", ARRAY(BigInteger), nullable=False),
    Column("figures", JSONB, nullable=False),
    _instant("told_at", nullable=True),
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
    Column("recipient", Text, nullable=True, comment="erased when it is sent"),
    Column("subject", Text, nullable=True),
    Column("plain", Text, nullable=True),
    Column("html", Text, nullable=True),
    Column("stop_url", Text, nullable=True),
    Column(
        "report", JSONB(none_as_null=True), nullable=True, comment="the view to draw and attach"
    ),
    _instant("not_before", now=True),
    Column("attempts", SmallInteger, nullable=False, server_default=text("0")),
    _instant("sent_at", nullable=True),
    _instant("failed_at", nullable=True),
    _instant("created_at", now=True),
    CheckConstraint(
        "recipient IS NOT NULL OR sent_at IS NOT NULL OR failed_at IS NOT NULL", name="recipient"
    ),
    CheckConstraint("num_nonnulls(follow_id, participant_id) = 1", name="occasion"),
    Index(
        "ix_mail_waiting",
        "not_before",
        postgresql_where=text("sent_at IS NULL AND failed_at IS NULL"),
    ),
    comment="outbox: what is still to be sent, and the keys of what was",
)
