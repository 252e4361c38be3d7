"""What questions cost: nobody pays for another's, and who asks too much is told when to go on."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine
from starlette.types import Receive, Scope, Send

from api import budget
from api.app import create_app
from api.budget import MOST_WAITING, Budget, Lane, WorkClock, lane_of
from api.client import CURRENT, Clients
from api.heavy import MOST_OF_ONE, Heavy
from api.limit_settings import LimitSettings
from api.refusals import LimitedError
from api.settings import Settings


def _real(**changes: Any) -> Settings:
    defaults = {name: field.default for name, field in LimitSettings.model_fields.items()}
    return Settings(**(defaults | changes))


@pytest.fixture(autouse=True)
def hardly_held(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "HELD_S", 0.01)


class Now:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


@given(st.lists(st.tuples(st.floats(0, 10), st.booleans()), max_size=60), st.integers(1, 8))
def test_all_that_is_charged_is_what_the_machine_did(
    steps: list[tuple[float, bool]], processors: int
) -> None:
    """Answers come and go at any time; together they pay for the processors that were busy."""
    now = Now()
    clock = WorkClock(processors, now)
    begun: list[float] = []
    charged = busy = 0.0
    for waited, comes in [*steps, *[(1.0, False)] * len(steps)]:
        busy += waited * min(processors, len(begun))
        now.s += waited
        if comes:
            begun.append(clock.enter())
        elif begun:
            charged += clock.leave() - begun.pop(0)
    assert charged == pytest.approx(busy, abs=1e-6)


def test_a_short_question_in_a_crowd_costs_what_it_costs_alone() -> None:
    now = Now()
    clock = WorkClock(2, now)
    for _ in range(49):
        clock.enter()
    begun = clock.enter()
    now.s += 1.0  # What takes 40 ms alone takes a second among fifty on two processors.
    assert clock.leave() - begun == pytest.approx(0.04)


@pytest.mark.parametrize(
    ("method", "path", "lane"),
    [
        ("GET", "/api/v1/hotspots", Lane.STUDY),
        ("GET", "/api/v1/counts", Lane.READ),
        ("GET", "/tiles/cells/9/406/225.mvt", Lane.READ),
        ("POST", "/api/v1/complaints/near", Lane.READ),
        ("GET", "/api/v1/export.csv", Lane.FILE),
        ("GET", "/api/v1/layer.pmtiles", Lane.FILE),
        ("POST", "/api/v1/complaints", Lane.NEEDED),
        ("GET", "/api/v1/domains", Lane.NEEDED),
        ("GET", "/api/v1/mine", Lane.NEEDED),
        ("OPTIONS", "/api/v1/counts", None),
        ("GET", "/healthz", None),
        ("GET", "/assets/index.js", None),
    ],
)
def test_downloads_maps_and_reports_wait_apart(method: str, path: str, lane: Lane | None) -> None:
    assert lane_of({"type": "http", "method": method, "path": path}) is lane


Work = Callable[["Served"], Any]


class Served:
    """The layer over an app that does what a test says, by a clock that a test sets."""

    def __init__(self, work: Work, **changes: Any) -> None:
        async def app(scope: Scope, receive: Receive, send: Send) -> None:
            self.running += 1
            self.most = max(self.most, self.running)
            try:
                self.client, self.receive = scope["client"][0], receive
                await work(self)
                await send({"type": "http.response.start", "status": 200, "headers": []})
                await send({"type": "http.response.body", "body": b"ok"})
            finally:
                self.running -= 1

        self.running = self.most = 0
        self.now = Now()
        self.clients = Clients(b"s" * 32)
        self.clients._warned = True
        self.layer = Budget(app, self.clients, _real(**changes), self.now)

    async def ask(
        self, path: str = "/api/v1/counts", client: str = "a", method: str = "GET",
        receive: Receive | None = None, send: Send | None = None,
    ) -> httpx.Response:  # fmt: skip
        sent: list[Any] = []

        async def nothing() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def kept(message: Any) -> None:
            sent.append(message)
            if send is not None:
                await send(message)

        scope: Any = {
            "type": "http", "method": method, "path": path, "headers": [], "client": (client, 1)
        }  # fmt: skip
        await self.layer(scope, receive or nothing, kept)
        body = b"".join(one.get("body", b"") for one in sent[1:])
        return httpx.Response(sent[0]["status"], headers=sent[0]["headers"], content=body)

    def owed(self, client: str = "a") -> float:
        scope: Any = {"client": (client, 1), "headers": []}
        return self.layer.owed(self.clients.of(scope))


def _working(seconds: float) -> Work:
    async def work(served: Served) -> None:
        await asyncio.sleep(0)
        served.now.s += seconds

    return work


async def _settled() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_who_asks_too_much_is_refused_before_any_work_and_others_are_not() -> None:
    served = Served(_working(0.05), cost_burst_s=0.12, cost_per_minute_s=0.6)
    statuses = [(await served.ask()).status_code for _ in range(6)]
    assert statuses == [200, 200, 200, 429, 429, 429]
    served.most = 0
    refused = await served.ask()
    assert served.most == 0
    assert refused.json()["title"] == "Limited"
    # 0.15 s are owed; 0.108 are to be left, and 0.01 go in a second.
    assert int(refused.headers["retry-after"]) == refused.json()["wait_s"] == 5
    assert (await served.ask(client="b")).status_code == 200
    # What a report needs is still answered.
    assert (await served.ask("/api/v1/complaints", method="POST")).status_code == 200


async def test_after_the_time_it_said_there_is_room_again() -> None:
    served = Served(_working(0.05), cost_burst_s=0.12, cost_per_minute_s=0.6)
    for _ in range(3):
        await served.ask()
    served.now.s += int((await served.ask()).headers["retry-after"]) - 3
    assert (await served.ask()).status_code == 429
    served.now.s += 3
    assert (await served.ask()).status_code == 200


async def test_work_under_way_counts_before_it_is_done() -> None:
    done = asyncio.Event()

    async def waits(served: Served) -> None:
        await done.wait()

    served = Served(waits, cost_burst_s=0.1, cost_per_minute_s=0.001)
    first = [asyncio.create_task(served.ask()) for _ in range(3)]
    await _settled()
    served.now.s += 0.3
    assert (await served.ask()).status_code == 429
    done.set()
    assert {(await one).status_code for one in first} == {200}


async def test_refusals_are_held_back_so_that_refusing_is_no_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(budget, "HELD_S", 3600)
    monkeypatch.setattr(budget, "MOST_HELD", 3)
    served = Served(_working(0.05), cost_burst_s=0.01, cost_per_minute_s=0.001)
    assert (await served.ask()).status_code == 200
    crowd = [asyncio.create_task(served.ask()) for _ in range(5)]
    await _settled()
    # The two that there is no room for are answered at once. Nobody else waits.
    assert [one.done() for one in crowd] == [False] * 3 + [True] * 2
    assert {one.result().status_code for one in crowd[3:]} == {429}
    assert (await served.ask(client="b")).status_code == 200
    for one in crowd[:3]:
        one.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)


async def test_some_questions_of_one_client_are_worked_on_and_the_rest_wait() -> None:
    served = Served(_working(0.001), cost_at_once=2)
    answers = await asyncio.gather(*(served.ask() for _ in range(20)))
    assert {one.status_code for one in answers} == {200}
    assert served.most == 2
    many = await asyncio.gather(*(served.ask() for _ in range(MOST_WAITING + 10)))
    assert sum(one.status_code == 429 for one in many) == 8


async def test_who_has_used_much_already_gets_on_slower() -> None:
    served = Served(_working(0.1), cost_at_once=4, cost_burst_s=8, cost_per_minute_s=0.001)
    for _ in range(25):
        await served.ask()
    served.most = 0
    answers = await asyncio.gather(*(served.ask() for _ in range(12)))
    assert {one.status_code for one in answers} == {200}
    assert served.most == 2
    # Those who came before it had used so much are worked on to their end.
    fresh = Served(_working(0.2), cost_at_once=4, cost_burst_s=8, cost_per_minute_s=0.001)
    answers = await asyncio.gather(*(fresh.ask() for _ in range(12)))
    assert {one.status_code for one in answers} == {200}
    assert fresh.most == 4
    assert fresh.running == 0
    assert not any(fresh.layer._account("x").waiting.values())


async def test_a_stream_costs_and_holds_a_place_until_it_has_begun_and_then_neither() -> None:
    ended = asyncio.Event()
    begun: list[None] = []

    async def stream(scope: Scope, receive: Receive, send: Send) -> None:
        served.now.s += 0.05
        await send({"type": "http.response.start", "status": 200, "headers": []})
        begun.append(None)
        await ended.wait()
        await send({"type": "http.response.body", "body": b"ok"})

    served = Served(_working(0.05), cost_at_once=1, cost_per_minute_s=0.001)
    other, served.layer.app = served.layer.app, stream
    streams = [asyncio.create_task(served.ask("/api/v1/work/live")) for _ in range(3)]
    await _settled()
    assert len(begun) == 3
    served.layer.app = other
    assert (await served.ask()).status_code == 200
    served.now.s += 60
    ended.set()
    assert {(await one).status_code for one in streams} == {200}
    assert served.owed() == pytest.approx(0.2 - 0.001, abs=1e-4)
    assert not any(served.layer._account("x").running.values())


async def test_a_client_that_waits_holds_up_neither_another_nor_its_own_reports() -> None:
    done = asyncio.Event()

    async def waits(served: Served) -> None:
        if len(crowd) and served.client == "a" and not free:
            await done.wait()

    crowd: list[asyncio.Task[httpx.Response]] = []
    free: list[bool] = []
    served = Served(waits, cost_at_once=1)
    crowd += [asyncio.create_task(served.ask()) for _ in range(5)]
    await _settled()
    assert served.running == 1
    assert (await served.ask(client="b")).status_code == 200
    free.append(True)
    assert (await served.ask("/api/v1/complaints", method="POST")).status_code == 200
    assert (await served.ask("/api/v1/export.csv")).status_code == 200
    assert not any(one.done() for one in crowd)
    done.set()
    assert {(await one).status_code for one in crowd} == {200}


async def test_a_place_of_one_who_gave_up_waiting_is_given_on() -> None:
    done = asyncio.Event()

    async def waits(served: Served) -> None:
        await done.wait()

    served = Served(waits, cost_at_once=1)
    crowd = [asyncio.create_task(served.ask()) for _ in range(4)]
    await _settled()
    crowd[1].cancel()
    crowd[3].cancel()
    await _settled()
    done.set()
    assert (await crowd[0]).status_code == (await crowd[2]).status_code == 200
    assert (await served.ask()).status_code == 200


async def test_a_fault_costs_too_and_gives_its_place_back() -> None:
    async def fails(served: Served) -> None:
        served.now.s += 0.01
        raise ValueError("broken")

    served = Served(fails, cost_at_once=1, cost_per_minute_s=0.0001)
    for _ in range(3):
        with pytest.raises(ValueError, match="broken"):
            await served.ask()
    assert served.owed() == pytest.approx(0.03, abs=1e-4)


async def test_waiting_for_a_slow_phone_costs_nothing() -> None:
    async def reads(served: Served) -> None:
        while (await served.receive())["more_body"]:
            served.now.s += 0.001

    parts = iter([True, True, False])

    async def slowly() -> Any:
        served.now.s += 20
        return {"type": "http.request", "body": b"x", "more_body": next(parts)}

    async def slow(message: Any) -> None:
        served.now.s += 20

    served = Served(reads, cost_per_minute_s=0.0001)
    answer = await served.ask("/api/v1/photos", method="POST", receive=slowly, send=slow)
    assert answer.status_code == 200
    assert served.owed() == pytest.approx(0.002, abs=1e-3)


async def test_clients_that_owe_nothing_are_forgotten() -> None:
    served = Served(_working(0.001))
    for number in range(200):
        assert (await served.ask(client=f"198.51.100.{number}")).status_code == 200
        served.now.s += 1
    assert len(served.layer._accounts) < 5


async def test_two_long_calculations_of_one_client_and_a_third_of_another() -> None:
    heavy = Heavy()
    CURRENT.set("a")
    with heavy._place(None), heavy._place(None):
        with pytest.raises(LimitedError), heavy._place(None):
            pass
        CURRENT.set("b")
        with heavy._place(None):
            pass
    CURRENT.set("a")
    for _ in range(MOST_OF_ONE + 1):
        with heavy._place(None):
            pass
    CURRENT.set(None)


def test_the_client_is_known_deep_inside_a_request(module_hanoi: Engine) -> None:
    app = create_app(module_hanoi, _real())
    seen = []

    @app.get("/api/v1/who")
    def who() -> str:
        seen.append(CURRENT.get())
        return ""

    app.router.routes.sort(key=lambda route: getattr(route, "name", "") == "web")
    for address in ("203.0.113.1", "203.0.113.2"):
        assert TestClient(app, client=(address, 1)).get("/api/v1/who").status_code == 200
    assert None not in seen
    assert len(set(seen)) == 2


SESSION = (
    "/api/v1/config", "/api/v1/domains", "/api/v1/boundaries",
    *(f"/tiles/cells/10/{x}/{y}.mvt" for x in (812, 813, 814) for y in (450, 451)),
    "/tiles/areas/10/813/450.mvt?set=hanoi-ward-2025",
    "/api/v1/counts?by=status", "/api/v1/counts?by=area&set=hanoi-ward-2025",
    "/api/v1/complaints?limit=50", "/api/v1/classes?layer=cells", "/api/v1/search?q=dong+da",
    "/api/v1/locate?lon=105.85&lat=21.03", "/api/v1/hotspots?resolution=8&format=spots",
    *(f"/tiles/cells/12/{x}/{y}.mvt?domain=traffic" for x in (3251, 3252) for y in (1803, 1804)),
)  # fmt: skip


def test_fifty_people_behind_one_address_use_the_map_and_notice_nothing(
    module_hanoi: Engine,
) -> None:
    with TestClient(create_app(module_hanoi, _real()), client=("203.0.113.1", 1)) as client:
        for _ in range(100):
            if client.app.state.clock.trusted:  # type: ignore[attr-defined]
                break
            time.sleep(0.05)
        for _ in range(50):
            statuses = {client.get(path).status_code for path in SESSION}
            assert statuses <= {200, 204}


def test_a_bot_with_random_filters_is_refused_and_its_neighbour_is_not(
    module_hanoi: Engine,
) -> None:
    app = create_app(module_hanoi, _real(cost_burst_s=0.1, cost_per_minute_s=0.1))
    bot = TestClient(app, client=("198.51.100.7", 1))
    statuses = []
    for number in range(400):
        day = f"2025-{1 + number % 12:02}-{1 + number % 28:02}"
        path = f"/tiles/cells/9/406/225.mvt?since={day}T{number % 24:02}:{number % 60:02}:00Z"
        statuses.append(bot.get(path).status_code)
        if statuses[-1] == 429:
            break
    assert statuses[-1] == 429
    phone = TestClient(app, client=("203.0.113.1", 1))
    assert phone.get("/api/v1/counts?by=status").status_code == 200
    refused = bot.get("/api/v1/counts?by=status", headers={"Origin": "https://city.example"})
    assert refused.status_code == 429
    assert refused.headers["access-control-allow-origin"] == "*"
    assert refused.headers["x-content-type-options"] == "nosniff"
