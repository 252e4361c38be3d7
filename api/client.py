"""Whose request it is: the network address of the client, in a form that can be counted.

Addresses are kept nowhere as they are, only hashed with the secret of the instance.
"""

import hashlib
from contextvars import ContextVar
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from typing import Any, Final

import structlog
from starlette.types import Scope

from api.limit_settings import LimitSettings

log = structlog.get_logger()
NOBODY: Final = "nobody"
# An IPv6 customer is given at least this much and may change the rest at will (RFC 6177).
OF_ONE_CUSTOMER: Final = 64

CURRENT: Final[ContextVar[str | None]] = ContextVar("client", default=None)
"""The client that is being answered, for limits deep inside; None outside of requests."""


def network_of(host: str) -> str:
    """The address, or for IPv6 the /64 it lies in; what is no address stays as it is.

    >>> network_of("2001:db8:1:2:aaaa::7"), network_of("::ffff:203.0.113.9")
    ('2001:db8:1:2::', '203.0.113.9')
    """
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped is not None:
            return str(address.ipv4_mapped)
        bits = 128 - OF_ONE_CUSTOMER
        return str(IPv6Address(int(address) >> bits << bits))
    return str(address)


def keyed(secret: bytes, said: str) -> str:
    """A word by which something private can be counted without being kept."""
    return hashlib.blake2b(said.encode(), key=secret[:64], digest_size=12).hexdigest()


class Clients:
    """Tells clients apart, and warns once where a proxy stands in front that nobody named."""

    def __init__(self, secret: bytes) -> None:
        self._warned = False
        self._keyed = lru_cache(maxsize=4096)(lambda host: keyed(secret, network_of(host)))

    def of(self, scope: Scope) -> str:
        """The client of a request; uvicorn has put the forwarded address in already."""
        client = scope.get("client")
        if not self._warned and client:
            self._look(scope["headers"], client[0], scope["app"].state.settings)
        return self._keyed(client[0]) if client else NOBODY

    def _look(self, headers: Any, host: str, settings: LimitSettings) -> None:
        if not settings.proxies and any(name == b"x-forwarded-for" for name, _ in headers):
            self._warned = True
            log.warning(
                "forwarded_header_ignored",
                hint="if a proxy stands in front, name it in PHANANH_PROXIES: docs/abuse.md",
            )


def proxying(settings: LimitSettings) -> dict[str, Any]:
    """What uvicorn is told about proxies: without any named, it believes no header."""
    return {
        "proxy_headers": bool(settings.proxies),
        # Never left out: uvicorn would believe the machine itself.
        "forwarded_allow_ips": settings.proxies,
    }
