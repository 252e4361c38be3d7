"""Whose request it is, with and without a proxy in front."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
import uvicorn
from pydantic import ValidationError

from api.client import keyed, network_of, proxying
from api.settings import Settings


async def _who(scope: Any, receive: Any, send: Any) -> None:
    """Answers with the address that the service would count."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["client"][0].encode()})


@contextmanager
def _served(settings: Settings) -> Iterator[str]:
    given = proxying(settings)
    config = uvicorn.Config(
        _who, host="127.0.0.1", port=0, log_level="error", lifespan="off", **given
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


def _asked(settings: Settings, forwarded: str) -> str:
    with _served(settings) as address:
        return httpx.get(address, headers={"X-Forwarded-For": forwarded}).text


def test_without_a_named_proxy_nobody_chooses_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    assert _asked(Settings(), "203.0.113.9") == "127.0.0.1"
    # What uvicorn itself would read from the environment.
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "*")
    assert _asked(Settings(), "203.0.113.9") == "127.0.0.1"


def test_a_named_proxy_says_whom_it_speaks_for() -> None:
    assert _asked(Settings(proxies="127.0.0.1"), "203.0.113.9") == "203.0.113.9"
    assert _asked(Settings(proxies="10.0.0.0/8, 127.0.0.0/8"), "203.0.113.9") == "203.0.113.9"
    assert _asked(Settings(proxies="127.0.0.1"), "2001:db8::7") == "2001:db8::7"


def test_what_the_client_wrote_before_the_proxy_is_not_believed() -> None:
    assert _asked(Settings(proxies="127.0.0.1"), "198.51.100.1, 203.0.113.9") == "203.0.113.9"
    chain = "198.51.100.1, 203.0.113.9, 10.1.2.3"
    assert _asked(Settings(proxies="127.0.0.1,10.1.0.0/16"), chain) == "203.0.113.9"


def test_a_proxy_elsewhere_is_not_believed() -> None:
    assert _asked(Settings(proxies="10.0.0.1"), "203.0.113.9") == "127.0.0.1"


@pytest.mark.parametrize("wrong", ["*", "nginx", "10.0.0.0/99"])
def test_a_proxy_that_is_no_address_is_refused_with_a_hint(wrong: str) -> None:
    with pytest.raises(ValidationError, match="no address or network: name the proxies"):
        Settings(proxies=wrong)


def test_a_network_with_host_bits_is_the_network() -> None:
    assert Settings(proxies="10.1.2.3/8").proxies == "10.0.0.0/8"


def test_one_customer_of_ipv6_is_one_client() -> None:
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:2:ffff:ffff:ffff:ffff")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:1:3::1")
    assert network_of("fe80::1%eth0") == "fe80::"
    assert network_of("::ffff:203.0.113.9") == network_of("203.0.113.9") == "203.0.113.9"
    assert network_of("203.0.113.9") != network_of("203.0.113.10")


def test_what_is_kept_of_an_address_does_not_give_it_away() -> None:
    assert keyed(b"s" * 32, "203.0.113.9") != keyed(b"t" * 32, "203.0.113.9")
    assert len(keyed(b"s" * 100, "203.0.113.9")) == 24


def test_a_rate_that_is_none_is_refused_with_an_example() -> None:
    with pytest.raises(ValidationError, match="60 per hour"):
        Settings(limit_reports="many")
