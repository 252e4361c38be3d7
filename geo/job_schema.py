"""The tables of the job queue, procrastinate, in the same database and with the same migrations."""

from pathlib import Path

from sqlalchemy import Connection, text

PREFIX = "procrastinate_"


def packaged() -> list[Path]:
    """The package's own migrations, the earliest first; its schema holds what all of them made."""
    from procrastinate.schema import SchemaManager

    return sorted(Path(SchemaManager.get_migrations_path()).glob("*.sql"))


def applied(connection: Connection) -> str | None:
    """The last of the package's migrations that is in the database; None without the tables."""
    found: str | None = connection.execute(
        text("SELECT obj_description(to_regclass('procrastinate_jobs'), 'pg_class')")
    ).scalar_one_or_none()
    return found


def bring_up(connection: Connection) -> None:
    """Make the queue's tables, or bring them to the version of the installed package.

    A new version of the package with migrations of its own needs a revision of ours that calls
    this; a database made from scratch by it has them already, which a mark on the table tells.
    """
    from procrastinate.schema import SchemaManager

    before = applied(connection)
    if before is None:
        scripts = [SchemaManager.get_schema()]
    else:
        scripts = [path.read_text("utf-8") for path in packaged() if path.stem > before]
    for script in scripts:
        _run(connection, script)
    # COMMENT takes no parameters; the name is a file's of the package.
    newest = packaged()[-1].stem.replace("'", "''")
    _run(connection, f"COMMENT ON TABLE procrastinate_jobs IS '{newest}'")


def take_away(connection: Connection) -> None:
    """Drop the queue's tables, functions and types."""
    _run(
        connection,
        """
        DO $$ DECLARE one text; BEGIN
          FOR one IN SELECT oid::regclass FROM pg_class
                      WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace
                        AND starts_with(relname, 'procrastinate_') LOOP
            EXECUTE format('DROP TABLE %s CASCADE', one);
          END LOOP;
          FOR one IN SELECT oid::regprocedure FROM pg_proc
                      WHERE pronamespace = current_schema()::regnamespace
                        AND starts_with(proname, 'procrastinate_') LOOP
            EXECUTE format('DROP FUNCTION %s CASCADE', one);
          END LOOP;
          FOR one IN SELECT oid::regtype FROM pg_type
                      WHERE typnamespace = current_schema()::regnamespace AND typelem = 0
                        AND typtype IN ('e', 'c') AND starts_with(typname, 'procrastinate_') LOOP
            EXECUTE format('DROP TYPE %s CASCADE', one);
          END LOOP;
        END $$
        """,
    )


def _run(connection: Connection, script: str) -> None:
    # Scripts of many statements, with percent signs that are no parameters.
    connection.execution_options(no_parameters=True).exec_driver_sql(script)
    connection.execution_options(no_parameters=False)
