"""Who asks: the official whose session a transaction shows, and what that account may do.

The database finds out by itself (`asker()` in `0014_officials.sql`) and keeps everything else from
whoever asks; what is here is for refusing with words, and for showing what one may do.
"""

from collections.abc import Collection
from typing import Any, Final, Literal, NamedTuple
from uuid import UUID

from sqlalchemy import Connection, text

from geo.errors import NotAllowedError, NotSignedInError

Need = Literal["view", "inside", "personal", "act", "supervise", "plan", "admin"]
ROLES: Final = ("viewer", "officer", "supervisor", "planner", "admin")


class Role(NamedTuple):
    """A role in force."""

    role: str
    areas: tuple[str, ...] | None
    """`set:code`, of any level; None: everywhere."""
    domains: tuple[str, ...] | None
    """Codes; None: all of them."""
    delegated: bool


class Asker(NamedTuple):
    """An official who is signed in."""

    id: int
    name: str
    full_name: str
    language: str
    must_change: bool
    roles: tuple[Role, ...]

    def may(self, need: Need) -> bool:
        """Whether any of the roles may do this, wherever that is."""
        return any(one.role in MAY[need] for one in self.roles)

    def is_elsewhere(self, area: str) -> bool:
        """Whether an area, `set:code`, is certainly none of the asker's: others of its set are.

        One of another set may hold a part of what is; the database counts only that.
        """
        roles = [one.areas for one in self.roles if one.role != "admin"]
        named = [code for areas in roles for code in areas or ()]
        of_set = area.partition(":")[0] + ":"
        return (
            None not in roles
            and area not in named
            and any(code.startswith(of_set) for code in named)
        )


# As `role_may` in SQL; a test compares them.
MAY: Final[dict[Need, frozenset[str]]] = {
    "view": frozenset({"viewer", "officer", "supervisor", "planner"}),
    "inside": frozenset({"viewer", "officer", "supervisor"}),
    "personal": frozenset({"officer", "supervisor"}),
    "act": frozenset({"officer", "supervisor"}),
    "supervise": frozenset({"supervisor"}),
    "plan": frozenset({"planner", "supervisor"}),
    "admin": frozenset({"admin"}),
}


def show(connection: Connection, token: str) -> None:
    """Show a session's token to the database for the rest of the transaction."""
    connection.execute(text("SELECT set_config('phananh.session', :token, true)"), {"token": token})


_OPEN: Final = text("SELECT asker_opened(:token, :one)")


def opened(connection: Connection, token: str, *, one: bool = False) -> Asker | None:
    """Show a session's token for the rest of the transaction; whose it is, None: nobody's.

    `one`: the transaction is about one complaint. It is found by its code whatever the code is, and
    its statements are the longest here: planning them anew takes longer than running them.
    """
    found = connection.execute(_OPEN, {"token": token, "one": one}).scalar_one()
    return None if found is None else Asker(**found | {"roles": _roles(found["roles"])})


def asker(connection: Connection) -> Asker:
    """The official whose session is shown; raises `NotSignedInError`."""
    row = connection.execute(
        text(
            """
            SELECT a.id, a.name, a.full_name, a.language, a.must_change,
                   coalesce((SELECT jsonb_agg(jsonb_build_array(r.role, r.areas, r.domains,
                                                                r.delegated_by IS NOT NULL)
                                              ORDER BY r.id)
                               FROM account_roles(a.id) r), '[]') AS roles
              FROM account a WHERE a.id = asker()
            """
        )
    ).one_or_none()
    if row is None:
        raise NotSignedInError("sign in first / hãy đăng nhập")
    return Asker(row.id, row.name, row.full_name, row.language, row.must_change, _roles(row.roles))


def is_strong(connection: Connection) -> bool:
    """Whether the session that is shown was begun with a second factor."""
    return bool(connection.execute(text("SELECT session_strong()")).scalar_one())


def _roles(given: Collection[Any]) -> tuple[Role, ...]:
    return tuple(
        Role(
            role,
            None if areas is None else tuple(areas),
            None if domains is None else tuple(domains),
            delegated,
        )
        for role, areas, domains, delegated in given
    )


def require(connection: Connection, complaint_id: UUID, need: Need) -> None:
    """Raises `NotAllowedError` unless the asker may do this with a complaint."""
    allowed = connection.execute(
        text("SELECT asker_on(:id, :need)"), {"id": complaint_id, "need": need}
    ).scalar_one()
    if not allowed:
        raise NotAllowedError(
            "this complaint is not in an area and a domain of yours"
            " / phản ánh này không thuộc địa bàn, lĩnh vực của bạn"
        )
