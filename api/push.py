"""Web push on its way (RFC 8030): encrypted for one browser, and signed with the instance's key."""

import ipaddress
import json
import socket
from datetime import UTC, datetime, timedelta
from email.utils import parseaddr, parsedate_to_datetime
from types import TracebackType
from typing import Any, Final, Self

import requests
from pywebpush import WebPusher  # type: ignore[import-untyped]
from requests.adapters import HTTPAdapter
from sqlalchemy import Row
from urllib3.connection import HTTPSConnection
from urllib3.connectionpool import HTTPSConnectionPool
from urllib3.exceptions import HTTPError
from urllib3.poolmanager import PoolManager

from api.settings import Settings
from api.vapid import vapid
from geo.errors import BadFilterError
from geo.pushes import Subscription

TIMEOUT_S: Final = 15
# A phone that was off for longer has better things to show.
KEPT_FOR: Final = timedelta(days=1)
# RFC 8292 allows a day at most.
SIGNED_FOR: Final = timedelta(hours=12)


class PushError(Exception):
    """A message was not taken; says nothing about the browser.

    `gone` when the browser is known no more, `for_good` when this message will never be taken.
    """

    def __init__(
        self,
        reason: str,
        *,
        gone: bool = False,
        for_good: bool = False,
        wait: timedelta | None = None,
    ) -> None:
        super().__init__(reason)
        self.gone, self.for_good, self.wait = gone, for_good, wait


class _PublicConnection(HTTPSConnection):
    """A connection to a public address alone, however its name is resolved."""

    def _new_conn(self) -> socket.socket:
        made = super()._new_conn()
        address = ipaddress.ip_address(made.getpeername()[0])
        mapped = getattr(address, "ipv4_mapped", None) or address
        if not mapped.is_global or mapped.is_multicast:
            made.close()
            raise HTTPError("not a public address")
        return made


class _PublicPool(HTTPSConnectionPool):
    ConnectionCls = _PublicConnection


class _Public(HTTPAdapter):
    def init_poolmanager(self, *given: Any, **named: Any) -> None:
        super().init_poolmanager(*given, **named)
        manager: PoolManager = self.poolmanager
        manager.pool_classes_by_scheme = {"https": _PublicPool}


class Pusher:
    """Pushes one message after another; used in a `with` statement."""

    def __init__(self, settings: Settings) -> None:
        self._key = vapid(settings)
        self._private = settings.push_private
        sender = parseaddr(settings.mail_from)[1]
        self._sub = settings.base_url if settings.public_url else f"mailto:{sender}"
        self._session = requests.Session()
        # No proxy and no .netrc of the environment.
        self._session.trust_env = False
        if not self._private:
            self._session.mount("https://", _Public())

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._session.close()

    def deliver(self, message: Row[Any]) -> None:
        """Hand a row of `geo.pushes.claim` to its push service; raises `PushError`."""
        try:
            checked = Subscription.of(
                message.endpoint, message.p256dh, message.auth, private=self._private
            )
        except BadFilterError as error:
            raise PushError(error.field, gone=True) from None
        request = self._request(checked, str(message.id), message.payload)
        try:
            answer = self._session.post(
                checked.endpoint,
                timeout=TIMEOUT_S,
                # A push service redirects nobody; another one could lead inside.
                allow_redirects=False,
                **request,
            )
        except (requests.RequestException, HTTPError, OSError) as error:
            raise PushError(type(error).__name__) from None
        with answer:
            _judge(answer.status_code, answer.headers.get("Retry-After"))

    def _request(self, to: Subscription, number: str, payload: dict[str, Any]) -> dict[str, Any]:
        origin = "/".join(to.endpoint.split("/")[:3])
        claims = {
            "sub": self._sub,
            "aud": origin,
            "exp": int((datetime.now(UTC) + SIGNED_FOR).timestamp()),
        }
        headers = {
            **self._key.sign(claims),
            "TTL": str(int(KEPT_FOR.total_seconds())),
            "Urgency": "normal",
            # Sent again, it takes the place of the same one that waits (section 5.4).
            "Topic": number.replace("-", ""),
        }
        info = {"endpoint": to.endpoint, "keys": {"p256dh": to.p256dh, "auth": to.auth}}
        body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
        try:
            ready = WebPusher(info)._prepare_send_data(body, headers)
        except Exception as error:
            # A point that is not on the curve: this browser can be sent nothing.
            raise PushError(type(error).__name__, gone=True) from None
        return {"data": ready["data"], "headers": dict(ready["headers"])}


def _judge(status: int, retry_after: str | None) -> None:
    """What an answer of a push service means (RFC 8030, sections 5 and 7.3)."""
    if status in (404, 410):
        raise PushError(f"service says {status}", gone=True)
    if 200 <= status < 300:
        return
    # A message that is too large or malformed stays so; a key that is not taken can be mended.
    for_good = status in (400, 413)
    raise PushError(f"service says {status}", for_good=for_good, wait=_wait(retry_after))


def _wait(retry_after: str | None) -> timedelta | None:
    if not retry_after:
        return None
    if retry_after.isdigit():
        return timedelta(seconds=min(int(retry_after), 86_400))
    try:
        at = parsedate_to_datetime(retry_after)
    except ValueError:
        return None
    return max(at - datetime.now(UTC), timedelta()) if at.tzinfo else None
