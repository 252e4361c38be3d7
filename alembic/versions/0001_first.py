"""the first schema

Revision: 0001
Revises:
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _run(name: str) -> None:
    script = Path(__file__).with_name(f"0001_{name}.sql").read_text("utf-8")
    op.get_bind().exec_driver_sql(script)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
    _run("functions")
    op.create_table(
        "city",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column(
            "timezone", sa.Text(), nullable=False, comment="IANA name; local days are counted in it"
        ),
        sa.Column("languages", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "outline",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
            ),
            nullable=True,
        ),
        sa.Column(
            "outline_origin", sa.Text(), nullable=False, comment="file, boundaries or complaints"
        ),
        sa.Column(
            "west", sa.Double(), nullable=False, comment="the limits no complaint may lie beyond"
        ),
        sa.Column("south", sa.Double(), nullable=False),
        sa.Column("east", sa.Double(), nullable=False),
        sa.Column("north", sa.Double(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint(
            "outline_origin IN ('file', 'boundaries', 'complaints')", name=op.f("ck_city_origin")
        ),
        sa.CheckConstraint("west < east AND south < north", name=op.f("ck_city_limits")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_city")),
        sa.UniqueConstraint("code", name=op.f("uq_city_code")),
    )
    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False, comment="version 7: in order of arrival"),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("source_key", sa.Text(), nullable=True, comment="the source's own id"),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column("cell", sa.BigInteger(), nullable=False, comment="H3, resolution 12"),
        sa.Column("category_id", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "updated_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("text", sa.Text(), server_default="", nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "((cell >> 52) & 127) = 12 AND (cell >> 59) = 1", name=op.f("ck_complaint_leaf")
        ),
        sa.CheckConstraint("status BETWEEN 1 AND 7", name=op.f("ck_complaint_status")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
        sa.UniqueConstraint("code", name=op.f("uq_complaint_code")),
        sa.UniqueConstraint(
            "source_id", "source_key", name=op.f("uq_complaint_source_id_source_key")
        ),
    )
    op.create_index(
        "ix_complaint_kind",
        "complaint",
        ["city_id", "category_id", "reported_at"],
        unique=False,
        postgresql_include=["cell", "status"],
    )
    op.create_index(
        "ix_complaint_list",
        "complaint",
        ["city_id", sa.literal_column("reported_at DESC"), sa.literal_column("id DESC")],
        unique=False,
        postgresql_include=["cell", "category_id", "status"],
    )
    op.create_index(
        "ix_complaint_place",
        "complaint",
        [sa.literal_column("(cell >> 18)"), "reported_at"],
        unique=False,
        postgresql_include=["cell", "city_id", "category_id", "status"],
    )
    op.create_index(
        "ix_complaint_words",
        "complaint",
        [sa.literal_column("words(address, text)")],
        unique=False,
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "65536"},
    )
    op.create_table(
        "complaint_area",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("category_id", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "area_id",
            "reported_at",
            "complaint_id",
            name=op.f("pk_complaint_area"),
            postgresql_include=["cell", "category_id", "status"],
        ),
        comment="one row per complaint and boundary set; a covering copy kept by triggers",
    )
    op.create_table(
        "domain",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.CheckConstraint("id > 0", name=op.f("ck_domain_positive")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_domain")),
        sa.UniqueConstraint("code", name=op.f("uq_domain_code")),
    )
    op.create_table(
        "event",
        sa.Column("id", sa.Uuid(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("complaint_id", sa.Uuid(), nullable=False),
        sa.Column(
            "at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.Column("kind", sa.Text(), nullable=False, comment="status, category, moved, text ..."),
        sa.Column(
            "actor",
            sa.Text(),
            nullable=True,
            comment="who asked: a role or a command, never a name",
        ),
        sa.Column("change", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_event")),
        comment="append-only: each change after the arrival, which the complaint itself records",
    )
    op.create_index("ix_event_complaint_id_at", "event", ["complaint_id", "at"], unique=False)
    op.create_table(
        "idempotency",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column(
            "fingerprint", sa.Text(), nullable=False, comment="SHA-256 of the request's body"
        ),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_idempotency")),
    )
    op.create_table(
        "import_run",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.SmallInteger(), nullable=False),
        sa.Column("file", sa.Text(), nullable=False),
        sa.Column("checksum", sa.Text(), nullable=False),
        sa.Column("next_row", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "summary",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "started_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_run")),
        sa.UniqueConstraint("source_id", "checksum", name=op.f("uq_import_run_source_id_checksum")),
    )
    op.create_table(
        "pending",
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("cell", sa.BigInteger(), nullable=False),
        sa.Column("day", sa.Integer(), nullable=False, comment="local days since 1970-01-01"),
        sa.Column("category_id", sa.SmallInteger(), nullable=False),
        sa.Column("status", sa.SmallInteger(), nullable=False),
        sa.Column("area_ids", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False, comment="signed: -1 takes a complaint away"),
        comment="changes not yet folded into rollup",
    )
    op.create_table(
        "rollup",
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column(
            "grid", sa.SmallInteger(), nullable=False, comment="0 city, 1 area, 6..10 H3 resolution"
        ),
        sa.Column("span", sa.SmallInteger(), nullable=False, comment="length of the block in days"),
        sa.Column(
            "kind", sa.SmallInteger(), nullable=False, comment="0 all, -domain.id, category.id"
        ),
        sa.Column("status", sa.SmallInteger(), nullable=False, comment="0 all of them"),
        sa.Column("day", sa.Integer(), nullable=False, comment="first local day of the block"),
        sa.Column(
            "region",
            sa.BigInteger(),
            nullable=False,
            comment="0, area_set.id, or an ancestor of the cells",
        ),
        sa.Column(
            "places",
            postgresql.ARRAY(sa.BigInteger()),
            nullable=False,
            comment="category.id, area.id or cells",
        ),
        sa.Column(
            "counts",
            postgresql.ARRAY(sa.Integer()),
            nullable=False,
            comment="how many complaints each place has",
        ),
        sa.PrimaryKeyConstraint(
            "city_id",
            "grid",
            "span",
            "kind",
            "status",
            "day",
            "region",
            name=op.f("pk_rollup"),
        ),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.SmallInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column(
            "created_at",
            sa.DateTime(timezone=True),
            server_default=sa.text("now()"),
            nullable=False,
        ),
        sa.CheckConstraint("kind IN ('citizen', 'import', 'sample')", name=op.f("ck_source_kind")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("code", name=op.f("uq_source_code")),
    )
    op.create_table(
        "area_set",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column(
            "level", sa.Text(), nullable=False, comment="ward, district ...: a word, never a rank"
        ),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column(
            "since", sa.Date(), nullable=True, comment="first local day in force; null: always"
        ),
        sa.Column("until", sa.Date(), nullable=True, comment="first local day no longer in force"),
        sa.Column("approximate", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note_vi", sa.Text(), nullable=True),
        sa.Column("note_en", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=True),
        sa.Column(
            "checksum", sa.Text(), nullable=False, comment="of names, codes and shapes as loaded"
        ),
        sa.Column(
            "report",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "loaded_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False
        ),
        sa.CheckConstraint("since < until", name=op.f("ck_area_set_period")),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_area_set_city_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_set")),
        sa.UniqueConstraint("code", name=op.f("uq_area_set_code")),
    )
    op.create_index(op.f("ix_area_set_city_id"), "area_set", ["city_id"], unique=False)
    op.create_table(
        "category",
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("domain_id", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name_vi", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("colour", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("enabled", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column(
            "deadline",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
        ),
        sa.Column(
            "questions",
            postgresql.JSONB(astext_type=sa.Text()),
            server_default=sa.text("'[]'"),
            nullable=False,
        ),
        sa.CheckConstraint("id > 0", name=op.f("ck_category_positive")),
        sa.ForeignKeyConstraint(["domain_id"], ["domain.id"], name=op.f("fk_category_domain_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_category")),
        sa.UniqueConstraint("code", name=op.f("uq_category_code")),
    )
    op.create_table(
        "area",
        sa.Column(
            "id",
            sa.Integer(),
            sa.Identity(always=False),
            nullable=False,
            comment="ascends with code in a set",
        ),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True, comment="phường, xã, quận, huyện, thị xã ..."),
        sa.Column(
            "parent", sa.Text(), nullable=True, comment="code of the area above, in whatever set"
        ),
        sa.Column(
            "formerly",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="names of what was merged into it, for search",
        ),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("population_year", sa.SmallInteger(), nullable=True),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.Column(
            "label",
            Geometry(
                geometry_type="POINT",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.CheckConstraint("area_km2 > 0", name=op.f("ck_area_area")),
        sa.CheckConstraint("population >= 0", name=op.f("ck_area_population")),
        sa.ForeignKeyConstraint(
            ["set_id"], ["area_set.id"], name=op.f("fk_area_set_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area")),
        sa.UniqueConstraint("set_id", "code", name=op.f("uq_area_set_id_code")),
    )
    op.create_table(
        "area_part",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="POLYGON",
                srid=4326,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_area_part_area_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_area_part")),
        comment="the areas cut by ST_Subdivide, for exact and fast point lookups",
    )
    op.create_index(op.f("ix_area_part_area_id"), "area_part", ["area_id"], unique=False)
    op.create_index(
        "ix_area_part_geom",
        "area_part",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    op.create_table(
        "area_shape",
        sa.Column("area_id", sa.Integer(), nullable=False),
        sa.Column("zoom", sa.SmallInteger(), nullable=False, comment="drawn up to this zoom"),
        sa.Column("set_id", sa.Integer(), nullable=False),
        sa.Column(
            "geom",
            Geometry(
                geometry_type="MULTIPOLYGON",
                srid=3857,
                dimension=2,
                spatial_index=False,
                from_text="ST_GeomFromEWKT",
                name="geometry",
                nullable=False,
            ),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["area_id"], ["area.id"], name=op.f("fk_area_shape_area_id"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("area_id", "zoom", name=op.f("pk_area_shape")),
        comment="the areas simplified together, so that neighbours still share their edges",
    )
    op.create_index(
        "ix_area_shape_geom",
        "area_shape",
        ["geom"],
        unique=False,
        postgresql_using="gist",
        postgresql_ops={},
    )
    _run("triggers")


def downgrade() -> None:
    op.execute("DROP FUNCTION areas_at(geometry, smallint)")
    op.drop_index("ix_area_shape_geom", table_name="area_shape", postgresql_using="gist")
    op.drop_table("area_shape")
    op.drop_index("ix_area_part_geom", table_name="area_part", postgresql_using="gist")
    op.drop_index(op.f("ix_area_part_area_id"), table_name="area_part")
    op.drop_table("area_part")
    op.drop_table("area")
    op.drop_table("category")
    op.drop_index(op.f("ix_area_set_city_id"), table_name="area_set")
    op.drop_table("area_set")
    op.drop_table("source")
    op.drop_table("rollup")
    op.drop_table("pending")
    op.drop_table("import_run")
    op.drop_table("idempotency")
    op.drop_index("ix_event_complaint_id_at", table_name="event")
    op.drop_table("event")
    op.drop_table("domain")
    op.drop_table("complaint_area")
    op.drop_index(
        "ix_complaint_words",
        table_name="complaint",
        postgresql_using="gin",
        postgresql_with={"gin_pending_list_limit": "65536"},
    )
    op.drop_index(
        "ix_complaint_place",
        table_name="complaint",
        postgresql_include=["cell", "city_id", "category_id", "status"],
    )
    op.drop_index(
        "ix_complaint_list",
        table_name="complaint",
        postgresql_include=["cell", "category_id", "status"],
    )
    op.drop_index(
        "ix_complaint_kind", table_name="complaint", postgresql_include=["cell", "status"]
    )
    op.drop_table("complaint")
    op.drop_table("city")
    for function in (
        "complaint_inserted()",
        "complaint_updated()",
        "complaint_deleted()",
        "complaint_not_truncated()",
        "event_is_append_only()",
        "announce(bigint[])",
        "lock_areas_shared()",
        "local_day(timestamptz, text)",
        "words(text, text)",
        "fold(text)",
        "cell_parent(bigint, integer)",
    ):
        op.execute(f"DROP FUNCTION {function}")
