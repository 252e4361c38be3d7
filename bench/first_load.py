"""The first load on a slow phone: `python -m bench.first_load http://127.0.0.1:8000/`.

Chromium with a slowed processor behind a slow line. The line is a relay of its own and not
Chromium's: that one leaves out what workers ask for, and the time to open a connection.
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

from playwright.sync_api import Browser, sync_playwright

FLAGS: Final = (
    "--no-sandbox --use-angle=swiftshader --enable-unsafe-swiftshader --ignore-gpu-blocklist"
    " --disable-background-networking"
)
# When the map is drawn, and when a tap on the button that reports opens the form.
WATCH: Final = """
window.__seen = { tapped: null, idle: null, form: null, lcp: null, longest: 0, blocked: 0 };
new PerformanceObserver((list) => { window.__seen.lcp = list.getEntries().at(-1).startTime; })
  .observe({ type: "largest-contentful-paint", buffered: true });
new PerformanceObserver((list) => { for (const one of list.getEntries()) {
  window.__seen.longest = Math.max(window.__seen.longest, one.duration);
  if (window.__seen.idle === null) window.__seen.blocked += Math.max(0, one.duration - 50);
} }).observe({ type: "longtask", buffered: true });
const look = () => {
  if (window.__seen.idle === null && document.body?.dataset.ready
      && document.querySelector("#legend summary") && !document.querySelector("#busy[data-on]")) {
    window.__seen.idle = performance.now();
  }
  if (TAPS && window.__seen.form === null) {
    if (document.querySelector("dialog[open] form, main form")) {
      window.__seen.form = performance.now();
    } else document.getElementById("show-report")?.click();
  }
  if (window.__seen.idle === null || (TAPS && window.__seen.form === null)) setTimeout(look, 20);
};
document.addEventListener("DOMContentLoaded", look);
"""


@dataclass
class Line:
    """A line of so many bytes a second to the phone, shared by all connections."""

    port: int
    bytes_per_s: float
    rtt_s: float
    sent: int = 0
    listening: int = 0
    _free_at: float = 0.0
    _started: threading.Event = field(default_factory=threading.Event)

    @staticmethod
    def _write(writer: asyncio.StreamWriter, piece: bytes) -> None:
        # A browser that is closed leaves pieces under way.
        if not writer.is_closing():
            writer.write(piece)

    async def _down(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Small pieces, so that connections share the line as packets do.
        while piece := await reader.read(2920):
            now = time.monotonic()
            self._free_at = max(self._free_at, now) + len(piece) / self.bytes_per_s
            self.sent += len(piece)
            later = self._free_at - now + self.rtt_s / 2
            asyncio.get_running_loop().call_later(later, self._write, writer, piece)
            if self._free_at > now + 0.005:
                await asyncio.sleep(self._free_at - now)
        await asyncio.sleep(self.rtt_s)
        writer.close()

    async def _up(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while piece := await reader.read(65536):
            later = self.rtt_s / 2
            asyncio.get_running_loop().call_later(later, self._write, writer, piece)
        writer.close()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Opening a connection costs a round trip of its own.
        await asyncio.sleep(self.rtt_s)
        ahead, back = await asyncio.open_connection("127.0.0.1", self.port)
        await asyncio.gather(
            self._up(reader, back), self._down(ahead, writer), return_exceptions=True
        )

    def run(self) -> None:
        async def serve() -> None:
            server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
            self.listening = server.sockets[0].getsockname()[1]
            self._started.set()
            await server.serve_forever()

        threading.Thread(target=lambda: asyncio.run(serve()), daemon=True).start()
        self._started.wait()


def load(browser: Browser, line: Line, path: str, slowdown: float, taps: bool) -> dict[str, Any]:
    """One load with nothing cached; times in ms from the beginning of the navigation."""
    context = browser.new_context(
        viewport={"width": 360, "height": 740}, device_scale_factor=2, is_mobile=True,
        has_touch=True, service_workers="block",
    )  # fmt: skip
    page = context.new_page()
    page.add_init_script(WATCH.replace("TAPS", str(taps).lower()))
    session = context.new_cdp_session(page)
    session.send("Emulation.setCPUThrottlingRate", {"rate": slowdown})
    # Work of the page's own thread: the same on a busy machine.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    before = line.sent
    page.goto(f"http://127.0.0.1:{line.listening}{path}", wait_until="commit", timeout=120_000)
    # From outside and seldom: looking costs the page time, and its policy allows no eval inside.
    wanted = f"Boolean(window.__seen?.idle{' && window.__seen?.form' if taps else ''})"
    ends = time.monotonic() + 120
    while not page.evaluate(wanted):
        if time.monotonic() > ends:
            raise TimeoutError(f"not there after two minutes: {page.evaluate('window.__seen')}")
        time.sleep(0.2)
    bytes_ = line.sent - before
    seen: dict[str, Any] = page.evaluate("window.__seen")
    metrics = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    paint = page.evaluate("performance.getEntriesByName('first-contentful-paint')[0]?.startTime")
    resources = page.evaluate(
        "performance.getEntriesByType('resource').map((r) =>"
        " [r.name.replace(location.origin, ''), Math.round(r.startTime),"
        " Math.round(r.responseEnd), r.transferSize])"
    )
    context.close()
    work = 1000 * metrics["TaskDuration"]
    return seen | {"fcp": paint, "bytes": bytes_, "work": work, "resources": resources}


def measure(url: str, runs: int, slowdown: float, mbit_s: float, rtt_ms: float) -> dict[str, Any]:
    """Medians and worst of `runs` loads, with the requests of the last one."""
    parts = urlsplit(url)
    line = Line(parts.port or 80, mbit_s * 1e6 / 8, rtt_ms / 1000)
    line.run()
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS.split())
        loads = [load(browser, line, path, slowdown, taps=False) for _ in range(runs)]
        tapped = [load(browser, line, path, slowdown, taps=True)["form"] for _ in range(runs)]
        browser.close()
    found: dict[str, Any] = {"runs": runs, "resources": loads[-1]["resources"]}
    for name in ("fcp", "lcp", "idle", "bytes", "blocked", "longest", "work"):
        values = [one[name] or 0 for one in loads]
        found[name] = {"median": round(statistics.median(values)), "worst": round(max(values))}
    found["form"] = {"median": round(statistics.median(tapped)), "worst": round(max(tapped))}
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--slowdown", type=float, default=4)
    parser.add_argument("--mbit", type=float, default=1.6)
    parser.add_argument("--rtt", type=float, default=150, help="ms")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measure(given.url, given.runs, given.slowdown, given.mbit, given.rtt)
    if given.json:
        given.json.write_text(json.dumps(found, indent=1), "utf-8")
    for name, begun, ended, size in found["resources"]:
        print(f"{begun:6} {ended:6} {size or 0:8}  {name[:100]}")
    for name in ("fcp", "lcp", "form", "idle", "bytes", "blocked", "longest", "work"):
        one = found[name]
        print(f"{name:8} median {one['median']:8,}  worst {one['worst']:8,}")


if __name__ == "__main__":
    sys.exit(main())
