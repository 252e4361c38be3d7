"""The card of satisfaction in a real Chromium: it says what the API says, to everyone."""

import random
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"


@pytest.fixture
def judged(hanoi_engine: Engine) -> None:
    """500 judgements of the sample's answered complaints, most of them of traffic content."""
    rng = random.Random(3)
    with hanoi_engine.begin() as connection:
        rows = connection.execute(
            text(
                "SELECT c.id, c.closed_at, k.domain_id FROM complaint c"
                " JOIN category k ON k.id = c.category_id WHERE c.status = 4"
                " ORDER BY c.id LIMIT 500"
            )
        ).all()
        for row in rows:
            good = rng.random() < (0.8 if row.domain_id == 3 else 0.4)
            connection.execute(
                text(
                    "WITH person AS (INSERT INTO participant (complaint_id, role, link)"
                    " VALUES (:id, 'reporter', :link) RETURNING id)"
                    " INSERT INTO rating (complaint_id, participant_id, closed_at, verdict)"
                    " SELECT :id, id, :closed, :verdict FROM person"
                ),
                {
                    "id": row.id,
                    "link": rng.randbytes(32),
                    "closed": row.closed_at,
                    "verdict": rng.choice(("satisfied", "accepted")) if good else "dissatisfied",
                },
            )


def open_card(page: Page, address: str, query: str, *, narrow: bool = False) -> None:
    page.goto(f"{address}/?{query}")
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    if narrow:
        page.locator("#show-filters").click()
    page.locator("#open-satisfaction").click()
    expect(page.locator("#satisfaction")).not_to_contain_text("…")


def test_the_card_says_what_the_api_says_under_the_filter(
    desktop: Page, address: str, judged: None
) -> None:
    for query, asked in (("", {}), ("&domain=traffic", {"domain": "traffic"})):
        open_card(desktop, address, f"lang=en{query}")
        told = httpx.get(f"{address}/api/v1/satisfaction", params=asked, timeout=30).json()
        card = desktop.locator("#satisfaction")
        expect(desktop.locator("#satisfied-share")).to_have_text(f"{round(told['share'] * 100)}%")
        low, high = round(told["low"] * 100), round(told["high"] * 100)
        expect(card).to_contain_text(f"95% interval {low}–{high}%")
        expect(card).to_contain_text(f"Not satisfied: {told['dissatisfied']}")
        expect(card).to_contain_text(f"{told['rated']} judgements")
    desktop.goto(f"{address}/?lang=en")
    open_card(desktop, address, "lang=en")
    desktop.locator("#satisfaction-by").select_option("domain")
    rows = httpx.get(f"{address}/api/v1/satisfaction?by=domain", timeout=30).json()["rows"]
    shown = desktop.locator(".judgements tbody tr")
    expect(shown).to_have_count(len([one for one in rows if one["answered"] or one["rated"]]))
    traffic = next(row for row in rows if row["key"] == "traffic")
    line = shown.filter(has_text="Traffic")
    expect(line).to_contain_text(f"{round(traffic['share'] * 100)}%")
    # The least content first: that is where something is to be done.
    expect(shown.last).to_contain_text("Traffic")


def test_where_nobody_has_judged_it_says_so(desktop: Page, address: str) -> None:
    open_card(desktop, address, "lang=vi")
    expect(desktop.locator("#satisfaction")).to_contain_text("Chưa có ai đánh giá")
    expect(desktop.locator("#satisfied-share")).to_have_count(0)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_and_it_fits_the_narrowest_phone(
    phone: Page, address: str, judged: None, scheme: str, tmp_path: Path
) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    phone.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
    open_card(phone, address, "lang=vi", narrow=True)
    for by in ("area", "category", "month"):
        phone.locator("#satisfaction-by").select_option(by)
        expect(phone.locator(".judgements tbody tr").first).to_be_visible()
        phone.wait_for_timeout(300)
        phone.evaluate(AXE.read_text("utf-8"))
        found = phone.evaluate("axe.run('dialog')")["violations"]
        assert [(one["id"], [n["html"] for n in one["nodes"]][:2]) for one in found] == []
        wide = phone.evaluate("document.querySelector('dialog').scrollWidth")
        assert wide <= 320
    phone.screenshot(path=tmp_path / "satisfaction.png")
    # A keyboard reaches the choice and the way out.
    phone.locator("#satisfaction-by").focus()
    phone.keyboard.press("Escape")
    expect(phone.locator("#dialog")).not_to_be_visible()
