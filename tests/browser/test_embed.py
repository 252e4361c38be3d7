"""The map in a frame of a page of another origin."""

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FrameLocator, Page, expect

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
SIZES = [(320, 240), (640, 480)]


@pytest.fixture
def site(address: str) -> Iterator[str]:
    """Another site, which frames whatever path and size it is asked for: /<width>/<height>/..."""

    class Framing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            _, width, height, rest = self.path.split("/", 3)
            framed = f"{address}/{rest}".replace("&", "&amp;")
            body = (
                f'<!doctype html><html lang="en"><title>News</title><link rel="icon" href="data:,">'
                f'<h1>News</h1><iframe title="Map" width="{width}"'
                f' height="{height}" src="{framed}"></iframe>'
            ).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Framing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    # Another host name too: cookies do not know ports.
    yield f"http://localhost:{server.server_address[1]}"
    server.shutdown()


@pytest.fixture
def reader(chromium: Browser) -> Iterator[Page]:
    """A page on which nothing may be said on the console."""
    context = chromium.new_context(viewport={"width": 800, "height": 700})
    page = context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    yield page
    assert context.cookies() == []
    context.close()
    assert faults == []


def framed(page: Page) -> FrameLocator:
    frame = page.frame_locator("iframe")
    frame.locator("body[data-ready]").wait_for(timeout=60_000)
    return frame


@pytest.mark.parametrize(("width", "height"), SIZES)
def test_another_site_shows_the_map_and_axe_finds_nothing_serious(
    reader: Page, site: str, width: int, height: int
) -> None:
    reader.goto(f"{site}/{width}/{height}/embed?layer=areas&lang=en&domain=environment")
    frame = framed(reader)
    expect(frame.locator("h1")).to_have_text("Complaint map · Hanoi")
    expect(frame.locator("#legend b")).to_contain_text("complaints")
    for hidden in ("#search", "#panel", "footer", "#show-report", "#language"):
        expect(frame.locator(hidden)).to_be_hidden()
    if width >= 480:
        assert frame.locator("#legend li").count() >= 2
        expect(frame.locator("#legend li").first).to_be_visible()
    link = frame.locator("#full")
    expect(link).to_have_text("Full map")
    _, inner = reader.frames
    assert inner.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # Drawn, not only there: the canvas is not of one colour.
    shot = reader.locator("iframe").screenshot()
    assert len(shot) > 4000
    inner.evaluate(AXE.read_text("utf-8"))
    found = inner.evaluate("axe.run()")
    serious = [
        f"{one['id']}: {node['target']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []


def test_the_link_leads_to_the_full_page_with_the_same_view(
    reader: Page, site: str, address: str
) -> None:
    reader.goto(f"{site}/640/480/embed?layer=areas&lang=en&domain=traffic")
    frame = framed(reader)
    steps = reader.evaluate("history.length")
    frame.get_by_role("button", name="Zoom in").click()
    for _ in range(50):
        if "view=" in frame.locator("body").evaluate("() => location.search"):
            break
        reader.wait_for_timeout(100)
    link = frame.locator("#full")
    link.focus()
    target = link.get_attribute("href") or ""
    assert "domain=traffic" in target
    assert "view=" in target
    assert reader.evaluate("history.length") == steps
    reader.goto(address + target)
    reader.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(reader.get_by_role("button", name="Traffic")).to_have_attribute("aria-pressed", "true")
    expect(reader.locator("#show-report")).to_be_visible()


def test_only_this_path_may_be_framed(chromium: Browser, site: str, address: str) -> None:
    page = chromium.new_page()
    for path in ("", "docs/", "api/v1/map.svg", "api/v1/domains", "metrics"):
        policy = page.request.get(f"{address}/{path}").headers["content-security-policy"]
        assert "frame-ancestors 'self'" in policy, path
    policy = page.request.get(f"{address}/embed").headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "form-action 'none'" in policy
    assert "set-cookie" not in page.request.get(f"{address}/embed").headers
    page.goto(f"{site}/640/480/")
    page.wait_for_timeout(1500)
    assert not any(one.url.startswith(address) for one in page.frames)
    page.goto(f"{address}/embed")
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [
        0,
        0,
        "",
    ]
    page.close()
