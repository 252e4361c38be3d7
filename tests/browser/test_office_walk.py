"""A complaint from its arrival to a closing that is disputed and mended, all of it through pages.

The citizen is on a phone, the officials at desktops; nothing is answered by the test itself.
"""

import re
from collections.abc import Callable, Iterator

import pytest
from officials import official
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from api.auth import COOKIE
from geo import accounts, audit
from tests.browser.reporting import choose_category, choose_place, faults_of, open_form, send

pytestmark = pytest.mark.browser
PASSWORD = "bốn con trâu đọc báo"  # noqa: S105
SET = "hanoi-ward-2025"
HERE, THERE = "Hoàn Kiếm", "Cửa Nam"
FIRST = "Đã vá xong ổ gà trước số nhà 5 bằng bê tông nhựa nóng sáng nay"
SECOND = "Đã đào bỏ lớp nền lún, đắp lại cấp phối và trải lại mặt đường chiều nay"
SIZES = {"phone": (390, 844), "desktop": (1440, 900)}
Opened = Callable[[str], Page]


@pytest.fixture
def opened(chromium: Browser) -> Iterator[Opened]:
    """A browser of its own for each person; none of their pages may fail."""
    contexts, faults = [], []

    def made(size: str) -> Page:
        width, height = SIZES[size]
        context = chromium.new_context(viewport={"width": width, "height": height})
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        return page

    yield made
    for one in contexts:
        one.close()
    assert faults == []


def _officer(engine: Engine, name: str, full_name: str, ward: str) -> None:
    with engine.begin() as connection:
        number = accounts.add(connection, name, full_name, PASSWORD, False)
        accounts.give_role(connection, number, "officer", [ward])


def _ward(engine: Engine, name: str) -> str:
    with engine.connect() as connection:
        row = connection.execute(
            text(
                "SELECT s.code || ':' || a.code FROM area a JOIN area_set s ON s.id = a.set_id"
                " WHERE s.code = :set AND a.name = :name"
            ),
            {"set": SET, "name": name},
        )
        return str(row.scalar_one())


def _sign_in(page: Page, address: str, name: str) -> None:
    page.goto(f"{address}/office")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.locator("button[type=submit]").click()
    expect(page.locator("#queue-total")).to_contain_text(re.compile(r"\d"), timeout=60_000)


def _done(page: Page) -> None:
    expect(page.locator("dialog")).to_be_hidden()
    expect(page.locator("#toasts .toast").last).to_contain_text(re.compile("Đã xong|Đã chuyển đi"))


def _hand_over(page: Page, to: str, why: str) -> None:
    page.locator("[data-act=hand-over]").click()
    page.locator("dialog input").first.fill(to)
    page.locator("dialog .choices button", has_text=to).first.click()
    page.locator("dialog textarea").fill(why)
    page.locator("dialog button[type=submit]").click()
    _done(page)


def _close(page: Page, words: str) -> None:
    page.locator("[data-act=answer]").click()
    page.locator("dialog textarea").fill(words)
    page.locator("dialog button[type=submit]").click()
    _done(page)


def test_a_complaint_walks_from_a_pin_over_a_hand_over_to_a_disputed_closing_and_a_second_one(
    opened: Opened, address: str, hanoi_engine: Engine
) -> None:
    here, there = _ward(hanoi_engine, HERE), _ward(hanoi_engine, THERE)
    _officer(hanoi_engine, "lan", "Nguyễn Thị Lan", here)
    _officer(hanoi_engine, "minh", "Trần Văn Minh", there)

    # A citizen pins it on a phone, and gets a private link.
    citizen = opened("phone")
    form = open_form(citizen, address)
    choose_place(form)
    choose_category(form)
    form.locator("#report-text").fill("Ổ gà lớn trước số nhà 5, xe máy ngã tối qua")
    send(form)
    expect(citizen.locator("#sent-code")).to_have_text(re.compile(r"^[0-9A-Z]{8,}$"))
    code = citizen.locator("#sent-code").inner_text()
    mine = citizen.locator("#private-link").get_attribute("href") or ""

    # The ward's officer finds it in the queue, accepts it, and hands it over.
    lan = opened("desktop")
    _sign_in(lan, address, "lan")
    lan.locator("#queue-search").fill("so nha 5")
    lan.locator("#queue-search").press("Enter")
    row = lan.locator(f"#row-{code}")
    expect(row).to_be_visible()
    row.dblclick()
    panel = lan.locator(f".one[data-code='{code}']")
    panel.locator("[data-act=accept]").click()
    _done(lan)
    expect(panel).to_contain_text("Chờ tiếp nhận")
    _hand_over(lan, THERE, "Đoạn đường này do phường Cửa Nam quản lý")
    # It lies in her ward: she goes on seeing it, and may no longer act.
    expect(panel).to_be_visible()
    expect(panel.locator("[data-act]")).to_have_count(0)

    # The other ward's officer has it now, with why; and closes it with an answer.
    minh = opened("desktop")
    _sign_in(minh, address, "minh")
    minh.goto(f"{address}/office/c/{code}")
    expect(minh.locator(".timeline")).to_contain_text("do phường Cửa Nam quản lý", timeout=30_000)
    _close(minh, FIRST)
    expect(minh.locator(".one")).to_contain_text("Đã giải quyết")

    # The reporter reads it and is not satisfied: it is open again.
    citizen.goto(f"{address}{mine}")
    expect(citizen.locator("main")).to_contain_text(FIRST, timeout=30_000)
    rating = citizen.locator("#rating")
    rating.get_by_label("Chưa hài lòng").check()
    citizen.locator("#rating-reason").fill("Chỗ vá đã lún lại sau một trận mưa")
    rating.get_by_role("button", name="Gửi đánh giá").click()
    expect(citizen.locator("#said")).to_contain_text("mở lại")
    expect(citizen.locator("main")).not_to_contain_text("Nguyễn Thị Lan")

    # It is back in the other ward's queue, marked as reopened; which gives it back to the first,
    # and sees it no more.
    minh.goto(f"{address}/office?reopened=true")
    row = minh.locator(f"#row-{code}")
    expect(row).to_be_visible(timeout=30_000)
    minh.goto(f"{address}/office/c/{code}")
    expect(minh.locator(".one")).to_contain_text("Mở lại", timeout=30_000)
    _hand_over(minh, HERE, "Nền đường lún do cống của phường Hoàn Kiếm")
    minh.wait_for_url("**/office")
    minh.goto(f"{address}/office/c/{code}")
    expect(minh.get_by_role("alert")).to_contain_text(code, timeout=30_000)

    # It is closed for good, with words that are not those of before.
    lan.goto(f"{address}/office/c/{code}")
    expect(lan.locator(".timeline")).to_contain_text("cống của phường", timeout=30_000)
    _close(lan, SECOND)
    expect(lan.locator(".one")).to_contain_text("Đã giải quyết")
    citizen.reload()
    expect(citizen.locator("main")).to_contain_text(SECOND, timeout=30_000)
    expect(citizen.locator(".standing")).to_contain_text("Đã giải quyết")
    assert faults_of(citizen) == []

    with hanoi_engine.connect() as connection:
        acts = connection.execute(
            text(
                "SELECT a.name, e.act FROM work_event e LEFT JOIN account a ON a.id = e.account_id"
                " JOIN complaint c ON c.id = e.complaint_id WHERE c.code = :code ORDER BY e.id"
            ),
            {"code": code},
        ).all()
        assert [tuple(one) for one in acts] == [
            ("lan", "accept"), ("lan", "hand-over"), ("minh", "answer"), ("minh", "hand-over"),
            ("lan", "answer"),
        ]  # fmt: skip
        assert audit.verify(connection).broken is None


@pytest.mark.parametrize("size", SIZES)
def test_who_comes_second_is_told_what_the_first_did_and_keeps_what_was_typed(
    opened: Opened, address: str, hanoi_engine: Engine, size: str
) -> None:
    with hanoi_engine.connect() as connection:
        code = connection.execute(
            text(
                "SELECT c.code FROM work w JOIN complaint c ON c.id = w.complaint_id"
                " JOIN category k ON k.id = c.category_id AND NOT k.sensitive"
                " WHERE w.status = 1 ORDER BY c.id LIMIT 1"
            )
        ).scalar_one()
    pages = []
    for name in ("dau", "cuoi"):
        who, page = official(hanoi_engine, "officer", name=name), opened(size)
        page.context.add_cookies([{"name": COOKIE, "value": who.token, "url": address}])
        page.goto(f"{address}/office/c/{code}")
        expect(page.locator(".one")).to_be_visible(timeout=60_000)
        pages.append(page)
    first, second = pages
    second.locator("[data-act=answer]").click()
    second.locator("dialog textarea").fill(FIRST)
    first.locator("[data-act=accept]").click()
    _done(first)
    second.locator("dialog button[type=submit]").click()
    told = second.locator("dialog .meanwhile")
    expect(told).to_contain_text("Dau")
    expect(told).to_contain_text("Tiếp nhận")
    expect(second.locator("dialog textarea")).to_have_value(FIRST)
    assert second.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert faults_of(second) == []
    with hanoi_engine.connect() as connection:
        held = connection.execute(text("SELECT count(*) FROM answer WHERE text = :t"), {"t": FIRST})
        assert held.scalar_one() == 0
    # Having seen it, the same words are sent on what it is now.
    second.locator("dialog button[type=submit]").click()
    _done(second)
    expect(second.locator(".one")).to_contain_text("Đã giải quyết")
