"""Two officials at work at the same time, each before the real service."""

from collections.abc import Callable, Iterator

import httpx
import pytest
from officials import Person, official
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import Engine, text

from api.auth import COOKIE, HEADER

pytestmark = pytest.mark.browser


@pytest.fixture
def ward(hanoi_engine: Engine) -> str:
    """The ward with the most open complaints."""
    with hanoi_engine.connect() as connection:
        code = connection.execute(
            text(
                "SELECT a.code FROM work w JOIN area a ON a.id = w.area_id WHERE w.status = 1"
                " GROUP BY a.code ORDER BY count(*) DESC, a.code LIMIT 1"
            )
        ).scalar_one()
    return f"hanoi-ward-2025:{code}"


@pytest.fixture
def window(chromium: Browser, address: str) -> Iterator[Callable[[Person], Page]]:
    """A browser in which somebody is signed in."""
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def opened(who: Person) -> Page:
        context = chromium.new_context(
            viewport={"width": 1440, "height": 900}, permissions=["clipboard-write"]
        )
        contexts.append(context)
        context.add_cookies([{"name": COOKIE, "value": who.token, "url": address}])
        page = context.new_page()
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(f"{address}/office")
        page.wait_for_selector("#place[data-rows=ready]", timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def test_a_row_that_another_official_opens_and_changes_is_marked(
    hanoi_engine: Engine, ward: str, address: str, window: Callable[[Person], Page]
) -> None:
    own, other = (official(hanoi_engine, "officer", areas=[ward], name=n) for n in ("lan", "minh"))
    page = window(own)
    expect(page.locator("#queue-live")).to_have_attribute("data-on", "true")
    code = page.locator(".work-row").nth(1).get_attribute("data-code")
    row = page.locator(f".work-row[data-code='{code}']")
    acting = httpx.Client(
        base_url=f"{address}/api/v1/work", cookies={COOKIE: other.token}, headers={HEADER: "1"}
    )
    acting.post(f"/{code}/here").raise_for_status()
    expect(row.locator(".mark")).to_have_text("Minh đang xem", timeout=30_000)
    # The panel beside the list listens through the same stream.
    row.click()
    expect(page.locator("#queue-panel .one-changed")).to_contain_text("Minh", timeout=30_000)
    acting.delete(f"/{code}/here").raise_for_status()
    expect(page.locator("#queue-panel .one-changed")).to_be_empty(timeout=30_000)
    version = acting.get(f"/{code}").headers["ETag"]
    changed = acting.post(
        f"/{code}/assign", json={"account_id": other.id}, headers={"If-Match": version}
    )
    changed.raise_for_status()
    expect(row.locator(".mark")).to_have_text("Minh vừa thay đổi", timeout=30_000)
    expect(row.locator(".who")).to_have_text("Minh")
    expect(page.locator("#queue-panel .one-changed")).to_contain_text("Minh")


def test_what_changed_while_one_complaint_was_read_is_marked_after_going_back(
    hanoi_engine: Engine, ward: str, address: str, window: Callable[[Person], Page]
) -> None:
    own, other = (official(hanoi_engine, "officer", areas=[ward], name=n) for n in ("lan", "minh"))
    page = window(own)
    expect(page.locator("#queue-live")).to_have_attribute("data-on", "true")
    first, second = (
        page.locator(".work-row").nth(number).get_attribute("data-code") for number in (0, 1)
    )
    # A heartbeat or the first notice says where the stream is.
    page.wait_for_timeout(2_000)
    page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new Event('office:go')) }",
        f"/office/c/{first}",
    )
    page.wait_for_selector(f".one[data-code='{first}']")
    acting = httpx.Client(
        base_url=f"{address}/api/v1/work", cookies={COOKIE: other.token}, headers={HEADER: "1"}
    )
    version = acting.get(f"/{second}").headers["ETag"]
    acting.post(
        f"/{second}/assign", json={"account_id": other.id}, headers={"If-Match": version}
    ).raise_for_status()
    page.go_back()
    row = page.locator(f".work-row[data-code='{second}']")
    expect(row.locator(".mark")).to_have_text("Minh vừa thay đổi", timeout=30_000)


def test_a_view_is_saved_changed_and_opened_by_a_colleague(
    hanoi_engine: Engine, ward: str, window: Callable[[Person], Page]
) -> None:
    own, other = (official(hanoi_engine, "officer", areas=[ward], name=n) for n in ("lan", "minh"))
    page = window(own)
    page.locator("#scope-unassigned").click()
    page.locator("#queue-views").click()
    page.locator("#view-name").fill("Chưa ai nhận")
    page.locator("dialog form button[type=submit]").click()
    page.get_by_role("button", name="Sửa: Chưa ai nhận").click()
    page.locator("#edit-name").fill("Chưa giao cho ai")
    page.locator("#edit-shared").check()
    page.locator("#views-list button[type=submit]").click()
    expect(page.locator("#views-list")).to_contain_text("Chưa giao cho ai · đã chia sẻ")
    page.keyboard.press("Escape")
    colleague = window(other)
    colleague.locator("#queue-views").click()
    expect(colleague.locator("#views-list")).to_contain_text("của Lan")
    assert colleague.get_by_role("button", name="Sửa").count() == 0
    colleague.locator("#views-list .link").click()
    expect(colleague.locator("#scope-unassigned")).to_have_attribute("aria-pressed", "true")
    assert colleague.url.endswith("/office?unassigned=true")
    colleague.go_back()
    expect(colleague.locator("#scope-unassigned")).to_have_attribute("aria-pressed", "false")
