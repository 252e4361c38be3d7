"""A citizen reports on a phone: place, kind, photos, words, and what may come between."""

import io
import re

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, Route, expect

from tests.browser.reporting import (
    HOAN_KIEM,
    LINK,
    Played,
    choose_category,
    choose_place,
    file,
    fill_in,
    near_one,
    open_form,
    photo,
    send,
    stored,
    wait_for,
)

pytestmark = pytest.mark.browser
CODE = re.compile(r"^[0-9A-Z]{8,}$")


@pytest.fixture
def played(phone: Page, address: str) -> Played:
    return Played(phone, address)


def test_a_report_with_two_photos_becomes_one_complaint_with_a_code_and_a_private_link(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    fill_in(form, "Ổ gà lớn trước số 5")
    form.locator("#photo-gallery").set_input_files(
        [file("một.jpg", photo(0)), file("hai.jpg", photo(1))]
    )
    expect(form.locator(".photos li")).to_have_count(2)
    expect(form.locator(".photos .state-of")).to_have_text(["Đã tải lên."] * 2)
    send(form)
    expect(phone.locator("#sent-code")).to_have_text(CODE)
    expect(phone.locator("#sent-code")).to_be_focused()
    code = phone.locator("#sent-code").inner_text()
    assert [one["id"] for one in stored(phone, address, "o ga lon truoc so 5")] == [code]
    link = phone.locator("#private-link").get_attribute("href") or ""
    assert re.fullmatch(r"/mine#[\w-]{43}", link)
    expect(phone.locator("#private-link")).to_have_text("Theo dõi phản ánh này")
    phone.context.grant_permissions(["clipboard-read", "clipboard-write"])
    phone.locator("#copy-private").click()
    expect(phone.locator("#sent-said")).to_have_text("Đã chép liên kết riêng.")
    assert phone.evaluate("navigator.clipboard.readText()") == f"{address}{link}"
    [posted] = played.posts
    [body] = played.bodies
    assert len(body["photos"]) == 2
    assert re.fullmatch(r"[\w-]{22,64}", body["device"])
    assert len(posted.headers["idempotency-key"]) >= 20
    # The private link is kept on this device, and can be forgotten.
    phone.locator("#another").click()
    expect(phone.locator("#restored")).to_have_count(0)
    phone.locator("#sent-before summary").click()
    entry = phone.locator("#sent-before .entry")
    expect(entry).to_have_attribute("href", link)
    phone.locator("#forget-sent").click()
    expect(phone.locator("#sent-before")).to_have_count(0)


def test_what_is_missing_is_told_at_its_field_and_goes_as_it_is_given(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    send(form)
    alert = form.get_by_role("alert")
    # Two lines of a phone, the rest by scrolling; and it can be put away.
    box = form.locator("#report-problem").bounding_box()
    assert box
    assert box["height"] < 80
    form.locator("#report-problem .close").click()
    expect(form.locator("#report-problem")).to_be_empty()
    send(form)
    for words in ("Hãy chọn vị trí.", "Hãy chọn loại phản ánh.", "Hãy viết nội dung."):
        expect(alert.first).to_contain_text(words)
    expect(form.locator("#report-place")).to_be_focused()
    text = form.locator("#report-text")
    expect(text).to_have_attribute("aria-invalid", "true")
    assert "words-error" in (text.get_attribute("aria-describedby") or "").split()
    text.fill("Có chữ rồi")
    expect(text).to_have_attribute("aria-invalid", "false")
    expect(alert.first).not_to_contain_text("Hãy viết nội dung.")
    form.locator("#report-email").fill("không phải thư")
    send(form)
    expect(form.locator("#email-error")).to_contain_text("ten@example.org")
    assert played.posts == []


def test_a_categorys_questions_of_all_kinds_are_asked_checked_and_sent(
    phone: Page, address: str, played: Played
) -> None:
    options = [{"code": "a", "vi": "Nông", "en": "Flat"}, {"code": "b", "vi": "Sâu", "en": "Deep"}]
    kinds = {"text": {}, "number": {"min": 0, "max": 9}, "one": {"options": options}, "many": {"options": options}, "date": {}}  # fmt: skip  # noqa: E501
    questions = [
        {"code": kind, "kind": kind, "vi": f"Hỏi {kind}", "en": kind, "required": True, **more}
        for kind, more in kinds.items()
    ]
    played.category("pothole", questions=questions, asks_urgency=True)
    answered = {}

    def taken(route: Route) -> None:
        answered.update(route.request.post_data_json)
        route.fulfill(status=503, json={})

    phone.route("**/api/v1/complaints", taken)
    form = open_form(phone, address)
    fill_in(form, "Có câu hỏi thêm")
    send(form)
    expect(form.locator("#answer-text-error")).to_have_text("Hãy trả lời: Hỏi text")
    expect(form.locator("#answer-text")).to_be_focused()
    form.locator("#answer-text").fill("Cột 12")
    form.locator("#answer-number").fill("12")
    send(form)
    expect(form.locator("#answer-number-error")).to_contain_text("từ 0 đến 9")
    form.locator("#answer-number").fill("3.5")
    form.get_by_label("Sâu").first.check()
    for one in form.locator("#answer-many input").all():
        one.check()
    form.locator("#answer-date").fill("2026-11-20")
    form.locator("#report-urgent").check()
    send(form)
    wait_for(phone, lambda: bool(answered))
    assert answered["answers"] == {
        "text": "Cột 12", "number": 3.5, "one": "b", "many": ["a", "b"], "date": "2026-11-20",
    }  # fmt: skip
    assert answered["urgent"] is True


def test_a_category_that_is_not_taken_here_says_whom_to_call(
    phone: Page, address: str, played: Played
) -> None:
    notice = {"vi": "Có người bị thương: gọi 115.", "en": "Call 115.", "phone": "115"}
    played.category("pothole", notice={**notice, "stops": True})
    form = open_form(phone, address)
    fill_in(form, "Tai nạn")
    expect(form.locator("#category-notice")).to_contain_text("Phản ánh này không nhận ở đây.")
    expect(form.locator("#category-notice a")).to_have_attribute("href", "tel:115")
    send(form)
    expect(form.locator("#report-problem")).to_contain_text("gọi 115")
    assert played.posts == []


def test_words_that_name_no_category_bring_a_suggestion(
    phone: Page, address: str, played: Played
) -> None:
    played.suggestions(["garbage", "pothole"])
    form = open_form(phone, address)
    form.locator("#report-text").fill("Túi ni lông chất đống đã một tuần")
    suggested = form.locator("[data-suggested]")
    expect(suggested).to_have_count(2)
    suggested.first.click()
    expect(form.locator("#category-chosen")).to_contain_text("Rác thải")
    expect(form.locator("#category-chosen")).to_be_focused()
    expect(suggested.first).to_be_hidden()


def test_a_place_outside_the_city_is_refused_kindly(
    phone: Page, address: str, played: Played
) -> None:
    phone.context.grant_permissions(["geolocation"])
    # Inside the box around Hanoi, and in Bắc Ninh.
    phone.context.set_geolocation({"longitude": 105.99, "latitude": 21.38, "accuracy": 10})
    form = open_form(phone, address)
    expect(form.locator("#where")).to_contain_text("Nơi này nằm ngoài Hà Nội")
    phone.context.set_geolocation({"longitude": 106.7, "latitude": 10.8, "accuracy": 10})
    form.locator("#use-here").click()
    expect(form.locator("#where")).to_contain_text("Nơi này nằm ngoài Hà Nội")
    send(form)
    expect(form.locator("#report-problem")).to_contain_text("Hãy chọn vị trí.")
    phone.context.set_geolocation(
        {"longitude": HOAN_KIEM[0], "latitude": HOAN_KIEM[1], "accuracy": 10}
    )
    form.locator("#use-here").click()
    expect(form.locator("#where strong")).to_contain_text("Hoàn Kiếm")


def test_who_allowed_the_position_before_need_not_ask_for_it(
    phone: Page, address: str, played: Played
) -> None:
    phone.context.grant_permissions(["geolocation"])
    phone.context.set_geolocation(
        {"longitude": HOAN_KIEM[0], "latitude": HOAN_KIEM[1], "accuracy": 500}
    )
    form = open_form(phone, address)
    expect(form.locator("#where strong")).to_contain_text("Hoàn Kiếm")
    # 500 m is not where the pothole is.
    expect(form.locator("#where-hint")).to_contain_text("chỉ gần đúng")


def test_a_photos_place_is_offered_and_only_place_and_time_go_along(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    expect(form.locator("#use-photo-place")).to_be_hidden()
    lon, lat = HOAN_KIEM
    form.locator("#photo-gallery").set_input_files([file("a.jpg", photo(0, lon=lon, lat=lat))])
    form.locator("#use-photo-place").click()
    expect(form.locator("#where strong")).to_contain_text("Hoàn Kiếm")
    expect(form.locator("#use-photo-place")).to_be_hidden()
    wait_for(phone, lambda: bool(played.uploads))
    sent = played.uploads[0].post_data_buffer or b""
    assert b"SECRET" not in sent
    picture = Image.open(io.BytesIO(sent))
    assert picture.format == "JPEG"
    assert max(picture.size) == 2048
    exif = picture.getexif()
    degrees = exif.get_ifd(0x8825)
    assert degrees[1], degrees[3] == ("N", "E")
    assert sum(float(part) / 60**i for i, part in enumerate(degrees[4])) == pytest.approx(lon, 1e-6)
    assert exif.get_ifd(0x8769)[0x9003] == "2026:11:20 08:30:00"


def test_photos_are_ordered_removed_and_at_most_five(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    small = [file(f"{n}.jpg", photo(n, (300, 200))) for n in range(6)]
    form.locator("#photo-gallery").set_input_files(small)
    items = form.locator(".photos li")
    expect(items).to_have_count(5)
    expect(form.locator("#photos-alert")).to_contain_text("Nhiều nhất 5 ảnh")
    expect(form.locator("#choose-photos")).to_be_disabled()
    first, second = (items.nth(n).get_attribute("data-photo") for n in (0, 1))
    items.nth(1).get_by_role("button", name="Đưa lên trước").click()
    assert [items.nth(n).get_attribute("data-photo") for n in (0, 1)] == [second, first]
    expect(form.locator("#photos-said")).to_have_text("Ảnh nay ở vị trí 1")
    items.nth(0).get_by_role("button", name="Bỏ ảnh").click()
    expect(items).to_have_count(4)
    assert items.nth(0).get_attribute("data-photo") == first
    expect(items.first.locator("img")).to_have_attribute("alt", "Ảnh 1 trong 4")


def test_a_refused_photo_says_why_and_holds_the_report_until_it_is_gone(
    phone: Page, address: str, played: Played
) -> None:
    if not played.has("/api/v1/photos"):
        detail = "không mở được ảnh này, có thể tệp bị hỏng / this photo cannot be opened"
        refused = {"title": "PhotoRefused", "status": 422, "detail": detail}
        phone.route("**/api/v1/photos", lambda route: route.fulfill(status=422, json=refused))
    form = open_form(phone, address)
    fill_in(form, "Ảnh hỏng")
    broken = photo(0, (400, 300))[:2000]
    form.locator("#photo-gallery").set_input_files([file("hỏng.jpg", broken)])
    said = form.locator(".photos .state-of")
    expect(said).to_contain_text("Không nhận được ảnh này: Không mở được ảnh này")
    alert = form.locator("#photos-alert")
    expect(alert).to_have_attribute("role", "alert")
    expect(alert).to_contain_text("Không mở được ảnh này")
    send(form)
    expect(form.locator("#report-problem")).to_contain_text("Có ảnh không nhận được.")
    assert played.posts == []
    form.locator(".photos .remove").click()
    send(form)
    expect(phone.locator("#sent-code")).to_have_text(CODE)


def test_a_file_that_is_no_photo_is_not_said_to_be_sendable(
    phone: Page, address: str, played: Played
) -> None:
    refused = {"title": "PhotoRefused", "status": 415, "detail": "không phải ảnh / no photo"}
    phone.route("**/api/v1/photos", lambda route: route.fulfill(status=415, json=refused))
    form = open_form(phone, address)
    form.locator("#photo-gallery").set_input_files([file("chữ.jpg", b"no photo at all")])
    expect(form.locator(".photos li.refused")).to_have_count(1)
    expect(form.locator(".no-preview")).to_have_text("Không xem được: chữ.jpg")
    expect(form.locator("#photos-alert")).to_contain_text("Không phải ảnh")
    expect(form.locator(".photos .state-of")).to_be_in_viewport()


def test_who_finds_it_reported_already_adds_their_voice_and_sends_no_second_report(
    phone: Page, address: str, played: Played
) -> None:
    played.near([near_one(), near_one("3B2M9X4PQ", likely=False)])
    supports = []

    def support(route: Route) -> None:
        supports.append(route.request)
        route.fulfill(status=201, json={"link": LINK, "supporters": 4, "contact": None})

    phone.route("**/api/v1/complaints/*/support", support)
    form = open_form(phone, address)
    fill_in(form, "Ổ gà ở chợ")
    ones = form.locator(".near li")
    expect(ones).to_have_count(2)
    expect(ones.first).to_contain_text("cách 18 m")
    expect(ones.first).to_contain_text("3 người cùng gặp")
    expect(ones.first).to_contain_text("Rất giống")
    send(form)
    # Who has not looked is asked to.
    expect(form.locator("#report-problem")).to_contain_text("phản ánh rất giống")
    assert played.posts == []
    ones.first.locator(".me-too").click()
    expect(phone.locator("#sent-code")).to_have_text("7K2M9X4PQ")
    expect(phone.locator(".screen")).to_contain_text("4 người cùng gặp việc này.")
    expect(phone.locator("#private-link")).to_have_attribute("href", f"/mine#{LINK}")
    expect(phone.locator("#withdraw")).to_have_count(0)
    assert "/complaints/7K2M9X4PQ/support" in supports[0].url
    assert played.posts == []
    # Nothing untrue: who joined has no words to correct, and no address yet to be told at.
    said = phone.locator(".screen")
    for words in ("của bạn:", "sửa", "rút", "được báo tin như"):
        expect(said).not_to_contain_text(words)
    # What was written is not thrown away.
    expect(phone.locator("#kept-draft")).to_contain_text("vẫn còn trong bản nháp")
    phone.locator("#another").click()
    expect(phone.locator("#restored")).to_be_visible()
    expect(phone.locator("#report-text")).to_have_value("Ổ gà ở chợ")
    # The line at the top leads to what was sent from here.
    phone.locator("#to-sent").click()
    expect(phone.locator("#sent-before .entry")).to_be_visible()
    expect(phone.locator("#sent-before summary")).to_be_focused()
    phone.locator("#sent-before .sent-entry button").click()
    expect(phone.locator("#to-sent")).to_have_count(0)


def test_a_draft_that_is_reported_already_is_dropped_when_its_writer_says_so(
    phone: Page, address: str, played: Played
) -> None:
    played.near([near_one()])
    phone.route(
        "**/api/v1/complaints/*/support",
        lambda route: route.fulfill(
            status=201, json={"link": LINK, "supporters": 1, "contact": None}
        ),
    )
    form = open_form(phone, address)
    fill_in(form, "Ổ gà ở chợ")
    form.locator(".me-too").first.click()
    phone.locator("#drop-draft").click()
    expect(phone.locator("#kept-draft")).to_have_text("Đã bỏ bản nháp.")
    phone.locator("#another").click()
    expect(phone.locator("#report-text")).to_have_value("")


def test_exact_words_and_phrases_come_before_beginnings(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    kinds = form.locator("#category-list .kind")
    for words in ("o ga", "ổ gà", "Ổ GÀ", "o  ga,", "mat duong", "pothole"):
        form.locator("#category-search").fill(words)
        expect(kinds.first).to_have_text("Ổ gà, mặt đường hư hỏng")
    form.locator("#category-search").fill("ho ga")
    expect(kinds.first).to_have_text("Nắp hố ga mất, hỏng")
    # All words whole, in another order, and words as they are being typed.
    for words in ("ga ho", "nap ho g"):
        form.locator("#category-search").fill(words)
        expect(kinds.first).to_have_text("Nắp hố ga mất, hỏng")


def test_without_streets_the_map_stays_far_enough_for_wards_and_says_so(
    phone: Page, address: str, played: Played
) -> None:
    phone.goto(f"{address}/?view=16/105.8542/21.0285")
    phone.wait_for_selector("body[data-ready]", timeout=60_000)
    phone.locator("#show-report").click()
    form = phone.locator("form.report-form")
    expect(form.locator("#no-streets")).to_contain_text("không vẽ đường phố")
    form.locator("#use-centre").click()
    expect(form.locator("#where strong")).to_contain_text("Hoàn Kiếm")
    expect(form.locator("#where-hint")).to_contain_text("chỉ gần đúng")
    before = form.locator("#where small").inner_text()
    # However near the map is brought, the same point is as rough as it was.
    for _ in range(3):
        form.locator("#pin-map .maplibregl-ctrl-zoom-in").click()
        phone.wait_for_timeout(500)
    form.locator("#use-centre").click()
    expect(form.locator("#where small")).to_have_text(before)
    expect(form.locator("#where-hint")).to_contain_text("chỉ gần đúng")


def test_a_second_person_finds_the_first_report_and_joins_it(
    phone: Page, chromium: Browser, address: str, played: Played
) -> None:
    if not (played.has("/api/v1/complaints/near") and played.has("/api/v1/complaints/{code}/near")):
        pytest.skip("this build does not look for what is near")
    form = open_form(phone, address)
    fill_in(form, "Ổ gà sâu trước cổng chợ, xe máy ngã")
    send(form)
    code = phone.locator("#sent-code").inner_text()
    other = chromium.new_context(viewport={"width": 390, "height": 844})
    page = other.new_page()
    second = Played(page, address)
    form = open_form(page, address)
    fill_in(form, "Ổ gà trước cổng chợ làm xe máy ngã")
    one = form.locator(f"[data-near='{code}']")
    expect(one).to_contain_text("Ổ gà sâu trước cổng chợ")
    one.locator(".me-too").click()
    expect(page.locator("#sent-code")).to_have_text(code)
    assert re.fullmatch(
        r"/mine#[\w-]{43}", page.locator("#private-link").get_attribute("href") or ""
    )
    expect(page.locator(".screen")).to_contain_text("1 người cùng gặp")
    assert second.posts == []
    other.close()


def test_who_means_something_else_says_so_and_goes_on(
    phone: Page, address: str, played: Played
) -> None:
    played.near([near_one()])
    form = open_form(phone, address)
    fill_in(form, "Ổ gà khác hẳn")
    form.locator("#mine-is-another").click()
    expect(form.locator(".near li")).to_have_count(0)
    expect(form.locator("#look-again")).to_be_focused()
    send(form)
    expect(phone.locator("#sent-code")).to_have_text(CODE)


def test_ones_own_report_nearby_is_marked_and_followed_not_supported(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    fill_in(form, "Ổ gà trước cổng chợ")
    send(form)
    link = phone.locator("#private-link").get_attribute("href")
    code = phone.locator("#sent-code").inner_text()
    played.near([near_one(code)])
    phone.locator("#another").click()
    form = phone.locator("dialog .report-form")
    fill_in(form, "Lại ổ gà ấy")
    own = form.locator(f"[data-near='{code}']")
    expect(own).to_contain_text("Phản ánh của bạn")
    expect(own.get_by_role("link", name="Theo dõi")).to_have_attribute("href", link or "")
    expect(form.locator(".me-too")).to_have_count(0)
    send(form)
    expect(form.get_by_role("alert").first).to_contain_text("Bạn đã gửi một phản ánh rất giống")
    # Its public page knows the device too, and offers the way back instead of "me too".
    phone.goto(f"{address}/c/{code}")
    expect(phone.locator("#own")).to_contain_text("Đây là phản ánh bạn đã gửi từ máy này.")
    expect(phone.locator("#own a")).to_have_attribute("href", link or "")
    expect(phone.locator("#me-too")).to_have_count(0)


def test_a_report_is_withdrawn_right_after_it_was_sent(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    fill_in(form, "Gửi nhầm rồi")
    send(form)
    code = phone.locator("#sent-code").inner_text()
    with phone.expect_request("**/api/v1/mine/withdraw") as asked:
        phone.locator("#withdraw").click()
        phone.locator("#withdraw-yes").click()
    assert asked.value.headers["authorization"].startswith("Bearer ")
    expect(phone.locator("#undo")).to_have_text("Đã rút phản ánh.")
    # Nothing is left to follow, to share or to be told of.
    expect(phone.locator("#sent-actions")).to_have_count(0)
    expect(phone.locator("#another")).to_be_visible()
    if played.has("/api/v1/mine/withdraw"):
        facts = phone.request.get(f"{address}/api/v1/complaints/{code}").json()
        assert facts["properties"]["status"] == "withdrawn"


def test_news_by_mail_can_still_be_asked_for_once_it_is_sent(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    fill_in(form, "Theo dõi qua thư")
    send(form)
    with phone.expect_request("**/api/v1/mine/contact") as asked:
        phone.locator("#follow-mail").fill("toi@example.org")
        phone.locator("#follow-mail").press("Enter")
    assert asked.value.method == "PUT"
    assert asked.value.post_data_json == {"email": "toi@example.org"}
    expect(phone.locator("#follow-mail-said")).to_contain_text("Hãy mở hộp thư")


def test_news_to_this_device_is_offered_and_a_no_is_taken(
    phone: Page, address: str, played: Played
) -> None:
    if not played.has("/api/v1/push/key"):
        pytest.skip("this build has no push")
    phone.add_init_script("Notification.requestPermission = () => Promise.resolve('denied')")
    # A page that is not asked yet: a headless browser says no by itself.
    phone.add_init_script("Object.defineProperty(Notification, 'permission', {value: 'default'})")
    # The worker comes later than a test; it is not needed for a no.
    phone.add_init_script("navigator.serviceWorker.getRegistration = async () => ({})")
    form = open_form(phone, address)
    fill_in(form, "Báo tin cho tôi")
    send(form)
    phone.locator("#follow-push").click()
    expect(phone.locator(".push-offer")).to_contain_text("không cho phép thông báo")
    expect(phone.locator("#follow-push")).to_be_enabled()


def test_a_report_needs_no_map(chromium: Browser, address: str) -> None:
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    Played(page, address)
    page.route(re.compile(r"/assets/(map|maplibre|pinmap)[^/]*\.js"), lambda route: route.abort())
    form = open_form(page, address)
    fill_in(form, "Không có bản đồ")
    form.locator("#toggle-map").click()
    expect(form.locator("#where-hint")).to_contain_text("Chưa tải được bản đồ")
    send(form)
    expect(page.locator("#sent-code")).to_have_text(CODE)
    context.close()


def test_the_pin_is_set_by_a_tap_and_moved_by_the_keyboard(
    phone: Page, address: str, played: Played
) -> None:
    phone.goto(f"{address}/?view=16/105.8542/21.0285")
    phone.wait_for_selector("body[data-ready]", timeout=60_000)
    phone.locator("#show-report").click()
    form = phone.locator("form.report-form")
    phone.locator("#pin-map canvas").click()
    expect(form.locator("#where strong")).to_contain_text("Hoàn Kiếm")
    pin = form.get_by_role("application", name="Ghim vị trí")
    before = form.locator("#where small").inner_text()
    pin.focus()
    phone.keyboard.press("Shift+ArrowRight")
    expect(form.locator("#where small")).not_to_have_text(before)
    # East of where it was, and not north or south.
    lat, lon = (float(one) for one in before.strip(" ()").split(","))
    now = [float(one) for one in form.locator("#where small").inner_text().strip(" ()").split(",")]
    assert now[0] == pytest.approx(lat, abs=2e-5)
    assert now[1] > lon
    choose_category(form)
    choose_place(form)
