"""On the road: without a network, on the phone, with the app's real worker."""

from collections.abc import Iterator

import pytest
from office_answers import ME, Desk
from officials import official
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine, text

from api.auth import COOKIE
from tests.browser.reporting import wait_until

pytestmark = pytest.mark.browser
KEPT = """async () => { const db = await new Promise((done) => { const r = indexedDB.open('phananh-office'); r.onsuccess = () => done(r.result); });
  const all = await Promise.all(['facts', 'waiting', 'star', 'signed', 'draft'].map((name) => new Promise((done) => { const r = db.transaction(name).objectStore(name).getAllKeys(); r.onsuccess = () => done(r.result); })));
  db.close(); return all.flat(); }"""  # noqa: E501
CACHED = "async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map((one) => one.url)))).flat()"  # noqa: E501


def until_kept(page: Page) -> None:
    """Waits for the worker, and for the shell that it keeps last of all."""
    wait_until(page, "navigator.serviceWorker.controller !== null")
    for _ in range(300):
        # Asked again and again from here: a promise is true to the page's own waiting.
        if page.evaluate("async () => !!(await caches.match('/office', {cacheName: 'office-1'}))"):
            return
        page.wait_for_timeout(100)
    raise AssertionError("the shell was not kept within 30 s")


@pytest.fixture
def road(chromium: Browser, address: str) -> Iterator[tuple[Page, Desk]]:
    """Two complaints on the shortlist, read once with a network, and the shell kept."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, service_workers="allow")
    page, desk = context.new_page(), Desk(context)
    page.goto(f"{address}/office/road?codes=HN-1,HN-2")
    expect(page.locator(".stop")).to_have_count(2, timeout=60_000)
    until_kept(page)
    yield page, desk
    context.set_offline(False)
    context.close()


def test_the_shortlist_opens_without_a_network_and_a_note_is_sent_once_when_it_is_back(
    chromium: Browser, hanoi_engine: Engine, address: str
) -> None:
    with hanoi_engine.connect() as connection:
        one, other = connection.execute(
            text(
                "SELECT c.code FROM work w JOIN complaint c ON c.id = w.complaint_id"
                " JOIN category k ON k.id = c.category_id AND NOT k.sensitive ORDER BY c.id LIMIT 2"
            )
        ).scalars()
    who = official(hanoi_engine, "officer")
    # Without answers of the test's own: to the browser those are a network.
    context = chromium.new_context(viewport={"width": 390, "height": 844}, service_workers="allow")
    context.add_cookies([{"name": COOKIE, "value": who.token, "url": address}])
    page = context.new_page()
    page.goto(f"{address}/office/road?codes={one},{other}")
    expect(page.locator(".stop")).to_have_count(2, timeout=60_000)
    until_kept(page)
    context.set_offline(True)
    page.reload()
    expect(page.locator(".stop")).to_have_count(2, timeout=30_000)
    page.locator(f"#road-note-{other}").fill("Chưa gửi")
    page.locator(f"#road-note-{one}").fill("Đã đến nơi, ổ gà rộng 1 m")
    page.locator(f"[data-code='{one}'] button[type=submit]").click()
    expect(page.locator(".waiting li")).to_have_count(1, timeout=30_000)
    # The page was drawn anew: what was begun elsewhere on it is still there, after a reload too.
    expect(page.locator(f"#road-note-{one}")).to_have_value("")
    expect(page.locator(f"#road-note-{other}")).to_have_value("Chưa gửi")
    page.reload()
    expect(page.locator(f"#road-note-{other}")).to_have_value("Chưa gửi", timeout=30_000)
    context.set_offline(False)
    expect(page.locator(".waiting")).to_have_count(0, timeout=30_000)
    page.reload()
    expect(page.locator(".stop")).to_have_count(2, timeout=30_000)
    with hanoi_engine.connect() as connection:
        kept = connection.execute(text("SELECT text FROM work_note")).scalars().all()
    assert kept == ["Đã đến nơi, ổ gà rộng 1 m"]
    context.close()


def test_no_answer_of_an_official_lies_in_a_cache_and_signing_out_leaves_nothing(
    road: tuple[Page, Desk],
) -> None:
    page, _ = road
    held = page.evaluate(CACHED)
    assert held
    assert not [one for one in held if "/api/v1/work" in one or "/api/v1/account" in one]
    assert page.evaluate(KEPT)
    page.click("#sign-out")
    page.wait_for_url("**/office/sign-in*")
    assert page.evaluate(KEPT) == []


def test_another_account_on_the_device_is_shown_nothing_of_the_first(
    road: tuple[Page, Desk], address: str
) -> None:
    page, desk = road
    desk.me = ME | {"id": 8, "full_name": "Trần Văn Minh"}
    page.goto(f"{address}/office/road")
    expect(page.locator(".road h1")).to_be_visible()
    expect(page.locator(".stop")).to_have_count(0)
    assert all(str(one).startswith("8/") for one in page.evaluate(KEPT))
