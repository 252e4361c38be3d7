"""administration: drafts of boundary sets, settings, alerts, and changes written down by themselves

Revision: 0021
Revises: 0020
"""

from pathlib import Path

import sqlalchemy as sa
from alembic import op
from geoalchemy2 import Geometry
from sqlalchemy.dialects import postgresql

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

HERE = Path(__file__).parent
JSON = postgresql.JSONB(astext_type=sa.Text())


def _instant(name: str, *, nullable: bool = False, now: bool = False) -> sa.Column[object]:
    default = sa.text("now()") if now else None
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, server_default=default)


def _draft() -> None:
    op.create_table(
        "boundary_draft",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False, comment="of the set it is to be"),
        sa.Column("spec", JSON, nullable=False, comment="as boundaries.load.SetSpec"),
        sa.Column("reading", JSON, nullable=False, comment="columns, crs, layer"),
        sa.Column("file", sa.LargeBinary(), nullable=True, comment="until it was read"),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("problem", sa.Text(), nullable=True, comment="why it was refused or failed"),
        sa.Column("done", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("of", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("report", JSON, server_default=sa.text("'{}'"), nullable=False),
        sa.Column(
            "comparison", JSON, nullable=True, comment="with the set it replaces, when it was read"
        ),
        sa.Column("starts", sa.Date(), nullable=True, comment="local day it comes into force"),
        sa.Column(
            "ends",
            postgresql.ARRAY(sa.Text()),
            server_default=sa.text("'{}'"),
            nullable=False,
            comment="codes of sets that end on that day",
        ),
        sa.Column("former", JSON, nullable=True, comment="what undoing it puts back"),
        sa.Column("moved", sa.Integer(), nullable=True, comment="open complaints that went over"),
        sa.Column("account_id", sa.BigInteger(), nullable=True, comment="null: a command"),
        _instant("created_at", now=True),
        _instant("changed_at", now=True),
        _instant("activated_at", nullable=True),
        sa.CheckConstraint(
            "state IN ('uploaded', 'reading', 'ready', 'refused', 'planned', 'activating',"
            " 'active', 'failed', 'undoing', 'undone', 'former')",
            name=op.f("ck_boundary_draft_state"),
        ),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_boundary_draft_city_id")),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_boundary_draft_account_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boundary_draft")),
        comment="boundary sets that are looked at before they come into force",
    )
    op.create_table(
        "boundary_draft_area",
        sa.Column(
            "id",
            sa.BigInteger(),
            sa.Identity(always=False),
            nullable=False,
            comment="ascends with code in a draft",
        ),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("name_en", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column(
            "formerly", postgresql.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False
        ),
        sa.Column("population", sa.Integer(), nullable=True),
        sa.Column("area_km2", sa.Double(), nullable=False),
        sa.Column("geom", Geometry("MULTIPOLYGON", 4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["draft_id"],
            ["boundary_draft.id"],
            name=op.f("fk_boundary_draft_area_draft_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boundary_draft_area")),
        sa.UniqueConstraint("draft_id", "code", name=op.f("uq_boundary_draft_area_draft_id_code")),
    )
    op.create_table(
        "boundary_draft_part",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("area_id", sa.BigInteger(), nullable=False),
        sa.Column("draft_id", sa.BigInteger(), nullable=False),
        sa.Column("geom", Geometry("POLYGON", 4326, spatial_index=False), nullable=False),
        sa.ForeignKeyConstraint(
            ["area_id"],
            ["boundary_draft_area.id"],
            name=op.f("fk_boundary_draft_part_area_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_boundary_draft_part")),
        comment="cut by ST_Subdivide, as area_part",
    )
    op.create_index(op.f("ix_boundary_draft_part_area_id"), "boundary_draft_part", ["area_id"])
    op.create_index(
        "ix_boundary_draft_part_geom", "boundary_draft_part", ["geom"], postgresql_using="gist"
    )


def upgrade() -> None:
    _draft()
    op.create_table(
        "boundary_day",
        sa.Column("city_id", sa.SmallInteger(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.ForeignKeyConstraint(["city_id"], ["city.id"], name=op.f("fk_boundary_day_city_id")),
        sa.PrimaryKeyConstraint("city_id", name=op.f("pk_boundary_day")),
        comment="the last local day whose sets in force have their work",
    )
    op.create_table(
        "setting",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", JSON, nullable=False, comment="as geo.instance_settings reads it"),
        sa.Column("account_id", sa.BigInteger(), nullable=True, comment="null: a command"),
        _instant("changed_at", now=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_setting_account_id")),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_setting")),
        comment="what admins change while the service runs; no secrets",
    )
    op.create_table(
        "audit_alert",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False, comment="what it is of: told once"),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("first_entry", sa.BigInteger(), nullable=False, comment="of audit"),
        sa.Column("last_entry", sa.BigInteger(), nullable=False),
        sa.Column("details", JSON, server_default=sa.text("'{}'"), nullable=False),
        _instant("at", now=True),
        _instant("seen_at", nullable=True),
        sa.Column("seen_by", sa.BigInteger(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["seen_by"], ["account.id"], name=op.f("fk_audit_alert_seen_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_alert")),
        sa.UniqueConstraint("key", name=op.f("uq_audit_alert_key")),
        comment="unusual looks and acts; found by the worker alone",
    )
    op.create_table(
        "audit_watched",
        sa.Column("one", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("entry", sa.BigInteger(), nullable=False, comment="of audit: looked at up to it"),
        sa.CheckConstraint("one", name=op.f("ck_audit_watched_one")),
        sa.PrimaryKeyConstraint("one", name=op.f("pk_audit_watched")),
    )
    op.execute(sa.text((HERE / "0021_administration.sql").read_text().replace(":", r"\:")))


def downgrade() -> None:
    op.execute("DROP FUNCTION audited CASCADE")
    for name in ("domain", "category"):
        op.execute(f"DROP POLICY everybody ON {name}")
        op.execute(f"DROP POLICY admins ON {name}")
        op.execute(f"ALTER TABLE {name} DISABLE ROW LEVEL SECURITY")
    op.execute(
        "GRANT INSERT, UPDATE, DELETE ON domain, category, city, area_set, area, area_part,"
        " area_shape TO phananh_app"
    )
    for name in (
        "boundary_draft_part",
        "boundary_draft_area",
        "boundary_draft",
        "boundary_day",
        "setting",
        "audit_alert",
        "audit_watched",
    ):
        op.drop_table(name)
    op.execute(
        "DROP FUNCTION audit_end, category_used, boundary_moves, boundary_moves_of, boundary_waits,"
        " work_routed_part, handed_to"
    )
