"""One complaint of an official: what is shown, what may be done, and what is never lost."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from office_answers import Desk
from playwright.sync_api import Browser, Page, expect

from tests.browser.reporting import settled

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"


@pytest.fixture(params=[(390, 844), (1440, 900)], ids=["phone", "desktop"])
def opened(
    request: pytest.FixtureRequest, chromium: Browser, address: str
) -> Iterator[tuple[Page, Desk]]:
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height})
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    desk = Desk(context)
    page.goto(f"{address}/office/c/HN-1")
    page.wait_for_selector(".one[data-code=HN-1]", timeout=60_000)
    yield page, desk
    context.close()
    assert faults == []


def test_only_the_acts_that_are_allowed_have_a_button_and_nothing_is_wider_than_the_screen(
    opened: tuple[Page, Desk],
) -> None:
    page, _ = opened
    found = page.eval_on_selector_all(".acts button", "all => all.map(one => one.dataset.act)")
    assert found == ["accept", "answer", "assign", "note", "refuse"]
    expect(page.locator(".timeline li.inside")).to_have_count(1)
    expect(page.locator(".timeline li.public")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_one_key_accepts_with_the_version_that_was_seen(opened: tuple[Page, Desk]) -> None:
    page, desk = opened
    page.keyboard.press("a")
    expect(page.locator("#toasts .toast")).to_be_visible()
    assert desk.acts == [("HN-1", "accept", {}, '"3"')]


def test_an_act_is_taken_back_from_its_message_or_later_from_what_happened(
    opened: tuple[Page, Desk],
) -> None:
    page, desk = opened
    page.click("[data-act=accept]")
    page.locator("#toasts .toast").get_by_role("button", name="Hoàn tác").click()
    expect(page.locator("#toasts")).to_contain_text("Đã hoàn tác")
    expect(page.locator("#one-undo")).to_have_count(0)
    page.click("[data-act=refuse]")
    page.locator("dialog select").select_option("other-authority")
    page.locator("dialog textarea").fill("Không thuộc thẩm quyền")
    page.click("dialog button[type=submit]")
    settled(page)
    page.reload()
    expect(page.locator("#one-undo").locator("..")).to_contain_text("Từ chối: hoàn tác được đến")
    page.click("#one-undo")
    expect(page.locator("#one-undo")).to_have_count(0)
    assert desk.undone == [1, 2]


def test_a_change_of_others_is_told_and_what_was_typed_is_sent_after_it(
    opened: tuple[Page, Desk],
) -> None:
    page, desk = opened
    desk.stale = [{"at": "2026-11-26T02:00:00Z", "who": "Minh", "act": "assign", "change": None}]
    page.click("[data-act=refuse]")
    page.locator("dialog select").select_option("other-authority")
    page.locator("dialog textarea").fill("Không thuộc thẩm quyền")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .meanwhile")).to_contain_text("Minh")
    expect(page.locator("dialog textarea")).to_have_value("Không thuộc thẩm quyền")
    assert desk.acts == []
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).to_be_hidden()
    body = {"ground": "other-authority", "text": "Không thuộc thẩm quyền"}
    assert desk.acts == [("HN-1", "refuse", body, '"4"')]


def test_a_short_answer_cannot_close_and_its_draft_is_there_after_a_reload(
    opened: tuple[Page, Desk],
) -> None:
    page, desk = opened
    page.click("[data-act=answer]")
    page.locator("dialog textarea").fill("Đã xong")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .alert")).not_to_be_empty()
    assert desk.acts == []
    page.reload()
    page.click("[data-act=answer]")
    expect(page.locator("dialog textarea")).to_have_value("Đã xong")
    page.locator("dialog textarea").fill("Đã vá ổ gà trước số nhà 12 Phố Huế")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).to_be_hidden()
    assert desk.acts[0][1:3] == (
        "answer",
        {"text": "Đã vá ổ gà trước số nhà 12 Phố Huế", "close": True, "photos": []},
    )


def test_a_number_in_an_answer_is_named_before_it_is_public(opened: tuple[Page, Desk]) -> None:
    page, desk = opened
    words = "Đã dọn sạch rác trước số nhà 12, hỏi thêm gọi 024 3825 1234"
    desk.found = "it has a phone number / câu trả lời sẽ công khai mà có số điện thoại “024 3825”"
    page.click("[data-act=answer]")
    page.locator("dialog textarea").fill(words)
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .alert")).to_contain_text("có số điện thoại “024 3825”")
    assert desk.acts == []
    page.get_by_label("Số này là của cơ quan, được công khai").check()
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).to_be_hidden()
    assert desk.acts[0][2]["office_contact"] is True


def test_personal_facts_are_shown_only_after_a_reason(opened: tuple[Page, Desk]) -> None:
    page, _ = opened
    page.click("#look")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).not_to_contain_text("0900000000")
    page.fill("#look-reason", "Gọi lại để hỏi chỗ")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).to_contain_text("0900000000")


def test_a_template_is_filled_field_by_field_and_a_closing_that_waits_is_judged(
    opened: tuple[Page, Desk],
) -> None:
    page, desk = opened
    rules = dict(desk.works["HN-1"]["answer_rules"])
    template = {
        "code": "7",
        "name": "Đã sửa",
        "language": "vi",
        "text": "Đơn vị đã {việc đã làm} vào ngày {ngày}.",
        "fields": [{"code": one, "name": one, "required": True} for one in ("việc đã làm", "ngày")],
    }
    desk.works["HN-1"]["answer_rules"] = rules | {"templates": [template], "check": True}
    page.reload()
    page.click("[data-act=answer]")
    page.select_option("#answer-template", "7")
    page.get_by_label("việc đã làm").fill("vá hai ổ gà trước số nhà 12")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .alert")).to_contain_text("{ngày}")
    page.get_by_label("ngày", exact=True).fill("12/11")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).to_be_hidden()
    said = desk.acts[-1][2]
    assert said["text"] == "Đơn vị đã vá hai ổ gà trước số nhà 12 vào ngày 12/11."
    assert said["fields"] == {"việc đã làm": "vá hai ổ gà trước số nhà 12", "ngày": "12/11"}
    waits = {"at": "2026-11-26T02:00:00Z", "who": "Minh", "text": "Đã vá xong", "own": False}
    shot = {"id": "x", "small": "/x-small.jpg", "large": "/x.jpg", "taken_at": None}
    closing = waits | {"photos": [shot | {"distance_m": 12}]}
    desk.works["HN-1"] |= {"may": ["check", "note"], "check_state": "asked", "closing": closing}
    late = {"accept_due_at": "2026-11-25T02:00:00Z", "reacted_at": "2026-11-25T03:30:00Z"}
    desk.works["HN-1"] |= late
    # The dialog was a step of the history; a reload before that is taken back would be broken off.
    settled(page)
    page.reload()
    expect(page.locator(".closing").first).to_contain_text("12 m")
    expect(page.locator(".closing").first).to_contain_text("giờ chụp")
    expect(page.locator(".facts")).to_contain_text(re.compile("Tiếp nhận.*muộn, hạn là"))
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    assert [one["id"] for one in found["violations"]] == []
    page.keyboard.press("k")
    page.locator("dialog select").select_option("no")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog .alert")).not_to_be_empty()
    page.locator("dialog textarea").fill("Ảnh chưa rõ chỗ vá")
    page.click("dialog button[type=submit]")
    expect(page.locator("dialog")).to_be_hidden()
    assert desk.acts[-1][1:3] == ("check", {"passed": False, "reason": "Ảnh chưa rõ chỗ vá"})
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
