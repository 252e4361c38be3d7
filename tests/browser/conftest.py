"""The running service and a real Chromium, with nothing but the app itself to talk to."""

import os
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect, sync_playwright
from sqlalchemy import Engine

from api.app import STATIC, create_app
from api.settings import Settings

# How long a page takes to show something says what machine it is on; that it shows it is the test.
expect.set_options(timeout=20_000)

FLAGS = (
    "--no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist"
    " --disable-background-networking"
)


@pytest.fixture
def address(hanoi_engine: Engine) -> Iterator[str]:
    """Hanoi with its approximate boundaries and sample complaints, served."""
    if not (STATIC / "index.html").exists():
        pytest.skip("the web app is not built; script/test builds it")
    app = create_app(hanoi_engine, Settings())
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    # Streams that officials' pages hold open would be waited for.
    if (live := getattr(app.state, "live", None)) is not None:
        live.end()
    server.should_exit = True
    thread.join(10)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS.split())
        # Tests answer requests themselves: the app's worker would answer before them. Tests of it
        # ask for it with service_workers="allow".
        plain = browser.new_context
        browser.new_context = lambda **given: plain(**{"service_workers": "block"} | given)  # type: ignore[method-assign]
        plain_page = browser.new_page
        browser.new_page = lambda **given: plain_page(**{"service_workers": "block"} | given)  # type: ignore[method-assign]
        yield browser
        browser.close()


def _page(browser: Browser, address: str, width: int, height: int) -> Iterator[Page]:
    """A page that must not fail, nor ask anyone but the service for anything."""
    context = browser.new_context(viewport={"width": width, "height": height})
    page = context.new_page()
    outside: list[str] = []
    faults: list[str] = []
    ours = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(ours) else outside.append(r.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield page
    context.close()
    assert outside == []
    assert faults == []


@pytest.fixture
def phone(chromium: Browser, address: str) -> Iterator[Page]:
    yield from _page(chromium, address, 390, 844)


@pytest.fixture
def desktop(chromium: Browser, address: str) -> Iterator[Page]:
    yield from _page(chromium, address, 1440, 900)
