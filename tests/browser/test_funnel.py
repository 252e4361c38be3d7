"""The funnel plot of the table in a real Chromium: what it draws is what the API says."""

import re
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import Engine, text

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
SET = "hanoi-ward-2025"
UNKNOWN = 9


@pytest.fixture(autouse=True)
def residents(hanoi_engine: Engine) -> None:
    """From 3,000 to 500,000 an area; of some none are known."""
    with hanoi_engine.begin() as connection:
        connection.execute(
            text(
                "UPDATE area SET population = CASE WHEN number <= :unknown THEN NULL"
                " ELSE 3000 * power(1.5, mod(number * 7, 13))::integer END"
                " FROM (SELECT a.id, row_number() OVER (ORDER BY a.code) AS number FROM area a"
                " JOIN area_set s ON s.id = set_id WHERE s.code = :set) AS numbered"
                " WHERE numbered.id = area.id"
            ),
            {"set": SET, "unknown": UNKNOWN},
        )


def counted(address: str, **asked: Any) -> Any:
    given = {"by": "area", "set": SET, "funnel": "true", **asked}
    answer = httpx.get(f"{address}/api/v1/counts", params=given, timeout=30)
    return answer.raise_for_status().json()


def rated(found: Any) -> list[Any]:
    return [row for row in found["rows"] if row["population"]]


def open_funnel(page: Page, address: str, query: str = "?lang=en") -> Locator:
    page.goto(address + "/" + query)
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    page.locator("#show-table").click()
    page.locator(".funnel-plot summary").click()
    expect(page.locator(".funnel svg[role=group] .overall")).to_be_attached()
    return page.locator(".funnel svg .dot[data-code]")


def codes(of: Locator) -> list[str]:
    return [str(one) for one in of.evaluate_all("found => found.map(one => one.dataset.code)")]


@pytest.mark.parametrize("query", ["", "domain=environment", "domain=traffic&status=open"])
def test_dots_are_the_areas_with_residents_and_those_outside_are_named_as_the_api_says(
    desktop: Page, address: str, query: str
) -> None:
    found = counted(address, **dict(one.split("=") for one in query.split("&") if one))
    rows = rated(found)
    assert len(rows) == len(found["rows"]) - UNKNOWN
    dots = open_funnel(desktop, address, f"?lang=en&{query}")
    assert sorted(codes(dots)) == sorted(row["key"] for row in rows)
    beyond = {row["key"] for row in rows if row["unusual"]}
    assert set(codes(desktop.locator(".funnel svg .dot.out[data-code]"))) == beyond
    assert set(codes(desktop.locator(".beyond button"))) == beyond
    for sign, title in ((1, "Higher than chance"), (-1, "Lower than chance")):
        those = sorted(
            (row for row in rows if row["unusual"] == sign), key=lambda r: -sign * r["rate"]
        )
        listed = desktop.locator(".beyond", has_text=title)
        expect(listed).to_have_count(1 if those else 0)
        if those:
            expect(listed.locator("h3")).to_have_text(f"{title}: {len(those)}")
            assert {row["key"] for row in those} == set(codes(listed.locator("button")))
            assert those[0]["name_en"] in listed.locator("li").first.inner_text()
    plot = desktop.locator(".funnel-plot")
    expect(plot).to_contain_text(f"{len(rows)} areas with residents known; {len(beyond)} outside")
    expect(plot).to_contain_text(f"{UNKNOWN} whose residents are not known")
    names = desktop.locator(".funnel svg .name").all_text_contents()
    assert names
    assert set(names) <= {row["name_en"] for row in rows if row["unusual"]}


def test_dots_lie_where_their_residents_and_rates_are_and_outside_the_curves_if_they_are(
    desktop: Page, address: str
) -> None:
    found = counted(address)
    dots = open_funnel(desktop, address)
    centres = dict(
        zip(
            codes(dots),
            dots.evaluate_all(
                "found => found.map(one => { const box = one.getBBox();"
                " return [box.x + box.width / 2, box.y + box.height / 2]; })"
            ),
            strict=True,
        )
    )
    rows = rated(found)
    x, y = np.array([centres[row["key"]] for row in rows]).T
    people = np.array([row["population"] for row in rows])
    rate = np.array([row["n"] for row in rows]) / people
    # A logarithmic scale and one of roots: straight lines of the logarithms and of the roots.
    for place, scaled, within in ((x, np.log(people), 0.5), (y, np.sqrt(rate), 1.5)):
        line = np.polyfit(scaled, place, 1)
        assert np.abs(np.polyval(line, scaled) - place).max() < within
    paths = desktop.locator(".funnel svg[role=group] .outer").evaluate_all(
        "found => found.map(one => one.getAttribute('d'))"
    )
    lower, upper = (
        np.array([point.split(",") for point in re.findall(r"[\d.]+,-?[\d.]+", path)], float)
        for path in paths
    )
    clear = 4
    for row, px, py in zip(rows, x, y, strict=True):
        if row["unusual"] > 0:
            assert py < np.interp(px, *upper.T) + clear
        elif row["unusual"] < 0:
            assert py > np.interp(px, *lower.T) - clear
        else:
            assert np.interp(px, *upper.T) - clear < py < np.interp(px, *lower.T) + clear


def test_a_click_and_the_keyboard_show_an_area_on_the_map(desktop: Page, address: str) -> None:
    rows = {row["key"]: row for row in rated(counted(address))}
    dots = open_funnel(desktop, address)
    top = max(rows.values(), key=lambda row: row["n"] / row["population"])
    dot = desktop.locator(f".funnel svg [data-code='{top['key']}']")
    expect(dot).to_have_attribute("tabindex", "0")
    expect(dots.and_(desktop.locator("[tabindex='0']"))).to_have_count(1)
    dot.focus()
    said = desktop.locator(".funnel output")
    expect(said).to_contain_text(f"{top['name_en']}: ")
    expect(said).to_contain_text(f"({top['n']:,} complaints, {top['population']:,} residents)")
    expect(said).to_contain_text("unusually high")
    desktop.keyboard.press("Home")
    least = min(row["population"] for row in rows.values())
    expect(said).to_contain_text(f"{least:,} residents")
    desktop.keyboard.press("ArrowRight")
    focused = desktop.evaluate("document.activeElement.dataset.code")
    desktop.keyboard.press("Enter")
    expect(desktop.locator("dialog")).to_be_hidden()
    desktop.wait_for_url(re.compile(f"area={SET}%3A{focused}"))
    # The plot compares all areas, whichever is chosen, and marks that one.
    open_funnel(desktop, address, f"?lang=en&area={SET}:{focused}")
    assert codes(desktop.locator(".funnel svg .dot.chosen")) == [focused]
    expect(dots).to_have_count(len(rows))
    expect(desktop.locator(".funnel-plot")).to_contain_text("All areas are compared")
    desktop.locator(f".funnel svg [data-code='{top['key']}']").click()
    expect(desktop.locator("dialog")).to_be_hidden()
    desktop.wait_for_url(re.compile(f"area={SET}%3A{top['key']}"))
    expect(desktop.locator("#total")).to_have_text(f"{top['n']} complaints")


def test_without_residents_there_is_no_funnel(
    desktop: Page, address: str, hanoi_engine: Engine
) -> None:
    with hanoi_engine.begin() as connection:
        connection.execute(text("UPDATE area SET population = NULL"))
    desktop.goto(f"{address}/?lang=en")
    desktop.wait_for_selector("body[data-ready]", timeout=60_000)
    desktop.get_by_role("button", name="Table").click()
    expect(desktop.locator("dialog")).to_contain_text("there are no rates per 1,000")
    expect(desktop.locator(".funnel-plot")).to_have_count(0)


def test_a_refusal_is_told_and_the_table_stays(desktop: Page, address: str) -> None:
    desktop.route(
        "**/api/v1/counts?*funnel=true*",
        lambda r: r.fulfill(status=503, json={"title": "Busy", "status": 503, "detail": "busy"}),
    )
    desktop.goto(f"{address}/?lang=en")
    desktop.wait_for_selector("body[data-ready]", timeout=60_000)
    desktop.get_by_role("button", name="Table").click()
    desktop.locator(".funnel-plot summary").click()
    expect(desktop.locator(".funnel-plot [role=alert]")).to_contain_text("The server is busy")
    desktop.unroute("**/api/v1/counts?*funnel=true*")
    desktop.locator(".funnel-plot").get_by_role("button", name="Try again").click()
    expect(desktop.locator(".funnel svg[role=group]")).to_be_visible()
    expect(desktop.locator("dialog tbody tr").first).to_be_attached()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["vi", "en"])
def test_axe_finds_nothing_serious_and_it_fits_the_narrowest_phone(
    phone: Page, address: str, scheme: Any, language: str
) -> None:
    phone.emulate_media(color_scheme=scheme)
    phone.set_viewport_size({"width": 320, "height": 700})
    dots = open_funnel(phone, address, f"?lang={language}")
    dots.first.focus()
    phone.evaluate(AXE.read_text("utf-8"))
    found = phone.evaluate("axe.run('dialog')")["violations"]
    serious = [
        f"{one['id']}: {node['target']}"
        for one in found
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"]
    ]
    assert serious == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 320
    assert phone.evaluate(
        "(({ scrollWidth, clientWidth }) => scrollWidth <= clientWidth)"
        "(document.querySelector('dialog'))"
    )
    inside = phone.locator(".funnel svg[role=group]").evaluate(
        "svg => [...svg.querySelectorAll('text')].every(one => { const box = one.getBBox();"
        " return box.x >= 0 && box.x + box.width <= svg.clientWidth + 1; })"
    )
    assert inside, "a word is cut off"


def test_a_tap_says_which_area_it_found_before_it_shows_it(phone: Page, address: str) -> None:
    dots = open_funnel(phone, address)
    top = dots.and_(phone.locator("[tabindex='0']"))
    box = top.bounding_box()
    assert box is not None
    at = {"clientX": box["x"] + 5, "clientY": box["y"] + 5, "pointerType": "touch", "bubbles": True}
    tap = "(one, at) => one.dispatchEvent(new PointerEvent('click', at))"
    top.evaluate(tap, at)
    expect(phone.locator("dialog")).to_be_visible()
    expect(phone.locator(".funnel output button")).to_have_text("Show on the map")
    code = phone.evaluate("document.activeElement.dataset.code")
    top.evaluate(tap, at)
    expect(phone.locator("dialog")).to_be_hidden()
    phone.wait_for_url(re.compile(f"area={SET}%3A{code}"))


def test_areas_can_be_coloured_by_locally_smoothed_rates(desktop: Page, address: str) -> None:
    asked = {"layer": "areas", "set": SET, "measure": "rate_smoothed_local"}
    classes = httpx.get(f"{address}/api/v1/classes", params=asked, timeout=30).json()
    desktop.goto(f"{address}/?lang=en&layer=areas&measure=rate_smoothed_local")
    desktop.wait_for_selector("body[data-ready]", timeout=60_000)
    expect(desktop.locator("#legend summary")).to_contain_text("smoothed by neighbours")
    lines = desktop.locator("#legend li").all_inner_texts()
    assert len(lines) == len(classes["breaks"]) + 2, "a line for each class, and one for hatching"
    assert f"{classes['max']:.3g}" in lines[-2]
