"""What the server says to an official, for tests of the pages alone."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from playwright.sync_api import BrowserContext, Route

ME: dict[str, Any] = {
    "id": 7,
    "name": "lan",
    "full_name": "Nguyễn Thị Lan",
    "language": "vi",
    "unit": None,
    "email": None,
    "must_change": False,
    "second_factor": False,
    "roles": [],
    "may": ["view", "inside", "personal", "act"],
}
# What its place tells is asked for by itself.
_AROUND = ("near", "spot")


def work(code: str = "HN-1", **changed: Any) -> dict[str, Any]:
    """One complaint as `GET /api/v1/work/{code}` tells it."""
    return {
        "code": code,
        "version": 3,
        "status": "received",
        "city": "hanoi",
        "domain": "traffic",
        "category": "pothole",
        "reported_at": "2026-11-25T02:00:00Z",
        "urgent": False,
        "lon": 105.8412,
        "lat": 21.0245,
        "address": "Phố Huế",
        "text": "Ổ gà lớn giữa đường",
        "area": {"set": "hanoi-ward-2025", "code": "00001", "name": "Phường Hai Bà Trưng"},
        "areas": [],
        "assignee": None,
        "due_at": "2026-11-30T02:00:00Z",
        "accept_due_at": None,
        "handle_due_at": None,
        "reacted_at": None,
        "details": [],
        "ratings": {"satisfied": 0, "accepted": 0, "dissatisfied": 0},
        "overdue": False,
        "paused": None,
        "reopened": 0,
        "bounces": 0,
        "check_state": None,
        "duplicate_of": None,
        "duplicates": [],
        "supporters": 2,
        "photos": [],
        "answers": [],
        "timeline": [
            {
                "at": "2026-11-25T03:00:00Z",
                "who": "Minh",
                "act": "note",
                "reason": "nội bộ",
                "change": None,
                "public": False,
            },
            {
                "at": "2026-11-25T02:00:00Z",
                "who": None,
                "act": "remind",
                "reason": None,
                "change": None,
                "public": True,
            },
        ],
        "notes": [],
        "near": [],
        "spot": {"n_year": 2, "n_all": 5, "last": []},
        "questions": [],
        "disputes": [],
        "closing": None,
        "split_from": None,
        "split_into": [],
        "undo": None,
        "sensitive": False,
        "may": ["accept", "assign", "refuse", "note", "answer"],
        "may_move_to": [],
        "answer_rules": {
            "photo": False,
            "photo_m": 150,
            "check": False,
            "templates": [],
            "grounds": [
                {
                    "code": "other-authority",
                    "vi": "Không thuộc thẩm quyền",
                    "en": "Another authority decides",
                    "law": "Điều 26",
                    "shipped": True,
                }
            ],
            "pauses": [{"code": "weather", "vi": "Thời tiết", "en": "Weather"}],
        },
    } | changed


class Desk:
    """A server of officials that remembers what it was asked to do, and can be out of reach."""

    def __init__(self, context: BrowserContext, me: dict[str, Any] | None = None) -> None:
        self.me = me or dict(ME)
        self.works = {code: work(code) for code in ("HN-1", "HN-2")}
        self.acts: list[tuple[str, str, dict[str, Any], str | None]] = []
        self.undone: list[int] = []
        self.found = ""
        self.stale: list[dict[str, Any]] = []
        self.reachable = True
        context.route("**/api/v1/work/**", self._work)
        context.route("**/api/v1/account/**", self._account)

    def _account(self, route: Route) -> None:
        if not self.reachable:
            route.abort("internetdisconnected")
        elif route.request.url.endswith("/me"):
            route.fulfill(json=self.me)
        else:
            route.fulfill(json=[])

    def _work(self, route: Route) -> None:
        parts = route.request.url.split("/api/v1/work/")[1].split("?")[0].split("/")
        if not self.reachable:
            route.abort("internetdisconnected")
        elif parts[0] == "bulk":
            self.undone.append(int(parts[1]))
            for own in self.works.values():
                own["undo"] = None
            route.fulfill(json={"done": ["HN-1"], "failed": []})
        elif parts[0] not in self.works:
            route.fulfill(status=404, json={"title": "Not found"})
        elif len(parts) == 1:
            self._whole(route, parts[0])
        elif parts[1] == "here":
            route.fulfill(status=204)
        elif parts[1] == "around":
            own = self.works[parts[0]]
            route.fulfill(json={name: own[name] for name in _AROUND})
        elif parts[1] == "personal":
            private = {
                "code": "HN-1", "words": "Gọi 0900000000", "address": None, "masked": True,
                "answers": {}, "urgent": False, "people": [],
            }  # fmt: skip
            route.fulfill(json=private)
        else:
            self._act(route, *parts)

    def _act(self, route: Route, code: str, act: str) -> None:
        body = json.loads(route.request.post_data or "{}")
        if self.stale and act != "note":
            changed, self.stale = self.stale, []
            self.works[code]["version"] += 1
            document = {"title": "Changed", "changed": changed, "version": 4}
            route.fulfill(status=412, json=document)
            return
        if self.found and not body.get("office_contact"):
            errors = [{"field": "office_contact", "message": self.found}]
            route.fulfill(status=422, json={"title": "BadFilter", "errors": errors})
            return
        self.acts.append((code, act, body, route.request.headers.get("if-match")))
        until = (datetime.now(UTC) + timedelta(minutes=10)).isoformat()
        self.works[code]["undo"] = {"id": len(self.acts), "act": act, "until": until}
        self.works[code]["version"] += 1
        self._whole(route, code)

    def _whole(self, route: Route, code: str) -> None:
        own = self.works[code]
        told = {name: value for name, value in own.items() if name not in _AROUND}
        route.fulfill(json=told, headers={"ETag": f'"{own["version"]}"'})
