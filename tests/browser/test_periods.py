"""Two free periods compared in a real Chromium."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.reporting import wait_until

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
# No day of the sample lies ahead of it, whatever clock the machine has.
NOW = "2026-11-20T03:00:00Z"
AREA = "area=hanoi-district-2014:001"


def faults_of(page: Page) -> list[str]:
    """What axe finds that is serious or worse."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [one["id"] for one in found["violations"] if one["impact"] in ("serious", "critical")]


def compared(page: Page, address: str, first: str, second: str) -> Any:
    asked = f"{address}/api/v1/compare?{AREA}&first={first}&second={second}"
    return page.request.get(asked).json()


def choose(dialog: Locator, days: dict[str, str]) -> None:
    for field, day in days.items():
        dialog.locator(f"#compare-{field}").fill(day)


def test_a_planner_compares_two_periods(desktop: Page, address: str) -> None:
    desktop.clock.set_fixed_time(NOW)
    desktop.goto(f"{address}/?lang=en&set=hanoi-district-2014&layer=areas&{AREA}")
    desktop.wait_for_selector("body[data-ready]", timeout=60_000)
    desktop.locator("#compare").click()
    dialog, result = desktop.locator("dialog"), desktop.locator("#compare-result")
    expect(result).to_contain_text("Against the rest: ×")
    dialog.get_by_label("two periods").check()
    expect(dialog.locator("#compare-at")).to_have_count(0)
    # The sample ends with October 2026: its last twelve weeks, and the same a year before.
    fields = ("first-from", "first-to", "second-from", "second-to")
    days = [dialog.locator(f"#compare-{field}").input_value() for field in fields]
    assert days == ["2025-08-10", "2025-11-01", "2026-08-09", "2026-10-31"]
    found = compared(desktop, address, "2025-08-10/2025-11-02", "2026-08-09/2026-11-01")
    assert len(found["weeks"]) == 24
    area = found["area"]
    expect(result).to_contain_text(f"{area['before']} → {area['after']} complaints")
    expect(result).to_contain_text("10 Aug 2025 – 1 Nov 2025 (12 weeks)")
    expect(result).not_to_contain_text("Days left out")

    choose(
        dialog,
        {
            "first-from": "2025-01-01",
            "first-to": "2025-06-30",
            "second-from": "2026-01-01",
            "second-to": "2026-03-31",
        },
    )
    found = compared(desktop, address, "2025-01-01/2025-07-01", "2026-01-01/2026-04-01")
    area, rest = found["area"], found["rest"]
    expect(result).to_contain_text(f"{area['before']} → {area['after']} complaints")
    expect(result).to_contain_text(f"{rest['before']:,} → {rest['after']} complaints")
    expect(result).to_contain_text(re.compile(r"Days left out.*: 6 \+ 6\."))
    before, after = round(area["before"] / 25, 1), round(area["after"] / 12, 1)
    expect(result).to_contain_text(f"{before:g} → {after:g} a week: × {area['ratio']:.3g}")
    # Both periods on one scale, each week as wide: 25 weeks above 12.
    rows = result.locator(".both").first.locator(".bars")
    assert [row.locator("i").count() for row in rows.all()] == [25, 12]
    heights = [
        float(style.split(":")[1].strip(" ;%"))
        for style in result.locator(".both")
        .first.locator("i")
        .evaluate_all("bars => bars.map((bar) => bar.getAttribute('style'))")
    ]
    top = max(area["series"])
    assert heights == pytest.approx([max(3, 100 * n / top) for n in area["series"]], abs=0.01)
    assert faults_of(desktop) == []

    # What cannot be compared is said in words, and mending it brings the figures back.
    choose(dialog, {"second-from": "2025-06-01"})
    expect(result.get_by_role("alert")).to_contain_text("no day of the first period")
    choose(dialog, {"second-from": ""})
    expect(result).to_have_text("Please fill in all days, none of them in the future.")
    choose(dialog, {"second-from": "2026-01-01"})
    expect(result).to_contain_text(f"{area['before']} → {area['after']} complaints")
    dialog.get_by_label("two sides of a day").check()
    expect(dialog.locator("#compare-weeks")).to_have_value("12")
    expect(result).to_contain_text("12 + ")


def test_two_periods_fit_a_phone_in_vietnamese(phone: Page, address: str) -> None:
    """Of a city that began in July there is no year before: the halves of what is known."""

    def young(route: Route) -> None:
        config = route.fetch().json()
        for city in config["cities"]:
            city["first_day"] = "2026-07-01"
        route.fulfill(json=config)

    phone.route("**/api/v1/config", young)
    phone.clock.set_fixed_time(NOW)
    phone.goto(f"{address}/?{AREA}&look=area")
    phone.wait_for_selector("body[data-ready]", timeout=60_000)
    phone.locator("#story-compare").click()
    dialog, result = phone.locator("dialog"), phone.locator("#compare-result")
    dialog.get_by_label("hai giai đoạn").check()
    expect(result).to_contain_text("12/7/2026 – 5/9/2026 (8 tuần)")
    expect(result).to_contain_text("6/9/2026 – 31/10/2026 (8 tuần)")
    assert dialog.evaluate("one => one.scrollWidth <= one.clientWidth")
    assert faults_of(phone) == []


def test_the_address_brings_back_what_is_compared_and_the_figures_come_as_files(
    desktop: Page, address: str
) -> None:
    periods = "2025-01-01/2025-07-01,2026-01-01/2026-07-01"
    desktop.goto(f"{address}/?lang=en&{AREA}&compare={periods}")
    dialog, result = desktop.locator("dialog"), desktop.locator("#compare-result")
    expect(result).to_contain_text("complaints", timeout=60_000)
    expect(dialog.locator("#compare-second-to")).to_have_value("2026-06-30")
    expect(dialog.get_by_role("heading", name="Ba Dinh")).to_be_visible()
    with desktop.expect_download() as waited:
        dialog.get_by_role("link", name="CSV").click()
    rows = Path(waited.value.path()).read_text("utf-8-sig").splitlines()
    assert [row.split(",")[0] for row in rows] == ["side", "area", "rest", "area_against_rest"]
    # What is chosen goes into the address, without a step for Back; closing takes it out.
    dialog.get_by_label("two sides of a day").check()
    dialog.locator("#compare-at").fill("2026-03-02")
    dialog.locator("#compare-at").dispatch_event("change")
    expect(result).to_contain_text("complaints")
    assert "compare=2026-03-02%2C12" in desktop.url
    desktop.reload()
    expect(dialog.locator("#compare-at")).to_have_value("2026-03-02", timeout=60_000)
    expect(result).to_contain_text("complaints")
    desktop.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    wait_until(desktop, "!location.search.includes('compare')")
