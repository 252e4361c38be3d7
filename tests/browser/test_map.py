"""The page in a real Chromium, with nothing but the app itself to talk to."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import uvicorn
from playwright.sync_api import Page, sync_playwright
from sqlalchemy import Engine

from api.app import STATIC, create_app
from api.settings import Settings
from boundaries.hanoi import WARDS, ensure_hanoi
from geo.sample import sample

pytestmark = pytest.mark.browser
FLAGS = (
    "--no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist"
    " --disable-background-networking"
)


@pytest.fixture
def address(engine: Engine) -> Iterator[str]:
    if not (STATIC / "index.html").exists():
        pytest.skip("the web app is not built; script/test builds it")
    with engine.begin() as connection:
        ensure_hanoi(connection)
        sample(connection, 1, WARDS.code, 2000, 5, datetime(2026, 11, 1, tzinfo=UTC))
    app = create_app(engine, Settings())
    server = uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def page() -> Iterator[Page]:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS.split())
        yield browser.new_page(viewport={"width": 390, "height": 844})
        browser.close()


def test_the_map_opens_on_hanoi_filters_and_speaks_both_languages(page: Page, address: str) -> None:
    outside: list[str] = []
    faults: list[str] = []
    page.on("request", lambda r: outside.append(r.url) if address not in r.url else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(address)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    assert page.locator("h1").inner_text() == "Bản đồ phản ánh · Hà Nội"
    assert page.locator("#total").inner_text() == "2.000 phản ánh"
    assert page.locator("#legend li").count() >= 2
    assert "gần đúng" in page.locator("#notice").inner_text()
    page.get_by_role("button", name="Giao thông").click()
    page.wait_for_function("document.querySelector('#total').textContent !== '2.000 phản ánh'")
    assert "domain=traffic" in page.url
    page.get_by_role("button", name="English").click()
    assert page.locator("h1").inner_text() == "Complaint map · Hanoi"
    assert [url for url in outside if not url.startswith(("data:", "blob:"))] == []
    assert faults == []
