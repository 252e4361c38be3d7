"""What a private link opens: the complaint as its holder may see it, and what may be done."""

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row

from geo import listing
from geo.complaint import TRANSITIONS, Status
from geo.correcting import why_not_editable
from geo.database import sql
from geo.errors import NotFoundError


class Opened(NamedTuple):
    """A complaint through a private link."""

    person: Row[Any]
    """The holder's row of `participant`."""
    facts: Row[Any]
    """As in the list: what everyone sees of it."""
    own: Row[Any]
    """As `geo/sql/own.sql` has it."""

    @property
    def is_own(self) -> bool:
        """Whether its holder wrote it, and nothing of that was erased."""
        return self.person.role == "reporter" and self.person.erased_at is None


def opened(connection: Connection, person: Row[Any]) -> Opened:
    """Raises `NotFoundError` where the complaint itself is gone."""
    facts = connection.execute(listing.of(person.complaint_id)).one_or_none()
    given = {"complaint_id": person.complaint_id, "participant_id": person.id}
    own = connection.execute(sql("geo", "own"), given).one_or_none()
    if facts is None or own is None:
        raise NotFoundError("this complaint is no longer stored / phản ánh này không còn được lưu")
    return Opened(person, facts, own)


def may(through: Opened, at: datetime) -> list[str]:
    """What its holder may do with it at an instant; nothing once the personal part is erased."""
    if through.person.erased_at is not None:
        return []
    if through.person.role == "reporter" and through.own.gone:
        return ["erase"]
    status = Status(through.facts.status)
    allowed = []
    if through.is_own and through.own.editable_until is not None:
        if why_not_editable(status, through.own.editable_until, at) is None:
            allowed.append("correct")
        if Status.WITHDRAWN in TRANSITIONS[status]:
            allowed.append("withdraw")
    if status != Status.WITHDRAWN or through.person.address is not None:
        allowed.append("contact")
    if status in (Status.RESOLVED, Status.REJECTED):
        allowed.append("rate")
    if through.is_own and status.is_open and any(q["replied_at"] is None for q in asked(through)):
        allowed.append("reply")
    return [*allowed, "erase"]


def asked(through: Opened) -> list[dict[str, Any]]:
    """What officials asked its holder, and what was replied."""
    return list(through.own.questions) if through.is_own else []
