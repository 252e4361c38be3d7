"""Web push: browsers that are told of new complaints, or of how their own goes on; everyone may.

The address of a subscription and the token of a private link come in bodies alone: neither is in
an address of the web, which logs keep.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Connection

from api.dependencies import EVERYONE, Database
from api.settings import Settings
from api.watch_orders import Watched, order_of, watched
from geo import follows, participants, pushes
from geo.errors import BadFilterError, ConflictError, NotFoundError
from geo.pushes import LONGEST_ENDPOINT, Subscription

router = APIRouter(prefix="/api/v1/push", tags=EVERYONE)
# Plain characters alone: an address of the web has no others, and no text of the database a NUL.
Endpoint = Annotated[str, Field(pattern="^[!-~]+$", max_length=LONGEST_ENDPOINT)]
Link = Annotated[str, Field(min_length=16, max_length=200, description="of a private page")]


class Keys(BaseModel):
    p256dh: str = Field(max_length=200)
    auth: str = Field(max_length=100)


class Browser(BaseModel):
    """What `PushSubscription.toJSON()` of a browser says."""

    endpoint: Endpoint
    keys: Keys


class Asked(BaseModel):
    """A browser, and either what it watches or the private link of a complaint."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    subscription: Browser
    order: Watched | None = None
    link: Link | None = None
    language: Literal["vi", "en"] | None = Field(
        default=None, description="of what is pushed about a link; an order has its own"
    )


class Ended(BaseModel):
    """What is stopped: one order, what a link is about, or all that a browser is told."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    endpoint: Endpoint
    id: int | None = Field(default=None, ge=1, le=2**63 - 1)
    link: Link | None = None


class Renewed(BaseModel):
    """A browser whose service gave it another address."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    endpoint: Endpoint
    subscription: Browser


class Key(BaseModel):
    key: str
    """The `applicationServerKey`, base64url."""


class Begun(BaseModel):
    id: int | None
    """What stops this one thing; null for a link."""


@router.get("/key", response_model=Key)
def key(request: Request) -> Any:
    """The public key a browser subscribes with (RFC 8292)."""
    return Key(key=_key(request))


def _key(request: Request) -> str:
    found: str | None = getattr(request.app.state, "push_key", None)
    if found is None:
        # Cryptography is loaded by those who ask for it.
        from api.vapid import public_key, vapid

        found = request.app.state.push_key = public_key(vapid(request.app.state.settings))
    return found


@router.post("", status_code=201, response_model=Begun)
def begin(request: Request, body: Asked, db: Database) -> Any:
    """Tell a browser of new complaints, or of how a complaint goes on; it begins at once.

    The same again is the same. 429 after many orders by one client or for one browser.
    """
    if (body.order is None) == (body.link is None):
        raise BadFilterError("order", "give an order, or the private link of a complaint")
    browser = _browser(request, body.subscription)
    request.app.state.guard.admit(request, "pushes", browser.endpoint)
    if body.order is not None:
        return Begun(id=_watch(request, db, browser, body.order))
    assert body.link is not None  # noqa: S101 - one of both was given
    _follow(db, browser, body.link, body.language)
    return Begun(id=None)


def _browser(request: Request, given: Browser) -> Subscription:
    settings: Settings = request.app.state.settings
    keys = given.keys
    return Subscription.of(given.endpoint, keys.p256dh, keys.auth, private=settings.push_private)


def _watch(request: Request, db: Connection, browser: Subscription, wanted: Watched) -> int:
    order, question = order_of(request, wanted)
    push_id = pushes.subscribed(db, browser, order.language)
    order = watched(db, order, question)
    number = follows.take_push(db, push_id, order, datetime.now(UTC))
    if number is None:
        raise ConflictError(
            f"one browser watches at most {follows.MOST_FOLLOWS} places: stop one of them first"
            f" / mỗi trình duyệt theo dõi tối đa {follows.MOST_FOLLOWS} nơi: hãy dừng bớt một nơi"
        )
    return number


def _follow(
    db: Connection, browser: Subscription, link: str, language: Literal["vi", "en"] | None
) -> None:
    who = participants.by_link(db, link)
    if who is None or who.erased_at is not None:
        raise NotFoundError(
            "no complaint has this private link, or it was erased"
            " / không có phản ánh nào với liên kết riêng này, hoặc phần cá nhân đã xóa"
        )
    push_id = pushes.subscribed(db, browser, language or who.language)
    pushes.follow_complaint(db, push_id, who.id)


@router.delete("", status_code=204)
def stop(body: Ended, db: Database) -> Response:
    """Stop one thing, or without `id` and `link` all of it, and erase what was stored about it.

    Who knows the address of the subscription may; again, or for one that is not known, the same.
    """
    participant_id = None
    if body.link is not None:
        who = participants.by_link(db, body.link)
        if who is None:
            return Response(status_code=204)
        participant_id = who.id
    pushes.stop(db, body.endpoint, body.id, participant_id)
    return Response(status_code=204)


@router.post("/renew", status_code=204)
def renew(request: Request, body: Renewed, db: Database) -> Response:
    """The same browser at another address: all it was told of goes on."""
    pushes.renewed(db, body.endpoint, _browser(request, body.subscription))
    return Response(status_code=204)
