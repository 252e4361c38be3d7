"""A saved report, opened from the disk with no network at all."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import Engine

from api.app import create_app
from api.routes.sharing import LIBRARIES
from api.settings import Settings

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not (LIBRARIES / "leaflet.js").exists(),
        reason="the web app is not built; script/test builds it",
    ),
]
SIZES = [(390, 844), (1440, 900)]
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"


@pytest.fixture(scope="module")
def saved(module_hanoi: Engine, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("report")
    client = TestClient(create_app(module_hanoi, Settings()))
    for name, query in (("many", ""), ("few", "domain=environment&status=open&lang=en")):
        answer = client.get(f"/api/v1/report.html?{query}")
        (folder / f"{name}.html").write_text(answer.text, "utf-8")
    return folder


@pytest.fixture(params=SIZES, ids=["phone", "desktop"])
def alone(chromium: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A page without a network, that must not fail nor ask anyone for anything."""
    width, height = request.param
    context = chromium.new_context(viewport={"width": width, "height": height}, offline=True)
    page = context.new_page()
    outside: list[str] = []
    faults: list[str] = []
    inside = ("file://", "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(inside) else outside.append(r.url))
    page.on("request", lambda r: asked.append(r.url))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    asked: list[str] = []
    yield page
    context.close()
    assert outside == []
    # The page itself and no other file.
    assert len({url for url in asked if url.startswith("file://")}) == 1
    assert faults == []


def choose(page: Page, name: str) -> None:
    control = page.locator(".leaflet-control-layers")
    control.hover()
    control.get_by_label(name, exact=True).click()


def painted(page: Page, pane: str = ".leaflet-overlay-pane") -> int:
    """How many pixels of a pane's canvases are not empty."""
    return int(
        page.evaluate(
            """(pane) => [...document.querySelectorAll(`${pane} canvas`)].reduce(
                 (sum, one) => {
                   const { data } = one.getContext('2d').getImageData(0, 0, one.width, one.height);
                   let n = 0;
                   for (let i = 3; i < data.length; i += 4) if (data[i]) n += 1;
                   return sum + n;
                 }, 0)""",
            pane,
        )
    )


def test_every_layer_draws_and_its_legend_has_numbers(alone: Page, saved: Path) -> None:
    alone.goto((saved / "many.html").as_uri())
    expect(alone.locator("h1")).to_have_text("Báo cáo phản ánh · Hà Nội")
    expect(alone.locator("#total")).to_have_text("3.000 phản ánh")
    expect(alone.locator(".warning")).to_contain_text("không vẽ từng phản ánh một")
    titles = set()
    for name in (
        "Ô lục giác",
        "Theo thời gian",
        "Bản đồ nhiệt",
        "Đơn vị: số phản ánh",
        "Đơn vị: trên km²",
    ):
        choose(alone, name)
        alone.wait_for_timeout(200)
        assert painted(alone) > 200, name
        titles.add(alone.locator(".legend summary").inner_text())
        if name != "Bản đồ nhiệt":
            assert alone.locator(".legend li").count() >= 2
    assert len(titles) == 5
    before = painted(alone, ".leaflet-borders-pane")
    choose(alone, "Ranh giới")
    alone.wait_for_timeout(200)
    assert painted(alone, ".leaflet-borders-pane") < before / 10
    assert alone.locator(".area-name").count() > 5
    choose(alone, "Tên đơn vị")
    expect(alone.locator(".area-name")).to_have_count(0)


def test_hot_spots_and_trends_draw_and_the_list_leads_to_the_map(alone: Page, saved: Path) -> None:
    alone.goto((saved / "many.html").as_uri())
    for name in ("Điểm nóng", "Xu hướng điểm nóng"):
        choose(alone, name)
        alone.wait_for_timeout(200)
        assert painted(alone) > 200, name
        expect(alone.locator(".legend summary")).to_have_text(name)
        assert alone.locator(".legend li").count() >= 2
    signs = [text for text in alone.locator(".legend li i").all_inner_texts() if text]
    assert set(signs) <= set("▲✱●■▼∼±○")
    alone.locator("#show-spots").click()
    entries = alone.locator("#spots li button")
    assert entries.count() > 0
    first = entries.first.locator("strong").inner_text()
    assert first.startswith("1. ")
    alone.evaluate(AXE.read_text("utf-8"))
    found = alone.evaluate("axe.run()")["violations"]
    assert [one["id"] for one in found if one["impact"] in ("serious", "critical")] == []
    entries.first.click()
    expect(alone.locator("#spots")).to_be_hidden()
    expect(alone.locator(".legend summary")).to_have_text("Điểm nóng")
    alone.locator(".rank", has_text="1").first.click(force=True)
    expect(alone.locator(".leaflet-popup .story strong")).to_contain_text(first)


def test_the_slider_plays_pauses_and_can_be_moved(alone: Page, saved: Path) -> None:
    alone.goto((saved / "many.html").as_uri())
    expect(alone.locator("#player")).to_be_hidden()
    choose(alone, "Theo thời gian")
    expect(alone.locator("#shown")).to_contain_text("2026-10")
    bars = alone.locator("#bars i").count()
    alone.locator("#step").focus()
    alone.keyboard.press("Home")
    first = alone.locator("#shown").inner_text()
    assert first.startswith("20")
    play = alone.locator("#play")
    play.click()
    expect(play).to_have_text("Dừng")
    expect(alone.locator("#shown")).not_to_have_text(first)
    play.click()
    expect(play).to_have_text("Chạy")
    held = alone.locator("#shown").inner_text()
    alone.wait_for_timeout(1200)
    expect(alone.locator("#shown")).to_have_text(held)
    total = 0
    alone.locator("#step").focus()
    alone.keyboard.press("Home")
    for _ in range(bars):
        total += int(
            alone.locator("#shown").inner_text().split("· ")[1].split()[0].replace(".", "")
        )
        alone.keyboard.press("ArrowRight")
    assert total == 3000


def test_single_complaints_are_clustered_and_tell_only_what_everyone_may_know(
    alone: Page, saved: Path
) -> None:
    alone.goto((saved / "few.html").as_uri())
    total = int(alone.locator("#total").inner_text().split()[0].replace(",", ""))
    choose(alone, "Single complaints")
    alone.wait_for_timeout(400)
    groups = alone.locator(".group").all_inner_texts()
    singles = alone.locator(".pin").count()
    # Those off the screen are not in the page; here the whole city is on it.
    assert sum(map(int, groups)) + singles == total > 50
    alone.mouse.move(5, 400)
    while alone.locator(".pin").count() == 0:
        alone.locator(".group").first.click(force=True)
        alone.wait_for_timeout(500)
    alone.locator(".pin").first.click(force=True)
    story = alone.locator(".leaflet-popup .story")
    expect(story.locator("p")).to_have_count(2)


def test_the_table_has_the_total_and_axe_finds_nothing_serious(alone: Page, saved: Path) -> None:
    alone.goto((saved / "many.html").as_uri())
    wide = alone.evaluate("document.documentElement.scrollWidth")
    assert wide <= alone.evaluate("innerWidth")
    alone.locator("#show-table").click()
    column = alone.locator("#table tbody td:nth-child(2)").all_inner_texts()
    outside, total = alone.locator("#table tfoot td:nth-child(2)").all_inner_texts()
    number = [int(one.replace(".", "")) for one in (*column, outside)]
    assert sum(number) == int(total.replace(".", "")) == 3000
    alone.evaluate(AXE.read_text("utf-8"))
    for name in ("table", "about", ""):
        alone.keyboard.press("Escape")
        if name:
            alone.locator(f"#show-{name}").click()
        found = alone.evaluate("axe.run()")
        serious = [
            f"{one['id']}: {node['target']}"
            for one in found["violations"]
            if one["impact"] in ("serious", "critical")
            for node in one["nodes"]
        ]
        assert serious == []


def test_it_opens_from_the_service_as_from_the_disk(desktop: Page, address: str) -> None:
    faults: list[str] = []
    desktop.on("console", lambda m: faults.append(m.text) if m.type == "error" else None)
    desktop.goto(f"{address}/api/v1/report.html?lang=en")
    for name in ("table", "about"):
        desktop.locator(f"#show-{name}").click()
        expect(desktop.locator(f"#{name}")).to_be_visible()
        desktop.locator(f"#{name}").get_by_role("button", name="Close").click()
        expect(desktop.locator(f"#{name}")).to_be_hidden()
    choose(desktop, "Heat")
    expect(desktop.locator(".legend summary")).to_have_text("Heat")
    assert faults == []


def test_names_that_are_markup_stay_text(
    chromium: Browser, hanoi_engine: Engine, tmp_path: Path
) -> None:
    bad = "<img src=x onerror=window.harm=1></script><script>window.harm=1</script>"
    with hanoi_engine.begin() as connection:
        connection.exec_driver_sql("UPDATE area SET name = %s || code, name_en = name", (bad,))
        connection.exec_driver_sql("UPDATE category SET name_vi = %s, name_en = %s", (bad, bad))
        connection.exec_driver_sql("UPDATE domain SET colour = %s", (bad,))
    client = TestClient(create_app(hanoi_engine, Settings()))
    path = tmp_path / "bad.html"
    path.write_text(client.get("/api/v1/report.html?domain=environment&status=open").text, "utf-8")
    page = chromium.new_context(viewport={"width": 1440, "height": 900}, offline=True).new_page()
    page.goto(path.as_uri())
    choose(page, "Từng phản ánh")
    page.locator("#show-table").click()
    expect(page.locator("#table tbody th").first).to_contain_text("<img src=x")
    page.wait_for_timeout(300)
    assert page.evaluate("window.harm") is None
    assert page.locator(".area-name img, #table img").count() == 0
    page.context.close()
