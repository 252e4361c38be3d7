"""What the tables have in common."""

from sqlalchemy import Column, DateTime, MetaData, func, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def instant(
    name: str, *, nullable: bool = False, now: bool = False, comment: str | None = None
) -> Column[object]:
    """A column of a time, with its zone; `now`: the transaction's by default."""
    default = func.now() if now else None
    return Column(
        name, DateTime(timezone=True), nullable=nullable, server_default=default, comment=comment
    )


def told_from() -> Column[object]:
    """Until when nobody is told of a row: as the transaction that writes it has set, else null."""
    return Column(
        "told_from",
        DateTime(timezone=True),
        nullable=True,
        server_default=text(
            "(nullif(current_setting('phananh.told_from', true), ''))::timestamptz"
        ),
        comment="not told before: it can still be undone",
    )
