"""Administration as an admin does it: a set from file to force and back, kinds, the log."""

import itertools
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
import shapely
from officials import official
from playwright.sync_api import Browser, BrowserContext, expect
from sqlalchemy import Engine

from api.auth import COOKIE
from api.boundary_rounds import look
from tests.browser.reporting import faults_of

pytestmark = pytest.mark.browser


def signed(chromium: Browser, engine: Engine, address: str, **given: object) -> BrowserContext:
    """A browser in which an admin is signed in."""
    person = official(engine, "admin")
    context = chromium.new_context(**given)  # type: ignore[arg-type]
    context.add_cookies([{"name": COOKIE, "value": person.token, "url": address}])
    return context


def stripes(path: Path) -> Path:
    edges = [105.2 + i * 1.0 / 6 for i in range(7)]
    features = [
        {
            "type": "Feature",
            "properties": {"code": f"{i:03}", "name": f"Phường Dải {i}"},
            "geometry": shapely.geometry.mapping(shapely.box(a, 20.4, b, 21.6)),
        }
        for i, (a, b) in enumerate(itertools.pairwise(edges))
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}))
    return path


def test_a_set_goes_from_a_file_over_a_map_into_force_and_back(
    chromium: Browser, hanoi_engine: Engine, address: str, tmp_path: Path
) -> None:
    context = signed(chromium, hanoi_engine, address, viewport={"width": 1280, "height": 900})
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"{address}/office/admin/sets")
    command = "phananh load-boundaries FILE --set hanoi-ward-2025"
    expect(page.get_by_text(command)).to_be_visible()
    page.click(".setting details summary")
    page.set_input_files("input[type=file]", stripes(tmp_path / "stripes.geojson"))
    for name, value in {
        "code": "stripes",
        "level": "ward",
        "name_vi": "Dải",
        "name_en": "S",
    }.items():
        page.fill(f"input[name={name}]", value)
    page.click(".setting details button[type=submit]")
    expect(page.get_by_text("chờ đọc")).to_be_visible()
    look(hanoi_engine, datetime.now(UTC))
    page.click("[data-look]")
    page.wait_for_selector(".map[data-drawn=yes]", timeout=60_000)
    expect(page.locator(".preview .moves")).to_contain_text("phản ánh đang mở sẽ đổi nơi xử lý")
    expect(page.locator(".preview table").first).to_contain_text("Dải 4 (stripes:004)")
    assert faults_of(page) == []
    page.click("[data-act=activate]")
    expect(page.get_by_text("sẽ có hiệu lực")).to_be_visible()
    look(hanoi_engine, datetime.now(UTC))
    expect(page.get_by_text("phản ánh đã đổi nơi xử lý")).to_be_visible(timeout=20_000)
    expect(page.locator(".setting table").first).to_contain_text("stripes")
    page.get_by_role("button", name="Hoàn tác").last.click()
    expect(page.get_by_text("đang hoàn tác")).to_be_visible()
    look(hanoi_engine, datetime.now(UTC))
    expect(page.get_by_text("đã hoàn tác")).to_be_visible(timeout=20_000)
    context.close()
    assert faults == []


def test_kinds_and_the_log_on_a_phone_in_the_dark(
    chromium: Browser, hanoi_engine: Engine, address: str
) -> None:
    context = signed(
        chromium, hanoi_engine, address, viewport={"width": 390, "height": 844},
        color_scheme="dark",
    )  # fmt: skip
    page, faults = context.new_page(), []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(f"{address}/office/admin/kinds")
    page.click("[data-domain=environment] > summary")
    page.click("[data-category=garbage] > summary")
    own = page.locator("[data-category=garbage]")
    own.locator("> form input[name=name_en]").fill("Rubbish")
    own.locator("> form button[type=submit]").click()
    expect(page.locator("#toasts .toast")).to_be_visible()
    own.locator("> details > summary").click()
    expect(own.locator(".seen-as li").first).to_contain_text("Rác để đã bao lâu?")
    own.locator("input[name=near_m]").fill("0")
    expect(own.locator(".seen-as")).to_contain_text("near_m")
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    # What was changed is taken back with one press, and both are in the log.
    page.locator("#toasts button", has_text="Hoàn tác").click()
    expect(own.locator("> form input[name=name_en]")).to_have_value("Garbage not collected")
    page.goto(f"{address}/office/audit?act=row.category")
    expect(page.locator("[data-entry]")).to_have_count(2)
    assert faults_of(page) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto(f"{address}/office/admin/settings")
    page.wait_for_selector(".setting form")
    assert faults_of(page) == []
    context.close()
    assert faults == []
