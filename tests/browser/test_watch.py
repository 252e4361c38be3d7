"""Watching a place in a real Chromium: where, what, how; what is refused, and what is stopped."""

import json
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
SQUARE = "105.83000,21.01000;105.87000,21.01000;105.87000,21.04000;105.83000,21.04000"
# A browser whose push service answers: headless Chromium has none. The key is a point of P-256.
PUSH = """
(() => {
  let granted = '%s', there = null;
  const keys = { p256dh: '%s', auth: 'AAAAAAAAAAAAAAAAAAAAAA' };
  const made = (key) => ({
    endpoint: 'https://updates.push.example.org/wpush/me',
    options: { applicationServerKey: key.buffer },
    toJSON: () => ({ endpoint: 'https://updates.push.example.org/wpush/me', keys }),
    unsubscribe: async () => { there = null; return true; },
  });
  const pushManager = {
    getSubscription: async () => there,
    subscribe: async ({ applicationServerKey }) => {
      if (window.noService) throw new DOMException('Registration failed', 'AbortError');
      there = made(applicationServerKey);
      return there;
    },
  };
  Object.defineProperty(navigator.serviceWorker, 'getRegistration',
    { value: async () => ({ pushManager }) });
  Object.defineProperty(Notification, 'permission', { get: () => granted });
  Notification.requestPermission = async () => {
    if (granted === 'default') granted = window.saysNo ? 'denied' : 'granted';
    return granted;
  };
})();
"""
POINT = "BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"


def open_map(page: Page, address: str, query: str = "") -> None:
    page.goto(f"{address}/{query}")
    page.wait_for_selector("body[data-ready]", timeout=60_000)


def faults_of(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]
    ]


def open_dialog(page: Page, address: str, query: str = "") -> Any:
    open_map(page, address, query)
    if page.locator("#show-filters").is_visible():
        page.locator("#show-filters").click()
    page.locator("#open-watch").click()
    dialog = page.locator("dialog")
    expect(dialog.locator("#watch-begin")).to_be_visible()
    return dialog


def posted(page: Page, path: str) -> list[Any]:
    sent: list[Any] = []

    def answer(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.continue_()

    page.route(path, answer)
    return sent


def test_what_the_map_shows_is_watched_by_mail(phone: Page, address: str) -> None:
    sent = posted(phone, "**/api/v1/follows")
    dialog = open_dialog(
        phone,
        address,
        f"?domain=traffic&polygon={SQUARE}&since=2026-01-01&as_of=2026-06-01T00:00:00Z",
    )
    expect(dialog).to_contain_text("Nơi đang xem trên bản đồ: vùng bạn vẽ, 13,9 km²")
    dialog.locator("#watch-begin").click()
    expect(dialog.get_by_role("alert")).to_contain_text("địa chỉ thư đúng")
    expect(dialog.locator("#watch-address")).to_be_focused()
    dialog.locator("#watch-address").fill("an@example.org")
    dialog.locator("#watch-schedule").select_option("instant")
    dialog.locator("#watch-progress").check()
    dialog.locator("#watch-begin").click()
    expect(dialog.locator("#watch-done")).to_contain_text("bạn sẽ có thư xác nhận")
    expect(dialog.locator("#watch-done")).to_be_focused()
    question = sent[0].pop("question")
    assert parse_qs(question) == {
        "city": ["hanoi"], "domain": ["traffic"], "polygon": [SQUARE]
    }  # fmt: skip
    assert sent == [
        {
            "kind": "complaints",
            "address": "an@example.org",
            "language": "vi",
            "schedule": "instant",
            "progress": True,
        }
    ]


def test_a_ward_is_chosen_from_a_list_without_the_map(desktop: Page, address: str) -> None:
    sent = posted(desktop, "**/api/v1/follows")
    dialog = open_dialog(desktop, address, f"?lang=en&polygon={SQUARE}")
    dialog.get_by_label("One ward").first.check()
    dialog.locator("#watch-begin").click()
    expect(dialog.get_by_role("alert")).to_contain_text("choose a ward")
    ward = dialog.locator("#watch-ward")
    expect(ward).to_be_focused()
    expect(ward.locator("option")).not_to_have_count(1)
    ward.select_option(index=3)
    code = ward.input_value()
    dialog.locator("#watch-domain").select_option("environment")
    dialog.locator("#watch-category").select_option(index=1)
    category = dialog.locator("#watch-category").input_value()
    dialog.locator("#watch-address").fill("an@example.org")
    dialog.locator("#watch-begin").click()
    expect(dialog.locator("#watch-done")).to_be_visible()
    asked = parse_qs(sent[0]["question"])
    assert asked == {
        "city": ["hanoi"], "domain": ["environment"], "category": [category],
        "area": [f"hanoi-ward-2025:{code}"],
    }  # fmt: skip


def test_the_ward_that_is_watched_is_named(phone: Page, address: str) -> None:
    found = phone.request.get(f"{address}/api/v1/boundaries/hanoi-ward-2025?simplify=500").json()
    ward = found["features"][0]["properties"]
    dialog = open_dialog(phone, address, f"?area=hanoi-ward-2025:{ward['code']}")
    expect(dialog.locator("#watch-shown")).to_have_text(f"{ward['kind']} {ward['name']}")
    dialog = open_dialog(phone, address, f"?lang=en&area=hanoi-ward-2025:{ward['code']}")
    expect(dialog.locator("#watch-shown")).to_have_text(ward["name_en"])


def test_a_route_is_drawn_with_the_keyboard_and_what_was_typed_is_kept(
    desktop: Page, address: str
) -> None:
    sent = posted(desktop, "**/api/v1/follows")
    dialog = open_dialog(desktop, address, "?view=14/105.84/21.02")
    dialog.locator("#watch-address").fill("an@example.org")
    dialog.get_by_label("Dọc một tuyến đường").check()
    dialog.locator("#watch-begin").click()
    expect(dialog.get_by_role("alert")).to_contain_text("vẽ tuyến đường trước")
    dialog.locator("#watch-draw").click()
    bar = desktop.locator("#draw")
    expect(bar).to_be_visible()
    bar.get_by_role("button", name="Đặt điểm ở dấu +").click()
    bar.get_by_role("button", name="Xong").click()
    expect(bar).to_contain_text("Cần ít nhất 2 điểm")
    desktop.locator("#map canvas").focus()
    desktop.keyboard.press("ArrowRight")
    desktop.wait_for_timeout(600)
    desktop.keyboard.press("Space")
    expect(bar).to_contain_text("2 điểm")
    desktop.keyboard.press("Enter")
    expect(dialog.locator("#watch-route")).to_contain_text("Tuyến dài")
    expect(dialog.locator("#watch-draw")).to_be_focused()
    expect(dialog.locator("#watch-address")).to_have_value("an@example.org")
    dialog.locator("#watch-side").select_option("25")
    dialog.locator("#watch-begin").click()
    expect(dialog.locator("#watch-done")).to_be_visible()
    assert sent[0]["width_m"] == 50
    points = [tuple(map(float, one.split(","))) for one in sent[0]["route"].split(";")]
    assert len(points) == 2
    assert points[0] == pytest.approx((105.84, 21.02), abs=1e-3)
    assert points[1][0] > points[0][0]


def test_giving_up_the_route_comes_back_to_what_was_chosen(desktop: Page, address: str) -> None:
    dialog = open_dialog(desktop, address)
    dialog.get_by_label("Dọc một tuyến đường").check()
    dialog.locator("#watch-draw").click()
    desktop.locator("#draw").get_by_role("button", name="Thôi").click()
    expect(dialog.locator("#watch-draw")).to_be_visible()
    expect(dialog.get_by_label("Dọc một tuyến đường")).to_be_checked()


def test_this_device_is_told_by_push_and_stops_with_one_click(phone: Page, address: str) -> None:
    phone.add_init_script(PUSH % ("default", POINT))
    sent = posted(phone, "**/api/v1/push")
    dialog = open_dialog(phone, address, "?domain=traffic")
    dialog.get_by_label("Thông báo trên máy này").check()
    expect(dialog.locator("#watch-address")).to_be_hidden()
    dialog.locator("#watch-begin").click()
    expect(dialog.locator("#watch-done")).to_contain_text("Đã bắt đầu")
    assert sent[0]["order"]["schedule"] == "daily"
    assert sent[0]["subscription"]["endpoint"].startswith("https://updates.push")
    # It is still known after the page is opened anew.
    dialog = open_dialog(phone, address, "?domain=traffic")
    line = dialog.locator("#watch-list li")
    expect(line).to_have_count(1)
    expect(line).to_contain_text("cả thành phố · Giao thông · Mỗi ngày")
    phone.evaluate(
        "async () => { const one = await navigator.serviceWorker.getRegistration();"
        " await one.pushManager.subscribe({ applicationServerKey: new Uint8Array(65) }); }"
    )
    line.get_by_role("button").click()
    expect(line).to_contain_text("Đã dừng")
    kept = phone.evaluate("localStorage.getItem('phananh-watches')")
    assert json.loads(kept) == []


@pytest.mark.parametrize(
    ("setup", "permission", "words"),
    [
        ("", "denied", "Bạn đã chặn thông báo"),
        ("window.saysNo = true;", "default", "Bạn đã chặn thông báo"),
        ("window.noService = true;", "default", "dịch vụ thông báo của trình duyệt"),
    ],
)
def test_a_browser_that_may_not_or_cannot_says_so(
    phone: Page, address: str, setup: str, permission: str, words: str
) -> None:
    phone.add_init_script(setup + PUSH % (permission, POINT))
    dialog = open_dialog(phone, address)
    dialog.get_by_label("Thông báo trên máy này").check()
    if permission == "denied":
        expect(dialog.locator("#watch-begin")).to_be_disabled()
    else:
        dialog.locator("#watch-begin").click()
        expect(dialog.locator("#watch-begin")).to_be_enabled()
    expect(dialog).to_contain_text(words)
    assert dialog.locator("#watch-done").count() == 0


def test_without_push_or_without_a_network_it_is_said_and_nothing_is_lost(
    phone: Page, address: str
) -> None:
    phone.add_init_script("delete window.PushManager;")
    dialog = open_dialog(phone, address)
    dialog.get_by_label("Thông báo trên máy này").check()
    expect(dialog).to_contain_text("không nhận được thông báo")
    expect(dialog.locator("#watch-begin")).to_be_disabled()
    dialog.get_by_label("Thư điện tử").check()
    dialog.locator("#watch-address").fill("an@example.org")
    phone.context.set_offline(True)
    dialog.locator("#watch-begin").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Không có mạng")
    phone.context.set_offline(False)
    dialog.locator("#watch-begin").click()
    expect(dialog.locator("#watch-done")).to_be_visible()


def test_what_the_server_refuses_is_told_in_the_readers_language(phone: Page, address: str) -> None:
    def refuse(route: Route) -> None:
        route.fulfill(
            status=429,
            headers={"Retry-After": "60"},
            content_type="application/problem+json",
            body=json.dumps({"title": "Limited", "detail": "the server's words"}),
        )

    phone.route("**/api/v1/follows", refuse)
    dialog = open_dialog(phone, address)
    dialog.locator("#watch-address").fill("an@example.org")
    dialog.locator("#watch-begin").click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_be_visible()
    assert "the server's words" not in alert.inner_text()
    expect(dialog.locator("#watch-begin")).to_be_enabled()


def test_feeds_are_given_as_links_and_stand_in_the_head_of_the_page(
    desktop: Page, address: str
) -> None:
    dialog = open_dialog(desktop, address, "?lang=en&domain=traffic")
    dialog.get_by_label("As a feed").check()
    for part in ("#watch-begin", "#watch-schedule", "#watch-progress"):
        expect(dialog.locator(part)).to_be_hidden()
    for form in ("atom", "rss"):
        link = dialog.locator(f"#watch-{form}").get_attribute("href")
        assert link is not None
        assert parse_qs(urlsplit(link).query) == {
            "city": ["hanoi"], "domain": ["traffic"], "lang": ["en"]
        }  # fmt: skip
        answer = desktop.request.get(link)
        assert answer.ok
        assert re.match(rb"<\?xml", answer.body())
        head = desktop.locator(f"link[rel=alternate][type='application/{form}+xml']")
        assert head.get_attribute("href") == urlsplit(link).path + "?" + urlsplit(link).query


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_it_fits_the_narrowest_phone(
    phone: Page, address: str, scheme: str
) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    phone.add_init_script(
        "localStorage.setItem('phananh-watches', JSON.stringify([{ id: 1, words: 'x' }]));"
    )
    dialog = open_dialog(phone, address)
    found: list[str] = []
    inside = "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('dialog'))"
    dialog.get_by_label("Dọc một tuyến đường").check()
    for channel in ("Thông báo trên máy này", "Nguồn tin", "Thư điện tử"):
        dialog.get_by_label(channel).check()
        found += faults_of(phone)
        assert phone.evaluate(inside), channel
    dialog.locator("#watch-begin").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    found += faults_of(phone)
    dialog.locator("#watch-draw").click()
    found += faults_of(phone)
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    assert found == []
