"""What is taken along of each layer, in a real Chromium: outliers are outliers in every file."""

import csv
import html
import io
import json
import re
import urllib.request
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect
from pmtiles.reader import MemorySource, Reader

from tiles.legend import OUTLIERS

pytestmark = pytest.mark.browser


def open_dialog(page: Page, address: str, search: str) -> None:
    page.goto(f"{address}/?lang=en&{search}")
    page.wait_for_selector("body[data-ready]", timeout=60_000)
    page.get_by_role("button", name="Take it with you").click()


def taken(page: Page, form: str, at: int = 0) -> tuple[dict[str, str], bytes]:
    """What a button asked the server for, and what was saved."""
    button = page.locator("dialog .files").get_by_role("button", name=f"Download {form}:").nth(at)
    with (
        page.expect_request(re.compile(r"/api/v1/(map|figures|layer)\.")) as asked,
        page.expect_download(timeout=60_000) as kept,
    ):
        button.click()
    query = {key: value[0] for key, value in parse_qs(urlsplit(asked.value.url).query).items()}
    return query, kept.value.path().read_bytes()


def outliers(address: str, query: str) -> dict[str, Any]:
    with urllib.request.urlopen(f"{address}/api/v1/outliers?{query}") as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def test_outliers_are_taken_along_as_they_are_shown(desktop: Page, address: str) -> None:
    query = "domain=traffic&resolution=7"
    found = outliers(address, query)
    open_dialog(desktop, address, "layer=outliers&size=7&domain=traffic")
    asked, content = taken(desktop, "SVG")
    assert (asked["layer"], asked["resolution"], asked["domain"]) == ("outliers", "7", "traffic")
    said = re.sub(r"<[^>]+>", "\n", html.unescape(content.decode()))
    for code, n in found["classes"].items():
        assert re.search(rf"{OUTLIERS[code].en}\n+\({n}\)", said), code
    asked, content = taken(desktop, "CSV")
    assert (asked["layer"], asked["resolution"]) == ("outliers", "7")
    assert "set" not in asked
    rows = list(csv.DictReader(io.StringIO(content.decode("utf-8-sig"))))
    assert [row["class"] for row in rows] == found["columns"]["class"]
    asked, content = taken(desktop, "PMTiles")
    assert (asked["layer"], asked["resolution"]) == ("outliers", "7")
    (layer,) = Reader(MemorySource(content)).metadata()["vector_layers"]
    assert layer["id"] == "outliers"
    expect(desktop.locator("dialog")).not_to_contain_text("taken along as hexagons")


@pytest.mark.parametrize("layer", ["complaints", "density"])
def test_what_has_no_file_of_its_own_is_taken_along_as_hexagons(
    desktop: Page, address: str, layer: str
) -> None:
    open_dialog(desktop, address, f"layer={layer}&domain=traffic")
    expect(desktop.locator("dialog")).to_contain_text("The layer shown is taken along as hexagons.")
    for form, begins in (("PNG", b"\x89PNG"), ("CSV", b"\xef\xbb\xbfcell,"), ("PMTiles", b"PMT")):
        asked, content = taken(desktop, form)
        assert (asked["layer"], asked["domain"]) == ("cells", "traffic")
        assert content.startswith(begins), form


def test_the_embed_code_shows_what_the_page_shows(desktop: Page, address: str) -> None:
    desktop.context.grant_permissions(["clipboard-read", "clipboard-write"])
    cell = "88415cb4e5fffff"
    shown = f"layer=outliers&size=7&domain=traffic&view=12/105.85/21.03&cell={cell}&look=cell"
    open_dialog(desktop, address, shown)
    desktop.get_by_role("button", name="embed code").click()
    expect(desktop.get_by_text("Copied.").last).to_be_visible()
    code = desktop.evaluate("navigator.clipboard.readText()")
    (source,) = re.findall(r'src="([^"]+)"', code)
    parts = urlsplit(html.unescape(source))
    asked = {key: value[0] for key, value in parse_qs(parts.query).items()}
    assert parts.path == "/embed"
    expected = {"layer": "outliers", "size": "7", "domain": "traffic", "lang": "en"}
    assert {key: asked.get(key) for key in expected} == expected
    zoom, lon, lat = map(float, asked["view"].split("/"))
    assert (zoom, lon, lat) == pytest.approx((12, 105.85, 21.03), abs=0.05)
    # A place that is only looked at is no limit of the figures, there as here.
    assert not {"cell", "look", "complaint"} & set(asked)
    desktop.goto(html.unescape(source))
    desktop.wait_for_selector("body[data-ready]", timeout=60_000)
    classes = outliers(address, "domain=traffic&resolution=7")["classes"]
    expect(desktop.locator("#legend")).to_contain_text(
        f"high among high: {classes['high-high']} cells"
    )


def test_of_two_maps_the_files_are_those_of_the_one_that_is_chosen(
    desktop: Page, address: str
) -> None:
    open_dialog(desktop, address, "layer=cells&split=beside&b.domain=traffic&b.since=2026-01-01")
    asked, _ = taken(desktop, "CSV")
    assert "domain" not in asked
    desktop.get_by_role("radio", name="Map B").check()
    asked, _ = taken(desktop, "CSV")
    assert (asked["domain"], asked["since"]) == ("traffic", "2026-01-01")
    asked, content = taken(desktop, "SVG")
    assert (asked["domain"], asked["since"]) == ("traffic", "2026-01-01")
    assert "Traffic" in content.decode()
