"""How it goes, in a real Chromium: figures lead to their rows, on a desk and on a phone."""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from officials import official
from playwright.sync_api import Page, expect
from sqlalchemy import Engine
from work_history import plant

from api.auth import COOKIE

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"


def signed_in(page: Page, engine: Engine, address: str) -> None:
    plant(engine, datetime.now(UTC), 2, [official(engine, "officer").id])
    who = official(engine, "supervisor")
    page.context.add_cookies([{"name": COOKIE, "value": who.token, "url": address}])


def violations(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"]]


def test_a_number_leads_to_its_rows_and_the_way_there_is_in_the_address(
    desktop: Page, address: str, hanoi_engine: Engine
) -> None:
    signed_in(desktop, hanoi_engine, address)
    desktop.goto(f"{address}/office/figures")
    expect(desktop.get_by_role("heading", name="Tình hình xử lý")).to_be_visible(timeout=60_000)
    open_card = desktop.locator(".card", has=desktop.get_by_role("heading", name="Chưa xong"))
    number = open_card.locator(".main-figure a")
    expect(number).to_be_visible(timeout=60_000)
    shown = number.inner_text()
    assert violations(desktop) == []
    desktop.locator("#figures-by").select_option("week")
    expect(desktop).to_have_url(re.compile("by=week"))
    expect(desktop.locator(".figures-chart svg")).to_be_visible(timeout=60_000)
    desktop.locator("#language").click()
    expect(desktop.get_by_role("heading", name="How it goes")).to_be_visible(timeout=60_000)
    desktop.locator(".card").filter(has_text="Open").locator(".main-figure a").first.click()
    expect(desktop).to_have_url(re.compile("measure=open"))
    expect(desktop.locator("#queue-total")).to_contain_text(f"{shown} ", timeout=60_000)
    desktop.locator("#drop-figure").click()
    expect(desktop).not_to_have_url(re.compile("measure"))


def test_on_a_phone_each_row_is_a_card_and_nothing_is_wider_than_the_screen(
    phone: Page, address: str, hanoi_engine: Engine
) -> None:
    signed_in(phone, hanoi_engine, address)
    phone.goto(f"{address}/office/figures?by=domain")
    row = phone.locator(".figures-table tbody tr").first
    expect(row).to_be_visible(timeout=60_000)
    assert phone.evaluate("document.documentElement.scrollWidth") == 390
    box = row.bounding_box()
    assert box is not None
    assert box["width"] > 300
    expect(phone.locator(".figures-table thead")).to_be_hidden()
    assert violations(phone) == []
