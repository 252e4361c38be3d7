"""Officials' requests: the session they show, and what is refused before anything is asked.

What an official may see and change is decided by the database (row-level security), which is shown
the session's token; what is checked here is for an answer in words.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any, Final

from fastapi import Depends, Request
from sqlalchemy import Connection

from api.cross_site import READS
from geo import asking, audit, signing_in
from geo.asking import Asker, Need
from geo.complaint import is_code
from geo.errors import NotAllowedError, NotSignedInError, NotYoursError, PasswordChangeError

COOKIE: Final = "phananh_session"
# A header that no form of another site can send; a script of one may not (no CORS for it).
HEADER: Final = "X-Phananh"


def session_token(request: Request) -> str:
    """The token of the session's cookie; raises `NotSignedInError`, and refuses forged changes."""
    token = request.cookies.get(COOKIE, "")
    if not 0 < len(token) <= 200:
        raise NotSignedInError("sign in first / hãy đăng nhập")
    if request.method not in READS and HEADER.lower() not in request.headers:
        raise NotAllowedError(f"changes need the header {HEADER}: 1, which the pages here send")
    return token


@contextmanager
def shown(request: Request, token: str) -> Iterator[Connection]:
    """A transaction of its own that shows a session: for what is not done in one."""
    with request.app.state.engine.begin() as connection:
        asking.show(connection, token)
        yield connection


def _connection(request: Request) -> Iterator[Connection]:
    token = session_token(request)
    try:
        with request.app.state.engine.begin() as connection:
            one = "code" in request.path_params
            request.state.asker = asking.opened(connection, token, one=one)
            yield connection
    except (NotYoursError, NotAllowedError) as error:
        # Nothing of the request stays but that it was made: who tries many codes is noticed.
        code = request.path_params.get("code")
        subject = code if isinstance(code, str) and is_code(code) else request.scope["route"].path
        why = "not-yours" if isinstance(error, NotYoursError) else "no-role"
        with shown(request, token) as connection:
            audit.append(connection, "denied", subject, why=why, method=request.method)
        raise


# One transaction of a request that shows its session: the database knows who asks.
OfficialDatabase = Annotated[Connection, Depends(_connection, scope="function")]


def _signed_in(request: Request, db: OfficialDatabase) -> Asker:
    who: Asker | None = request.state.asker
    if who is None:
        raise NotSignedInError("sign in first / hãy đăng nhập")
    strong = request.app.state.settings.strong_roles
    if any(one.role in strong for one in who.roles) and not asking.is_strong(db):
        # Such a role was given since the sign-in: the next one leads to setting up what it needs.
        signing_in.end_weak(request.app.state.engine, session_token(request))
        raise NotSignedInError(
            "a role of yours needs a second factor now: sign in again"
            " / quyền của bạn nay cần bước xác thực thứ hai: hãy đăng nhập lại"
        )
    return who


# Whoever is signed in, also with a password that has to be changed first.
SignedIn = Annotated[Asker, Depends(_signed_in)]


def _official(who: SignedIn) -> Asker:
    if who.must_change:
        raise PasswordChangeError(
            "choose a password of your own first / trước hết hãy đặt mật khẩu của riêng bạn"
        )
    return who


Official = Annotated[Asker, Depends(_official)]


def needs(need: Need) -> Any:
    """A dependency that refuses who may not do this anywhere."""
    return Depends(_needs(need))


def _needs(need: Need) -> Callable[[Asker], Asker]:
    def allowed(who: Official) -> Asker:
        if not who.may(need):
            raise NotAllowedError(
                "your account has no role for this / tài khoản của bạn không có quyền này"
            )
        return who

    return allowed


Viewer = Annotated[Asker, needs("inside")]
Officer = Annotated[Asker, needs("act")]
Supervisor = Annotated[Asker, needs("supervise")]
Planner = Annotated[Asker, needs("plan")]
Admin = Annotated[Asker, needs("admin")]
# An answer to an official is for that person, and of the moment.
PRIVATE: Final = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
