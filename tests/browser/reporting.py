"""What the tests of reporting share: photos, a form that is open, and parts that are played."""

import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from PIL import Image
from playwright.sync_api import Error, Locator, Page, Request, Route, expect

AXE: Final = Path(__file__).resolve().parents[2] / "web/node_modules/axe-core/axe.min.js"
HOAN_KIEM: Final = (105.8542, 21.0285)
LINK: Final = "L" * 43


def photo(number: int = 0, size: tuple[int, int] = (2600, 1950), **place: float) -> bytes:
    """A JPEG of some 1 MB as a phone takes it; with `lon` and `lat` where it was taken."""
    noise = Image.effect_noise((size[0] // 2, size[1] // 2), 60).resize(size)
    picture = Image.merge("RGB", [noise.point(lambda v: (v + 60 * number) % 256), noise, noise])
    exif = Image.Exif()
    exif[0x010F] = "SECRETMAKER"
    if place:
        exif.get_ifd(0x8769).update({0x9003: "2026:11:20 08:30:00", 0x927C: b"SECRETNOTE"})
        exif.get_ifd(0x8825).update(
            {1: "N", 2: _sexagesimal(place["lat"]), 3: "E", 4: _sexagesimal(place["lon"])}
        )
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=85, exif=exif)
    return out.getvalue()


def _sexagesimal(degrees: float) -> tuple[float, float, float]:
    minutes = degrees % 1 * 60
    return (float(int(degrees)), float(int(minutes)), round(minutes % 1 * 60, 2))


def file(name: str, content: bytes, kind: str = "image/jpeg") -> Any:
    return {"name": name, "mimeType": kind, "buffer": content}


class Played:
    """Parts of the service that this build lacks, or that a test wants to be another way."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.posts: list[Request] = []
        self.uploads: list[Request] = []
        self.bodies: list[dict[str, Any]] = []
        there = page.request.get(f"{address}/openapi.json").json()["paths"]
        self.has = lambda path: path in there
        page.on("request", self._seen)
        # What the map shows is no part of reporting.
        page.route("**/tiles/**", lambda route: route.fulfill(status=204))
        if not self.has("/api/v1/photos"):
            page.route("**/api/v1/photos", self._token)
            # What came with a played token cannot be known to the real service.
            page.route("**/api/v1/complaints", self._without_photos)
        if not self.has("/api/v1/complaints/near"):
            self.near([])
        if not self.has("/api/v1/suggestions"):
            self.suggestions([])
        for path in ("withdraw", "contact"):
            if not self.has(f"/api/v1/mine/{path}"):
                page.route(f"**/api/v1/mine/{path}", lambda route: route.fulfill(json={}))

    def _seen(self, request: Request) -> None:
        if request.method != "POST":
            return
        if request.url.endswith("/api/v1/complaints"):
            self.posts.append(request)
            self.bodies.append(request.post_data_json)
        elif request.url.endswith("/api/v1/photos"):
            self.uploads.append(request)

    def _token(self, route: Route) -> None:
        token = f"token{len(self.uploads)}".ljust(43, "x")
        route.fulfill(status=201, json={"photo": token, "width": 9, "height": 9, "position": None})

    def _without_photos(self, route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()
            return
        body = route.request.post_data_json
        self.bodies[-1] = body
        headers = {k: v for k, v in route.request.headers.items() if k != "content-length"}
        route.continue_(post_data=json.dumps({**body, "photos": []}), headers=headers)

    def near(self, found: list[dict[str, Any]]) -> None:
        answer = {"within_m": 50, "days": 60, "near": found}
        self.page.route("**/api/v1/complaints/near", lambda route: route.fulfill(json=answer))

    def suggestions(self, categories: list[str]) -> None:
        found = [{"category": one, "domain": "", "probability": 0.8} for one in categories]
        answer = {"suggestions": found}
        self.page.route("**/api/v1/suggestions", lambda route: route.fulfill(json=answer))

    def category(self, code: str, **more: Any) -> None:
        """Gives a category questions, a notice, or urgency."""

        def changed(route: Route) -> None:
            answer = route.fetch()
            told = answer.json()
            for domain in told["domains"]:
                for one in domain["categories"]:
                    if one["code"] == code:
                        one.update(more)
            route.fulfill(response=answer, json=told)

        self.page.route("**/api/v1/domains", changed)


def near_one(code: str = "7K2M9X4PQ", likely: bool = True, **more: Any) -> dict[str, Any]:
    return {
        "code": code, "category": "pothole", "domain": "traffic", "status": "received",
        "text": "Ổ gà lớn trước cổng chợ", "address": "12 Hàng Bài", "photo": None,
        "reported_at": "2026-11-20T03:00:00Z", "distance_m": 18, "supporters": 3,
        "lon": 105.8541, "lat": 21.0286, "score": 0.9, "likely": likely, **more,
    }  # fmt: skip


def open_form(page: Page, address: str, query: str = "") -> Locator:
    """The form itself, without waiting for the map."""
    page.goto(f"{address}/?report&view=15/105.8542/21.0285{query}")
    form = page.locator("form.report-form")
    form.wait_for(timeout=60_000)
    return form


def choose_place(form: Locator, name: str = "hoan kiem") -> None:
    form.locator("#report-place").fill(name)
    form.locator("#report-place-list li").first.click()
    expect(form.locator("#where strong")).to_contain_text(re.compile("Hoàn Kiếm|Hoan Kiem"))


def choose_category(form: Locator, words: str = "o ga", code: str = "pothole") -> None:
    form.locator("#category-search").fill(words)
    form.locator(f"[data-category={code}]").first.click()
    expect(form.locator("#category-chosen")).to_be_visible()


def fill_in(form: Locator, words: str) -> None:
    choose_place(form)
    choose_category(form)
    form.locator("#report-text").fill(words)


def send(form: Locator) -> None:
    form.locator("#send-report").click()


def stored(page: Page, address: str, words: str) -> list[dict[str, Any]]:
    """What the service holds with these words."""
    answer = page.request.get(f"{address}/api/v1/complaints", params={"q": words})
    found: list[dict[str, Any]] = answer.json()["features"]
    return found


def wait_for(page: Page, true: Callable[[], bool]) -> None:
    for _ in range(120):
        if true():
            return
        page.wait_for_timeout(250)
    raise AssertionError("it did not come true")


def wait_until(page: Page, expression: str) -> None:
    """Like `wait_for_function`, which the service's policy for scripts allows one look alone.

    A page that is being left is asked again.
    """

    def true() -> bool:
        try:
            return bool(page.evaluate(expression))
        except Error:
            return False

    wait_for(page, true)


def settled(page: Page) -> None:
    """Until a closed dialog's step of the history is taken back: a reload breaks off before."""
    expect(page.locator("dialog[open]")).to_have_count(0)
    wait_until(page, "!history.state?.dialog")


def faults_of(page: Page) -> list[str]:
    """All that axe finds, with the elements."""
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate("axe.run({ resultTypes: ['violations'] })")
    return [
        f"{one['id']}: {node['target']}" for one in found["violations"] for node in one["nodes"]
    ]
