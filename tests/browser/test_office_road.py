"""On the road: without a network, on the phone, with the app's real worker."""

from collections.abc import Iterator

import pytest
from office_answers import ME, Desk
from playwright.sync_api import Browser, Page, expect

pytestmark = pytest.mark.browser
KEPT = """async () => { const db = await new Promise((done) => { const r = indexedDB.open('phananh-office'); r.onsuccess = () => done(r.result); });
  const all = await Promise.all(['facts', 'waiting', 'star', 'signed', 'draft'].map((name) => new Promise((done) => { const r = db.transaction(name).objectStore(name).getAllKeys(); r.onsuccess = () => done(r.result); })));
  db.close(); return all.flat(); }"""  # noqa: E501
CACHED = "async () => (await Promise.all((await caches.keys()).map(async (name) => (await (await caches.open(name)).keys()).map((one) => one.url)))).flat()"  # noqa: E501


@pytest.fixture
def road(chromium: Browser, address: str) -> Iterator[tuple[Page, Desk]]:
    """Two complaints on the shortlist, read once with a network, and the shell kept."""
    context = chromium.new_context(viewport={"width": 390, "height": 844}, service_workers="allow")
    page, desk = context.new_page(), Desk(context)
    page.goto(f"{address}/office/road?codes=HN-1,HN-2")
    expect(page.locator(".stop")).to_have_count(2, timeout=60_000)
    page.wait_for_function(
        "async () => Boolean(await caches.match('/office', { cacheName: 'office-1' }))"
    )
    page.wait_for_function("() => navigator.serviceWorker.controller !== null")
    yield page, desk
    context.set_offline(False)
    context.close()


def away(page: Page, desk: Desk, yes: bool) -> None:
    desk.reachable = not yes
    page.context.set_offline(yes)


def test_the_shortlist_opens_without_a_network_and_a_note_is_sent_once_when_it_is_back(
    road: tuple[Page, Desk],
) -> None:
    page, desk = road
    away(page, desk, True)
    page.reload()
    expect(page.locator(".stop")).to_have_count(2, timeout=30_000)
    page.locator("#road-note-HN-1").fill("Đã đến nơi, ổ gà rộng 1 m")
    page.locator("[data-code=HN-1] button[type=submit]").click()
    expect(page.locator(".waiting li")).to_have_count(1)
    assert desk.acts == []
    away(page, desk, False)
    expect(page.locator(".waiting")).to_have_count(0, timeout=20_000)
    page.reload()
    expect(page.locator(".stop")).to_have_count(2, timeout=30_000)
    assert [one[:2] for one in desk.acts] == [("HN-1", "note")]
    assert desk.acts[0][2]["text"] == "Đã đến nơi, ổ gà rộng 1 m"
    assert desk.acts[0][2]["key"]


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
