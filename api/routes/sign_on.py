"""Signing on elsewhere, where the settings name an issuer: going there, and coming back."""

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import urlencode

from fastapi import APIRouter, Cookie, Header, Query, Request, Response
from fastapi.responses import RedirectResponse
from sqlalchemy import text

from api.auth import PRIVATE
from api.dependencies import EVERYONE
from api.refusals import SignOnError
from api.sessions import browser_of, give
from geo import audit, signing_in
from geo.errors import NotFoundError

if TYPE_CHECKING:
    from api.sign_on import Flow, Person, SignOn

router = APIRouter(prefix="/api/v1/account/oidc", tags=EVERYONE)
KEPT: Final = "phananh_sign_on"
# As web/src/office/sign-in.ts: an address from elsewhere must not lead away.
WITHIN: Final = re.compile(r"/office(/[\w./-]*)?(\?[^#\s]*)?", re.ASCII)
Words = Annotated[str, Query(max_length=4000, pattern=r"^[^\x00]*$")]


def _issuer(request: Request) -> "SignOn":
    state = request.app.state
    if not state.settings.oidc_issuer:
        raise NotFoundError("nobody signs on elsewhere here / ở đây không đăng nhập qua nơi khác")
    if not hasattr(state, "sign_on"):
        # Where nobody signs on elsewhere, its libraries need no memory.
        from api.sign_on import SignOn

        state.sign_on = SignOn(state.settings, state.secret)
    found: SignOn = state.sign_on
    return found


def _to(address: str, **said: str) -> RedirectResponse:
    query = f"?{urlencode(said)}" if said else ""
    return RedirectResponse(f"{address}{query}", 303, headers=PRIVATE)


@router.get("")
def leave(request: Request, next: Words = "") -> Response:
    """Go to where people sign on; `next` is a page of officials to come back to."""
    issuer = _issuer(request)
    request.app.state.guard.admit(request, "sign_in")
    to = next if WITHIN.fullmatch(next) and not next.startswith("/office/sign-in") else "/office"
    try:
        address, kept = issuer.begin(to)
    except SignOnError as error:
        return _to("/office/sign-in", refused=error.word)
    answer = _to(address)
    answer.set_cookie(
        KEPT,
        kept,
        max_age=issuer.lasts_s,
        path=router.prefix,
        httponly=True,
        secure=request.app.state.settings.base_url.startswith("https://"),
        samesite="lax",
    )
    return answer


@router.get("/return")
def come_back(
    request: Request,
    code: Words = "",
    state: Words = "",
    error: Words = "",
    phananh_sign_on: Annotated[str, Cookie(max_length=4000)] = "",
    user_agent: Annotated[str, Header(max_length=2000)] = "",
) -> Response:
    """Come back: to the page one came for, or to the sign-in page, which says why not."""
    issuer = _issuer(request)
    request.app.state.guard.admit(request, "sign_in")
    back = {}
    try:
        flow = issuer.flow(phananh_sign_on, state)
        back["next"] = flow.next
        if error or not code:
            raise SignOnError("cancelled", "the sign-on was given up")
        answer = _enter(request, flow, issuer.finish(flow, code), browser_of(user_agent))
    except SignOnError as refused:
        answer = _to("/office/sign-in", refused=refused.word, **back)
    answer.delete_cookie(KEPT, path=router.prefix)
    return answer


def _enter(request: Request, flow: "Flow", person: "Person", client: str) -> Response:
    state = request.app.state
    asked: dict[str, Any] = {
        "issuer": person.issuer, "subject": person.subject, "email": person.email
    }  # fmt: skip
    with state.engine.begin() as connection:
        found = connection.execute(
            text("SELECT * FROM account_of_sign_on(:issuer, :subject, :email)"), asked
        ).one_or_none()
        entered = None
        if found is not None:
            if found.bound:
                audit.append(connection, "account.bound", found.name, actor=found.name)
            entered = signing_in.begin(
                connection, found.id, found.name, client, datetime.now(UTC),
                state.settings.strong_roles, person.strong,
            )  # fmt: skip
        else:
            audit.append(connection, "sign-in.failed", "unknown", actor="unknown", elsewhere=True)
    if entered is None:
        raise SignOnError("unknown", "there is no account for this person")
    answer = (
        _to(flow.next)
        if entered.state == "signed-in"
        else _to("/office/sign-in", step=entered.state, next=flow.next)
    )
    give(request, answer, entered.token)
    return answer
