"""Me too: others who have the same trouble support a complaint, and hear what becomes of it."""

import secrets
from typing import Final, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from geo import participants
from geo.complaint import NO_SUCH, Status
from geo.errors import NotFoundError, NotSupportableError

_CLOSED: Final = {
    Status.RESOLVED: "this was resolved already / việc này đã được giải quyết",
    Status.REJECTED: "this was answered and not accepted / phản ánh này đã được trả lời, từ chối",
    Status.DUPLICATE: "this is counted with another complaint / phản ánh này đã gộp vào cái khác",
    Status.WITHDRAWN: "this was withdrawn by its reporter / người gửi đã rút phản ánh này",
}
_AGAIN: Final = "; if it is still there, report it anew / ; nếu vẫn còn, hãy gửi phản ánh mới"

_ADD: Final = text(
    """
    INSERT INTO participant (complaint_id, role, link, device, language)
    VALUES (:complaint, 'supporter', :link, :device, :language)
    ON CONFLICT DO NOTHING
    RETURNING id
    """
)
_MEET: Final = text(
    """
    UPDATE participant SET link = :link, language = :language
     WHERE complaint_id = :complaint AND role = 'supporter'
       AND (device = :device OR link = :link)
    RETURNING id
    """
)


class Supported(NamedTuple):
    participant_id: int
    link: str
    """The token of the supporter's private link."""
    again: bool
    """Whether this device supported it before."""
    supporters: int


def why_not(status: int, *, sensitive: bool) -> str | None:
    """Why nobody can support such a complaint, in words; None where they can."""
    if sensitive:
        return (
            "this complaint is not public, so it cannot be supported"
            " / phản ánh này không công khai nên không thể cùng phản ánh"
        )
    said = _CLOSED.get(Status(status))
    if said is None:
        return None
    english, vietnamese = said.split(" / ")
    english_end, vietnamese_end = _AGAIN.split(" / ")
    return f"{english}{english_end} / {vietnamese}{vietnamese_end}"


def support(
    connection: Connection, code: str, device: str | None, language: str, secret: bytes
) -> Supported:
    """Support the complaint with a code; the same device twice is one supporter with one link.

    Raises `NotFoundError` and `NotSupportableError`. Part of the caller's transaction.
    """
    # While it is locked, nobody closes it; others support it at the same time. Locked first and
    # read then: a row that waited for its lock is joined to what it was before.
    given = {"code": code}
    connection.execute(text("SELECT complaint_held(:code)"), given)
    row = connection.execute(
        text(
            "SELECT c.id, c.status, k.sensitive"
            "  FROM complaint_told(:code) c JOIN category k ON k.id = c.category_id"
        ),
        given,
    ).one_or_none()
    if row is None:
        raise NotFoundError(NO_SUCH.format(code))
    if (reason := why_not(row.status, sensitive=row.sensitive)) is not None:
        raise NotSupportableError(reason)
    # Without a token of its own the caller is another device each time.
    hashed = participants.hashed(device) if device else secrets.token_bytes(32)
    connection.execute(
        text("SELECT set_config('phananh.device', :device, true)"), {"device": hashed.hex()}
    )
    _check_not_own(connection, row.id, hashed)
    link = participants.supporter_link(secret, row.id, hashed)
    participants.show(connection, link)
    values = {
        "complaint": row.id,
        "link": participants.hashed(link),
        "device": hashed,
        "language": language,
    }
    added = connection.execute(_ADD, values).scalar()
    # Again: the same link, but where the instance has a new secret. One that was erased has lost
    # its device and is known by its link, so that nobody is counted twice.
    number = added if added is not None else connection.execute(_MEET, values).scalar_one()
    return Supported(number, link, added is None, supporters_of(connection, row.id))


def _check_not_own(connection: Connection, complaint_id: UUID, device: bytes) -> None:
    own = connection.execute(
        text(
            "SELECT FROM participant"
            " WHERE complaint_id = :complaint AND role = 'reporter' AND device = :device"
        ),
        {"complaint": complaint_id, "device": device},
    ).one_or_none()
    if own is not None:
        raise NotSupportableError(
            "this device reported it, so it counts already"
            " / chính thiết bị này đã gửi phản ánh, nên đã được tính"
        )


def supporters_of(connection: Connection, complaint_id: UUID) -> int:
    """How many support a complaint, without its reporter."""
    found = connection.execute(
        text("SELECT supporters_of(:id)"),
        {"id": complaint_id},
    )
    return int(found.scalar_one())
