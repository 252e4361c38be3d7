"""Cities, boundary sets and known places."""

from geoalchemy2 import Geometry
from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Double,
    ForeignKey,
    Identity,
    Index,
    Integer,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from geo.schema.base import instant, metadata

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
    instant("created_at", now=True),
    CheckConstraint("west < east AND south < north", name="limits"),
    CheckConstraint("outline_origin IN ('file', 'boundaries', 'complaints')", name="origin"),
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
    instant("loaded_at", now=True),
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
