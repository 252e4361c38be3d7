"""What the codes of audit entries are called: accounts, areas, domains and categories."""

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, select, union_all

from geo.accounts import area_names
from geo.schema import account, category, domain


def names_in(connection: Connection, rows: Sequence[Any]) -> dict[str, dict[str, str]]:
    """Full names of `people` by name of account, of `areas` by set:code, of `kinds` by code in vi
    and en, as far as entries have them."""
    said = {one for row in rows for one in _strings((row.actor, row.subject, row.details))}
    # Rows of tables are written as <table>:<code>.
    said |= {one.partition(":")[2] for one in said if ":" in one}
    people = connection.execute(
        select(account.c.name, account.c.full_name).where(account.c.name.in_(said))
    )
    kinds = connection.execute(
        union_all(
            *(
                select(table.c.code, table.c.name_vi, table.c.name_en).where(table.c.code.in_(said))
                for table in (domain, category)
            )
        )
    )
    vi, en = {}, {}
    for row in kinds:
        vi[row.code], en[row.code] = row.name_vi, row.name_en
    return {
        "people": {row.name: row.full_name for row in people},
        "areas": area_names(connection, (one for one in said if ":" in one)),
        "vi": vi,
        "en": en,
    }


def _strings(given: Any) -> Iterator[str]:
    if isinstance(given, str):
        yield given
    elif isinstance(given, dict):
        yield from _strings(list(given.values()))
    elif isinstance(given, list | tuple):
        for one in given:
            yield from _strings(one)
