"""Signing in and out, one's own account and sessions; and the rest of accounts beside it."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Header, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import func, select, text, update

from api.auth import COOKIE, HEADER, PRIVATE, Official, OfficialDatabase, SignedIn
from api.client import keyed
from api.dependencies import EVERYONE, OFFICIALS, SIGNED_IN
from api.routes import account_admin, delegating, second_factor, sign_on
from api.sessions import answer_of, browser_of, give
from geo import accounts, audit
from geo.accounts import WrongPasswordError
from geo.asking import MAY
from geo.errors import NotAllowedError, NotFoundError
from geo.participants import hashed
from geo.schema import account, account_session

own = APIRouter(prefix="/api/v1/account")


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


@own.post("/sign-in", tags=EVERYONE)
def sign_in(
    body: SignIn, request: Request, user_agent: Annotated[str, Header(max_length=2000)] = ""
) -> Response:
    """Begin a session, in a cookie; 403 for a wrong name or password, without saying which.

    `state`: "signed-in"; or "second-factor" or "set-up", with a session that opens nothing until
    a code was given, or a second factor was set up.
    """
    if HEADER.lower() not in request.headers:
        raise NotAllowedError(f"changes need the header {HEADER}: 1, which the pages here send")
    request.app.state.guard.admit(request, "sign_in", f"name:{body.name.strip().lower()}")
    strong, client = request.app.state.settings.strong_roles, browser_of(user_agent)
    now, guard = datetime.now(UTC), request.app.state.guard
    # Of one day: who failed on two is not followed from one to the other.
    origin = keyed(request.app.state.secret, f"{now:%Y-%m-%d} {guard.clients.of(request.scope)}")
    with request.app.state.engine.begin() as connection:
        entered = accounts.sign_in(
            connection, body.name, body.password, client, now, strong, origin[:12]
        )
    if entered is None:
        raise WrongPasswordError(
            "the name or the password is wrong, or was wrong too often: wait a few minutes"
            " / tên hoặc mật khẩu không đúng, hoặc đã sai quá nhiều lần: hãy đợi vài phút"
        )
    answer = answer_of({"state": entered.state})
    give(request, answer, entered.token)
    return answer


@own.get("/sign-in", tags=EVERYONE)
def ways(request: Request) -> Response:
    """How one can sign in here: with a password, and perhaps elsewhere."""
    settings = request.app.state.settings
    elsewhere = {"name": settings.oidc_name} if settings.oidc_issuer else None
    return answer_of({"elsewhere": elsewhere})


@own.post("/sign-out", tags=SIGNED_IN, status_code=204)
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


@own.get("/me", tags=SIGNED_IN)
def me(request: Request, db: OfficialDatabase, who: SignedIn) -> Response:
    """Who is signed in, with roles, and what they allow; keeps the session going."""
    columns = account.c
    mine = db.execute(
        select(
            columns.unit,
            columns.email,
            columns.second_factor,
            func.account_secret().label("password"),
            func.recovery_left().label("recovery_left"),
        ).where(columns.id == who.id)
    ).one()
    strong = request.app.state.settings.strong_roles
    answer = answer_of(
        {
            "id": who.id,
            "name": who.name,
            "full_name": who.full_name,
            "language": who.language,
            "unit": mine.unit,
            "email": mine.email,
            "must_change": who.must_change,
            "second_factor": mine.second_factor,
            "second_factor_needed": any(one.role in strong for one in who.roles),
            "recovery_left": mine.recovery_left,
            "password": mine.password,
            "roles": [one._asdict() for one in who.roles],
            "may": [
                *(need for need in MAY if who.may(need)),
                # What a page offers beside single acts, to who may do these.
                *(["bulk"] if who.may("act") else []),
                *(["views"] if who.may("inside") else []),
            ],
            "area_names": accounts.area_names(
                db, (code for one in who.roles for code in one.areas or ())
            ),
        }
    )
    renewed = accounts.new_token()
    used = text("SELECT session_used(:until, :renewed)")
    until = datetime.now(UTC) + accounts.IDLE
    if db.execute(used, {"until": until, "renewed": hashed(renewed)}).scalar_one():
        give(request, answer, renewed)
    return answer


@own.patch("/me", tags=SIGNED_IN, status_code=204)
def prefer(body: Preferences, db: OfficialDatabase, who: SignedIn) -> Response:
    """The language in which this person is written to."""
    db.execute(text("SELECT language_changed(:chosen)"), {"chosen": body.language})
    return Response(status_code=204, headers=PRIVATE)


@own.post("/password", tags=SIGNED_IN, status_code=204)
def password(body: Passwords, request: Request, db: OfficialDatabase, who: SignedIn) -> Response:
    """Change one's own password; other sessions end."""
    request.app.state.guard.admit(request, "sign_in", f"name:{who.name}")
    accounts.change_password(db, who.name, body.old, body.new)
    return Response(status_code=204, headers=PRIVATE)


@own.get("/sessions", tags=SIGNED_IN)
def sessions(db: OfficialDatabase, who: SignedIn) -> Response:
    """One's own sessions that have not ended, the newest first."""
    shown = db.execute(text("SELECT session_shown()")).scalar()
    columns = account_session.c
    rows = db.execute(
        select(columns.id, columns.client, columns.created_at, columns.seen_at, columns.whole)
        .where(
            columns.account_id == who.id,
            columns.ended_at.is_(None),
            columns.expires_at > datetime.now(UTC),
        )
        .order_by(columns.id.desc())
    )
    return answer_of(
        [
            {
                "id": row.id,
                "client": row.client,
                "since": row.created_at.isoformat(),
                "seen": row.seen_at.isoformat(),
                "this": row.id == shown,
                # Somebody who knows the password, and has not given the second factor.
                "waiting": not row.whole,
            }
            for row in rows
        ]
    )


@own.delete("/sessions/{number}", tags=SIGNED_IN, status_code=204)
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


@own.delete("/sessions", tags=SIGNED_IN)
def end_others(db: OfficialDatabase, who: SignedIn) -> Response:
    """End all of one's sessions but this one; how many there were."""
    ended = db.execute(text("SELECT own_sessions_ended()")).scalar_one()
    audit.append(db, "session.ended", who.name, n=ended)
    return answer_of({"ended": ended})


@own.get("/people", tags=OFFICIALS)
def people(
    db: OfficialDatabase,
    who: Official,
    q: Annotated[str, Query(max_length=80, pattern=r"^[^\x00]*$")] = "",
) -> Response:
    """Officials whose name or unit holds these words, for naming somebody who stands in."""
    words = func.fold(func.concat_ws(" ", account.c.name, account.c.full_name, account.c.unit))
    rows = db.execute(
        select(account.c.name, account.c.full_name, account.c.unit)
        .where(account.c.enabled, account.c.id != who.id)
        .where(func.strpos(words, func.fold(q.strip())) > 0)
        .order_by(account.c.full_name, account.c.name)
        .limit(10)
    )
    return answer_of([dict(row) for row in rows.mappings()])


@own.get("/colleagues", tags=OFFICIALS)
def colleagues(db: OfficialDatabase, who: Official, code: str = "", q: str = "") -> Response:
    """Who may be given a complaint: officers of its area and domain, by name."""
    rows = db.execute(
        text("SELECT * FROM work_colleagues(:code, :words)"), {"code": code, "words": q[:80]}
    )
    return answer_of([dict(row) for row in rows.mappings()])


router = APIRouter()
for routes in (own, second_factor.router, delegating.router, sign_on.router, account_admin.router):
    router.include_router(routes)
