"""The page behind a mail about one complaint, in a browser."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from api.app import create_app
from api.settings import Settings

AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
SAID = {"lon": 105.8342, "lat": 21.0278, "category": "pothole", "text": "Trước nhà tôi"}

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def served(module_hanoi: Engine) -> Iterator[str]:
    """The service; these pages need nothing of the built web app."""
    config = uvicorn.Config(create_app(module_hanoi, Settings()), port=0, log_level="error")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.05)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    thread.join(10)


@pytest.fixture
def mailed(served: str, module_hanoi: Engine) -> str:
    """The address of a page in a letter that was just written."""
    answer = httpx.post(f"{served}/api/v1/complaints", json=SAID | {"email": "an@example.org"})
    assert answer.json()["properties"]["contact"] == "unconfirmed"
    with module_hanoi.connect() as connection:
        plain = connection.execute(
            text("SELECT plain FROM mail ORDER BY created_at DESC LIMIT 1")
        ).scalar_one()
    return served + re.findall(r"/contact/\S+", plain)[-1]


def _opened(browser: Browser, url: str, scheme: str) -> Page:
    context = browser.new_context(
        viewport={"width": 320, "height": 640},
        color_scheme="dark" if scheme == "dark" else "light",
    )
    page = context.new_page()
    page.goto(url)
    return page


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_axe_finds_nothing_and_it_fits_the_narrowest_phone(
    chromium: Browser, mailed: str, scheme: str, lang: str
) -> None:
    page = _opened(chromium, f"{mailed}?lang={lang}", scheme)
    for press in ("", "confirm", "stop"):
        if press:
            page.locator(f'form[action*="/{press}"] button').click()
            expect(page.locator(f'form[action*="/{press}"]')).to_have_count(0)
        page.evaluate(AXE.read_text("utf-8"))
        found = page.evaluate("axe.run()")
        assert [one["id"] for one in found["violations"]] == [], press
        wider = page.evaluate(
            "document.documentElement.scrollWidth > document.documentElement.clientWidth"
        )
        assert not wider, press
    assert page.locator("html").get_attribute("lang") == lang
    page.context.close()


def test_it_is_confirmed_and_stopped_with_the_keyboard(chromium: Browser, mailed: str) -> None:
    page = _opened(chromium, mailed, "light")
    status = page.get_by_role("status")
    expect(status).to_contain_text("Chưa bắt đầu")
    for _ in range(3):
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(status).to_contain_text("đang nhận tin")
    page.get_by_role("link", name="English").click()
    expect(status).to_contain_text("You get news")
    page.get_by_role("button", name="Stop and erase the address").focus()
    page.keyboard.press("Space")
    expect(status).to_contain_text("No mail comes by this link")
    page.context.close()
