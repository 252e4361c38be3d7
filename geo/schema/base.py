"""What the tables have in common."""

from sqlalchemy import Column, DateTime, MetaData, func

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
