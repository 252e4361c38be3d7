"""A challenge is solved by a real browser beside its page, told of on the way, and can be left."""

import subprocess
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, Route
from sqlalchemy import Engine

from tests.browser.reporting import wait_for, wait_until

pytestmark = pytest.mark.browser
WEB = Path(__file__).resolve().parents[2] / "web"
ENTRY = """
import { answerTo, solve } from "%s/src/challenge";
Object.assign(window, { answerTo, solve });
"""
BUILD = """
import { build } from "vite";
await build({ configFile: false, root: %r, logLevel: "error", base: "/challenge-test/",
  build: { outDir: %r, emptyOutDir: false, target: "es2022", modulePreload: false,
    rolldownOptions: { input: { entry: %r }, output: { entryFileNames: "entry.js" } } } });
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The module alone, as the web app's own build makes it."""
    folder = tmp_path_factory.mktemp("challenge")
    entry = folder / "entry.ts"
    entry.write_text(ENTRY % WEB)
    command = BUILD % (str(WEB), str(folder / "out"), str(entry))
    subprocess.run(["node", "--input-type=module", "-e", command], cwd=WEB, check=True, timeout=120)
    return folder / "out"


@pytest.fixture
def hanoi_engine(hanoi_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Served with the link limit that operators have."""
    monkeypatch.setenv("PHANANH_CHALLENGE_LINKS", "2")
    return hanoi_engine


@pytest.fixture
def page(phone: Page, address: str, built: Path) -> Page:
    def sent(route: Route) -> None:
        path = built / route.request.url.split("/challenge-test/")[1]
        route.fulfill(path=path, content_type="text/javascript")

    phone.route("**/challenge-test/**", sent)
    # A page of the service's own, so that its policy for scripts and workers holds.
    phone.goto(f"{address}/docs/")
    phone.add_script_tag(url=f"{address}/challenge-test/entry.js", type="module")
    wait_until(phone, "!!window.solve")
    return phone


def test_a_phone_solves_it_and_its_report_is_taken(page: Page) -> None:
    told: dict[str, Any] = page.evaluate(
        """async () => {
          const shares = [];
          const send = (challenge) => fetch("/api/v1/complaints", {
            method: "POST", headers: { "Content-Type": "application/json" },
            body: JSON.stringify({ lon: 105.85, lat: 21.03, category: "pothole",
              text: "Xem https://a.example và https://b.example, ổ gà rất to",
              device: "d".repeat(22), ...(challenge ? { challenge } : {}) }),
          });
          const refused = await send();
          const said = await refused.json();
          const challenge = await answerTo(said, { progress: (share) => shares.push(share) });
          const taken = await send(challenge);
          return { shares, refused: refused.status, title: said.title, status: taken.status,
            solution: JSON.parse(atob(challenge)).solution };
        }"""
    )
    assert (told["refused"], told["title"]) == (403, "ChallengeWanted")
    assert told["status"] == 201
    assert told["solution"]["counter"] >= 0
    assert len(told["shares"]) > 3
    assert told["shares"] == sorted(told["shares"])
    assert told["shares"][-1] == 1


def test_leaving_ends_the_work(page: Page) -> None:
    name = page.evaluate(
        """async () => {
          const controller = new AbortController();
          const answer = answerTo({ challenge: "/api/v1/challenge?level=4" },
            { signal: controller.signal, progress: () => controller.abort() });
          return answer.then(() => "solved", (problem) => problem.name);
        }"""
    )
    assert name == "AbortError"
    # That they are gone is told a moment later.
    wait_for(page, lambda: page.workers == [])


def test_a_document_cannot_send_the_page_elsewhere(page: Page) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.evaluate("() => answerTo({ challenge: 'https://evil.example/api/v1/challenge' })")
    assert any(url.endswith("/api/v1/challenge") for url in asked)
    assert not any("evil" in url for url in asked)
