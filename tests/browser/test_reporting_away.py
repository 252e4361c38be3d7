"""Reports without a network, on a bad one, with a server that asks for patience, or no room."""

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Route, expect

from tests.browser.reporting import (
    Played,
    choose_category,
    file,
    fill_in,
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


@pytest.fixture
def tabs(chromium: Browser) -> Iterator[BrowserContext]:
    """One device, on which several pages are opened."""
    context = chromium.new_context(viewport={"width": 390, "height": 844})
    yield context
    context.close()


def ready(page: Page) -> None:
    """All that a page without a network needs has come."""
    page.wait_for_selector("body[data-ready][data-reporting]", timeout=60_000)
    page.wait_for_load_state("networkidle")


def test_a_report_with_two_photos_written_without_a_network_is_sent_once_after_the_page_was_closed(
    tabs: BrowserContext, address: str
) -> None:
    page = tabs.new_page()
    played = Played(page, address)
    form = open_form(page, address)
    ready(page)
    fill_in(form, "Viết khi mất mạng, có ảnh")
    tabs.set_offline(True)
    expect(form.page.locator("#report-offline")).to_contain_text("Không có mạng")
    form.locator("#photo-gallery").set_input_files(
        [file("1.jpg", photo(0)), file("2.jpg", photo(1))]
    )
    expect(form.locator(".photos .state-of")).to_have_text(
        ["Đã lưu trên máy. Sẽ gửi khi có mạng."] * 2
    )
    send(form)
    expect(page.locator(".screen [role=alert]")).to_contain_text("Chưa có mạng.")
    page.close()
    assert played.uploads == []

    tabs.set_offline(False)
    later = tabs.new_page()
    played = Played(later, address)
    later.goto(f"{address}/")
    expect(later.locator("#sent-code")).to_have_text(CODE, timeout=60_000)
    assert len(played.uploads) == 2
    assert len(played.bodies) == 1
    assert len(played.bodies[0]["photos"]) == 2
    assert len(stored(later, address, "viet khi mat mang co anh")) == 1


def test_a_draft_with_its_photos_outlives_the_page(
    phone: Page, address: str, played: Played
) -> None:
    form = open_form(phone, address)
    fill_in(form, "Đang viết dở")
    form.locator("#photo-gallery").set_input_files([file("1.jpg", photo(0, (400, 300)))])
    form.locator("#report-email").fill("toi@example.org")
    expect(form.locator(".photos .state-of")).to_have_text("Đã tải lên.")
    phone.wait_for_timeout(600)
    form = open_form(phone, address)
    expect(phone.locator("#restored")).to_be_visible()
    expect(form.locator("#report-text")).to_have_value("Đang viết dở")
    expect(form.locator("#report-email")).to_have_value("toi@example.org")
    expect(form.locator("#where strong")).to_contain_text("Hoàn Kiếm")
    expect(form.locator("#category-chosen")).to_contain_text("Ổ gà")
    # It was brought over already and is not sent a second time.
    expect(form.locator(".photos .state-of")).to_have_text("Đã tải lên.")
    assert len(played.uploads) == 1
    phone.locator("#start-anew").click()
    expect(phone.locator("#report-text")).to_have_value("")
    expect(phone.locator(".photos li")).to_have_count(0)


def test_ten_sendings_whose_answers_are_lost_make_one_complaint(
    phone: Page, address: str, played: Played
) -> None:
    lost = []

    def swallow(route: Route) -> None:
        if len(lost) < 9:
            lost.append(route.fetch().json()["id"])
            route.abort("connectionreset")
        else:
            route.fallback()

    phone.route("**/api/v1/complaints", swallow)
    form = open_form(phone, address)
    fill_in(form, "Mạng chập chờn")
    send(form)
    for n in range(1, 9):
        expect(phone.locator(".screen [role=alert]")).to_contain_text("Chưa có mạng.")
        phone.locator("#send-now").click()
        wait_for(phone, lambda n=n: len(lost) > n)  # type: ignore[misc]
    phone.wait_for_timeout(300)
    if phone.locator("#send-now").count():
        phone.locator("#send-now").click()
    code = phone.locator("#sent-code").inner_text(timeout=30_000)
    assert lost == [code] * 9
    assert len({one.headers["idempotency-key"] for one in played.posts}) == 1
    assert len(stored(phone, address, "mang chap chon")) == 1


def test_a_photo_that_stopped_halfway_goes_on_alone(
    phone: Page, address: str, played: Played
) -> None:
    """What was brought over stays there; only the photo that was cut off goes once more."""
    failing = [True]
    keys: list[str] = []

    def second_fails(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        if len(keys) >= 2 and failing:
            route.abort("connectionreset")
        else:
            route.fallback()

    phone.route("**/api/v1/photos", second_fails)
    form = open_form(phone, address)
    fill_in(form, "Ảnh gửi dở")
    form.locator("#photo-gallery").set_input_files(
        [file(f"{n}.jpg", photo(n, (400, 300))) for n in range(3)]
    )
    expect(form.locator(".photos .state-of").first).to_have_text("Đã tải lên.")
    expect(form.locator(".photos .state-of").nth(2)).to_have_text("Đã lưu trên máy.")
    send(form)
    expect(phone.locator(".screen [role=alert]")).to_contain_text("Chưa có mạng.")
    failing.clear()
    phone.locator("#send-now").click()
    expect(phone.locator("#sent-code")).to_have_text(CODE)
    assert keys.count(keys[0]) == 1
    assert len(set(keys)) == 3
    assert len(played.bodies[-1]["photos"]) == 3


def test_two_tabs_send_what_waits_once(tabs: BrowserContext, address: str) -> None:
    first = tabs.new_page()
    one = Played(first, address)
    form = open_form(first, address)
    ready(first)
    fill_in(form, "Hai trang cùng mở")
    second = tabs.new_page()
    other = Played(second, address)
    second.goto(f"{address}/")
    ready(second)
    tabs.set_offline(True)
    send(form)
    expect(first.locator(".screen [role=alert]")).to_contain_text("Chưa có mạng.")
    tabs.set_offline(False)
    expect(first.locator("#sent-code")).to_have_text(CODE, timeout=30_000)
    expect(second.locator("#sent-code")).to_have_text(
        first.locator("#sent-code").inner_text(), timeout=30_000
    )
    assert len(one.posts) + len(other.posts) == 1


def test_a_server_that_asks_for_patience_is_given_it_and_the_report_goes_by_itself(
    phone: Page, address: str, played: Played
) -> None:
    asked: list[float] = []

    def limited(route: Route) -> None:
        asked.append(time.monotonic())
        if len(asked) == 1:
            route.fulfill(status=429, headers={"Retry-After": "4"}, json={"title": "Limited"})
        else:
            route.fallback()

    phone.route("**/api/v1/complaints", limited)
    form = open_form(phone, address)
    fill_in(form, "Gửi nhiều quá")
    send(form)
    alert = phone.locator(".screen [role=alert]")
    expect(alert).to_contain_text(re.compile(r"sẽ tự gửi sau [234] giây"))
    expect(phone.locator("#send-now")).to_have_count(0)
    expect(phone.locator("#sent-code")).to_have_text(CODE, timeout=30_000)
    # Not before the time that was asked for.
    assert asked[1] - asked[0] >= 3.9


def test_a_refused_report_is_a_draft_again_with_its_words_and_its_photo(
    phone: Page, address: str, played: Played
) -> None:
    errors = [{"field": "text", "message": "too many links / quá nhiều liên kết"}]
    refused = {"title": "WordsRefused", "status": 422, "detail": "no", "errors": errors}
    phone.route("**/api/v1/complaints", lambda route: route.fulfill(status=422, json=refused))
    form = open_form(phone, address)
    fill_in(form, "Nhiều liên kết")
    form.locator("#photo-gallery").set_input_files([file("1.jpg", photo(0, (400, 300)))])
    expect(form.locator(".photos .state-of")).to_have_text("Đã tải lên.")
    key = phone.locator("#send-report")
    key.click()
    expect(form.locator("#report-problem .link")).to_have_text("Chưa gửi được: Quá nhiều liên kết")
    expect(form.locator("#report-text")).to_be_focused()
    expect(form.locator("#report-text")).to_have_value("Nhiều liên kết")
    expect(form.locator(".photos li")).to_have_count(1)
    phone.unroute("**/api/v1/complaints")
    form.locator("#report-text").fill("Bớt liên kết")
    if not played.has("/api/v1/photos"):
        form.locator(".photos .remove").click()
    send(form)
    expect(phone.locator("#sent-code")).to_have_text(CODE)
    assert len({one.headers["idempotency-key"] for one in played.posts}) == 2


def test_a_challenge_is_solved_without_anybody_noticing_much(
    phone: Page, address: str, played: Played
) -> None:
    if not played.has("/api/v1/challenge"):
        pytest.skip("this build has no challenge")
    bodies: list[dict[str, Any]] = []

    def wanted(route: Route) -> None:
        bodies.append(route.request.post_data_json)
        if len(bodies) == 1:
            document = {"title": "ChallengeWanted", "challenge": "/api/v1/challenge?level=1"}
            route.fulfill(status=403, json=document)
        else:
            route.fallback()

    phone.route("**/api/v1/complaints", wanted)
    form = open_form(phone, address)
    fill_in(form, "Không phải máy")
    send(form)
    expect(phone.locator("#sent-code")).to_have_text(CODE, timeout=60_000)
    assert "challenge" not in bodies[0]
    assert len(bodies[1]["challenge"]) > 50


FULL = "IDBObjectStore.prototype.put = () => {throw new DOMException('', 'QuotaExceededError')}"
PRIVATE = "Object.defineProperty(window, 'indexedDB', {get() {throw new Error('private')}})"


@pytest.mark.parametrize(
    ("harm", "words"),
    [(FULL, "Máy hết chỗ lưu"), (PRIVATE, "Trình duyệt này không cho lưu")],
    ids=["full", "private"],
)
def test_a_device_that_keeps_nothing_is_told_of_and_sends_all_the_same(
    phone: Page, address: str, played: Played, harm: str, words: str
) -> None:
    phone.add_init_script(harm)
    form = open_form(phone, address)
    fill_in(form, "Không lưu được")
    expect(phone.locator("#keeping")).to_contain_text(words)
    form.locator("#photo-gallery").set_input_files([file("1.jpg", photo(0, (400, 300)))])
    expect(form.locator(".photos .state-of")).to_have_text("Đã tải lên.")
    send(form)
    expect(phone.locator("#sent-code")).to_have_text(CODE)
    assert len(played.bodies[0]["photos"]) == 1


def test_what_an_older_page_kept_is_not_lost(phone: Page, address: str, played: Played) -> None:
    report = {"lon": 105.8542, "lat": 21.0285, "category": "pothole", "text": "Chờ từ bản cũ"}
    phone.add_init_script(
        "if (!localStorage.getItem('set')) { localStorage.setItem('set', '1');"
        f" localStorage.setItem('phananh-outbox', JSON.stringify([{{key: 'old-key-1', report: {report}}}])); }}"  # noqa: E501
    )
    phone.goto(f"{address}/?report")
    phone.locator("form.report-form").wait_for(timeout=60_000)
    wait_for(phone, lambda: len(stored(phone, address, "cho tu ban cu")) == 1)
    assert played.posts[0].headers["idempotency-key"] == "old-key-1"


def test_the_catalogue_is_remembered_for_a_day_without_a_network(
    phone: Page, address: str, played: Played
) -> None:
    open_form(phone, address)
    wait_for(phone, lambda: bool(phone.evaluate("localStorage.getItem('phananh-catalogue')")))
    phone.route("**/api/v1/domains", lambda route: route.abort("internetdisconnected"))
    phone.route("**/api/v1/config", lambda route: route.abort("internetdisconnected"))
    form = open_form(phone, address)
    choose_category(form)
