"""Many complaints at once, and the list as a file, in the page and with the real service."""

import csv
from pathlib import Path

from officials import official
from playwright.sync_api import Page, expect
from sqlalchemy import Engine, text
from ward_work import busiest

from api.auth import COOKIE


def _signed_in(page: Page, address: str, engine: Engine) -> int:
    """An officer of the busiest ward, in the queue; the account's id."""
    who = official(engine, "officer", areas=[busiest(engine)[0]], name="hoa")
    page.context.add_cookies([{"name": COOKIE, "value": who.token, "url": address}])
    page.goto(f"{address}/office")
    page.wait_for_selector("#place[data-rows=ready]", timeout=60_000)
    return who.id


def _assigned_to(engine: Engine, account: int) -> set[str]:
    with engine.connect() as connection:
        return set(
            connection.execute(
                text(
                    "SELECT c.code FROM work w JOIN complaint c ON c.id = w.complaint_id"
                    " WHERE w.assignee_id = :id"
                ),
                {"id": account},
            ).scalars()
        )


def test_an_officer_takes_three_at_once_and_gives_them_back(
    desktop: Page, address: str, hanoi_engine: Engine
) -> None:
    me = _signed_in(desktop, address, hanoi_engine)
    rows = desktop.locator(".work-row[data-code]")
    codes = {str(rows.nth(i).get_attribute("data-code")) for i in range(3)}
    for code in codes:
        desktop.locator(f"[data-code='{code}'] .tick").click()
    desktop.locator("#bulk-assign").click()
    desktop.locator("#bulk-preview").click()
    expect(desktop.locator(".bulk-will")).to_contain_text(sorted(codes)[0])
    assert _assigned_to(hanoi_engine, me) == set()
    desktop.locator("#bulk-do").click()
    expect(desktop.locator(".toast")).to_contain_text("Giao việc: 3")
    assert _assigned_to(hanoi_engine, me) == codes
    desktop.locator("#queue-recent").click()
    desktop.locator("dialog .views button").click()
    expect(desktop.locator("#toasts")).to_contain_text("Đã hoàn tác: 3")
    assert _assigned_to(hanoi_engine, me) == set()


def test_the_list_that_is_shown_is_saved_as_a_file(
    desktop: Page, address: str, hanoi_engine: Engine, tmp_path: Path
) -> None:
    _signed_in(desktop, address, hanoi_engine)
    said = desktop.locator("#queue-total").inner_text()
    desktop.locator("#queue-take").click()
    with desktop.expect_download() as waiting:
        desktop.locator("#take-csv").click()
    expect(desktop.locator(".take-list")).to_contain_text("Đã lưu: phananh-viec-")
    file = tmp_path / waiting.value.suggested_filename
    waiting.value.save_as(file)
    with file.open(encoding="utf-8-sig", newline="") as read:
        rows = list(csv.DictReader(read))
    assert said.startswith(f"{len(rows)} ")
    assert {"Mã", "Trạng thái", "Hạn"} <= set(rows[0])
