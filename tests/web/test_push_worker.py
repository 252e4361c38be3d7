"""What the service worker does with a push, run by the node that builds the page."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
NODE = shutil.which("node", path=str(Path(sys.executable).parent))
pytestmark = pytest.mark.skipif(NODE is None, reason="node builds the page; it is not here")
MESSAGE = {
    "t": "3 phản ánh", "b": "Ổ gà · Phường A", "u": "/c/ACD347HJK", "g": "watch-7-12", "f": 7,
    "s": "Dừng theo dõi", "l": "vi",
}  # fmt: skip
# A worker as a browser has it, that writes down what it is asked to do.
WORKER = """
const { installPush } = await import(MODULE);
const did = [], handlers = {}, waits = [];
globalThis.fetch = async (path, init) => { did.push(["fetch", init.method, path, JSON.parse(init.body)]); return { ok: true }; };
const subscription = { endpoint: "https://push.example.org/me", toJSON: () => ({ endpoint: "https://push.example.org/new" }), options: { applicationServerKey: null } };
const tabs = TABS.map((url) => ({ url, focus: async () => did.push(["focus", url]) }));
installPush({
  addEventListener: (name, listener) => { handlers[name] = listener; },
  location: { origin: "https://map.example.org" },
  registration: {
    showNotification: async (title, more) => { did.push(["show", title, more]); },
    pushManager: { getSubscription: async () => subscription, subscribe: async () => subscription },
  },
  clients: { matchAll: async () => tabs, openWindow: async (url) => { did.push(["open", url]); } },
});
const waitUntil = (done) => waits.push(done);
const shown = (data) => ({ data, close: () => did.push(["close"]) });
EVENTS
await Promise.all(waits);
console.log(JSON.stringify(did));
"""


def _did(events: str, tabs: tuple[str, ...] = ()) -> list[Any]:
    module = json.dumps((ROOT / "web/src/push-worker.ts").as_uri())
    script = (
        WORKER.replace("MODULE", module)
        .replace("TABS", json.dumps(tabs))
        .replace("EVENTS", events)
    )
    assert NODE is not None
    done = subprocess.run(
        [NODE, "--experimental-strip-types", "--input-type=module", "-e", script],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    found: list[Any] = json.loads(done.stdout)
    return found


def _push(data: str) -> str:
    return f"handlers.push({{ waitUntil, data: {{ json: () => ({data}) }} }});"


def _click(url: str, action: str = "") -> str:
    data = json.dumps({"url": url, "follow": 7})
    return (
        f"handlers.notificationclick({{ waitUntil, action: {json.dumps(action)},"
        f" notification: shown({data}) }});"
    )


def test_a_push_is_shown_once_for_each_piece_of_news_with_a_way_to_stop_it() -> None:
    ((kind, title, more),) = _did(_push(json.dumps(MESSAGE)))
    assert (kind, title, more["body"]) == ("show", "3 phản ánh", "Ổ gà · Phường A")
    assert more["tag"] == "watch-7-12"
    assert more["data"] == {"url": "/c/ACD347HJK", "follow": 7}
    assert more["actions"] == [{"action": "stop", "title": "Dừng theo dõi"}]
    ((_, _, own),) = _did(_push(json.dumps(MESSAGE | {"f": None})))
    assert "actions" not in own


@pytest.mark.parametrize("data", ["{}", "null", '{ t: 1 }', "(() => { throw new Error(); })()"])
def test_a_push_that_is_none_of_ours_shows_something_all_the_same(data: str) -> None:
    ((kind, title, _),) = _did(_push(data))
    assert (kind, title) == ("show", "Bản đồ phản ánh")


@pytest.mark.parametrize(
    ("url", "opened"),
    [
        ("/c/ACD347HJK", "https://map.example.org/c/ACD347HJK"),
        ("https://evil.example/x", "https://map.example.org/"),
        ("//evil.example/x", "https://map.example.org/"),
        ("javascript:alert(1)", "https://map.example.org/"),
    ],
)
def test_a_click_opens_pages_of_this_service_alone(url: str, opened: str) -> None:
    assert _did(_click(url)) == [["close"], ["open", opened]]


def test_a_page_that_is_open_already_comes_to_the_front() -> None:
    there = "https://map.example.org/c/ACD347HJK"
    assert _did(_click("/c/ACD347HJK"), (there,)) == [["close"], ["focus", there]]


def test_stopping_from_the_notification_says_which_and_by_whom() -> None:
    asked = {"endpoint": "https://push.example.org/me", "id": 7}
    assert _did(_click("/c/ACD347HJK", "stop")) == [
        ["close"],
        ["fetch", "DELETE", "/api/v1/push", asked],
    ]


def test_a_subscription_that_changes_is_told_to_the_server() -> None:
    events = (
        "handlers.pushsubscriptionchange({ waitUntil, oldSubscription:"
        " { endpoint: 'https://push.example.org/old', options: { applicationServerKey: null } } });"
    )
    asked = {
        "endpoint": "https://push.example.org/old",
        "subscription": {"endpoint": "https://push.example.org/new"},
    }
    assert _did(events) == [["fetch", "POST", "/api/v1/push/renew", asked]]
