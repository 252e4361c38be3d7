"""Accounts, as admins keep them: people, roles, passwords to be used once, sessions."""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, EmailStr, Field

from api.auth import PRIVATE, Admin, OfficialDatabase
from api.dependencies import ADMINS
from api.sessions import answer_of
from geo import account_admin, accounts
from geo.account_admin import Given
from geo.asking import ROLES
from geo.errors import BadFilterError

router = APIRouter(prefix="/api/v1/admin/accounts", tags=ADMINS)
MOST_ID = 2**63 - 1
Number = Annotated[int, Path(ge=1, le=MOST_ID)]
Words = Annotated[str, Field(max_length=120, pattern=r"^[^\x00]*$")]
Asked = Annotated[str, Query(max_length=80, pattern=r"^[^\x00]*$")]
Codes = Annotated[list[Annotated[str, Field(max_length=120)]], Field(max_length=200)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Person(_Strict):
    """Who is changed; what is left out stays."""

    full_name: Words | None = None
    unit: Words | None = None
    email: EmailStr | Literal[""] | None = None
    """Where the person signs on elsewhere: the address the account is bound by, once."""
    enabled: bool | None = None
    signs_on: Literal[False] | None = None
    """False forgets who signs on to it elsewhere."""


class NewRole(_Strict):
    role: Literal[ROLES]  # type: ignore[valid-type]
    areas: Codes = []
    """set:code, of any level; none: everywhere."""
    domains: Codes = []
    """None: all of them."""
    until: AwareDatetime | None = None


class NewAccount(_Strict):
    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")
    full_name: Words = ""
    unit: Words = ""
    email: EmailStr | Literal[""] = ""
    language: Literal["vi", "en"] = "vi"
    password: bool = True
    """Whether there is one: without it, the person signs on elsewhere."""
    role: NewRole | None = None


def _one(db: OfficialDatabase, number: int) -> dict[str, Any]:
    account_admin.name_of(db, number)
    found = account_admin.find(db, account_id=number)
    return found[0] | {"area_names": _names(db, found)}


def _names(db: OfficialDatabase, found: list[dict[str, Any]]) -> dict[str, str]:
    held = (role for one in found for role in one["roles"])
    return accounts.area_names(db, (code for role in held for code in role["areas"] or ()))


def _give(db: OfficialDatabase, who: Admin, number: int, role: NewRole) -> int:
    if role.until is not None and role.until <= datetime.now(UTC):
        raise BadFilterError("until", "this day is over / ngày này đã qua")
    return account_admin.give_role(
        db, number, role.role, role.areas, role.domains, role.until, who.id
    )


@router.get("")
def find(
    db: OfficialDatabase,
    who: Admin,
    q: Asked = "",
    role: Asked = "",
    after: Asked = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Response:
    """Accounts by name, whose name, unit or address holds `q`; `next` goes on."""
    found = account_admin.find(db, q, role, after, limit + 1)
    more = found[limit - 1]["name"] if len(found) > limit else None
    names = _names(db, found[:limit])
    return answer_of({"accounts": found[:limit], "next": more, "area_names": names})


@router.post("", status_code=201)
def make(body: NewAccount, db: OfficialDatabase, who: Admin) -> Response:
    """Make an account; its password is to be used once, and told only here."""
    if body.role is None:
        raise BadFilterError(
            "role",
            "choose a role: an account without any sees nothing"
            " / hãy chọn quyền: không có quyền thì tài khoản không xem được gì",
        )
    given = Given(body.full_name.strip(), body.unit.strip() or None, body.email or None)
    number, password = account_admin.make(db, body.name, given, body.language, body.password)
    _give(db, who, number, body.role)
    return answer_of({"account": _one(db, number), "password": password}, 201)


@router.get("/{number}")
def one(number: Number, db: OfficialDatabase, who: Admin) -> Response:
    """One account, with its roles."""
    return answer_of(_one(db, number))


@router.patch("/{number}")
def change(number: Number, body: Person, db: OfficialDatabase, who: Admin) -> Response:
    """Change a name, a unit, an address; or whether the account may sign in."""
    before = _one(db, number)
    named = body.model_dump(exclude_unset=True, exclude={"enabled", "signs_on"})
    if named:
        kept = {field: before[field] for field in Given._fields} | {
            field: (value or "").strip() or None for field, value in named.items()
        }
        kept["full_name"] = kept["full_name"] or before["name"]
        account_admin.change(db, number, Given(**kept))
    if body.signs_on is False:
        account_admin.unbind(db, number)
    if body.enabled is not None:
        account_admin.enable(db, number, body.enabled)
    return answer_of(_one(db, number))


@router.post("/{number}/roles", status_code=201)
def give_role(number: Number, body: NewRole, db: OfficialDatabase, who: Admin) -> Response:
    """Give a role, for areas and domains, for good or until a time."""
    given = _give(db, who, number, body)
    return answer_of({"id": given}, 201)


@router.delete("/{number}/roles/{role}", status_code=204)
def take_role(number: Number, role: Number, db: OfficialDatabase, who: Admin) -> Response:
    """Take a role away, with what was delegated of it; not the last admin's."""
    account_admin.take_role(db, number, role)
    return Response(status_code=204, headers=PRIVATE)


@router.post("/{number}/password")
def give_password(number: Number, db: OfficialDatabase, who: Admin) -> Response:
    """A password to be used once, told only here; all sessions end."""
    return answer_of({"password": account_admin.give_password(db, number)})


@router.delete("/{number}/sessions")
def end_sessions(number: Number, db: OfficialDatabase, who: Admin) -> Response:
    """End all sessions of the account; how many there were."""
    return answer_of({"ended": account_admin.end_sessions(db, number)})


@router.delete("/{number}/totp", status_code=204)
def take_factor(number: Number, db: OfficialDatabase, who: Admin) -> Response:
    """Take the second factor off the account of who lost it; all sessions end."""
    account_admin.take_factor(db, number)
    return Response(status_code=204, headers=PRIVATE)
