"""The queue page in a real Chromium. The routes of the work are answered here, as agreed upon."""

import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser
AXE = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
ME = {
    "id": 1,
    "name": "lan",
    "full_name": "Trần Thị Lan",
    "language": "vi",
    "unit": "Phường Ba Đình",
    "email": None,
    "must_change": False,
    "second_factor": False,
    "roles": [{"role": "officer", "areas": None, "domains": None, "delegated": False}],
    "may": ["view", "inside", "personal", "act", "bulk", "views"],
}
COUNTS = {"mine": 3, "unassigned": 12, "due": 5, "overdue": 2, "reopened": 1, "open": 20000}


def row(number: int, **own: Any) -> dict[str, Any]:
    due = datetime.now(UTC) + timedelta(hours=number * 7 - 50, minutes=5)
    return {
        "code": f"W{number:05}",
        "version": 1,
        "status": "received",
        "domain": "waste",
        "category": "waste-litter",
        "reported_at": "2026-11-20T02:00:00Z",
        "urgent": number % 9 == 0,
        "lon": 105.80 + number % 100 / 1000,
        "lat": 21.00 + number % 70 / 1000,
        "address": f"{number} phố Kim Mã",
        "text": f"Rác đổ ở góc đường, lần thứ {number}",
        "area": {"code": "x:1", "name": "Phường Ba Đình"},
        "assignee": {"id": 1, "full_name": "Trần Thị Lan"} if number % 3 == 0 else None,
        "due_at": due.isoformat(),
        "overdue": number < 8,
        "paused": None,
        "reopened": 0,
        "bounces": number % 4,
        "check_state": None,
        "supporters": number % 5,
        "photos": number % 3,
        "sensitive": False,
    } | own


class Desk:
    """The routes of the work, and what was asked of them."""

    def __init__(self, page: Page, total: int) -> None:
        self.page, self.total = page, total
        self.lists: list[dict[str, list[str]]] = []
        self.posted: list[tuple[str, Any]] = []
        self.live: str | None = ""
        self.broken = False
        self.counts = dict(COUNTS)
        self.one: dict[str, Any] = {}
        page.route("**/api/v1/account/**", self._account)
        page.route("**/api/v1/work**", self._work)
        page.route("**/api/v1/work/**", self._work)

    def _account(self, route: Route) -> None:
        colleagues = [{"id": 7, "name": "binh", "full_name": "Lê Bình", "unit": "Đội 2"}]
        route.fulfill(json=colleagues if "colleagues" in route.request.url else ME)

    def _work(self, route: Route) -> None:
        asked = urlsplit(route.request.url)
        query = parse_qs(asked.query)
        path = asked.path.removeprefix("/api/v1/work").strip("/")
        if path.endswith("/here"):
            route.fulfill(status=204)
            return
        if route.request.method == "POST":
            self.posted.append((path, route.request.post_data_json))
        if path == "live" and self.live is None:
            route.fulfill(status=429, json={"title": "Limited"})
        elif path == "live":
            body = f"event: on\nid: x-1\ndata: {{}}\n\n{self.live}"
            route.fulfill(content_type="text/event-stream", body=body)
        elif path == "":
            self._list(route, query)
        elif path == "map":
            points = [self._point(number) for number in range(min(self.total, 60))]
            route.fulfill(json={"type": "FeatureCollection", "features": points})
        elif path == "bulk/preview":
            codes = route.request.post_data_json.get("codes", [])
            left_out = [{"code": code, "why": "đã đóng"} for code in codes[1:2]]
            will = [
                {"code": code} for code in codes if {"code": code, "why": "đã đóng"} not in left_out
            ]
            route.fulfill(json={"token": "t", "will": will, "not": left_out})
        elif path == "bulk":
            until = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
            route.fulfill(json={"id": 5, "done": ["W00000"], "failed": [], "undo_until": until})
        elif path == "bulk/5/undo":
            route.fulfill(json={"done": ["W00000"], "failed": []})
        elif path == "counts":
            route.fulfill(json=self.counts)
        elif path == "views":
            route.fulfill(json=[])
        else:
            route.fulfill(json=self.one.get(path, {}))

    def _list(self, route: Route, query: dict[str, list[str]]) -> None:
        self.lists.append(query)
        if self.broken:
            route.fulfill(status=503, json={"title": "Busy"})
            return
        first = int(query.get("after", ["0"])[0])
        last = min(self.total, first + int(query["limit"][0]))
        after = str(last) if last < self.total else None
        items = [row(number) for number in range(first, last)]
        route.fulfill(json={"items": items, "next": after, "total": self.total})

    def _point(self, number: int) -> dict[str, Any]:
        own = row(number)
        return {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [own["lon"], own["lat"]]},
            "properties": {
                "code": own["code"],
                "status": "received",
                "category": own["category"],
                "due": own["due_at"],
                "urgent": own["urgent"],
            },
        }


def opened(page: Page, address: str, total: int = 300, query: str = "") -> Desk:
    desk = Desk(page, total)
    page.goto(f"{address}/office{query}")
    page.wait_for_selector("#place[data-rows=ready]", timeout=60_000)
    return desk


def faults_of(page: Page) -> list[str]:
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run()")
    return [
        f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]
    ]


def test_twenty_thousand_rows_are_scrolled_to_the_end_with_few_of_them_in_the_page(
    desktop: Page, address: str
) -> None:
    desk = opened(desktop, address, 20_000)
    expect(desktop.locator("#queue-total")).to_contain_text("20.000")
    box = desktop.locator("#queue-list")
    box.evaluate("box => { box.scrollTop = box.scrollHeight }")
    expect(desktop.locator("[data-code=W19999]")).to_be_visible(timeout=120_000)
    assert desktop.locator(".work-row").count() < 40
    assert len(desk.lists) == 200
    assert desktop.locator("[data-code=W19999]").get_attribute("aria-posinset") == "20000"


def test_keys_move_select_a_range_and_open_beside_the_list(desktop: Page, address: str) -> None:
    opened(desktop, address)
    desktop.locator("#queue-list").focus()
    desktop.keyboard.press("j")
    desktop.keyboard.press("j")
    expect(desktop.locator(".work-row.active")).to_have_attribute("data-code", "W00001")
    desktop.keyboard.press("x")
    desktop.keyboard.press("Shift+ArrowDown")
    desktop.keyboard.press("Shift+ArrowDown")
    expect(desktop.locator("[role=option][aria-selected=true]")).to_have_count(3)
    desktop.keyboard.press("Enter")
    expect(desktop.locator("#queue-panel")).to_be_visible()
    assert "open=W00003" in desktop.url
    desktop.go_back()
    expect(desktop.locator("#queue-panel")).to_be_hidden()
    desktop.keyboard.press("?")
    expect(desktop.locator("dialog kbd").first).to_be_visible()


def test_filters_are_in_the_address_and_back_takes_them_away(desktop: Page, address: str) -> None:
    desk = opened(desktop, address, query="?q=r%C3%A1c&sort=-reported")
    assert desk.lists[-1]["q"] == ["rác"]
    assert desk.lists[-1]["sort"] == ["-reported"]
    desktop.locator("#scope-mine").click()
    expect(desktop.locator("#scope-mine")).to_have_attribute("aria-pressed", "true")
    expect(desktop).to_have_url(re.compile("mine=true"))
    assert desk.lists[-1]["mine"] == ["true"]
    expect(desktop.locator("#scope-mine b")).to_have_text("3")
    # A dialog is a step that is taken back, and the address stays what is shown.
    desktop.get_by_text("Chế độ xem", exact=True).click()
    expect(desktop.locator("dialog[open]")).to_have_count(1)
    desktop.keyboard.press("Escape")
    expect(desktop.locator("dialog[open]")).to_have_count(0)
    desktop.wait_for_timeout(300)
    expect(desktop).to_have_url(re.compile("mine=true"))
    desktop.go_back()
    expect(desktop.locator("#scope-mine")).to_have_attribute("aria-pressed", "false")
    desktop.wait_for_timeout(1000)
    assert "mine" not in desk.lists[-1]


def test_words_are_looked_for_while_they_are_typed(desktop: Page, address: str) -> None:
    desk = opened(desktop, address)
    before = len(desk.lists)
    search = desktop.locator("#queue-search")
    search.press_sequentially("phố huế", delay=40)
    expect(desktop).to_have_url(re.compile("q=ph"))
    desktop.wait_for_timeout(400)
    expect(desktop).to_have_url(re.compile("q=ph%E1%BB%91.hu%E1%BA%BF"))
    # What was typed is asked for once it pauses, and not letter by letter.
    asked = [one["q"] for one in desk.lists[before:]]
    assert asked[-1] == ["phố huế"]
    assert len(asked) < 4
    expect(search).to_be_focused()
    search.press_sequentially(" 12")
    search.press("Enter")
    expect(desktop).to_have_url(re.compile("12"))
    # Who composes a letter goes on in the same field, with all that was typed.
    expect(search).to_have_value("phố huế 12")
    search.press("Escape")
    expect(search).to_have_value("")
    desktop.wait_for_timeout(400)
    assert "q" not in desk.lists[-1]
    assert "q=" not in desktop.url


def test_the_chips_and_the_number_above_the_list_change_together(
    desktop: Page, address: str
) -> None:
    desk = opened(desktop, address)
    expect(desktop.locator("#scope-mine b")).to_have_text("3")
    desk.counts |= {"mine": 4, "total": 299}
    desktop.keyboard.press("r")
    expect(desktop.locator("#scope-mine b")).to_have_text("4")
    expect(desktop.locator("#queue-total")).to_have_text("299 phản ánh")


def test_the_most_urgent_point_lies_on_top(desktop: Page, address: str) -> None:
    desk = Desk(desktop, 60)
    point = desk._point
    desk._point = lambda number: (
        point(number)
        | {  # type: ignore[method-assign]
            "geometry": {"type": "Point", "coordinates": [105.85, 21.03]}
        }
    )
    desktop.goto(f"{address}/office")
    desktop.wait_for_selector("#stage[data-shown='60'][data-ready=yes]", timeout=60_000)
    box = desktop.locator("#map canvas").bounding_box()
    assert box
    desktop.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(desktop.locator(".work-row.active")).to_contain_text("Quá hạn")


def test_many_are_assigned_after_a_preview_and_can_be_taken_back(
    desktop: Page, address: str
) -> None:
    desk = opened(desktop, address)
    for code in ("W00000", "W00001", "W00002"):
        desktop.locator(f"[data-code={code}] .tick").click()
    desktop.locator("#bulk-assign").click()
    desktop.locator("#bulk-preview").click()
    expect(desktop.locator(".bulk h3").first).to_have_text("Giao cho Lê Bình · Đội 2, 2 phản ánh")
    expect(desktop.locator(".bulk-not")).to_contain_text("W00001")
    desktop.locator("#bulk-do").click()
    toast = desktop.locator(".toast")
    expect(toast).to_contain_text("Giao việc")
    toast.get_by_role("button", name="Hoàn tác").click()
    expect(desktop.locator("#toasts")).to_contain_text("Đã hoàn tác")
    assert desk.posted == [
        (
            "bulk/preview",
            {
                "codes": ["W00000", "W00001", "W00002"],
                "act": "assign",
                "body": {"account_id": 7},
            },
        ),
        ("bulk", {"token": "t"}),
        ("bulk/5/undo", None),
    ]


def test_all_that_match_are_named_by_their_question(desktop: Page, address: str) -> None:
    desk = opened(desktop, address, 400, "?overdue=true")
    desktop.locator("[data-code=W00000] .tick").click()
    desktop.locator("#select-all").click()
    desktop.locator("#bulk-accept").click()
    desktop.locator("#bulk-preview").click()
    expect(desktop.locator(".bulk-will")).to_be_visible()
    assert desk.posted[0][1] == {"query": "overdue=true", "act": "accept", "body": {}}


def test_more_than_are_changed_at_once_are_refused_with_words(desktop: Page, address: str) -> None:
    desk = opened(desktop, address, 20_000)
    desktop.locator("[data-code=W00000] .tick").click()
    desktop.locator("#select-all").click()
    desktop.locator("#bulk-accept").click()
    expect(desktop.locator("#toasts")).to_contain_text("20.000 > 500")
    assert desk.posted == []


def test_a_box_on_the_map_limits_the_list_and_selects_it(desktop: Page, address: str) -> None:
    desk = opened(desktop, address)
    desktop.wait_for_selector("#stage[data-shown='60']")
    desktop.locator("#pick-box").click()
    box = desktop.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desktop.mouse.move(x - 80, y - 60)
    desktop.mouse.down()
    desktop.mouse.move(x + 80, y + 60, steps=4)
    desktop.mouse.up()
    expect(desktop.locator("#drop-shape")).to_be_visible()
    assert len(desk.lists[-1]["polygon"][0].split(";")) == 4
    expect(desktop.locator("#queue-bulk")).to_contain_text("300 đã chọn")


def test_what_others_change_is_marked_in_its_place_and_new_ones_wait_for_a_press(
    desktop: Page, address: str
) -> None:
    news = [
        {"code": "W00002", "version": 2, "act": "assign", "who": "Lê Bình"},
        {"code": "W99999", "version": 1, "act": "new", "who": None},
    ]
    desk = Desk(desktop, 300)
    desk.one["W00002"] = row(2, version=2, text="Đã đổi")
    # The first stream ends at once; the second one, after the rows are there, has the news.
    desktop.goto(f"{address}/office")
    desktop.wait_for_selector("#place[data-rows=ready]", timeout=60_000)
    desk.live = f"event: work\ndata: {json.dumps({'codes': news})}\n\n"
    changed = desktop.locator("[data-code=W00002]")
    expect(changed).to_contain_text("Lê Bình vừa thay đổi", timeout=30_000)
    expect(changed).to_contain_text("Đã đổi")
    assert changed.get_attribute("aria-posinset") == "3"
    # From here on the stream has nothing new, however often it is begun.
    desk.live = ""
    desktop.wait_for_timeout(500)
    before = len(desk.lists)
    desktop.locator("#queue-new").click()
    expect(desktop.locator("#queue-new")).to_be_hidden()
    assert len(desk.lists) == before + 1


def test_where_no_stream_can_be_had_news_are_asked_for(desktop: Page, address: str) -> None:
    desk = Desk(desktop, 300)
    desk.live = None
    news = {"code": "W00002", "version": 2, "act": "assign", "who": "Lê Bình", "own": False}
    desk.one["news"] = {"until": 5, "lost": False, "codes": []}
    desk.one["W00002"] = row(2, version=2, text="Đã đổi")
    desktop.goto(f"{address}/office")
    desktop.wait_for_selector("#place[data-rows=ready]", timeout=60_000)
    expect(desktop.locator("#queue-live")).to_have_attribute("data-on", "true")
    desk.one["news"] = {"until": 6, "lost": False, "codes": [news]}
    expect(desktop.locator("[data-code=W00002]")).to_contain_text("Đã đổi", timeout=30_000)


def test_a_failing_server_is_told_and_asked_again(desktop: Page, address: str) -> None:
    desk = Desk(desktop, 30)
    desk.broken = True
    desktop.goto(f"{address}/office")
    expect(desktop.locator("#queue-notice [role=alert]")).to_be_visible(timeout=60_000)
    desk.broken = False
    desktop.locator("#queue-retry").click()
    expect(desktop.locator("[data-code=W00000]")).to_be_visible()


def test_an_empty_queue_says_why(phone: Page, address: str) -> None:
    opened(phone, address, 0, "?mine=true")
    expect(phone.locator("#queue-notice")).to_contain_text("bộ lọc")


def test_back_from_a_complaint_on_a_phone_returns_to_the_same_row(
    phone: Page, address: str
) -> None:
    opened(phone, address)
    phone.locator("#queue-list").evaluate("box => { box.scrollTop = 112 * 50 }")
    phone.locator("[data-code=W00051]").click()
    expect(phone).to_have_url(re.compile("/office/c/W00051"))
    phone.go_back()
    expect(phone.locator("[data-code=W00051]")).to_be_visible()
    expect(phone.locator(".work-row.active")).to_have_attribute("data-code", "W00051")


@pytest.mark.parametrize("dark", [False, True])
def test_axe_finds_nothing_in_the_queue(desktop: Page, address: str, dark: bool) -> None:
    desktop.emulate_media(color_scheme="dark" if dark else "light")
    opened(desktop, address)
    desktop.locator("[data-code=W00001] .tick").click()
    assert faults_of(desktop) == []


def test_axe_finds_nothing_on_a_phone_in_list_and_map(phone: Page, address: str) -> None:
    opened(phone, address)
    assert faults_of(phone) == []
    phone.locator("#tab-map").click()
    phone.wait_for_selector("#stage[data-shown]")
    assert faults_of(phone) == []
    assert phone.evaluate("document.documentElement.scrollWidth") <= 390
