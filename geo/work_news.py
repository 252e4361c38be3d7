"""What officials are told of the changes of others: of work that is theirs to see, and no other."""

from collections.abc import Collection
from typing import Any, Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, func, select, text

from geo import asking
from geo.database import sql
from geo.errors import NotSignedInError
from geo.schema import account, complaint, work, work_event

# Who was away longer asks for everything anew.
MOST: Final = 2_000


class Since(NamedTuple):
    """What was done after some act, up to another."""

    until: int
    lost: bool
    codes: list[dict[str, Any]]


class Sight(NamedTuple):
    """By what an account sees work: keys of areas and domains, and domains everywhere."""

    keys: frozenset[int]
    domains: frozenset[int]

    def sees(self, of: "Keys") -> bool:
        """Whether work of these keys may be the account's; the database decides."""
        return of.domain in self.domains or not self.keys.isdisjoint(of.areas)


class Keys(NamedTuple):
    """What a piece of work is seen by."""

    areas: tuple[int, ...]
    domain: int


def sight(connection: Connection) -> Sight | None:
    """What the session that is shown sees by; None: it has ended, or sees no work any more."""
    try:
        who = asking.asker(connection)
    except NotSignedInError:
        return None
    if who.must_change or not who.may("inside"):
        return None
    row = connection.execute(
        text("SELECT asker_keys('inside') AS keys, asker_everywhere('inside') AS domains")
    ).one()
    return Sight(frozenset(row.keys), frozenset(row.domains))


def seen_by(connection: Connection, ids: Collection[UUID]) -> dict[UUID, Keys]:
    """What each of these is seen by; what is no work (any more) is not among them."""
    rows = connection.execute(text("SELECT * FROM work_seen_by(:ids)"), {"ids": list(ids)})
    return {row.complaint_id: Keys(tuple(row.sees), row.domain_id) for row in rows}


def told(connection: Connection, ids: Collection[UUID]) -> dict[UUID, dict[str, Any]]:
    """Of these complaints the asker's, with the version they have and who changed them last."""
    if not ids:
        return {}
    rows = connection.execute(sql("geo", "told"), {"ids": list(ids)})
    return {row.id: _shown(row) for row in rows}


def since(connection: Connection, after: int | None) -> Since:
    """The acts of officials on the asker's work after one of them; None: from now on."""
    last = int(connection.execute(text("SELECT work_events_until()")).scalar_one())
    if after is None or after >= last:
        return Since(last, False, [])
    if last - after > MOST:
        return Since(last, True, [])
    rows = connection.execute(
        select(
            complaint.c.code,
            work.c.version,
            work_event.c.act,
            account.c.full_name.label("who"),
            func.coalesce(work_event.c.account_id == func.asker(), False).label("own"),
        )
        .join(work, work.c.complaint_id == work_event.c.complaint_id)
        .join(complaint, complaint.c.id == work_event.c.complaint_id)
        .outerjoin(account, account.c.id == work_event.c.account_id)
        .where(work_event.c.id > after, work_event.c.id <= last)
        .order_by(work_event.c.id)
    )
    return Since(last, False, [_shown(row) for row in rows])


def _shown(row: Any) -> dict[str, Any]:
    return {name: getattr(row, name) for name in ("code", "version", "act", "who", "own")}
