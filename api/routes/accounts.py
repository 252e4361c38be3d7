"""Signing in and out, one's own account and sessions."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Header, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import select, text, update

from api.auth import COOKIE, HEADER, PRIVATE, Official, OfficialDatabase, SignedIn
from api.dependencies import EVERYONE, OFFICIALS, SIGNED_IN
from geo import accounts, audit
from geo.accounts import WrongPasswordError
from geo.asking import MAY, Asker
from geo.errors import NotAllowedError, NotFoundError
from geo.participants import hashed
from geo.schema import account, account_session

router = APIRouter(prefix="/api/v1/account")
_LONGEST: Final = timedelta(hours=12)


class SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80, pattern=r"^[^\x00]*$")
    password: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")


class Passwords(BaseModel):
    model_config = ConfigDict(extra="forbid")

    old: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")
    new: str = Field(min_length=1, max_length=200, pattern=r"^[^\x00]*$")


class Preferences(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: Literal["vi", "en"]


def _answer(content: Any) -> JSONResponse:
    return JSONResponse(content, headers=PRIVATE)


def _give(request: Request, response: Response, token: str) -> None:
    response.set_cookie(
        COOKIE,
        token,
        max_age=int(_LONGEST.total_seconds()),
        httponly=True,
        secure=request.app.state.settings.base_url.startswith("https://"),
        samesite="lax",
    )


def _browser(said: str) -> str:
    """The browser and the system in words a person knows, from a User-Agent.

    >>> _browser("Mozilla/5.0 (Linux; Android 14) AppleWebKit/537 Chrome/126.0 Mobile Safari/537")
    'Chrome, Android'
    """
    browsers = (("Edg", "Edge"), ("CriOS", "Chrome"), ("Chrome", "Chrome"))
    rest = (("Firefox", "Firefox"), ("Safari", "Safari"), ("python", "Python"))
    systems = (("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"))
    others = (("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"))
    found = [
        next((name for mark, name in marks if mark in said), "")
        for marks in (browsers + rest, systems + others)
    ]
    return ", ".join(filter(None, found)) or "?"


@router.post("/sign-in", tags=EVERYONE)
def sign_in(
    body: SignIn, request: Request, user_agent: Annotated[str, Header(max_length=2000)] = ""
) -> Response:
    """Begin a session, in a cookie; 403 for a wrong name or password, without saying which."""
    if HEADER.lower() not in request.headers:
        raise NotAllowedError(f"changes need the header {HEADER}: 1, which the pages here send")
    request.app.state.guard.admit(request, "sign_in", f"name:{body.name.strip().lower()}")
    with request.app.state.engine.begin() as connection:
        entered = accounts.sign_in(
            connection, body.name, body.password, _browser(user_agent), datetime.now(UTC)
        )
    if entered is None:
        raise WrongPasswordError(
            "the name or the password is wrong, or was wrong too often: wait a few minutes"
            " / tên hoặc mật khẩu không đúng, hoặc đã sai quá nhiều lần: hãy đợi vài phút"
        )
    answer = _answer({"state": "signed-in"})
    _give(request, answer, entered.token)
    return answer


@router.post("/sign-out", tags=SIGNED_IN, status_code=204)
def sign_out(db: OfficialDatabase, who: SignedIn) -> Response:
    """End this session."""
    audit.append(db, "sign-out", who.name)
    db.execute(
        update(account_session)
        .where(account_session.c.id == text("session_shown()"))
        .values(ended_at=datetime.now(UTC))
    )
    answer = Response(status_code=204, headers=PRIVATE)
    answer.delete_cookie(COOKIE)
    return answer


def _parts(who: Asker) -> list[str]:
    """Parts of pages that are no need of the database's: who has work has views of it."""
    return ["views"] if who.may("inside") else []


@router.get("/me", tags=SIGNED_IN)
def me(request: Request, db: OfficialDatabase, who: SignedIn) -> Response:
    """Who is signed in, with roles, and what they allow; keeps the session going."""
    own = db.execute(select(account.c.unit, account.c.email).where(account.c.id == who.id)).one()
    answer = _answer(
        {
            "id": who.id,
            "name": who.name,
            "full_name": who.full_name,
            "language": who.language,
            "unit": own.unit,
            "email": own.email,
            "must_change": who.must_change,
            "second_factor": False,
            "roles": [one._asdict() for one in who.roles],
            "may": [*(need for need in MAY if who.may(need)), *_parts(who)],
        }
    )
    renewed = accounts.new_token()
    used = text("SELECT session_used(:until, :renewed)")
    until = datetime.now(UTC) + accounts.IDLE
    if db.execute(used, {"until": until, "renewed": hashed(renewed)}).scalar_one():
        _give(request, answer, renewed)
    return answer


@router.patch("/me", tags=SIGNED_IN, status_code=204)
def prefer(body: Preferences, db: OfficialDatabase, who: SignedIn) -> Response:
    """The language in which this person is written to."""
    db.execute(text("SELECT language_changed(:chosen)"), {"chosen": body.language})
    return Response(status_code=204, headers=PRIVATE)


@router.post("/password", tags=SIGNED_IN, status_code=204)
def password(body: Passwords, request: Request, db: OfficialDatabase, who: SignedIn) -> Response:
    """Change one's own password; other sessions end."""
    request.app.state.guard.admit(request, "sign_in", f"name:{who.name}")
    accounts.change_password(db, who.name, body.old, body.new)
    return Response(status_code=204, headers=PRIVATE)


@router.get("/sessions", tags=SIGNED_IN)
def sessions(db: OfficialDatabase, who: SignedIn) -> Response:
    """One's own sessions that have not ended, the newest first."""
    shown = db.execute(text("SELECT session_shown()")).scalar()
    columns = account_session.c
    rows = db.execute(
        select(columns.id, columns.client, columns.created_at, columns.seen_at)
        .where(
            columns.account_id == who.id,
            columns.ended_at.is_(None),
            columns.expires_at > datetime.now(UTC),
        )
        .order_by(columns.id.desc())
    )
    return _answer(
        [
            {
                "id": row.id,
                "client": row.client,
                "since": row.created_at.isoformat(),
                "seen": row.seen_at.isoformat(),
                "this": row.id == shown,
            }
            for row in rows
        ]
    )


@router.delete("/sessions/{number}", tags=SIGNED_IN, status_code=204)
def end_session(number: int, db: OfficialDatabase, who: SignedIn) -> Response:
    """End one of one's own sessions."""
    ended = db.execute(
        update(account_session)
        .where(
            account_session.c.id == number,
            account_session.c.account_id == who.id,
            account_session.c.ended_at.is_(None),
        )
        .values(ended_at=datetime.now(UTC))
    )
    if not ended.rowcount:
        raise NotFoundError("there is no such session / không có phiên này")
    audit.append(db, "session.ended", who.name, session=number)
    return Response(status_code=204, headers=PRIVATE)


@router.get("/colleagues", tags=OFFICIALS)
def colleagues(db: OfficialDatabase, who: Official, code: str = "", q: str = "") -> Response:
    """Who may be given a complaint: officers of its area and domain, by name."""
    rows = db.execute(
        text("SELECT * FROM work_colleagues(:code, :words)"), {"code": code, "words": q[:80]}
    )
    return _answer([dict(row) for row in rows.mappings()])
