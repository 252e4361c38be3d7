from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, inspect, text

from geo.database import alembic_config, current_revision, head_revision, migrate
from geo.recount import ensure_layout


def test_migrations_go_up_down_and_up_again(engine: Engine) -> None:
    with engine.begin() as connection:
        migrate(connection, "base")
        left = set(inspect(connection).get_table_names()) - {"spatial_ref_sys", "alembic_version"}
        assert left == set()
    with engine.begin() as connection:
        migrate(connection)
        assert current_revision(connection) == head_revision()
        # Ours is read without Alembic.
        assert head_revision() == ScriptDirectory.from_config(alembic_config()).get_current_head()


def test_the_tables_are_those_of_the_migrations(engine: Engine) -> None:
    with engine.begin() as connection:
        config = alembic_config()
        config.attributes["connection"] = connection
        command.check(config)
        indexes = connection.execute(text("SELECT indexname FROM pg_indexes")).scalars().all()
    assert {"ix_complaint_words", "ix_complaint_place", "ix_complaint_kind"} <= set(indexes)


def test_events_cannot_be_changed(engine: Engine) -> None:
    import pytest
    from sqlalchemy.exc import ProgrammingError

    with engine.begin() as connection, pytest.raises(ProgrammingError, match="append-only"):
        connection.execute(text("UPDATE event SET kind = 'x'"))


def test_folding_takes_diacritics_and_case_away(engine: Engine) -> None:
    with engine.begin() as connection:
        folded = connection.execute(text("SELECT fold('Phường ĐỐNG Đa, Cầu Giấy')")).scalar_one()
    assert folded == "phuong dong da, cau giay"


def test_counts_divided_by_another_version_are_made_anew(hanoi_engine: Engine) -> None:
    everything = text("SELECT count(*), sum(n) FROM rollup, unnest(counts) AS n")
    with hanoi_engine.begin() as connection:
        right = connection.execute(everything).one()
        connection.execute(text("UPDATE rollup_layout SET layout = 'of yesterday'"))
        connection.execute(text("DELETE FROM rollup WHERE grid = 1 AND span = 16"))
    assert ensure_layout(hanoi_engine)
    assert not ensure_layout(hanoi_engine)
    with hanoi_engine.connect() as connection:
        assert connection.execute(everything).one() == right
