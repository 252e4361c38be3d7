"""The planner's analysis side in a real Chromium: story, charts, shapes, taking along, following.

Answers of the server are given by `answers` where a test is about what the page does with them.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from playwright.sync_api import Page, Route, expect

from geo.cells import centres, from_hex

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
CELL = "88415cb4e5fffff"
SQUARE = "105.83000,21.01000;105.87000,21.01000;105.87000,21.04000;105.83000,21.04000"
MONTHS = [f"{year}-{month:02d}-01" for year in (2024, 2025) for month in range(1, 13)]
STORY = {
    "total": 123,
    "open": 30,
    "open_share": 0.2439,
    "km2": 0.74,
    "per_km2": 166.2,
    "residents": 15400,
    "per_1000": 7.99,
    "domains": [{"key": "traffic", "n": 123}],
    "categories": [{"key": "pothole", "n": 80}, {"key": "noise", "n": 43}],
    "statuses": [{"key": "received", "n": 30}, {"key": "resolved", "n": 93}],
    "closing": {"n": 93, "median_days": 4.2, "p90_days": 21.5},
    "areas": [
        {
            "code": "00070",
            "set": "hanoi-ward-2025",
            "name": "Hoàn Kiếm",
            "name_en": "Hoan Kiem",
            "n": 123,
        }
    ],
    "streets": [{"name": "Phố Huế", "n": 12}],
    "since": None,
    "until": None,
}
HISTORY = {
    "step": "month",
    "periods": MONTHS,
    "n": [100 + i for i in range(24)],
    "trend": [101.5 + i for i in range(24)],
    "adjusted": [99.5 + i for i in range(24)],
    "note": {"vi": "Tháng cuối chưa đủ.", "en": "The last month is not whole."},
}
RHYTHM = {
    "timezone": "Asia/Ho_Chi_Minh",
    "n": [[day * 24 + hour for hour in range(24)] for day in range(7)],
    "total": sum(range(168)),
}
REPORTING = {
    "overall": {},
    "rows": [
        {
            "key": str(i),
            "name": f"Phường {i}",
            "name_en": f"Ward {i}",
            "incidents": 50 - i,
            "duplicates": i,
            "exposure_days": 10.0,
            "index": None if i == 0 else i / 2,
            "low": None if i == 0 else i / 3,
            "high": None if i == 0 else float(i),
            "few": i < 2,
        }
        for i in range(6)
    ],
    "caution": {"vi": "Không dùng để xếp hạng.", "en": "Not for ranking."},
}
Asked = Callable[[str], list[str]]


@pytest.fixture
def asked() -> dict[str, list[str]]:
    return {}


def answers(page: Page, asked: dict[str, list[str]]) -> None:
    """Gives what the server will say, and keeps the queries it is asked with."""
    known: dict[str, Any] = {
        "story": STORY,
        "history": HISTORY,
        "rhythm": RHYTHM,
        "reporting": REPORTING,
    }

    def answer(name: str) -> Callable[[Route], None]:
        def give(route: Route) -> None:
            asked.setdefault(name, []).append(route.request.url)
            route.fulfill(json=known[name])

        return give

    for name in known:
        page.route(re.compile(rf"/api/v1/{name}\?"), answer(name))


def query(url: str) -> dict[str, str]:
    return {key: value[0] for key, value in parse_qs(urlsplit(url).query).items()}


def open_map(page: Page, address: str, search: str = "") -> None:
    page.goto(address + "/" + search)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(page.locator("#legend summary")).to_be_visible()


def faults_of(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['target']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]


def middle(page: Page) -> tuple[float, float]:
    box = page.locator("#map").bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def problem(route: Route, status: int, field: str, message: str) -> None:
    body = {
        "type": "about:blank",
        "title": "BadFilter",
        "status": status,
        "detail": message,
        "errors": [{"field": field, "message": message}] if field else None,
    }
    route.fulfill(
        status=status,
        body=json.dumps(body),
        headers={"Content-Type": "application/problem+json"},
    )


def test_a_click_on_a_hexagon_opens_its_story_and_its_address_brings_it_back(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    by_cell = f"{address}/api/v1/counts?by=cell&resolution=8&domain=traffic"
    busiest = desktop.request.get(by_cell).json()
    top = busiest["cells"][int(np.argmax(busiest["n"]))]
    lon, lat = centres(np.array([from_hex(top)]))[0]
    open_map(desktop, address, f"?lang=en&domain=traffic&view=12/{lon:.5f}/{lat:.5f}")
    story = desktop.locator("#story")
    # A hexagon can be clicked once its tile is drawn, which a busy machine takes its time for.
    for _ in range(20):
        desktop.mouse.click(*middle(desktop))
        desktop.wait_for_timeout(500)
        if story.is_visible():
            break
    expect(story.locator("h2")).to_have_text("Hexagon · Hoan Kiem")
    expect(story.locator("strong")).to_have_text("123 complaints in this cell")
    for words in ("24%", "30 / 123", "166.2", "15,400 residents", "half within 4.2 days", "n = 93"):
        expect(story).to_contain_text(words)
    expect(story.locator(".hbars").first).to_contain_text("Pothole")
    told = query(asked["story"][-1])
    assert told["cell"] == top
    assert told["domain"] == "traffic"
    expect(desktop.locator("#total")).to_contain_text("complaints")
    total = desktop.locator("#total").inner_text()
    desktop.reload()
    expect(desktop.locator("#story h2")).to_have_text("Hexagon · Hoan Kiem")
    expect(desktop.locator("#total")).to_have_text(total)
    desktop.keyboard.press("Tab")
    desktop.locator("#story .close").click()
    expect(desktop.locator("#story")).to_be_hidden()
    assert "cell=" not in desktop.url


def test_the_story_and_the_charts_of_a_shape_are_those_of_its_complaints(
    desktop: Page, address: str
) -> None:
    of = f"{address}/api/v1/counts?polygon={SQUARE}&by="
    n = desktop.request.get(of + "status").json()["total"]
    months = desktop.request.get(of + "month").json()["rows"]
    assert n > 100
    open_map(desktop, address, f"?lang=en&polygon={SQUARE}&look=polygon")
    story = desktop.locator("#story")
    expect(story.locator("strong")).to_have_text(f"{n:,} complaints here")
    # As wide and high as it is drawn: 0.04 and 0.03 degrees at 21 degrees north.
    expect(story.locator("h2")).to_have_text(re.compile(r"^Drawn shape · 13\.8 km²$"))
    rows = story.locator(".time tbody tr")
    # The first season taken out by a server loads what that needs.
    expect(rows).to_have_count(len(months), timeout=30_000)
    told = rows.locator("td:nth-child(2)").all_text_contents()
    assert [int(one.replace(",", "")) for one in told] == [row["n"] for row in months]
    hours = story.locator(".rhythm tbody td").all_text_contents()
    assert sum(int(one.replace(",", "")) for one in hours) == n
    story.locator("#story-step").select_option("week")
    expect(story.locator(".time .unit")).to_have_text("complaints per week")
    expect(story.locator(".time tbody th").first).to_contain_text("week of")
    weeks = story.locator(".time tbody tr td:nth-child(2)").all_text_contents()
    assert sum(int(one.replace(",", "")) for one in weeks) == n
    story.locator("#story-list").click()
    expect(desktop.locator("dialog")).to_contain_text(f"{n:,} complaints · Newest first")
    desktop.keyboard.press("Escape")
    story.locator("#story-compare").click()
    expect(desktop.locator("dialog")).to_contain_text("Against the rest: ×")


def test_a_shape_limits_every_figure_only_when_that_is_asked_for(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    open_map(desktop, address, f"?lang=en&cell={CELL}&look=cell")
    whole = desktop.request.get(f"{address}/api/v1/counts?by=status").json()["total"]
    inside = desktop.request.get(f"{address}/api/v1/counts?by=status&cell={CELL}").json()["total"]
    assert 0 < inside < whole
    expect(desktop.locator("#total")).to_have_text(f"{whole:,} complaints")
    desktop.get_by_role("button", name="Limit everything to this shape").click()
    expect(desktop.locator("#total")).to_have_text(f"{inside} complaints")
    assert "look=" not in desktop.url
    expect(desktop.locator(".chosen.limit")).to_contain_text("Hexagon")
    desktop.get_by_role("button", name="Lift the limit").click()
    expect(desktop.locator("#total")).to_have_text(f"{whole:,} complaints")
    desktop.go_back()
    expect(desktop.locator("#total")).to_have_text(f"{inside} complaints")
    desktop.locator("#reset").click()
    expect(desktop.locator("#total")).to_have_text(f"{whole:,} complaints")


def test_too_few_closed_complaints_are_said_to_be_too_few(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    few = STORY | {"closing": {"n": 19, "median_days": 3.0, "p90_days": 9.0}}
    desktop.route(re.compile(r"/api/v1/story\?"), lambda route: route.fulfill(json=few))
    open_map(desktop, address, f"?lang=en&cell={CELL}&look=cell")
    expect(desktop.locator(".facts")).to_contain_text("too few to say")
    expect(desktop.locator(".facts")).not_to_contain_text("half within")


def test_a_shape_is_drawn_by_taps_and_its_story_counts_what_lies_in_it(
    phone: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(phone, asked)
    open_map(phone, address, "?view=12/105.85/21.03")
    phone.get_by_role("button", name="Bộ lọc").click()
    phone.get_by_role("button", name="Vẽ vùng").click()
    x, y = middle(phone)
    for dx, dy in ((-80, 20), (80, 20), (80, 140)):
        phone.mouse.click(x + dx, y + dy)
        phone.wait_for_timeout(500)
    expect(phone.locator("#draw-said")).to_contain_text("3 góc")
    phone.mouse.click(x - 80, y + 20)
    expect(phone.locator("#story h2")).to_contain_text("Vùng đã vẽ")
    corners = query(phone.url)["polygon"].split(";")
    assert len(corners) == 3
    assert query(asked["story"][-1])["polygon"] == ";".join(corners)
    phone.locator("#story-limit").click()
    n = phone.request.get(f"{address}/api/v1/counts?by=status&polygon={';'.join(corners)}").json()[
        "total"
    ]
    expect(phone.locator("#legend b")).to_have_text(f"{n:,} phản ánh".replace(",", "."))


def test_a_shape_is_drawn_by_keys_alone_and_may_not_cross_itself(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    open_map(desktop, address, "?lang=en&view=12/105.85/21.03")
    desktop.get_by_role("button", name="Draw a shape").click()
    said = desktop.locator("#draw-said")

    def add(*moves: str) -> None:
        for key in moves:
            # The address follows the map once it stands still.
            before = desktop.url
            desktop.keyboard.press(key)
            expect(desktop).not_to_have_url(before)
        desktop.keyboard.press(" ")

    add()
    expect(said).to_contain_text("1 corners")
    desktop.keyboard.press("Enter")
    expect(said).to_contain_text("At least 3 corners are needed.")
    add("ArrowRight")
    add("ArrowDown")
    add("ArrowLeft")
    expect(said).to_contain_text("4 corners")
    desktop.keyboard.press("Backspace")
    expect(said).to_contain_text("3 corners")
    # From below the first side to above it.
    add("ArrowLeft", "ArrowUp", "ArrowUp", "ArrowRight")
    expect(said).to_contain_text("would cross another")
    expect(said).to_contain_text("3 corners")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#story h2")).to_contain_text("Drawn shape")
    desktop.get_by_role("button", name="Draw a shape").click()
    desktop.keyboard.press("Escape")
    expect(desktop.locator("#draw")).to_have_count(0)


def test_a_stretch_of_the_chart_sets_the_period_by_drag_and_by_keys(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    open_map(desktop, address, "?lang=en")
    desktop.get_by_role("button", name="Charts").click()
    chart = desktop.locator("dialog .time svg").first
    expect(chart.locator(".target")).to_have_count(24)
    first = chart.locator("[data-i='2']").bounding_box()
    last = chart.locator("[data-i='5']").bounding_box()
    assert first is not None
    assert last is not None
    desktop.mouse.move(first["x"] + 3, first["y"] + 80)
    desktop.mouse.down()
    desktop.mouse.move(last["x"] + 3, last["y"] + 80, steps=4)
    desktop.mouse.up()
    assert query(desktop.url)["since"] == "2024-03-01"
    assert query(desktop.url)["until"] == "2024-06-30"
    expect(chart.locator(".bar.on")).to_have_count(4)
    assert query(asked["rhythm"][-1])["until"] == "2024-07-01"
    assert "since" not in query(asked["history"][-1])
    chart.locator("[tabindex='0']").focus()
    desktop.keyboard.press("Home")
    desktop.keyboard.press("ArrowRight")
    expect(desktop.locator("dialog .time .said")).to_have_text(
        "2/2024: 101 complaints; season taken out 100.5; trend 102.5"
    )
    desktop.keyboard.press("Shift+ArrowRight")
    desktop.keyboard.press("Enter")
    assert query(desktop.url)["since"] == "2024-02-01"
    assert query(desktop.url)["until"] == "2024-03-31"
    desktop.get_by_role("button", name="Back to the whole time").click()
    assert "since" not in query(desktop.url)
    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog")).to_be_hidden()


def test_charts_have_the_same_figures_as_a_table(
    phone: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(phone, asked)
    phone.set_viewport_size({"width": 320, "height": 640})
    open_map(phone, address, "?lang=en")
    phone.get_by_role("button", name="Filters").click()
    phone.get_by_role("button", name="Charts").click()
    time, hours = (phone.locator(f"dialog {name} tbody") for name in (".time", ".rhythm"))
    expect(time.locator("tr")).to_have_count(24)
    assert time.locator("td:nth-child(2)").all_text_contents() == [str(n) for n in HISTORY["n"]]  # type: ignore[attr-defined]
    assert hours.locator("tr").nth(5).locator("td").all_text_contents() == [
        str(row[5])
        for row in RHYTHM["n"]  # type: ignore[attr-defined]
    ]
    assert phone.locator("dialog svg").first.bounding_box()["width"] <= 320  # type: ignore[index]
    assert phone.evaluate("document.querySelector('dialog').scrollWidth") <= 320


def test_a_download_that_fails_says_why_and_saves_nothing(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    open_map(desktop, address, "?layer=areas&domain=traffic")
    saved: list[str] = []
    desktop.on("download", lambda one: saved.append(one.suggested_filename))
    desktop.route(
        re.compile(r"/api/v1/map\.png"),
        lambda route: problem(route, 422, "view", "view is west,south,east,north"),
    )
    desktop.get_by_role("button", name="Mang về").click()
    dialog = desktop.locator("dialog")
    dialog.get_by_role("button", name="Tải PNG").click()
    expect(dialog.get_by_role("alert")).to_contain_text("Khung nhìn bản đồ không đúng.")
    expect(dialog.locator(".server-words p")).to_be_hidden()
    dialog.locator(".server-words summary").click()
    expect(dialog.locator(".server-words p")).to_have_text("view: view is west,south,east,north")
    assert saved == []
    with desktop.expect_download() as kept:
        dialog.get_by_role("button", name="Tải CSV").nth(1).click()
    lines = kept.value.path().read_text("utf-8-sig").splitlines()
    n = desktop.request.get(f"{address}/api/v1/counts?by=status&domain=traffic").json()["total"]
    assert len(lines) == n + 1
    expect(dialog).to_contain_text("Đã lưu")


def test_everything_that_is_taken_along_has_the_parameters_of_the_view(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    open_map(desktop, address, "?lang=en&layer=areas&set=hanoi-district-2014&domain=traffic")
    taken: list[str] = []

    def keep(route: Route) -> None:
        taken.append(route.request.url)
        route.continue_()

    files = r"/api/v1/(map|report|figures|export|layer)\.\w+\?"
    desktop.route(re.compile(files), keep)
    desktop.get_by_role("button", name="Take it with you").click()
    buttons = desktop.locator("dialog .files button[aria-label^=Download]")
    expect(buttons).to_have_count(16)
    saved: list[bytes] = []
    for n, button in enumerate(buttons.all()):
        with desktop.expect_download(timeout=90_000) as download:
            button.press("Enter")
        saved.append(download.value.path().read_bytes())
        expect(desktop.get_by_text(re.compile("^Saved: phananh"))).to_have_count(n + 1)
        # The browser takes more than ten downloads at once for an attack.
        desktop.wait_for_timeout(400)
    paths = [urlsplit(url).path.removeprefix("/api/v1/") for url in taken]
    forms = ("csv", "xlsx", "geojson", "gpkg", "parquet")
    assert paths == [
        *(f"map.{form}" for form in ("png", "svg", "pdf")),
        *(f"report.{form}" for form in ("html", "pdf")),
        *(f"{kind}.{form}" for kind in ("figures", "export") for form in forms),
        "layer.pmtiles",
    ]
    assert all(query(url)["domain"] == "traffic" for url in taken)
    # Each is what its name says.
    begins = {
        "png": b"\x89PNG", "svg": b"<svg", "pdf": b"%PDF", "html": b"<!DOCTYPE html>",
        "csv": b"\xef\xbb\xbf", "xlsx": b"PK", "geojson": b"{", "gpkg": b"SQLite format 3",
        "parquet": b"PAR1", "pmtiles": b"PMTiles",
    }  # fmt: skip
    for path, content in zip(paths, saved, strict=True):
        assert content.lstrip().startswith(begins[path.rpartition(".")[2]]), path
    of = {path: query(url) for path, url in zip(paths, taken, strict=True)}
    for path in ("map.svg", "figures.gpkg", "layer.pmtiles", "report.html"):
        assert of[path]["set"] == "hanoi-district-2014"
    assert of["map.png"]["lang"] == "en"
    west, south, east, north = map(float, of["map.png"]["view"].split(","))
    assert west < 105.85 < east
    assert south < 21.03 < north


def test_links_to_the_view_with_moving_and_with_fixed_figures_and_the_embed_code(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    desktop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    open_map(desktop, address, "?lang=en&domain=traffic")
    desktop.get_by_role("button", name="Take it with you").click()
    copied = "navigator.clipboard.readText()"
    for name in ("link to this view", "link with fixed figures", "embed code"):
        desktop.get_by_role("button", name=name).click()
        expect(desktop.get_by_text("Copied.").last).to_be_visible()
        desktop.wait_for_timeout(200)
        text = desktop.evaluate(copied)
        assert "domain=traffic" in text
        assert ("as_of=" in text) == ("fixed" in name)
        assert text.startswith("<iframe src=") == ("embed" in name)


def test_fixed_figures_are_said_to_be_old_and_every_read_asks_for_them(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    reads: list[str] = []
    desktop.on("request", lambda request: reads.append(request.url))
    open_map(desktop, address, "?lang=en&as_of=2026-06-01T00:00:00Z")
    band = desktop.locator("#as-of")
    expect(band).to_contain_text("Figures as of 1 Jun 2026")
    figures = [url for url in reads if re.search(r"/api/v1/(counts|classes)|/tiles/cells/", url)]
    assert len(figures) >= 4
    assert all("as_of=2026-06-01" in url for url in figures)
    band.get_by_role("button", name="Return to now").click()
    expect(band).to_be_hidden()
    assert "as_of" not in desktop.url


@pytest.mark.parametrize(
    ("status", "field", "words"),
    [
        (202, "", "Hãy mở hộp thư"),
        (422, "address", "Địa chỉ thư điện tử không đúng."),
        (429, "", "Quá nhiều yêu cầu."),
    ],
)
def test_following_sends_what_was_chosen_and_says_what_came_of_it(
    phone: Page, address: str, status: int, field: str, words: str
) -> None:
    sent: list[Any] = []

    def answer(route: Route) -> None:
        sent.append(route.request.post_data_json)
        if status == 202:
            route.continue_()
        else:
            problem(route, status, field, "the server's words")

    phone.route("**/api/v1/follows", answer)
    open_map(phone, address, "?domain=traffic&status=open&as_of=2026-06-01T00:00:00Z")
    phone.get_by_role("button", name="Bộ lọc").click()
    phone.locator("#open-follow").click()
    dialog = phone.locator("dialog")
    dialog.get_by_role("button", name="Theo dõi", exact=True).click()
    expect(dialog.get_by_role("alert")).to_contain_text("Hãy viết địa chỉ")
    dialog.get_by_label("Báo cáo hằng tuần").check()
    dialog.locator("#follow-address").fill("an@example.org")
    dialog.locator("#follow-language").select_option("en")
    dialog.get_by_role("button", name="Theo dõi", exact=True).click()
    expect(dialog).to_contain_text(words)
    assert "the server's words" not in dialog.inner_text()
    question = sent[0].pop("question")
    assert parse_qs(question) == {"city": ["hanoi"], "domain": ["traffic"], "status": ["open"]}
    assert sent == [
        {
            "address": "an@example.org",
            "language": "en",
            "kind": "report",
            "resolution": 8,
            "set": "hanoi-ward-2025",
            "spot": None,
            "schedule": "weekly",
        }
    ]
    if status != 202:
        feed = dialog.locator("#follow-feed").get_attribute("href")
        assert feed is not None
        assert feed.startswith("/api/v1/news.atom?")


def test_a_hot_spot_says_since_when_and_whether_it_grows_and_can_be_followed(
    desktop: Page, address: str
) -> None:
    sent: list[Any] = []

    asked = "format=spots&resolution=7"
    found = desktop.request.get(f"{address}/api/v1/hotspots?{asked}&history=1").json()
    first = found["spots"][0]

    def follow(route: Route) -> None:
        sent.append(route.request.post_data_json)
        route.continue_()

    desktop.route("**/api/v1/follows", follow)
    open_map(desktop, address, "?lang=en&layer=hotspots&size=7")
    desktop.locator("#show-spots").click()
    dialog = desktop.locator("dialog")
    spot = dialog.locator(".spot").first
    if first["since_month"]:
        year, month, _ = map(int, first["since_month"].split("-"))
        expect(spot).to_contain_text(f"hot since {month}/{year}")
    words = {"rising": "is rising", "falling": "is falling", "steady": "shows no clear trend"}
    expect(spot).to_contain_text(f"number {words[first['trend']]}")
    spot.get_by_role("button", name="Follow").click()
    dialog.locator("#follow-address").fill("an@example.org")
    dialog.get_by_role("button", name="Follow", exact=True).click()
    expect(dialog.locator("#follow-sent")).to_be_visible()
    assert sent[0]["kind"] == "hotspot"
    assert sent[0]["resolution"] == 7
    assert 105 < sent[0]["spot"]["lon"] < 107
    dialog.get_by_role("button", name="Back").click()
    expect(dialog.locator(".spot").first).to_be_visible()


def test_raw_counts_come_with_who_reports_as_a_table_that_sorts(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    open_map(desktop, address, "?lang=en&status=open")
    desktop.locator("#legend").get_by_role("button", name="Who reports?").click()
    dialog = desktop.locator("dialog")
    expect(dialog).to_contain_text("Not for ranking.")
    assert query(asked["reporting"][-1])["set"] == "hanoi-ward-2025"
    assert "status" not in query(asked["reporting"][-1])
    # What is too few to compare stands apart, however the index is sorted.
    apart = dialog.locator("details tbody th")
    names = dialog.locator(".scroll > table tbody th")
    expect(names).to_have_text([f"Ward {i}" for i in (5, 4, 3, 2)])
    dialog.get_by_role("button", name="Index of reporting").click()
    expect(names).to_have_text([f"Ward {i}" for i in (2, 3, 4, 5)])
    expect(apart.first).to_be_hidden()
    dialog.get_by_text("too few to compare: 2").click()
    expect(apart).to_have_text([f"Ward {i}" for i in (1, 0)])
    dialog.get_by_role("button", name="Incidents").click()
    expect(names).to_have_text([f"Ward {i}" for i in range(2, 6)])
    expect(apart).to_have_text([f"Ward {i}" for i in (0, 1)])
    expect(dialog.locator("svg.interval[role=img]").nth(3)).to_have_attribute(
        "aria-label", "2.5 (1.67–5)"
    )
    # What the index says and does not say is a page of the app.
    href = dialog.locator(".method a").get_attribute("href")
    assert href == "/methods/reporting/"
    page = desktop.request.get(f"{address}{href}")
    assert "What it does not say" in page.text()
    vi = desktop.request.get(f"{address}{href}vi/")
    assert 'lang="vi"' in vi.text()
    assert "Không cho biết điều gì" in vi.text()


@pytest.mark.parametrize(
    ("search", "words"),
    [
        ("?area=hanoi-ward-2025:99999", "Không có đơn vị hành chính này."),
        ("?lang=en&domain=zoo", "There is no such domain."),
        ("?since=2026-05-01&until=2026-01-01", "Ngày"),
    ],
)
def test_a_wrong_filter_is_told_in_the_language_of_the_page(
    phone: Page, address: str, search: str, words: str
) -> None:
    phone.goto(f"{address}/{search}")
    banner = phone.locator("#banner")
    expect(banner).to_contain_text(words)
    expect(banner.locator(".server-words p")).to_be_hidden()
    # Two lines of a phone, and it can be put away.
    box = banner.bounding_box()
    assert box
    assert box["height"] < 70
    banner.get_by_role("button").last.click()
    expect(banner).to_be_hidden()


def test_a_story_that_fails_says_so_and_can_be_tried_again(
    desktop: Page, address: str, asked: dict[str, list[str]]
) -> None:
    answers(desktop, asked)
    failing = [True]

    def busy(route: Route) -> None:
        if failing:
            problem(route, 503, "", "the database does not answer")
        else:
            route.fallback()

    desktop.route(re.compile(r"/api/v1/story\?"), busy)
    open_map(desktop, address, f"?cell={CELL}&look=cell")
    story = desktop.locator("#story")
    expect(story.get_by_role("alert")).to_contain_text("Máy chủ đang bận")
    failing.clear()
    story.get_by_role("button", name="Thử lại").click()
    expect(story.locator("strong")).to_have_text("123 phản ánh trong ô này")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing_serious_and_nothing_is_too_wide_on_the_analysis_side(
    phone: Page, address: str, asked: dict[str, list[str]], scheme: Any, language: str
) -> None:
    answers(phone, asked)
    phone.emulate_media(color_scheme=scheme)
    phone.set_viewport_size({"width": 320, "height": 640})
    asof = "2026-06-01T00:00:00Z"
    open_map(phone, address, f"?lang={language}&polygon={SQUARE}&look=polygon&as_of={asof}")
    expect(phone.locator("#story .facts")).to_be_visible()
    wide = "document.documentElement.scrollWidth"
    inside = "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('{}'))"
    found = faults_of(phone)
    assert phone.evaluate(wide) <= 320
    assert phone.evaluate(inside.format("#story"))
    phone.locator("#story .caution button").click()
    expect(phone.locator("dialog tbody tr")).to_have_count(6)
    found += faults_of(phone)
    phone.keyboard.press("Escape")
    phone.locator("#story .close").click()
    phone.locator("#show-filters").click()
    for name in ("#open-take", "#open-charts", "#open-follow"):
        phone.locator(name).click()
        phone.wait_for_timeout(500)
        found += faults_of(phone)
        assert phone.evaluate(inside.format("dialog"))
        phone.keyboard.press("Escape")
    phone.locator("#draw-shape").click()
    found += faults_of(phone)
    assert phone.evaluate(wide) <= 320
    assert found == []
