"""What the three users do first, in a real Chromium."""

import gzip
import json
import math
import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from api.app import STATIC
from geo.cells import centres, from_hex
from tests.browser.reporting import wait_for

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"


def open_map(page: Page, address: str, query: str = "") -> None:
    page.goto(address + "/" + query)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(page.locator("#legend summary")).to_be_visible()


def faults_of(page: Page) -> list[str]:
    """What axe finds that is serious or worse, with the elements."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['target']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def test_the_map_opens_on_hanoi_filters_and_speaks_both_languages(
    phone: Page, address: str
) -> None:
    open_map(phone, address)
    expect(phone.locator("h1")).to_have_text("Bản đồ phản ánh · Hà Nội")
    expect(phone.locator("#legend b")).to_have_text("3.000 phản ánh")
    phone.locator("#legend summary").click()
    assert phone.locator("#legend li").count() >= 2
    expect(phone.locator("#legend .note")).to_have_text(re.compile("mẫu.*gần đúng"))
    phone.get_by_role("button", name="Bộ lọc").click()
    phone.get_by_role("button", name="Giao thông").click()
    expect(phone.locator("#total")).not_to_have_text("3.000 phản ánh")
    assert "domain=traffic" in phone.url
    phone.get_by_role("button", name="English").click()
    expect(phone.locator("h1")).to_have_text("Complaint map · Hanoi")
    expect(phone.get_by_role("button", name="Traffic")).to_have_attribute("aria-pressed", "true")
    phone.go_back()
    expect(phone.locator("h1")).to_have_text("Bản đồ phản ánh · Hà Nội")


def test_a_citizen_reports_without_touching_the_map_and_gets_a_code(
    phone: Page, address: str
) -> None:
    open_map(phone, address)
    phone.get_by_role("button", name="Gửi phản ánh").click()
    form = phone.locator("dialog form")
    form.get_by_role("button", name="Gửi", exact=True).click()
    expect(form.locator("#report-problem")).to_contain_text("Hãy chọn vị trí.")
    form.get_by_role("combobox", name="Tìm phường, xã, đường").fill("hoan kiem")
    form.locator("li[role=option]").first.click()
    expect(form.locator("#where")).to_contain_text("Hoàn Kiếm")
    choose_pothole(phone)
    form.locator("#report-text").fill("Ổ gà lớn trước số 5")
    form.get_by_role("button", name="Gửi", exact=True).click()
    code = phone.locator("#sent-code").inner_text()
    assert re.fullmatch(r"[0-9A-Z]{8,}", code)
    phone.get_by_role("link", name="Theo dõi phản ánh này").click()
    # The private page, where it can be corrected, and not the public view.
    expect(phone).to_have_url(re.compile(r"/mine#[\w-]{43}$"))
    expect(phone.locator(".words")).to_have_text("Ổ gà lớn trước số 5")


def choose_pothole(phone: Page) -> None:
    phone.locator("#category-search").fill("o ga")
    phone.locator("[data-category=pothole]").click()
    expect(phone.locator("#category-chosen")).to_contain_text("Ổ gà")


def test_a_report_written_without_a_network_is_sent_once_when_it_is_back(
    phone: Page, address: str
) -> None:
    open_map(phone, address)
    phone.get_by_role("button", name="Gửi phản ánh").click()
    phone.get_by_role("button", name="Dùng giữa bản đồ").click()
    expect(phone.locator("#where")).to_contain_text("Vị trí:")
    choose_pothole(phone)
    phone.locator("#report-text").fill("Viết khi mất mạng")
    phone.context.set_offline(True)
    phone.locator("dialog").get_by_role("button", name="Gửi", exact=True).click()
    expect(phone.locator(".screen [role=alert]")).to_contain_text("Chưa có mạng")
    expect(phone.locator("#banner")).to_contain_text("Không có mạng")
    phone.context.set_offline(False)
    expect(phone.locator("#sent-code")).to_be_visible(timeout=30_000)
    answer = phone.request.get(f"{address}/api/v1/complaints?q=viet khi mat mang")
    assert len(answer.json()["features"]) == 1


def _write(phone: Page, words: str) -> None:
    phone.get_by_role("button", name="Dùng giữa bản đồ").click()
    expect(phone.locator("#where")).to_contain_text("Vị trí:")
    choose_pothole(phone)
    phone.locator("#report-text").fill(words)
    phone.locator("dialog").get_by_role("button", name="Gửi", exact=True).click()


def test_two_reports_written_without_a_network_are_two_reports(phone: Page, address: str) -> None:
    open_map(phone, address)
    # The form has come along with the map.
    phone.wait_for_selector("body[data-reporting]")
    phone.context.set_offline(True)
    phone.get_by_role("button", name="Gửi phản ánh").click()
    _write(phone, "Viết khi mất mạng, một")
    expect(phone.locator(".screen [role=alert]")).to_contain_text("Chưa có mạng")
    phone.get_by_role("button", name="Gửi phản ánh khác").click()
    expect(phone.locator("#report-text")).to_have_value("")
    expect(phone.locator("#waiting-now")).to_contain_text("Đang chờ gửi: 1")
    _write(phone, "Viết khi mất mạng, hai")
    phone.context.set_offline(False)
    expect(phone.locator("#sent-code")).to_be_visible(timeout=30_000)
    for _ in range(60):
        found = phone.request.get(f"{address}/api/v1/complaints?q=viet khi mat mang").json()
        if len(found["features"]) == 2:
            break
        phone.wait_for_timeout(250)
    texts = {one["properties"]["text"] for one in found["features"]}
    assert texts == {"Viết khi mất mạng, một", "Viết khi mất mạng, hai"}
    assert len(found["features"]) == 2


def test_a_busy_server_is_told_apart_from_no_network_and_tried_again(
    phone: Page, address: str
) -> None:
    open_map(phone, address)
    failing = [True]

    def answer(route: Route) -> None:
        if failing and route.request.method == "POST":
            failing.pop()
            route.fulfill(status=503, body="{}")
        else:
            route.continue_()

    phone.route("**/api/v1/complaints", answer)
    phone.get_by_role("button", name="Gửi phản ánh").click()
    _write(phone, "Máy chủ bận")
    expect(phone.locator(".screen [role=alert]")).to_contain_text("Máy chủ đang bận")
    expect(phone.locator("#sent-code")).to_be_visible(timeout=30_000)
    found = phone.request.get(f"{address}/api/v1/complaints?q=may chu ban").json()
    assert len(found["features"]) == 1


def test_back_closes_what_is_open_and_a_list_is_come_back_to(phone: Page, address: str) -> None:
    open_map(phone, address)
    phone.get_by_role("button", name="Danh sách").click()
    dialog = phone.locator("dialog")
    third = dialog.locator(".entry").nth(2)
    code = third.locator("small").inner_text().split(" · ")[-1]
    third.click()
    expect(dialog.locator("h2")).to_have_text(f"Mã {code}")
    phone.go_back()
    expect(dialog.locator("h2")).to_have_text("Danh sách")
    dialog.locator(".entry").nth(1).click()
    dialog.get_by_role("button", name="Quay lại").click()
    expect(dialog.locator("h2")).to_have_text("Danh sách")
    phone.go_back()
    expect(dialog).to_be_hidden()
    assert phone.url.startswith(address)
    assert "complaint=" not in phone.url


@pytest.mark.parametrize(
    "query", ["?view=999/999/999", "?since=abc&until=2026-02-31", "?layer=x&size=99&method=y"]
)
def test_a_broken_address_opens_the_map_all_the_same(phone: Page, address: str, query: str) -> None:
    open_map(phone, address, query)
    expect(phone.locator("#legend b")).to_have_text("3.000 phản ánh")


def test_the_month_slider_keeps_the_chosen_time_and_the_keyboard(
    desktop: Page, address: str
) -> None:
    open_map(desktop, address, "?lang=en&since=2026-01-01")
    total = desktop.locator("#total").inner_text()
    slider = desktop.locator("#month")
    slider.focus()
    for _ in range(3):
        desktop.keyboard.press("ArrowRight")
        expect(slider).to_be_focused()
    expect(desktop.locator(".play output")).to_contain_text("2026-03")
    desktop.keyboard.press("Home")
    expect(desktop.locator("#total")).to_have_text(total)


def test_a_planner_sees_a_domain_in_a_month_and_the_table_of_the_same_figures(
    desktop: Page, address: str
) -> None:
    open_map(desktop, address, "?lang=en&layer=areas&domain=environment")
    desktop.locator("#month").focus()
    desktop.keyboard.press("End")
    desktop.wait_for_url(re.compile("frame="))
    expect(desktop.locator(".play output")).to_have_text(re.compile(r"^\d{4}-\d\d · \d+$"))
    n = desktop.locator(".play output").inner_text().split("· ")[1]
    expect(desktop.locator("#total")).to_have_text(f"{n} complaints")
    desktop.get_by_role("button", name="Table").click()
    cells = desktop.locator("dialog tbody tr td:nth-child(2)")
    expect(cells).to_have_count(127)
    assert sum(int(cell.replace(",", "")) for cell in cells.all_inner_texts()) == int(n)


def test_an_official_opens_the_map_of_one_ward_by_address_and_gets_its_list(
    desktop: Page, address: str
) -> None:
    areas = desktop.request.get(f"{address}/api/v1/counts?by=area&set=hanoi-ward-2025").json()
    ward = max(areas["rows"], key=lambda row: row["n"])
    open_map(desktop, address, f"?area=hanoi-ward-2025:{ward['key']}")
    expect(desktop.locator("#total")).to_have_text(f"{ward['n']} phản ánh")
    expect(desktop.locator(".chosen")).to_contain_text(ward["name"])
    desktop.get_by_role("button", name="Danh sách").click()
    dialog = desktop.locator("dialog")
    expect(dialog).to_contain_text(f"{ward['n']} phản ánh")
    dialog.locator(".entry").first.click()
    expect(dialog.locator("h3")).to_have_text("Diễn biến")
    expect(dialog).to_contain_text(ward["name"])
    assert "complaint=" in desktop.url
    desktop.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


def test_a_tap_on_a_hexagon_tells_its_number_and_lists_it(desktop: Page, address: str) -> None:
    busiest = desktop.request.get(f"{address}/api/v1/counts?by=cell&resolution=8").json()
    top = busiest["cells"][int(np.argmax(busiest["n"]))]
    lon, lat = centres(np.array([from_hex(top)]))[0]
    open_map(desktop, address, f"?lang=en&view=12/{lon:.5f}/{lat:.5f}")
    box = desktop.locator("#map").bounding_box()
    assert box is not None
    desktop.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    story = desktop.locator(".story")
    expect(story.locator("strong")).to_have_text(re.compile(r"^\d+ complaints in this cell$"))
    story.get_by_role("button", name="Show the list").click()
    expect(desktop.locator("dialog .entry").first).to_be_visible()


def _view(url: str) -> tuple[float, float, float]:
    zoom, lon, lat = parse_qs(urlsplit(url).query).get("view", ["0/0/0"])[0].split("/")
    return float(zoom), float(lon), float(lat)


def _pixel(box: Any, url: str, lon: float, lat: float) -> tuple[float, float]:
    """Where a place lies on the page, in Web Mercator of 512 pixels at zoom 0."""
    zoom, at_lon, at_lat = _view(url)
    scale = 512 * 2**zoom

    def north(degrees: float) -> float:
        return math.asinh(math.tan(math.radians(degrees))) / (2 * math.pi)

    return (
        box["x"] + box["width"] / 2 + (lon - at_lon) / 360 * scale,
        box["y"] + box["height"] / 2 - (north(lat) - north(at_lat)) * scale,
    )


def test_a_planner_sees_which_places_are_hot_beyond_chance_and_goes_to_one(
    desktop: Page, address: str
) -> None:
    asked = "format=spots&resolution=7"
    found = desktop.request.get(f"{address}/api/v1/hotspots?{asked}").json()
    open_map(desktop, address, "?lang=en&layer=hotspots&size=7")
    legend = desktop.locator("#legend")
    for code, name in (("hot99", "Hot, 99% confidence"), ("none", "No different from chance")):
        if n := found["classes"].get(code):
            expect(legend).to_contain_text(f"{name}: {n:,} cells")
    legend.get_by_role("button", name="List of hot spots").click()
    entries = desktop.locator("dialog .entry")
    expect(entries).to_have_count(len(found["spots"]))
    expect(entries.first).to_contain_text(found["spots"][0]["areas_en"][0])
    entries.first.click()
    expect(desktop.locator("dialog")).to_be_hidden()
    # Beside the map stands the story of all its cells, with as many complaints as the list said.
    spot = found["spots"][0]
    several = len(spot["cells"])
    title = desktop.locator("#story-title")
    expect(title).to_contain_text("Hexagon" if several == 1 else f"{several} hexagons")
    expect(desktop.locator("#story strong")).to_contain_text(f"{spot['n']:,} ")
    told = desktop.evaluate("new URLSearchParams(location.search).get('cell')")
    assert told.split(",") == spot["cells"]
    # All of it is on the map beside the legend, where a click tells of one cell of it.
    box, legend = (desktop.locator(of).bounding_box() for of in ("#map", "#legend"))
    assert box is not None
    assert legend is not None

    def shown() -> bool:
        (west, south), (east, north) = (
            _pixel(box, desktop.url, *spot["bbox"][at : at + 2]) for at in (0, 2)
        )
        inside = east <= box["x"] + box["width"] and box["y"] <= north
        below = south <= box["y"] + box["height"]
        return inside and below and west >= legend["x"] + legend["width"]

    wait_for(desktop, shown)
    desktop.wait_for_selector("body[data-ready]")
    desktop.wait_for_timeout(1000)
    desktop.mouse.click(*_pixel(box, desktop.url, spot["lon"], spot["lat"]))
    expect(desktop.locator(".story")).to_contain_text("Here and in the cells around: Hot")


def test_too_few_complaints_are_no_answer_and_lead_to_larger_cells(
    desktop: Page, address: str
) -> None:
    open_map(desktop, address, "?lang=en&layer=hotspots&size=8&since=2026-10-20")
    legend = desktop.locator("#legend")
    expect(legend).to_contain_text("too few complaints to say")
    legend.locator("#show-spots").click()
    dialog = desktop.locator("dialog")
    expect(dialog).to_contain_text("cannot be told")
    dialog.locator("#larger-cells").click()
    desktop.wait_for_url(re.compile("size=7"))
    desktop.wait_for_selector("body[data-ready]")
    # There are none larger.
    expect(legend.locator("#legend-larger")).to_have_count(0)


def test_a_planner_asks_whether_a_measure_helped_and_what_is_unusual(
    desktop: Page, address: str
) -> None:
    area = "area=hanoi-district-2014:001"
    open_map(desktop, address, f"?lang=en&set=hanoi-district-2014&layer=hotspots&{area}")
    desktop.get_by_role("button", name="Before and after").click()
    dialog = desktop.locator("dialog")
    dialog.locator("#compare-at").fill("2026-03-02")
    dialog.locator("#compare-weeks").select_option("26")
    found = desktop.request.get(f"{address}/api/v1/compare?{area}&at=2026-03-02&weeks=26").json()
    side = found["area"]
    expect(dialog).to_contain_text(f"{side['before']} → {side['after']} complaints")
    expect(dialog).to_contain_text("Against the rest: ×")
    assert faults_of(desktop) == []
    desktop.keyboard.press("Escape")
    desktop.get_by_role("button", name="Remove this area").click()
    desktop.locator("#show-groups").click()
    # A thousand random maps: some seconds of a busy core.
    expect(dialog).to_contain_text(re.compile("No group goes beyond chance|p = 0"), timeout=60_000)
    assert faults_of(desktop) == []


def test_a_planner_sees_trends_and_why_there_are_none_in_a_month(phone: Page, address: str) -> None:
    open_map(phone, address, "?layer=trends&size=7&step=quarter")
    phone.locator("#legend summary").click()
    expect(phone.locator("#legend")).to_contain_text("kỳ: 1/1/2024 – 30/9/2026")
    phone.goto(f"{address}/?layer=trends&since=2026-09-01&until=2026-09-30")
    expect(phone.locator("#banner")).to_contain_text("Cần ít nhất 10 kỳ")


@pytest.mark.parametrize(
    "query",
    ["", "?lang=en&layer=areas", "?layer=complaints", "?layer=hotspots", "?lang=en&layer=trends"],
)
def test_axe_finds_nothing_serious(phone: Page, address: str, query: str) -> None:
    open_map(phone, address, query)
    found = faults_of(phone)
    for name in ("#show-filters", "#show-table", "#show-list", "#show-report"):
        phone.locator(name).click()
        phone.wait_for_timeout(700)
        found += faults_of(phone)
        if phone.locator("dialog[open]").count():
            phone.keyboard.press("Escape")
    assert found == []


def test_nothing_is_wider_than_a_small_phone(phone: Page, address: str) -> None:
    phone.set_viewport_size({"width": 320, "height": 640})
    open_map(phone, address)
    wide = "document.documentElement.scrollWidth"
    assert phone.evaluate(wide) <= 320
    for name in ("#show-filters", "#show-report"):
        phone.locator(name).click()
        assert phone.evaluate(wide) <= 320


def test_the_first_view_is_small() -> None:
    index = (STATIC / "index.html").read_text("utf-8")
    named = [
        STATIC / name.lstrip("/") for name in re.findall(r'(?:src|href)="(/assets/[^"]+)"', index)
    ]
    # The map library is allowed on top: its own part, and the one it shares with its worker.
    library = ("map-", "maplibre-", "tile_cache-")
    own = [path for path in named if not path.name.startswith(library)]
    sizes = {path.name: len(gzip.compress(path.read_bytes())) for path in own}
    assert own, "the app is built"
    assert sum(sizes.values()) < 300_000, json.dumps(sizes)


def test_the_page_of_the_api_opens_without_a_network(desktop: Page, address: str) -> None:
    page = desktop
    page.goto(f"{address}/docs")
    page.get_by_text("/healthz").first.wait_for()
    # By its own styles, in the width there is; paths further down are drawn when in view.
    told = page.locator(".info .description").bounding_box()
    assert told is not None
    assert told["width"] > 1000
    page.get_by_text("/api/v1/complaints/{code}/near").first.scroll_into_view_if_needed()
    assert page.get_by_text("phananh").count()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_says_that_data_is_made_up_and_nothing_for_operators(
    phone: Page, address: str, width: int
) -> None:
    phone.set_viewport_size({"width": width, "height": 640})
    phone.goto(address)
    phone.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(phone.locator("#sample")).to_be_visible()
    expect(phone.locator("#sample")).to_have_text("Dữ liệu mẫu")
    legend = phone.locator("#legend").bounding_box()
    for one in phone.locator(".maplibregl-ctrl-top-right, footer").all():
        box = one.bounding_box()
        assert legend
        assert box
        apart = (
            legend["y"] + legend["height"] <= box["y"]
            or legend["x"] + legend["width"] <= box["x"]
            or box["y"] + box["height"] <= legend["y"]
        )
        assert apart
    phone.locator("#show-filters").click()
    expect(phone.locator("#panel")).to_contain_text("Ranh giới gần đúng.")
    expect(phone.locator("#panel")).not_to_contain_text("load-boundaries")
