"""The second factor: giving a code at the sign-in, setting one up, taking it off."""

from datetime import UTC, datetime
from io import BytesIO
from typing import Annotated
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from api.auth import PRIVATE, OfficialDatabase, SignedIn, session_token
from api.dependencies import EVERYONE, SIGNED_IN
from api.sessions import answer_of, give
from geo import accounts, asking, second_factor
from geo.accounts import WrongPasswordError
from geo.errors import ConflictError, NotSignedInError
from geo.second_factor import WrongCodeError

router = APIRouter(prefix="/api/v1/account")
Words = Annotated[str, Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")]


class Code(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: Annotated[str, Field(min_length=1, max_length=40, pattern=r"^[^\x00]*$")]


class Password(BaseModel):
    """Asked for again of a session that was begun earlier."""

    model_config = ConfigDict(extra="forbid")

    password: Words | None = None


class Proof(BaseModel):
    """One of the two."""

    model_config = ConfigDict(extra="forbid")

    code: Words | None = None
    password: Words | None = None


def _counted(request: Request, token: Annotated[str, Depends(session_token)]) -> str:
    """The session's token; tries at codes are counted with those at passwords."""
    request.app.state.guard.admit(request, "sign_in", f"session:{token}")
    return token


Token = Annotated[str, Depends(_counted)]


@router.post("/second-factor", tags=EVERYONE)
def give_code(body: Code, request: Request, token: Token) -> Response:
    """The second step of signing in: a code of the authenticator, or a recovery code."""
    state, now, renewed = request.app.state, datetime.now(UTC), accounts.new_token()
    with state.engine.begin() as connection:
        asking.show(connection, token)
        right = second_factor.give(
            connection, state.secret, body.code, renewed, now, now + accounts.IDLE
        )
    if not right:
        raise WrongCodeError(
            "this code is wrong, or was used before, or codes were wrong too often: take the next"
            " one, or wait a few minutes / mã không đúng, đã dùng rồi, hoặc đã sai quá nhiều lần:"
            " hãy dùng mã tiếp theo hoặc đợi vài phút"
        )
    answer = answer_of({"state": "signed-in"})
    give(request, answer, renewed)
    return answer


@router.post("/totp", tags=SIGNED_IN)
def want(
    request: Request, db: OfficialDatabase, token: Token, body: Password | None = None
) -> Response:
    """A secret for an authenticator, with its picture; nothing changes until a code is given.

    Also for a session that waits for the first second factor. Others give the password again.
    """
    _prove(db, body.password if body else None, None, request)
    host = urlsplit(request.app.state.settings.base_url).hostname or ""
    wanted = second_factor.want(db, request.app.state.secret, host)
    return answer_of({"secret": wanted.secret, "uri": wanted.uri, "svg": _picture(wanted.uri)})


def _picture(uri: str) -> str:
    """A QR code on white, whatever the page's colours are: dark ones are not read by all."""
    made = BytesIO()
    segno.make(uri, error="m").save(
        made, kind="svg", scale=5, border=4, light="#ffffff", xmldecl=False, nl=False
    )
    return made.getvalue().decode()


@router.put("/totp", tags=SIGNED_IN)
def confirm(body: Code, request: Request, db: OfficialDatabase, token: Token) -> Response:
    """A code of the secret that was shown: it is needed from now on. The recovery codes, once."""
    now, renewed = datetime.now(UTC), accounts.new_token()
    waiting = not _asks(db)
    codes = second_factor.confirm(
        db, request.app.state.secret, body.code, renewed, now, now + accounts.IDLE
    )
    answer = answer_of({"recovery": list(codes)})
    if waiting:
        give(request, answer, renewed)
    return answer


@router.delete("/totp", tags=SIGNED_IN, status_code=204)
def remove(
    body: Proof, request: Request, db: OfficialDatabase, who: SignedIn, token: Token
) -> Response:
    """Take the second factor off, with a code of it or the password; not where a role needs it."""
    strong = request.app.state.settings.strong_roles
    if any(one.role in strong for one in who.roles):
        raise ConflictError(
            "a role of yours needs it: set up another device instead"
            " / quyền của bạn bắt buộc có bước này: hãy đổi sang thiết bị khác"
        )
    _prove(db, body.password, body.code, request)
    second_factor.remove(db, who.name)
    return Response(status_code=204, headers=PRIVATE)


def _asks(db: OfficialDatabase) -> bool:
    try:
        asking.asker(db)
    except NotSignedInError:
        return False
    return True


def _prove(db: OfficialDatabase, password: str | None, code: str | None, request: Request) -> None:
    """Somebody who comes to an open screen must not lock its owner out.

    A session that waits was begun a moment ago; an account without a password has none to give.
    """
    if not _asks(db):
        return
    who = asking.asker(db)
    if code is not None:
        if not second_factor.is_right(db, request.app.state.secret, code, datetime.now(UTC)):
            raise WrongCodeError("this code is wrong / mã không đúng")
    elif not accounts.knows_password(db, who.name, password or ""):
        raise WrongPasswordError("the present password is wrong / mật khẩu hiện tại không đúng")
