"""The installed app: it starts without a network, and a new version is not kept out."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from api.app import STATIC
from tests.browser.reporting import wait_until

pytestmark = pytest.mark.browser
REPORT = {"lon": 105.8412, "lat": 21.0245, "category": "pothole", "text": "Ổ gà lớn"}


@pytest.fixture
def installed(chromium: Browser, address: str) -> Iterator[Page]:
    """The app with its worker at work, on a phone."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, service_workers="allow")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    controlled(page)
    yield page
    context.set_offline(False)
    context.close()


def controlled(page: Page) -> None:
    """Waits until the worker is in charge and holds what the page has read."""
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    for _ in range(150):
        kept = page.evaluate(
            "(async () => Boolean(navigator.serviceWorker.controller)"
            " && Boolean(await caches.match('/api/v1/config'))"
            " && Boolean(await caches.match('/api/v1/domains')))()"
        )
        if kept:
            return
        page.wait_for_timeout(200)
    raise AssertionError("the worker did not take over")


def kept_addresses(page: Page) -> list[str]:
    """Everything that lies in a cache of this origin."""
    found: list[str] = page.evaluate(
        "(async () => (await Promise.all((await caches.keys()).map(async (name) =>"
        " (await (await caches.open(name)).keys()).map((one) => one.url)))).flat())()"
    )
    return found


def test_the_app_starts_without_a_network_and_the_form_opens(installed: Page, address: str) -> None:
    installed.context.set_offline(True)
    installed.reload()
    expect(installed.locator("#banner")).to_contain_text("Không có mạng", timeout=30_000)
    expect(installed.locator("h1")).to_contain_text("Bản đồ phản ánh")
    installed.get_by_role("button", name="Gửi phản ánh").click()
    expect(installed.locator("dialog form")).to_be_visible(timeout=30_000)
    expect(installed.locator("dialog form")).to_contain_text("Giao thông")


def test_a_complaint_seen_before_is_there_without_a_network_and_another_says_so(
    installed: Page, address: str
) -> None:
    seen = httpx.post(f"{address}/api/v1/complaints", json=REPORT).json()["id"]
    installed.goto(f"{address}/c/{seen}")
    expect(installed.locator(".words")).to_have_text("Ổ gà lớn")
    installed.context.set_offline(True)
    installed.goto("about:blank")
    installed.goto(f"{address}/c/{seen}")
    expect(installed.locator(".words")).to_have_text("Ổ gà lớn")
    expect(installed.locator("#banner")).to_have_text(
        re.compile(r"^Không có mạng\. Đang xem bản đã lưu lúc \d\d:\d\d \d+/\d+/20\d\d\.$")
    )
    installed.goto(f"{address}/c/ACDEFGHJK")
    expect(installed.locator("#message")).to_contain_text("chưa từng được mở")


def test_nothing_private_and_no_search_is_kept(installed: Page, address: str) -> None:
    sent = httpx.post(f"{address}/api/v1/complaints", json=REPORT).json()["properties"]
    installed.goto(f"{address}/mine#{sent['link']}")
    expect(installed.locator("#role")).to_be_visible(timeout=30_000)
    installed.evaluate(
        "Promise.all(['/api/v1/complaints?q=nam', '/api/v1/locate?lon=105.84&lat=21.02',"
        " '/api/v1/complaints?limit=1'].map((path) => fetch(path)))"
    )
    installed.wait_for_timeout(500)
    kept = kept_addresses(installed)
    assert f"{address}/api/v1/complaints?limit=1" in kept
    assert not [url for url in kept if re.search(r"/api/v1/mine|locate|[?&]q=", url)]
    assert sent["link"] not in json.dumps(kept)


def test_what_is_sent_goes_past_the_worker(installed: Page, address: str) -> None:
    status = installed.evaluate(
        "(report) => fetch('/api/v1/complaints', { method: 'POST', body: JSON.stringify(report),"
        " headers: { 'Content-Type': 'application/json' } }).then((one) => one.status)",
        REPORT,
    )
    assert status == 201
    assert f"{address}/api/v1/complaints" not in kept_addresses(installed)


def test_a_new_version_is_offered_and_taken_over_by_a_reload(
    chromium: Browser, address: str
) -> None:
    context = chromium.new_context(service_workers="allow")
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    controlled(page)
    file = STATIC / "sw.js"
    before, packed = file.read_bytes(), {one: one.read_bytes() for one in STATIC.glob("sw.js.*")}
    try:
        for one in packed:
            one.unlink()
        file.write_bytes(before + b"\n// another build")
        page.evaluate("navigator.serviceWorker.getRegistration().then((one) => one.update())")
        expect(page.locator("#newer")).to_contain_text("phiên bản mới", timeout=30_000)
        page.evaluate("window.before = true")
        page.locator("#newer button").click()
        wait_until(page, "window.before === undefined")
        page.wait_for_selector("body[data-ready]", timeout=60_000)
        expect(page.locator("#newer")).to_have_count(0)
    finally:
        file.write_bytes(before)
        for one, content in packed.items():
            one.write_bytes(content)
        context.close()


def test_the_manifest_names_pictures_that_are_there(address: str) -> None:
    answer = httpx.get(f"{address}/app.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    manifest = answer.json()
    assert {"192x192", "512x512"} <= {one["sizes"] for one in manifest["icons"]}
    assert any(one["purpose"] == "maskable" for one in manifest["icons"])
    shown = [
        *manifest["icons"],
        *(one for short in manifest["shortcuts"] for one in short["icons"]),
    ]
    for icon in shown:
        found = httpx.get(address + icon["src"])
        assert found.headers["content-type"] == icon["type"]
    assert httpx.get(f"{address}/sw.js").headers["cache-control"] == "no-cache"


def test_the_shell_that_is_held_is_small_and_whole() -> None:
    worker = (STATIC / "sw.js").read_text("utf-8")
    held = set(re.findall(r'url:\s*[`"](/[^`"]*)[`"]', worker)) or set(
        re.findall(r'"url":"(/[^"]*)"', worker)
    )
    assert {"/", "/mine", "/app.webmanifest"} <= held
    files = [STATIC / one.lstrip("/") for one in held if one.startswith("/assets/")]
    assert files
    assert all(one.exists() for one in files)
    assert not [one for one in files if "swagger" in one.read_text("utf-8")[:3000].lower()]

    def sent(one: Path) -> int:
        packed = one.with_name(one.name + ".br")
        return (packed if packed.exists() else one).stat().st_size

    assert sum(map(sent, files)) < 600_000
