"""The form for every hand and eye: keyboard, large letters, small screens, axe in every state."""

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.reporting import (
    LINK,
    Played,
    choose_category,
    faults_of,
    file,
    fill_in,
    near_one,
    open_form,
    photo,
    send,
)

pytestmark = pytest.mark.browser


@pytest.fixture
def played(phone: Page, address: str) -> Played:
    return Played(phone, address)


def tab_to(page: Page, selector: str, most: int = 90) -> None:
    for _ in range(most):
        if page.evaluate("(s) => Boolean(document.activeElement?.matches(s))", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never comes to {selector}")


def test_a_report_is_sent_with_the_keyboard_alone(
    phone: Page, address: str, played: Played
) -> None:
    phone.goto(f"{address}/")
    phone.locator("#show-report").wait_for()
    tab_to(phone, "#show-report")
    phone.keyboard.press("Enter")
    phone.locator("form.report-form").wait_for(timeout=60_000)
    tab_to(phone, "#report-place")
    phone.keyboard.type("hoan kiem")
    phone.locator("#report-place-list li").first.wait_for()
    phone.keyboard.press("ArrowDown")
    phone.keyboard.press("Enter")
    expect(phone.locator("#where strong")).to_contain_text("Hoàn Kiếm")
    tab_to(phone, "#category-search")
    phone.keyboard.type("den duong")
    phone.keyboard.press("Enter")
    assert phone.evaluate("document.activeElement.dataset.category") == "street-lighting"
    phone.keyboard.press("Enter")
    expect(phone.locator("#category-chosen")).to_be_focused()
    tab_to(phone, "#choose-photos")
    tab_to(phone, "#report-text")
    phone.keyboard.type("Đèn tắt ba đêm")
    tab_to(phone, "#send-report")
    phone.keyboard.press("Enter")
    expect(phone.locator("#sent-code")).to_be_focused()
    tab_to(phone, "#private-link")
    phone.keyboard.press("Escape")
    expect(phone.locator("#dialog")).to_be_hidden()


def test_a_domain_opens_its_kinds_and_a_choice_can_be_changed(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    form.locator("[data-domain=environment]").click()
    expect(form.locator("[data-domain=environment]")).to_have_attribute("aria-expanded", "true")
    expect(form.locator("[data-category=garbage]")).to_be_focused()
    form.locator("[data-category=garbage]").click()
    form.locator("#category-change").click()
    expect(form.locator("#category-search")).to_be_focused()
    form.locator("#category-search").fill("khong co gi nhu vay")
    expect(form.locator("#category-said")).to_contain_text("Không có loại nào khớp")


Step = tuple[str, Callable[[], None]]


def states(page: Page, address: str, played: Played, language: str) -> list[Step]:
    """Every screen of reporting, each reached from the one before."""
    form = page.locator("form.report-form")
    screen = page.locator(".screen")

    def empty() -> None:
        open_form(page, address, f"&lang={language}")

    def faulty() -> None:
        send(form)
        expect(form.locator("#report-problem button").first).to_be_visible()

    def searching() -> None:
        form.locator("#category-search").fill("ô")
        form.locator("#report-place").fill("hoan kiem")
        expect(form.locator("#report-place-list li").first).to_be_visible()

    def domains() -> None:
        form.locator("#report-place-list li").first.click()
        form.locator("#category-search").fill("")
        form.locator("[data-domain=traffic]").click()

    def map_shown() -> None:
        page.wait_for_selector("body[data-ready]", timeout=60_000)
        if form.locator("#toggle-map").get_attribute("aria-expanded") != "true":
            form.locator("#toggle-map").click()
        expect(form.locator("#pin-map .maplibregl-marker")).to_be_visible()

    def asked() -> None:
        choose_category(form)
        expect(form.locator(".near li")).to_have_count(2)

    def photos() -> None:
        form.locator("#photo-gallery").set_input_files(
            [file("1.jpg", photo(0, (400, 300))), file("2.jpg", b"no photo at all")]
        )
        expect(form.locator(".photos li.refused")).to_have_count(1)

    def refused() -> None:
        form.locator("#report-text").fill("Ổ gà")
        send(form)
        expect(form.locator("#report-problem button").first).to_be_visible()

    def restored() -> None:
        page.wait_for_timeout(500)
        open_form(page, address, f"&lang={language}")
        expect(page.locator("#restored")).to_be_visible()

    def outside() -> None:
        page.context.grant_permissions(["geolocation"])
        page.context.set_geolocation({"longitude": 106.7, "latitude": 10.8})
        form.locator("#use-here").click()
        expect(form.locator("#where.alert")).to_be_visible()
        page.context.clear_permissions()

    def offline() -> None:
        for item in form.locator(".photos .remove").all()[::-1]:
            item.click()
        form.locator("#report-place").fill("hoan kiem")
        form.locator("#report-place-list li").first.click()
        expect(form.locator("#where strong")).to_be_visible()
        form.locator("#mine-is-another").click()
        form.locator("input[name=answer-depth]").first.check()
        page.context.set_offline(True)
        send(form)
        expect(screen.locator("[role=alert]")).to_be_visible()

    def limited() -> None:
        answers = [
            {"status": 429, "headers": {"Retry-After": "600"}, "body": json.dumps({"title": ""})},
        ]

        def answer(route: Route) -> None:
            route.fulfill(**answers[0])  # type: ignore[arg-type]

        page.route("**/api/v1/complaints", answer)
        page.context.set_offline(False)
        expect(screen.locator("#limit-left")).to_be_visible(timeout=30_000)
        page.unroute("**/api/v1/complaints", answer)

    def another() -> None:
        screen.get_by_role("button").last.click()
        expect(page.locator("#waiting-now")).to_be_visible()

    def sent() -> None:
        fill_in(form, "Ổ gà khác")
        form.locator("input[name=answer-depth]").first.check()
        form.locator("#mine-is-another").click()
        send(form)
        expect(page.locator("#sent-code")).to_be_visible()

    def undo() -> None:
        page.locator("#withdraw").click()
        expect(page.locator("#withdraw-yes")).to_be_focused()

    def before() -> None:
        page.locator("#another").click()
        page.locator("#sent-before summary").click()

    def supported() -> None:
        fill_in(form, "Ổ gà")
        form.locator(".me-too").first.click()
        expect(page.locator("#sent-code")).to_have_text("7K2M9X4PQ")

    steps = (empty, faulty, searching, domains, map_shown, asked, photos, refused, restored,
             outside, offline, limited, another, sent, undo, before, supported)  # fmt: skip
    return [(one.__name__, one) for one in steps]


def prepare(page: Page, played: Played) -> None:
    played.near([near_one(), near_one("3B2M9X4PQ", likely=False)])
    option = {"vi": "Dưới 5 cm", "en": "Less than 5 cm"}
    depth = {"code": "depth", "kind": "one", "vi": "Sâu bao nhiêu?", "en": "How deep?"}
    questions = [
        {**depth, "required": True, "options": [{"code": "low", **option}]},
        {"code": "day", "kind": "date", "vi": "Từ ngày nào?", "en": "Since which day?"},
        {"code": "note", "kind": "text", "vi": "Ghi thêm", "en": "More", "public": True},
    ]
    notice = {"vi": "Khẩn cấp: gọi 115.", "en": "Urgent: 115.", "phone": "115", "stops": False}
    played.category("pothole", questions=questions, asks_urgency=True, notice=notice)
    if not played.has("/api/v1/photos"):
        refused = {"title": "PhotoRefused", "detail": "không phải ảnh / this is no photo"}

        def by_content(route: Route) -> None:
            if (route.request.post_data_buffer or b"").startswith(b"no"):
                route.fulfill(status=415, json=refused)
            else:
                route.fallback()

        page.route("**/api/v1/photos", by_content)
    page.route(
        "**/api/v1/complaints/*/support",
        lambda route: route.fulfill(status=201, json={"link": LINK, "supporters": 4}),
    )
    # The service of this test does not know the questions that are played.
    page.route("**/api/v1/complaints", _without_answers)


def _without_answers(route: Route) -> None:
    if route.request.method != "POST":
        route.fallback()
        return
    body = {**route.request.post_data_json, "answers": {}, "urgent": False}
    headers = {k: v for k, v in route.request.headers.items() if k != "content-length"}
    route.fallback(post_data=json.dumps(body), headers=headers)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_every_screen_is_clean_for_axe_and_fits_a_small_phone(
    chromium: Browser, address: str, language: str, scheme: str
) -> None:
    context = chromium.new_context(
        viewport={"width": 320, "height": 640},
        color_scheme=scheme,  # type: ignore[arg-type]
        reduced_motion="reduce",
    )
    page = context.new_page()
    played = Played(page, address)
    prepare(page, played)
    found: dict[str, list[str]] = {}
    for name, step in states(page, address, played, language):
        step()
        if faults := faults_of(page):
            found[name] = faults
        wide = page.evaluate(
            "[document.documentElement, document.querySelector('#dialog')]"
            ".map((one) => one.scrollWidth - one.clientWidth)"
        )
        if max(wide) > 0:
            found[f"{name}, width"] = [str(wide)]
    context.close()
    assert found == {}


def test_letters_twice_as_large_lose_nothing(phone: Page, address: str, played: Played) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    form = open_form(phone, address)
    phone.add_style_tag(content=":root { font-size: 200% !important; }")
    fill_in(form, "Chữ to")
    assert phone.evaluate("document.querySelector('#dialog').scrollWidth") <= 320
    cut = phone.evaluate(
        """[...document.querySelectorAll('.report button, .report a, .report label')]
             .filter((one) => one.offsetParent && !one.closest('.trap')
                              && one.scrollWidth > one.clientWidth + 1
                              && getComputedStyle(one).display !== 'inline')
             .map((one) => one.textContent)"""
    )
    assert cut == []
    send(form)
    expect(phone.locator("#sent-code")).to_be_visible()
    assert phone.evaluate("document.querySelector('#dialog').scrollWidth") <= 320
