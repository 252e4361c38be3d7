"""The planners' workbench in a real Chromium: frames, two maps, smooth surface, measures."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import Engine, text

from geo.cells import centres, from_hex

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"


def open_map(page: Page, address: str, query: str = "") -> None:
    page.goto(address + "/" + query)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(page.locator("#legend summary")).to_be_visible()


def figures(address: str, path: str, **asked: Any) -> Any:
    given = {key: value for key, value in asked.items() if value}
    return httpx.get(f"{address}{path}", params=given, timeout=30).raise_for_status().json()


def asked_of(route: Route) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(route.request.url).query))


def after(month: str) -> str:
    """The first day of the next month."""
    return f"{np.datetime64(month) + 1}-01"


def series_asked(page: Page) -> list[str]:
    """The later requests for series."""
    asked: list[str] = []
    page.on("request", lambda r: asked.append(r.url) if "/api/v1/series?" in r.url else None)
    return asked


def recorded(page: Page) -> list[str]:
    """The paths of all later requests for figures and tiles."""
    paths: list[str] = []
    page.on(
        "request",
        lambda r: paths.append(r.url) if re.search("/(api|tiles)/", r.url) else None,
    )
    return paths


def number_of(text: str) -> int:
    return int(re.sub(r"\D", "", text))


@pytest.mark.parametrize("layer", ["cells", "areas"])
def test_playing_makes_no_request_per_frame_and_each_frame_has_its_true_total(
    desktop: Page, address: str, layer: str
) -> None:
    series = series_asked(desktop)
    months = figures(address, "/api/v1/counts", by="month", domain="traffic")["rows"]
    open_map(desktop, address, f"?lang=en&domain=traffic&layer={layer}&frame={months[0]['key']}")
    expect(desktop.locator("#total")).to_have_text(f"{months[0]['n']:,} complaints")
    assert len(series) == 1
    desktop.locator("#speed").select_option("fast")
    desktop.wait_for_timeout(1000)
    requests = recorded(desktop)
    desktop.locator("#play").click()
    for month in months[2:7]:
        shown = f"{month['key']} · {month['n']}"
        expect(desktop.locator("#frame-shown")).to_have_text(shown, timeout=10_000)
        expect(desktop.locator("#legend b")).to_have_text(f"{month['n']:,} complaints")
    assert requests == []
    desktop.locator("#play").click()
    held = desktop.locator("#frame-shown").inner_text().split(" ")[0]
    desktop.wait_for_url(re.compile(f"frame={held}"))
    desktop.locator("#month").focus()
    desktop.keyboard.press("Space")
    expect(desktop.locator("#play")).to_contain_text("Pause")
    desktop.keyboard.press("Space")
    expect(desktop.locator("#play")).to_contain_text("Play")
    assert len(series) == 1


def test_the_classes_of_frames_are_those_of_the_busiest_and_reach_the_highest_of_all(
    desktop: Page, address: str
) -> None:
    months = figures(address, "/api/v1/counts", by="month")["rows"]
    by_month = [
        figures(address, "/api/v1/counts", by="area", set="hanoi-ward-2025",
                since=f"{month['key']}-01", until=after(month["key"]))
        for month in months
    ]  # fmt: skip
    highest = max(row["n"] for month in by_month for row in month["rows"])
    open_map(desktop, address, f"?lang=en&layer=areas&frame={months[3]['key']}")
    lines = desktop.locator("#legend li")
    expect(lines.last).to_have_text(re.compile(rf"(^|–){highest}$"))
    before = lines.all_inner_texts()
    desktop.locator("#step-on").click()
    expect(desktop.locator("#frame-shown")).to_contain_text(months[4]["key"])
    desktop.wait_for_url(re.compile(f"frame={months[4]['key']}"))
    assert lines.all_inner_texts() == before


def test_weeks_can_be_stepped_and_the_list_has_what_the_frame_counts(
    desktop: Page, address: str
) -> None:
    weeks = figures(address, "/api/v1/counts", by="week", since="2026-03-03")["rows"]
    open_map(desktop, address, f"?lang=en&since=2026-03-03&frame={weeks[1]['key']}")
    expect(desktop.locator("#pace")).to_have_value("week")
    expect(desktop.locator("#total")).to_have_text(f"{weeks[1]['n']} complaints")
    # The first week has lost its Monday to the chosen time.
    desktop.locator("#step-back").click()
    expect(desktop.locator("#total")).to_have_text(f"{weeks[0]['n']} complaints")
    desktop.wait_for_url(re.compile(f"frame={weeks[0]['key']}"))
    desktop.get_by_role("button", name="List").click()
    expect(desktop.locator("dialog")).to_contain_text(f"{weeks[0]['n']} complaints")


def test_where_the_series_is_refused_each_month_is_asked_for(desktop: Page, address: str) -> None:
    refused = {"title": "Bad filter", "status": 422, "detail": "too many cells"}
    desktop.route("**/api/v1/series?*", lambda r: r.fulfill(status=422, json=refused))
    months = figures(address, "/api/v1/counts", by="month")["rows"]
    open_map(desktop, address, f"?lang=en&frame={months[2]['key']}")
    expect(desktop.locator("#total")).to_have_text(f"{months[2]['n']} complaints")
    since = f"since={months[3]['key']}-01"
    with desktop.expect_request(lambda r: "/tiles/cells/" in r.url and since in r.url):
        desktop.locator("#step-on").click()
    expect(desktop.locator("#total")).to_have_text(f"{months[3]['n']} complaints")
    expect(desktop.locator("#banner")).to_be_hidden()


def test_a_link_brings_back_both_maps_with_classes_they_share(desktop: Page, address: str) -> None:
    open_map(desktop, address, "?lang=en&layer=areas")
    desktop.get_by_role("button", name="Two, side by side").click()
    desktop.locator("#b-domain").select_option("traffic")
    desktop.locator("#b-period").select_option("own")
    desktop.locator("#b-since").fill("2026-01-01")
    traffic = figures(address, "/api/v1/counts", domain="traffic", since="2026-01-01")["total"]
    expect(desktop.locator("#caption-b")).to_contain_text(re.compile(rf"Traffic.*· {traffic:,}"))
    expect(desktop.locator("#caption-a")).to_contain_text("All · All time · 3,000")
    expect(desktop.locator("#legend")).to_contain_text("Both maps share these classes.")
    assert "b.domain=traffic" in desktop.url
    captions = desktop.locator(".caption").all_inner_texts()
    # The legend of two maps is folded where a page begins with them.
    legend = desktop.locator("#legend li").all_text_contents()
    open_map(desktop, address, "?" + desktop.url.split("?")[1])
    expect(desktop.locator("#caption-b")).to_contain_text(f"{traffic:,}")
    expect(desktop.locator("#legend")).to_contain_text("Both maps share")
    assert desktop.locator(".caption").all_inner_texts() == captions
    assert desktop.locator("#legend li").all_text_contents() == legend
    desktop.locator("#b-layer").select_option("cells")
    expect(desktop.locator("#legend h3")).to_have_count(2)
    desktop.get_by_role("button", name="Close map B").click()
    expect(desktop.locator("#map-b")).to_have_count(0)
    expect(desktop.locator("#total")).to_have_text("3,000 complaints")
    assert "b." not in desktop.url


def test_both_maps_move_together_and_a_tap_on_the_second_tells_its_own_number(
    desktop: Page, address: str
) -> None:
    busiest = figures(address, "/api/v1/counts", by="cell", resolution=8, domain="traffic")
    top = int(np.argmax(busiest["n"]))
    lon, lat = centres(np.array([from_hex(busiest["cells"][top])]))[0]
    open_map(
        desktop, address, f"?lang=en&view=12/{lon:.5f}/{lat:.5f}&split=beside&b.domain=traffic"
    )
    desktop.wait_for_selector("#map-b[data-ready]")
    box = desktop.locator("#map-b").bounding_box()
    assert box is not None
    desktop.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    # The list is that of the second map's filter.
    expect(desktop.locator("dialog")).to_contain_text(f"{busiest['n'][top]} complaints ·")
    desktop.keyboard.press("Escape")
    desktop.locator("#map-b canvas").focus()
    desktop.keyboard.press("+")
    desktop.wait_for_url(re.compile("view=13"))


def test_the_divider_is_moved_by_the_keyboard_and_kept_in_the_address(
    phone: Page, address: str
) -> None:
    open_map(phone, address, "?lang=en&split=swipe&swipe=30&b.status=open")
    divider = phone.get_by_role("slider", name="Divider of the two maps")
    expect(divider).to_have_attribute("aria-valuenow", "30")
    divider.focus()
    phone.keyboard.press("ArrowRight")
    expect(divider).to_have_attribute("aria-valuenow", "32")
    phone.keyboard.press("Shift+ArrowLeft")
    expect(divider).to_have_attribute("aria-valuenow", "22")
    phone.wait_for_url(re.compile("swipe=22"))
    clip = phone.locator("#map-b").evaluate("map => getComputedStyle(map).clipPath")
    assert clip == "inset(0px 0px 0px 22%)"
    phone.keyboard.press("End")
    expect(divider).to_have_attribute("aria-valuenow", "100")


def test_the_legend_of_the_smooth_surface_has_the_numbers_of_its_colours(
    desktop: Page, address: str
) -> None:
    found = figures(address, "/api/v1/density", bandwidth_m=2000)
    open_map(desktop, address, "?lang=en&layer=density&bandwidth=2000")
    lines = desktop.locator("#legend li")
    expect(lines).to_have_count(len(found["breaks"]))

    def close(line: str, value: float) -> bool:
        return float(line.partition(" ")[0].replace(",", "")) == pytest.approx(value, rel=0.01)

    for line, low in zip(lines.all_inner_texts(), found["breaks"], strict=True):
        assert close(line, low)
    highest = re.search(r"at most ([\d.,]+)", lines.last.inner_text())
    assert highest
    assert close(highest[1], found["max"])
    expect(desktop.locator("#legend summary")).to_contain_text("complaints per km²")
    broad = found["max"]
    desktop.locator("#bandwidth").select_option("1000")
    expect(lines.last).not_to_contain_text(f"at most {highest[1]})")
    found = figures(address, "/api/v1/density", bandwidth_m=1000)
    assert found["max"] > broad
    assert "bandwidth=1000" not in desktop.url, "what is usual is not said"


def test_a_fixed_resolution_is_in_the_address_and_coarser_where_tiles_would_be_heavy(
    desktop: Page, address: str
) -> None:
    bad: list[str] = []
    desktop.on("response", lambda r: bad.append(r.url) if r.status >= 400 else None)
    requests = recorded(desktop)
    open_map(desktop, address, "?lang=en&resolution=9&view=12/105.84/21.02")
    assert any("/tiles/cells/12/" in url and "resolution=9" in url for url in requests)
    expect(desktop.locator("#resolution")).to_have_value("9")
    nines = figures(address, "/api/v1/classes", resolution=9)
    expect(desktop.locator("#legend li")).to_have_count(len(nines["breaks"]) + 1)
    for _ in range(4):
        desktop.locator("#map canvas").focus()
        desktop.keyboard.press("-")
        desktop.wait_for_timeout(500)
    expect(desktop.locator("#legend")).to_contain_text("Cells of this size need a closer view")
    assert any("/tiles/cells/8/" in url and "resolution=7" in url for url in requests)
    assert bad == []
    desktop.locator("#resolution").select_option("7")
    desktop.wait_for_url(re.compile("resolution=7"))
    expect(desktop.locator("#legend")).not_to_contain_text("Cells of this size")


def test_areas_by_km2_have_the_classes_of_that_measure_and_tell_it(
    desktop: Page, address: str
) -> None:
    found = figures(address, "/api/v1/counts", by="area", set="hanoi-ward-2025")
    top = max(found["rows"], key=lambda row: row["per_km2"])
    shapes = figures(address, "/api/v1/boundaries/hanoi-ward-2025", simplify=40)["features"]
    p = next(one["properties"] for one in shapes if one["id"] == top["key"])
    view = f"{p['label_lon']:.5f}/{p['label_lat']:.5f}"
    open_map(desktop, address, f"?lang=en&layer=areas&measure=per_km2&view=14/{view}")
    options = desktop.locator("#measure option").all_inner_texts()
    assert options == ["complaints", "per km²"], "no one's number is known: no rates"
    line = desktop.locator("#legend li").last
    highest = float(f"{top['per_km2']:.3g}")
    expect(line).to_have_text(re.compile(f"{highest:g}$"))
    desktop.wait_for_timeout(1000)
    box = desktop.locator("#map").bounding_box()
    assert box is not None
    desktop.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(desktop.locator(".story")).to_contain_text(top["name_en"])
    expect(desktop.locator(".story")).to_contain_text(f"{top['n']} complaints")
    expect(desktop.locator(".story")).to_contain_text("per km²")


def test_rates_are_offered_where_residents_are_known_and_few_complaints_are_marked(
    desktop: Page, address: str, hanoi_engine: Engine
) -> None:
    kind = {"domain": "environment", "set": "hanoi-district-2014"}
    found = figures(address, "/api/v1/counts", by="area", **kind)["rows"]
    least = min((row for row in found if row["n"]), key=lambda row: row["n"])
    assert least["n"] < 20
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE area SET population = 50000"))
    shapes = figures(address, "/api/v1/boundaries/hanoi-district-2014", simplify=40)["features"]
    p = next(one["properties"] for one in shapes if one["id"] == least["key"])
    view = f"{p['label_lon']:.5f}/{p['label_lat']:.5f}"
    asked = f"?lang=en&layer=areas&set={kind['set']}&domain=environment"
    asked += f"&measure=rate&view=13/{view}"
    open_map(desktop, address, asked)
    expect(desktop.locator("#measure option")).to_have_count(5)
    expect(desktop.locator("#legend li").last).to_contain_text("hatched: fewer than 20")
    desktop.wait_for_timeout(1000)
    box = desktop.locator("#map").bounding_box()
    assert box is not None
    desktop.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    rate = f"{least['n'] / 50:.3g} per 1,000 residents · fewer than 20 complaints: not certain"
    expect(desktop.locator(".story")).to_contain_text(rate)


def test_outliers_have_a_legend_with_the_number_of_cells_of_each_class(
    desktop: Page, address: str
) -> None:
    asked = {"format": "summary", "resolution": 7, "domain": "traffic"}
    classes = figures(address, "/api/v1/outliers", **asked)["classes"]
    open_map(desktop, address, "?lang=en&layer=outliers&size=7&domain=traffic")
    names = {"high-high": "high among high", "high-low": "high among low",
             "low-high": "low among high", "low-low": "low among low"}  # fmt: skip
    there = [code for code in names if classes.get(code)]
    assert there
    for code in there:
        expect(desktop.locator("#legend")).to_contain_text(f"{names[code]}: {classes[code]} cells")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "query",
    ["?split=swipe&b.domain=traffic", "?lang=en&layer=areas&split=beside&b.layer=density",
     "?layer=outliers", "?lang=en&frame=2026-03"],
)  # fmt: skip
def test_axe_finds_nothing_serious_in_the_workbench(
    phone: Page, address: str, query: str, scheme: Any
) -> None:
    phone.emulate_media(color_scheme=scheme)
    open_map(phone, address, query)
    if "split" in query:
        phone.wait_for_selector("#map-b[data-ready]")
    phone.locator("#legend summary").click()
    phone.evaluate(AXE.read_text("utf-8"))

    def faults() -> list[str]:
        found = phone.evaluate("axe.run()")["violations"]
        return [
            f"{one['id']}: {node['target']}"
            for one in found
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]

    seen = faults()
    phone.locator("#show-filters").click()
    assert seen + faults() == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
