"""The page of one complaint, and the page of its reporter, as they are opened from a link."""

import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect
from sqlalchemy import Engine, text

from geo import answering
from geo.complaint import Status

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
PLACE = {"lon": 105.8412, "lat": 21.0245}
LONG = "Nước ngập đến đầu gối mỗi khi mưa to, xe chết máy giữa đường, không ai thoát nước."
WORDS = "Ổ gà lớn trước số 5 <script>alert(1)</script> & nước đọng"


def reported(address: str, **more: Any) -> dict[str, Any]:
    """A report sent as the app sends it; its public code and its private link."""
    body = PLACE | {"category": "pothole", "text": WORDS, "address": "5 Tràng Thi"} | more
    answer = httpx.post(f"{address}/api/v1/complaints", json=body)
    assert answer.status_code == 201, answer.text
    found: dict[str, Any] = answer.json()["properties"]
    return found


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.wait_for_selector("body[data-ready]", timeout=60_000)


def faults_of(page: Page) -> list[str]:
    """Everything that axe finds, with the elements."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]
    ]


def fits(page: Page) -> bool:
    return bool(page.evaluate("document.documentElement.scrollWidth <= innerWidth"))


@pytest.fixture
def small(chromium: Browser) -> Iterator[Page]:
    context = chromium.new_context(viewport={"width": 320, "height": 640}, color_scheme="dark")
    yield context.new_page()
    context.close()


def _photo(route: Route) -> None:
    made = io.BytesIO()
    Image.new("RGB", (480, 360), "#884422").save(made, "JPEG")
    route.fulfill(body=made.getvalue(), content_type="image/jpeg")


def with_photos(engine: Engine, code: str, n: int) -> None:
    with engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO photo (id, complaint_id, position, width, height, bytes, digest,"
                " likeness) SELECT gen_random_uuid(), c.id, n, 480, 360, 1, '\\x00', 0"
                " FROM complaint c, generate_series(1, :n) AS n WHERE code = :code"
            ),
            {"code": code, "n": n},
        )


def answered(engine: Engine, code: str, status: Status = Status.RESOLVED) -> None:
    with engine.begin() as connection:
        answering.give(
            connection, code, "Đã vá xong sáng nay.", datetime.now(UTC), "handler", status=status
        )


def test_the_public_page_tells_state_words_place_and_what_may_be_done(
    phone: Page, address: str
) -> None:
    code = reported(address)["code"]
    opened(phone, f"{address}/c/{code}")
    expect(phone.locator("h1")).to_have_text("Ổ gà, mặt đường hư hỏng")
    expect(phone.locator(".standing")).to_contain_text("Chờ tiếp nhận")
    expect(phone.locator(".words")).to_have_text(WORDS)
    expect(phone.locator("#place p")).to_contain_text("5 Tràng Thi")
    expect(phone.locator(".timeline li")).to_have_count(1)
    expect(phone.locator(".locator svg .pin")).to_be_visible()
    expect(phone.locator("#near")).to_be_visible()
    phone.get_by_role("button", name="English").click()
    expect(phone.locator(".standing")).to_contain_text("Received")
    assert phone.url.endswith("?lang=en")
    assert faults_of(phone) == []
    assert fits(phone)


def test_the_map_that_a_page_opens_marks_its_complaint_and_opens_its_card(
    phone: Page, address: str
) -> None:
    code = reported(address)["code"]
    opened(phone, f"{address}/c/{code}")
    opened(phone, f"{address}{phone.locator('#big-map').get_attribute('href')}")
    expect(phone.locator("#dialog-title")).to_contain_text(code)
    phone.keyboard.press("Escape")
    mark = phone.locator(".marked")
    expect(mark).to_have_text(code)
    at = mark.bounding_box()
    assert at
    assert abs(at["x"] + at["width"] / 2 - 195) < 40
    # The mark is in the address, which may be shared, and opens the card again.
    assert f"marked={code}" in phone.url
    mark.click()
    expect(phone.locator("#dialog-title")).to_contain_text(code)


def test_the_page_reads_without_script_and_its_words_are_no_markup(
    chromium: Browser, address: str
) -> None:
    code = reported(address)["code"]
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{address}/c/{code}?lang=en")
    expect(page.locator("main h1")).to_be_visible()
    expect(page.locator("main .body")).to_have_text(WORDS)
    expect(page.locator("main")).to_contain_text("Received")
    expect(page.locator("main")).to_contain_text("5 Tràng Thi")
    expect(page.locator("html")).to_have_attribute("lang", "en")
    context.close()


def test_an_answer_with_photos_is_shown_and_photos_open_by_keyboard(
    desktop: Page, address: str, hanoi_engine: Engine
) -> None:
    code = reported(address)["code"]
    with_photos(hanoi_engine, code, 3)
    answered(hanoi_engine, code)
    desktop.route("**/photos/**", _photo)
    opened(desktop, f"{address}/c/{code}")
    expect(desktop.locator(".answer .body")).to_have_text("Đã vá xong sáng nay.")
    expect(desktop.locator(".standing")).to_contain_text("Đã giải quyết")
    expect(desktop.locator(".photos li")).to_have_count(3)
    desktop.locator(".photos button").first.focus()
    desktop.keyboard.press("Enter")
    viewer = desktop.locator("dialog .viewer img")
    expect(viewer).to_have_attribute("alt", re.compile("Ảnh 1"))
    desktop.keyboard.press("ArrowRight")
    expect(viewer).to_have_attribute("alt", re.compile("Ảnh 2"))
    assert faults_of(desktop) == []
    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog")).to_be_hidden()
    expect(desktop.locator(".photos button").first).to_be_focused()
    assert desktop.url == f"{address}/c/{code}"


def test_me_too_counts_once_and_hands_out_a_private_link(phone: Page, address: str) -> None:
    code = reported(address)["code"]
    opened(phone, f"{address}/c/{code}")
    phone.get_by_role("button", name="Tôi cũng gặp việc này").click()
    expect(phone.locator("#supported")).to_be_focused()
    expect(phone.locator("#supporters")).to_contain_text("1")
    link = phone.locator("#support a").first.get_attribute("href") or ""
    assert re.search(r"/mine#[\w-]{43}$", link)
    opened(phone, link)
    expect(phone.locator("#role")).to_contain_text("Bạn cùng phản ánh")
    expect(phone.locator("#withdraw")).to_have_count(0)
    assert faults_of(phone) == []
    # On this device it is found again where reports of one's own are.
    opened(phone, f"{address}/")
    phone.get_by_role("button", name="Gửi phản ánh").click()
    phone.locator("#sent-before summary").click()
    entry = phone.locator("#sent-before .entry")
    expect(entry).to_contain_text(code)
    assert link.endswith(entry.get_attribute("href") or "nothing")


def test_a_code_that_is_not_there_is_said_in_words(phone: Page, address: str) -> None:
    answer = phone.goto(f"{address}/c/XXXXXXXXX")
    assert answer is not None
    assert answer.status == 404
    expect(phone.locator("h1")).to_have_text("Không có phản ánh này")
    phone.wait_for_selector("body[data-ready]")
    code = reported(address)["code"]
    phone.get_by_label("Tra bằng mã").fill(f" {code[:3].lower()}-{code[3:6]}-{code[6:]}")
    phone.get_by_role("button", name="Xem").click()
    phone.wait_for_url(f"{address}/c/{code}")
    expect(phone.locator(".words")).to_be_visible()


def test_the_private_page_corrects_words_and_place_while_there_is_time(
    phone: Page, address: str, hanoi_engine: Engine
) -> None:
    sent = reported(address)
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    opened(phone, f"{address}/mine#{sent['link']}")
    expect(phone.locator("#role")).to_contain_text("trang riêng của bạn")
    expect(phone.locator("#editable")).to_contain_text("còn")
    phone.locator("#correct summary").click()
    phone.locator("#correct-text").fill("Ổ gà trước số 7")
    phone.get_by_role("combobox", name="Hoặc tìm phường, xã, đường").fill("hoan kiem")
    phone.locator("#correct li[role=option]").first.click()
    expect(phone.locator("#correct-where")).to_contain_text("Hoàn Kiếm")
    assert faults_of(phone) == []
    phone.get_by_role("button", name="Lưu sửa đổi").click()
    expect(phone.locator("#said")).to_have_text("Đã lưu sửa đổi.")
    expect(phone.locator("#said")).to_be_focused()
    expect(phone.locator(".words")).to_have_text("Ổ gà trước số 7")
    public = httpx.get(f"{address}/api/v1/complaints/{sent['code']}").json()
    assert public["properties"]["text"] == "Ổ gà trước số 7"
    assert public["geometry"]["coordinates"] != [PLACE["lon"], PLACE["lat"]]
    # The token is in no address that was asked for.
    assert not [url for url in asked if sent["link"] in url.partition("#")[0]]
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE submission SET editable_until = now() - interval '1 s'"))
    phone.reload()
    phone.wait_for_selector("body[data-ready]")
    expect(phone.locator("#correct")).to_have_count(0)
    expect(phone.locator("#tools")).to_contain_text("Đã hết 30 phút")


def test_the_pin_is_set_anew_on_a_map_and_by_arrow_keys(phone: Page, address: str) -> None:
    sent = reported(address)
    opened(phone, f"{address}/mine#{sent['link']}")
    phone.locator("#correct summary").click()
    phone.get_by_role("button", name="Đổi vị trí trên bản đồ").click()
    pin = phone.get_by_role("application", name=re.compile("Ghim"))
    pin.focus(timeout=30_000)
    before = phone.locator("#correct-where").inner_text()
    for _ in range(3):
        phone.keyboard.press("ArrowRight")
    expect(phone.locator("#correct-where")).not_to_have_text(before)
    phone.get_by_role("button", name="Lưu sửa đổi").click()
    expect(phone.locator("#said")).to_have_text("Đã lưu sửa đổi.")
    public = httpx.get(f"{address}/api/v1/complaints/{sent['code']}").json()
    assert public["geometry"]["coordinates"][0] > PLACE["lon"]
    assert phone.url.startswith(f"{address}/mine")


def test_withdrawing_asks_first_and_is_for_good(phone: Page, address: str) -> None:
    sent = reported(address)
    opened(phone, f"{address}/mine#{sent['link']}")
    phone.locator("#withdraw summary").click()
    expect(phone.locator("#withdraw .note")).to_contain_text("Không thể làm lại")
    asked: list[str] = []
    phone.on("request", lambda request: asked.append(request.url))
    ask = phone.get_by_role("button", name="Rút phản ánh này")
    ask.click()
    expect(phone.locator("#withdraw-sure")).to_contain_text("không ai xử lý")
    expect(phone.locator("#withdraw-sure")).to_contain_text("không còn công khai")
    expect(phone.get_by_role("button", name="Thôi, giữ lại")).to_be_focused()
    assert faults_of(phone) == []
    phone.keyboard.press("Escape")
    expect(phone.locator("#withdraw-sure")).to_be_hidden()
    expect(ask).to_be_focused()
    assert not [url for url in asked if url.endswith("/withdraw")]
    ask.click()
    phone.get_by_role("button", name="Đồng ý rút").click()
    expect(phone.locator("#said")).to_have_text("Đã rút phản ánh.")
    expect(phone.locator(".standing")).to_contain_text("Đã rút")
    for gone in ("#withdraw", "#correct"):
        expect(phone.locator(gone)).to_have_count(0)
    assert faults_of(phone) == []
    opened(phone, f"{address}/c/{sent['code']}")
    expect(phone.locator(".standing")).to_contain_text("Đã rút")
    expect(phone.locator("#complaint")).to_contain_text("không còn công khai")
    expect(phone.locator("#complaint")).not_to_contain_text("Ổ gà lớn trước số 5")
    expect(phone.locator("#me-too")).to_have_count(0)


def test_who_withdraws_what_others_support_is_told_that_it_stays_open(
    phone: Page, address: str
) -> None:
    sent = reported(address)
    support = f"{address}/api/v1/complaints/{sent['code']}/support"
    assert httpx.post(support, json={"device": "v" * 24}, timeout=30).status_code == 201
    opened(phone, f"{address}/mine#{sent['link']}")
    phone.locator("#withdraw summary").click()
    expect(phone.locator("#withdraw .note")).to_contain_text("Có 1 người cùng phản ánh")
    phone.get_by_role("button", name="Rút phản ánh này").click()
    expect(phone.locator("#withdraw-sure")).to_contain_text("vẫn mở cho 1 người kia")
    phone.get_by_role("button", name="Đồng ý rút").click()
    expect(phone.locator("#said")).to_contain_text("Đã rút phần của bạn")
    expect(phone.locator("#you-left")).to_be_visible()
    expect(phone.locator("#withdraw")).to_have_count(0)
    assert faults_of(phone) == []
    opened(phone, f"{address}/c/{sent['code']}")
    expect(phone.locator(".standing")).to_contain_text("Chờ tiếp nhận")
    expect(phone.locator("#left")).to_contain_text("có người khác cùng phản ánh")
    expect(phone.locator("#complaint")).not_to_contain_text("Ổ gà lớn trước số 5")
    expect(phone.locator("#me-too")).to_be_visible()


def test_an_address_for_news_is_named_waits_and_is_erased(phone: Page, address: str) -> None:
    sent = reported(address)
    opened(phone, f"{address}/mine?lang=en#{sent['link']}")
    phone.locator("#contact summary").click()
    phone.get_by_role("button", name="Send a letter to confirm").click()
    expect(phone.locator("#contact-wrong")).to_have_text("Please write one e-mail address.")
    phone.get_by_label("E-mail address").fill("reader@example.org")
    phone.get_by_role("button", name="Send a letter to confirm").click()
    expect(phone.locator("#said")).to_contain_text("letter is on its way")
    phone.locator("#contact summary").click()
    expect(phone.locator("#contact")).to_contain_text("Waits to be confirmed:")
    expect(phone.locator("#contact")).not_to_contain_text("reader@example.org")
    assert faults_of(phone) == []
    phone.get_by_role("button", name="Erase the address").click()
    expect(phone.locator("#said")).to_have_text("The address is erased.")


def test_a_reporter_who_is_not_satisfied_says_why_and_it_is_reopened(
    phone: Page, address: str, hanoi_engine: Engine
) -> None:
    sent = reported(address)
    answered(hanoi_engine, sent["code"])
    opened(phone, f"{address}/mine#{sent['link']}")
    rating = phone.locator("#rating")
    expect(rating).to_contain_text("trong 7 ngày sẽ mở lại")
    rating.get_by_label("Chưa hài lòng").check()
    rating.get_by_role("button", name="Gửi đánh giá").click()
    expect(phone.locator("#rating-wrong")).to_have_text("Hãy viết vì sao chưa hài lòng.")
    expect(phone.locator("#rating-reason")).to_be_focused()
    phone.locator("#rating-reason").fill("Chỗ vá đã lún lại")
    assert faults_of(phone) == []
    rating.get_by_role("button", name="Gửi đánh giá").click()
    expect(phone.locator("#said")).to_contain_text("mở lại")
    expect(phone.locator(".standing")).to_contain_text("Đang xử lý")
    expect(phone.locator(".timeline")).to_contain_text("Đã mở lại vì người gửi chưa hài lòng")
    expect(phone.locator("main")).not_to_contain_text("Chỗ vá đã lún lại")


def test_erasing_leaves_the_public_fact_and_a_link_that_opens_it(phone: Page, address: str) -> None:
    sent = reported(address, text="Gọi 0912345678, ổ gà")
    opened(phone, f"{address}/mine#{sent['link']}")
    expect(phone.locator(".words")).to_contain_text("0912345678")
    expect(phone.locator("#masked q")).to_have_text("Gọi •••, ổ gà")
    phone.locator("#erase summary").click()
    ask = phone.get_by_role("button", name="Xoá phần cá nhân của tôi")
    ask.click()
    for gone in ("không sửa", "không rút", "không nhận tin"):
        expect(phone.locator("#erase-sure")).to_contain_text(gone)
    phone.get_by_role("button", name="Thôi, giữ lại").click()
    expect(ask).to_be_focused()
    expect(phone.locator(".words")).to_contain_text("0912345678")
    ask.click()
    phone.get_by_role("button", name="Đồng ý xoá").click()
    expect(phone.locator("#said")).to_contain_text("Phần cá nhân đã được xoá")
    expect(phone.locator("#erased")).to_be_visible()
    expect(phone.locator(".words")).not_to_contain_text("0912345678")
    assert "0912345678" not in phone.evaluate("JSON.stringify({...sessionStorage})")


def test_a_wrong_link_and_none_are_told_apart(phone: Page, address: str) -> None:
    opened(phone, f"{address}/mine")
    expect(phone.locator("h1")).to_have_text("Trang này cần liên kết riêng")
    phone.goto("about:blank")
    opened(phone, f"{address}/mine#{'x' * 43}")
    expect(phone.locator("h1")).to_have_text("Liên kết này không đúng")
    assert faults_of(phone) == []


def test_the_tab_keeps_the_link_and_shows_what_it_knew_without_a_network(
    phone: Page, address: str
) -> None:
    sent = reported(address)
    opened(phone, f"{address}/mine#{sent['link']}")
    expect(phone.locator(".words")).to_be_visible()
    phone.get_by_role("link", name="Trang công khai").click()
    phone.wait_for_url(f"{address}/c/{sent['code']}")
    opened(phone, f"{address}/mine")
    expect(phone.locator("#role")).to_be_visible()
    assert phone.url.endswith(f"#{sent['link']}")
    phone.route("**/api/v1/mine", lambda route: route.abort())
    phone.reload()
    expect(phone.locator("#banner")).to_contain_text("Không có mạng")
    expect(phone.locator(".words")).to_be_visible()


@pytest.mark.parametrize("path", ["c", "mine"])
def test_a_phone_of_320_pixels_in_the_dark_shows_all_of_it(
    small: Page, address: str, hanoi_engine: Engine, path: str
) -> None:
    sent = reported(address, text=f"{LONG} {'dàidằngdặc' * 5}")
    answered(hanoi_engine, sent["code"], Status.REJECTED)
    at = {"c": f"/c/{sent['code']}", "mine": f"/mine#{sent['link']}"}[path]
    opened(small, address + at)
    expect(small.locator(".answer")).to_be_visible()
    small.locator(".locator").scroll_into_view_if_needed()
    expect(small.locator(".locator svg")).to_be_visible()
    for one in small.locator("details.tool summary").all():
        one.click()
    assert fits(small)
    assert faults_of(small) == []
    heights = small.evaluate(
        "[...document.querySelectorAll('main button, main summary')].filter((one) =>"
        " one.offsetParent).map((one) => one.offsetHeight)"
    )
    assert min(heights) >= 44


def test_a_page_of_a_late_promise_says_so(phone: Page, address: str, hanoi_engine: Engine) -> None:
    code = reported(address)["code"]
    with hanoi_engine.begin() as connection:
        connection.execute(
            text("UPDATE complaint SET reported_at = :then WHERE code = :code"),
            {"then": datetime.now(UTC) - timedelta(days=9), "code": code},
        )
    opened(phone, f"{address}/c/{code}")
    expect(phone.locator(".promise.late")).to_contain_text("Hạn tiếp nhận")
    assert faults_of(phone) == []


def test_the_place_is_watched_from_the_page(desktop: Page, address: str) -> None:
    code = reported(address)["code"]
    opened(desktop, f"{address}/c/{code}")
    desktop.get_by_role("link", name="Theo dõi nơi này").click()
    desktop.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(desktop.locator("dialog #watch-ward")).to_be_attached(timeout=30_000)
    assert "category=pothole" in desktop.url


def test_the_dialog_of_the_map_leads_to_the_page(
    desktop: Page, address: str, hanoi_engine: Engine
) -> None:
    code = reported(address)["code"]
    answered(hanoi_engine, code)
    opened(desktop, f"{address}/?complaint={code}")
    expect(desktop.locator("dialog blockquote")).to_contain_text("Đã vá xong sáng nay.")
    desktop.get_by_role("link", name="Trang của phản ánh này").click()
    desktop.wait_for_url(f"{address}/c/{code}")
    expect(desktop.locator(".answer")).to_be_visible()


def test_the_language_that_was_pressed_stays_and_an_address_names_its_own(
    phone: Page, address: str
) -> None:
    sent = reported(address)
    opened(phone, f"{address}/c/{sent['code']}")
    expect(phone.locator(".standing")).to_contain_text("Chờ tiếp nhận")
    phone.get_by_role("button", name="English").click()
    opened(phone, f"{address}/c/{sent['code']}")
    expect(phone.locator(".standing")).to_contain_text("Received")
    opened(phone, f"{address}/mine#{sent['link']}")
    expect(phone.locator("#tools h2")).to_have_text("What you can do")
    phone.goto(f"{address}/")
    expect(phone.locator("#language")).to_have_text("Tiếng Việt", timeout=60_000)
    opened(phone, f"{address}/c/{sent['code']}?lang=vi")
    expect(phone.locator(".standing")).to_contain_text("Chờ tiếp nhận")


def test_a_correction_without_words_is_marked_at_its_field(phone: Page, address: str) -> None:
    sent = reported(address)
    opened(phone, f"{address}/mine#{sent['link']}")
    expect(phone.locator("#editable")).to_contain_text(re.compile(r"\d\d:\d\d \d+/\d+/20\d\d"))
    phone.locator("#correct summary").click()
    field = phone.locator("#correct-text")
    field.fill("  ")
    phone.get_by_role("button", name="Lưu sửa đổi").click()
    expect(phone.locator("#correct-text-wrong")).to_have_text("Hãy viết nội dung.")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_be_focused()
    assert faults_of(phone) == []
    field.fill("Ổ gà")
    expect(phone.locator("#correct-text-wrong")).to_be_empty()


def test_the_reporter_of_a_sensitive_complaint_reads_the_answer(
    phone: Page, address: str, hanoi_engine: Engine
) -> None:
    sent = reported(address)
    answered(hanoi_engine, sent["code"])
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE category SET sensitive = true WHERE code = 'pothole'"))
    opened(phone, f"{address}/mine#{sent['link']}")
    expect(phone.locator(".answer .body")).to_have_text("Đã vá xong sáng nay.")
    opened(phone, f"{address}/c/{sent['code']}")
    expect(phone.locator(".answer")).to_have_count(0)


def test_a_ward_is_told_from_the_district_of_old_that_is_not_named(
    phone: Page, address: str
) -> None:
    code = reported(address)["code"]
    opened(phone, f"{address}/c/{code}?lang=en")
    where = phone.locator("#place p").first
    expect(where).to_contain_text(" ward")
    expect(where).not_to_contain_text("until")
